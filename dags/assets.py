"""The assets that join the DAGs, and what all DAGs share. Holds no DAG, so that each DAG has one home."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import Asset, Param

from lmi.core.settings import load_settings

SETTINGS = load_settings()
START = datetime(2021, 10, 1, tzinfo=SETTINGS.tz)
#: asset extra that carries the day to the release build
WORKING_DAY = "working_day"
#: a hung task must not hold the next day's run
TASK_TIMEOUT = timedelta(hours=6)
RELEASE = Asset(name="release", uri="lmi://release", group="release")


def accepted_asset(source_id: str) -> Asset:
    """Updated when a load of the source was validated."""
    return Asset(name=f"accepted_{source_id}", uri=f"lmi://accepted/{source_id}", group="accepted")


def day_params() -> dict[str, Param]:
    """The date field of the trigger form, so that a wrong day is refused before a run exists."""
    return {
        "date": Param(None, type=["null", "string"], format="date", title="Working day", description="Empty: today.")
    }
