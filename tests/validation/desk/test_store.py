"""Claims and decisions: one owner at a time, one decision a claim, everything on record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest

from tests.validation.desk.conftest import Home, item_of
from validation.desk.store import ClaimError, DeskError, Store


@pytest.fixture
def two(store: Store) -> tuple[str, str]:
    return store.add_reviewer("가람")[0], store.add_reviewer("나래")[0]


def test_tokens_are_shown_once_and_kept_as_hashes(store: Store) -> None:
    number, token = store.add_reviewer("가람")
    assert number == "R001" and token.startswith("desk-")
    assert token.encode() not in b"".join(file.read_bytes() for file in store.path.parent.glob("desk.sqlite*"))
    assert store.path.stat().st_mode & 0o077 == 0
    key = store.sign_in(f" {token}\n")
    assert key and store.signed_in(key).reviewer_id == number
    assert store.sign_in(token + "x") is None
    store.remove_reviewer(number)
    assert store.signed_in(key) is None and store.sign_in(token) is None


def test_a_session_ends_after_a_working_day(home: Home, store: Store) -> None:
    key = store.sign_in(store.add_reviewer("가람")[1])
    home.later(hours=9)
    assert store.signed_in(key)
    home.later(hours=2)
    assert store.signed_in(key) is None


def test_a_claim_locks_until_it_is_released_or_runs_out(home: Home, store: Store, two: tuple[str, str]) -> None:
    a, b = two
    item = item_of(store, 1)
    store.claim(item, a)
    with pytest.raises(ClaimError, match="not free"):
        store.claim(item, b)
    store.release(item, a)
    store.claim(item, b)
    home.later(minutes=20)
    store.log_call(item, b, "NO_ANSWER", None)  # work renews the claim
    home.later(minutes=20)
    with pytest.raises(ClaimError):
        store.claim(item, a)
    home.later(minutes=11)
    store.claim(item, a)
    with pytest.raises(ClaimError, match="run out"):
        store.decide(item, b, "CONFIRMED_OK", [])


def test_a_claim_that_ran_out_decides_nothing(home: Home, store: Store, two: tuple[str, str]) -> None:
    item = item_of(store, 1)
    store.claim(item, two[0])
    home.later(minutes=30)
    for attempt in (
        lambda: store.decide(item, two[0], "CONFIRMED_OK", []),
        lambda: store.release(item, two[0]),
        lambda: store.log_call(item, two[0], "REACHED", None),
        lambda: store.log_contact_view(item, two[0], "call"),
    ):
        with pytest.raises(ClaimError):
            attempt()
    assert store.rows("SELECT * FROM review") == store.rows("SELECT * FROM contact_view") == []


def _race(attempts: list[Callable[[], object]]) -> tuple[int, int]:
    """Runs all at once; returns how many went through and how many were refused."""
    barrier, outcomes = threading.Barrier(len(attempts)), []

    def run(attempt: Callable[[], object]) -> None:
        barrier.wait()
        try:
            attempt()
            outcomes.append(True)
        except ClaimError:
            outcomes.append(False)

    threads = [threading.Thread(target=run, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(attempts)
    return sum(outcomes), len(outcomes) - sum(outcomes)


def test_of_many_who_claim_at_once_one_gets_it(store: Store) -> None:
    people = [store.add_reviewer(f"심사자 {n}")[0] for n in range(8)]
    for n in (1, 2, 3):
        item = item_of(store, n)
        assert _race([lambda who=who, item=item: store.claim(item, who) for who in people]) == (1, 7)


def test_of_many_decisions_on_one_claim_one_is_written(store: Store, two: tuple[str, str]) -> None:
    item = item_of(store, 1)
    store.claim(item, two[0])
    decide = [
        lambda who=who, d=d: store.decide(item, who, d, ["FEE_DEMAND"])
        for who in two
        for d in ("CONFIRMED_OK", "CONFIRMED_BAD", "CORRECTED")
    ]
    assert _race(decide) == (1, 5)
    assert len(store.rows("SELECT * FROM review")) == 1


def test_a_refusal_needs_a_reason_and_an_unknown_word_is_none(store: Store, two: tuple[str, str]) -> None:
    item = item_of(store, 1)
    store.claim(item, two[0])
    with pytest.raises(DeskError, match="at least one reason") as error:
        store.decide(item, two[0], "CONFIRMED_BAD", [])
    assert "사유를 하나 이상" in error.value.words["ko"]
    with pytest.raises(DeskError, match="no decision"):
        store.decide(item, two[0], "MAYBE", [])
    with pytest.raises(DeskError, match="no outcome"):
        store.log_call(item, two[0], "SANG", None)
    assert store.item(item)["is_claimed"]


def test_what_confirms_nothing_carries_no_reason(store: Store, two: tuple[str, str]) -> None:
    item = item_of(store, 1)
    store.claim(item, two[0])
    store.decide(item, two[0], "CONFIRMED_OK", ["FEE_DEMAND"])
    assert store.activity(item)["reviews"][0]["reason_codes"] == []


def test_an_unreached_employer_is_called_again_the_next_day(home: Home, store: Store, two: tuple[str, str]) -> None:
    from validation.desk.queue import waiting

    item = item_of(store, 1)
    store.claim(item, two[0])
    store.log_call(item, two[0], "NO_ANSWER", None)
    store.decide(item, two[0], "UNREACHABLE", [])
    assert item not in {i["item_no"] for i in waiting(store)}
    home.later(days=1)
    assert item in {i["item_no"] for i in waiting(store)}
    store.claim(item, two[1])
    store.decide(item, two[1], "CONFIRMED_OK", [])
    reviews = store.activity(item)["reviews"]
    assert [(r["round"], r["decision"], r["call_attempts"]) for r in reviews] == [
        (1, "UNREACHABLE", 1),
        (2, "CONFIRMED_OK", 0),
    ]
    assert len({r["review_id"] for r in reviews}) == 2


def test_a_call_counts_for_the_decision_after_it(home: Home, store: Store, two: tuple[str, str]) -> None:
    """Once: the calls of yesterday's vain attempt are not those of today's decision."""
    item = item_of(store, 1)
    store.claim(item, two[0])
    store.log_call(item, two[0], "NO_ANSWER", None)
    store.decide(item, two[0], "UNREACHABLE", [])
    home.later(days=1)
    store.claim(item, two[0])
    for outcome in ("BUSY", "REACHED"):
        store.log_call(item, two[0], outcome, None)
    store.decide(item, two[0], "CONFIRMED_OK", [])
    assert [r["call_attempts"] for r in store.activity(item)["reviews"]] == [1, 2]


def test_a_slip_is_taken_up_the_same_day_an_appeal_by_another_person(
    home: Home, store: Store, two: tuple[str, str]
) -> None:
    item = item_of(store, 1)
    store.claim(item, two[0])
    store.decide(item, two[0], "CONFIRMED_BAD", ["FEE_DEMAND"])
    store.reopen(item, two[0])
    store.decide(item, two[0], "CONFIRMED_OK", [])
    home.later(days=2)
    with pytest.raises(ClaimError, match="Another reviewer"):
        store.reopen(item, two[0])
    store.reopen(item, two[1])
    store.decide(item, two[1], "CORRECTED", ["FEE_DEMAND"])
    reviews = store.activity(item)["reviews"]
    assert [r["decision"] for r in reviews] == ["CONFIRMED_BAD", "CONFIRMED_OK", "CORRECTED"]
    assert [r["selection_code"] for r in reviews] == ["HELD", "REOPENED", "REOPENED"]
    assert [date.fromisoformat(r["decided_day"]).day for r in reviews] == [7, 7, 9]


def test_leaving_gives_claims_back(store: Store, two: tuple[str, str]) -> None:
    item = item_of(store, 1)
    store.claim(item, two[0])
    store.remove_reviewer(two[0])
    store.claim(item, two[1])


def test_nobody_gets_both_slots_of_a_doubly_reviewed_posting(home: Home, two: tuple[str, str]) -> None:
    store = home.store()
    home.fill(store, double=1.0)
    first, second = item_of(store, 1, 1), item_of(store, 1, 2)
    store.claim(first, two[0])
    with pytest.raises(ClaimError):
        store.claim(second, two[0])
    store.decide(first, two[0], "CONFIRMED_BAD", ["FEE_DEMAND"])
    with pytest.raises(ClaimError):
        store.claim(second, two[0])
    assert not store.may_see(store.item(second), two[0])
    store.claim(second, two[1])
    store.decide(second, two[1], "CONFIRMED_OK", [])
    assert {r["reviewer_id"] for r in store.rows("SELECT reviewer_id FROM review")} == set(two)
