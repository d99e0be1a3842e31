"""``lmi vet desk``, ``lmi vet queue`` and ``lmi vet decide``: the call centre's work list as pages and as files."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lmi.cli.exits import DataFailure, err, exit_codes, out
from lmi.cli.words import text
from lmi.core.clock import today, utc_now
from lmi.core.keys import load_keys
from lmi.core.paths import Paths
from lmi.core.release import current
from lmi.core.settings import SettingError, Settings, load_settings

if TYPE_CHECKING:
    from validation.desk.app import Desk
    from validation.desk.store import Store

LOOPBACK = "127.0.0.1"
REFRESH_MINUTES = 10

Profile = Annotated[
    str | None, typer.Option(help="sandbox (synthetic nation), national (its registers) or real; default LMI_PROFILE.")
]
Day = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Working day; default today, in the sandbox the release's day."),
]


def register(vet: typer.Typer) -> None:
    """Adds the desk's commands to ``lmi vet``."""
    vet.command("desk")(desk)
    vet.command("queue")(queue)
    vet.command("decide")(decide)
    vet.command("appeal")(appeal)


def working_clock(settings: Settings, day: date | None) -> Callable[[], datetime]:
    """The machine's time of day on the working day: decisions at the sandbox's desk belong to its simulated day."""
    if day is None and settings.profile == "sandbox":
        release = current(Paths.of(settings))
        day = release.as_of if release else None
    if day is None or day == today(settings):
        return utc_now
    fixed = day
    return lambda: datetime.combine(fixed, utc_now().astimezone(settings.tz).time(), settings.tz)


def open_desk(settings: Settings, day: date | None, names: tuple[str, ...] = ()) -> Desk:
    """Store, rules, registry and keys of a home, put together."""
    from ingest.registry import sources_of
    from validation.desk.app import LOCAL_HOSTS, Desk
    from validation.vetting.rules import load_rules

    paths = Paths.of(settings)
    sources = sources_of(settings.profile)
    return Desk(
        _store(settings, day), paths, load_keys(settings), load_rules(), sources, settings.language,
        settings.desk_decisions_per_day, LOCAL_HOSTS | frozenset(names),
    )  # fmt: skip


def _store(settings: Settings, day: date | None) -> Store:
    from validation.desk.store import Store, store_path

    clock = working_clock(settings, day)
    return Store(store_path(Paths.of(settings)), settings.tz, clock, lock_minutes=settings.desk_lock_minutes)


def fill(desk: Desk, settings: Settings) -> dict[str, int]:
    """Brings the queue up to date and writes what an interrupted day left undelivered."""
    from validation.desk.deliver import deliver_all
    from validation.desk.intake import Sampling, refresh

    # drawn under the home's secret key: nobody outside can work out which passes will be looked at
    seed = desk.keys.token("sample", "desk")
    sampling = Sampling(settings.desk_audit_rate, settings.desk_double_rate, seed)
    counts = refresh(desk.store, desk.paths, desk.sources, sampling)
    deliver_all(desk.store, desk.paths)
    return counts


@contextmanager
def _errors() -> Iterator[None]:
    """The desk's and the rules' errors with the documented exit codes."""
    from validation.desk.store import DeskError
    from validation.vetting.rules import RuleError

    with exit_codes():
        try:
            yield
        except DeskError as error:
            raise DataFailure(error.words[load_settings().language]) from None
        except RuleError as error:
            raise SettingError(str(error)) from None


def desk(
    add_reviewer: Annotated[str | None, typer.Option(help="Add a person; prints their token, once.")] = None,
    remove_reviewer: Annotated[str | None, typer.Option(help="End the token and claims of R001.")] = None,
    reviewers: Annotated[bool, typer.Option("--reviewers", help="List who may sign in.")] = False,
    date: Day = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8091,
    host: Annotated[str, typer.Option(help="Address to serve on. Others than loopback belong behind TLS.")] = LOOPBACK,
    name: Annotated[list[str] | None, typer.Option(help="Host name that browsers use; may be repeated.")] = None,
    profile: Profile = None,
) -> None:
    """The reviewers' desk on 127.0.0.1, until Ctrl-C: queue, posting, claim, decision (docs/desk.md)."""
    with _errors():
        settings = load_settings(profile=profile)
        day = date.date() if date else None
        if add_reviewer is not None:
            number, token = _store(settings, day).add_reviewer(add_reviewer)
            out.print(f"{number} {add_reviewer.strip()}\n{token}", markup=False, soft_wrap=True)
            out.print(text("token_once", settings.language))
        elif remove_reviewer is not None:
            _store(settings, day).remove_reviewer(remove_reviewer)
            out.print(text("reviewer_removed", settings.language, reviewer=remove_reviewer), markup=False)
        elif reviewers:
            for row in _store(settings, day).reviewers():
                state = "" if row["is_active"] else " " + text("is_removed", settings.language)
                out.print(f"{row['reviewer_id']}  {row['added_at'][:10]}  {row['name']}{state}", markup=False)
        else:
            _serve(settings, day, host, port, tuple(name or ()))


def _serve(settings: Settings, day: date | None, host: str, port: int, names: tuple[str, ...]) -> None:
    import uvicorn

    from validation.desk.app import create_app

    made, said = open_desk(settings, day, (host, *names)), partial(text, language=settings.language)
    with out.status(said("filling")):
        counts = fill(made, settings)
    if not any(row["is_active"] for row in made.store.reviewers()):
        out.print(said("nobody_may"), markup=False)
    address, day_said = f"http://{host}:{port}", made.store.today()
    serving = said("serving", address=address, day=day_said, held=counts["held"], added=counts["added"])
    out.print(serving, markup=False, highlight=False)
    if host != LOOPBACK:
        err.print(said("beyond"), markup=False)
    stop = threading.Event()
    refresher = threading.Thread(target=_keep_filled, args=(made, settings, stop), daemon=True)
    refresher.start()
    try:
        # no access log: addresses carry only item numbers, but who looked at what belongs to the desk's own log
        uvicorn.run(create_app(made), host=host, port=port, log_level="warning", access_log=False, server_header=False)
    finally:
        stop.set()


def _keep_filled(made: Desk, settings: Settings, stop: threading.Event) -> None:
    """Every ten minutes; a failure is told and the desk goes on with what it has."""
    while not stop.wait(REFRESH_MINUTES * 60):
        try:
            fill(made, settings)
        except Exception as error:
            err.print(text("not_updated", settings.language, error=error), markup=False)


def queue(
    format: Annotated[str, typer.Option(help="csv, xlsx or ndjson.")] = "csv",
    to: Annotated[Path | None, typer.Option(help="File to write; default standard output (csv, ndjson).")] = None,
    reviewer: Annotated[str | None, typer.Option(help="As this reviewer, R001, would see it.")] = None,
    date: Day = None,
    profile: Profile = None,
) -> None:
    """The queue as a file. Fill in its column `decision` and send it back with `lmi vet decide`."""
    from validation.desk import queue as work

    with _errors():
        settings = load_settings(profile=profile)
        made = open_desk(settings, date.date() if date else None)
        fill(made, settings)
        data = work.export(work.waiting(made.store, reviewer), format)
        if to is not None:
            to.write_bytes(data)
            out.print(f"{to}", markup=False, soft_wrap=True)
        elif format == "xlsx":
            raise SettingError("A workbook does not go to the screen. Say --to FILE.xlsx.")
        else:
            sys.stdout.buffer.write(data)


def decide(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or NDJSON with item_no or posting_id, decision, …")],
    reviewer: Annotated[str | None, typer.Option(help="Who decided rows without reviewer_id: R001.")] = None,
    date: Day = None,
    profile: Profile = None,
) -> None:
    """Decisions from a file: all of them or, when a row is wrong, none. Sending a file twice changes nothing."""
    from datetime import date as day_of

    from validation.desk.deliver import deliver_day
    from validation.desk.files import decide_file

    with _errors():
        settings = load_settings(profile=profile)
        made = open_desk(settings, date.date() if date else None)
        found = decide_file(made.store, file, reviewer, frozenset(made.code_labels("en")))
        for day in found["days"]:
            deliver_day(made.store, made.paths, day_of.fromisoformat(day))
        said = text("decided", settings.language, written=found["written"], known=found["known"])
        out.print(said, markup=False)


def appeal(
    posting: Annotated[str, typer.Argument(help="Posting id, as in the letter to the employer.")],
    note: Annotated[str | None, typer.Option(help="What the employer says; no personal data.")] = None,
    date: Day = None,
    profile: Profile = None,
) -> None:
    """An employer disagrees: the posting waits for a person, or for another than the one who decided it."""
    with _errors():
        settings = load_settings(profile=profile)
        made = open_desk(settings, date.date() if date else None)
        again = made.store.appeal(posting, note)
        added = fill(made, settings)["added"]
        waits = made.store.rows("SELECT 1 FROM item WHERE posting_id = ? AND state IN ('open', 'claimed')", [posting])
        if not waits:
            raise DataFailure(
                f"{posting} is not in the queue: no vetted posting of that id was rejected, held or decided and is"
                " still valid. Check the id; the appeal is noted and counts when such a posting is vetted."
            )
        out.print(text("appealed", settings.language, posting=posting, again=again, added=added), markup=False)
