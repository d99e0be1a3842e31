"""``lmi calendar``: what is announced for the next twelve months, how punctual it was so far, and what is overdue."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from exports.reports.calendar import Kept, kept_dates, load_calendar, overdue, released_days
from lmi.cli.exits import out
from lmi.cli.words import text
from lmi.core.clock import utc_now
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.schedule import fired_instants
from lmi.core.settings import Settings

_AHEAD = timedelta(days=365)


def standing_time(settings: Settings, stages: list[dict[str, Any]], now: datetime | None = None) -> datetime:
    """The time by which things are due: the machine's, or in the sandbox the end of the last working day it ran."""
    worked = [date.fromisoformat(stage["working_day"]) for stage in stages]
    if settings.profile == "sandbox" and worked:
        return datetime.combine(max(worked), time.max, settings.tz)
    return (now or utc_now()).astimezone(settings.tz)


def late_products(settings: Settings, stages: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Products whose hour has passed by ``now`` (with zone) without a release: product, announced, period_end."""
    return [_plain(kept) for kept in overdue(released_days(stages, settings), now, settings)]


def _plain(kept: Kept) -> dict[str, Any]:
    return {
        "product": kept.product,
        "period_end": kept.period_end,
        "announced": kept.announced.isoformat(timespec="minutes"),
        "released": kept.released,
        "tp1_days": kept.tp1_days,
        "tp3_days": kept.tp3_days,
    }


def report(settings: Settings, now: datetime | None = None) -> dict[str, Any]:
    """Everything ``lmi calendar`` says, as plain data. A product of every day has its rule and no list of dates."""
    stages = Ledger(Paths.of(settings).ledger).stages()
    standing = standing_time(settings, stages, now)
    tomorrow = standing.date() + timedelta(days=1)
    return {
        "announced": [
            {
                "product": one.product,
                "label": one.label[settings.language],
                "cron": one.cron,
                "dates": []
                if one.period == "day"
                else [
                    at.isoformat(timespec="minutes")
                    for at in fired_instants(one.cron, tomorrow, standing + _AHEAD, settings.tz)
                ],
            }
            for one in load_calendar()
        ],
        "kept": [_plain(kept) for kept in kept_dates(released_days(stages, settings), standing, settings)],
        "overdue": late_products(settings, stages, standing),
    }


def print_calendar(settings: Settings, found: dict[str, Any]) -> None:
    lang = settings.language
    for one in found["announced"]:
        minute, hour = one["cron"].split()[:2]
        rule = text("every_day", lang, hour=f"{int(hour):02}:{int(minute):02}")
        out.print(f"[bold]{one['label']}[/]: {', '.join(d.replace('T', ' ')[:16] for d in one['dates']) or rule}",
                  highlight=False)  # fmt: skip
    labels = {one["product"]: one["label"] for one in found["announced"]}
    if found["kept"]:
        table = Table(
            *(text(head, lang) for head in ("product", "announced", "released", "tp1", "tp3")), box=SIMPLE_HEAD
        )
        for kept in found["kept"][-12:]:
            days = [("-" if kept[name] is None else str(kept[name])) for name in ("tp1_days", "tp3_days")]
            table.add_row(labels[kept["product"]], kept["announced"][:10], str(kept["released"] or "-"), *days)
        out.print(table)
    print_overdue(settings, found["overdue"])


def print_overdue(settings: Settings, late: list[dict[str, Any]]) -> None:
    labels = {one.product: one.label[settings.language] for one in load_calendar()}
    for one in late:
        said = text("overdue", settings.language, product=labels[one["product"]], announced=one["announced"][:16])
        out.print(f"[yellow]{said}[/]", highlight=False)
