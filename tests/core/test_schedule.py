from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from lmi.cli.run import due_dags
from lmi.core.schedule import due_days
from lmi.core.settings import load_settings

SETTINGS = load_settings({})


@pytest.mark.parametrize(
    ("cron", "expected"),
    [("0 4 * * *", [29, 30, 1, 2]), ("30 0 1 * *", [1]), ("0 2 2 1 *", []), ("0 4,16 * * *", [29, 30, 1, 2])],
)
def test_days_on_which_a_schedule_fires(cron: str, expected: list[int]) -> None:
    found = due_days(cron, date(2026, 9, 29), date(2026, 10, 2), SETTINGS.tz)
    assert [day.day for day in found] == expected


def test_a_source_is_due_by_schedule_or_until_it_was_accepted_once_or_when_asked_for(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    everything = due_dags(settings, date(2026, 10, 5))
    assert {"ingest_organisations", "ingest_insurance_events"} <= everything
    folder = tmp_path / "accepted" / "organisations" / "load"
    folder.mkdir(parents=True)
    assert due_dags(settings, date(2026, 10, 5)) == everything, "a load without a manifest does not exist"
    (folder / "manifest.json").write_text("{}")
    assert everything - due_dags(settings, date(2026, 10, 5)) == {"ingest_organisations"}
    assert "ingest_organisations" in due_dags(settings, date(2026, 10, 1))
    assert due_dags(replace(settings, sources=("organisations",)), date(2026, 10, 5)) == {"ingest_organisations"}
