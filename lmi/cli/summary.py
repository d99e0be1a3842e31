"""What a run says at its end, in words a stranger understands."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from ingest import refusals
from ingest.landing import LandingError
from ingest.pipeline import NOT_CONNECTED
from lmi.cli.desk import fill, open_desk
from lmi.cli.exits import out
from lmi.cli.query import open_marts
from lmi.cli.words import text
from lmi.core import release as releases
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.release import Release
from lmi.core.settings import Settings
from lmi.core.sql import scalar
from validation.desk.queue import waiting
from validation.desk.store import DeskError
from validation.vetting.rules import RuleError

#: fetched is the sum of the others
COUNTS = ("fetched", "accepted", "quarantined", "duplicates", "withheld")
STAGES = ("land", "validate", "vet", "code", "link", "build", "publish")
#: stages that end a release when they fail
_ENDING = {"vet", "link", "build", "publish"}


def per_source(stages: list[dict[str, Any]], lang: str) -> dict[str, dict[str, Any]]:
    """Counts and refusals of each source over the attempts given."""
    result: dict[str, dict[str, Any]] = defaultdict(
        lambda: dict.fromkeys((*COUNTS, "new_loads"), 0) | {"problems": [], "connected": True}
    )
    for stage in stages:
        if not stage["source"]:
            continue
        entry, detail = result[stage["source"]], stage["detail"]
        entry["new_loads"] += sum(load["status"] == "landed" for load in detail.get("loads", []))
        for name, count in detail.get("counts", {}).items():
            entry[name] += count
        if stage["outcome"] == NOT_CONNECTED:
            entry["connected"] = False
        if stage["outcome"] in {"refused", "failed"}:
            entry["problems"].append(refusals.said(detail, lang))
    return dict(result)


def print_summary(settings: Settings, since: datetime, seconds: float, log: Path) -> None:
    """Tables of what landed and how long it took, the release, and what to do next."""
    paths, said = Paths.of(settings), partial(text, language=settings.language)
    stages = Ledger(paths.ledger).stages(since)
    sources = per_source(stages, settings.language)
    changed = any(entry["new_loads"] for entry in sources.values())
    published = [s["detail"]["release_id"] for s in stages if s["stage"] == "publish" and s["outcome"] == "ok"]
    table = Table(said("source"), title=said("landed"), title_justify="left")
    for name in COUNTS:
        table.add_column(said(name), justify="right")
    for source, entry in sorted(sources.items()):
        if entry["new_loads"]:
            table.add_row(source, *(f"{entry[n]:,}" for n in COUNTS))
    if changed:
        out.print(table)
        quiet = sorted(
            source
            for source, entry in sources.items()
            if entry["connected"] and not entry["new_loads"] and not entry["problems"]
        )
        if quiet:
            out.print(said("nothing_new", sources=", ".join(quiet)), highlight=False)
    if absent := sorted(source for source, entry in sources.items() if not entry["connected"]):
        out.print(said("not_connected", sources=", ".join(absent)), highlight=False)
    problems = [(source, why) for source, entry in sorted(sources.items()) for why in entry["problems"]]
    for source, why in problems:
        out.print(f"[red]{said('refused')}[/] {source}: {why}", highlight=False)
    stopped = [s for s in stages if s["stage"] in _ENDING and s["outcome"] in {"stopped", "failed"}]
    for stage in stopped:
        what = f"[red]{said(stage['outcome'])}[/] {said(stage['stage'])}"
        out.print(f"{what}: {stage['detail'].get('error', '')}", highlight=False)
    _print_verification(settings)
    _print_waiting(settings)
    spent = {name: sum(s["seconds"] or 0 for s in stages if s["stage"] == name) for name in STAGES}
    times = ", ".join(said("seconds", stage=said(name), seconds=took) for name, took in spent.items())
    out.print(said("time", seconds=seconds, stages=times), highlight=False)
    if not changed and not published and not problems and not stopped:
        out.print(said("unchanged"))
    _print_next(settings, log)


#: by channel over twelve months: where submissions stand, and the commonest reasons of refusals
_FUNNEL = """
    with months as (
        select * from mart_vacancy_verification
        where ref_period > (select max(ref_period) from mart_vacancy_verification) - interval 12 month
    ),

    reasons as (
        select channel_code, label_{lang} as label, sum(postings) as postings
        from mart_vacancy_rejection_reasons
        where basis = 'PRIMARY' and decided_by = 'VERIFICATION'
            and ref_period > (select max(ref_period) from mart_vacancy_verification) - interval 12 month
        group by channel_code, label_{lang}
        qualify row_number() over (partition by channel_code order by sum(postings) desc, label_{lang}) <= 2
    )

    select
        months.channel_code, sum(submitted)::bigint, sum(posted)::bigint, sum(rejected + duplicate)::bigint,
        sum(returned_open)::bigint, sum(held_open)::bigint, sum(pending)::bigint,
        sum(posted) / nullif(sum(concluded), 0),
        (
            select string_agg(label || ' ' || postings, ', ' order by postings desc, label)
            from reasons where reasons.channel_code = months.channel_code
        )
    from months
    group by months.channel_code
    order by months.channel_code = '_T', months.channel_code
"""


def _print_verification(settings: Settings) -> None:
    """The funnel of the verification by channel, with the commonest reasons; nothing without the register."""
    release = releases.current(Paths.of(settings))
    if release is None:
        return
    with open_marts(release) as con:
        try:
            rows = con.execute(_FUNNEL.format(lang=settings.language)).fetchall()
        except duckdb.CatalogException:  # a release of a profile or a version without these marts
            return
    if not rows or not rows[-1][1]:
        return
    said = partial(text, language=settings.language)
    # 80 columns wide with the longest channel: nothing may be cut
    table = Table(
        title=said("funnel"),
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column(said("channel"), no_wrap=True)
    for name in ("submitted", "posted", "rejected", "returned", "held", "pending", "rate"):
        table.add_column(said(name), justify="right", no_wrap=True)
    names = {channel: _channel(channel, settings.language) for channel, *_ in rows}
    for channel, *counts, rate, _ in rows:
        share = "-" if rate is None else f"{rate:.1%}"
        table.add_row(names[channel], *(f"{count:,}" for count in counts), share)
    out.print(table)
    for channel, *_, reasons in rows:
        if reasons:
            out.print(said("reasons", channel=names[channel], reasons=reasons), highlight=False)


def _channel(code: str, lang: str) -> str:
    """How a channel is named to a reader. English names are too long for 80 columns; the codes are words."""
    from exports.opendata.package import code_labels

    if code == "_T":
        return text("all", lang)
    labels = code_labels("channel") if lang == "ko" else {}
    return labels[code][lang] if code in labels else code


#: filling the queue reads every decision: with more than these, it is left to who asks for it
_COUNTED_DECISIONS = 250_000


def _print_waiting(settings: Settings) -> None:
    """How many postings wait for a person, as `lmi vet queue` lists them, and since when."""
    release = releases.current(Paths.of(settings))
    if release is None or settings.profile == "real":
        return
    with duckdb.connect(str(release.warehouse), read_only=True) as con:
        try:
            decisions = scalar(con, "select count(*) from core.fct_posting_review where is_machine")
        except duckdb.CatalogException:  # a release of a version without these facts
            return
    if decisions > _COUNTED_DECISIONS:
        return
    try:
        items = _queue(settings)
    except (DeskError, LandingError, RuleError) as error:
        out.print(f"[yellow]{text('queue_not_filled', settings.language)}[/]: {error}", highlight=False)
        return
    said = partial(text, language=settings.language)
    if not items:
        out.print(said("nobody_waits"))
        return
    oldest = max(item["waiting_days"] for item in items)
    out.print(said("one_waits" if len(items) == 1 else "many_wait", count=len(items), days=oldest), highlight=False)
    signalled = [item for item in items if item["signals"]]
    if signalled:
        kinds = Counter(signal[f"label_{settings.language}"] for item in signalled for signal in item["signals"])
        named = ", ".join(f"{label} {count}" for label, count in sorted(kinds.items(), key=lambda k: (-k[1], k[0])))
        out.print(said("signals_wait", count=len(signalled), named=named), highlight=False)


def _queue(settings: Settings) -> list[dict[str, Any]]:
    desk = open_desk(settings, None)
    fill(desk, settings)
    return waiting(desk.store)


_OF_A_NATION = (
    "select * from mart_coverage",
    "select time_period, value, numerator, denominator from mart_employment_trends_monthly"
    " where indicator = 'openings_per_seeker' and breakdown_type = 'total' order by 1 desc limit 12",
    "select table_name, column_name, label_ko, label_en from data_dictionary",
)
#: queries that a newcomer tries first, by profile
EXAMPLES = {
    "sandbox": _OF_A_NATION,
    "national": _OF_A_NATION,
    "real": (
        "select mart, entity, status from mart_coverage",
        "select country, occupation_scheme, occupation_code, vacancies_24m from mart_occupation_profile"
        " order by vacancies_24m desc limit 12",
        "select organisation_name, title, occupation_code, tuition from dim_training_programme limit 12",
    ),
}


def product_lines(release: Release, language: str) -> list[str]:
    """What was rendered into the release, and what is stale or missing since when and why."""
    products, said = release.manifest.get("products", {}), partial(text, language=language)
    rendered = [
        said("files", name=name, files=found["files"], kilobytes=-(-found["bytes"] // 1000))
        for name, found in products.items()
        if found["files"]
    ]
    notes = [
        said(
            f"product_{found['status']}",
            name=name,
            as_of=found["stale"]["as_of"],
            release=found["stale"]["release_id"],
            reason=found["stale"]["reason"],
        )
        for name, found in products.items()
        if found["stale"]
    ]
    notes += [
        said("part_withheld", name=name, part=part, reason=reason)
        for name, found in products.items()
        for part, reason in found.get("withheld", {}).items()
    ]
    return ([said("rendered", products=", ".join(rendered))] if rendered else []) + [escape(note) for note in notes]


def _print_next(settings: Settings, log: Path) -> None:
    from exports.board.product import first_page  # `lmi status` needs none of it

    paths = Paths.of(settings)
    release = releases.current(paths)
    if release is None:
        out.print(text("no_release", settings.language, log=log), highlight=False)
        return
    for mart, note in release.manifest["stale"].items():
        out.print(f"[yellow]{note['status']}[/] {mart} {note['as_of']}: {note['reason']}", highlight=False)
    for line in product_lines(release, settings.language):
        out.print(line, highlight=False)
    lmi = Path(sys.argv[0]).absolute()
    command = str(lmi.relative_to(Path.cwd())) if lmi.is_relative_to(Path.cwd()) else "lmi"
    if settings.profile != Settings.profile:  # another command would look at the default profile's home
        command = f"LMI_PROFILE={settings.profile} {command}"
    said = partial(text, language=settings.language)
    named = said("release", release=release.id, as_of=release.as_of, folder=release.folder)
    out.print(f"[bold]{named}[/]", highlight=False)
    if page := first_page(paths.current_release, settings.language):
        out.print(said("board", page=page), highlight=False, soft_wrap=True)
    out.print(said("next"), highlight=False)
    tables = {*release.manifest["row_counts"], "data_dictionary"}  # an installation may have chosen its marts
    queries = [f'query "{sql}"' for sql in EXAMPLES[settings.profile] if tables & set(sql.split())]
    people = ("vet queue",) if settings.profile != "real" else ()
    served = ("serve",) if release.manifest.get("products", {}).get("api", {}).get("files") else ()
    for line in ("status", *queries, "quarantine list", *people, "release list", *served):
        out.print(f"  {command} {line}", highlight=False, soft_wrap=True)
    out.print(said("log", log=log), highlight=False, soft_wrap=True)
