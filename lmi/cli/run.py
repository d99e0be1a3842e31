"""``lmi run`` and ``lmi backfill``: drive the DAGs through working days and say what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from rich.status import Status

from ingest.registry import sources_of
from lmi.cli import outside
from lmi.cli.airflow_env import migrate
from lmi.cli.drive import BUILD
from lmi.cli.drivers import open_drivers
from lmi.cli.exits import DATA_FAILURE, OK, out
from lmi.cli.real import real_deliveries
from lmi.cli.summary import print_summary
from lmi.core import release as releases
from lmi.core.clock import days, today, utc_now
from lmi.core.keys import load_keys
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.schedule import due_days
from lmi.core.settings import Settings

#: each holds half a gigabyte; more of them would wait for each other on the machines this is for
MOST_DRIVERS = 2


def run_days(
    settings: Settings, working_days: list[date], *, build: Collection[date] | None = None, failures: str | None = None
) -> int:
    """Drive the sources that are due and the release build through ``working_days``; returns the exit code.

    A source is due when its schedule fires on the day, when nothing of it was accepted yet, or when it is asked for.
    A release is built at the end of the days in ``build``, of every day without it; days in ``build`` that are no
    working days come last. In the sandbox and real profiles the outside world is started and delivers day by day; in
    the national one it is there.
    """
    paths = Paths.of(settings)
    since, begun = utc_now(), time.monotonic()
    with exclusive(paths.locks, "run", f"lmi run of {working_days[0]} to {working_days[-1]}"), ExitStack() as stack:
        status = stack.enter_context(out.status("Starting"))
        with ThreadPoolExecutor(1) as aside:
            migrated = aside.submit(migrate, settings)
            settings, prepare = open_outside(settings, working_days, stack, status, failures)
            load_keys(settings, create=True)
            status.update("Setting up the metadata database")
            migrated.result()
        status.update("Loading the DAGs")
        sources = len(sources_of(settings.profile, settings.sources))
        drivers = stack.enter_context(open_drivers(settings, min(MOST_DRIVERS, settings.threads, sources)))
        failed: list[dict[str, Any]] = []

        def driven(day: date, wanted: set[str], where: str) -> None:
            started = time.monotonic()
            status.update(where)
            for event in drivers.drive(day, wanted):
                status.update(f"{where}: {event['dag']} {event['state']}")
                if event["state"] != "success":
                    failed.append(event)
            out.print(f"  {day}  {_day_line(paths, day, since)}  {time.monotonic() - started:5.1f} s", highlight=False)

        for number, day in enumerate(working_days, start=1):
            status.update(f"{day}: providers deliver")
            prepare(day)
            wanted = due_dags(settings, day)
            if build is None or day in build:
                wanted.add(BUILD)
            driven(day, wanted, f"{day} ({number} of {len(working_days)})")
        for day in sorted(set(build or ()).difference(working_days)):
            driven(day, {BUILD}, f"release of {day}")
    print_summary(settings, since, time.monotonic() - begun, drivers.log)
    return DATA_FAILURE if failed else OK


def due_dags(settings: Settings, day: date) -> set[str]:
    """DAGs of the sources that are due on ``day``."""
    accepted = Paths.of(settings).accepted
    return {
        f"ingest_{source.id}"
        for source in sources_of(settings.profile, settings.sources).values()
        if settings.sources
        or due_days(source.schedule["cron"], day, day, settings.tz)
        or not any((accepted / source.id).glob("*/manifest.json"))
    }


def open_outside(
    settings: Settings, working_days: list[date], stack: ExitStack, status: Status, failures: str | None = None
) -> tuple[Settings, Callable[[date], None]]:
    """Start what the profile reaches, until ``stack`` closes; settings with its endpoints, and what delivers one day.

    The national profile reaches what its settings name, and files that providers put into the drop: nothing starts.
    """
    if settings.profile == "sandbox":
        return open_sandbox(settings, working_days, stack, status, failures)
    if settings.profile == "real":
        return real_deliveries(settings, stack)
    return settings, lambda day: None


def open_sandbox(
    settings: Settings, working_days: list[date], stack: ExitStack, status: Status, failures: str | None
) -> tuple[Settings, Callable[[date], None]]:
    status.update(f"Generating the synthetic nation ({settings.sandbox_persons:,} persons)")
    facts = outside.ensure_nation(settings)
    status.update("Starting the provider servers")
    servers = stack.enter_context(outside.providers(settings, working_days[0], failures))
    keys = dict.fromkeys(("work24", "data_go_kr"), outside.SANDBOX_KEY) | dict(settings.api_keys)
    endpoints = {"DEFAULT": servers.url} | dict(settings.endpoints)

    def prepare(day: date) -> None:
        outside.deliver(settings, day, facts, failures)
        servers.set_clock(day)

    return replace(settings, endpoints=endpoints, api_keys=keys), prepare


def _day_line(paths: Paths, day: date, since: datetime) -> str:
    stages = [s for s in Ledger(paths.ledger).stages(since) if s["working_day"] == day.isoformat()]
    fetched = sum(s["detail"].get("counts", {}).get("fetched", 0) for s in stages if s["stage"] == "validate")
    new = sum(load["status"] == "landed" for s in stages for load in s["detail"].get("loads", []))
    refused = sum(s["outcome"] in {"refused", "failed"} for s in stages)
    published = [s["detail"].get("release_id", "") for s in stages if s["stage"] == "publish" and s["outcome"] == "ok"]
    parts = [f"{new} new loads, {fetched:,} rows" if new else "nothing new"]
    parts += [f"[red]{refused} refused[/]"] if refused else []
    parts += [f"release {published[-1]}"] if published else []
    return ", ".join(parts)


def run_default(settings: Settings, failures: str | None = None) -> int:
    """Without ``--date``: the sandbox's history and seven days, elsewhere today; returns the exit code.

    In the sandbox the last two days end with a release, enough to compare a day with the day before.
    """
    if settings.profile != "sandbox":
        return run_days(settings, [today(settings)], failures=failures)
    with out.status(f"Generating the synthetic nation ({settings.sandbox_persons:,} persons)"):
        shown = outside.demonstration_days(outside.ensure_nation(settings))
    with out.status("Teaching the coder of titles the nation's dictionary of occupations"):
        outside.ensure_coder(settings, shown[0])
    return run_days(settings, shown, build=set(shown[-2:]), failures=failures)


def backfill_days(settings: Settings, first: date, last: date) -> int:
    """Land every day of the range, then build one release as of the newer of ``last`` and the current release."""
    standing = releases.current(Paths.of(settings))
    return run_days(settings, days(first, last), build={max(last, standing.as_of) if standing else last})
