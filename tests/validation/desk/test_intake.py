"""What enters the queue, what leaves it, and what is drawn for the samples."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.landing import LandingError
from tests.validation.desk.conftest import (
    SOURCES,
    SUBMISSIONS,
    TODAY,
    Home,
    finding,
    item_of,
    know_employer_1,
    posting_id,
    signal,
    submission,
)
from tests.validation.support import good_row
from validation.desk.deliver import day_file, deliver_day
from validation.desk.employers import employer_key
from validation.desk.files import decide_file
from validation.desk.intake import Sampling, refresh, risk_of
from validation.desk.queue import export, waiting
from validation.desk.store import SIGNAL_SLOT, ClaimError, DeskError, Store


def shown(store: Store, reviewer_id: str | None = None) -> set[str]:
    return {item["posting_id"] for item in waiting(store, reviewer_id)}


HELD = {posting_id(n) for n in (1, 2, 3, 4)}


def test_held_postings_wait_and_passed_ones_do_not(home: Home) -> None:
    store = home.store()
    assert home.fill(store) == {"added": 4, "left": 0, "held": 4, "audited": 0, "signalled": 0}
    assert shown(store) == HELD
    assert home.fill(store) == {"added": 0, "left": 0, "held": 4, "audited": 0, "signalled": 0}


def test_risk_is_the_score_or_grows_with_every_finding() -> None:
    assert risk_of(0.42, ["hold"] * 5) == 0.42
    assert risk_of(None, []) == 0
    assert risk_of(None, ["hold"]) == 0.5
    assert risk_of(None, ["hold", "hold"]) == 0.75
    assert risk_of(None, ["undetermined", "warn"]) == pytest.approx(0.37)


def test_one_employer_has_one_key() -> None:
    base = {"source_id": "s", "posting_id": "p", "business_no": None, "employer_name": None}
    assert employer_key(base | {"business_no": "111-11-11111"}) == employer_key(base | {"business_no": "1111111111"})
    assert employer_key(base | {"employer_name": "주식회사 한결"}) == employer_key(base | {"employer_name": "㈜한결"})
    assert employer_key(base) == "s/p"


def test_a_score_orders_the_queue_when_there_is_one(home: Home, store: Store) -> None:
    load = home.land([submission(60), submission(61)])
    scored = {posting_id(60): 0.99, posting_id(61): 0.02}
    doubted = {**finding("RELIABILITY_SCORE", 0)}
    home.judge(load, {p: ("HOLD", [doubted]) for p in scored}, scores=scored)
    home.fill(store)
    items = {i["posting_id"]: i for i in waiting(store)}
    assert items[posting_id(60)]["risk"] == 0.99 and items[posting_id(61)] == waiting(store)[-1]
    assert items[posting_id(60)]["codes"] == ["GENERAL_CHECK"]  # looks like what the audit drew
    assert store.item(item_of(store, 60))["score_reasons"][0]["code"] == "WORD"


def test_a_newer_version_takes_the_place_of_an_older_one(home: Home, store: Store) -> None:
    old = item_of(store, 4)
    load = home.land([submission(4, title="고친 제목", updated_at="2026-10-06 10:00:00")])
    home.judge(load, {posting_id(4): ("HOLD", [finding("WAGE_NOT_STATED", 10)])})
    assert home.fill(store)["left"] == 1
    assert store.item(old)["state"] == "superseded"
    (item,) = [i for i in waiting(store) if i["posting_id"] == posting_id(4)]
    assert item["title"] == "고친 제목"


def test_a_newer_version_that_passes_takes_the_posting_out(home: Home, store: Store) -> None:
    home.judge(home.land([submission(4, title="고친 제목", updated_at="2026-10-06 10:00:00")]), {})
    home.fill(store)
    assert shown(store) == HELD - {posting_id(4)}


def test_the_latest_judgement_of_a_load_counts_and_claimed_work_stays(home: Home, store: Store) -> None:
    who = store.add_reviewer("가람")[0]
    store.claim(item_of(store, 1), who)
    load = next((home.paths.accepted / SUBMISSIONS.id).iterdir()).name
    home.judge(load, {posting_id(2): ("HOLD", [finding("FEE_DEMAND", 16)])}, rule_set="c" * 64)
    home.fill(store)
    assert shown(store, who) == {posting_id(1), posting_id(2)}
    assert store.item(item_of(store, 2))["codes"] == ["FEE_DEMAND"]
    assert store.item(item_of(store, 1))["state"] == "claimed"
    assert store.item(item_of(store, 1))["rule_set"] == "a" * 64
    home.later(minutes=31)  # the claim runs out; what is no longer held goes
    home.fill(store)
    assert shown(store) == {posting_id(2)}


def test_a_damaged_evaluation_is_not_read(home: Home, store: Store) -> None:
    file = next(home.paths.vetted.glob("*/*/*/decisions.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(LandingError, match="sha256"):
        home.fill(store)


@pytest.mark.parametrize(
    ("step", "decision", "decided_at", "leaves"),
    [
        ("S2_CALLCENTER", "CONFIRMED_OK", "2026-10-06 10:00:00", True),
        ("S2_CALLCENTER", "CONFIRMED_OK", "2026-10-04 10:00:00", False),  # about an earlier version
        ("S2_CALLCENTER", "UNREACHABLE", "2026-10-06 10:00:00", False),
        ("S4_COHERENCE", "WITHDRAWN", "2026-10-06 10:00:00", True),
        ("S1_OFFICE", "ACCEPT", "2026-10-06 10:00:00", False),
        ("S1_OFFICE", "RETURN", "2026-10-06 10:00:00", True),
        ("S3_ALGORITHM", "DUPLICATE", "2026-10-06 10:00:00", False),  # a machine's word, and not of our rules
    ],
)
def test_what_others_decided_does_not_wait(
    home: Home, store: Store, step: str, decision: str, decided_at: str, leaves: bool
) -> None:
    review = {"review_id": "V1", "posting_id": posting_id(4), "step_code": step, "decision": decision,
              "reason_codes": "[]", "decided_date": decided_at[:10], "decided_at": decided_at,
              "received_date": "2026-10-07"}  # fmt: skip
    home.land([review], "vacancy_reviews")
    home.fill(store)
    assert shown(store) == (HELD - {posting_id(4)} if leaves else HELD)


@pytest.mark.parametrize(
    ("vacancy_source", "leaves"),
    [("vacancy_submissions", True), ("work24_vacancies", True), ("portal_vacancies", False)],
)
def test_another_books_number_is_another_posting(home: Home, store: Store, vacancy_source: str, leaves: bool) -> None:
    review = {
        "review_id": "D0123456789ABCDEF", "vacancy_source": vacancy_source, "posting_id": posting_id(4),
        "record_hash": "0" * 32, "step_code": "S2_CALLCENTER", "decision": "CONFIRMED_OK", "reason_codes": "[]",
        "selection_code": "HELD", "is_double": "false", "machine_decision": "HOLD", "reviewer_id": "R1",
        "rule_set": "a" * 64, "decided_date": "2026-10-06", "decided_at": "2026-10-06 10:00:00",
        "received_date": "2026-10-07",
    }  # fmt: skip
    home.land([review], "desk_reviews")
    home.fill(store)
    assert shown(store) == (HELD - {posting_id(4)} if leaves else HELD)


def test_what_is_out_of_date_does_not_wait(home: Home, store: Store) -> None:
    home.later(days=45)  # closes on 11-20
    home.fill(store)
    assert shown(store) == set()


def test_samples_are_drawn_by_seed_whoever_fills_the_queue(home: Home) -> None:
    drawn = []
    for seed in ("seed", "seed", "other"):
        store = home.store()
        store.path.unlink()
        store = home.store()
        refresh(store, home.paths, SOURCES, Sampling(0.4, 0.5, seed))
        audits = store.rows("SELECT posting_id FROM item WHERE selection_code = 'AUDIT'")
        doubles = store.rows("SELECT posting_id FROM item WHERE slot = 2")
        drawn.append(({r["posting_id"] for r in audits}, {r["posting_id"] for r in doubles}))
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0][0] and not drawn[0][0] & HELD


def test_the_draw_has_the_rate_it_says() -> None:
    sampling = Sampling(seed="s")
    draws = [sampling.draw("audit", "vacancy_submissions", posting_id(n)) for n in range(20_000)]
    assert sum(d < 0.02 for d in draws) == pytest.approx(400, abs=80)
    assert min(draws) >= 0 and max(draws) < 1
    doubled = [sampling.draw("double", "vacancy_submissions", posting_id(n)) for n in range(20_000)]
    both = sum(a < 0.5 and d < 0.5 for a, d in zip(draws, doubled, strict=True))
    assert both == pytest.approx(5_000, abs=250)  # one draw says nothing about the other


def test_a_sample_is_not_to_be_told_from_the_rest(home: Home) -> None:
    store = home.store()
    home.fill(store, audit=1.0, double=1.0)
    items = waiting(store)
    assert len(items) == len({i["posting_id"] for i in items}) == 30
    audited = [i for i in items if i["posting_id"] not in HELD]
    assert {i["codes"][0] for i in audited} == {"GENERAL_CHECK"}
    assert {i["risk"] for i in audited} <= {i["risk"] for i in items if i["posting_id"] in HELD}
    assert len({i["risk"] for i in audited}) > 1
    hidden = ("selection", "is_double", "machine_decision")
    assert not [name for name in items[0] if name.startswith(hidden)]


def test_two_people_each_see_a_doubly_reviewed_posting_once(home: Home) -> None:
    store = home.store()
    home.fill(store, double=1.0)
    a, b = store.add_reviewer("가람")[0], store.add_reviewer("나래")[0]
    assert len(waiting(store, a)) == 4
    mine = next(i["item_no"] for i in waiting(store, a) if i["posting_id"] == posting_id(1))
    store.claim(mine, a)
    assert len(waiting(store, a)) == len(waiting(store, b)) == 4
    theirs = next(i for i in waiting(store, b) if i["posting_id"] == posting_id(1))
    assert theirs["item_no"] != mine and theirs["state"] == "open"
    store.decide(mine, a, "CONFIRMED_OK", [])
    assert posting_id(1) not in shown(store, a) and posting_id(1) in shown(store, b)


def test_an_appeal_brings_what_the_rules_rejected_before_a_person(home: Home, store: Store) -> None:
    load = home.land([submission(40), submission(41)])
    home.judge(load, {posting_id(n): ("REJECT", [finding("FEE_DEMAND", 16, "reject")]) for n in (40, 41)})
    home.fill(store)
    assert shown(store) == HELD
    assert store.appeal(posting_id(40), "보증금이 아니라 기숙사비라고 함") == 0
    home.fill(store, double=1.0)
    assert shown(store) == {*HELD, posting_id(40)}
    item = store.item(item_of(store, 40))
    assert (item["selection_code"], item["machine_decision"], item["is_double"]) == ("REOPENED", "REJECT", 0)
    home.fill(store)
    assert posting_id(40) in shown(store)


def test_an_appeal_against_a_person_goes_to_another(home: Home, store: Store) -> None:
    a, b = store.add_reviewer("가람")[0], store.add_reviewer("나래")[0]
    item = item_of(store, 1)
    store.claim(item, a)
    store.decide(item, a, "CONFIRMED_BAD", ["FEE_DEMAND"])
    assert store.appeal(posting_id(1)) == 1
    home.fill(store)
    assert posting_id(1) not in shown(store, a) and posting_id(1) in shown(store, b)
    with pytest.raises(ClaimError):
        store.claim(item, a)
    store.claim(item, b)
    store.decide(item, b, "CONFIRMED_OK", [])
    assert [r["selection_code"] for r in store.activity(item)["reviews"]] == ["HELD", "REOPENED"]


def test_findings_are_those_of_the_judgement_that_counts(home: Home, store: Store) -> None:
    """A record delivered again and judged milder keeps nothing of what an earlier load's judgement found."""
    later = home.land([submission(4), submission(50)], day=TODAY + timedelta(days=1))
    home.later(days=1)
    home.judge(later, {posting_id(4): ("WARN", [])})
    home.fill(store, audit=1.0)
    (audited,) = [i for i in waiting(store) if i["posting_id"] == posting_id(4)]
    assert audited["codes"] == ["GENERAL_CHECK"]
    assert store.item(audited["item_no"])["findings"] == []


def test_one_posting_of_two_sources_waits_once(home: Home, store: Store) -> None:
    """Work24 shows what the register holds; the call is one, with the source that tells more of the posting."""
    source = SOURCES["work24_vacancies"]
    row = {c.name: None for c in source.columns} | good_row(source, 2)
    fields = (source.vetting or {})["fields"]
    same = {fields["posting_id"]: posting_id(2), fields["business_no"]: "2222222222",
            fields["submitted_date"]: "2026-10-05"}  # fmt: skip
    other = same | {fields["posting_id"]: posting_id(77)}
    load = home.land([row | same, row | other], source.id)
    held = ("HOLD", [finding("EMP_SUSPENDED", 5)])
    home.judge(load, {posting_id(2): held, posting_id(77): held}, source=source)
    home.fill(store)
    assert {(i["source_id"], i["posting_id"]) for i in waiting(store)} == {
        *((SUBMISSIONS.id, p) for p in HELD),
        (source.id, posting_id(77)),
    }


def signalled(home: Home, store: Store) -> int:
    """The item that asks about the signals of posting 5, which passed and is published."""
    home.release(signal(5), signal(1, "GHOST", "2026-10-04", is_waiting=False), signal(99))
    assert home.fill(store)["signalled"] == 1
    return item_of(store, 5, SIGNAL_SLOT)


def test_a_posted_vacancy_with_a_signal_waits_for_a_person(home: Home, store: Store) -> None:
    """That of the release alone: what waits no more there, or was never vetted, does not come."""
    item = store.item(signalled(home, store))
    assert (item["selection_code"], item["machine_decision"], item["is_double"]) == ("SIGNAL", "PASS", 0)
    assert item["risk"] == 0.3 and item["codes"] == ["REPORTED_FILLED"] and item["findings"] == []
    assert shown(store) == {*HELD, posting_id(5)}
    (waits,) = [i for i in waiting(store) if i["posting_id"] == posting_id(5)]
    assert waits["waiting_days"] == 2, "since the signal, not since the submission"
    assert home.fill(store)["added"] == 0
    home.release()
    assert home.fill(store)["left"] == 1 and shown(store) == HELD


def test_several_signals_are_one_question_and_a_held_version_another(home: Home, store: Store) -> None:
    home.release(signal(2), signal(2, "GHOST", "2026-10-04"))
    home.fill(store)
    both = [i for i in waiting(store) if i["posting_id"] == posting_id(2)]
    assert {tuple(i["codes"]) for i in both} == {("EMP_SUSPENDED",), ("GHOST", "REPORTED_FILLED")}
    item = store.item(item_of(store, 2, SIGNAL_SLOT))
    assert item["risk"] == pytest.approx(0.51)
    who = store.add_reviewer("가람")[0]
    for one in both:  # one person may answer both, they are no two opinions
        store.claim(one["item_no"], who)
    assert len([i for i in waiting(store, who) if i["posting_id"] == posting_id(2)]) == 2


@pytest.mark.parametrize(
    ("decision", "codes"), [("ACTIVE", []), ("FILLED", ["REPORTED_FILLED"]), ("WITHDRAWN", ["REPORTED_FILLED"])]
)
def test_an_answer_to_a_signal_is_delivered_as_step_4(
    home: Home, store: Store, decision: str, codes: list[str]
) -> None:
    who, item = store.add_reviewer("가람")[0], signalled(home, store)
    store.claim(item, who)
    for other in ("CONFIRMED_OK", "CONFIRMED_BAD"):
        with pytest.raises(DeskError, match="ACTIVE, FILLED, WITHDRAWN, UNREACHABLE"):
            store.decide(item, who, other, ["FEE_DEMAND"])
    store.decide(item, who, decision, [])
    assert deliver_day(store, home.paths, TODAY) == 1
    row = json.loads(gzip.decompress(day_file(home.paths, TODAY).read_bytes()))
    assert (row["step_code"], row["selection_code"], row["decision"]) == ("S4_COHERENCE", "SIGNAL", decision)
    assert (row["reason_codes"], row["posting_id"], row["is_double"]) == (codes, posting_id(5), False)
    texts = {k: v if v is None or isinstance(v, str) else json.dumps(v) for k, v in row.items()}
    home.land([texts], "desk_reviews")  # the contract takes it
    assert home.fill(store)["added"] == 0 and shown(store) == HELD


def test_who_was_not_reached_is_asked_again_and_a_later_signal_asks_once_more(home: Home, store: Store) -> None:
    who, item = store.add_reviewer("가람")[0], signalled(home, store)
    store.claim(item, who)
    store.decide(item, who, "UNREACHABLE", [])
    assert shown(store) == HELD
    home.later(days=1)
    home.fill(store)
    assert posting_id(5) in shown(store)
    store.claim(item, who)
    store.decide(item, who, "ACTIVE", [])
    home.later(days=1)
    home.release(signal(5), signal(5, "GHOST", "2026-10-08"))  # of the day of the answer: answered
    home.fill(store)
    assert posting_id(5) not in shown(store)
    home.release(signal(5, "GHOST", "2026-10-09"))
    home.fill(store)
    (waits,) = [i for i in waiting(store) if i["posting_id"] == posting_id(5)]
    assert (waits["codes"], waits["state"], waits["claimed_by"]) == (["GHOST"], "open", None)


def test_what_ended_since_the_release_is_asked_no_more(home: Home, store: Store) -> None:
    signalled(home, store)
    row = good_row(SOURCES["vacancy_reviews"], 1) | {
        "posting_id": posting_id(5), "step_code": "S4_COHERENCE", "decision": "EXPIRED",
        "decided_date": "2026-10-06", "decided_at": "2026-10-06 10:00:00", "received_date": "2026-10-06",
    }  # fmt: skip
    home.land([row | {"decided_at": "2026-10-05 10:00:00", "review_id": "1"}], "vacancy_reviews")
    assert home.fill(store)["left"] == 0
    home.land([row], "vacancy_reviews")
    assert home.fill(store)["left"] == 1 and shown(store) == HELD


def test_signals_are_answered_as_a_file_too(home: Home, store: Store, tmp_path: Path) -> None:
    who = store.add_reviewer("가람")[0]
    signalled(home, store)
    rows = [json.loads(line) for line in export(waiting(store), "ndjson").splitlines()]
    (row,) = [row for row in rows if row["posting_id"] == posting_id(5)]
    file = tmp_path / "decided.ndjson"
    for answer in (row | {"decision": "FILLED"}, {"posting_id": posting_id(5), "decision": "FILLED"}):
        file.write_text(json.dumps(answer) + "\n", "utf-8")
        decide_file(store, file, who, frozenset())
    (review,) = store.rows("SELECT decision, reason_codes FROM review")
    assert review == {"decision": "FILLED", "reason_codes": '["REPORTED_FILLED"]'}


def test_a_release_of_older_code_has_no_signals(home: Home, store: Store) -> None:
    home.release(signal(5), table="something_else")
    assert home.fill(store)["signalled"] == 0


def test_a_desk_begun_before_signals_goes_on(home: Home, store: Store) -> None:
    with store.connect() as con:
        con.execute("ALTER TABLE item DROP COLUMN signals")
        con.execute("ALTER TABLE employer DROP COLUMN registers")
    again = home.store()
    assert shown(again) == HELD
    assert (again.item(item_of(again, 1))["signals"], again.item(item_of(again, 1))["registers"]) == ([], [])


def test_the_employer_comes_with_what_the_registers_last_said(home: Home, store: Store) -> None:
    """Employer 1 is held for a fee, which asks no register. What is asked or delivered after today is not known yet."""
    assert store.item(item_of(store, 1))["registers"] == []
    know_employer_1(home)
    home.fill(store)
    assert store.item(item_of(store, 1))["registers"] == [
        {"register": "business_status", "value": "02", "since": None, "as_of": "2026-10-06"},
        {"register": "insured_headcounts", "value": "1041", "since": None, "as_of": "2026-10-05"},
        {"register": "wage_arrears", "value": "2026-1", "since": "2026-09-01", "as_of": "2026-10-07"},
    ]
    # never asked about, and not on the list; the list of others was taken down, or comes tomorrow
    assert store.item(item_of(store, 4))["registers"] == [
        {"register": "wage_arrears", "value": None, "since": None, "as_of": "2026-10-07"}
    ]
    home.later(days=1)
    home.fill(store)
    (status, *_, arrears) = store.item(item_of(store, 1))["registers"]
    assert (status["value"], status["since"], status["as_of"]) == ("03", "2026-10-07", "2026-10-08")
    assert arrears["value"] == "2026-1"
