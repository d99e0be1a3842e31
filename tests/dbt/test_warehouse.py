"""The models on handmade registers whose figures can be counted by hand, as of two days and with registers absent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dbt_project.build import dbt_work
from tests.dbt.support import build

LATE, EARLY = date(2026, 10, 7), date(2026, 9, 15)
Row = dict[str, Any]


def submission(number: int, day: str, openings: int, **more: Any) -> Row:
    return {
        "posting_id": f"K{number:016d}", "submitted_date": day, "channel_code": "ONLINE", "office_code": "O1",
        "title": "t", "openings": openings, "occupation_code": "133200", "region_code": "11110",
        "received_date": day, "updated_at": f"{day} 10:00:00",
    } | more  # fmt: skip


def review(number: int, posting: int, step: str, decision: str, day: str, reasons: str = "[]") -> Row:
    return {
        "review_id": f"V{number}", "posting_id": f"K{posting:016d}", "step_code": step, "decision": decision,
        "reason_codes": reasons, "decided_date": day, "decided_at": f"{day} 11:00:00", "received_date": day,
    }  # fmt: skip


def registration(number: int, day: str, **more: Any) -> Row:
    return {
        "seeker_reg_no": f"R{number:010d}", "person_key": f"p{number}", "reg_date": day, "valid_until": "2026-12-31",
        "renewal_no": 0, "entry_channel": "ONLINE", "office_code": "O1", "status": "ACTIVE", "status_date": day,
        "region_code": "42110", "desired_occupation_code": "1332", "received_date": day,
        "updated_at": f"{day} 10:00:00",
    } | more  # fmt: skip


def event(number: int, person: str, kind: str, day: str, received: str, refers: int | None = None, **more: Any) -> Row:
    return {
        "event_no": f"E{number:010d}", "person_key": person, "birth_year": 1990, "sex": "F",
        "workplace_no": "10000000001", "event_type": kind, "event_date": day, "worker_type": "REGULAR",
        "refers_to_event_no": None if refers is None else f"E{refers:010d}",
        "reported_at": f"{received} 10:00:00", "received_date": received,
    } | more  # fmt: skip


def registers() -> dict[str, list[Row]]:
    submissions = [
        submission(1, "2024-01-03", 200, region_code="45111"),
        submission(2, "2024-01-30", 36, region_code="29110"),
        submission(3, "2024-08-05", 182, region_code="52111"),
        # Gwangju and Jeonnam before they became one province
        submission(4, "2024-05-03", 7, region_code="29110"),
        submission(5, "2024-05-04", 5, region_code="46110"),
        *(
            submission(10 + n, "2026-06-10", 1, wage_type_code="M", wage_min_krw=wage, region_code=None)
            for n, wage in enumerate((24_000_000, 26_000_000, 31_000_000, 50_000_000))
        ),
        submission(20, "2026-09-28", 5, channel_code="PES_VISIT"),
        submission(21, "2026-09-29", 5, channel_code="PES_VISIT"),
        submission(22, "2026-09-29", 5, channel_code="PES_VISIT"),
    ]
    reviews = [review(10 + n, 10 + n, "S3_ALGORITHM", "PASS", "2026-06-11") for n in range(4)]
    reviews += [
        review(20, 20, "S1_OFFICE", "RETURN", "2026-09-29"),
        review(21, 21, "S1_OFFICE", "ACCEPT", "2026-09-29"),
        review(22, 22, "S1_OFFICE", "REFUSE", "2026-09-30"),
        review(1, 1, "S1_OFFICE", "RETURN", "2024-01-04"),
    ]
    registrations = [registration(n, "2024-01-15") for n in range(509)]
    registrations += [registration(1000 + n, "2024-08-15") for n in range(339)]
    # a later version of one record: this seeker found a job
    registrations.append(
        registration(
            0,
            "2024-01-15",
            status="EMPLOYED",
            status_date="2024-02-20",
            received_date="2024-02-21",
            updated_at="2024-02-20 09:00:00",
        )
    )
    events = [
        event(1, "a", "ACQ", "2024-01-10", "2024-01-20"),
        event(2, "a", "LOSS", "2024-02-01", "2024-02-20", refers=1, loss_reason_code="11"),
        event(3, "b", "ACQ", "2024-01-15", "2024-01-20"),
        event(4, "b", "ACQ", "2026-08-03", "2026-08-20", workplace_no="10000000002"),
        event(5, "c", "ACQ", "2026-08-05", "2026-09-20"),
        event(6, "d", "ACQ", "2026-08-06", "2026-08-25"),
        event(7, "d", "CANCEL", "2026-08-06", "2026-09-16", refers=6),
        event(8, "e", "ACQ", "2026-08-06", "2026-08-25", worker_type="DAILY"),
    ]
    workplaces = [
        {
            "workplace_no": number, "business_no": "5038169211", "employer_name": "n", "industry_code": industry,
            "region_code": region, "established_date": "2010-01-01", "received_date": "2024-01-01",
            "updated_at": "2024-01-01 00:00:00",
        }
        for number, industry, region in (("10000000001", "10101", "46110"), ("10000000002", "62010", "42110"))
    ]  # fmt: skip
    episodes = [
        {
            "episode_id": f"S{n}", "person_key": person, "organisation_code": "O1", "programme_code": "P",
            "start_date": start, "exit_reason": reason, "received_date": start, "updated_at": f"{start} 00:00:00",
        }
        for n, (person, start, reason) in enumerate(
            [
                ("a", "2023-12-01", None),
                ("b", "2023-07-15", None),  # hired 184 days later: one too many
                ("c", "2024-01-02", "DEATH"),
                ("c", "2026-08-01", None),  # the six months are not over
            ]
        )
    ]  # fmt: skip
    return {
        "vacancy_submissions": submissions,
        "vacancy_reviews": reviews,
        "seeker_registrations": registrations,
        "insurance_events": events,
        "workplaces": workplaces,
        "service_episodes": episodes,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def late(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The whole warehouse as of 7 October, tests and unit tests included."""
    with duckdb.connect(str(build(folder, LATE, registers())), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def early(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same landing as of 15 September, the last day on which reports of August are due."""
    arguments = ("build", "--select", "+mart_employment_trends_monthly", "--exclude-resource-type", "test", "unit_test")
    with duckdb.connect(str(build(folder, EARLY, registers(), *arguments)), read_only=True) as con:
        yield con


def trend(con: duckdb.DuckDBPyConnection, indicator: str, month: str, **keys: str) -> Any:
    """(value, numerator, denominator, status, null_reason) of one row of the trends; totals unless keys say else."""
    keys = {"breakdown_type": "total"} | keys
    where = " and ".join(f"{name} = '{value}'" for name, value in keys.items())
    return con.execute(
        "select value, numerator, denominator, status, null_reason from marts.mart_employment_trends_monthly"
        f" where indicator = '{indicator}' and time_period = '{month}' and {where}"
    ).fetchone()


@pytest.mark.parametrize(
    ("month", "openings", "seekers", "published"), [("2024-01", 236, 509, "0.46"), ("2024-08", 182, 339, "0.54")]
)
def test_openings_per_seeker_is_the_published_figure(
    late: duckdb.DuckDBPyConnection, month: str, openings: int, seekers: int, published: str
) -> None:
    value, numerator, denominator, status, _ = trend(late, "openings_per_seeker", month)
    assert (numerator, denominator, status) == (openings, seekers, "F")
    assert value.quantize(Decimal("0.01")) == Decimal(published)


def test_months_without_rows_are_zeros_and_ratios_say_why_they_are_null(late: duckdb.DuckDBPyConnection) -> None:
    assert trend(late, "openings_new", "2025-03")[:2] == (0, 0)
    assert trend(late, "openings_per_seeker", "2025-03") == (None, 0, 0, "F", "zero_denominator")


def test_stocks_stand_beside_new_ones_under_their_own_name(late: duckdb.DuckDBPyConnection) -> None:
    # 510 registrations of 2024 were valid until the end of 2026, less one that ended in February 2024
    assert [trend(late, "registrations_open", m)[1] for m in ("2024-01", "2024-02", "2024-08")] == [509, 508, 847]
    assert trend(late, "job_finding_rate_register", "2024-02")[1:3] == (1, 509)
    assert trend(late, "register_outflow_probability", "2024-02")[1:3] == (1, 509)
    assert trend(late, "register_outflow_probability", "2024-08")[1:3] == (0, 508)
    # four openings were posted in June; no day is stated, so they are valid for two months
    assert [trend(late, "openings_open", m)[1] for m in ("2026-05", "2026-06", "2026-07", "2026-08")] == [0, 4, 4, 0]
    assert trend(late, "openings_open_per_seeker", "2026-06")[1:3] == (4, 847)
    assert trend(late, "acquisition_rate", "2026-08")[1:3] == (2, 1)


@pytest.mark.parametrize(
    ("month", "region", "openings"),
    [
        ("2024-01", "52", 200),
        ("2024-01", "12", 36),
        ("2024-08", "52", 182),
        ("2024-05", "12", 12),
    ],
)
def test_recoded_provinces_stand_under_the_code_in_force(
    late: duckdb.DuckDBPyConnection, month: str, region: str, openings: int
) -> None:
    assert trend(late, "openings_new", month, breakdown_type="region", region_code=region)[1] == openings


def test_unknown_regions_stay_in_the_total(late: duckdb.DuckDBPyConnection) -> None:
    assert trend(late, "openings_new", "2026-06", breakdown_type="region", region_code="_U")[1] == 4
    assert trend(late, "openings_new", "2026-06")[1] == 4


def test_a_later_version_of_a_record_counts_once(late: duckdb.DuckDBPyConnection) -> None:
    assert trend(late, "registrations_new", "2024-01")[1] == 509
    assert trend(late, "placements", "2024-02")[1] == 1


def test_stock_counts_persons_and_keeps_the_last_day_of_work(late: duckdb.DuckDBPyConnection) -> None:
    # the loss of 1 February is the day after separation: insured at the end of January
    assert [trend(late, "insured_stock", m)[1] for m in ("2024-02", "2026-07", "2026-08")] == [1, 1, 2]
    assert trend(late, "insured_exits", "2024-02")[1] == 1
    # b takes a second job and c a first one: two acquisitions, one entry
    assert trend(late, "acquisitions", "2026-08")[1] == 2
    assert trend(late, "insured_entries", "2026-08")[1] == 1


def test_stock_by_region_and_industry(late: duckdb.DuckDBPyConnection) -> None:
    assert trend(late, "insured_stock", "2026-08", breakdown_type="region", region_code="51")[1] == 1
    assert trend(late, "insured_stock", "2026-08", breakdown_type="region", region_code="12")[1] == 2
    assert trend(late, "insured_stock", "2026-08", breakdown_type="industry", industry_code="J")[1] == 1
    assert trend(late, "insured_stock", "2026-08", breakdown_type="age_group", age_group="Y30T39")[1] == 2


def test_the_past_view_knows_neither_late_reports_nor_later_cancellations(early: duckdb.DuckDBPyConnection) -> None:
    # c was reported later; d, cancelled later, still counts
    assert trend(early, "insured_stock", "2026-08")[:2] == (2, 2)
    assert trend(early, "acquisitions", "2026-08")[1] == 2
    assert early.execute("select count(*) from core.fct_insured_spells where person_key = 'c'").fetchone() == (0,)
    assert early.execute("select count(*) from core.fct_insured_spells where person_key = 'd'").fetchone() == (1,)


def test_a_month_is_provisional_until_its_reports_are_due(
    early: duckdb.DuckDBPyConnection, late: duckdb.DuckDBPyConnection
) -> None:
    assert trend(early, "acquisitions", "2026-08")[3] == "P"
    assert trend(late, "acquisitions", "2026-08")[3] == "F"


def test_funnel_by_channel(late: duckdb.DuckDBPyConnection) -> None:
    row = late.execute(
        "select submitted, returned_open, pending, rejected, posted, concluded, posting_rate, status"
        " from marts.mart_vacancy_verification where time_period = '2026-09' and channel_code = 'PES_VISIT'"
    ).fetchone()
    assert row == (3, 1, 1, 1, 0, 1, Decimal(0), "P")
    old = late.execute(
        "select submitted, expired_undecided, posting_rate from marts.mart_vacancy_verification"
        " where time_period = '2024-01' and channel_code = '_T'"
    ).fetchone()
    assert old == (2, 2, Decimal(0))


def test_placement_within_six_months(late: duckdb.DuckDBPyConnection) -> None:
    rows = late.execute(
        "select time_period, numerator, denominator, pending, excluded, value, null_reason, status"
        " from marts.mart_performance where indicator = 'placement_rate_6m' and frequency = 'A'"
        " and breakdown_type = 'organisation_programme' and organisation_code = 'O1' order by 1"
    ).fetchall()
    assert rows == [
        ("2023", 1, 2, 0, 0, Decimal("0.5"), None, "F"),
        ("2024", 0, 0, 0, 1, None, "zero_denominator", "F"),
        ("2026", 0, 0, 1, 0, None, "window_open", "P"),
    ]


def test_advertised_wage_of_an_occupation(late: duckdb.DuckDBPyConnection) -> None:
    row = late.execute(
        "select openings_new_24m, wage_n, wage_month_p25, wage_month_p50, wage_month_p75, openings_24m[21],"
        " len(openings_24m) from marts.mart_occupation_profile where scope = 'pes' and occupation_code = '1332'"
    ).fetchone()
    assert row == (19, 4, Decimal(25_500_000), Decimal(28_500_000), Decimal(35_750_000), 4, 24)


def test_every_mart_column_carries_labels_and_a_unit(folder: Path, late: duckdb.DuckDBPyConnection) -> None:
    import json

    nodes = json.loads((dbt_work(folder / f"{LATE:%Y%m%d}") / "manifest.json").read_text("utf-8"))["nodes"]
    marts = {
        name: node for name, node in nodes.items() if node["resource_type"] == "model" and node["schema"] == "marts"
    }
    assert len(marts) >= 5
    bare = [
        f"{name}.{column}"
        for name, node in marts.items()
        for column, facts in node["columns"].items()
        if not ({"label_ko", "label_en", "unit"} <= set(facts["meta"]) and facts["description"] and facts["data_type"])
    ]
    assert bare == []


def test_marts_say_so_when_their_registers_are_absent(folder: Path) -> None:
    arguments = ("build", "--exclude-resource-type", "unit_test")
    rows = {"seeker_registrations": registers()["seeker_registrations"]}
    file = build(folder, date(2026, 10, 6), rows, *arguments, only=["seeker_registrations"])
    with duckdb.connect(str(file), read_only=True) as con:
        indicators = con.execute(
            "select distinct indicator from marts.mart_employment_trends_monthly order by 1"
        ).fetchall()
        assert [name for (name,) in indicators] == [
            "job_finding_rate_register", "placement_rate", "placements", "register_outflow_probability",
            "registrations_new", "registrations_open",
        ]  # fmt: skip
        assert con.execute("select count(*) from marts.mart_vacancy_verification").fetchone() == (0,)
        statuses = dict(
            con.execute(
                "select entity, status from marts.mart_coverage where mart = 'mart_employment_trends_monthly'"
            ).fetchall()
        )
        assert statuses["vacancies"] == statuses["insurance_events"] == "absent"
        assert statuses["registrations"] == "stale"
