"""Which runs ``lmi status`` calls missed, by the clock of the settings' timezone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lmi.cli.status import print_status, report
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.settings import Settings, load_settings

MONDAY = date(2026, 10, 5)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home of daily vacancies (03:30) and monthly organisations (02:00 on the 1st), last at work on Monday."""
    found = load_settings(
        {"LMI_SOURCES": "work24_vacancies,organisations", "LMI_ENDPOINT__WORK24": "https://example.invalid",
         "LMI_KEY__WORK24": "key"},
        profile="national", home=tmp_path,
    )  # fmt: skip
    (found.drop / "organisations").mkdir(parents=True)
    ledger = Ledger(Paths.of(found).ledger)
    for stage, source in (("land", "work24_vacancies"), ("build", None)):
        with ledger.stage(stage, MONDAY, source):
            pass
    return found


@pytest.mark.parametrize(
    ("clock", "missed", "releases"),
    [
        ("2026-10-06T01:00", [], []),
        ("2026-10-06T03:29", [], []),
        ("2026-10-06T03:31", ["2026-10-06"], []),
        ("2026-10-06T05:46", ["2026-10-06"], ["2026-10-06"]),
        ("2026-10-08T01:00", ["2026-10-06", "2026-10-07"], ["2026-10-06", "2026-10-07"]),
    ],
)
def test_a_run_is_missed_when_its_hour_has_passed(
    clock: str, missed: list[str], releases: list[str], settings: Settings
) -> None:
    seoul = datetime.fromisoformat(clock).replace(tzinfo=settings.tz)
    for now in (seoul, seoul.astimezone(UTC)):
        found = report(settings, now)
        rows = {row["source"]: row["missed"] for row in found["sources"]}
        assert rows == {"work24_vacancies": missed, "organisations": []}
        assert found["missed_releases"] == releases
        assert found["as_of_today"] == seoul.date()


def test_a_release_that_was_never_begun_is_missed_from_the_first_working_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings({}, profile="national", home=tmp_path, language="en")
    assert report(settings, datetime(2026, 10, 7, tzinfo=UTC))["missed_releases"] == []
    with Ledger(Paths.of(settings).ledger).stage("land", MONDAY, "organisations"):
        pass
    found = report(settings, datetime(2026, 10, 6, 1, tzinfo=settings.tz))
    assert found["missed_releases"] == ["2026-10-05"]
    print_status(settings, found)
    assert "Release not built: 2026-10-05." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "language", "expected"),
    [
        ("connection", "ko", "제공처가 답하지 않거나 답이 도중에 끊김. /list: no answer"),
        ("http_403", "en", "The provider does not take the request. /list: no answer"),
        ("of_tomorrow", "ko", "/list: no answer"),
    ],
)
def test_a_refused_delivery_is_told_in_the_readers_language(
    tmp_path: Path, code: str, language: str, expected: str
) -> None:
    settings = load_settings({"LMI_SOURCES": "organisations"}, profile="sandbox", home=tmp_path, language=language)
    with Ledger(Paths.of(settings).ledger).stage("land", MONDAY, "organisations") as stage:
        stage.outcome = "refused"
        stage.detail |= {"code": code, "error": "/list: no answer"}
    (row,) = report(settings)["sources"]
    assert row["problem"] == expected


def test_it_speaks_korean_refusals_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings({"LMI_SOURCES": "organisations"}, profile="sandbox", home=tmp_path)
    ledger = Ledger(Paths.of(settings).ledger)
    with ledger.stage("land", MONDAY, "organisations"):
        pass
    with ledger.stage("validate", MONDAY, "organisations") as stage:
        stage.outcome = "refused"
        stage.detail |= {"refusals": ["x: half"], "refusals_ko": ["x: 절반임"]}
    print_status(settings, report(settings))
    said = capsys.readouterr().out
    assert "검증: 거부" in said and "절반임" in said and "half" not in said
    assert "아직 공개된 릴리스가 없습니다." in said and "만들지 않은 릴리스: 2026-10-05." in said


def test_an_announced_report_that_is_not_there_is_overdue(settings: Settings) -> None:
    with Ledger(Paths.of(settings).ledger).stage("publish", MONDAY) as stage:
        stage.detail["products"] = {"reports": "current"}
    assert report(settings, datetime(2026, 10, 6, 6, 29, tzinfo=settings.tz))["overdue"] == []
    (late,) = report(settings, datetime(2026, 10, 6, 6, 31, tzinfo=settings.tz))["overdue"]
    assert (late["product"], late["announced"]) == ("daily", "2026-10-06T06:30+09:00")
    month = report(settings, datetime(2026, 10, 16, 9, 1, tzinfo=settings.tz))["overdue"]
    assert {one["product"] for one in month} == {"daily", "monthly", "quality"}
