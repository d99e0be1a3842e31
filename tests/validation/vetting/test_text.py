"""Clean-up of texts: the nine steps, offsets, and that the fast path for many texts equals the definition for one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validation.vetting.text import SEPARATORS, clean_up, views

STEPS = [
    # step of section 3.2, original, clean view, squashed view
    ("nfkc", "ｗｏｒｋ①㎏", "work1kg", "work1kg"),
    ("invisible", "보\u200b증\u00ad금\ufeff 입\u2060금", "보증금 입금", "보증금입금"),
    ("variation", "일\ufe0f당", "일당", "일당"),
    ("loose jamo", "ㄱㅏㅇㅣㅂㅂㅣ 납부", "가입비 납부", "가입비납부"),
    ("jamo with filler", "ㄱ\u3164ㅏㅇㅣㅂ\u115fㅂㅣ", "가입비", "가입비"),
    ("decomposed", unicodedata.normalize("NFD", "신장 각 값"), "신장 각 값", "신장각값"),
    ("laughter stays", "좋아요ㅋㅋ", "좋아요ㅋㅋ", "좋아요ㅋㅋ"),
    ("two letters in one syllable", "ㄷㅏㄹㄱ ㅇㅗㅏ", "닭 와", "닭와"),
    ("middle dots", "텔ㆍ레・그·램", "텔·레·그·램", "텔레그램"),
    ("digit inside a word", "보1도 당1일1지1급", "보1도 당1일1지1급", "보도당일지급"),
    ("digits that count stay", "보증금50만원", "보증금50만원", "보증금50만원"),
    ("blanks between jamo", "ㄱ ㅏ ㅇ ㅣ ㅂ ㅂ ㅣ", "ㄱ ㅏ ㅇ ㅣ ㅂ ㅂ ㅣ", "가입비"),
    ("noughts", "1OO만원 2○○원 3〇세", "100만원 200원 3〇세", "100만원200원3〇세"),
    ("strokes", "1l7cm 2I3 4|5", "117cm 213 415", "117cm213415"),
    ("area code", "O1O-1234", "010-1234", "010-1234"),
    ("circled letters", "ⓚatalk 🅣elegram", "katalk Telegram", "katalkTelegram"),
    ("cyrillic in latin", "Тelegrаm", "Telegram", "Telegram"),
    (
        "money",
        "일당 삼십만원, 3천만원, 이십오만 원",
        "일당 300000원, 30000000원, 250000 원",
        "일당300000원,30000000원,250000원",
    ),
    ("age", "삼십오세 만이십세 서른다섯 살 이십대", "35세 만20세 35 살 20대", "35세만20세35살20대"),
    ("year", "천구백구십년 이후", "1990년 이후", "1990년이후"),
    ("telephone", "공일공-일이삼사-오육칠팔로", "010-1234-5678로", "010-1234-5678로"),
    ("blanks", "a \t b\r\n \n c\u00a0d", "a b\nc d", "abcd"),
    ("range keeps its sign", "20~35세 보-증-금", "20~35세 보-증-금", "20~35세보증금"),
]
WORDS_THAT_STAY = [
    "사원 구함",
    "교육만 원하는 분",
    "이만 원하시는 대로",
    "주십시오",
    "수도권 일원",
    "만원 버스",
    "이세돌 구단",
    "십시일반",
    "백분율 계산",
]


@pytest.mark.parametrize(("step", "original", "clean", "squashed"), STEPS, ids=[step for step, *_ in STEPS])
def test_each_step(step: str, original: str, clean: str, squashed: str) -> None:
    cleaned = clean_up(original)
    assert (cleaned.clean, cleaned.squashed) == (clean, squashed)


@pytest.mark.parametrize("words", WORDS_THAT_STAY)
def test_words_are_no_numerals(words: str) -> None:
    assert clean_up(words).clean == words


def test_evidence_is_quoted_from_the_original() -> None:
    original = "입사 전 \u200b보·증·금 오십만원을\u00a0 ㄴㅏㅂㅂㅜ"
    cleaned = clean_up(original)
    start = cleaned.squashed.index("보증금")
    assert original[slice(*cleaned.span(*cleaned.clean_span(start, start + 3)))] == "보·증·금"
    start = cleaned.clean.index("500000")
    assert original[slice(*cleaned.span(start, start + 6))] == "오십만"
    start = cleaned.clean.index("납부")
    assert original[slice(*cleaned.span(start, start + 2))] == "ㄴㅏㅂㅂㅜ"


#: characters that meet every step, with the neighbours that make a difference
ALPHABET = (
    "가나보증금교육비남여만세원살대년시이상하로 \n\t.,·*/-~!+=:()[]\"'"
    "일이삼사오육륙칠팔구십백천만억공영서른스물다섯"
    "0123456789OoIl|○〇ＡＢ１２abcXYZ@"
    "ㄱㅏㅇㅣㅂㅗㅋㅎ\u1100\u1161\u11a8ﾡￂ\u3164\u200b\ufe0f\u00ad\u0301\u3099\u20e3"
    "①ⓚ㈜㎏㉠…–•∼ㆍ・～　\u00a0\u2028\x0b\x1c™€АеΟ漢🅰🙂❶"
)
PIECES = [
    *("보·증·금", "삼십만원", "삼 십 만 원", "사 십 세 이하", "공일공 일이삼사오육칠팔", "2OO만원", "20~35세", "보1도"),
    *(
        "당1일1지1급",
        "ㄱㅏㅇㅣㅂㅂㅣ",
        "키 1 7 0 이상",
        "보증금50만원",
        "남-자-만",
        "가-1나",
        "이만 원",
        "십시",
        "다",
        ", ",
    ),
    *(" ", "\n", "  \r\n"),
]
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=40) | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXTS | st.none() | st.text(max_size=20), min_size=1, max_size=12))
def test_many_texts_as_one(texts: list[str | None]) -> None:
    clean, squashed = views(pa.array(texts, pa.string()))
    for text, one_clean, one_squashed in zip(texts, clean.to_pylist(), squashed.to_pylist(), strict=True):
        expected = (None, None) if text is None else (clean_up(text).clean, clean_up(text).squashed)
        assert (one_clean, one_squashed) == expected, repr(text)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_offsets_are_monotone_and_complete(text: str) -> None:
    cleaned = clean_up(text)
    for view, at in ((cleaned.clean, cleaned.clean_at), (cleaned.squashed, cleaned.squashed_at)):
        assert len(at) == len(view) + 1
        assert at == sorted(at)
        assert at[-1] == len(text)
    assert cleaned.squashed_at == [cleaned.clean_at[place] for place in cleaned.in_clean]
    for start in range(len(cleaned.squashed)):
        first, last = cleaned.span(*cleaned.clean_span(start, start + 1))
        assert 0 <= first < last <= len(text)


def _spaced(word: str, sign: str) -> str:
    return sign.join(word)


def _letters(word: str) -> str:
    """Each syllable as its loose letters, as one types them."""
    leads, vowels = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
    tails = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
    out = ""
    for c in word:
        n = ord(c) - 0xAC00
        out += leads[n // 588] + vowels[n % 588 // 28] + tails[n % 28].strip()
    return out


DISGUISES = [
    *(partial(_spaced, sign=sign) for sign in (" ", "·", "\u200b", "*", "1", " . ", "/", "-")),
    partial(unicodedata.normalize, "NFD"),
    _letters,
]
SYLLABLES = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=6)


@settings(max_examples=300, deadline=None)
@given(
    SYLLABLES,
    st.sampled_from(DISGUISES),
    st.sampled_from(["", "문의\n", "우대 (", "A\u200b "]),
    st.sampled_from(["", ") 끝", "\n다음"]),
)
def test_a_disguised_word_is_found_and_quoted(
    word: str, disguise: Callable[[str], str], before: str, after: str
) -> None:
    if any(unit in word for unit in "만천백십억원세살일이삼사오육륙칠팔구공영스서마쉰예"):
        return  # numerals have their own rules
    hidden = disguise(word)
    cleaned = clean_up(before + hidden + after)
    start = cleaned.squashed.find(word)
    assert start >= 0
    quote = cleaned.original[slice(*cleaned.span(*cleaned.clean_span(start, start + len(word))))]
    assert clean_up(quote).squashed == word
    assert quote.strip(SEPARATORS + "\u200b-1") == hidden


def test_order_is_kept_and_chunks_are_taken() -> None:
    texts = pa.chunked_array([pa.array(["나 다", None]), pa.array(["ㄱㅏ", "나 다"])])
    clean, squashed = views(texts)
    assert clean.to_pylist() == ["나 다", None, "가", "나 다"]
    assert squashed.to_pylist() == ["나다", None, "가", "나다"]
