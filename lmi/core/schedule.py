"""When a source or a report is due: its cron, in the timezone of the settings."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from croniter import croniter


def due_days(cron: str, first: date, last: date, tz: tzinfo) -> list[date]:
    """Days from ``first`` to ``last``, both included, on which ``cron`` fires."""
    due = croniter(cron, datetime(first.year, first.month, first.day, tzinfo=tz) - timedelta(seconds=1))
    found: list[date] = []
    while (day := due.get_next(datetime).date()) <= last:
        if day not in found:
            found.append(day)
    return found


def fired_instants(cron: str, first: date, until: datetime, tz: tzinfo) -> list[datetime]:
    """Instants from the day ``first`` at which ``cron`` has fired by ``until`` (with zone)."""
    due = croniter(cron, datetime(first.year, first.month, first.day, tzinfo=tz) - timedelta(seconds=1))
    found: list[datetime] = []
    while (instant := due.get_next(datetime)) <= until:
        found.append(instant)
    return found


def fired_days(cron: str, first: date, until: datetime, tz: tzinfo) -> list[date]:
    """Days from ``first`` on which ``cron`` has fired by ``until`` (with zone): a day whose hour is to come is none."""
    return list(dict.fromkeys(instant.date() for instant in fired_instants(cron, first, until, tz)))
