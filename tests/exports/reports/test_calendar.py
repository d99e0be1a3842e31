"""The release calendar: what was announced for when, and how punctual it was (ESS TP1 and TP3)."""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from exports.reports.calendar import kept_dates, load_calendar, overdue, released_days, write_calendar
from lmi.core.settings import load_settings

SETTINGS = load_settings({}, profile="national")
#: the release of the 16th came two days late, that of the 17th never
RELEASED = [(date(2026, 10, 15), date(2026, 10, 15)), (date(2026, 10, 16), date(2026, 10, 18))]


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=SETTINGS.tz)


def test_days_from_the_period_and_from_the_announced_date() -> None:
    kept = {(one.product, one.announced.day): one for one in kept_dates(RELEASED, at(17, 10), SETTINGS)}
    monthly = kept["monthly", 16]
    assert (monthly.period_end, monthly.tp1_days, monthly.tp3_days) == (date(2026, 9, 30), 18, 2)
    brief = kept["daily", 15]
    assert (brief.period_end, brief.tp1_days, brief.tp3_days) == (date(2026, 10, 14), 1, 0)
    assert kept["daily", 17].released is None and kept["daily", 17].tp3_days is None
    (late,) = overdue(RELEASED, at(17, 10), SETTINGS)
    assert (late.product, late.announced) == ("daily", at(17, 6).replace(minute=30))
    assert overdue(RELEASED, at(17, 6), SETTINGS) == [] and kept_dates([], at(17, 6), SETTINGS) == []


def test_punctuality_by_product_and_month() -> None:
    with duckdb.connect() as con:
        write_calendar(con, "main", kept_dates(RELEASED, at(17, 10), SETTINGS))
        found = con.execute(
            "select product, announced, released, on_time, tp1_days_mean::double, tp3_days_mean::double, tp3_days_max"
            " from release_punctuality where ref_period = '2026-10-01' order by product"
        ).fetchall()
    assert found == [
        ("daily", 3, 2, 1, 2.0, 1.0, 2), ("monthly", 1, 1, 0, 18.0, 2.0, 2), ("quality", 1, 1, 0, 18.0, 2.0, 2),
    ]  # fmt: skip


def test_a_release_counts_where_its_reports_are_its_own() -> None:
    def stage(day: str, reports: str, began: str = "2026-10-15T21:00:00+00:00") -> dict[str, object]:
        detail = {"products": {"reports": reports}}
        return {"stage": "publish", "working_day": day, "started_at": began, "detail": detail}

    other = stage("2026-10-17", "current") | {"stage": "build"}
    found = released_days([stage("2026-10-15", "stale"), stage("2026-10-16", "current"), other], SETTINGS)
    assert found == [(date(2026, 10, 16), date(2026, 10, 16))]
    late = [stage("2026-10-16", "current", "2026-10-20T01:00:00+00:00")]
    assert released_days(late, SETTINGS) == [(date(2026, 10, 16), date(2026, 10, 20))]
    assert released_days(late, load_settings({})) == found, "the sandbox's clock is its working day"


def test_every_product_has_a_dag_of_its_own() -> None:
    dags = [one.dag for one in load_calendar()]
    assert dags == ["deliver_daily_brief", "deliver_monthly_report", "deliver_quality_report"]
