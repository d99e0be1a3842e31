"""Marks on texts, reasons and the letter to the employer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.validation.desk.conftest import item_of
from validation.desk.store import Store
from validation.desk.view import Piece, marked_texts, pieces, reasons, register_facts, wording
from validation.vetting.rules import load_rules
from validation.vetting.wording import filled


def test_overlapping_spans_are_cut_at_every_border() -> None:
    found = pieces("abcdefgh", [(1, 5, 1, "warn"), (3, 7, 2, "reject"), (3, 4, 3, "hold")])
    assert found == [
        Piece("a"),
        Piece("bc", (1,), "warn"),
        Piece("d", (1, 2, 3), "reject", (3,)),
        Piece("e", (1, 2), "reject", (1,)),
        Piece("fg", (2,), "reject", (2,)),
        Piece("h"),
    ]


def test_spans_beyond_the_text_are_cut_and_empty_ones_dropped() -> None:
    assert pieces("abc", [(2, 99, 1, "hold"), (5, 6, 2, "hold"), (1, 1, 3, "hold")]) == [
        Piece("ab"),
        Piece("c", (1,), "hold", (1,)),
    ]
    assert pieces("", [(0, 3, 1, "hold")]) == []


def test_invisible_characters_are_shown_by_name() -> None:
    found = pieces("보\u200b증\u202e금\n끝", [(0, 3, 1, "hold")])
    assert [(p.text, p.kind) for p in found] == [
        ("보", "text"), ("U+200B", "control"), ("증", "text"), ("U+202E", "control"), ("금\n끝", "text"),
    ]  # fmt: skip
    assert found[1].marks == (1,)


@given(
    st.text(alphabet="가나a b\n.", max_size=40),
    st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45)), max_size=6),
)
def test_no_character_is_lost_and_marks_cover_their_spans(text: str, spans: list[tuple[int, int]]) -> None:
    numbered = [(start, end, n, "hold") for n, (start, end) in enumerate(spans, start=1)]
    found = pieces(text, numbered)
    assert "".join(p.text for p in found) == text
    for start, end, n, _ in numbered:
        covered = "".join(p.text for p in found if n in p.marks)
        assert covered == (text[max(0, start) : max(0, end)] if start < end else "")


def test_placeholders_are_filled_once() -> None:
    facts = {"mw_hour": 10320, "rate": 0.5, "none": None, "close": "{mw_hour}"}
    assert filled("{quote}: {mw_hour} {rate} {none} {close} {unknown}", ["{mw_hour}"], facts, "en") == (
        "{mw_hour}: 10,320 0.5 not stated {mw_hour} not stated"
    )


def test_the_letter_quotes_cites_advises_and_tells_how_to_object(store: Store) -> None:
    item, rules = store.item(item_of(store, 1)), load_rules()
    korean = wording(item, reasons(item, rules, "ko"), "CONFIRMED_BAD", "ko")
    for expected in ("주식회사 한결 1", item["posting_id"], "보증금 50만원을 입금", "직업안정법", "고칠 점", "재심사"):
        assert expected in korean, expected
    english = wording(item, reasons(item, rules, "en"), "CONFIRMED_BAD", "en")
    assert "Employment Security Act" in english and "second review" in english
    fine = wording(item, reasons(item, rules, "ko"), "CONFIRMED_OK", "ko")
    assert "게시합니다" in fine and "직업안정법" not in fine
    assert "{" not in korean.replace("{{ 7*7 }}", "") + english.replace("{{ 7*7 }}", "")


def test_reasons_are_numbered_by_gravity_and_marked_by_number(store: Store) -> None:
    item = store.item(item_of(store, 1))
    found = reasons(item, load_rules(), "ko")
    assert [(r.number, r.code, r.outcome) for r in found] == [(1, "FEE_DEMAND", "hold"), (2, "COVER_SALES", "warn")]
    texts = dict(marked_texts(item, found))
    assert next(iter(texts)) == "title"
    both = [p for p in texts["duties"] if p.marks == (1, 2)]
    assert [p.text for p in both] == ["50만원을 입금"] and both[0].gravity == "hold"


def test_register_facts_leave_out_what_the_posting_says(store: Store) -> None:
    facts = register_facts(store.item(item_of(store, 2)), "en")
    assert ("Tax office checked on", "2026-10-06") in facts
    assert not any("2222222222" in value for _, value in facts)
