"""``lmi status``: how fresh each source is, what happened last, and which runs should have started and did not."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from rich.markup import escape
from rich.table import Table

from exports.reports.deliver import undelivered
from ingest.connected import why_not_connected
from ingest.registry import Source, sources_of
from lmi.cli.exits import out
from lmi.cli.schedule import fired_days
from lmi.cli.summary import product_lines
from lmi.core import release as releases
from lmi.core.clock import utc_now
from lmi.core.ledger import STARTED, Ledger
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.vetting.guards import still_waiting

#: outcomes of an attempt that somebody must look into
_WRONG = {"refused", "failed", "stopped"}


def report(settings: Settings, now: datetime | None = None) -> dict[str, Any]:
    """Everything ``lmi status`` says, as plain data. ``now`` is the machine's time unless a test says another; the
    sandbox's is the end of the last working day it ran."""
    paths = Paths.of(settings)
    stages = Ledger(paths.ledger).stages()
    worked = sorted({date.fromisoformat(s["working_day"]) for s in stages})
    now = (now or utc_now()).astimezone(settings.tz)
    if settings.profile == "sandbox" and worked:
        now = datetime.combine(worked[-1], time.max, settings.tz)
    until = now.date() if worked or settings.profile != "sandbox" else None
    sources = []
    for source in sources_of(settings.profile, settings.sources).values():
        own = [s for s in stages if s["source"] == source.id]
        missing = why_not_connected(source, settings)
        accepted = _accepted_days(paths, source.id)
        sources.append(
            {
                "source": source.id,
                "provider": source.provider[settings.language],
                "newest_delivery": accepted[-1] if accepted else None,
                "age_days": (until - date.fromisoformat(accepted[-1])).days if accepted and until else None,
                "last_outcome": "not connected" if missing else _last_outcome(own),
                "last_attempt": own[-1]["started_at"] if own else None,
                "problem": missing or _problem(own),
                "missed": [d.isoformat() for d in missed_days(source, own, worked[0], now, settings)]
                if worked and not missing
                else [],
            }
        )
    release = releases.current(paths)
    return {
        "profile": settings.profile,
        "home": str(settings.home),
        "as_of_today": until,
        "release": release
        and {
            "release_id": release.id,
            "as_of": release.manifest["as_of"],
            "built_at": release.manifest["built_at"],
            "stale": release.manifest["stale"],
            "products": product_lines(release, settings.language),
        },
        "missed_releases": [d.isoformat() for d in missed_releases(stages, now, settings)],
        "sources": sources,
        "vetting": {
            "waiting": still_waiting(paths),
            "alert": next((s["detail"].get("alert") for s in reversed(stages) if s["stage"] == "vet"), None),
        },
        "undelivered": undelivered(stages),
        "interrupted": [
            {"stage": s["stage"], "source": s["source"], "working_day": s["working_day"], "started_at": s["started_at"]}
            for s in stages
            if s["outcome"] == STARTED
        ],
    }


def _accepted_days(paths: Paths, source_id: str) -> list[str]:
    manifests = (paths.accepted / source_id).glob("*/manifest.json")
    outcomes = [json.loads(path.read_text("utf-8")) for path in manifests]
    return sorted(o["delivery_date"] for o in outcomes if o["status"] != "refused")


def _decisive(stages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The attempt that says how the source stands: of the last try of each stage on its last working day the first
    that went wrong, else the last. A refused delivery stays one when what came beside it was validated after it."""
    latest = {s["stage"]: s for s in stages if s["working_day"] == stages[-1]["working_day"]}.values()
    return next((s for s in latest if s["outcome"] in _WRONG), stages[-1] if stages else None)


def _last_outcome(stages: list[dict[str, Any]]) -> str:
    attempt = _decisive(stages)
    return f"{attempt['stage']}: {attempt['outcome']}" if attempt else "never ran"


def _problem(stages: list[dict[str, Any]]) -> str | None:
    attempt = _decisive(stages)
    if attempt is None or attempt["outcome"] not in _WRONG:
        return None
    return "; ".join(attempt["detail"].get("refusals", [])) or attempt["detail"].get("error")


def missed_days(
    source: Source, stages: list[dict[str, Any]], first: date, now: datetime, settings: Settings
) -> list[date]:
    """Working days on which the source's schedule has fired by ``now`` and no attempt is in the ledger (at most the
    last 30)."""
    tried = {date.fromisoformat(s["working_day"]) for s in stages}
    begin = max(first, now.date() - timedelta(days=30))
    return [day for day in fired_days(source.schedule["cron"], begin, now, settings.tz) if day not in tried]


def missed_releases(stages: list[dict[str, Any]], now: datetime, settings: Settings) -> list[date]:
    """Days since the last attempt at a release, or since the first working day when there was none, on which the
    release was due by ``now`` and nobody began it (at most the last 30)."""
    worked = {date.fromisoformat(s["working_day"]) for s in stages}
    tried = {date.fromisoformat(s["working_day"]) for s in stages if s["stage"] in {"vet", "build", "publish"}}
    if not worked:
        return []
    first = max(tried) + timedelta(days=1) if tried else min(worked)
    begin = max(first, now.date() - timedelta(days=30))
    return fired_days(releases.AT_LATEST, begin, now, settings.tz)


def _missed(days: list[str]) -> str:
    if len(days) <= 3:
        return ", ".join(days) or "-"
    return f"{len(days)} since {days[0]}"


def print_status(found: dict[str, Any]) -> None:
    table = Table("source", "newest delivery", "age (days)", "last outcome", "missed runs")
    for entry in found["sources"]:
        table.add_row(
            entry["source"],
            entry["newest_delivery"] or "-",
            "-" if entry["age_days"] is None else str(entry["age_days"]),
            entry["last_outcome"] + (f"\n{entry['problem']}" if entry["problem"] else ""),
            _missed(entry["missed"]),
        )
    out.print(table)
    release = found["release"]
    if release:
        out.print(f"Current release {release['release_id']} as of {release['as_of']}.", highlight=False)
        for mart, note in release["stale"].items():
            out.print(f"  {mart}: {note['status']} {note['as_of']} - {note['reason']}", highlight=False)
        for line in release["products"]:
            out.print(f"  {line}", highlight=False)
    else:
        out.print("No release is published yet. Run `lmi run`.")
    if found["missed_releases"]:
        out.print(f"[yellow]Release not built[/]: {_missed(found['missed_releases'])}.", highlight=False)
    for entry in found["vetting"]["waiting"]:
        out.print(
            f"waits: {entry['channel_code']} of {entry['source']}/{entry['load_id']}: {entry['share']:.1%} refused,"
            f" usual are {entry['low']:.1%} to {entry['high']:.1%}. Look into it, then:"
            f" lmi vet let-go {entry['source']} {entry['load_id']} {entry['channel_code']} --by NAME",
            highlight=False,
            soft_wrap=True,
        )
    if found["vetting"]["alert"]:
        out.print(f"[yellow]alert[/] {found['vetting']['alert']}", highlight=False)
    for entry in found["undelivered"]:
        said = f"[red]not delivered[/] {entry['report']} of {entry['working_day']}: {escape(str(entry['error']))}"
        out.print(said, highlight=False, soft_wrap=True)
    for entry in found["interrupted"]:
        out.print(
            f"interrupted: {entry['stage']} {entry['source'] or ''} of {entry['working_day']}"
            f" (started {entry['started_at']}); the next run takes it up again.",
            highlight=False,
        )
