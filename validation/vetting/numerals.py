"""Numerals written in Hangul → digits, only where a numeral is meant: before a unit, or as a spelled telephone number.

삼십만원 → 300000원, 3천만원 → 30000000원, 삼십오세 → 35세, 서른다섯 살 → 35 살, 천구백구십년 → 1990년, 공일공 → 010.
사원, 이만 원하는 and 교육만 원하는 are words and stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: a replacement: the match → new text and, for each of its characters, the place in the match it comes from
Edit = Callable[[re.Match[str]], tuple[str, list[int]]]

_ONES = "일이삼사오육륙칠팔구"
_VALUE = {c: n for n, c in enumerate("공일이삼사오육칠팔구")} | {"영": 0, "륙": 6}
_SMALL = {"십": 10, "백": 100, "천": 1000}
_LARGE = {"만": 10**4, "억": 10**8}
_TENS = {"스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60}
_FEW = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9}
#: a numeral begins a word, or follows one that announces an amount or an age (보증금오십만원, 만삼십오세)
_STARTS = rf"(?:(?<![가-힣0-9.,])(?<![{_ONES}십백천] )|(?<=[금비당급봉료액돈만])(?<![0-9]만)|(?<=나이)|(?<=연령))"
_UNDER_100 = f"[{_ONES}]?십[{_ONES}]?"
_MONEY = re.compile(
    rf"{_STARTS}((?:[0-9]{{1,3}}|[{_ONES}십백천만억])[{_ONES}십백천만억]*(?: [{_ONES}]?[십백천만억])*)"
    r"(?= ?원(?![하칙래인]))"
)
_COUNT = re.compile(
    rf"{_STARTS}(?:({_UNDER_100})"
    r"(?= ?(?:세|살|대(?![가-힣])|대[의가는를에까초중후만]|시|개월|퍼센트|프로|%|센티|cm|kg|킬로|키로)"
    rf"| ?[~-] ?{_UNDER_100})"
    rf"|((?:천구백|이천)(?:[{_ONES}]?십)?[{_ONES}]?)(?= ?년)|(백[{_ONES}]?십[{_ONES}]?)(?= ?(?:이상|정도|센티|cm))"
    rf"|([{_ONES}] 십(?: [{_ONES}])?)(?= ?[세살])|([{_ONES}])(?= ?개월))"
)
_NATIVE = re.compile(f"(?<![가-힣])({'|'.join(_TENS)})(?:({'|'.join(_FEW)}))?(?= ?살)")
_SPOKEN = r"[공영일이삼사오육륙칠팔구0-9]"
_PHONE = re.compile(
    rf"(?:공일[공일육칠팔구]|[공0][일1][공영0])(?:[-. ]?{_SPOKEN}){{7,8}}(?![0-9])|공일[공일육칠팔구](?![가-힣])"
)


def _value(numeral: str) -> int | None:
    """삼십오 → 35, 3천만 → 30000000, 천구백구십 → 1990; None where the letters make no numeral."""
    total = section = 0
    ones: int | None = None
    for token in re.findall("[0-9]+|[^ ]", numeral):
        if token in _LARGE:
            total += (section + (ones or 0) or 1) * _LARGE[token]
            section, ones = 0, None
        elif token in _SMALL:
            section += (1 if ones is None else ones) * _SMALL[token]
            ones = None
        elif ones is not None:
            return None  # two ones in a row: no numeral but a spelling
        else:
            ones = int(token) if token.isdigit() else _VALUE[token]
    return total + section + (ones or 0)


def _kept(match: re.Match[str]) -> tuple[str, list[int]]:
    return match[0], list(range(len(match[0])))


def _money(match: re.Match[str]) -> tuple[str, list[int]]:
    words = match[1]
    # 30만 is read as it stands, and 만원 alone may mean "full"
    if len(words.replace(" ", "")) < 2 or re.fullmatch("[0-9]+ ?[만억]", words):
        return _kept(match)
    value = _value(words)
    return _kept(match) if value is None else (str(value), [0] * len(str(value)))


def _count(match: re.Match[str]) -> tuple[str, list[int]]:
    if len(match[0]) == 1 and match.string.startswith("시", match.end()):
        return _kept(match)  # 십시일반: of hours one says 열 시
    value = _value(match[0])
    return _kept(match) if value is None else (str(value), [0] * len(str(value)))


def _native(match: re.Match[str]) -> tuple[str, list[int]]:
    value = str(_TENS[match[1]] + (_FEW[match[2]] if match[2] else 0))
    return value, [0] * len(value)


def _spoken(match: re.Match[str]) -> tuple[str, list[int]]:
    return "".join(str(_VALUE.get(c, c)) for c in match[0]), list(range(len(match[0])))


NUMERALS: tuple[tuple[re.Pattern[str], Edit], ...] = (
    (_PHONE, _spoken),
    (_MONEY, _money),
    (_COUNT, _count),
    (_NATIVE, _native),
)
#: numerals may be at work: the patterns above without look-around, so a little wider
MAYBE_NUMERAL = (
    r"(?:^|[^가-힣0-9.,]|[금비당급봉료액돈만이령])(?:"
    rf"(?:[0-9]{{1,3}} ?[{_ONES}십백천]|[{_ONES}십백천만억])[{_ONES}십백천만억]*(?: [{_ONES}]?[십백천만억])* ?원"
    rf"|{_UNDER_100} ?(?:세|살|대|시|개월|퍼센트|프로|%|센티|cm|kg|킬로|키로|[~-])|(?:천구백|이천)[{_ONES}십]* ?년"
    rf"|백[{_ONES}]?십[{_ONES}]? ?(?:이상|정도|센티|cm)|[{_ONES}] ?개월|[{_ONES}] 십[ {_ONES}]{{0,3}}[세살])"
    rf"|(?:{'|'.join(_TENS)})[가-힣]{{0,2}} ?살|공일[공일육칠팔구]"
    rf"|[공0][일1][공영0](?:[-. ]?{_SPOKEN}){{0,7}}[공영일이삼사오육륙칠팔구]"
)
