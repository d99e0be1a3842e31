"""Text conditions: spans in the original, negation and its reach, exceptions, words split on purpose or by chance."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.validation.vetting.support import hits_in
from validation.vetting import matching
from validation.vetting.matching import MOST, quoted
from validation.vetting.rules import TextCondition

FEE = TextCondition(
    fields=("duties",),
    clean=("보증금[^\n.]{0,10}(?:입금|납부)",),
    squashed=("보증금",),
    unless=("없", "회사 ?부담"),
    before=4,
    after=8,
    exceptions=("임대 ?보증금",),
)


def _quotes(text: str, condition: TextCondition = FEE) -> list[str]:
    table = pa.table({"posting_no": [1], "duties": [text]})
    return [hit["quote"] for hit in hits_in(table, [(16, "", condition)])]


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("입사 전 보증금 50만원 입금", ["보증금 50만원 입금"]),
        ("보증금을 납부할 필요 없음", []),
        ("납부할 것 없음. 보증금 5만원 입금", ["보증금 5만원 입금"]),  # a sentence before
        ("보증금 입금\n식대 없음", ["보증금 입금"]),  # a line after
        ("보증금 입금, 야근 없음", ["보증금 입금"]),  # another item of a list
        ("보증금 입금 회사부담", []),
        ("임대 보증금 입금", []),
        ("보·증·금 있음", ["보·증·금"]),
        ("ㅂㅗㅈㅡㅇㄱㅡㅁ 입금", ["ㅂㅗㅈㅡㅇㄱㅡㅁ 입금"]),
        ("보\u200b증금 입금", ["보\u200b증금 입금"]),
    ],
)
def test_hits_of_one_condition(text: str, quotes: list[str]) -> None:
    assert _quotes(text) == quotes


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("도 박", ["도 박"]),
        ("도·박 사이트", ["도·박"]),
        ("도1박", ["도1박"]),
        ("나도 박사입니다", []),  # neighbours by chance
        ("시도/박람회 안내", []),
        ("온라인도박", ["도박"]),
        ("도\n박", []),  # not over a line
    ],
)
def test_only_words_split_on_purpose_count(text: str, quotes: list[str]) -> None:
    assert _quotes(text, TextCondition(fields=("duties",), squashed=("도박",))) == quotes


def test_offsets_point_into_the_original_of_each_field_and_posting() -> None:
    texts = pa.table(
        {
            "posting_no": [11, 12, 13],
            "title": ["보 증 금 안내", None, "청소원"],
            "duties": ["\u200b\u200b보증금 1만원 납부", "보 증 금 안내", ""],
            "note": ["보증금 납부"] * 3,
        }
    )
    condition = TextCondition(fields=("title", "duties", "requirements"), clean=FEE.clean, squashed=FEE.squashed)
    hits = hits_in(texts, [(16, "a", condition), (16, "b", FEE)])
    rows = {row["posting_no"]: row for row in texts.to_pylist()}
    for hit in hits:
        assert rows[hit["posting_no"]][hit["field"]][hit["start"] : hit["end"]] == hit["quote"]
    found = {(h["signal"], h["posting_no"], h["field"], h["quote"]) for h in hits}
    assert found == {
        ("a", 11, "title", "보 증 금"),
        ("a", 11, "duties", "보증금 1만원 납부"),
        ("a", 12, "duties", "보 증 금"),
        ("b", 11, "duties", "보증금 1만원 납부"),
        ("b", 12, "duties", "보 증 금"),
    }


def test_case_and_width_of_letters_do_not_matter() -> None:
    assert _quotes("문의 ＴＥＬＥＧＲＡＭ", TextCondition(fields=("duties",), clean=(r"\btelegram\b",))) == [
        "ＴＥＬＥＧＲＡＭ"
    ]


def test_a_hit_inside_another_is_one() -> None:
    condition = TextCondition(fields=("duties",), clean=("대포통장", "통장", "대포통장 ?매입"))
    assert _quotes("대포통장 매입", condition) == ["대포통장 매입"]


def test_few_hits_of_one_condition_are_kept() -> None:
    assert len(_quotes("도박 " * 50, TextCondition(fields=("duties",), clean=("도박",)))) == MOST


def test_groups_of_conditions_find_what_each_finds_alone() -> None:
    words = ["보증금", "통장", "카톡", "텔레그램", "면접", "당일", "전국", "신분증", "도박", "남자", "고향"]
    conditions = [
        (number, "", TextCondition(fields=("duties",), clean=(word,), squashed=(word,)))
        for number, word in enumerate(words)
    ]
    texts = pa.table({"posting_no": [1, 2, 3], "duties": ["통장과 신·분·증", "전 국 면접", "고향 도박 남자 보증금"]})
    alone = [hit for condition in conditions for hit in hits_in(texts, [condition])]
    assert hits_in(texts, conditions) == alone
    assert {hit["number"] for hit in alone} == {1, 7, 6, 4, 10, 8, 9, 0}


@pytest.mark.parametrize("few", [0, 1, 1000], ids=["by search", "one by one and by search", "one by one"])
def test_hits_count_in_the_postings_that_meet_the_facts(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "FEW", 0)
    monkeypatch.setattr(matching, "FEW_POSTINGS", few)
    table = pa.table({"posting_no": [1, 2, 3, 4], "duties": ["보증금 입금"] * 3 + ["식대 제공"]})
    conditions = [(1, "", FEE), (2, "", FEE), (3, "", FEE), (4, "", FEE)]
    found = hits_in(table, conditions, {(1, ""): {2}, (2, ""): {1, 3, 4}, (3, ""): set()})
    assert [(hit["number"], hit["posting_no"]) for hit in found] == [(1, 2), (2, 1), (2, 3), (4, 1), (4, 2), (4, 3)]


def test_nothing_to_look_at() -> None:
    assert hits_in(pa.table({"posting_no": [1], "note": ["보증금"]}), [(16, "", FEE)]) == []
    assert hits_in(pa.table({"posting_no": [1], "duties": pa.array([None], pa.string())}), [(16, "", FEE)]) == []


@pytest.mark.parametrize(
    ("words", "quote"),
    [
        ("연락 010-1234-5678", "연락 ***-****-****"),
        ("공일공 일이삼사 오육칠팔", "*** **** ****"),
        ("계좌 110-123-456789", "계좌 ***-***-******"),
        ("일당 300,000원, 09:00~18:00", "일당 300,000원, 09:00~18:00"),
        ("35세 이하", "35세 이하"),
    ],
)
def test_personal_figures_are_starred_out_of_quotes(words: str, quote: str) -> None:
    assert quoted(words) == quote
