"""The only place that asks the machine for the time, and the day logic of the settings' timezone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from lmi.core.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


def today(settings: Settings) -> date:
    """The calendar day in the settings' timezone; a container's own zone plays no part."""
    return utc_now().astimezone(settings.tz).date()


def days(first: date, last: date) -> list[date]:
    """Every day from ``first`` to ``last``, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
