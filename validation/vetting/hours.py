"""Working hours: paid hours of a month, and the weekly hours that a text states.

Paid hours of a month (Minimum Wage Act decree art. 5, Labor Standards Act art. 18 and 55): the hours of the week plus
the paid weekly holiday, times 365 / 7 / 12. Who works under 15 hours a week has no paid holiday, so the paid hours
jump at 15. At 40 hours the official constant is 209 and not 208.57.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

FULL_WEEK = Decimal(40)
FULL_WEEK_MONTH = Decimal(209)
HOLIDAY_FROM = Decimal(15)
LONGEST_WEEK = Decimal(168)
#: a stay of more than 8 hours holds one unpaid hour (Labor Standards Act art. 54) where the text names no break
BREAK_ABOVE, BREAK = Decimal(8), Decimal(1)


def paid_hours_month(weekly: Decimal) -> Decimal:
    """Paid hours of a month for ``weekly`` contracted hours (0 to 168), unrounded. Raises ValueError outside."""
    if not 0 < weekly <= LONGEST_WEEK:
        raise ValueError(f"A week has more than 0 and at most {LONGEST_WEEK} hours, not {weekly}.")
    if weekly == FULL_WEEK:
        return FULL_WEEK_MONTH
    holiday = min(weekly / 5, Decimal(8)) if weekly >= HOLIDAY_FROM else Decimal(0)
    return (weekly + holiday) * 365 / 84


def paid_hours_month_sql(weekly: str) -> str:
    """The same as a DuckDB expression (DOUBLE) over the SQL expression ``weekly``; NULL outside 0 to 168."""
    w = f"({weekly})::double"
    return (
        f"(case when {w} <= 0 or {w} > {LONGEST_WEEK} then null when {w} = {FULL_WEEK} then {FULL_WEEK_MONTH}"
        f" when {w} < {HOLIDAY_FROM} then {w} * 365 / 84 else ({w} + least({w} / 5, 8)) * 365 / 84 end)"
    )


_N = r"([0-9]{1,3}(?:[.,][0-9]{1,2})?)"
_HOURS = r"(?:시간|hours?|hrs?|h(?![a-z])|heures?)"
_WEEKLY = re.compile(
    r"(?:주당?|매주|한 ?주에?|1주일?에?) ?(?:평균|최대|총|소정)? ?(?:근로시간|근무시간)?:? ?"
    rf"(?:{_N} ?[~-] ?)?{_N} ?시간(?! ?이내)"
    rf"|{_N} ?{_HOURS} ?(?:per|a|/|each|par) ?(?:week|wk|semaine)|{_N} ?{_HOURS} ?(?:hebdo|weekly)"
    rf"|(?:weekly|hebdomadaire)[^0-9]{{0,12}}{_N} ?{_HOURS}"
)
_DAILY = re.compile(
    r"(?:1일|일일|하루|일|매일|[0-9]{1,2}시(?:부터)?) ?(?:평균|총)? ?(?:근로|근무|실근무)?:? ?"
    rf"{_N} ?시간(?! ?[0-9~-])"
    rf"|{_N} ?{_HOURS} ?(?:per|a|/|par) ?(?:day|jour)"
)
_DAYS = re.compile(
    r"(?:주당?|매주|1주일?에?) ?([1-7]) ?일|([1-7]) ?days? ?(?:per|a|/) ?week|([1-7]) ?jours? ?(?:par|/) ?semaine"
)
_WEEKDAYS = "월화수목금토일"
_SPAN_OF_DAYS = re.compile(rf"([{_WEEKDAYS}])(?:요일)? ?[~-] ?([{_WEEKDAYS}])(?:요일)?(?![가-힣])")
_CLOCK = r"(?:\(?(오전|오후|저녁|밤|새벽|낮|am|pm)\)?)? ?([0-9]{1,2})(?: ?[:시] ?([0-5][0-9])?(?: ?분)?)?"
_TIMES = re.compile(
    rf"(?<![0-9]){_CLOCK}\)? ?(?:부터|에서|[~-]) ?(?:\(?(?:익일|다음 ?날|당일)\)?)? ?{_CLOCK} ?(am|pm)?"
    r"(?![0-9:])(?! ?(?:시간|만|회|개|명|세))"
)
_BREAK = re.compile(r"(?:휴게|휴식|점심|break|lunch|pause)(?: ?시간)?[^0-9가-힣]{0,4}([0-9]{1,3}) ?(시간|분|h|min)")
_SHIFTS = re.compile(r"교대|격일|탄력|시차|선택적|/.*[0-9]:[0-9]")
_PUNCTUATION = str.maketrans(dict.fromkeys("∼〜˜～", "~") | dict.fromkeys("‐‑‒–—―−", "-"))


def weekly_hours_of(text: str | None) -> Decimal | None:
    """Weekly working hours that ``text`` states, above 0 and at most 168; None when it states none. Raises nothing.

    In this order: hours a week as written (the upper end of a range); hours a day times days a week; times of the day
    less the break times days a week. The break is the one written, else one hour in a stay of more than 8. Shifts that
    alternate state no week by their times.
    """
    if not text:
        return None
    tidy = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).translate(_PUNCTUATION).lower()
    if found := _WEEKLY.search(tidy):
        return _within_a_week(_number(*(g for g in reversed(found.groups()) if g)))
    days = _days(tidy)
    if days is None:
        return None
    if found := _DAILY.search(tidy):
        return _within_a_week(_number(*(g for g in found.groups() if g)) * days)
    if _SHIFTS.search(tidy):
        return None
    stay = _stay(tidy)
    return None if stay is None else _within_a_week(stay * days)


def _number(text: str, *_: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _within_a_week(hours: Decimal) -> Decimal | None:
    return hours.normalize() + 0 if 0 < hours <= LONGEST_WEEK else None


def _days(text: str) -> int | None:
    if found := _DAYS.search(text):
        return int(next(g for g in found.groups() if g))
    if found := _SPAN_OF_DAYS.search(text):
        return (_WEEKDAYS.index(found[2]) - _WEEKDAYS.index(found[1])) % 7 + 1
    return 5 if "평일" in text else 2 if "주말" in text else None


def _stay(text: str) -> Decimal | None:
    """Hours between the first pair of times, over midnight where the end is earlier, less the break."""
    for found in _TIMES.finditer(text):
        half_1, hour_1, minute_1, half_2, hour_2, minute_2, suffix = found.groups()
        if not (minute_1 or minute_2 or ":" in found[0] or "시" in found[0] or suffix or half_1):
            continue  # two bare numbers are no times
        begin, end = _clock(half_1, hour_1, minute_1), _clock(half_2 or suffix, hour_2, minute_2)
        if begin is None or end is None:
            continue
        stay = end - begin
        if stay <= 0:
            stay += 24
        if pause := _BREAK.search(text):
            free = Decimal(pause[1]) / (60 if pause[2] in {"분", "min"} else 1)
        else:
            free = BREAK if stay > BREAK_ABOVE else Decimal(0)
        return stay - free if stay > free else None
    return None


def _clock(half: str | None, hour: str, minute: str | None) -> Decimal | None:
    """Hours since midnight; afternoon hours from 1 to 11 are 13 to 23. None for what no clock shows."""
    value = int(hour)
    if half in {"오후", "저녁", "밤", "낮", "pm"} and 1 <= value < 12 and not (half == "낮" and value == 11):
        value += 12
    elif half in {"오전", "새벽", "am"} and value == 12:
        value = 0
    return None if value > 24 else Decimal(value) + Decimal(minute or 0) / 60
