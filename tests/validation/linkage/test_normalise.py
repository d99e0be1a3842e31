"""What two registers write differently and mean alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from validation.linkage.normalise import install, prepare

HANGUL = st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        install(connection)
        yield connection


def value(con: duckdb.DuckDBPyConnection, function: str, text: str | None) -> Any:
    row = con.execute(f"SELECT {function}(?::VARCHAR)", [text]).fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("김영희", ["김", "영희"]),
        ("김 영희", ["김", "영희"]),
        ("김 영 희", ["김", "영희"]),
        ("　김영희 ", ["김", "영희"]),
        ("金英姬(김영희)", ["金英姬"]),
        ("김영희(金英姬)", ["김", "영희"]),
        ("김영희 (Kim Younghee", ["김", "영희"]),
        ("金英姬 김영희", ["김", "영희"]),
        ("남궁민", ["남궁", "민"]),
        ("남궁 민수", ["남궁", "민수"]),
        ("선우", ["선", "우"]),
        ("허", ["허"]),
        ("NGUYEN Văn  Hùng", ["nguyen", "van", "hung"]),
        ("O'Brien-Smith, Zoë", ["o", "brien", "smith", "zoe"]),
        ("ＫＩＭ　ＭＩＮ", ["kim", "min"]),
        ("12-3", []),
    ],
)
def test_names(con: duckdb.DuckDBPyConnection, text: str, parts: list[str]) -> None:
    assert value(con, "name_parts", text) == parts


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1984-03-09", "19840309"), ("1984.3.9", "19840309"), ("1984년 3월 9일", "19840309"), ("19840309", "19840309"),
        ("09/03/1984", "19840309"), ("840309", "19840309"), ("050309", "20050309"),
        ("１９８４－０３－０９", "19840309"),
        ("1984-03-09 00:00:00", "19840309"), ("1984-13-45", "19841345"), ("1984", None), ("unknown", None), ("", None),
    ],
)  # fmt: skip
def test_birth_dates(con: duckdb.DuckDBPyConnection, text: str, digits: str | None) -> None:
    assert value(con, "birth_digits", text) == digits


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("서울특별시 강남구 테헤란로 12", "서울 강남구 테헤란로 12"),
        ("서울시 강남구 테헤란로12", "서울 강남구 테헤란로 12번지"),
        ("전라북도 전주시 중앙로 3", "전북특별자치도 전주시 중앙로 3"),
        ("강원도 춘천시 공원로 7, 101동 1203호", "강원특별자치도 춘천시 공원로 7 101동 1203호"),
        ("충청남도 천안시 역전로 5 (두정동)", "충남 천안시 역전로 5"),
        ("대구광역시 중구 동성로 1-2", "대구 중구 동성로 １－２"),
        ("12 Stanley St., Miami", "12  stanley st miami"),
    ],
)
def test_addresses_in_old_and_new_form(con: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    assert value(con, "address_words", one) == value(con, "address_words", other)


def test_another_house_is_another_address(con: duckdb.DuckDBPyConnection) -> None:
    assert value(con, "address_words", "서울 강남구 중앙로 12") != value(con, "address_words", "서울 강남구 중앙로 1-2")


@pytest.mark.parametrize(
    ("text", "keys"), [("김민준", "rlaalswns"), ("값", "rkqt"), ("의", "dml"), ("뷁", "qnpfr"), ("Kim", "Kim")]
)
def test_keystrokes_of_the_two_set_keyboard(con: duckdb.DuckDBPyConnection, text: str, keys: str) -> None:
    assert value(con, "keystrokes", text) == keys


def test_no_two_syllables_have_the_same_keystrokes(con: duckdb.DuckDBPyConnection) -> None:
    row = con.execute(
        "SELECT count(DISTINCT keystrokes(chr(c::INT))), count(*) FROM range(44032, 55204) AS t(c)"
    ).fetchone()
    assert row == (11_172, 11_172)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(HANGUL, min_size=1, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5))
def test_blanks_in_a_korean_name_mean_nothing(con: duckdb.DuckDBPyConnection, name: str, blanks: list[bool]) -> None:
    spaced = "".join(c + " " * blank for c, blank in zip(name, blanks, strict=False))
    assert value(con, "name_parts", spaced) == value(con, "name_parts", name)


def test_prepare_compares_nothing_with_nothing(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE raw AS SELECT 1 AS id, '' AS n, NULL AS b, '+82 10-1234-5678' AS p, ' ' AS a"
    )
    prepare(con, "raw", {"name": "n", "birth_date": "b", "phone": "p", "address": "a"}, "id", "ready")
    [row] = con.execute("FROM ready").to_arrow_table().to_pylist()
    assert row["phone"] == "01012345678"
    assert {name for name, held in row.items() if held is not None} == {"unique_id", "phone"}


def test_prepare_takes_the_fields_there_are(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="shoe_size"):
        prepare(con, "raw", {"shoe_size": "n"}, "id", "ready")
    con.execute("CREATE OR REPLACE TEMP TABLE raw AS SELECT 7 AS id, '이민' AS n, '여' AS s, DATE '1990-12-01' AS b")
    prepare(con, "raw", {"name": "n", "sex": "s", "birth_date": "b"}, "id", "ready")
    [row] = con.execute("FROM ready").to_arrow_table().to_pylist()
    assert (row["unique_id"], row["sex"], row["birth_date"], row["birth_swapped"]) == ("7", "F", "19901201", "19900112")
