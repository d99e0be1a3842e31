"""What people decide at the desk, on postings of a portal and of the public service, measured by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt.support import build
from tests.dbt.test_warehouse import Row, submission

FIRST, SECOND = date(2026, 3, 10), date(2026, 3, 20)
ARGUMENTS = (
    "build", "--indirect-selection", "cautious", "--exclude-resource-type", "unit_test", "--select",
    "+mart_vacancy_verification", "+mart_vacancy_verification_quality", "fct_vacancy_reviews",
)  # fmt: skip


def portal(n: int) -> Row:
    return {
        "posting_id": f"K{n:016d}", "title": "t", "posted_date": "2026-03-02", "valid_through": "2026-04-30",
        "occupation_code": "133200", "region_code": "11110", "modified_at": "2026-03-02 10:00:00",
        "_delivery_date": "2026-03-03", "_record_hash": f"p{n}",
    }  # fmt: skip


def judged(source: str, n: int, decision: str) -> Row:
    return {
        "source_id": source, "record_hash": f"{source[0]}{n}", "posting_id": f"K{n:016d}",
        "submitted_date": "2026-03-02", "profile": "KR_PRIVATE", "decision": decision, "reasons": [],
        "rule_set": "r" * 64, "context": "c" * 64, "load_id": "l1", "delivery_date": "2026-03-03",
    }  # fmt: skip


def decided(
    number: int, n: int, reviewer: str, decision: str, selection: str, *, day: str = "2026-03-05",
    double: bool = False, source: str = "portal_vacancies", step: str = "S2_CALLCENTER",
) -> Row:  # fmt: skip
    return {
        "review_id": f"D{number:016X}", "posting_id": f"K{n:016d}", "step_code": step, "decision": decision,
        "reason_codes": "[]", "reviewer_id": reviewer, "decided_date": day, "decided_at": f"{day} 11:{number:02d}:00",
        "received_date": day, "vacancy_source": source, "record_hash": f"{source[0]}{n}", "selection_code": selection,
        "is_double": double, "machine_decision": "HOLD", "rule_set": "r" * 64,
    }  # fmt: skip


def answered(number: int, n: int, decision: str, day: str, source: str = "portal_vacancies") -> Row:
    return decided(number, n, "R001", decision, "SIGNAL", day=day, source=source, step="S4_COHERENCE")


def registers() -> dict[str, list[Row]]:
    """Of the portal's 20 postings eight are held. The public service has numbers 1 and 30, and the desk decides 30."""
    bad, good = "CONFIRMED_BAD", "CONFIRMED_OK"
    pairs = [(1, bad, bad), (2, bad, bad), (3, bad, good), (4, good, "CORRECTED")]
    reviews = [
        decided(2 * n + place, n, f"R00{place + 1}", answer, "HELD", double=True)
        for n, *answers in pairs
        for place, answer in enumerate(answers)
    ]
    reviews += [
        decided(20, 5, "R001", bad, "HELD"),
        *(decided(20 + n, n, "R001", bad if n == 9 else good, "AUDIT") for n in range(9, 15)),
        decided(40, 15, "R001", bad, "HELD"),  # passed today, but held by the rules of that day
        decided(41, 16, "R001", "UNREACHABLE", "AUDIT"),
        decided(42, 30, "R001", good, "HELD", source="vacancy_submissions"),
        # an appeal: a third person, who knows what two decided
        decided(50, 4, "R003", bad, "REOPENED", day="2026-03-15", double=True),
        # drawn for two, but the second answer came on appeal
        decided(51, 6, "R001", bad, "HELD", day="2026-03-15", double=True),
        decided(52, 6, "R002", good, "REOPENED", day="2026-03-16", double=True),
        # answers to signals: filled; filled, and open again on appeal; not reached; and a submission taken back
        answered(53, 17, "FILLED", "2026-03-15"),
        answered(54, 18, "FILLED", "2026-03-15"),
        answered(55, 18, "ACTIVE", "2026-03-17"),
        answered(56, 19, "UNREACHABLE", "2026-03-15"),
        answered(57, 30, "WITHDRAWN", "2026-03-16", "vacancy_submissions"),
    ]
    return {
        "portal_vacancies": [portal(n) for n in range(1, 21)],
        "vacancy_submissions": [
            submission(n, "2026-03-02", 1, _record_hash=f"v{n}", close_date_text="2026-04-30") for n in (1, 30)
        ],
        "desk_reviews": reviews,
        "_vetting_decisions": [
            *(judged("portal_vacancies", n, "HOLD" if n <= 8 else "PASS") for n in range(1, 21)),
            judged("vacancy_submissions", 1, "PASS"),
            judged("vacancy_submissions", 30, "HOLD"),
        ],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk_decisions")


@pytest.fixture(scope="module")
def told(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(build(folder, FIRST, registers(), *ARGUMENTS)), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def appealed(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(build(folder, SECOND, registers(), *ARGUMENTS)), read_only=True) as con:
        yield con


def quality(con: duckdb.DuckDBPyConnection, columns: str, source: str = "portal_vacancies") -> tuple[Any, ...]:
    row = con.execute(
        f"select {columns} from marts.mart_vacancy_verification_quality where judged_by = 'RULES'"
        " and time_period = '2026-03' and breakdown_type = 'source' and breakdown_code = ?",
        [source],
    ).fetchone()
    assert row is not None
    return row


def test_decisions_on_a_portals_postings_measure_the_rules(told: duckdb.DuckDBPyConnection) -> None:
    assert quality(told, "judged, flagged, flagged_labelled, flagged_bad") == (20, 8, 5, 3)
    # 8 held x 3 / 5; 11 passes of which one in six audited ones is bad, and one that is known
    assert quality(told, "precision, caught_estimate, passes_audited, passes_bad") == (
        Decimal("0.6"), Decimal("4.8"), 7, 2
    )  # fmt: skip
    missed, recall = quality(told, "missed_estimate, recall")
    assert missed.quantize(Decimal("0.0001")) == Decimal("2.8333")
    assert recall.quantize(Decimal("0.0001")) == Decimal("0.6288")


def test_what_is_known_of_each_widens_no_interval(told: duckdb.DuckDBPyConnection) -> None:
    # Wilson bounds of 1 in 6 are .0300 and .5635: 11 passes of them, and the known one
    low, high, passes = quality(told, "miss_rate_low, miss_rate_high, passes")
    assert [(bound * passes).quantize(Decimal("0.01")) for bound in (low, high)] == [Decimal("1.33"), Decimal("7.20")]


def test_agreement_of_the_doubly_reviewed_sample(
    told: duckdb.DuckDBPyConnection, appealed: duckdb.DuckDBPyConnection
) -> None:
    # observed 3/4, by chance (3 x 2 + 1 x 2) / 16
    columns = "both_bad, only_first_bad, only_second_bad, both_good, reviewer_kappa"
    assert quality(told, columns) == quality(appealed, columns) == (2, 1, 0, 1, Decimal("0.5"))


def test_an_appeal_changes_the_label_and_not_the_agreement(appealed: duckdb.DuckDBPyConnection) -> None:
    assert quality(appealed, "flagged_labelled, flagged_bad") == (6, 4)
    assert quality(appealed, "precision")[0].quantize(Decimal("0.0001")) == Decimal("0.6667")


def test_a_number_of_the_portal_is_not_that_of_the_public_service(told: duckdb.DuckDBPyConnection) -> None:
    states = told.execute(
        "select right(vacancy_key, 2), posting_state from core.fct_vacancies where is_submission order by 1"
    ).fetchall()
    assert states == [("01", "pending"), ("30", "posted")]
    assert quality(told, "flagged_labelled, flagged_bad, passes_audited", "vacancy_submissions") == (1, 0, 0)
    keys = told.execute(
        "select distinct vacancy_key, v.vacancy_key is not null from core.fct_vacancy_reviews as r"
        " left join core.fct_vacancies as v using (vacancy_key) where r.posting_id like '%1' order by 1"
    ).fetchall()
    assert keys == [(f"portal_vacancies:K{n:016d}", True) for n in (1, 11)]


def test_the_version_is_the_one_that_lay_before_the_person(told: duckdb.DuckDBPyConnection) -> None:
    rows = told.execute(
        "select vacancy_source, record_hash, version_no, selection_code, is_double, machine_decision, rule_set"
        " from core.fct_posting_review"
        " where posting_id = 'K0000000000000003' and reviewer_id is not null order by decided_at"
    ).fetchall()
    assert rows == [("portal_vacancies", "p3", 1, "HELD", True, "HOLD", "r" * 64)] * 2


def test_an_answer_to_a_signal_closes_a_vacancy_and_a_later_one_opens_it(
    told: duckdb.DuckDBPyConnection, appealed: duckdb.DuckDBPyConnection
) -> None:
    ends = (
        "select right(vacancy_key, 2) as n, closed_on, close_reason from core.fct_vacancies"
        " where right(vacancy_key, 2) in ('17', '18', '19', '30') and closed_on is not null order by 1"
    )
    assert told.execute(ends).fetchall() == []
    assert appealed.execute(ends).fetchall() == [
        ("17", date(2026, 3, 15), "FILLED"), ("30", date(2026, 3, 16), "WITHDRAWN"),
    ]  # fmt: skip
    rows = appealed.execute(
        "select step_code, decision, is_latest, record_hash from core.fct_posting_review"
        " where posting_id = 'K0000000000000018' and reviewer_id is not null order by decided_at"
    ).fetchall()
    assert rows == [("S4_COHERENCE", "FILLED", False, "p18"), ("S4_COHERENCE", "ACTIVE", True, "p18")]
    # not reached is no return and no hold of the submission, nor any other answer to a signal
    assert appealed.execute(
        "select posted_first_pass, held from marts.mart_vacancy_verification"
        " where channel_code = '_T' and time_period = '2026-03'"
    ).fetchall() == [(1, 0)]
