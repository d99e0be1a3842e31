"""Wage texts: what people write, what is no pay, and that each wage is read back from its own wording."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from validation.vetting.wage import NOT_STATED, RANGE_INVERTED, UNIT_MISSING, UNREADABLE, Wage, parse_wage, render_wage

KRW, USD, EUR, GBP = "KRW", "USD", "EUR", "GBP"

# text, low, high, unit, currency; low == high is an exact amount
STATED = [
    ("월급 233만원 이상", 2_330_000, None, "M", KRW),
    ("연봉 3000만원~3400만원", 30_000_000, 34_000_000, "Y", KRW),
    ("시급 10,030", 10_030, 10_030, "H", None),
    ("연봉 2,500만원", 25_000_000, 25_000_000, "Y", KRW),
    ("일급 15만원", 150_000, 150_000, "D", KRW),
    ("일당15만원 당일지급", 150_000, 150_000, "D", KRW),
    ("월 2,156,880원", 2_156_880, 2_156_880, "M", KRW),
    ("월급 2,500,000", 2_500_000, 2_500_000, "M", None),
    ("시급 10,320원(주휴수당 별도)", 10_320, 10_320, "H", KRW),
    ("시급 １０，３２０원", 10_320, 10_320, "H", KRW),
    ("시급 1\u200b0,3\u200b20원", 10_320, 10_320, "H", KRW),
    ("연봉41,000,000원 이상, 면접 후 재조정 가능", 41_000_000, None, "Y", KRW),
    ("월 230~250만원", 2_300_000, 2_500_000, "M", KRW),
    ("월 230만~250", 2_300_000, 2_500_000, "M", None),
    ("연봉 3~4천만원", 30_000_000, 40_000_000, "Y", KRW),
    ("연봉 3천만원", 30_000_000, 30_000_000, "Y", KRW),
    ("연봉 2천5백만원", 25_000_000, 25_000_000, "Y", KRW),
    ("연봉 1억 2천", 120_000_000, 120_000_000, "Y", None),
    ("연봉 1억 2,000만원", 120_000_000, 120_000_000, "Y", KRW),
    ("시간당 1만 500원", 10_500, 10_500, "H", KRW),
    ("일당 십오만원", 150_000, 150_000, "D", KRW),
    ("월급 이백오십만원", 2_500_000, 2_500_000, "M", KRW),
    ("월급여 2백만 오십만원", 2_500_000, 2_500_000, "M", KRW),
    ("월급 2백 오십만원", 2_500_000, 2_500_000, "M", KRW),
    ("시급 1만 오백원", 10_500, 10_500, "H", KRW),
    ("월급 2백만 삼백만원", 2_000_000, 2_000_000, "M", KRW),
    ("월 2백만원, 상여 오십만원", 2_000_000, 2_000_000, "M", KRW),
    ("월 2.5백만원", 2_500_000, 2_500_000, "M", KRW),
    ("월 200만원 ~ 월 250만원", 2_000_000, 2_500_000, "M", KRW),
    ("월 최소 200만원 최대 300만원", 2_000_000, 3_000_000, "M", KRW),
    ("월급 200만원 이상 250만원 이하", 2_000_000, 2_500_000, "M", KRW),
    ("월급 ~300만원", None, 3_000_000, "M", KRW),
    ("월급 300만원까지", None, 3_000_000, "M", KRW),
    ("월급 200만원~", 2_000_000, None, "M", KRW),
    ("10,030원/시간", 10_030, 10_030, "H", KRW),
    ("15만원(일)", 150_000, 150_000, "D", KRW),
    ("연봉 3만 달러", 30_000, 30_000, "Y", USD),
    ("월 250", 250, 250, "M", None),
    # other numbers stand beside the pay
    ("월급 250만원(세전), 수습 3개월 90%", 2_500_000, 2_500_000, "M", KRW),
    ("시급 10,320원 (월 환산 2,156,880원)", 10_320, 10_320, "H", KRW),
    ("식대 10만원, 월급 250만원", 2_500_000, 2_500_000, "M", KRW),
    ("월급 200만원 이상 (성과급 100만원)", 2_000_000, None, "M", KRW),
    ("2026년 최저시급 10,320원", 10_320, 10_320, "H", KRW),
    ("주 5일 월급 200만원", 2_000_000, 2_000_000, "M", KRW),
    ("2026-03-02 입사, 1일 8시간, 일급 90,000원", 90_000, 90_000, "D", KRW),
    ("09:00~18:00 시급 11,000원", 11_000, 11_000, "H", KRW),
    ("$45,000 per year", 45_000, 45_000, "Y", USD),
    ("$20 - $25 an hour", 20, 25, "H", USD),
    ("$15.50/hr to $18/hr", "15.50", 18, "H", USD),
    ("45k-55k a year", 45_000, 55_000, "Y", None),
    ("$45–55K yearly", 45_000, 55_000, "Y", USD),
    ("up to $60k a year", None, 60_000, "Y", USD),
    ("Between $45,000 and $55,000 per annum", 45_000, 55_000, "Y", USD),
    ("£11.44 per hour", "11.44", "11.44", "H", GBP),
    ("$18/hour, 40 hours a week", 18, 18, "H", USD),
    ("Mensuel de 1900.0 Euros", 1_900, 1_900, "M", EUR),
    ("Mensuel de 1900.0 Euros sur 13.5 mois", 1_900, 1_900, "M", EUR),
    ("Annuel de 28000,00 Euros à 32000,00 Euros sur 12 mois", 28_000, 32_000, "Y", EUR),
    ("Horaire de 11.88 Euros", "11.88", "11.88", "H", EUR),
    ("entre 28 000 et 32 000 euros par an", 28_000, 32_000, "Y", EUR),
    ("12,50 €/h", "12.5", "12.5", "H", EUR),
    ("1\u202f900 € brut par mois", 1_900, 1_900, "M", EUR),
    ("1.900,00 € par mois", 1_900, 1_900, "M", EUR),
    ("35K€ - 40K€ par an", 35_000, 40_000, "Y", EUR),
    ("à partir de 1 900 € par mois", 1_900, None, "M", EUR),
]


@pytest.mark.parametrize(("text", "low", "high", "unit", "currency"), STATED)
def test_what_people_write(text: str, low: object, high: object, unit: str, currency: str | None) -> None:
    low, high = (None if bound is None else Decimal(str(bound)) for bound in (low, high))
    assert parse_wage(text) == Wage(low, high, unit, currency)


@pytest.mark.parametrize(
    "text",
    ["회사 내규에 따름", "면접 후 결정", "협의", "추후 협의", "0원", "", None, "   ", "90%",
     "회사 내규, 식대 20만원 별도", "주 5일 40시간, 협의", "To be agreed", "Selon expérience", "만 18세 이상"],
)  # fmt: skip
def test_no_amount_is_not_stated(text: str | None) -> None:
    wage = parse_wage(text)
    assert (wage.low, wage.high, wage.problem) == (None, None, NOT_STATED)


def test_no_unit_is_guessed() -> None:
    assert parse_wage("3000만원~3400만원") == Wage(Decimal(30_000_000), Decimal(34_000_000), None, KRW, UNIT_MISSING)
    assert parse_wage("5,000원", unit="시급") == Wage(Decimal(5_000), Decimal(5_000), None, KRW, UNIT_MISSING)
    assert parse_wage("협의", unit="hourly").unit is None
    assert parse_wage("35000-73000") == Wage(Decimal(35_000), Decimal(73_000), None, None, UNIT_MISSING)
    assert parse_wage("35000-73000", unit="Y", currency=USD) == Wage(Decimal(35_000), Decimal(73_000), "Y", USD)


def test_the_text_wins_over_the_argument() -> None:
    assert parse_wage("연봉 2,500만원", unit="M", currency="USD") == Wage(
        Decimal(25_000_000), Decimal(25_000_000), "Y", KRW
    )
    assert parse_wage("$20 an hour", currency="CAD").currency == "CAD"


def test_the_unit_is_kept_where_the_amount_is_missing() -> None:
    assert parse_wage("시급 협의") == Wage(unit="H", problem=NOT_STATED)
    assert parse_wage("협의", unit="M", currency=KRW) == Wage(unit="M", currency=KRW, problem=NOT_STATED)


def test_an_inverted_range_keeps_both_bounds() -> None:
    assert parse_wage("월급 250만원~200만원") == Wage(Decimal(2_500_000), Decimal(2_000_000), "M", KRW, RANGE_INVERTED)


def test_digits_without_an_amount_are_unreadable() -> None:
    assert parse_wage("급여 코드 A7, 협의").problem == UNREADABLE


_CENTS = st.decimals(min_value="0.01", max_value="999999999", places=2, allow_nan=False, allow_infinity=False)
_AMOUNTS = st.one_of(
    st.integers(1, 10**9).map(Decimal), _CENTS, st.integers(1, 99_999).map(lambda n: Decimal(n) * 10_000),
    st.decimals(min_value="0.001", max_value="9999", places=3, allow_nan=False, allow_infinity=False),
)  # fmt: skip


@st.composite
def wages(draw: st.DrawFn) -> Wage:
    low, high = draw(st.tuples(_AMOUNTS | st.none(), _AMOUNTS | st.none()))
    if draw(st.booleans()):
        high = low
    unit = draw(st.sampled_from(["H", "D", "W", "M", "Y", None]))
    currency = draw(st.sampled_from([KRW, USD, EUR, GBP, "SEK", None]))
    problem = None
    if low is None and high is None:
        problem = NOT_STATED
    elif unit is None:
        problem = UNIT_MISSING
    elif low is not None and high is not None and low > high:
        problem = RANGE_INVERTED
    return Wage(low, high, unit, currency, problem)


@settings(max_examples=600, deadline=None)
@given(wages(), st.sampled_from(["ko", "en", "fr"]))
def test_a_wage_is_read_back_from_its_wording(wage: Wage, lang: str) -> None:
    assert parse_wage(render_wage(wage, lang)) == wage


def test_there_is_no_wording_for_the_unreadable_or_another_language() -> None:
    with pytest.raises(ValueError, match="no wording"):
        render_wage(Wage(problem=UNREADABLE), "ko")
    with pytest.raises(ValueError, match="language de"):
        render_wage(Wage(problem=NOT_STATED), "de")


_PIECES = st.sampled_from(
    ["월급", "시급", "만원", "천", "억", "원", "1", "10,320", "~", "-", "%", "개월", "k", "$", "€", "à", "per", "year",
     " ", ".", ",", "이상", "월", "½", "٣", "²", "０", "\u200b", "백만", "1억", "２천5백", "12:30", "sur 12 mois"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=25).map("".join)))
@example("²만원")
@example("," * 500)
@example("1 " * 500)
@example("9" * 500)
@example("일" * 500)
def test_no_text_breaks_it(text: str) -> None:
    wage = parse_wage(text)
    assert (wage.low is None and wage.high is None) == (wage.problem in {NOT_STATED, UNREADABLE})
    assert all(bound is None or bound > 0 for bound in (wage.low, wage.high))
