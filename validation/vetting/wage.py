"""Wages as people write them, in Korean, English and French, read into bounds, unit and currency.

    월급 233만원 이상 | 3000만원~3400만원 | 시급 10,030 | 2천5백만원 | 1억 2천 | 회사 내규에 따름
    $45,000 per year | 45k-55k | Mensuel de 1900.0 Euros | Annuel de 28000,00 Euros à 32000,00 Euros sur 12 mois

What is read is what is written: no unit is guessed from the size of a number, and `월 250` stays 250. A unit in the
text wins over the argument ``unit``, because it stands beside the amount. Numbers that are no pay are set aside:
hours, days, dates, shares (`90%`), and allowances (`식대 20만원`) where pay stands beside them. Amounts are Decimal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

UNITS = HOUR, DAY, WEEK, MONTH, YEAR = "H", "D", "W", "M", "Y"
NOT_STATED, UNIT_MISSING, RANGE_INVERTED, UNREADABLE = "NOT_STATED", "UNIT_MISSING", "RANGE_INVERTED", "UNREADABLE"


@dataclass(frozen=True)
class Wage:
    """Pay as stated. An exact amount has ``low`` = ``high``; `이상`/from has no ``high``, `이하`/up to no ``low``.

    low, high: amounts in ``currency`` (ISO 4217) per ``unit`` (H hour, D day, W week, M month, Y year).
    problem: NOT_STATED (no amount), UNIT_MISSING (neither text nor caller names a unit; amounts are kept),
    RANGE_INVERTED (low > high, both kept), UNREADABLE (digits, but no amount can be made of them), or None.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    unit: str | None = None
    currency: str | None = None
    problem: str | None = None


class _Amount(NamedTuple):
    """An amount found in a text: value, the number before its multiplier, marked as money or bare, place, currency."""

    value: Decimal
    coefficient: Decimal | None
    multiplier: Decimal
    is_marked: bool
    start: int
    end: int
    currency: str | None


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
_BLANKS = re.compile(r"\s+")

_BIG = {"만": Decimal(10_000), "억": Decimal(100_000_000)}
_SMALL = {"십": Decimal(10), "백": Decimal(100), "천": Decimal(1_000)}
_NUMERALS = {n: Decimal(v) for v, names in enumerate(["영공", "일", "이", "삼", "사", "오", "육륙", "칠", "팔", "구"])
             for n in names}  # fmt: skip
#: powers of ten, the highest first
_STEPS = [Decimal(10) ** n for n in range(15, -1, -1)]

# thousands by comma, dot, apostrophe or blank (three digits each), then decimals; or plain digits. At most 15 digits:
# what is longer is an account or a product number.
_NUMBER = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,4}(?![0-9])(?:\.[0-9]{1,6})?|[0-9]{1,3}(?:\.[0-9]{3}){2,4}(?![0-9])(?:,[0-9]{1,6})?"
    r"|[0-9]{1,3}(?:\.[0-9]{3})(?=,[0-9])(?:,[0-9]{1,6})"
    r"|[0-9]{1,3}(?:[ '][0-9]{3}){1,4}(?![0-9])(?:[.,][0-9]{1,6})?|[0-9]{1,15}(?:[.,][0-9]{1,6})?)"
)
_CURRENCIES = {
    "원": "KRW", "₩": "KRW", "krw": "KRW", "won": "KRW", "달러": "USD", "불": "USD", "$": "USD", "us$": "USD",
    "usd": "USD", "dollars": "USD", "dollar": "USD", "€": "EUR", "eur": "EUR", "euros": "EUR", "euro": "EUR",
    "유로": "EUR", "£": "GBP", "gbp": "GBP", "kr": "SEK", "sek": "SEK", "kronor": "SEK", "¥": "JPY", "jpy": "JPY",
    "엔": "JPY",
}  # fmt: skip
_BEFORE = r"us\$|[$€£₩¥]|(?:krw|usd|eur|gbp|sek|jpy)(?= ?[0-9])"
_AFTER = (
    r"원|달러|불(?![가-힣])|유로|엔(?![가-힣])|[$€£₩¥]"
    r"|(?:won|krw|usd|dollars?|euros?|eur|gbp|sek|kronor|kr|jpy)(?![a-z])"
)
_ONES = "일이삼사오육륙칠팔구"
_HANGUL = f"{_ONES}십백천만억"
_AMOUNT = re.compile(
    rf"(?P<before>{_BEFORE})? ?(?<![0-9a-z])(?<![0-9][.,:])(?P<digits>{_NUMBER})(?![0-9])"
    r"(?:(?P<thousand> ?k(?![a-z]))|(?P<units> ?[십백천만억](?:[ 0-9,.십백천만억]*[0-9십백천만억])?)"
    # after figures the rest in Hangul: 2백만 오십만원
    rf"(?P<rest> ?(?:[{_ONES}]?[십백천])+[{_ONES}]?만?(?= ?원))?)?"
    rf" ?(?P<after>{_AFTER})?"
    # numerals alone only before 원, so that 만 18세 or 일이 are none
    rf"|(?<![가-힣])(?P<words>[{_HANGUL}]*[십백천만억][{_HANGUL} ]*) ?원"
    rf"|(?<=[급봉당월간약총])(?P<joined>[{_HANGUL}]*[십백천만억][{_HANGUL}]*) ?원"
)
_PART = re.compile(rf"{_NUMBER}|[{_HANGUL}]")

# numbers that are no amounts, with the word before them that would otherwise pass for the unit of the wage (주 5일)
_NOISE = re.compile(
    r"(?<![0-9.,])(?:19|20)[0-9]{2}(?: ?([-./]) ?[0-9]{1,2} ?\1 ?|년 ?[0-9]{1,2}월 ?)[0-9]{1,2}(?: ?일)?"  # dates
    r"|[0-9]{1,2}:[0-9]{2}"  # times
    r"|\*{2,}[-*0-9]*|0[0-9]{1,2}-[0-9*]{3,4}-[0-9*]{4}"  # masked and telephone numbers
    r"|[0-9]+(?:[.,][0-9]+)?(?: ?[~-] ?[0-9]+(?:[.,][0-9]+)?)? ?(?:%|퍼센트|percent|프로(?![가-힣]))"
    r"|(?:(?<![가-힣])(?:주|월|일|연|년|매주|매월|하루|만) ?)?"
    r"[0-9]{1,4}(?:[.,][0-9]+)?(?: ?[~-] ?[0-9]{1,4}(?:[.,][0-9]+)?)? ?"
    r"(?:시간(?!당|급)|시(?!급|간)|개월|달(?!러)|년(?!봉)|월(?!급|봉|[ 0-9]*만)|일(?!급|당)|분(?!당)"
    r"|주(?!급|휴|당)|회|차|명|인(?!센)|세(?!전|후)|살|호봉|급(?!여)|등급|번|배|교대|점|층|조"
    r"|(?:hours?|hrs?|h|days?|weeks?|months?|years?|yrs?|shifts?|mois|ans?(?! (?:hour|hr))|heures?|jours?|semaines?"
    r"|st|nd|rd|th)(?![a-z]))"
    r"|(?:sur|over) [0-9]+(?:[.,][0-9]+)? mois"
    r"|[0-9]{16,}"
)
_FILLER = "\x00"  # takes the place of noise, so that what stood on both sides of it does not meet

_UNIT_WORDS = {
    HOUR: r"시급|시간급|시간당|시간제|/ ?시간|/ ?시(?![가-힣])|\(시간\)"
    r"|hourly|(?:per|an|each|/|p/) ?(?:hours?|hr|h)(?![a-z])|(?<![a-z])ph(?![a-z])"
    r"|horaire|(?:par|/|de l'|l') ?heure",
    DAY: r"일급|일당|(?<![가-힣])하루|1일당|/ ?일(?![가-힣])|\(일\)|(?<![가-힣0-9])일(?= ?[0-9])"
    r"|daily|(?:per|a|each|/) ?day|per diem"
    r"|journalier|(?:par|/) ?jour|/ ?j(?![a-z])",
    WEEK: r"주급|주당|매주|/ ?주(?![가-힣])|\(주\)|(?<![가-힣0-9])주(?= ?[0-9])"
    r"|weekly|(?:per|a|each|/) ?(?:week|wk)|(?<![a-z])pw(?![a-z])"
    r"|hebdomadaire|(?:par|/) ?semaine",
    MONTH: r"월급|월봉|매월|매달|한 ?달|(?<![가-힣0-9])월(?!요|말|초|차|드)|/ ?월"
    r"|monthly|(?:per|a|each|/) ?(?:month|mo(?![a-z]))|(?<![a-z])p\.?c\.?m(?![a-z])|(?<![a-z])pm(?![a-z])"
    r"|mensuel|(?:par|/) ?mois|(?:per|/) ?mån(?:ad)?(?![a-z])",
    YEAR: r"연봉|년봉|연간|연 ?급여|(?<![가-힣0-9])연(?= ?[0-9약(])|/ ?[년연](?![가-힣])"
    r"|yearly|annual|(?:per|a|each|/) ?(?:year|yr)|per annum|(?<![a-z])p\.? ?a(?:\.|(?![a-z]))"
    r"|annuel|(?:par|/|l') ?an(?:née)?(?![a-z])|per år(?![a-z])",
}
_UNIT = re.compile("|".join(f"(?P<{unit}>{words})" for unit, words in _UNIT_WORDS.items()))

_ALLOWANCE = re.compile(
    r"(?:식대|식비|수당|교통비|주유비|유류비|인센티브|인센|상여금?|보너스|성과급|퇴직금|포상금?|장려금|지원금|격려금|숙박비|복지포인트|축하금"
    r"|bonus(?:es)?|commission|allowance|prime|stipend|ticket(?:s)? restaurants?)"
    r" ?(?:월|연|매월|별도|은|는|of|de|:)? ?$"
)
_LEAST_AFTER = re.compile(r"[ )]*(?:이상|부터|초과|\+|~|or more|and up|minimum|min\b|et plus)")
_LEAST_BEFORE = re.compile(
    r"(?:최소|최저|from|at least|starting at|minimum(?: of)?|min\.?|à partir de|minimum de|au moins) ?$"
)
_MOST_AFTER = re.compile(r"[ )]*(?:이하|이내|까지|미만|or less|maximum|max\b)")
_MOST_BEFORE = re.compile(r"(?:최대|최고|up to|maximum(?: of)?|max\.?|no more than|jusqu'à|~|maximum de) ?$")
_BETWEEN = re.compile(
    r"[ )(]*(?:(?:이상|부터|에서)?[ ,]*(?:[~-]+|to|and|et|à|a|or|up to|최대|max\.?|jusqu'à) *(?:최대|max\.?)?"
    r"|이상|부터|에서)[ )(]*"
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-") | dict.fromkeys("∼〜˜", "~") | {"…": "~", "’": "'"})
_LEADING_WORDS = re.compile(r"(?:월|연|일|시|주)$")


def parse_wage(text: str | None, *, unit: str | None = None, currency: str | None = None) -> Wage:
    """The wage that ``text`` states. ``unit`` and ``currency`` hold where the text names none. Raises nothing.

    A ``unit`` that is none of ``UNITS`` is none.
    """
    unit = unit if unit in UNITS else None
    if not text:
        return Wage(unit=unit, currency=currency, problem=NOT_STATED)
    raw = _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).translate(_DASHES).lower().strip()
    tidy = _NOISE.sub(_FILLER, raw)
    amounts = _amounts(tidy)
    if not amounts:
        found = _UNIT.search(tidy)
        # what is left of the digits was meant as an amount, unless it is zero or an allowance
        is_unread = any(c.isdigit() and c != "0" for c in tidy) and not _AMOUNT.search(tidy)
        return Wage(
            unit=found.lastgroup if found else unit,
            currency=_currency_alone(tidy) or currency,
            problem=UNREADABLE if is_unread else NOT_STATED,
        )
    low, high, first, last = _bounds(tidy, amounts)
    stated = _unit_of(tidy, amounts, first, last) or unit
    written = next((a.currency for a in (first, last) if a.currency), None)
    if written == "USD" and currency in {"CAD", "AUD", "NZD", "SGD", "HKD"}:
        written = currency  # a dollar sign is that of the country
    problem = None
    if stated is None:
        problem = UNIT_MISSING
    elif low is not None and high is not None and low > high:
        problem = RANGE_INVERTED
    return Wage(low, high, stated, written or currency, problem)


def _amounts(text: str) -> list[_Amount]:
    """Amounts above zero in order of place; bare numbers only where no number is marked as money, or beside one."""
    found = []
    for match in _AMOUNT.finditer(text):
        amount = _read(match)
        if amount is not None:
            found.append(amount)
    if not any(a.is_marked for a in found):
        return [a for a in found if a.value > 0]
    kept = [
        a for i, a in enumerate(found)
        if a.is_marked or (i + 1 < len(found) and found[i + 1].is_marked and _joined(text, a, found[i + 1]))
        or (i and found[i - 1].is_marked and _joined(text, found[i - 1], a))
    ]  # fmt: skip
    pay = [a for a in kept if not _ALLOWANCE.search(text, max(0, a.start - 16), a.start)]
    return [a for a in pay if a.value > 0]


def _read(match: re.Match[str]) -> _Amount | None:
    words = match["words"] or match["joined"]
    if words:
        return _Amount(_hangul(words), None, Decimal(1), True, match.start(), match.end(), "KRW")
    number = match["digits"]
    mark = match["before"] or match["after"]
    currency = _CURRENCIES.get(mark) if mark else None
    units = match["units"]
    if number.startswith("0") and len(number) > 1 and number[1].isdigit():
        return None  # an area code or a counter
    value = coefficient = _decimal(number, currency)
    multiplier = Decimal(1)
    if match["thousand"]:
        multiplier = Decimal(1_000)
        value = coefficient * multiplier
    elif units:
        value = _hangul(number + units, coefficient)
        if not any(c.isdigit() or c == "," for c in units) and coefficient:
            multiplier = value / coefficient
        if match["rest"]:
            value = _with_rest(value, units, match["rest"])
    is_marked = bool(mark or units or match["thousand"])
    return _Amount(value, coefficient, multiplier, is_marked, match.start(), match.end(), currency)


def _with_rest(value: Decimal, units: str, rest: str) -> Decimal:
    """2백만 오십만 is 2,500,000 and 2백 오십만 the same; in 2백만 삼백만 the second is another amount."""
    if "만" in rest and not set("만억").intersection(units):
        value *= 10_000
    more = _hangul(rest)
    return value + more if more < next(step for step in _STEPS if value % step == 0) else value


def _decimal(number: str, currency: str | None = None) -> Decimal:
    """Value of digits with separators. One dot before three digits is a decimal point, but for euro and krona."""
    number = number.replace(" ", "").replace("'", "")
    commas, dots = number.count(","), number.count(".")
    if commas and dots:
        thousands = "," if number.rfind(".") > number.rfind(",") else "."
        return Decimal(number.replace(thousands, "").replace(",", "."))
    if commas:
        groups = number.split(",")
        is_thousands = len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:]) and groups[0] != "0"
        return Decimal(number.replace(",", "" if is_thousands else "."))
    if dots > 1 or (
        dots and currency in {"EUR", "SEK"} and len(number.split(".")[0]) <= 3 == len(number.split(".")[1])
    ):
        return Decimal(number.replace(".", ""))
    return Decimal(number)


def _hangul(text: str, first: Decimal | None = None) -> Decimal:
    """Value of digits mixed with 십, 백, 천, 만, 억: 2천5백만 is 25,000,000, and 1억 2천 is 120,000,000."""
    total, section, current, after_eok = Decimal(0), Decimal(0), None, False
    for part in _PART.findall(text):
        if part in _SMALL:
            section += (Decimal(1) if current is None else current) * _SMALL[part]
            current = None
        elif part in _BIG:
            section += current or Decimal(0)
            total += (section or Decimal(1)) * _BIG[part]
            section, current, after_eok = Decimal(0), None, part == "억"
        elif part in _NUMERALS:
            current = _NUMERALS[part]
        else:
            current, first = (first if first is not None else _decimal(part)), None
    rest = section + (current or Decimal(0))
    # after 억 people leave the 만 away
    return total + (rest * 10_000 if after_eok and rest < 10_000 else rest)


def _joined(text: str, one: _Amount, other: _Amount) -> bool:
    """Is this a range? Unit words between the amounts do not count (`월 200만원 ~ 월 250만원`)."""
    between = text[one.end : other.start]
    if len(between) > 24:
        return False
    if _BETWEEN.fullmatch(between):
        return True
    return bool(_BETWEEN.fullmatch(_LEADING_WORDS.sub("", _UNIT.sub("", between))))


def _bounds(text: str, amounts: Sequence[_Amount]) -> tuple[Decimal | None, Decimal | None, _Amount, _Amount]:
    """Low, high and the amounts they came from: the first amount, with the one it is joined to."""
    one = amounts[0]
    if len(amounts) > 1 and _joined(text, one, amounts[1]):
        other = amounts[1]
        low, high = one.value, other.value
        # 230~250만원, 45-55k: the multiplier is written once
        is_open = one.multiplier == 1 and (not one.is_marked or other.multiplier == 1_000)
        if is_open and other.multiplier > 1 and other.coefficient and low <= other.coefficient:
            low = low * other.multiplier
        elif not other.is_marked and one.multiplier > 1 and one.coefficient and one.coefficient <= high < low:
            high = high * one.multiplier
        return low, high, one, other
    before = text[max(0, one.start - 16) : one.start]
    at_most = _MOST_AFTER.match(text, one.end) or _MOST_BEFORE.search(before)
    if at_most:
        return None, one.value, one, one
    if _LEAST_AFTER.match(text, one.end) or _LEAST_BEFORE.search(before):
        return one.value, None, one, one
    return one.value, one.value, one, one


def _unit_of(text: str, amounts: Sequence[_Amount], first: _Amount, last: _Amount) -> str | None:
    """The unit beside the amount: one tied to its end (`/월`, per year), else the nearest before it, else the next.

    A unit after a further amount belongs to that one.
    """
    nearest = None
    for match in _UNIT.finditer(text):
        if match.start() < last.start:
            nearest = match.lastgroup
            continue
        is_tied = match[0][0] in "/(" or match[0].startswith(("per ", "a ", "an ", "par "))
        if is_tied and not text[last.end : match.start()].strip():
            return match.lastgroup
        if nearest is None and not any(last.end <= a.start < match.start() for a in amounts):
            nearest = match.lastgroup
        break
    return nearest


def _currency_alone(text: str) -> str | None:
    found = re.search(r"us\$|[$€£₩¥]|(?<![a-z])(?:krw|usd|eur|gbp|sek|jpy)(?![a-z])", text)
    return _CURRENCIES.get(found[0]) if found else None


_WORDS: dict[str, dict[str | None, str]] = {
    "ko": {HOUR: "시급", DAY: "일급", WEEK: "주급", MONTH: "월급", YEAR: "연봉", None: ""},
    "en": {HOUR: "per hour", DAY: "per day", WEEK: "per week", MONTH: "per month", YEAR: "per year", None: ""},
    "fr": {HOUR: "Horaire", DAY: "Journalier", WEEK: "Hebdomadaire", MONTH: "Mensuel", YEAR: "Annuel", None: ""},
}
_NONE = {"ko": "면접 후 결정", "en": "To be agreed", "fr": "À négocier"}
_SIGNS = {"USD": "$", "GBP": "£"}
_NAMES = {
    "ko": {"KRW": "원", "EUR": "유로", "USD": "달러"},
    "en": {"KRW": " won", "EUR": " euros"},
    "fr": {"EUR": " Euros"},
}


def render_wage(wage: Wage, lang: str) -> str:
    """The wage as people write it in ``lang`` (ko, en, fr); ``parse_wage`` reads it back as the same wage.

    Raises ValueError for another language and for a wage that could not be read (UNREADABLE).
    """
    if lang not in _WORDS:
        raise ValueError(f"No wording for language {lang}; there is ko, en and fr.")
    if wage.problem == UNREADABLE:
        raise ValueError("An unreadable wage has no wording.")
    word = _WORDS[lang][wage.unit]
    if wage.low is None and wage.high is None:
        sign = wage.currency or ""
        return " ".join(part for part in (word, _NONE[lang], f"({sign})" if sign else "") if part)
    low = None if wage.low is None else _render_amount(wage.low, wage.currency, lang)
    high = None if wage.high is None else _render_amount(wage.high, wage.currency, lang)
    if lang == "ko":
        text = f"{low} 이상" if high is None else f"{high} 이하" if low is None else f"{low}~{high}"
        if low == high:
            text = str(low)
        return f"{word} {text}".strip()
    if lang == "en":
        text = f"from {low}" if high is None else f"up to {high}" if low is None else f"{low} - {high}"
        if low == high:
            text = str(low)
        return f"{text} {word}".strip()
    text = f"à partir de {low}" if high is None else f"jusqu'à {high}" if low is None else f"de {low} à {high}"
    if low == high:
        text = f"de {low}"
    return f"{word} {text}".strip()


def _render_amount(amount: Decimal, currency: str | None, lang: str) -> str:
    if lang == "ko" and currency == "KRW" and amount >= 10_000 and amount % 10_000 == 0:
        return f"{amount / 10_000:,.0f}만원"
    plain = f"{amount:f}"
    whole, _, decimals = plain.partition(".")
    decimals = decimals.rstrip("0")
    # three decimals would read as thousands; French prints cents always, as job boards there do
    decimals = decimals.ljust(4 if len(decimals) == 3 else 2 if lang == "fr" and currency else 0, "0")
    if lang == "fr":
        number = whole + (f",{decimals}" if decimals else "")
    else:
        number = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
    if currency is None:
        return number
    name = _NAMES[lang].get(currency)
    if name:
        return number + name
    sign = _SIGNS.get(currency)
    return f"{sign}{number}" if sign and lang != "fr" else f"{number} {currency}"
