"""The scoring itself: what counts as caught, as innocent, as right; and what the page says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from lmi.core.yaml import load_yaml
from tests.evaluation import unseen
from tests.evaluation.judging import Judged, judge_rows
from tests.evaluation.page import kept_part, page
from tests.evaluation.planted import Planted, below_target, by_rule, innocents, register_facts, score
from tests.evaluation.real import Alarms, canonical
from tests.evaluation.scored import Decided, Scored, together, wording_groups
from validation.vetting.rules import load_rules

FEE = "보·증·금 오십만원 입금"
FINDING = {
    "source_id": "s", "record_hash": "h", "rule_id": "FEE_DEMAND", "rule_version": "1.0.0", "severity": "reject",
    "outcome": "reject", "evidence_field": "duties", "signal": None, "facts": None, "quote": "입금",
}  # fmt: skip


def finding(posting: str, number: int, code: str, start: float | None, end: float | None, **more: object) -> dict:
    return FINDING | {
        "posting_id": posting, "rule_number": number, "code": code, "span_start": start, "span_end": end,
    } | more  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    """Truth and provider files of seven postings: P1 to P4 planted, D a duplicate of O, I innocent."""
    truth, provider = tmp_path / "truth", tmp_path / "provider"
    truth.mkdir()
    provider.mkdir()
    tables = {
        truth / "vacancy_violations": pd.DataFrame(
            [(p, 16, "FEE_DEMAND", "R", True, "duties", FEE) for p in ("P1", "P2", "P3", "P4")]
            + [("D", 33, "DUP_EXACT", "R", False, "struct", "O"), ("E", 33, "DUP_EXACT", "R", False, "struct", "P1")],
            columns=["posting_id", "rule_no", "rule_code", "severity", "disguised", "field", "planted_text"],
        ),
        truth / "vacancies": pd.DataFrame(
            {
                "posting_id": ["O", "D", "E", "P1"], "twin_of": [None, "O", "P1", None],
                "kind": ["ORIGINAL", "DUPLICATE", "DUPLICATE", "ORIGINAL"],
                "submitted_date": pd.to_datetime(["2026-01-01", "2026-01-05", "2026-01-05", "2026-01-01"]),
                "close_date": pd.to_datetime(["2026-02-01"] * 4), "is_open_ended": [False] * 4,
            }
        ),
        truth / "vacancy_decoys": pd.DataFrame({"posting_id": ["I"], "field": ["duties"], "decoy_text": ["x"]}),
        truth / "employers": pd.DataFrame(
            {"business_no": ["1", "2"], "closed_date": pd.to_datetime(["2025-12-31", "2026-06-01"]),
             "suspended_from": pd.to_datetime([None, "2026-01-01"])}
        ),
        provider / "wage_arrears": pd.DataFrame({"business_no": ["2"], "listed_from": pd.to_datetime(["2026-07-01"])}),
        provider / "vacancy_submissions": pd.DataFrame(
            {
                "posting_id": ["P1", "P2", "P3", "P4", "O", "D", "E", "I"], "title": "t",
                "duties": [f"조립 작업\n{FEE}"] * 4 + ["조립 작업"] * 4,
                "business_no": ["1", "2", "3", "3", "3", "3", "3", "3"],
                "submitted_date": pd.to_datetime(["2026-01-01"] * 8), "contact_phone": "02-1",
            }
        ),
    }  # fmt: skip
    for path, frame in tables.items():
        with duckdb.connect() as con:
            con.register("frame", frame)
            con.execute(f"COPY frame TO '{path}.parquet' (FORMAT parquet)")
    return truth, provider


@pytest.fixture
def judged() -> Judged:
    rows = [
        finding("P1", 16, "FEE_DEMAND", 6, 12),
        finding("P2", 16, "FEE_DEMAND", 0, 2),  # other words
        finding("P3", 16, "COVER_SALES", 6, 12),  # other code
        finding("P4", 16, "FEE_DEMAND", None, None, outcome="undetermined", severity="hold"),
        finding("D", 33, "DUP_NEAR", None, None, evidence_field=None),
        finding("I", 4, "EMP_CLOSED", None, None, evidence_field="business_no"),
        finding("I", 25, "DISC_AGE", 0, 1, severity="hold", outcome="hold"),
    ]
    decisions = pd.DataFrame({"posting_id": ["P1", "P2", "P3", "P4", "O", "D", "E", "I"], "decision": "PASS"})
    return Judged(8, 1.0, pd.DataFrame(rows), decisions, pd.DataFrame())


def test_caught_needs_rule_code_and_words(world: tuple[Path, Path], judged: Judged) -> None:
    scored = score(judged, *world).set_index("posting_id")
    assert scored["is_caught"].to_dict() == {"P1": True, "P2": False, "P3": False, "P4": False, "D": True}
    assert scored["is_raised"].to_dict() == {"P1": True, "P2": True, "P3": True, "P4": False, "D": True}


def test_a_duplicate_of_a_text_with_other_words_is_none(world: tuple[Path, Path], judged: Judged) -> None:
    assert "E" not in set(score(judged, *world)["posting_id"])


def test_innocent_postings_by_what_was_asked(world: tuple[Path, Path], judged: Judged) -> None:
    rules = load_rules()
    found = innocents(judged, world[0], rules).set_index("posting_id")
    assert set(found.index) == {"O", "I"}
    assert found.loc["I", ["own", "outside", "waits"]].tolist() == ["hold", "reject", ""]
    assert found.loc["O", ["own", "outside", "waits"]].tolist() == ["", "", ""]
    assert found["has_decoy"].to_dict() == {"I": True, "O": False}


def test_registers_hold_what_was_not_planted(world: tuple[Path, Path]) -> None:
    assert register_facts(*world) == {("P1", 4), ("P2", 5)}


def test_precision_counts_innocent_postings_only(world: tuple[Path, Path], judged: Judged) -> None:
    nation = Planted(1, judged, score(judged, *world), innocents(judged, world[0], load_rules()), set())
    table = by_rule([nation]).set_index("rule_no")
    assert table.loc[16, ["disguised_planted", "disguised_caught", "true", "false"]].tolist() == [4, 1, 3, 0]
    assert table.loc[25, ["true", "false", "beside"]].tolist() == [0, 1, 0]
    text = page(load_rules(), [nation], 5_000, None, [], ["Real postings: absent."], {})
    assert "| disguised | 4 | 1 | 25.00% |" in text
    assert below_target([nation]) == [
        "disguised: 25.00% caught, target 95%", "innocent held: 50.00%, target at most 5%",
    ]  # fmt: skip
    assert "**Not run:** Real postings: absent." in text
    assert f"| 16 | FEE_DEMAND | `{FEE}` | 3 | other words |" in text


def test_rows_are_judged_without_a_register() -> None:
    row = {
        "emscad_job_id": "7", "title": "Clerk", "description": "Filing letters.", "requirements": "", "benefits": "",
        "location": "US, NY, Albany", "employment_type": "Full-time", "salary_range": "30000-35000",
    }  # fmt: skip
    posting = canonical(row)
    assert (posting["country_code"], posting["employment_type_code"]) == ("US", "10")
    nameless = canonical(row | {"emscad_job_id": ""})["posting_id"]
    assert len(nameless) == 12 and nameless == canonical(row | {"emscad_job_id": ""})["posting_id"]
    result = judge_rows([posting], load_rules(), "US", "fake_job_postings")
    assert result.decision["posting_id"].tolist() == ["7"]
    assert set(result.coverage["outcome"]) >= {"not_applicable"}


def test_a_rejected_real_posting_must_be_judged_by_hand(judged: Judged) -> None:
    decisions = judged.decision.assign(decision="REJECT")
    coverage = pd.DataFrame({"rule_number": [16], "outcome": ["reject"]})
    alarms = Alarms("usajobs", "US", dataclasses.replace(judged, decision=decisions, coverage=coverage))
    by_hand = {("P1", "FEE_DEMAND"): {"right": True, "why": "asks for a fee"}}
    with pytest.raises(ValueError, match=r"judged (I|P2) FEE_DEMAND, .*judgements\.yml"):
        page(load_rules(), [], 0, None, [alarms], [], by_hand)
    by_hand |= {(one, "FEE_DEMAND"): {"right": False, "why": "pays a fee"} for one in ("I", "P2", "P3", "D")}
    text = page(load_rules(), [], 0, None, [alarms], [], by_hand)
    assert "| usajobs | P1 | FEE_DEMAND | reject | 입금 | yes | asks for a fee |" in text
    assert "| usajobs | P2 | FEE_DEMAND | reject | 입금 | no | pays a fee |" in text


def test_unseen_wordings_are_listed_for_every_text_rule() -> None:
    entries = load_yaml(unseen.FILE.read_text(encoding="utf-8"))
    assert {e["rule"] for e in entries} == {11, *range(16, 33)}
    assert all(e[kind] for e in entries for kind in unseen.KINDS)


def test_an_unseen_wording_counts_when_its_own_words_are_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "unseen.yml"
    monkeypatch.setattr(unseen, "FILE", file)
    file.write_text(
        yaml.safe_dump(
            [
                {
                    "rule": 24,
                    "plain": ["남자만 지원 가능", "창고 정리"],
                    "disguised": [],
                    "innocent": ["남자만 지원 가능"],
                }
            ]
        )
    )
    found = unseen.run_unseen(load_rules())
    assert found.wordings["is_right"].tolist() == [True, False, False]
    assert (found.count("plain"), found.count("innocent", 24)) == ((1, 2), (0, 1))


def test_planted_words_join_groups_of_near_duplicates() -> None:
    """Postings 0 and 1 are one text; 1 and 3 hold the same words, 2 and 4 hold none."""
    groups = wording_groups(np.array([0, 0, 1, 2, 3]), ["", "16 보증금", "", "16 보증금", ""])
    assert groups[0] == groups[1] == groups[3]
    assert len(set(groups.tolist())) == 3
    assert len(set(wording_groups(np.array([0, 1]), ["", ""]).tolist())) == 2


def test_nations_are_scored_as_one_set() -> None:
    def nation(ids: list[str], carried: set[str]) -> Decided:
        postings = pa.table({"posting_no": pa.array(range(1, len(ids) + 1), pa.int64()), "posting_id": ids})
        return Decided(postings, np.ones(len(ids), np.int64), ids, frozenset(carried))

    whole = together([nation(["a", "b"], {"title", "duties"}), nation(["c"], {"title"})])
    assert whole.postings.column("posting_no").to_pylist() == [0, 1, 2]
    assert whole.postings.column("posting_id").to_pylist() == list(whole.wordings) == ["a", "b", "c"]
    assert whole.carried == {"title"}


def figure(mean: float) -> dict[str, object]:
    return {"mean": mean, "low": mean - 0.01, "high": mean + 0.01, "seeds": []}


def test_of_the_fraud_set_only_recall_and_false_alarms_are_shown() -> None:
    names = ("average_precision", "f1", "recall", "false_alarms", "recall_in_top_5_percent", "precision_of_held")
    counts = {"postings": 200, "bad": 50, "templates": 90, "held_share": 0.05}
    holds = [{"dimension": "channel", "value": v, "good": n, **figure(0.3)} for v, n in (("ONLINE", 30), ("RARE", 29))]

    def scored(first: float) -> dict[str, object]:
        return counts | {name: figure(first + n / 100) for n, name in enumerate(names)} | {"false_holds": holds}

    both = Scored((scored(0.1), scored(0.2) | {"planted_good": 150}), (scored(0.5), scored(0.7)))
    text = page(load_rules(), [], 0, None, [], [], {}, both)
    assert "chance has an average precision of 0.250" in text
    assert "would be right in 25% of cases" in text and "25% is bad, against 25% of all" in text
    assert "| average precision | 0.100 (0.090–0.110) | 0.200 (0.190–0.210) |" in text
    assert "| channel | ONLINE | 30 | 0.300 (0.290–0.310) |" in text and "RARE" not in text
    assert "recall on fraud **0.520 (0.510–0.530)**" in text and "advertisements **0.530 (0.520–0.540)**" in text
    assert "recognises 0.720 (0.710–0.730)" in text and "takes 0.730 (0.720–0.740)" in text
    assert not any(f"{hidden:.3f} (" in text for hidden in (0.50, 0.51, 0.54, 0.55, 0.70, 0.71, 0.74, 0.75))
    assert "average precision" not in page(load_rules(), [], 0, None, [], [], {}, Scored())


def test_a_part_of_the_page_is_kept() -> None:
    parts = ["# Head\n\n## On planted truth\n1\n", "\n## Coding of titles\n2\n", "\n## Linkage of persons\n3\n"]
    for part, words in zip(("vetting", "coding", "linkage"), parts, strict=True):
        assert kept_part("".join(parts), part) == words
    assert kept_part(parts[0] + parts[2], "coding") == ""
    assert kept_part(parts[0] + parts[2], "vetting") == parts[0]


def test_no_unseen_wording_is_an_example() -> None:
    known = {
        str(text) for rule in load_rules().rules for example in rule.examples for text in example["posting"].values()
    }
    listed = [
        text for entry in load_yaml(unseen.FILE.read_text("utf-8")) for kind in unseen.KINDS for text in entry[kind]
    ]
    assert len(listed) > 200
    assert not {text for text in listed if any(text in said or said in text for said in known if len(said) > 8)}
