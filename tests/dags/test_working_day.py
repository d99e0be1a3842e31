"""The working day of every kind of run; the runs are the plain values that Airflow hands to a task."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dags.working_day import working_day

SEOUL = ZoneInfo("Asia/Seoul")
DAY = date(2026, 10, 1)


def seoul(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=SEOUL).astimezone(UTC)  # Airflow stores instants in UTC


def context(
    *,
    logical: datetime | None = None,
    after: datetime | None = None,
    conf: dict[str, Any] | None = None,
    events: dict[Any, list[Any]] | None = None,
) -> dict[str, Any]:
    run = SimpleNamespace(conf=conf, logical_date=logical, run_after=after or seoul(2030, 1, 1, 12))
    return {"dag_run": run, "triggering_asset_events": events or {}} | ({"logical_date": logical} if logical else {})


def event(day: str | None) -> SimpleNamespace:
    return SimpleNamespace(extra={"working_day": day} if day else {})


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ((2026, 10, 1, 3, 30), DAY),
        ((2026, 10, 1, 0, 30), DAY),  # 2026-09-30T15:30Z: the day before in UTC
        ((2026, 10, 1, 0, 0), DAY),
        ((2026, 10, 1, 23, 59, 59), DAY),
        ((2026, 10, 2, 0, 0), date(2026, 10, 2)),
        ((2026, 12, 31, 23, 59), date(2026, 12, 31)),
        ((2027, 1, 1, 0, 1), date(2027, 1, 1)),
    ],
)
def test_a_scheduled_run_works_for_the_seoul_day_of_its_instant(moment: tuple[int, ...], day: date) -> None:
    assert working_day(context(logical=seoul(*moment), conf={}), SEOUL) == day


def test_the_zone_is_that_of_the_settings_not_a_constant() -> None:
    instant = context(logical=datetime(2026, 9, 30, 15, 30, tzinfo=UTC))
    assert working_day(instant, SEOUL) == DAY
    assert working_day(instant, ZoneInfo("UTC")) == date(2026, 9, 30)


def test_a_backfill_run_works_for_its_logical_date_though_it_runs_later() -> None:
    assert working_day(context(logical=seoul(2026, 10, 1, 4), after=seoul(2026, 11, 20, 9)), SEOUL) == DAY


def test_a_manual_run_works_for_the_day_it_was_asked_for() -> None:
    asked = context(logical=seoul(2026, 11, 20, 9), conf={"date": "2026-10-01"})
    assert working_day(asked, SEOUL) == DAY


def test_the_day_asked_for_wins_over_asset_events() -> None:
    asked = context(conf={"date": "2026-10-01"}, events={"a": [event("2026-10-05")]})
    assert working_day(asked, SEOUL) == DAY


@pytest.mark.parametrize("conf", [None, {}, {"date": None}, {"date": ""}, {"other": "x"}])
def test_a_manual_run_that_asks_for_no_day_works_for_the_day_it_is_due(conf: dict[str, Any] | None) -> None:
    assert working_day(context(after=seoul(2026, 10, 1, 0, 5), conf=conf), SEOUL) == DAY


def test_an_asset_triggered_run_works_for_the_newest_day_that_arrived() -> None:
    events = {"a": [event("2026-09-30"), event("2026-10-01")], "b": [event("2026-09-29")]}
    assert working_day(context(events=events, after=seoul(2026, 10, 2, 0, 10)), SEOUL) == DAY


def test_asset_events_of_others_carry_no_day() -> None:
    """An event made by hand in the page has no working day: the run's own day counts."""
    assert working_day(context(events={"a": [event(None)]}, after=seoul(2026, 10, 1, 4)), SEOUL) == DAY
    assert working_day(context(events={"a": [event(None), event("2026-09-30")]}), SEOUL) == date(2026, 9, 30)


@pytest.mark.parametrize("bad", ["yesterday", "2026-13-01", "2026-02-29", "01.10.2026", 20261301, "2026-10-01T04:00"])
def test_a_wrong_day_is_refused_with_the_mend(bad: object) -> None:
    with pytest.raises(ValueError, match=r"conf\.date=.*YYYY-MM-DD"):
        working_day(context(logical=seoul(2026, 10, 1, 4), conf={"date": bad}), SEOUL)
