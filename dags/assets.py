"""The assets that join the DAGs, and what all DAGs share. Holds no DAG, so that each DAG has one home."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, Param

from lmi.core.settings import load_settings

SETTINGS = load_settings()
#: asset extra that carries the day to the release build
WORKING_DAY = "working_day"
#: a hung task must not hold the next day's run
TASK_TIMEOUT = timedelta(hours=6)
RELEASE = Asset(name="release", uri="lmi://release", group="release")


def accepted_asset(source_id: str) -> Asset:
    """Updated when a load of the source was validated."""
    return Asset(name=f"accepted_{source_id}", uri=f"lmi://accepted/{source_id}", group="accepted")


def at(cron: str) -> CronTriggerTimetable:
    """The hours of ``cron`` in the settings' timezone.

    The DAGs have no start date: with one, a new installation would at once run every hour it missed today, the
    release before its sources. Without one, and with no allowance for the past, it waits for its first hour.
    """
    return CronTriggerTimetable(cron, timezone=SETTINGS.timezone, run_immediately=timedelta(0))


def default_args(retry_minutes: int) -> dict[str, Any]:
    """What every task has: the settings' retries, so many minutes apart, and an end to its patience."""
    return {
        "retries": SETTINGS.task_retries,
        "retry_delay": timedelta(minutes=retry_minutes),
        "execution_timeout": TASK_TIMEOUT,
    }


def day_params() -> dict[str, Param]:
    """The date field of the trigger form, so that a wrong day is refused before a run exists."""
    return {
        "date": Param(None, type=["null", "string"], format="date", title="Working day", description="Empty: today.")
    }
