"""Paid hours of a month, the dated minimum wage, and weekly hours out of texts."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validation.vetting.hours import paid_hours_month, paid_hours_month_sql, weekly_hours_of
from validation.vetting.minimum_wage import minimum_wage_on

PAID = [("10", "43.45"), ("14", "60.83"), ("15", "78.21"), ("20", "104.29"), ("30", "156.43"), ("40", "209")]


def by_sql(weekly: str) -> float | None:
    row = duckdb.execute(f"select {paid_hours_month_sql(weekly)}").fetchone()
    assert row is not None
    return None if row[0] is None else float(row[0])


@pytest.mark.parametrize(("weekly", "paid"), PAID)
def test_paid_hours_of_a_month(weekly: str, paid: str) -> None:
    exact = paid_hours_month(Decimal(weekly))
    assert exact.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal(paid)
    assert by_sql(weekly) == pytest.approx(float(exact), rel=1e-14)


def test_the_paid_holiday_begins_at_15_hours() -> None:
    assert paid_hours_month(Decimal("14.99")) < 66 < 78 < paid_hours_month(Decimal(15))


@settings(max_examples=200, deadline=None)
@given(st.decimals(min_value="0.25", max_value="168", places=2))
def test_both_versions_agree(weekly: Decimal) -> None:
    assert by_sql(f"{weekly}::decimal(9, 2)") == pytest.approx(float(paid_hours_month(weekly)), rel=1e-12)


@pytest.mark.parametrize("weekly", ["0", "-1", "169"])
def test_no_week_has_such_hours(weekly: str) -> None:
    assert by_sql(weekly) is None
    with pytest.raises(ValueError, match="A week has"):
        paid_hours_month(Decimal(weekly))


def test_unknown_hours_stay_unknown() -> None:
    assert by_sql("null") is None


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        ("2024-12-31", 9_860),
        ("2025-01-01", 10_030),
        ("2026-02-01", 10_320),
        ("2026-12-31", 10_320),
        ("2015-01-01", 5_580),
    ],
)
def test_the_minimum_wage_is_that_of_the_day(day: str, rate: int) -> None:
    assert minimum_wage_on(date.fromisoformat(day)) == rate


@pytest.mark.parametrize("day", ["2027-01-01", "2014-12-31"])
def test_a_year_that_is_not_in_the_table_has_no_rate(day: str) -> None:
    assert minimum_wage_on(date.fromisoformat(day)) is None


def test_years_that_overlap_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "wages.csv"
    table.write_text("valid_from,valid_to,wage_krw_hour\n2025-01-01,2025-12-31,1\n2025-12-31,2026-12-31,2\n")
    with pytest.raises(ValueError, match="overlap"):
        minimum_wage_on(date(2025, 6, 1), table)


def test_monthly_and_yearly_rates_of_a_full_week() -> None:
    rate = minimum_wage_on(date(2026, 6, 1))
    assert rate is not None
    month = rate * paid_hours_month(Decimal(40))
    assert (month, month * 12) == (2_156_880, 25_882_560)


def test_a_million_a_month_at_15_hours_is_above_the_minimum() -> None:
    """12,786 an hour with the hours rounded to 78.21, 12,785 without."""
    assert round(Decimal(1_000_000) / Decimal("78.21")) == 12_786
    assert round(Decimal(1_000_000) / paid_hours_month(Decimal(15))) == 12_785


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("주 6일 근무 08:00~20:00 (주 60시간)", 60),
        ("주 6일, 1일 10시간 (주 58시간)", 58),
        ("07:00~19:00 주 6일 근무 (주 66시간)", 66),
        ("주40시간", 40),
        ("주당 평균 38.5시간", "38.5"),
        ("주 15~20시간", 20),
        ("３교대, 주 평균 ４０시간", 40),
        ("40 hours per week", 40),
        ("35h/semaine", 35),
        ("35 heures hebdomadaires", 35),
        ("1일 8시간, 주 5일", 40),
        ("하루 4시간 주3일 근무", 12),
        ("주 6일, 1일 10시간", 60),
        ("오전 9시부터 4시간, 주 5일 근무", 20),
        ("주 5일 근무, 근무시간 협의 (1일 8시간)", 40),
        ("8 hours a day, 5 days a week", 40),
        # times of the day: one hour's break in a stay of more than eight, unless a break is written
        ("09:00~18:00 주 5일", 40),
        ("주 5일 근무 (월~금) 9시~18시", 40),
        ("월-토 09:00-18:00", 48),
        ("평일 08:30~17:30, 토·일 휴무", 40),
        ("09:00~17:00 주5일", 40),
        ("주 5일 09:00~13:00", 20),
        ("오전 9시 ~ 오후 6시 주 5일", 40),
        ("(근무시간) (오전) 9시 00분 ~ (오후) 6시 00분, 주 5일 근무, 휴게시간 60분", 40),
        ("22:00~익일 07:00 (휴게 1시간), 주 5일", 40),
        ("19:00~익일 05:00 (휴게 2시간) 주 5일", 40),
        ("10:00~19:30 주 5일 휴게 90분", 40),
        ("주말 10:00~15:00", 10),
    ],
)  # fmt: skip
def test_weekly_hours_out_of_texts(text: str, hours: object) -> None:
    assert weekly_hours_of(text) == Decimal(str(hours))


@pytest.mark.parametrize(
    "text",
    ["", None, "협의", "주 5일 근무", "09:00~18:00", "주 52시간 이내 준수",
     "주간 08:00~16:30 / 오후 15:30~24:00 2교대, 주 5일",
     "격일제 08:00~08:00 주 3일", "주 999시간", "월 200~250 주 5일", "25:00~70:00 주 5일"],
)  # fmt: skip
def test_texts_that_state_no_week(text: str | None) -> None:
    assert weekly_hours_of(text) is None


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=120),
        st.lists(
            st.sampled_from(
                ["주", "5", "일", "09:00", "~", "18", "시", "시간", "휴게", "오후", "월", "금", "99", " ", "²"]
            ),
            max_size=16,
        ).map("".join),
    )
)
def test_no_text_breaks_it(text: str) -> None:
    hours = weekly_hours_of(text)
    assert hours is None or 0 < hours <= 168
