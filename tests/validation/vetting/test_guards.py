"""A channel that is suddenly refused much more than usual waits; a person lets it go on; the others never wait."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from dbt_project.build import plan
from lmi.cli.main import app
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.settings import load_settings
from tests.validation.vetting.accepted_support import accept, submission
from validation.vetting.decisions import vetted_evaluations
from validation.vetting.guards import (
    CODE,
    LEAST_DAYS,
    LEAST_POSTINGS,
    still_waiting,
    unusual_channels,
    waive,
    waived_channels,
)
from validation.vetting.pipeline import vet

DAY = date(2026, 3, 30)
NOW = datetime(2026, 3, 30, 9, tzinfo=timezone(timedelta(hours=9)))
SOURCE = "vacancy_submissions"


def judged(con: duckdb.DuckDBPyConnection, postings: int, rejected: int, channel: str | None = "ONLINE") -> None:
    """The load judged last: ``rejected`` of ``postings`` of one channel, in the judge's tables."""
    con.execute("DELETE FROM all_posting WHERE record_hash LIKE 'now%'")
    con.execute(
        "INSERT INTO all_posting SELECT 's', 'now' || range, ? FROM range(?)",
        [channel, postings],
    )
    con.execute(
        "CREATE OR REPLACE TABLE decision AS SELECT 's' AS source_id, 'now' || range AS record_hash,"
        " CASE WHEN range < ? THEN 'REJECT' ELSE 'PASS' END AS decision FROM range(?)",
        [rejected, postings],
    )


def history(con: duckdb.DuckDBPyConnection, folder: Path, shares: list[float], per_day: int = 50) -> list[Path]:
    """Decisions of one day per share, the last on the day before DAY: ``all_posting`` and a decision file."""
    con.execute("CREATE OR REPLACE TABLE all_posting (source_id VARCHAR, record_hash VARCHAR, channel_code VARCHAR)")
    con.execute(
        "CREATE OR REPLACE TABLE d (source_id VARCHAR, record_hash VARCHAR, submitted_date DATE, decision VARCHAR)"
    )
    for back, share in enumerate(reversed(shares), start=1):
        for n in range(per_day):
            row = [f"h{back}-{n}", DAY - timedelta(days=back), "REJECT" if n < round(share * per_day) else "HOLD"]
            con.execute("INSERT INTO d VALUES ('s', ?, ?, ?)", row)
            con.execute("INSERT INTO all_posting VALUES ('s', ?, 'ONLINE')", row[:1])
    file = folder / "decisions.parquet"
    con.execute(f"COPY d TO '{file}' (FORMAT parquet)")
    return [file]


@pytest.mark.parametrize(
    ("postings", "rejected", "waits"),
    [
        (200, 60, True),
        (200, 24, False),
        (200, 20, False),
        (200, 0, True),
        (LEAST_POSTINGS - 1, 19, False),
        (40, 20, True),
    ],
)
def test_the_share_of_a_load_is_held_against_its_trailing_days(
    tmp_path: Path, postings: int, rejected: int, waits: bool
) -> None:
    with duckdb.connect() as con:
        earlier = history(con, tmp_path, [0.1] * 20)
        judged(con, postings, rejected)
        found = unusual_channels(con, earlier, DAY)
    assert [w.channel_code for w in found] == (["ONLINE"] if waits else [])
    for one in found:
        assert (one.postings, one.rejected) == (postings, rejected)
        assert not one.low <= one.share <= one.high
        assert one.usual_share == pytest.approx(0.1, abs=0.001)


def test_four_standard_deviations_by_hand(tmp_path: Path) -> None:
    """Usual share (100 + 1) / (1000 + 2); no dispersion; among 100 postings 4 σ reach .1204: 22 of 100 go on."""
    with duckdb.connect() as con:
        earlier = history(con, tmp_path, [0.1] * 20)
        judged(con, 100, 22)
        assert unusual_channels(con, earlier, DAY) == []
        judged(con, 100, 23)
        (found,) = unusual_channels(con, earlier, DAY)
    assert (found.usual_share, found.low, found.high) == (0.1008, 0.0, 0.2212)


def test_days_that_differ_widen_the_range_and_few_days_say_nothing(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        restless = history(con, tmp_path, [0.0, 0.2] * 10)
        judged(con, 100, 23)
        assert unusual_channels(con, restless, DAY) == []
        few = history(con, tmp_path, [0.1] * (LEAST_DAYS - 1))
        judged(con, 100, 90)
        assert unusual_channels(con, few, DAY) == []
        assert unusual_channels(con, [], DAY) == []
        old = history(con, tmp_path, [0.1] * 20)
        assert unusual_channels(con, old, DAY + timedelta(days=40)) == []


def test_a_channel_waits_for_a_person_while_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings({}, home=tmp_path / "home", nation=tmp_path / "nation", reviewers=1)
    paths = Paths.of(settings)

    def rows(day: date, start: int, count: int, channel: str, refused: int) -> list[dict[str, object]]:
        return [
            submission(
                start + n, submitted_date=str(day), channel_code=channel, work_address=f"서울 중구 새길 {start + n}",
                company="비공개" if n < refused else "한빛식품", updated_at=f"{day} 09:00:00+09",
                close_date_text="26-04-25", start_date="2026-05-01",
            )
            for n in range(count)
        ]  # fmt: skip

    before: list[dict[str, object]] = []
    for back in range(20, 0, -1):
        day = DAY - timedelta(days=back)
        before += rows(day, 1000 * back, 5, "ONLINE", back % 2) + rows(
            day, 1000 * back + 500, 5, "PES_OFFICE", back % 2
        )
    accept(paths, SOURCE, str(DAY - timedelta(days=1)), before)
    load = accept(paths, SOURCE, str(DAY), [
        *rows(DAY, 90000, 30, "ONLINE", 24), *rows(DAY, 91000, 30, "PES_OFFICE", 3),
    ])  # fmt: skip
    vet(settings, DAY)

    def decided() -> dict[str, list[tuple[str, bool]]]:
        path = next(e for e in vetted_evaluations(settings, DAY) if e.load_id == load.load_id).path("decision")
        query = (
            f"SELECT CASE WHEN posting_id LIKE '%90___' THEN 'ONLINE' ELSE 'PES_OFFICE' END, decision,"
            f" list_contains(reasons, '{CODE}') FROM read_parquet('{path}')"
        )
        found: dict[str, list[tuple[str, bool]]] = {}
        for channel, decision, is_guarded in duckdb.execute(query).fetchall():
            found.setdefault(channel, []).append((decision, is_guarded))
        return found

    first = decided()
    assert {is_guarded for _, is_guarded in first["ONLINE"]} == {True}
    assert {is_guarded for _, is_guarded in first["PES_OFFICE"]} == {False}
    (waiting,) = still_waiting(paths)
    assert (waiting["channel_code"], waiting["postings"], waiting["rejected"]) == ("ONLINE", 30, 24)
    stage = Ledger(paths.ledger).stages()[-1]
    assert stage["detail"]["waiting"][0]["load_id"] == load.load_id
    before_waiver, folders = plan(settings, DAY), len(list(paths.vetted.glob(f"{SOURCE}/{load.load_id}/*/")))

    monkeypatch.setenv("LMI_HOME", str(settings.home))
    runner = CliRunner()
    refused = runner.invoke(app, ["vet", "let-go", SOURCE, load.load_id, "PES_OFFICE", "--by", "Kim"])
    assert refused.exit_code == 1
    assert "ONLINE" in refused.stderr
    status = runner.invoke(app, ["status"])
    assert "lmi vet let-go" in status.stdout
    done = runner.invoke(app, ["vet", "let-go", SOURCE, load.load_id, "ONLINE", "--by", "Kim"])
    assert done.exit_code == 0, done.output
    waive(paths, SOURCE, load.load_id, "ONLINE", by="Lee", now=NOW)
    assert waived_channels(paths, SOURCE, load.load_id) == {"ONLINE"}
    after_waiver = plan(settings, DAY)
    assert after_waiver.release_id != before_waiver.release_id
    assert after_waiver.unvetted == [f"{SOURCE}/{load.load_id}"]
    vet(settings, DAY)
    assert {is_guarded for _, is_guarded in decided()["ONLINE"]} == {False}
    assert len(list(paths.vetted.glob(f"{SOURCE}/{load.load_id}/*/"))) == folders + 1
    assert still_waiting(paths) == []


def test_more_holds_than_people_can_call_are_an_alert(tmp_path: Path) -> None:
    people = {"reviewers": 1, "desk_decisions_per_day": 1}
    settings = load_settings({}, home=tmp_path / "home", nation=tmp_path / "nation", **people)
    paths = Paths.of(settings)
    accept(paths, SOURCE, str(DAY - timedelta(days=1)), [submission(1)])
    vet(settings, DAY - timedelta(days=1))
    assert "alert" not in Ledger(paths.ledger).stages()[-1]["detail"], "a history is no day's work"
    held = [submission(n, duties="35세 이하만 지원 가능합니다.", work_address=f"서울 중구 새길 {n}") for n in (2, 3)]
    accept(paths, SOURCE, str(DAY), held)
    vet(settings, DAY)
    assert "2 postings are held, more than the 1" in Ledger(paths.ledger).stages()[-1]["detail"]["alert"]
