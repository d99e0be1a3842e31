"""The reliability score: exact features, calibrated ranking, reasons, and a model that can be trusted and repeated."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from ingest.landing import LandingError
from lmi.core.atomic import sha256_file
from lmi.core.paths import Paths
from validation.vetting import score_evaluation
from validation.vetting.score import (
    MODEL_FILE,
    Features,
    Model,
    ModelError,
    add_score,
    fit,
    held_share,
    load_model,
    model_in_force,
    save_model,
    score,
    threshold_of,
    version_of,
)
from validation.vetting.score_evaluation import evaluate, fairness_dimensions
from validation.vetting.score_features import BUCKETS, SIGNALS, structure, word_counts, word_shares
from validation.vetting.shingles import comparable
from validation.vetting.templates import template_groups

DAY = date(2026, 3, 2)
BAIT = (
    "당일지급 고수익 보장",
    "통장 대여 사례금",
    "회원 모집 수당 무제한",
    "선입금 후 재료 배송",
    "면접없이 텔레그램 문의",
)
WORK = (
    "사출기를 조작합니다", "치수를 검사합니다", "전표를 입력합니다", "도면을 작성합니다", "설비를 점검합니다",
    "거래처와 상담합니다", "식재료를 손질합니다", "차량을 운전합니다", "재고를 조사합니다", "회의를 준비합니다",
)  # fmt: skip


def postings_of(rows: list[dict[str, Any]]) -> pa.Table:
    base: dict[str, Any] = {
        "posting_no": 0, "posting_id": "", "submitted_date": DAY, "channel_code": "ONLINE",
        "title": "직원을 모집합니다", "duties": "", "requirements": None, "business_no": "1234567891",
        "workplace_no": "12345678901",
        "region_code": "41130", "work_address": "중앙로 1", "employment_type_code": "10", "wage_type_code": "M",
        "wage_min": 2_500_000, "wage_max": 0, "wage_currency": "KRW", "weekly_hours": 40.0, "career_code": "E",
        "education_code": "03", "openings": 1, "start_date": DAY + timedelta(20), "close_date": DAY + timedelta(30),
        "has_image": False, "has_contact_phone": True, "has_contact_email": True, "headcount": 25,
    }  # fmt: skip
    return pa.Table.from_pylist([base | {"posting_no": n, "posting_id": f"P{n}"} | row for n, row in enumerate(rows)])


def world(rng: random.Random, count: int = 240) -> tuple[pa.Table, np.ndarray]:
    """Every fourth posting is bad: one of five baits among three ordinary tasks."""
    labels = np.array([n % 4 == 0 for n in range(count)], np.int64)
    rows = []
    for bad in labels:
        tasks = rng.sample(WORK, 4)
        if bad:
            tasks[rng.randrange(4)] = rng.choice(BAIT)
        rows.append(
            {"duties": ". ".join(f"{task} {rng.randint(1, 999)}" for task in tasks), "openings": rng.randint(1, 9)}
        )
    return postings_of(rows), labels


@pytest.fixture(scope="module")
def trained() -> tuple[Model, pa.Table, np.ndarray]:
    postings, labels = world(random.Random(7))
    facts = {"version": version_of(postings, labels), "trained_until": DAY.isoformat()}
    model = fit(Features.of(postings), labels, np.arange(len(labels)), facts)
    scores = model.predict(Features.of(postings))
    return dataclasses.replace(model, threshold=threshold_of(scores, 0.25)), postings, labels


# --- features


@given(st.lists(st.text(st.sampled_from("가나다a1😀 "), max_size=25), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_runs_are_those_of_char_wb(texts: list[str]) -> None:
    cleaned = [" ".join(text.split()) for text in texts]
    counts = word_counts(pa.array(cleaned, pa.string()))
    analyse = CountVectorizer(analyzer="char_wb", ngram_range=(2, 4)).build_analyzer()
    for row, text in enumerate(cleaned):
        assert sorted(counts[row].data) == sorted(Counter(analyse(text)).values())


def test_runs_do_not_cross_words_and_words_add_up() -> None:
    text = "당일 지급 고수익 당일"
    counts = word_counts(pa.array([text]))
    assert counts.sum() == sum(word_counts(pa.array([word])).sum() for word in text.split())
    weights = np.random.default_rng(3).normal(size=BUCKETS)
    shares = word_shares(text, weights)
    assert list(shares) == ["당일", "지급", "고수익"]
    assert sum(shares.values()) == pytest.approx(float((counts @ weights)[0]))
    assert shares["당일"] == pytest.approx(2 * word_shares("당일", weights)["당일"])


def test_form_by_hand() -> None:
    rows = [
        {"duties": "가나다라 12!", "wage_min": 10_320, "wage_type_code": "H", "has_contact_phone": None},
        {"duties": None, "wage_min": 0, "work_address": " ", "employment_type_code": "4", "career_code": None},
    ]
    names = [signal.name for signal in SIGNALS]
    found = [dict(zip(names, row, strict=True)) for row in structure(postings_of(rows))]
    assert found[0]["text_length"] == pytest.approx(np.log(9))
    assert found[0]["wage_hour"] == pytest.approx(np.log(10_320))
    assert found[0]["exclamations"] == pytest.approx(np.log(2))
    assert (found[0]["no_phone"], found[0]["no_email"], found[0]["no_duties"]) == (1, 0, 0)
    assert (found[0]["days_open"], found[0]["days_to_start"]) == (30, 20)
    assert np.isnan(found[1]["wage_hour"])
    assert (found[1]["no_wage_min"], found[1]["no_work_address"], found[1]["no_duties"]) == (1, 1, 1)
    assert (found[1]["by_day"], found[1]["no_experience"]) == (1, 1)


def test_what_a_source_never_carries_is_unknown_not_blank() -> None:
    postings = postings_of([{"duties": "가나다", "weekly_hours": None, "business_no": None}])
    index = {signal.name: place for place, signal in enumerate(SIGNALS)}
    known = structure(postings)[0]
    unknown = structure(postings, frozenset(postings.column_names) - {"weekly_hours", "business_no"})[0]
    assert known[index["no_weekly_hours"]] == 1
    assert known[index["no_business_no"]] == 1
    assert np.isnan(unknown[[index["no_weekly_hours"], index["no_business_no"], index["hours"]]]).all()
    bare = structure(postings.select(["posting_no", "title", "duties"]))[0]
    assert np.isnan(bare[index["wage_hour"]])
    assert bare[index["text_length"]] > 0


# --- score


def test_it_ranks_what_people_found_bad_and_says_why(trained: tuple[Model, pa.Table, np.ndarray]) -> None:
    model, _, _ = trained
    fresh, labels = world(random.Random(99))
    table = score(fresh, model)
    scores = table.column("score").to_numpy()
    assert ((scores >= 0) & (scores <= 1)).all()
    best = scores[labels == 1].min(), scores[labels == 0].max()
    assert np.mean(scores[labels == 1]) > 0.8 > 0.2 > np.mean(scores[labels == 0]), best
    held = scores >= model.threshold
    assert held.sum() > 40
    reasons = table.column("reasons").to_pylist()
    assert [bool(found) for found in reasons] == held.tolist()
    bait = {word for sentence in BAIT for word in sentence.split()}
    for row in np.flatnonzero(held & (labels == 1)):
        loudest = next(reason for reason in reasons[row] if reason["code"] == "WORD")
        assert any(word in loudest["ko"] and word in loudest["en"] for word in bait), loudest
        weights = [reason["weight"] for reason in reasons[row]]
        assert weights == sorted(weights, reverse=True)
        assert min(weights) > 0


def test_a_posting_scores_the_same_alone_and_in_any_order(trained: tuple[Model, pa.Table, np.ndarray]) -> None:
    model, postings, _ = trained
    whole = score(postings, model)
    order = np.random.default_rng(1).permutation(len(postings))
    mixed = score(postings.take(pa.array(order)), model)
    assert mixed.equals(whole.take(pa.array(order)))
    assert score(postings.slice(5, 1), model).equals(whole.slice(5, 1))
    assert score(postings.slice(0, 0), model).num_rows == 0


def test_without_a_model_there_is_no_score_and_the_reason_says_so() -> None:
    table = score(postings_of([{}, {}]), None)
    assert table.column("score").to_pylist() == [None, None]
    assert [reason["code"] for row in table.column("reasons").to_pylist() for reason in row] == ["NO_MODEL"] * 2


def test_a_repeated_word_weighs_what_it_adds_to_the_margin(trained: tuple[Model, pa.Table, np.ndarray]) -> None:
    model = dataclasses.replace(trained[0], threshold=0.0)
    posting = postings_of([{"title": None, "duties": "텔레그램 텔레그램 텔레그램"}])
    features = Features.of(posting)
    text = model.weighting.transform(features.words) @ model.classifier.coef_[0][:BUCKETS]
    reasons = score(posting, model).column("reasons").to_pylist()[0]
    assert [r["weight"] for r in reasons if r["code"] == "WORD"] == pytest.approx(text.tolist())


def test_form_speaks_too() -> None:
    rng = random.Random(4)
    rows = [
        {
            "duties": ". ".join(rng.sample(WORK, 4)),
            "has_contact_phone": n % 3 > 0,
            "work_address": "길 1" if n % 3 else None,
        }
        for n in range(150)
    ]
    postings, labels = postings_of(rows), np.array([n % 3 == 0 for n in range(150)], np.int64)
    model = dataclasses.replace(fit(Features.of(postings), labels, np.arange(150)), threshold=0.5)
    reasons = score(postings.slice(0, 1), model).column("reasons").to_pylist()[0]
    assert {"NO_PHONE", "NO_WORK_ADDRESS"} <= {reason["code"] for reason in reasons}
    assert "전화" in next(reason["ko"] for reason in reasons if reason["code"] == "NO_PHONE")


def test_what_is_held_always_has_a_reason(trained: tuple[Model, pa.Table, np.ndarray]) -> None:
    model, postings, _ = trained
    everything = score(postings, dataclasses.replace(model, threshold=0.0)).column("reasons").to_pylist()
    assert all(everything)
    codes = [{reason["code"] for reason in reasons} for reasons in everything]
    assert all(len(found) == 1 for found in codes if "MANY_WEAK" in found)
    nothing = dataclasses.replace(model, threshold=0.0, classifier=copy.deepcopy(model.classifier))
    nothing.classifier.coef_[:] = 0
    reasons = score(postings.slice(0, 2), nothing).column("reasons").to_pylist()
    assert [reason["code"] for row in reasons for reason in row] == ["MANY_WEAK", "MANY_WEAK"]


def test_probabilities_are_calibrated_where_nothing_can_be_learnt() -> None:
    rng = random.Random(11)
    postings, _ = world(rng, 400)
    labels = np.array([rng.random() < 0.2 for _ in range(400)], np.int64)
    model = fit(Features.of(postings), labels, np.arange(400))
    fresh, _ = world(random.Random(12), 400)
    assert np.mean(model.predict(Features.of(fresh))) == pytest.approx(labels.mean(), abs=0.08)


@given(st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.9]), min_size=1, max_size=60), st.floats(0, 1))
def test_the_threshold_never_holds_more_than_its_share(values: list[float], share: float) -> None:
    scores = np.array(values)
    threshold = threshold_of(scores, share)
    held = np.mean(scores >= threshold) if threshold < 1 else 0
    assert held <= share
    lower = [value for value in scores if value < threshold]
    if lower:  # the next value would hold too many
        assert np.mean(scores >= max(lower)) > share


def test_share_follows_from_what_reviewers_can_call() -> None:
    assert held_share(46, 30, 100_000, 0.05) == pytest.approx(0.0138)
    assert held_share(46, 30, 100, 0.05) == 0.05
    assert held_share(46, 30, 0, 0.05) == 0.05


# --- the model as a file


def test_a_model_is_named_by_what_it_learnt_from(trained: tuple[Model, pa.Table, np.ndarray]) -> None:
    _, postings, labels = trained
    version = version_of(postings, labels)
    order = np.random.default_rng(2).permutation(len(postings))
    assert version_of(postings.take(pa.array(order)), labels[order]) == version
    other = labels.copy()
    other[0] = 1 - other[0]
    assert version_of(postings, other) != version
    assert version_of(postings.slice(1), labels[1:]) != version


def test_a_kept_model_scores_as_before(trained: tuple[Model, pa.Table, np.ndarray], tmp_path: Path) -> None:
    model, postings, _ = trained
    paths = Paths(tmp_path, tmp_path / "drop")
    folder = save_model(model, paths)
    assert save_model(model, paths) == folder
    assert score(postings, load_model(folder)).equals(score(postings, model))
    assert model_in_force(paths, DAY) is not None
    assert model_in_force(paths, DAY - timedelta(1)) is None
    later = dataclasses.replace(model, facts={"version": "f" * 64, "trained_until": (DAY + timedelta(9)).isoformat()})
    save_model(later, paths)
    assert [m.version for d in (0, 8, 9) if (m := model_in_force(paths, DAY + timedelta(d)))] == [
        model.version, model.version, "f" * 64
    ]  # fmt: skip


def test_damage_and_strange_types_are_refused(trained: tuple[Model, pa.Table, np.ndarray], tmp_path: Path) -> None:
    model, _, _ = trained
    with pytest.raises(ModelError, match="vet train"):
        load_model(tmp_path)
    folder = save_model(model, Paths(tmp_path, tmp_path / "drop"))
    file, manifest = folder / MODEL_FILE, folder / "manifest.json"
    whole = file.read_bytes()
    file.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    with pytest.raises(LandingError, match=MODEL_FILE):
        load_model(folder)
    skops.io.dump({"classifier": random.Random(1)}, file)
    facts = json.loads(manifest.read_text())
    facts["files"] = [{"path": MODEL_FILE, "sha256": sha256_file(file), "bytes": file.stat().st_size}]
    manifest.write_text(json.dumps(facts))
    with pytest.raises(ModelError, match=r"random\.Random"):
        load_model(folder)


# --- evaluation


def test_templates_are_grouped_whoever_the_employer() -> None:
    letters = " ".join(WORK)
    texts = ["1 " + letters, letters + " 연락 바랍니다", "전혀 다른 글이며 나눌 것이 없습니다", letters, "짧은 글"]
    assert template_groups(comparable(pa.array(texts))).tolist() == [0, 0, 1, 0, 2]
    assert template_groups(comparable(pa.array(texts)), shared=0.99).tolist() == [0, 1, 2, 3, 4]
    assert template_groups(pa.array([], pa.string())).tolist() == []


def test_no_template_is_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    postings, labels = world(random.Random(3), 80)
    learnt: list[Counter[int]] = []

    def recorded(features: Features, part: np.ndarray, groups: np.ndarray) -> Model:
        learnt.append(Counter(groups.tolist()))
        return fit(features, part, groups)

    monkeypatch.setattr(score_evaluation, "fit", recorded)
    evaluate(postings, labels, np.arange(80) // 4, seeds=(1,))
    assert len(learnt) == 5
    assert {size for groups in learnt for size in groups.values()} == {4}


def test_splits_by_template_do_not_measure_memory() -> None:
    """Labels belong to templates by chance: a random split learns them by heart, an honest one cannot."""
    rng = random.Random(21)
    rows, labels, groups = [], [], []
    for template in range(40):
        tasks = [f"{rng.choice(WORK)} {rng.randint(100, 9999)}" for _ in range(6)]
        for number in range(6):
            rows.append({"duties": ". ".join(tasks) + f" {number}", "region_code": ("11", "26")[template % 2] + "110"})
            labels.append(template % 4 == 0)
            groups.append(template)
    postings, truth = postings_of(rows), np.array(labels, np.int64)
    honest = evaluate(postings, truth, np.array(groups), seeds=(1, 2))
    leaky = evaluate(postings, truth, np.arange(len(rows)), seeds=(1, 2))
    assert leaky["average_precision"]["mean"] > 0.95
    assert honest["average_precision"]["mean"] < 0.6
    assert (honest["postings"], honest["bad"], honest["templates"]) == (240, 60, 40)
    for name in ("average_precision", "f1", "recall_in_top_5_percent"):
        spread = honest[name]
        assert spread["low"] <= spread["mean"] <= spread["high"]
        assert len(spread["seeds"]) == 2
    by_region = {hold["value"]: hold for hold in honest["false_holds"] if hold["dimension"] == "region"}
    assert set(by_region) == {"11", "26"}
    assert by_region["11"]["good"] + by_region["26"]["good"] == 180
    # bad templates are among the even ones, the ones of region 11
    assert by_region["11"]["good"] == 60


def test_dimensions_of_fairness() -> None:
    postings = postings_of([{"headcount": n} for n in (9, 10, 29, 30, 299, 300, None)])
    made = fairness_dimensions(postings)
    assert made["employer size"] == ["1-9", "10-29", "10-29", "30-99", "100-299", "300+", None]
    assert set(made["region"]) == {"41"}
    assert set(made["channel"]) == {"ONLINE"}
    assert "employer size" not in fairness_dimensions(postings.drop_columns(["headcount"]))


def test_the_score_holds_but_never_refuses_nor_lifts(trained: tuple[Model, pa.Table, np.ndarray]) -> None:
    model, postings, _ = trained
    postings = postings.slice(0, 4)
    judged = ["PASS", "WARN", "HOLD", "REJECT"]
    for threshold, expected in ((0.0, ["HOLD", "HOLD", "HOLD", "REJECT"]), (1.1, judged)):
        with duckdb.connect() as con:
            con.register("given", postings.append_column("record_hash", pa.array([f"h{n}" for n in range(4)])))
            con.execute("CREATE TABLE posting AS SELECT * REPLACE (requirements::VARCHAR AS requirements) FROM given")
            rows = ", ".join(f"('h{n}', '{d}', 'CODE', ['CODE'])" for n, d in enumerate(judged))
            con.execute(
                "CREATE TABLE decision AS"
                f" SELECT * FROM (VALUES {rows}) AS d (record_hash, decision, primary_code, reasons)"
            )
            add_score(con, dataclasses.replace(model, threshold=threshold), frozenset(postings.column_names))
            found = con.execute("SELECT decision, primary_code, reasons, score, model FROM decision").fetchall()
        assert [row[0] for row in found] == expected
        held = [row[1] for row in found]
        assert held == (["RELIABILITY_SCORE"] * 2 + ["CODE"] * 2 if threshold == 0 else ["CODE"] * 4)
        assert all(("RELIABILITY_SCORE" in row[2]) == (threshold == 0) for row in found)
        assert {row[4] for row in found} == {model.version}
        assert all(0 <= row[3] <= 1 for row in found)
