"""Macros that read providers' spellings and compute figures, on DuckDB without dbt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import jinja2
import pytest

from tests.dbt.support import PROJECT


@pytest.fixture(scope="module")
def macros() -> Any:
    text = (PROJECT / "macros" / "parsing.sql").read_text(encoding="utf-8")
    return jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(text).module


def evaluate(expression: str, **parameters: object) -> object:
    row = duckdb.connect().execute(f"select {expression}", parameters or None).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("text", "day", "until_filled"),
    [
        ("26-10-31", date(2026, 10, 31), False),
        ("채용시까지  26-11-30", date(2026, 11, 30), True),
        ("채용시까지", None, True),
        ("20260520", date(2026, 5, 20), False),
        ("2026-08-07", date(2026, 8, 7), False),
        ("99991231", None, True),
        ("20991231", None, True),
        ("2099-12-31", None, True),
        ("26-02-30", None, False),
        ("추후 협의", None, False),
    ],
)
def test_closing_dates(macros: Any, text: str, day: date | None, until_filled: bool) -> None:
    assert evaluate(macros.parse_provider_date("$text::varchar"), text=text) == day
    assert evaluate(macros.says_until_filled("$text::varchar"), text=text) is until_filled


def test_closing_date_absent(macros: Any) -> None:
    assert evaluate(macros.parse_provider_date("null::varchar")) is None
    assert evaluate(macros.says_until_filled("null::varchar")) is False


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("5038169211", True), ("6138127726", True), ("5158511710", True), ("1234567890", False),
        ("0000000000", False), ("503816921", False), ("503-81-69211", False), (None, False),
    ],
)  # fmt: skip
def test_business_numbers(macros: Any, number: str | None, valid: bool) -> None:
    assert evaluate(macros.business_no_is_valid("$number::varchar"), number=number) is valid


@pytest.mark.parametrize(
    ("amount", "unit", "hours", "month"),
    [
        (10_030, "H", None, "2096270"),
        (10_000, "H", 20, "1045000"),
        (10_000, "H", 52, "2090000"),
        (80_000, "D", None, "2090000"),
        (3_000_000, "M", 40, "3000000"),
        (41_000_000, "Y", 40, "3416666.67"),
    ],
)
def test_wages_per_month(macros: Any, amount: int, unit: str, hours: int | None, month: str) -> None:
    expression = macros.wage_per_month(str(amount), f"'{unit}'", "null" if hours is None else str(hours))
    assert evaluate(f"cast({expression} as decimal(18, 2))") == Decimal(month)


def test_wage_of_unknown_unit_is_null(macros: Any) -> None:
    assert evaluate(macros.wage_per_month("100", "'X'", "40")) is None


def test_type_7_quantiles(macros: Any) -> None:
    found = [
        evaluate(f"(select {macros.quantile_type7('x', share)} from (values (2400), (2600), (3100), (5000)) as t(x))")
        for share in (0.25, 0.5, 0.75)
    ]
    assert found == [Decimal("2550.00"), Decimal("2850.00"), Decimal("3575.00")]


def test_a_ratio_without_denominator_is_null_with_a_reason(macros: Any) -> None:
    assert evaluate(macros.ratio("3", "0")) is None
    assert evaluate(macros.null_reason("0")) == "zero_denominator"
    assert evaluate(macros.null_reason("null")) == "denominator_absent"
    assert evaluate(macros.null_reason("4")) is None
    assert evaluate(macros.ratio("236", "509")) == Decimal("0.4636542240")


@pytest.fixture(scope="module")
def performance() -> Any:
    text = (PROJECT / "macros" / "performance.sql").read_text(encoding="utf-8")
    return jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(text).module


@pytest.mark.parametrize(
    ("quarter", "frequency", "shift", "period"),
    [
        # programme year 2024 (July 2024 to June 2025): exits of July 2023 to June 2024 in quarter 2,
        ("2023-04-01", "PY", 6, "2023-07-01"), ("2023-07-01", "PY", 6, "2024-07-01"),
        ("2024-04-01", "PY", 6, "2024-07-01"), ("2024-07-01", "PY", 6, "2025-07-01"),
        # exits of the calendar year 2023 in quarter 4,
        ("2022-10-01", "PY", 12, "2023-07-01"), ("2023-01-01", "PY", 12, "2024-07-01"),
        ("2023-10-01", "PY", 12, "2024-07-01"), ("2024-01-01", "PY", 12, "2025-07-01"),
        # and participants of July 2024 to June 2025
        ("2024-07-01", "PY", -6, "2024-07-01"), ("2025-04-01", "PY", -6, "2024-07-01"),
        ("2024-10-01", "A", 0, "2024-01-01"), ("2024-10-01", "Q", 0, "2024-10-01"),
    ],
)  # fmt: skip
def test_periods_of_performance(performance: Any, quarter: str, frequency: str, shift: int, period: str) -> None:
    expression = performance.period_of(f"date '{quarter}'", f"'{frequency}'", shift)
    assert evaluate(expression) == date.fromisoformat(period)
