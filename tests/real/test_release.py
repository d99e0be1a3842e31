"""The release of the real profile: what is there is right, what is absent says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.real_data


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def test_every_posting_is_one_vacancy(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = _rows(
        warehouse,
        "select posting_source_id, country, count(*), count(distinct vacancy_key) from core.fct_vacancies group by all",
    )
    assert sorted(found) == [
        ("jobposting_schemaorg", "US", 50, 50),
        ("jobtech_ads", "SE", 3, 3),
        ("jobtech_imports", "SE", 2, 2),
        ("usajobs_announcements", "US", 17_963, 17_963),
    ]


def test_a_control_number_used_again_gets_a_suffix(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = _rows(
        warehouse,
        "select a.registered_date < b.registered_date, a.url = b.url from core.fct_vacancies a"
        " join core.fct_vacancies b on b.posting_id = a.posting_id || '-2'",
    )
    assert found == [(True, True)]


def test_no_mojibake_in_titles(warehouse: duckdb.DuckDBPyConnection) -> None:
    broken = (
        "regexp_matches(title, '[\\x{80}-\\x{9f}]') or contains(title, chr(65533)) or regexp_matches(title, 'Ã.|â€')"
    )
    assert _rows(warehouse, f"select title from core.fct_vacancies where {broken}") == []
    assert _rows(
        warehouse, "select count(*) > 0 from landing.usajobs_announcements where contains(position_title, chr(128))"
    )


def test_a_deadline_in_stockholm_is_a_day_of_stockholm(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = _rows(warehouse, "select stated_close_date from core.fct_vacancies where posting_id = '23174210'")
    assert found == [(date(2019, 5, 12),)]  # removed_date of this ad lies before its publication; it is not removed


def test_foreign_codes_never_pass_for_korean_ones(warehouse: duckdb.DuckDBPyConnection) -> None:
    clash = """
        select v.region_code from core.fct_vacancies v join core.dim_region r on v.region_code = r.region_code
        union all
        select v.industry_code from core.fct_vacancies v join core.dim_industry i on v.industry_code = i.industry_code
        union all
        select occupation_code from core.fct_vacancies where occupation_scheme = 'KECO' or occupation_group <> '_U'
    """
    assert _rows(warehouse, clash) == []


def test_programmes_are_mended_and_keep_what_is_unknown(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = _rows(
        warehouse,
        """
        select count(*), count(duration_hours), count(duration_weeks), count(delivery_method), count(outcome),
            count(*) filter (where length(field_code) = 6), count(field_code),
            count(*) filter (where regexp_full_match(occupation_code, '\\d{2}-\\d{4}\\.\\d{2}')), count(occupation_code)
        from core.dim_training_programme
        """,
    )
    programmes, hours, weeks, method, outcome, cip_whole, cip, onet_whole, onet = found[0]
    assert programmes == 6_244
    assert programmes - hours == 12 and programmes - weeks == 62
    assert programmes - method == 48 and programmes - outcome == 34
    assert cip_whole == cip > 6_000 and onet_whole == onet > 6_000


def test_delivered_classifications_stand_for_the_short_lists(warehouse: duckdb.DuckDBPyConnection) -> None:
    schemes = _rows(
        warehouse,
        "select occupation_scheme, scheme_version, count(*) from core.dim_occupation"
        " where occupation_scheme in ('KECO', 'KSCO', 'ONET') group by all order by all",
    )
    assert schemes == [
        ("KECO", "2018", 45), ("KECO", "2025", 677), ("KSCO", "7", 10), ("KSCO", "8", 1_999), ("ONET", "29.2", 1_016),
    ]  # fmt: skip
    levels = _rows(
        warehouse,
        "select industry_level, count(*) from core.dim_industry"
        " where industry_scheme = 'KSIC' and is_current group by 1 order by 1",
    )
    assert levels == [(1, 21), (2, 77), (3, 234), (4, 501), (5, 1_205)]
    assert _rows(warehouse, "select count(*) from core.dim_occupation_title") == [(53_507,)]
    orphans = """
        select c.industry_code from core.dim_industry c left join core.dim_industry p
            on c.parent_code = p.industry_code and c.industry_scheme = p.industry_scheme
            and c.scheme_version = p.scheme_version
        where c.industry_level > 1 and (p.industry_code is null or c.section_code not between 'A' and 'U')
    """
    assert _rows(warehouse, orphans) == []
    assert _rows(
        warehouse,
        "select name_ko from core.dim_industry where industry_code in ('B', 'C')"
        " and industry_scheme = 'KSIC' and is_current order by 1",
    ) == [("광업",), ("제조업",)]


def test_unknown_openings_are_not_zero(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = _rows(
        warehouse,
        "select distinct openings_new_24m, openings_null_reason from marts.mart_occupation_profile where country = 'US'"
        " and occupation_scheme = 'US_OPM'",
    )
    assert found == [(None, "not_stated")]
    assert _rows(warehouse, "select sum(vacancies_24m) > 5000 from marts.mart_occupation_profile") == [(True,)]


def test_marts_without_their_register_are_empty_and_say_so(warehouse: duckdb.DuckDBPyConnection) -> None:
    for mart in ("mart_employment_trends_monthly", "mart_vacancy_verification", "mart_performance"):
        assert _rows(warehouse, f"select count(*) from marts.{mart}") == [(0,)]
        assert _rows(
            warehouse, f"select bool_or(status = 'absent') from marts.mart_coverage where mart = '{mart}'"
        ) == [(True,)]
