"""Every cell of the occupation marts equals the one recomputed from the truth."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from exports.suitability import DIMENSIONS
from tests.truth import occupations, recompute
from tests.truth.conftest import View

pytestmark = pytest.mark.xdist_group("truth")


def same(published: object, expected: object, tolerance: float = 0.011) -> bool:
    """Both NULL, or equal to the published digit; a wage was rounded to it before the quantile."""
    if pd.isna(expected) or pd.isna(published):
        return bool(pd.isna(expected) and pd.isna(published))
    return abs(float(published) - float(expected)) <= tolerance  # type: ignore[arg-type]


def cases_end(view: View) -> pd.Timestamp:
    """Last day of registration whose six months have been followed."""
    return occupations.reported_until(view.as_of) - occupations.FOLLOWED


def test_wages(view: View) -> None:
    mart = view.occupations["wage"].query("scope in ('pes', 'insurance') and occupation_scheme == 'KECO'")
    mart = mart.set_index(["wage_source", "occupation_code", "region_code"])
    expected = occupations.wages(view.truth, view.as_of)
    assert set(mart.index) == set(expected.index)
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


def test_openings_of_each_month(view: View) -> None:
    mart = view.occupations["openings_monthly"].query("scope == 'pes' and occupation_scheme == 'KECO'")
    months = occupations.months_before(view.as_of)
    vacancies = recompute.submissions(view.truth, view.as_of)
    vacancies = vacancies[vacancies["month"].isin(months)]
    seekers = recompute.registrations(view.truth, view.as_of).assign(month=lambda f: recompute.month_of(f["reg_date"]))
    for digits in occupations.LEVELS:
        cells = mart[mart["occupation_level"] == digits].set_index(["occupation_code", "time_period"])
        by = [vacancies["occupation_code"].str[:digits], vacancies["month"]]
        openings, count = vacancies.groupby(by)["openings"].sum(), vacancies.groupby(by).size()
        wished = seekers.groupby([seekers["desired_occupation_code"].str[:digits], seekers["month"]]).size()
        codes = vacancies["occupation_code"].str[:digits].dropna().unique()
        assert set(cells.index) == {(code, month) for code in codes for month in months}
        for name, expected in (("openings_new", openings), ("vacancies_new", count), ("registrations_new", wished)):
            assert (cells[name] - expected.reindex(cells.index).fillna(0)).abs().sum() == 0, name
        assert (cells["openings_per_seeker"].isna() == (cells["registrations_new"] == 0)).all()


def test_skills_and_similar_occupations(view: View) -> None:
    four = "scope == 'pes' and occupation_scheme == 'KECO' and occupation_level == 4"
    mart = view.occupations["skill"].query(four).set_index(["occupation_code", "skill_code"])
    expected = occupations.skills(view.truth, view.as_of)
    expected["share"] = expected["vacancies_naming"] / expected["n"]
    vacancies_all = recompute.submissions(view.truth, view.as_of).query("occupation_code == occupation_code")
    vacancies_all = vacancies_all["month"].isin(occupations.months_before(view.as_of)).sum()
    naming_all = expected.groupby("skill_code")["vacancies_naming"].transform("sum")
    expected["lift"] = expected["share"] / (naming_all / vacancies_all)
    cells = expected.set_index(["occupation_code", "skill_code"])
    assert len(cells) > 30
    assert set(mart.index) == set(cells.index)
    for name in ("vacancies_naming", "n", "share", "lift"):
        assert (mart.loc[cells.index, name].astype(float) - cells[name]).abs().max() < 1e-8, name
    cosines = occupations.similar(expected)
    near = view.occupations["similar"].query(four).set_index(["occupation_code", "similar_code"])["similarity"]
    assert len(near) > 0
    for pair, similarity in near.items():
        assert abs(float(similarity) - cosines[pair]) < 1e-8  # type: ignore[index]
    for code, nearest in near.groupby("occupation_code"):
        others = sorted((c for (one, _), c in cosines.items() if one == code), reverse=True)
        assert np.allclose(sorted(nearest.astype(float), reverse=True), others[:10])


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
    expected = occupations.licences(view.truth, view.as_of, view.listed_on)
    asked = mart[mart["vacancies_naming"] > 0]
    assert {key: (row["vacancies_naming"], row["n"]) for key, row in asked.iterrows()} == expected
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
        expected = ["A" if n >= 100 else "B" if n >= 30 else "C" if n else None for n in view.profile[n].fillna(0)]
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
    chances = []
    for code in tested["occupation_code"]:
        basis = next(c for c in (code[:4], code[:2], "_T") if n[c] >= 30 or c == "_T")
        above = code[:2] if basis == code[:4] else "_T"
        chances.append((employed[basis] + 40 * employed[above] / n[above]) / (n[basis] + 40))
    found = tested.assign(chance=chances, outcome=(tested["firm_size"] != "NONE").astype(int))
    total = mart.loc[("total", "_T")]
    assert total["n"] == len(found) and total["observed"] == found["outcome"].sum()
    assert abs(float(total["predicted"]) - found["chance"].sum()) < 1e-6
    assert abs(float(total["brier_score"]) - ((found["chance"] - found["outcome"]) ** 2).mean()) < 1e-9
    everyone = employed["_T"] / n["_T"]
    assert abs(float(total["brier_score_overall"]) - ((everyone - found["outcome"]) ** 2).mean()) < 1e-8
    assert abs(float(total["auc"]) - roc_auc_score(found["outcome"], found["chance"].round(10))) < 1e-9
    for breakdown in ("decile", "sex", "age_group"):
        assert mart.loc[breakdown]["n"].sum() == len(found), breakdown
    outcomes = mart.loc["outcome"]
    assert (outcomes["n"] == len(found)).all() and outcomes["observed"].sum() == len(found)
    assert abs(float(outcomes["predicted"].sum()) - len(found)) < 1e-5
