"""Of the occupation marts."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd

from tests.truth import occupations
from tests.truth.columns.base import (
    DAY,
    SEEDS,
    Expected,
    accepted_or_none,
    bounds,
    grades,
    korean,
    named,
    of,
    over,
    since,
    told,
)
from tests.truth.conftest import View


@of("mart_occupation_wage")
def _wages(view: View, rows: pd.DataFrame) -> Expected:
    return korean(rows) | {
        "wage_source": rows["scope"].map(lambda scope: "insured" if scope == "insurance" else "advertised"),
        "wage_currency": "KRW", "quality": grades(rows["n"]), "wages_from": since(view, 24),
        "wages_to": since(view, 0) - DAY,
    }  # fmt: skip


@of("mart_occupation_transition")
def _transitions(view: View, rows: pd.DataFrame) -> Expected:
    last = occupations.reported_until(view.as_of)
    return korean(rows, "from_code") | named(rows["from_code"], "from_name") | named(rows["to_code"], "to_name") | {
        "losses_from": last - pd.DateOffset(months=36) - occupations.GAP + DAY, "losses_to": last - occupations.GAP,
    }  # fmt: skip


@of("mart_occupation_openings_monthly")
def _openings(view: View, rows: pd.DataFrame) -> Expected:
    return korean(rows) | {"openings_null_reason": None, "break_reason": None}


@of("mart_occupation_skill")
def _skills(view: View, rows: pd.DataFrame) -> Expected:
    return korean(rows) | {
        "skill_name_ko": told(rows["skill_code"], "skills", "skill_code", "label_ko"),
        "skill_name_en": told(rows["skill_code"], "skills", "skill_code", "label_en"), "quality": grades(rows["n"]),
    }  # fmt: skip


@of("mart_occupation_similar")
def _similar(view: View, rows: pd.DataFrame) -> Expected:
    return korean(rows) | named(rows["similar_code"], "similar_name") | {"quality": grades(rows["n"])}


@of("mart_occupation_licence")
def _licences(view: View, rows: pd.DataFrame) -> Expected:
    with (SEEDS / "occupation_licences.csv").open(encoding="utf-8", newline="") as lines:
        legal = {(row["occupation_code"], row["qualification_name"]): row for row in csv.DictReader(lines)}
    found: list[dict[str, str]] = [
        legal.get(key, {}) for key in zip(rows["occupation_code"], rows["licence_name"], strict=True)
    ]
    assert view.listed_on is None or sum(map(bool, found)) == len(legal)
    qualifications = accepted_or_none(view, "qualifications", ["qualification_code", "name_ko"], "series_name")
    present = qualifications.drop_duplicates("qualification_code", keep="last")
    names = present.set_index("name_ko")
    former = qualifications.drop(present.index).groupby("qualification_code")["name_ko"].agg(list)
    return korean(rows) | named(rows["occupation_code"], "occupation_name") | {
        "licence_key": rows["licence_name"].map(names["qualification_code"]).fillna(rows["licence_name"]),
        "series_name": rows["licence_name"].map(names["series_name"]),
        "former_names": rows["licence_key"].map(former),
        "is_mandatory": [row.get("is_mandatory") == "true" for row in found],
        "law_ko": [row.get("law_ko") for row in found], "law_en": [row.get("law_en") for row in found],
        "share": over(rows["vacancies_naming"], rows["n"]), "quality": grades(rows["n"]),
        "null_reason": np.where(rows["n"] == 0, "denominator_absent", None),
    }  # fmt: skip


@of("mart_occupation_training")
def _training(view: View, rows: pd.DataFrame) -> Expected:
    if view.listed_on is None:  # nobody lists courses
        return {}
    texts = ["title", "institution_name", "certificate", "fee_krw"]
    numbers = ["trainees", "completers", "satisfaction_score", "employed_3m_text", "employed_6m_text"]
    runs = accepted_or_none(
        view, "hrdnet_courses", ["trpr_id", "trpr_degr"], "ncs_code", "start_date", *texts, *numbers
    )
    runs["start_date"] = pd.to_datetime(runs["start_date"])
    runs[numbers] = runs[numbers].apply(pd.to_numeric, errors="coerce")
    courses = runs[runs["start_date"] <= pd.Timestamp(view.as_of)].sort_values("trpr_degr").groupby("trpr_id")
    sums = courses[numbers].sum()
    rated = runs[runs["satisfaction_score"].notna() & runs["trpr_id"].isin(rows["course_id"])]
    rated = rated[rated["start_date"] <= pd.Timestamp(view.as_of)]
    weighed = (rated["satisfaction_score"] * rated["completers"]).groupby(rated["trpr_id"]).sum()
    n = rated.groupby("trpr_id")["completers"].sum()

    def each(values: pd.Series) -> pd.Series:
        return rows["course_id"].map(values.to_dict())

    return korean(rows) | named(rows["occupation_code"], "occupation_name") | {
        "occupation_code": each(courses["ncs_code"].last().astype("str").str[:4]), "source_id": "hrdnet_courses",
        "title": each(courses["title"].last()), "institution_name": each(courses["institution_name"].last()),
        "licence_text": each(courses["certificate"].last()), "fee_krw": each(courses["fee_krw"].last()),
        "runs": each(courses.size()), "last_start_date": each(courses["start_date"].max()),
        "trainees": each(sums["trainees"]), "completers": each(sums["completers"]),
        "employed_3m": each(sums["employed_3m_text"]).where(rows["n_3m"] >= 10),
        "employed_6m": each(sums["employed_6m_text"]).where(rows["n_6m"] >= 10),
        "satisfaction_n": each(n).fillna(0), "satisfaction_score": each((weighed / n).where(n >= 10)),
        "quality": grades(rows["n_6m"]),
    }  # fmt: skip


@of("mart_occupation_requirement")
def _requirements(view: View, rows: pd.DataFrame) -> Expected:
    """Fields of study from the catalogue, licences and courses from their marts."""
    studies: dict[str, tuple[set[str], set[str]]] = {}
    with (SEEDS / "occupation_majors.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            both = studies.setdefault(row["occupation_code"], (set(), set()))
            both[0].add(row["major"])
            both[1].add(row["major_group"])
    asked: dict[str, tuple[set[str], set[str]]] = {}
    seen = dict.fromkeys(view.occupations["licence"]["occupation_code"], 0)
    for licence in view.occupations["licence"].itertuples():
        asked.setdefault(licence.occupation_code, (set(), set()))[not licence.is_mandatory].add(licence.licence_key)
        seen[licence.occupation_code] = licence.n
    courses = view.occupations["training"].groupby("occupation_code").size().to_dict()
    found = []
    for row in rows.itertuples():
        code, sets, n = row.occupation_code, None, row.n
        if row.dimension == "major":
            sets = studies.get(code)
            n = len(sets[0]) if sets else 0
        elif row.dimension == "qualification":
            sets, n = asked.get(code), seen.get(code, 0)
        elif row.dimension == "training":
            sets, n = ({code}, set()) if code in courses else None, courses.get(code, 0)
        elif row.is_required:
            sets = (set(), set())
        found.append((sets is not None, *([sorted(each) for each in sets] if sets else (None, None)), n))
    frame = pd.DataFrame(found, columns=["is_required", "accepted", "partly", "n"], index=rows.index, dtype=object)
    basis = {"major": "occupation_majors", "qualification": "law_and_vacancies", "training": "training_runs"}
    return korean(rows) | {name: frame[name] for name in frame} | {
        "weight": told(rows["dimension"], "suitability_weights", "dimension", "weight").astype(float),
        "weights_version": told(rows["dimension"], "suitability_weights", "dimension", "weights_version"),
        "required_level": rows["required_level"].where(rows["dimension"] == "education"),
        "required_months": rows["required_months"].where(rows["dimension"] == "experience"),
        "is_gate": [row.dimension == "qualification" and row.is_required and any(asked[row.occupation_code][0])
                    for row in rows.itertuples()],
        "null_reason": np.where(frame["is_required"].astype(bool), None, "nothing_demanded"),
        "basis": rows["dimension"].map(basis).fillna("vacancies"),
        "quality": [None if d == "major" else g for d, g in zip(rows["dimension"], grades(rows["n"]), strict=True)],
    }  # fmt: skip


@of("mart_occupation_employability")
def _employability(view: View, rows: pd.DataFrame) -> Expected:
    last = occupations.reported_until(view.as_of) - occupations.FOLLOWED
    return korean(rows) | named(rows["occupation_code"], "occupation_name") | {
        "probability_low": bounds(rows["numerator"], rows["n"], -1),
        "probability_high": bounds(rows["numerator"], rows["n"], 1),
        "null_reason": None, "quality": grades(rows["n"]),
        "cases_from": last - pd.DateOffset(months=24) + DAY, "cases_to": last,
    }  # fmt: skip


@of("mart_occupation_profile")
def _profile(view: View, rows: pd.DataFrame) -> Expected:
    """A profile is put together from the marts of its occupation."""
    keys = ["scope", "occupation_code"]
    openings = view.occupations["openings_monthly"].sort_values("time_period")
    cells = openings.groupby(keys)
    year = openings[openings["time_period"] >= f"{since(view, 12):%Y-%m}"].groupby(keys)
    index = pd.MultiIndex.from_frame(rows[keys])
    assert set(index) == set(cells.groups) and len(index) == len(cells)
    seekers = year["registrations_new"].sum(min_count=1).reindex(index)
    recent = year["openings_new"].sum().reindex(index)
    wages = view.occupations["wage"].query("region_code == '_T'").set_index(keys)
    advertised = wages.reindex(index)
    insured = wages.xs("insurance").reindex(index.get_level_values(1))
    found = korean(rows) | named(rows["occupation_code"], "occupation_name") | {
        "series_from": since(view, 24), "series_to": since(view, 1),
        "openings_24m": cells["openings_new"].agg(list).reindex(index),
        "openings_new_24m": cells["openings_new"].sum().reindex(index), "openings_new_12m": recent,
        "openings_null_reason": None, "vacancies_24m": cells["vacancies_new"].sum().reindex(index),
        "registrations_new_12m": seekers, "openings_per_seeker_12m": over(recent, seekers),
        "openings_per_seeker_null_reason": np.where(seekers.fillna(-1) == 0, "zero_denominator", None),
        "wage_currency": advertised["wage_currency"], "wage_n": advertised["n"].fillna(0),
        "insured_wage_currency": insured["wage_currency"], "insured_wage_n": insured["n"].fillna(0),
    }  # fmt: skip
    for percent in (10, 25, 50, 75, 90):
        found[f"wage_month_p{percent}"] = advertised[f"wage_month_p{percent}"]
        found[f"insured_wage_month_p{percent}"] = insured[f"wage_month_p{percent}"]
    return {name: value for name, value in found.items() if name in rows}
