"""Of the verification of vacancies, of the coding of their titles and of the sources."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd

from tests.truth.columns.base import SEEDS, Expected, of, over, reasons, told
from tests.truth.conftest import View
from validation.vetting.decisions import vetted_evaluations
from validation.vetting.rules import load_rules


@of("mart_vacancy_verification")
def _funnel(view: View, rows: pd.DataFrame) -> Expected:
    return {
        "posting_rate_null_reason": np.where(rows["concluded"] == 0, "zero_denominator", None),
        "status": np.where(rows[OPEN].sum(axis=1) > 0, "P", "F"),
        "null_reasons": reasons(rows, {
            "first_pass_rate": "nothing_submitted", "decided_in_time_share": "no_decision_due",
            "turnaround_p50_days": "less_than_half_decided", "turnaround_p90_days": "less_than_nine_tenths_decided",
            "openings_filled_share": "no_opening_posted", "take_down_rate": "nothing_posted",
            "fill_rate": "no_posting_closed", "close_after_fill_p50_days": "none_filled_or_most_still_open",
            "backlog_age_p90_days": "no_backlog", "inactive_share": "no_open_posting",
            "decisions_per_reviewer_day": "no_reviewer_named",
            "reviewer_kappa": "nobody_reviewed_twice_or_no_variation",
        }),
    }  # fmt: skip


#: states in which somebody may still decide
OPEN = ["returned_open", "held_open", "pending"]


@of("mart_vacancy_verification_detail")
def _detail(view: View, rows: pd.DataFrame) -> Expected:
    concluded = rows["submitted"] - rows[OPEN].sum(axis=1)
    return {
        "concluded": concluded, "posting_rate": over(rows["posted"], concluded),
        "first_pass_rate": over(rows["posted_first_pass"], rows["submitted"]),
        "posting_rate_null_reason": np.where(concluded == 0, "zero_denominator", None),
        "status": np.where(rows[OPEN].sum(axis=1) > 0, "P", "F"),
    }  # fmt: skip


@of("mart_vacancy_verification_quality")
def _quality(view: View, rows: pd.DataFrame) -> Expected:
    low, high = (rows[f"hold_rate_ratio_{side}"].astype(float) for side in ("low", "high"))
    return {
        "is_hold_rate_uneven": ((low > 1.25) | (high < 0.8)).astype(object).where(low.notna(), None),
        "null_reasons": reasons(rows, {
            "precision": "no_flagged_posting_labelled",
            "recall": "a_stratum_of_passes_is_not_audited_or_nothing_flagged_labelled",
            "f1": "precision_or_recall_absent", "false_positives_per_1000_posted": "nothing_posted_or_labelled",
            "hold_rate_ratio": "total_or_nothing_held", "reviewer_kappa": "nobody_reviewed_twice_or_no_variation",
            "score_psi": "no_score_or_no_month_before_by_the_same_model",
        }),
    }  # fmt: skip


@of("mart_vacancy_rule_coverage")
def _rules(view: View, rows: pd.DataFrame) -> Expected:
    rules = {rule.number: rule for rule in load_rules().rules}
    of_rule = [rules[number] for number in rows["rule_number"]]
    coverage = pd.concat([pd.read_parquet(e.path("coverage")) for e in vetted_evaluations(view.settings, view.as_of)])
    coverage = coverage[coverage["outcome"].isin(["undetermined", "not_applicable"])].dropna(subset=["reason"])
    why = coverage.groupby(["source_id", "rule_number"])["reason"].agg(lambda each: " ".join(sorted(set(each))))
    return {
        "reasons": why.reindex(pd.MultiIndex.from_frame(rows[["source_id", "rule_number"]])),
        "rule_id": [rule.id for rule in of_rule], "label_ko": [rule.label["ko"] for rule in of_rule],
        "label_en": [rule.label["en"] for rule in of_rule],
    }  # fmt: skip


@of("mart_occupation_coding")
def _coding(view: View, rows: pd.DataFrame) -> Expected:
    return {"abstained_share": over(rows["by_abstained"], rows["asked"])}


@of("mart_vacancy_rejection_reasons")
def _rejections(view: View, rows: pd.DataFrame) -> Expected:
    rules = {case.code: rule for rule in load_rules().rules for case in rule.cases}
    of_code = rows["reason_code"].map(rules)
    return {
        "rule_number": [rule.number for rule in of_code], "label_ko": [rule.label["ko"] for rule in of_code],
        "label_en": [rule.label["en"] for rule in of_code],
    }  # fmt: skip


@of("mart_reviewer_load")
def _load(view: View, rows: pd.DataFrame) -> Expected:
    with (SEEDS / "code_labels.csv").open(encoding="utf-8", newline="") as lines:
        labels = {(row["code_list"], row["code"]): row for row in csv.DictReader(lines)}
    found: Expected = {"call_attempts_per_decision": None}
    for column, code_list in (("step", "verification_step"), ("selection", "review_selection")):
        for language in ("ko", "en"):
            found[f"{column}_label_{language}"] = [
                labels["total" if code in ("_T", "_U") else code_list, code][f"label_{language}"]
                for code in rows[f"{column}_code"]
            ]
    untold = "provider_does_not_tell_calls"
    return found | {"null_reasons": f"call_attempts={untold} call_attempts_per_decision={untold}"}


@of("mart_source_quality_monthly")
def _sources(view: View, rows: pd.DataFrame) -> Expected:
    is_share = told(rows["indicator"], "quality_indicators", "indicator", "denominator").notna()
    return {
        "unit": told(rows["indicator"], "quality_indicators", "indicator", "unit"),
        "null_reason": np.where(is_share & (rows["denominator"] == 0), "zero_denominator", None),
    }  # fmt: skip


@of("mart_coverage")
def _coverage(view: View, rows: pd.DataFrame) -> Expected:
    notes = {
        "absent": ("이 등록부의 자료가 없어 관련 지표를 산출하지 않는다.",
                   "No data of this register; the figures that need it are not computed."),
        "stale": ("최근 전달이 늦어 마지막 자료로 산출한다.",
                  "The last delivery is late; figures rest on the last data."),
        "present": ("자료가 있다.", "Data are present."),
    }  # fmt: skip
    return {
        f"note_{language}": [notes[status][n] for status in rows["status"]] for n, language in enumerate(("ko", "en"))
    }
