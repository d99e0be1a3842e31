"""The verification: statistics by hand, matching against a plain loop, and the steps on a handmade register."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from tests.dbt.support import PROJECT, build
from tests.dbt.test_warehouse import Row, event, review, submission
from validation.vetting.wording import OUTCOMES

AS_OF = date(2026, 4, 10)


@pytest.fixture(scope="module")
def macros() -> Any:
    texts = [(PROJECT / "macros" / f"{name}.sql").read_text("utf-8") for name in ("parsing", "statistics", "matching")]
    return jinja2.Environment(extensions=["jinja2.ext.do"]).from_string("".join(texts)).module


#: the law of each profile, by severity of the finding
LAWS = '{"KR_PUBLIC": {"reject": "법", "hold": "다른 법"}, "KR_PRIVATE": {"reject": "민간의 법"}}'


def value(expression: object) -> Any:
    row = duckdb.connect().execute(f"select {expression}").fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(4, 80, "0.0196", "0.1216"), (3, 10, "0.1078", "0.6032"), (517, 2842, "0.1682", "0.1965")],
)
def test_wilson_interval(macros: Any, k: int, n: int, low: str, high: str) -> None:
    bounds = [value(macros.wilson(str(k), str(n), side)) for side in ("low", "high")]
    assert [b.quantize(Decimal("0.0001")) for b in bounds] == [Decimal(low), Decimal(high)]


def test_wilson_interval_at_the_ends(macros: Any) -> None:
    assert value(macros.wilson("0", "10", "low")) == 0
    assert value(macros.wilson("10", "10", "high")) == 1
    assert value(macros.wilson("0", "0", "low")) is None


def test_agreement_of_two_reviewers(macros: Any) -> None:
    assert value(macros.kappa("40", "10", "5", "45")) == Decimal("0.7")
    assert value(macros.kappa("0", "0", "0", "0")) is None
    assert value(macros.kappa("9", "0", "0", "0")) is None  # nobody ever said good: chance explains it all


def test_stability_of_a_distribution(macros: Any) -> None:
    assert value(macros.psi([("50", "60"), ("50", "40")], "100", "100")).quantize(Decimal("0.0001")) == Decimal(
        "0.0405"
    )
    assert value(macros.psi([("50", "50"), ("50", "50")], "100", "100")) == 0
    assert value(macros.psi([("0", "60"), ("100", "40")], "100", "100")) > 3
    assert value(macros.psi([("0", "60"), ("0", "40")], "0", "100")) is None


def curve(macros: Any, tenures: list[tuple[int, bool]]) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
    rows = ", ".join(f"(1, {days}, {ended})" for days, ended in tenures)
    curve_sql = f"with tenures(one, duration, is_event) as (values {rows}) {macros.kaplan_meier('tenures', ['one'])}"
    con = duckdb.connect()
    steps = con.execute(f"select duration, survival from ({curve_sql}) order by duration").fetchall()
    half = con.execute(f"select {macros.outlasted_by(0.5)}, {macros.outlasted_by(0.1)} from ({curve_sql})").fetchone()
    assert half is not None
    return steps, half


def test_censored_durations(macros: Any) -> None:
    steps, half = curve(macros, [(30, True), (60, False), (90, True), (180, False), (180, False)])
    assert dict(steps)[180].quantize(Decimal("0.0001")) == Decimal("0.5333")
    assert half == (None, None)
    assert curve(macros, [(1, True), (2, True), (3, True), (4, True)])[1] == (2, 4)
    # the mean of those that ended would say two days
    assert curve(macros, [(1, True), (2, True), (3, True), *[(9, False)] * 5])[1] == (None, None)


def by_hand(openings: list[tuple[Any, ...]], hires: list[tuple[Any, ...]], days: int) -> set[tuple[str, str]]:
    """Greedy matching as one would do it with a pencil."""
    free = {vacancy: count for _, vacancy, _, count in openings}
    found = set()
    for block, spell, day in sorted(hires, key=lambda h: (h[2], h[1])):
        for where, vacancy, posted, _ in sorted(openings, key=lambda o: (o[2], o[1])):
            if where == block and posted <= day <= posted + timedelta(days) and free[vacancy]:
                free[vacancy] -= 1
                found.add((vacancy, spell))
                break
    return found


@pytest.mark.parametrize("seed", range(20))
def test_matching_equals_the_loop(macros: Any, seed: int) -> None:
    draw = random.Random(seed)
    first, span = date(2025, 1, 1), draw.choice([40, 200, 700])
    openings = [
        (draw.randint(1, 3), f"v{n:03d}", first + timedelta(draw.randint(0, span)), draw.randint(1, 4))
        for n in range(draw.randint(1, 25))
    ]
    hires = [
        (draw.randint(1, 3), f"s{n:03d}", first + timedelta(draw.randint(-20, span + 110)))
        for n in range(draw.randint(1, 60))
    ]
    con = duckdb.connect()
    con.execute("create table openings (block bigint, vacancy_key varchar, posted_from date, openings bigint)")
    con.execute("create table hires (block bigint, spell_no varchar, acquisition_date date)")
    con.executemany("insert into openings values (?, ?, ?, ?)", openings)
    con.executemany("insert into hires values (?, ?, ?)", hires)
    rows = con.execute(
        f"select vacancy_key, spell_no, opening_no from ({macros.greedily_matched('openings', 'hires', 90)})"
    ).fetchall()
    assert {(vacancy, spell) for vacancy, spell, _ in rows} == by_hand(openings, hires, 90)
    assert len({(vacancy, opening) for vacancy, _, opening in rows}) == len(rows)


def vacancy(number: int, day: str, openings: int, **more: Any) -> Row:
    return submission(
        number, day, openings, occupation_code="024100", workplace_no="10000000001", business_no="5038169211",
        close_date_text="2026-05-31", **more,
    )  # fmt: skip


def hire(number: int, day: str, received: str, occupation: str = "0241") -> Row:
    return event(number, f"p{number}", "ACQ", day, received, occupation_code=occupation)


def registers() -> dict[str, list[Row]]:
    """A (2 openings) and B (1) of the worked example, and postings whose way through the steps is told."""
    people = [
        submission(3, "2026-03-02", 1, workplace_no="10000000002"),
        submission(4, "2026-03-02", 1, workplace_no="10000000002"),
        submission(5, "2026-03-06", 1, workplace_no="10000000002"),
        submission(6, "2026-04-09", 1, workplace_no="10000000002"),
    ]
    two_reasons = '["DISC_AGE", "FEE_DEMAND"]'
    reviews = [
        review(1, 1, "S3_ALGORITHM", "PASS", "2026-03-02"),
        review(2, 2, "S3_ALGORITHM", "PASS", "2026-03-10"),
        review(3, 3, "S3_ALGORITHM", "HOLD", "2026-03-03", '["WAGE_NOT_STATED"]'),
        review(4, 3, "S2_CALLCENTER", "CONFIRMED_BAD", "2026-03-04", two_reasons) | {"reviewer_id": "C1"},
        review(5, 3, "S2_CALLCENTER", "CONFIRMED_BAD", "2026-03-05", two_reasons) | {"reviewer_id": "C2"},
        review(6, 4, "S1_OFFICE", "REFUSE", "2026-03-10", '["WAGE_BELOW_MIN"]') | {"reviewer_id": "P1"},
        # submitted on a Friday, decided on Monday: one working day
        review(7, 5, "S3_ALGORITHM", "PASS", "2026-03-09"),
    ]  # fmt: skip
    judged = [
        {
            "source_id": "vacancy_submissions", "record_hash": f"h{n}", "posting_id": f"K{n:016d}",
            "submitted_date": "2026-03-02", "profile": "KR_PUBLIC", "decision": decision, "primary_code": primary,
            "reasons": reasons, "rule_set": "r" * 64, "context": "c" * 64, "load_id": "l1",
            "delivery_date": "2026-03-03",
        }
        for n, decision, primary, reasons in (
            (1, "PASS", None, []), (3, "REJECT", "FEE_DEMAND", ["FEE_DEMAND", "DISC_AGE"]),
            (4, "HOLD", "WAGE_NOT_STATED", ["WAGE_NOT_STATED"]),
        )
    ]  # fmt: skip
    # the same version came again and was judged again in another context: the same decision
    judged.append(judged[0] | {"context": "d" * 64, "load_id": "l2", "delivery_date": "2026-03-04"})
    # the portal saw the job of posting 1 on the day the office did; the list names posting 4 itself
    judged += [
        judged[0] | {"source_id": source, "record_hash": f"p{posting_id}", "posting_id": posting_id}
        for source, posting_id in (("portal_vacancies", "J1"), ("work24_vacancies", f"K{4:016d}"))
    ]
    submissions, office, portal = "vacancy_submissions", f"K{1:016d}", ("portal_vacancies", "J1")
    alike = [
        ((submissions, f"K{4:016d}"), (submissions, office), "REPOST", 0.95),
        ((submissions, f"K{4:016d}"), (submissions, office), "REPOST", 0.97),
        ((submissions, office), portal, "SAME_JOB", 1.0),
        (portal, (submissions, office), "SAME_JOB", 1.0),
        (("work24_vacancies", f"K{4:016d}"), (submissions, f"K{4:016d}"), "SAME_JOB", 1.0),
    ]
    links = [
        {
            "source_id": one[0], "record_hash": "h", "posting_id": one[1], "twin_source_id": other[0],
            "twin_posting_id": other[1], "kind": kind, "similarity": similarity, "rule_set": "r" * 64,
            "context": "c" * 64, "load_id": f"l{n}", "delivery_date": date(2026, 3, 3) + timedelta(n),
        }
        for n, (one, other, kind, similarity) in enumerate(alike)
    ]  # fmt: skip
    findings = [
        {
            "source_id": "vacancy_submissions", "record_hash": "h3", "posting_id": f"K{3:016d}", "rule_number": number,
            "rule_id": rule, "rule_version": "1.0.0", "code": rule, "outcome": outcome, "severity": outcome,
            "evidence_field": "duties", "span_start": 6, "span_end": 15, "quote": "보증금 50만원",
            "facts": '{"mw_hour": 10320}', "rule_set": "r" * 64, "context": "c" * 64, "load_id": "l1",
            "delivery_date": "2026-03-03",
        }
        for number, rule, outcome in ((16, "FEE_DEMAND", "reject"), (25, "DISC_AGE", "hold"))
    ]  # fmt: skip
    rules = [
        {
            "rule_set": "r" * 64, "rule_number": number, "rule_id": rule, "rule_version": "1.0.0",
            "severity": severity, "label_ko": "규칙", "label_en": rule.lower(), "laws_ko": LAWS,
            "laws_en": LAWS,
            "message_ko": "공고의 {quote} 표현", "message_en": "The words {quote}; rate {mw_hour}",
            "advice_ko": "고침", "advice_en": "Change it", "codes": [rule],
        }
        for number, rule, severity in (
            (9, "WAGE_BELOW_MIN", "reject"), (16, "FEE_DEMAND", "reject"), (25, "DISC_AGE", "hold"),
        )
    ]  # fmt: skip
    return {
        "vacancy_submissions": [vacancy(1, "2026-03-02", 2), vacancy(2, "2026-03-10", 1), *people],
        "vacancy_reviews": reviews,
        "insurance_events": [
            hire(1, "2026-03-05", "2026-03-20"),
            hire(2, "2026-03-12", "2026-03-25"),
            hire(3, "2026-03-20", "2026-03-28", "1332"),
        ],
        "_vetting_decisions": judged,
        "_vetting_findings": findings,
        "_vetting_links": links,
        "_vetting_rules": rules,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vetting")


ARGUMENTS = (
    "build", "--indirect-selection", "cautious", "--exclude-resource-type", "unit_test", "--select",
    "+mart_vacancy_verification",
    "+mart_vacancy_verification_detail", "+mart_vacancy_rejection_reasons", "+mart_vacancy_verification_quality",
    "+fct_posting_link",
)  # fmt: skip


@pytest.fixture(scope="module")
def told(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(build(folder, AS_OF, registers(), *ARGUMENTS)), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def cancelled(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The next day, when the hire of 12 March has been cancelled."""
    rows = registers()
    rows["insurance_events"].append(event(4, "p2", "CANCEL", "2026-03-12", "2026-04-11", refers=2))
    with duckdb.connect(str(build(folder, AS_OF + timedelta(1), rows, *ARGUMENTS)), read_only=True) as con:
        yield con


def fills(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    rows = con.execute(
        "select right(vacancy_key, 1), openings_filled, openings, filled_on, is_provisional"
        " from intermediate.int_vacancies__filled where right(vacancy_key, 2) in ('01', '02')"
    ).fetchall()
    return {number: tuple(rest) for number, *rest in rows}


def states(con: duckdb.DuckDBPyConnection, number: int) -> list[tuple[Any, ...]]:
    return con.execute(
        "select state, reason, valid_from, valid_to from core.fct_posting_status where vacancy_key = ?"
        " order by valid_from",
        [f"pes:K{number:016d}"],
    ).fetchall()


def month(con: duckdb.DuckDBPyConnection, columns: str, time_period: str = "2026-03") -> tuple[Any, ...]:
    row = con.execute(
        f"select {columns} from marts.mart_vacancy_verification where channel_code = '_T' and time_period = ?",
        [time_period],
    ).fetchone()
    assert row is not None
    return row


def test_hires_fill_the_older_vacancy(told: duckdb.DuckDBPyConnection) -> None:
    assert fills(told) == {"1": (2, 2, date(2026, 3, 12), True), "2": (0, 1, None, True)}
    assert states(told, 1)[-1] == ("closed", "FILLED_EI", date(2026, 3, 12), None)
    assert states(told, 2)[-1][0] == "posted"


def test_a_cancelled_hire_opens_the_vacancy_again(cancelled: duckdb.DuckDBPyConnection) -> None:
    assert fills(cancelled) == {"1": (1, 2, None, True), "2": (0, 1, None, True)}
    assert states(cancelled, 1)[-1] == ("posted", "POSTED", date(2026, 3, 2), None)


def test_share_of_openings_filled_is_not_the_fill_rate(
    told: duckdb.DuckDBPyConnection, cancelled: duckdb.DuckDBPyConnection
) -> None:
    columns = "openings_filled, openings_posted, closed_openings_filled, closed_openings, fill_rate, fill_rate_status"
    # a third posting with one opening, nobody hired there
    assert month(told, columns) == (2, 4, 2, 2, Decimal(1), "P")
    assert month(cancelled, columns) == (1, 4, 0, 0, None, "F")
    assert "fill_rate=no_posting_closed" in month(cancelled, "null_reasons")[0]
    a_and_b = told.execute(
        "select sum(openings_filled), sum(openings) from intermediate.int_vacancies__filled"
        " where posted_from <= date '2026-03-10' and vacancy_key <> 'pes:K0000000000000005'"
    ).fetchone()
    assert a_and_b == (2, 3)


def test_waiting_in_working_days(told: duckdb.DuckDBPyConnection) -> None:
    # decided after 0, 0, 1, 6 and 1 working days (2 March 2026 is a substitute holiday)
    assert month(told, "decided, decided_in_time, decision_due, turnaround_p50_days") == (5, 4, 5, 1)
    assert month(told, "decided, decision_due, turnaround_p50_days, backlog", "2026-04") == (0, 0, None, 1)


def test_periods_and_cohorts(told: duckdb.DuckDBPyConnection) -> None:
    assert month(told, "submitted, posted, rejected, posted_in_month, rejected_in_month") == (5, 3, 2, 3, 2)
    assert month(told, "held, held_in_month, posted_first_pass, first_pass_rate") == (1, 1, 3, Decimal("0.6"))
    detail = told.execute(
        "select sum(submitted), sum(posted), sum(rejected_in_month) from marts.mart_vacancy_verification_detail"
    ).fetchone()
    assert detail == (6, 3, 2)


def test_two_reviewers_of_one_posting(told: duckdb.DuckDBPyConnection) -> None:
    columns = "both_bad, only_first_bad, both_good, reviewer_decisions, reviewer_days"
    assert month(told, columns) == (1, 0, 0, 3, 3)


def test_primary_reason_is_the_gravest_and_all_reasons_count_twice(told: duckdb.DuckDBPyConnection) -> None:
    rows = told.execute(
        "select basis, reason_code, postings, refused, label_en from marts.mart_vacancy_rejection_reasons"
        " where channel_code = '_T' and decided_by = 'VERIFICATION' order by 1, 2"
    ).fetchall()
    assert rows == [
        ("ALL", "DISC_AGE", 1, 2, "disc_age"), ("ALL", "FEE_DEMAND", 1, 2, "fee_demand"),
        ("ALL", "WAGE_BELOW_MIN", 1, 2, "wage_below_min"), ("PRIMARY", "FEE_DEMAND", 1, 2, "fee_demand"),
        ("PRIMARY", "WAGE_BELOW_MIN", 1, 2, "wage_below_min"),
    ]  # fmt: skip
    rules = told.execute(
        "select basis, reason_code, postings from marts.mart_vacancy_rejection_reasons"
        " where channel_code = '_T' and decided_by = 'RULES' order by 1, 2"
    ).fetchall()
    # the age limit would only have held it
    assert rules == [("ALL", "FEE_DEMAND", 1), ("PRIMARY", "FEE_DEMAND", 1)]


def test_the_machine_stands_beside_the_people(told: duckdb.DuckDBPyConnection) -> None:
    rows = told.execute(
        "select step_code, decision, is_machine, decided_date, rule_set is not null, is_latest"
        " from core.fct_posting_review where posting_id = 'K0000000000000003' order by decided_date, is_machine"
    ).fetchall()
    assert rows == [
        ("S3_ALGORITHM", "HOLD", False, date(2026, 3, 3), False, True),
        ("S3_ALGORITHM", "REJECT", True, date(2026, 3, 3), True, True),
        ("S2_CALLCENTER", "CONFIRMED_BAD", False, date(2026, 3, 4), False, False),
        ("S2_CALLCENTER", "CONFIRMED_BAD", False, date(2026, 3, 5), False, True),
    ]
    again = told.execute(
        "select step_code, decision, reason_codes from core.fct_posting_review"
        " where is_machine and posting_id = 'K0000000000000001' order by step_code"
    ).fetchall()
    assert again == [("S3_ALGORITHM", "PASS", []), ("S4_COHERENCE", "FILLED", ["FILLED_EI"])]


def test_a_finding_carries_its_law_and_wording(told: duckdb.DuckDBPyConnection) -> None:
    row = told.execute(
        "select law_ko, quote, message_ko, message_en, review_key like 'M:%' from core.fct_rule_result"
        " where code = 'FEE_DEMAND'"
    ).fetchone()
    refused = {lang: OUTCOMES["reject"][lang] for lang in ("ko", "en")}
    assert row == (
        "법",
        "보증금 50만원",
        f"공고의 보증금 50만원 표현 {refused['ko']}",
        f"The words 보증금 50만원; rate 10320 {refused['en']}",
        True,
    )
    laws = told.execute("select severity, law_ko, law_en from core.fct_rule_result order by rule_number").fetchall()
    assert laws == [("reject", "법", "법"), ("hold", "다른 법", "다른 법")]


def test_the_rules_are_measured_by_the_call_centre(told: duckdb.DuckDBPyConnection) -> None:
    row = told.execute(
        "select judged, flagged, flagged_labelled, flagged_bad, precision, recall, null_reasons"
        " from marts.mart_vacancy_verification_quality"
        " where judged_by = 'RULES' and breakdown_type = 'total' and time_period = '_T'"
    ).fetchone()
    assert row is not None and row[:6] == (3, 2, 1, 1, Decimal(1), None)
    assert "recall=" in row[6]


def test_a_pair_of_vacancies_is_linked_once_and_backwards(told: duckdb.DuckDBPyConnection) -> None:
    rows = told.execute(
        "select vacancy_key, twin_vacancy_key, kind, similarity, linked_date from core.fct_posting_link order by kind"
    ).fetchall()
    assert rows == [
        (f"pes:K{4:016d}", f"pes:K{1:016d}", "REPOST", Decimal("0.97"), date(2026, 3, 3)),
        # both came on one day: the later key points to the earlier
        ("portal_vacancies:J1", f"pes:K{1:016d}", "SAME_JOB", Decimal(1), date(2026, 3, 5)),
    ]


def test_the_detail_adds_up_to_the_channels(told: duckdb.DuckDBPyConnection) -> None:
    """Every count of both marts, from the finest cells and by channel."""
    counts = (
        "submitted", "decided", "decided_in_time", "decision_due", "taken_down_30d", "closed_openings",
        "closed_openings_filled", "filled_while_open", "backlog", "open_postings", "open_postings_inactive",
    )  # fmt: skip
    sums = ", ".join(f"sum({name})" for name in counts)
    detail = told.execute(f"select {sums} from marts.mart_vacancy_verification_detail").fetchone()
    whole = told.execute(f"select {sums} from marts.mart_vacancy_verification where channel_code = '_T'").fetchone()
    assert detail == whole and whole is not None
    assert whole[0] > 0 and whole[5] > 0 and whole[8] > 0
    days, closed = told.execute(
        "select sum(days_open_after_fill), sum(closed_after_fill) from marts.mart_vacancy_verification_detail"
    ).fetchall()[0]
    spells = told.execute(
        "select sum(closed_on - first_filled_on), count(*) from intermediate.int_submissions__measured"
        " where first_filled_on <= closed_on"
    ).fetchone()
    assert (days or 0, closed) == (spells[0] or 0, spells[1])
