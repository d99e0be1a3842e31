"""The verification marts equal what follows from the decisions of people and from the judgements kept beside them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.truth import lives
from tests.truth import verification as recomputed
from tests.truth.conftest import View
from tests.truth.recompute import STATES, table
from tests.truth.test_truth import quotient, same_ratio
from validation.vetting.rules import load_rules

pytestmark = pytest.mark.xdist_group("truth")

WAITS = [
    "turnaround_p50_days", "turnaround_p90_days", "close_after_fill_p50_days", "backlog_age_p90_days",
    "reviewer_decisions", "reviewer_days",
]  # fmt: skip
PAIRS = ["both_bad", "only_first_bad", "only_second_bad", "both_good"]
#: ratio -> what is above, what is below
RATIOS = {
    "decided_in_time_share": ("decided_in_time", "decision_due"),
    "openings_filled_share": ("openings_filled", "openings_posted"),
    "take_down_rate": ("taken_down_30d", "posted_in_month"), "fill_rate": ("closed_openings_filled", "closed_openings"),
    "inactive_share": ("open_postings_inactive", "open_postings"),
    "decisions_per_reviewer_day": ("reviewer_decisions", "reviewer_days"),
}  # fmt: skip


def agree(published: object, expected: float | None, tolerance: float = 1e-7) -> bool:
    """Both NULL, or equal but for the tenth digit of what it was made from."""
    if expected is None or pd.isna(published):
        return expected is None and bool(pd.isna(published))
    return abs(float(published) - expected) <= tolerance * max(1.0, abs(expected))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def judgements(view: View) -> recomputed.Judgements:
    return recomputed.Judgements(view.settings, view.as_of)


@pytest.fixture(scope="module")
def lived(view: View) -> pd.DataFrame:
    return lives.lives(view.truth, view.home, view.as_of, view.listed_on)


def test_what_people_decide_in_a_day(view: View) -> None:
    mart = view.others["mart_reviewer_load"]
    expected = recomputed.reviewer_load(view.truth, view.as_of)
    cells = mart.set_index(["time_period", "source_id", "step_code", "selection_code"])
    assert set(cells.index) == set(expected)
    for cell, row in zip(cells.index, cells.to_dict("records"), strict=True):
        assert {name: row[name] for name in expected[cell]} == expected[cell]
        assert same_ratio(row["decision_share"], quotient(row["decisions"], row["month_decisions"]))
        assert same_ratio(row["decisions_per_reviewer_day"], quotient(row["decisions"], row["reviewer_days"]))
        assert pd.isna(row["call_attempts"]) and row["doubly_reviewed"] == row["decisions_with_calls_told"] == 0
    assert mart["unreached"].sum() > 0


def test_why_submissions_are_refused(view: View, judgements: recomputed.Judgements) -> None:
    mart = view.others["mart_vacancy_rejection_reasons"]
    expected = recomputed.rejection_reasons(view.truth, judgements, view.as_of)
    keys = mart[["time_period", "channel_code", "decided_by", "basis", "reason_code"]]
    published = dict(zip(keys.itertuples(index=False, name=None), zip(mart["postings"], mart["refused"], strict=True),
                         strict=True))  # fmt: skip
    assert len(published) == len(mart) and published == expected
    assert all(
        same_ratio(share, quotient(*published[key])) for key, share in zip(published, mart["share"], strict=True)
    )
    assert set(mart["decided_by"]) == {"RULES", "VERIFICATION"}


def test_how_often_each_rule_could_be_asked(view: View, judgements: recomputed.Judgements) -> None:
    mart = view.others["mart_vacancy_rule_coverage"].set_index(["source_id", "rule_number"])
    expected = recomputed.rule_coverage(judgements)
    assert set(mart.index) == set(expected)
    elsewhere = {rule.number for rule in load_rules().rules if "KR_PUBLIC" not in rule.profiles}
    for (source, number), row in zip(mart.index, mart.to_dict("records"), strict=True):
        found = expected[source, number]
        raised = ["warned", "held", "rejected", "undetermined"]
        assert {name: row[name] for name in ("judgements", *raised) if row[name]} == found
        asked = row["judgements"] - row["not_applicable"]
        assert row["passed"] == asked - sum(row[name] for name in raised) >= 0
        if source == recomputed.SUBMISSIONS and number in elsewhere:
            assert asked == 0
        assert same_ratio(row["undetermined_share"], quotient(row["undetermined"], row["judgements"]))
        assert same_ratio(row["not_applicable_share"], quotient(row["not_applicable"], row["judgements"]))
    assert (mart[["warned", "held", "rejected"]].sum() > 0).all()


def test_how_well_step_3_judges(view: View, judgements: recomputed.Judgements) -> None:
    mart = view.others["mart_vacancy_verification_quality"]
    expected = recomputed.quality(recomputed.judged(view.truth, judgements, view.as_of))
    cells = mart.set_index(["time_period", "judged_by", "breakdown_type", "breakdown_code"])
    assert set(cells.index) == set(expected)
    rows = dict(zip(cells.index, cells.to_dict("records"), strict=True))
    wrong = [(cell, name, rows[cell][name], value) for cell, found in expected.items() for name, value in found.items()
             if not agree(rows[cell][name], value)]  # fmt: skip
    assert wrong == []
    total = cells.xs(("_T", "total", "_T"), level=(0, 2, 3))
    assert (total[["flagged_bad", "flagged_good"]].sum() > 0).all() and total.loc["RULES", "passes_audited"] > 0
    assert pd.notna(total.loc["RULES", "recall"]) and mart["strata_collapsed"].max() > 0
    # of the small nation's few doubted passes none was audited
    assert view.listed_on is None or total["recall"].notna().all()
    assert mart["scored"].sum() == 0 and mart["score_psi"].isna().all()  # nobody has trained a model here


def test_detail_of_the_funnel(view: View, lived: pd.DataFrame) -> None:
    mart = view.others["mart_vacancy_verification_detail"].set_index(["time_period", *lives.KEYS])
    expected = lives.counts(lived, lives.month_ends(view.truth, view.as_of), lives.KEYS)
    expected = expected.drop(columns=["closed_provisionally", *PAIRS])
    missing = [name for name in STATES if name not in expected]  # a state that no submission of a small nation is in
    expected[missing] = 0
    assert len(mart) == len(expected) > 500
    published = mart[expected.columns].astype(int).reindex(expected.index)
    assert published.compare(expected.astype(int)).head(20).to_dict() == {}


def test_whole_of_the_funnel(view: View, lived: pd.DataFrame) -> None:
    """What is told by month and channel beside the states: counts, ratios, percentiles of waiting."""
    ends = lives.month_ends(view.truth, view.as_of)
    counted = lives.counts(lived, ends, ["channel_code"])
    whole = counted.groupby("time_period").sum().assign(channel_code="_T").set_index("channel_code", append=True)
    counted = pd.concat([counted, whole])
    waited = lives.waits(view.truth, lived, ends, view.as_of)
    mart = view.funnel.set_index(["time_period", "channel_code"])
    counted = counted.reindex(mart.index, fill_value=0)
    names = [name for name in counted if name in mart.columns]
    assert set(names) >= {"backlog", "closed_postings", "open_postings_inactive", "taken_down_30d", *PAIRS}
    different = mart[names].astype(int).compare(counted[names])
    assert different.head(20).to_dict() == {}
    for cell, row in zip(mart.index, mart.to_dict("records"), strict=True):
        found: dict[str, Any] = dict.fromkeys(WAITS) | {"reviewer_decisions": 0, "reviewer_days": 0}
        found |= waited.get(cell, {})
        assert {name: None if pd.isna(row[name]) else row[name] for name in WAITS} == found, cell
        for ratio, (above, below) in RATIOS.items():
            assert same_ratio(row[ratio], quotient(row[above], row[below])), (cell, ratio)
    unsure = counted["closed_provisionally"] > 0
    late = pd.Timestamp(view.as_of) < pd.PeriodIndex(mart.index.get_level_values(0), freq="M").shift(1).start_time + (
        pd.Timedelta(days=15)
    )
    expected = (unsure | (late & (counted["closed_openings"] > 0))).map({True: "P", False: "F"})
    assert (mart["fill_rate_status"] == expected).all()
    assert mart[["filled_while_open", "open_postings_inactive", "closed_openings_filled"]].sum().min() > 0


def test_openings_filled_are_nearly_those_of_the_nation(view: View) -> None:
    """How well the rule of matching fits: in all, as many openings as reported hires, within 30 per cent.

    What the rule gives is recomputed exactly (``fills``).
    """
    hires = table(view.truth, "vacancy_hires")
    known = table(view.truth, "insurance_reports", view.as_of)["event_no"]
    hired = int(hires["acq_event_no"].isin(known).sum())
    filled = view.funnel.query("channel_code == '_T'")["openings_filled"].sum()
    assert hired > 100 and abs(filled / hired - 1) < 0.3
