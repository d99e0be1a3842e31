"""What a run says at its end."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from rich.console import Console

from ingest.landing import LandingError
from ingest.pipeline import fetch_and_land
from lmi.cli import summary
from lmi.cli.summary import _print_verification, _print_waiting, print_summary
from lmi.cli.words import WORDS
from lmi.core.clock import utc_now
from lmi.core.keys import load_keys
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.release import Release
from lmi.core.settings import LANGUAGES, load_settings
from validation.pipeline import LoadRefused, validate_loads

DAY = date(2026, 10, 1)


@pytest.mark.parametrize(("outcome", "unchanged"), [("stopped", False), ("unchanged", True)])
def test_nothing_changed_is_not_said_of_a_release_that_was_stopped(
    outcome: str, unchanged: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings({}, home=tmp_path, language="en")
    since = utc_now() - timedelta(seconds=1)
    with Ledger(Paths.of(settings).ledger).stage("build", DAY) as stage:
        stage.outcome = outcome
        stage.detail["error"] = "an identity does not hold"
    print_summary(settings, since, 1.0, tmp_path / "run.log")
    said = capsys.readouterr().out
    assert ("Nothing changed" in said) == unchanged
    assert ("an identity does not hold" in said) != unchanged


def test_the_funnel_by_channel_with_the_commonest_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    marts, channel = tmp_path / "marts.duckdb", "PARTNER_PRIVATE"  # the longest
    states = "submitted, posted, rejected, duplicate, returned_open, held_open, pending, concluded"
    with duckdb.connect(str(marts)) as con:
        rows = [
            ("2026-09-01", channel, 10, 6, 2, 1, 0, 1, 0, 9), ("2026-09-01", "_T", 10, 6, 2, 1, 0, 1, 0, 9),
            ("2025-10-01", channel, 5, 3, 2, 0, 0, 0, 0, 5), ("2025-09-01", channel, 90, 9, 9, 0, 0, 0, 0, 9),
        ]  # fmt: skip
        values = ", ".join(map(str, rows))
        con.execute(
            "create table mart_vacancy_verification as select * replace (ref_period::date as ref_period)"
            f" from (values {values}) as t (ref_period, channel_code, {states})"
        )
        reasons = [
            ("2026-09-01", channel, "나이 제한", "Age limit", 3), ("2026-09-01", channel, "셋째", "Third", 1),
            ("2025-10-01", channel, "임금 미달", "Below minimum wage", 5),
        ]  # fmt: skip
        values = ", ".join(map(str, reasons))
        con.execute(
            "create table mart_vacancy_rejection_reasons as select * replace (ref_period::date as ref_period),"
            f" 'VERIFICATION' as decided_by, 'PRIMARY' as basis from (values {values})"
            " as t (ref_period, channel_code, label_ko, label_en, postings)"
        )
    release = SimpleNamespace(marts=marts)
    monkeypatch.setattr("lmi.core.release.current", lambda paths: release)
    monkeypatch.setattr("lmi.cli.summary.out", Console(width=80))
    _print_verification(load_settings({}, home=tmp_path, language="en"))
    said = capsys.readouterr().out
    lines = [line.split() for line in said.splitlines() if line.rstrip().endswith("%")]
    assert lines == [
        [channel, "15", "9", "5", "0", "1", "0", "64.3%"],
        ["all", "10", "6", "3", "0", "1", "0", "66.7%"],
    ]
    assert "…" not in said, "cut on a terminal of 80 columns"
    assert "Refused most often, PARTNER_PRIVATE: Below minimum wage 5, Age limit 3\n" in said
    _print_verification(load_settings({}, home=tmp_path, language="ko"))
    korean = capsys.readouterr().out
    assert "가장 잦은 거절 사유, 민간 제휴: 임금 미달 5, 나이 제한 3\n" in korean and channel not in korean


def test_a_refused_load_shows_its_rows_as_withheld(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """fetched is the sum of the other columns, whatever became of the load."""
    settings = load_settings({}, profile="national", home=tmp_path / "home", keys_dir=tmp_path / "keys", language="en")
    load_keys(settings, create=True)
    folder = settings.drop / "organisations"
    folder.mkdir(parents=True)
    text = "organisation_code,colour\nA1,red\nA2,blue\n"
    (folder / "organisations_20261001.csv").write_text(text)
    (folder / "organisations_20261001.csv.ctl").write_text('{"rows": 2}')
    since = utc_now() - timedelta(seconds=1)
    loads = fetch_and_land(settings, "organisations", DAY)
    with pytest.raises(LoadRefused):
        validate_loads(settings, "organisations", loads, DAY)
    counts = summary.per_source(Ledger(Paths.of(settings).ledger).stages(since), "en")["organisations"]
    assert [counts[name] for name in summary.COUNTS] == [2, 0, 0, 0, 2]
    print_summary(settings, since, 1.0, tmp_path / "run.log")
    said = capsys.readouterr().out
    (row,) = [line for line in said.splitlines() if "│ organisations" in line]
    assert [cell for cell in row.replace("│", " ").split() if cell.isdigit()] == ["2", "0", "0", "0", "2"]
    assert "withheld" in said


GHOST = {"label_ko": "채용 없는 반복 게시", "label_en": "Posted again and again without a hire"}
FILLED = {"label_ko": "채용되었다는 신고", "label_en": "Reported as filled"}


def waits(days: int, *signals: dict[str, str]) -> dict[str, Any]:
    return {"waiting_days": days, "signals": list(signals)}


@pytest.mark.parametrize(
    ("items", "decisions", "lang", "said"),
    [
        ([waits(3), waits(50), waits(1)], 7, "en", "3 postings wait for a person, the oldest for 50 days.\n"),
        ([waits(3), waits(50)], 7, "ko", "구인 2건이 심사자를 기다립니다. 가장 오래된 것은 50일째입니다.\n"),
        ([waits(2)], 7, "en", "1 posting waits for a person, the oldest for 2 days.\n"),
        ([waits(2, GHOST), waits(1, FILLED), waits(1, GHOST, FILLED), waits(4, FILLED), waits(9)], 7, "en",
         "5 postings wait for a person, the oldest for 9 days.\nOf these 4 for what came up after they were posted:"
         " Reported as filled 3, Posted again and again without a hire 2\n"),
        ([waits(2, GHOST)], 7, "ko", "구인 1건이 심사자를 기다립니다. 2일째입니다.\n"
         "이 가운데 1건은 게시된 뒤의 신호 때문입니다: 채용 없는 반복 게시 1\n"),
        ([], 7, "en", "No posting waits for a person.\n"),
        ([waits(3)], 8, "en", ""),
    ],
)  # fmt: skip
def test_who_waits_for_a_person(
    items: list[dict[str, Any]],
    decisions: int,
    lang: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With many decisions the queue is filled only for who asks for it."""
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema core")
        con.execute(f"create table core.fct_posting_review as select true as is_machine from range({decisions})")
    monkeypatch.setattr("lmi.core.release.current", lambda paths: SimpleNamespace(warehouse=warehouse))
    monkeypatch.setattr(summary, "_COUNTED_DECISIONS", 7)
    monkeypatch.setattr(summary, "_queue", lambda settings: items)
    monkeypatch.setattr(summary, "out", Console(width=200))
    _print_waiting(load_settings({}, home=tmp_path, language=lang))
    assert capsys.readouterr().out == said


def test_both_languages_say_the_same_facts() -> None:
    assert set(WORDS) >= {*summary.STAGES, *summary.COUNTS}
    for key, said in WORDS.items():
        named = {lang: {fact for _, fact, *_ in Formatter().parse(words) if fact} for lang, words in said.items()}
        assert set(said) == set(LANGUAGES) and all(said.values()), key
        assert named["ko"] == named["en"], key


def test_a_queue_that_cannot_be_filled_does_not_spoil_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema core")
        con.execute("create table core.fct_posting_review as select true as is_machine")

    def damaged(settings: object) -> list[dict[str, object]]:
        raise LandingError("findings.parquet is damaged")

    monkeypatch.setattr("lmi.core.release.current", lambda paths: SimpleNamespace(warehouse=warehouse))
    monkeypatch.setattr(summary, "_queue", damaged)
    monkeypatch.setattr(summary, "out", Console(width=200))
    _print_waiting(load_settings({}, home=tmp_path))
    assert "findings.parquet is damaged" in capsys.readouterr().out


def test_what_was_rendered_and_what_is_stale_is_named(tmp_path: Path) -> None:
    stale = {"as_of": "2026-10-01", "release_id": "r1", "reason": "KeyError: [moon]"}
    rest = {"label": {}, "files": 0, "bytes": 0, "seconds": 0.1}
    products = {
        "open": rest
        | {
            "status": "current",
            "files": 12,
            "bytes": 1_234_001,
            "stale": None,
            "withheld": {"openings 2026-08": "1 recoverable"},
        },
        "reports": rest | {"status": "stale", "files": 2, "bytes": 900, "stale": stale},
        "board": rest | {"status": "missing", "stale": stale | {"as_of": None, "release_id": None}},
    }
    release = Release("r2", tmp_path, {"products": products})
    assert summary.product_lines(release, "en") == [
        "Rendered: open (12 files, 1,235 kB), reports (2 files, 1 kB)",
        "Stale reports: that of r1 (2026-10-01) stands in. KeyError: \\[moon]",
        "Missing board: KeyError: \\[moon]",
        "Not published anew in open, openings 2026-08: 1 recoverable",
    ]
    assert summary.product_lines(release, "ko")[2] == "없음 board: KeyError: \\[moon]"
    assert summary.product_lines(Release("r0", tmp_path, {}), "ko") == [], "of a version without products"
