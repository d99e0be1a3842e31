"""Which day a DAG run works for. The one place that knows; tested for scheduled, manual, asset and backfill runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo


def working_day(context: Mapping[str, Any], tz: ZoneInfo) -> date:
    """The working day, in this order: the run's conf (``{"date": "2026-10-01"}``), its logical date, the newest
    working day among the asset events that triggered it, else the day the run was due.

    A logical date is the instant the schedule fired (cron trigger timetable), so its calendar day in ``tz`` is the
    working day; 00:30 in Seoul is not the day before. Raises ValueError with the mend when the conf is no date.
    """
    run = context["dag_run"]
    asked = (getattr(run, "conf", None) or {}).get("date")
    if asked:
        try:
            return date.fromisoformat(str(asked))
        except ValueError as error:
            raise ValueError(f"conf.date={asked!r} is no day; trigger with {{'date': 'YYYY-MM-DD'}}.") from error
    instant = context.get("logical_date") or getattr(run, "logical_date", None)
    if instant:
        return _local_day(instant, tz)
    events = context.get("triggering_asset_events") or {}
    days = [event.extra["working_day"] for group in events.values() for event in group if "working_day" in event.extra]
    if days:
        return max(date.fromisoformat(day) for day in days)
    return _local_day(run.run_after, tz)


def _local_day(instant: datetime, tz: ZoneInfo) -> date:
    return instant.astimezone(tz).date()
