"""``lmi status``: how fresh each source is, what happened last, and which runs should have started and did not."""

from __future__ import annotations

import json
import smtplib
from datetime import date, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from exports.reports.deliver import undelivered
from exports.watch import WRONG, alert, missed_days, missed_releases
from ingest.connected import why_not_connected
from ingest.refusals import said
from ingest.registry import sources_of
from lmi.cli.calendar import late_products, print_overdue, standing_time
from lmi.cli.exits import DataFailure, out
from lmi.cli.summary import product_lines
from lmi.cli.words import WORDS, text
from lmi.core import release as releases
from lmi.core.ledger import STARTED, Ledger
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.vetting.guards import still_waiting


def report(settings: Settings, now: datetime | None = None) -> dict[str, Any]:
    """Everything ``lmi status`` says, as plain data. ``now`` is the machine's time unless a test says another; the
    sandbox's is the end of the last working day it ran."""
    paths = Paths.of(settings)
    stages = Ledger(paths.ledger).stages()
    worked = sorted({date.fromisoformat(s["working_day"]) for s in stages})
    now = standing_time(settings, stages, now)
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
                "problem": missing or _problem(own, settings.language),
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
        "overdue": late_products(settings, stages, now),
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
    return next((s for s in latest if s["outcome"] in WRONG), stages[-1] if stages else None)


def _last_outcome(stages: list[dict[str, Any]]) -> str:
    attempt = _decisive(stages)
    return f"{attempt['stage']}: {attempt['outcome']}" if attempt else "never ran"


def _problem(stages: list[dict[str, Any]], lang: str) -> str | None:
    attempt = _decisive(stages)
    if attempt is None or attempt["outcome"] not in WRONG:
        return None
    return said(attempt["detail"], lang) or None


def _missed(days: list[str], lang: str) -> str:
    if len(days) <= 3:
        return ", ".join(days) or "-"
    return text("missed_since", lang, count=len(days), first=days[0])


def _outcome(said: str, lang: str) -> str:
    """``land: nothing delivered`` in the reader's words."""
    return ": ".join(WORDS.get(f"{part}", {}).get(lang, part) for part in said.split(": "))


def print_status(settings: Settings, found: dict[str, Any]) -> None:
    lang = settings.language
    heads = ("source", "newest_delivery", "age_days", "last_outcome", "missed_runs")
    table = Table(*(text(head, lang) for head in heads))
    for entry in found["sources"]:
        outcome = _outcome(entry["last_outcome"], lang)
        table.add_row(
            entry["source"],
            entry["newest_delivery"] or "-",
            "-" if entry["age_days"] is None else str(entry["age_days"]),
            outcome + (f"\n{escape(entry['problem'])}" if entry["problem"] else ""),
            _missed(entry["missed"], lang),
        )
    out.print(table)
    release = found["release"]
    if release:
        said = text("status_release", lang, release=release["release_id"], as_of=release["as_of"])
        out.print(said, highlight=False)
        for mart, note in release["stale"].items():
            said = text(f"part_{note['status']}", lang, mart=mart, as_of=note["as_of"], reason=note["reason"])
            out.print(f"  {escape(said)}", highlight=False)
        for line in release["products"]:
            out.print(f"  {line}", highlight=False)
    else:
        out.print(text("status_no_release", lang))
    if found["missed_releases"]:
        said = text("release_missed", lang, days=_missed(found["missed_releases"], lang))
        out.print(f"[yellow]{said}[/]", highlight=False)
    print_overdue(settings, found["overdue"])
    for entry in found["vetting"]["waiting"]:
        shares = {name: f"{entry[name]:.1%}" for name in ("share", "low", "high")}
        out.print(text("vetting_waits", lang, **{**entry, **shares}), highlight=False, soft_wrap=True)
    if found["vetting"]["alert"]:
        out.print(f"[yellow]{text('alert', lang)}[/] {found['vetting']['alert']}", highlight=False)
    for entry in found["undelivered"]:
        said = text(
            "undelivered", lang, report=entry["report"], day=entry["working_day"], error=escape(str(entry["error"]))
        )
        out.print(f"[red]{said}[/]", highlight=False, soft_wrap=True)
    for entry in found["interrupted"]:
        said = text("interrupted", lang, stage=_outcome(entry["stage"], lang), source=entry["source"] or "",
                    day=entry["working_day"], at=entry["started_at"])  # fmt: skip
        out.print(said, highlight=False)


def send_alert(settings: Settings) -> None:
    """Mail the operators what is wrong now, and print it. Raises DataFailure when the server does not take it."""
    stages = Ledger(Paths.of(settings).ledger).stages()
    try:
        found = alert(settings, standing_time(settings, stages))
    except (OSError, smtplib.SMTPException) as error:
        raise DataFailure(text("alert_unsent", settings.language, error=error)) from error
    for line in found or [text("all_well", settings.language)]:
        out.print(line, highlight=False, soft_wrap=True)
