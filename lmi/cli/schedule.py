"""When a source is due: its registry cron, in the timezone of the settings."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter


def due_days(cron: str, first: date, last: date, tz: ZoneInfo) -> list[date]:
    """Days from ``first`` to ``last``, both included, on which ``cron`` fires."""
    due = croniter(cron, datetime(first.year, first.month, first.day, tzinfo=tz) - timedelta(seconds=1))
    found: list[date] = []
    while (day := due.get_next(datetime).date()) <= last:
        if day not in found:
            found.append(day)
    return found


def fired_days(cron: str, first: date, until: datetime, tz: ZoneInfo) -> list[date]:
    """Days from ``first`` on which ``cron`` has fired by ``until`` (with zone): a day whose hour is to come is none."""
    due = croniter(cron, datetime(first.year, first.month, first.day, tzinfo=tz) - timedelta(seconds=1))
    found: list[date] = []
    while (instant := due.get_next(datetime)) <= until:
        if instant.date() not in found:
            found.append(instant.date())
    return found
