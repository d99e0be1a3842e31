"""What a load is judged against: registers and postings as they were known on its day, and its hash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.registry import RegistryError, load_registry, parse_source, sources_of
from lmi.core.paths import Paths
from lmi.core.yaml import load_yaml
from tests.validation.coding.support import KOREAN, SMALL
from tests.validation.vetting.accepted_support import accept, submission
from validation.accepted import AcceptedLoad
from validation.coding.coder import PRECISION, save, train
from validation.coding.material import Known, Material
from validation.coding.schemes import SCHEMES
from validation.vetting.context import AT_ONCE, Inputs, load_context, load_world
from validation.vetting.employers import business_no_valid_sql, similarity
from validation.vetting.postings import CANONICAL, MappingError, carried, check_mapping, parsed_date_sql, vetted_sources
from validation.vetting.trained import Trained

SUBMISSIONS = "vacancy_submissions"
SOURCES = sources_of("sandbox")
DAY = "2026-03-03"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "home", tmp_path / "drop")


def judged(
    paths: Paths,
    load: AcceptedLoad,
    source_id: str = SUBMISSIONS,
    at_once: int = AT_ONCE,
    coder: Trained | None = None,
) -> list[dict[str, Any]]:
    """Rows of ``judged`` of one load, in order of posting id."""
    found: list[dict[str, Any]] = []
    inputs = Inputs.of(paths, SOURCES, date(2026, 12, 31))
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        load_world(con, inputs)
        for _ in load_context(con, SOURCES[source_id], load, at_once, coder):
            found += con.execute("SELECT * FROM judged").to_arrow_table().to_pylist()
    return sorted(found, key=lambda row: (row["posting_id"], row["record_hash"]))


def checked(status: str | None, day: str, closed: str | None = None) -> dict[str, Any]:
    return {"business_no": "1014769229", "status_code": status, "checked_date": day, "closed_date": closed}


def test_only_records_that_no_earlier_load_held_are_judged(paths: Paths) -> None:
    first = accept(paths, SUBMISSIONS, DAY, [submission(1), submission(2)])
    second = accept(paths, SUBMISSIONS, "2026-03-04", [submission(1), submission(2, openings=3), submission(3)])
    assert [row["posting_id"][-1] for row in judged(paths, first)] == ["1", "2"]
    assert [(row["posting_id"][-1], row["openings"]) for row in judged(paths, second)] == [("2", 3), ("3", 1)]


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        ({"2026-03-03": "01"}, "01"),
        ({"2026-02-20": "01", "2026-03-03": "02"}, "02"),  # the first answer on or after the submission
        ({"2026-02-10": "02", "2026-02-20": "01"}, "01"),  # else the last before it
        ({"2026-03-03": "01", "2026-03-09": "03"}, "01"),
        ({"2026-03-03": None}, ""),  # the office does not know the number
        ({}, None),
    ],
)
def test_the_look_up_nearest_to_the_submission_answers(
    paths: Paths, checks: dict[str, Any], status: str | None
) -> None:
    for day, answer in checks.items():
        accept(paths, "nts_business_status", day, [checked(answer, day)])
    load = accept(paths, SUBMISSIONS, "2026-03-10", [submission()])
    assert judged(paths, load)[0]["nts_status_code"] == status


def test_what_is_delivered_later_is_not_known_yet(paths: Paths) -> None:
    load = accept(paths, SUBMISSIONS, DAY, [submission()])
    accept(paths, "nts_business_status", "2026-03-04", [checked("03", "2026-03-04", "2026-01-31")])
    accept(paths, SUBMISSIONS, "2026-03-04", [submission(9, submitted_date="2026-02-01")])
    row = judged(paths, load)[0]
    assert (row["nts_status_code"], row["employer_first_seen"]) == (None, date(2026, 3, 2))


def test_a_load_of_history_is_judged_as_its_postings_came(paths: Paths) -> None:
    """Arrears and licences hold on the days of their lists; an employer is new in its first posting only."""
    accept(paths, "wage_arrears", "2026-01-05", [
        {"list_id": "2024-07", "business_no": "1014769229", "listed_from": "2024-07-05", "listed_to": "2025-07-04"},
    ])  # fmt: skip
    accept(paths, "agency_licences", "2026-01-06", [
        {"licence_no": "1-유-1", "business_no": "1014769229", "licence_kind": "PLACEMENT", "valid_from": "2025-01-01"},
    ])  # fmt: skip
    days = ["2024-07-04", "2024-07-05", "2025-07-04", "2025-07-05"]
    load = accept(paths, SUBMISSIONS, DAY, [submission(n, submitted_date=d) for n, d in enumerate(days)])
    rows = judged(paths, load)
    assert [row["arrears_list_id"] for row in rows] == [None, "2024-07", "2024-07", None]
    assert [row["licence_no"] for row in rows] == [None, None, "1-유-1", "1-유-1"]
    assert {row["employer_first_seen"] for row in rows} == {date(2024, 7, 4)}


def test_the_latest_version_of_a_workplace(paths: Paths) -> None:
    place = {"workplace_no": "10147692290", "business_no": "1014769229", "employer_name": "(주)한빛식품",
             "established_date": "2015-04-01"}  # fmt: skip
    closed = {**place, "closed_date": "2026-02-15", "updated_at": "2026-02-20 09:00:00+09"}
    accept(paths, "workplaces", "2026-03-01", [closed, {**place, "updated_at": "2025-01-01 09:00:00+09"}])
    load = accept(paths, SUBMISSIONS, DAY, [submission(1), submission(2, submitted_date="2026-02-14")])
    rows = judged(paths, load)
    assert [row["is_workplace_extinct"] for row in rows] == [True, False]
    assert rows[0]["employer_first_seen"] == date(2015, 4, 1)
    assert (rows[0]["register_name"], rows[0]["name_similarity"]) == ("(주)한빛식품", 1.0)


def test_headcounts_of_employment_insurance_over_all_workplaces(paths: Paths) -> None:
    def insured(name: str, kind: str, count: int) -> dict[str, Any]:
        return {"business_no": "1014769229", "workplace_name": name, "insurance_kind_code": kind, "headcount": count,
                "checked_date": "2026-03-03"}  # fmt: skip

    accept(
        paths, "kcomwel_workplaces", DAY, [insured("본점", "2", 20), insured("지점", "2", 11), insured("본점", "1", 99)]
    )
    load = accept(paths, SUBMISSIONS, DAY, [submission(1), submission(2, business_no="1037417567")])
    assert [(row["insured_headcount"], row["headcount_known"]) for row in judged(paths, load)] == [
        (31, True),
        (None, False),
    ]


def test_one_telephone_of_several_employers(paths: Paths) -> None:
    numbers = ["1014769229", "1037417567", "1017857635", "1015877889"]
    rows = [submission(n, business_no=b) for n, b in enumerate(numbers[:3])]
    rows.append(submission(3, business_no=numbers[3], submitted_date="2026-03-08"))
    found = judged(paths, accept(paths, SUBMISSIONS, "2026-03-09", rows))
    assert [(row["phone_employers_day"], row["phone_employers_week"]) for row in found] == [(3, 3)] * 3 + [(1, 4)]


def test_usual_pay_is_that_of_the_year_before(paths: Paths) -> None:
    before = [submission(n, submitted_date="2026-02-10", wage_min_krw=209 * (10000 + 100 * n)) for n in range(101)]
    low = [submission(500 + n, submitted_date="2026-03-01", wage_min_krw=2090000) for n in range(300)]
    rows = judged(paths, accept(paths, SUBMISSIONS, DAY, [*before, *low, submission(900)]))
    assert rows[-1]["wage_q99_hourly"] == 19900.0
    assert rows[0]["wage_q99_hourly"] is None, "nothing was known before"


def test_duplicates_within_and_before_the_load(paths: Paths) -> None:
    accept(paths, SUBMISSIONS, "2026-03-02", [submission(1, submitted_date="2026-03-01")])
    load = accept(
        paths, SUBMISSIONS, DAY, [submission(2), submission(3, region_code="11110", work_address="서울 종로구 1")]
    )
    assert [row["duplicate_of"] for row in judged(paths, load)] == ["K100026030200001", None]


@pytest.mark.parametrize("at_once", [1, 2, 3, 5])
def test_a_load_in_parts_is_judged_as_a_whole(paths: Paths, at_once: int) -> None:
    accept(paths, SUBMISSIONS, "2026-03-02", [submission(1, submitted_date="2026-02-28")])
    days = ["2026-03-01", "2026-03-02", "2026-03-01", "2026-02-28", "2026-03-02", "2026-03-03"]
    rows = [
        submission(n, submitted_date=day, business_no=f"{1014769229 + n % 3}", duties="쓰레기를 나릅니다. " * (n % 2))
        for n, day in enumerate(days, 2)
    ]
    load = accept(paths, SUBMISSIONS, DAY, [*rows, submission(4, openings=7)])
    whole, parts = (
        [{name: value for name, value in row.items() if name != "posting_no"} for row in judged(paths, load, at_once=n)]
        for n in (AT_ONCE, at_once)
    )
    assert parts == whole
    assert {row["duplicate_of"] for row in whole} > {None}
    assert max(row["phone_employers_day"] for row in whole) > 1


def test_blank_conditions_are_asked_of_what_is_carried(paths: Paths) -> None:
    blank = {"duties": " \n", "working_hours_text": None, "weekly_hours": None, "employment_type_code": None}
    row = judged(paths, accept(paths, SUBMISSIONS, DAY, [submission(1, **blank)]))[0]
    assert row["blank_conditions"] == "duties, working_hours, employment_type"
    portal = accept(paths, "portal_vacancies", DAY, [
        {"posting_id": "J1", "title": "사무원", "posted_date": "2026-03-02", "business_no": "1014769229",
         "region_code": "11140", "employment_type": "FULL_TIME", "wage_unit": "MONTH", "wage_min": 2800000},
    ])  # fmt: skip
    assert judged(paths, portal, "portal_vacancies")[0]["blank_conditions"] == "duties"


def test_the_context_names_everything_that_was_known(paths: Paths) -> None:
    def context() -> str:
        return Inputs.of(paths, SOURCES, date(2026, 12, 31)).context_of(SUBMISSIONS, load)

    load = accept(paths, SUBMISSIONS, DAY, [submission()])
    found = [context()]
    accept(paths, "satisfaction_surveys", DAY, [])  # no rule reads it
    accept(paths, "wage_arrears", "2026-03-04", [])  # later
    accept(paths, SUBMISSIONS, "2026-03-04", [submission(2)])
    assert context() == found[0]
    for source_id, day in (("wage_arrears", DAY), (SUBMISSIONS, "2026-03-02"), ("portal_vacancies", DAY)):
        accept(paths, source_id, day, [])
        found.append(context())
    assert len(set(found)) == len(found)


def test_registers_that_are_there(paths: Paths) -> None:
    accept(paths, "wage_arrears", "2026-01-05", [])
    accept(paths, "agency_licences", "2026-01-06", [{"licence_no": "1", "business_no": "1014769229"}])
    inputs = Inputs.of(paths, SOURCES, date(2026, 12, 31))
    day = date(2026, 12, 31)
    assert inputs.known_on(day) >= {"wage_arrears", "agency_licences", "minimum_wage", "earlier_postings"}
    assert "occupation_model" not in inputs.known_on(day)
    assert "agency_licences" in inputs.registers_on(date(2026, 1, 6))
    assert "agency_licences" not in inputs.registers_on(date(2026, 1, 5))
    assert "wage_arrears" not in inputs.registers_on(date(2026, 3, 1)), "a register without a row has no answers"
    real = Inputs.of(paths, sources_of("real"), date(2026, 12, 31))
    assert "business_status" not in real.known_on(day)


def test_a_coder_judges_what_is_delivered_from_its_day_on(paths: Paths) -> None:
    material = Material(SCHEMES["KECO"])
    material.add(Known(code, title, label) for code, (label, titles) in KOREAN.items() for title in titles)
    duties = {"5301": "한식당 주방장", "6221": "트럭 운전원", "3040": "수술실 간호사"}
    rows = [submission(n, occupation_code=code, duties=text) for n, (code, text) in enumerate(duties.items(), 1)]
    rows += [submission(8, occupation_code="027200", duties="트럭 운전원"), submission(9, duties=None)]
    before, after = accept(paths, SUBMISSIONS, "2026-03-03", rows), accept(paths, SUBMISSIONS, "2026-03-04", rows[3:4])
    earlier = accept(paths, SUBMISSIONS, "2026-03-05", [submission(7, occupation_code="027200", duties="트럭 운전원")])

    def contexts() -> list[str]:
        inputs = Inputs.of(paths, SOURCES, date(2026, 12, 31))
        return [inputs.context_of(SUBMISSIONS, load) for load in (before, after, earlier)]

    known = contexts()
    save(train(material, date(2026, 3, 4), None, PRECISION, **SMALL), paths)
    inputs = Inputs.of(paths, SOURCES, date(2026, 12, 31))
    assert [a == b for a, b in zip(known, contexts(), strict=True)] == [True, False, False]
    assert "occupation_model" in inputs.registers_on(date(2026, 3, 4)) & inputs.known_on(date(2026, 3, 4))
    assert "occupation_model" not in inputs.registers_on(date(2026, 3, 3)) | inputs.known_on(date(2026, 3, 3))
    coder = inputs.coder_on(date(2026, 3, 4))
    assert coder and inputs.settled_by_people == [[coder.version]]
    assert [row["predicted_occupation_code"] for row in judged(paths, before)] == [None] * 5
    predicted = [
        (row["predicted_occupation_code"], row["predicted_probability"]) for row in judged(paths, before, coder=coder)
    ]
    assert predicted[:4] == [("5301", 1.0), ("6221", 1.0), ("3040", 1.0), ("6221", 1.0)] and predicted[4] == (
        None,
        None,
    )


@pytest.fixture
def toy() -> Iterator[dict[str, Any]]:

    from ingest.registry import SOURCES_DIR

    yield load_yaml((SOURCES_DIR / f"{SUBMISSIONS}.yml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"headline": "title"}, r"\['headline'\] are no canonical columns"),
        ({"duties": "no_such"}, r"fields\.duties: no_such does not run"),
        ({"submitted_date": None}, r"\['submitted_date'\] are missing"),
    ],
)
def test_a_wrong_mapping_says_where(toy: dict[str, Any], change: dict[str, str | None], message: str) -> None:
    fields = toy["vetting"]["fields"]
    fields |= change
    toy["vetting"]["fields"] = {name: value for name, value in fields.items() if value}
    with pytest.raises(MappingError, match=message):
        check_mapping(parse_source(toy, "toy.yml"))


def test_a_profile_that_does_not_exist_is_refused_with_the_registry(toy: dict[str, Any]) -> None:
    toy["vetting"]["profile"] = "MARS"
    with pytest.raises(RegistryError, match=r"vetting\.profile"):
        parse_source(toy, "toy.yml")


def test_every_source_of_vacancies_is_mapped() -> None:
    registry = load_registry()
    mapped = vetted_sources(registry.values())
    assert {s.id for s in mapped} == {s.id for s in registry.values() if s.entity == "vacancies"}
    for source in mapped:
        check_mapping(source)
        assert carried(source) <= set(CANONICAL)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("26-03-20", date(2026, 3, 20)), ("20260320", date(2026, 3, 20)), ("2026-03-20", date(2026, 3, 20)),
        ("채용시까지  26-03-20", date(2026, 3, 20)), ("채용시까지", None), ("99991231", None), ("26-02-30", None),
    ],
)  # fmt: skip
def test_closing_days_in_texts(text: str, day: date | None) -> None:
    with duckdb.connect() as con:
        assert con.execute(f"SELECT {parsed_date_sql('?::VARCHAR')}".replace("?", f"'{text}'")).fetchone() == (day,)


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [("1014769229", True), ("1037417567", True), ("1014769220", False), ("0000000000", False), ("101476922", False)],
)
def test_check_digits(number: str, is_valid: bool) -> None:
    with duckdb.connect() as con:
        assert con.execute(f"SELECT {business_no_valid_sql(repr(number))}").fetchone() == (is_valid,)


def test_names_are_compared_by_letter() -> None:
    assert similarity("한빛식품", "한빛식품") == 1.0
    assert similarity("한빛식품", "한빛물산") == 0.5
    assert similarity("가나", "다라") == 0.0
    assert similarity("", "") == 1.0
