"""The release calendar: what is announced for when, what was released when, and how punctual that was.

Punctuality as in the ESS quality indicators: TP1 = release - end of the period it tells of, TP3 = release - date
announced, both in days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmi.core.schedule import fired_instants
from lmi.core.settings import Settings
from lmi.core.yaml import load_yaml

if TYPE_CHECKING:  # the DAGs read the calendar, and import nothing heavy
    import duckdb

_FILE = Path(__file__).with_name("calendar.yml")
#: the product of a release in which the reports lie
_RENDERED = "reports"


@dataclass(frozen=True)
class Announced:
    """A product of the calendar. ``period``: day or month; ``dag``: the DAG that sends it."""

    product: str
    period: str
    cron: str
    dag: str
    label: Mapping[str, str]

    def ended_before(self, day: date) -> date:
        """Last day of the period that a release on ``day`` tells of."""
        return (day if self.period == "day" else day.replace(day=1)) - timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """One announced date and what came of it; ``released`` is None while nothing was."""

    product: str
    period_end: date
    announced: datetime
    released: date | None

    @property
    def tp1_days(self) -> int | None:
        return (self.released - self.period_end).days if self.released else None

    @property
    def tp3_days(self) -> int | None:
        return (self.released - self.announced.date()).days if self.released else None


def load_calendar(path: Path = _FILE) -> list[Announced]:
    """Every product of the calendar, in its order."""
    return [
        Announced(e["product"], e["period"], e["cron"], e["dag"], {"ko": e["ko"], "en": e["en"]})
        for e in load_yaml(path.read_text("utf-8"))
    ]


def released_days(stages: Sequence[Mapping[str, Any]], settings: Settings) -> list[tuple[date, date]]:
    """Working day and day of publication of every release with reports of its own, from the ledger's stages.

    The sandbox's clock is its working day, so there both are the same.
    """
    found: dict[date, date] = {}
    for stage in stages:
        products = stage["detail"].get("products") or {}
        if stage["stage"] != "publish" or products.get(_RENDERED) != "current":
            continue
        worked = date.fromisoformat(stage["working_day"])
        published = datetime.fromisoformat(stage["started_at"]).astimezone(settings.tz).date()
        found.setdefault(worked, worked if settings.profile == "sandbox" else published)
    return sorted(found.items())


def kept_dates(released: Sequence[tuple[date, date]], until: datetime, settings: Settings) -> list[Kept]:
    """Every date announced from the first release to ``until`` (with zone), with the day on which it was kept: that of
    the first release made for the announced day or a later one. Oldest first; empty before the first release."""
    if not released:
        return []
    found = []
    for one in load_calendar():
        for instant in fired_instants(one.cron, released[0][0], until, settings.tz):
            day = instant.date()
            done = min((published for worked, published in released if worked >= day), default=None)
            found.append(Kept(one.product, one.ended_before(day), instant, done))
    return sorted(found, key=lambda kept: kept.announced)


def write_calendar(con: duckdb.DuckDBPyConnection, schema: str, kept: Sequence[Kept]) -> None:
    """Tables ``release_calendar`` (a row per announced date) and ``release_punctuality`` (by product and month)."""
    con.execute(
        f"create table {schema}.release_calendar (product varchar, period_end date, announced_date date,"
        " released_date date, tp1_days integer, tp3_days integer)"
    )
    if kept:
        rows = [[k.product, k.period_end, k.announced.date(), k.released, k.tp1_days, k.tp3_days] for k in kept]
        con.executemany(f"insert into {schema}.release_calendar values (?, ?, ?, ?, ?, ?)", rows)
    con.execute(
        f"""
        create table {schema}.release_punctuality as
        select
            product,
            cast(date_trunc('month', announced_date) as date) as ref_period,
            count(*) as announced,
            count(released_date) as released,
            count(*) filter (where tp3_days <= 0) as on_time,
            cast(100.0 * count(*) filter (where tp3_days <= 0) / count(*) as decimal(18, 4)) as on_time_percent,
            cast(sum(tp1_days) / nullif(count(tp1_days), 0) as decimal(18, 4)) as tp1_days_mean,
            cast(sum(tp3_days) / nullif(count(tp3_days), 0) as decimal(18, 4)) as tp3_days_mean,
            max(tp3_days) as tp3_days_max
        from {schema}.release_calendar
        group by product, ref_period
        order by product, ref_period
        """
    )


def overdue(released: Sequence[tuple[date, date]], now: datetime, settings: Settings) -> list[Kept]:
    """What was announced for an hour before ``now`` and is not released: the newest date of each product."""
    late = {kept.product: kept for kept in kept_dates(released, now, settings) if kept.released is None}
    return list(late.values())
