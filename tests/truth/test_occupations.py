"""Every cell of the occupation marts equals the one recomputed from the truth."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import roc_auc_score

from exports.suitability import DIMENSIONS
from tests.truth import occupations, recompute
from tests.truth.conftest import Told, View
from tests.truth.sources import Loads
from tests.truth.verification import wilson

pytestmark = pytest.mark.xdist_group("truth")


def same(published: object, expected: object, tolerance: float = 0.011) -> bool:
    """Both NULL, or equal to the published digit; a wage was rounded to it before the quantile."""
    if pd.isna(expected) or pd.isna(published):
        return bool(pd.isna(expected) and pd.isna(published))
    if isinstance(expected, str):
        return bool(published == expected)
    return abs(float(published) - float(expected)) <= tolerance  # type: ignore[arg-type]


def cases_end(view: View) -> pd.Timestamp:
    """Last day of registration whose six months have been followed."""
    return occupations.reported_until(view.as_of) - occupations.FOLLOWED


@pytest.fixture(scope="module")
def vacancies(view: View) -> dict[str, pd.DataFrame]:
    """Those of the 24 months by scope."""
    return occupations.markets(view.truth, Loads(view.settings, view.as_of))


def test_wages(view: View, vacancies: dict[str, pd.DataFrame]) -> None:
    mart = view.occupations["wage"].set_index(["scope", "occupation_code", "region_code"])
    expected = occupations.wages(view.truth, view.as_of, vacancies)
    assert set(mart.index) == set(expected.index) and len(mart) == len(expected)
    mart = mart.loc[expected.index]
    assert mart["n"].tolist() == expected["n"].tolist()
    for name in occupations.QUANTILES:
        pairs = zip(mart[f"wage_month_{name}"], expected[name], strict=True)
        assert [p for p in pairs if not same(*p)] == []
    assert expected.notna()["p10"].any() and expected["p50"].isna().any()
    reasons = np.select([expected["p50"].isna(), expected["p10"].isna()], ["few_wages", "few_wages_for_p10_p90"], "")
    assert mart["wage_null_reason"].fillna("").tolist() == reasons.tolist()


def test_transitions(view: View) -> None:
    mart = view.occupations["transition"].set_index(["from_code", "to_code"])
    expected = occupations.transitions(view.truth, view.as_of)
    assert set(mart.index) == set(expected)
    assert {code for _, code in expected} >= {"OTHER", occupations.LEFT}
    for key, row in expected.items():
        published = mart.loc[key]
        assert all(same(published[name], value) for name, value in row.items()), (key, row, published.to_dict())
        assert abs(float(published["share"]) - row["share"]) < 1e-9
    sums = mart["share"].astype(float).groupby("from_code").sum()
    assert (abs(sums - 1) < 1e-8).all()
    shown = mart["n"].dropna()
    assert (shown >= 10).all()


def test_openings_of_each_month(view: View, vacancies: dict[str, pd.DataFrame]) -> None:
    months = occupations.months_before(view.as_of)
    seekers = recompute.registrations(view.truth, view.as_of).assign(month=lambda f: recompute.month_of(f["reg_date"]))
    mart = view.occupations["openings_monthly"].set_index(["scope", "occupation_code", "time_period"])
    expected = []
    for scope, found in vacancies.items():
        for digits in occupations.LEVELS:
            code = found["occupation_code"].str[:digits]
            spine = pd.MultiIndex.from_product([[scope], code.unique(), months], names=mart.index.names)
            cells = found.groupby([code, "month"])["openings"].agg(openings_new="sum", vacancies_new="size")
            wished = seekers.groupby([seekers["desired_occupation_code"].str[:digits], seekers["month"]]).size()
            counted = cells.reindex(spine.droplevel(0), fill_value=0).set_axis(spine)
            counted["registrations_new"] = wished.reindex(spine.droplevel(0)).fillna(0).to_numpy()
            expected.append(counted if scope == "pes" else counted.assign(registrations_new=np.nan))
    both = pd.concat(expected)
    assert len(mart) == len(both) and set(mart.index) == set(both.index)
    mart = mart.loc[both.index]
    for name in both:
        assert mart[name].astype("float64").fillna(-1).tolist() == both[name].fillna(-1).tolist(), name
    ratio = (both["openings_new"] / both["registrations_new"]).where(both["registrations_new"] > 0)
    assert np.allclose(mart["openings_per_seeker"].astype(float), ratio, atol=1e-9, equal_nan=True)
    absent = both["registrations_new"].map(
        lambda n: "denominator_absent" if pd.isna(n) else None if n else "zero_denominator"
    )
    assert mart["openings_per_seeker_null_reason"].fillna("").tolist() == absent.fillna("").tolist()


def test_skills_and_similar_occupations(view: View, vacancies: dict[str, pd.DataFrame]) -> None:
    keys = ["scope", "occupation_level", "occupation_code"]
    marts = {name: view.occupations[name].set_index(keys) for name in ("skill", "similar")}
    expected = pd.concat([occupations.skills(each).assign(scope=scope) for scope, each in vacancies.items()])
    mart = marts["skill"].set_index("skill_code", append=True)
    cells = expected.set_index([*keys, "skill_code"])
    assert len(mart) == len(cells) > 60 and set(mart.index) == set(cells.index)
    for name in ("vacancies_naming", "n", "share", "share_all", "lift"):
        found = mart.loc[cells.index, name].astype(float)
        assert np.allclose(found, cells[name].astype(float), rtol=0, atol=1e-8), name
    assert set(marts["similar"].index.droplevel(2)) <= set(cells.index.droplevel([2, 3]))
    for (scope, level), shares in expected.groupby(keys[:2]):
        cosines = occupations.similar(shares)
        named = shares.groupby("occupation_code")["skill_code"].agg(set)
        n = shares.groupby("occupation_code")["n"].first()
        near = marts["similar"].query("scope == @scope and occupation_level == @level").reset_index()
        nearest: dict[str, list[tuple[float, str]]] = {}
        for (one, other), cosine in cosines.items():
            nearest.setdefault(one, []).append((-round(cosine, 9), other))
        ranked = {
            (one, other): (rank, -cosine, len(named[one] & named[other]), min(n[one], n[other]))
            for one, others in nearest.items() for rank, (cosine, other) in enumerate(sorted(others)[:10], 1)
        }  # fmt: skip
        published = near.set_index(["occupation_code", "similar_code"])
        assert len(published) == len(ranked) and set(published.index) == set(ranked), (scope, level)
        for pair, row in published.iterrows():
            rank, cosine, shared, least = ranked[pair]  # type: ignore[index]
            assert (row["similarity_rank"], row["skills_shared"], row["n"]) == (rank, shared, least), pair
            assert abs(float(row["similarity"]) - cosine) < 1e-8


def test_hand_read_duties_name_their_skills(view: View) -> None:
    """What a reader finds in the nation's own sentences; English ones are short and name fewer."""
    mart = view.occupations["skill"].query("scope == 'pes' and occupation_level == 4")
    named = mart.groupby("occupation_code")["skill_code"].agg(set)
    read = {
        "3075": {"treatment_assistance", "reception_billing", "sterilisation", "personal_care"},
        "8241": {"welding", "argon_welding", "technical_drawing"},
        "1352": {"sql", "python", "dashboarding", "machine_learning", "data_analysis"},
        "5312": {"cooking", "food_hygiene"},
    }
    for code, skills in read.items():
        if mart.loc[mart["occupation_code"] == code, "n"].max() >= 15:
            assert skills <= named[code] <= skills | {"cleaning", "care_records", "document_writing"}, code


def test_licences_asked_for(view: View) -> None:
    mart = view.occupations["licence"].set_index(["occupation_code", "licence_name"])
    if view.listed_on is None:
        assert (mart["n"] == 0).all() and (mart["null_reason"] == "denominator_absent").all()
        return
    asked, n = occupations.licences(view.truth, view.as_of, view.listed_on)
    assert set(asked) <= set(mart.index)
    for key, row in mart.iterrows():
        assert (row["vacancies_naming"], row["n"]) == (asked[key], n.get(key[0], 0)), key
    assert mart.loc[("3075", "간호조무사"), "is_mandatory"]
    renamed = mart.loc[("8132", "컴퓨터응용밀링기능사")]
    assert renamed["licence_key"] == "6012" and list(renamed["former_names"]) == ["밀링기능사"]
    assert not {"밀링기능사", "미용사"} & {name for _, name in mart.index}


def test_training_outcomes(view: View) -> None:
    mart = view.occupations["training"].set_index("course_id")
    if view.listed_on is None:
        assert mart.empty
        return
    expected = occupations.training(view.truth)
    assert set(expected.index) <= set(mart.index) and len(expected) >= 10
    for course, row in mart.iterrows():
        for months in ("3m", "6m"):
            n, employed = (int(expected[f"{name}_{months}"].get(course, 0)) for name in ("n", "employed"))
            assert row[f"n_{months}"] == n
            assert same(row[f"employment_rate_{months}"], employed / n if n >= 10 else None, 1e-9), (course, months)
            assert (row[f"null_reason_{months}"] == "few_completers") == (n < 10)


def test_each_block_of_a_profile_says_how_good_it_is(view: View) -> None:
    for n, quality in (
        ("vacancies_24m", "openings_quality"), ("wage_n", "wage_quality"), ("insured_wage_n", "insured_wage_quality"),
    ):  # fmt: skip
        expected = [occupations.grade(cases) for cases in view.profile[n].fillna(0)]
        assert [None if pd.isna(q) else q for q in view.profile[quality]] == expected
    assert view.profile["openings_quality"].nunique() > 1


def test_work_outside_insurance_is_weighted_with_completers(view: View) -> None:
    mart = view.occupations["training"].set_index("course_id")
    expected = occupations.uninsured(view.truth)
    for course, row in mart.iterrows():
        n, share = expected.get(course, (0, None))
        assert row["n_uninsured_6m"] == n
        assert same(row["uninsured_rate_6m"], share if n >= 10 else None, 1e-9), course
    assert mart.empty or mart["uninsured_rate_6m"].notna().any()


def test_requirements(view: View) -> None:
    mart = view.occupations["requirement"].set_index(["occupation_code", "dimension"])
    expected = occupations.demands(view.truth, view.as_of, view.listed_on)
    assert {code for code, _ in mart.index} == set(expected)
    for code, row in expected.items():
        for dimension, value, column in (
            ("education", "level", "required_level"),
            ("experience", "months", "required_months"),
        ):
            published = mart.loc[(code, dimension)]
            enough = row[f"n_{dimension}"] >= 4
            assert published["n"] == row[f"n_{dimension}"] and published["is_required"] == enough, (code, dimension)
            assert same(published[column], row[value] if enough else None), (code, dimension)
    gates = mart[mart["is_gate"]].reset_index()
    assert set(gates["dimension"]) == {"qualification"}
    by_law = {"3040", "3065", "3075", "2321", "5501", "5112"}
    assert set(gates["occupation_code"]) == by_law & set(expected)
    assert (mart.groupby("occupation_code").size() == len(DIMENSIONS)).all()


def test_employability(view: View) -> None:
    """Shares among those who wished the occupation, its group or any where they are few; and drawn to the next."""
    mart = view.occupations["employability"].set_index(["occupation_code", "firm_size", "employment_type"])
    cases = occupations.first_jobs(view.truth, view.as_of)
    cases = cases[cases["reg_date"] > cases_end(view) - pd.DateOffset(months=24)]
    counted = occupations.outcomes(cases)
    n = {code: sum(found.values()) for code, found in counted.items()}
    assert "_T" in set(mart["basis_code"]) and mart["n_own"].ge(30).any(), "both few and many cases"
    for (code, size, kind), row in mart.iterrows():
        basis = next((c for c in dict.fromkeys((code, code[:2], "_T")) if n.get(c, 0) >= 30), None)
        above = code[:2] if basis == code and len(code) == 4 else "_T"
        outcome = (size, kind)
        assert (row["n_own"], row["basis_code"], row["n"]) == (n.get(code, 0), basis, n[basis]), code
        assert row["numerator"] == counted[basis][outcome], (code, outcome)
        assert same(row["probability"], counted[basis][outcome] / n[basis], 1e-9)
        shrunk = (counted[basis][outcome] + 40 * counted[above][outcome] / n[above]) / (n[basis] + 40)
        assert same(row["probability_shrunk"], shrunk, 1e-9), (code, outcome)
    assert set(counted) - {"_T"} <= set(mart.index.levels[0])
    told = {(size, kind) for found in counted.values() for size, kind in found}
    assert told <= {(size, kind) for _, size, kind in mart.index}


def test_employability_is_tested_on_seekers_it_has_not_seen(view: View) -> None:
    mart = view.occupations["employability_quality"].set_index(["breakdown_type", "breakdown_code"])
    cases = occupations.first_jobs(view.truth, view.as_of)
    tested_from = cases_end(view) - pd.DateOffset(months=6) + pd.Timedelta(days=1)
    learnt_to = tested_from - pd.Timedelta(days=184)
    learnt_from = tested_from - pd.DateOffset(months=24) - pd.Timedelta(days=183)
    learnt = cases[(cases["reg_date"] >= learnt_from) & (cases["reg_date"] <= learnt_to)]
    tested = cases[cases["reg_date"] >= tested_from]
    counted = occupations.outcomes(learnt)
    n = Counter({code: sum(found.values()) for code, found in counted.items()})
    employed = {code: n[code] - found["NONE", "NONE"] for code, found in counted.items()}
    bases = [
        next(c for c in (code[:4], code[:2], "_T") if n[c] >= 30 or c == "_T") for code in tested["occupation_code"]
    ]
    aboves = [c[:2] if len(c) == 4 else "_T" for c in bases]
    chances = [(employed[b] + 40 * employed[a] / n[a]) / (n[b] + 40) for b, a in zip(bases, aboves, strict=True)]
    found = tested.assign(chance=chances, outcome=(tested["firm_size"] != "NONE").astype(int))
    everyone = employed["_T"] / n["_T"]
    ranked = found.assign(chance=found["chance"].round(10)).sort_values(["chance", "seeker_reg_no"])
    tenths = np.array_split(ranked.index, 10)  # the first ones hold one more where the number is no multiple of ten
    found["decile"] = pd.concat([pd.Series(str(n), index=each) for n, each in enumerate(tenths, 1)])
    parts = {("total", "_T"): found} | {
        (by, str(code)): part for by in ("decile", "sex", "age_group") for code, part in found.groupby(by)
    }  # fmt: skip
    for _, row in mart[mart.index.get_level_values(0) == "outcome"].iterrows():
        size, kind = row.name[1].removesuffix("_TERM").removesuffix("_TIME").rsplit("_", 1)  # type: ignore[index]
        kind = {"FIXED": "FIXED_TERM", "PART": "PART_TIME"}.get(kind, kind)
        cases = [counted[b][size, kind] for b in bases]
        wider = [counted[a][size, kind] / n[a] for a in aboves]
        parts["outcome", row.name[1]] = tested.assign(  # type: ignore[index]
            chance=[(k + 40 * w) / (n[b] + 40) for k, w, b in zip(cases, wider, bases, strict=True)],
            outcome=((tested["firm_size"] == size) & (tested["employment_type"] == kind)).astype(int),
        )
    assert set(mart.index) == set(parts)
    for key, row in mart.iterrows():
        part = parts[key]  # type: ignore[index]
        chance, outcome = part["chance"], part["outcome"]
        low, high = wilson(int(outcome.sum()), len(part))
        both = outcome.nunique() == 2
        alone = None if key[0] == "outcome" else ((everyone - outcome) ** 2).mean()  # type: ignore[index]
        expected = {
            "n": len(part), "observed": outcome.sum(), "predicted": chance.sum(), "observed_rate": outcome.mean(),
            "predicted_rate": chance.mean(), "observed_low": low, "observed_high": high,
            "brier_score": ((chance - outcome) ** 2).mean(), "brier_score_overall": alone,
            "auc": roc_auc_score(outcome, chance.round(10)) if both else None,
        }  # fmt: skip
        for name, value in expected.items():
            assert same(row[name], value, 1e-7), (key, name, row[name], value)
        absent = {"brier_score_overall": "no_such_chance_without_occupation"} if alone is None else {}
        absent |= {} if both else {"auc": "one_outcome_only"}
        assert same(row["null_reason"], " ".join(f"{k}={v}" for k, v in absent.items()) or None)


def test_titles_and_descriptions_are_those_of_the_dictionary(told: Told) -> None:
    """What a coaching app shows of an occupation, and what its search finds, as the nation's dictionary has it."""
    file = Path(__file__).parents[2] / "sandbox" / "nation" / "data" / "occupations.yml"
    dictionary = {one["code"]: one for one in yaml.safe_load(file.read_text("utf-8"))}
    titles = told.street.query("select occupation_code, title from dim_occupation_title")
    known = {(code, title) for code, one in dictionary.items() for title in one["titles"][:-1]}
    assert set(titles.itertuples(index=False, name=None)) == known and len(titles) == len(known) > 100
    rows = told.street.query(
        "select occupation_code, description, job_zone from dim_occupation"
        " where occupation_scheme = 'KECO' and is_current and description is not null"
    ).set_index("occupation_code")
    assert set(rows.index) == set(dictionary)
    for code, one in dictionary.items():
        said = [re.sub("<[nk]>", "여러 ", duty) for duty in one["duties"]]
        assert rows.loc[code, "description"] == ". ".join(said)
        assert rows.loc[code, "job_zone"] == {"00": 1, "03": 2, "04": 3, "05": 4}[one["edu"]]
