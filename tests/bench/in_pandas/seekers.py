"""Seekers and openings: tightness, and job finding."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.bench.in_pandas.reading import FAR, Frame, Reader, dated, first_jobs, month_of

_LABOUR = (
    "openings_new", "openings_posted", "openings_open_change", "registrations_new", "placements",
    "registrations_open_new", "registrations_open_change",
)  # fmt: skip


def tightness(read: Reader) -> Frame:
    sidos = read.prepared("int_sidos__current")
    vacancies = read.fact(
        "fct_vacancies",
        "is_submission registered_date posting_state posted_from closed_on occupation_group region_code openings",
    )
    vacancies = _placed(vacancies[vacancies["is_submission"]], sidos)
    openings = vacancies["openings"] * vacancies["weight"]
    is_posted = (vacancies["posting_state"] == "posted").fillna(False).astype(bool)
    posted = is_posted & (vacancies["posted_from"] < FAR)
    closed = posted & (vacancies["closed_on"] < FAR)
    seekers = _placed(
        read.fact("fct_registration_spells", "reg_date ended_on status status_date occupation_group region_code"), sidos
    )
    weight, begun = seekers["weight"], month_of(seekers["reg_date"])
    ended = seekers["ended_on"] < FAR
    left = month_of(np.maximum(seekers["ended_on"], seekers["reg_date"]))
    stays = ~ended | (month_of(seekers["ended_on"]) > begun)
    found = seekers["status"] == "EMPLOYED"
    left_vacancies = np.maximum(vacancies["closed_on"], vacancies["posted_from"])
    parts = [
        (vacancies, month_of(vacancies["registered_date"]), {"openings_new": openings}),
        (vacancies, month_of(vacancies["registered_date"]), {"openings_posted": openings * is_posted}),
        (vacancies[posted], month_of(vacancies.loc[posted, "posted_from"]), {"openings_open_change": openings}),
        (vacancies[closed], month_of(left_vacancies[closed]), {"openings_open_change": -openings}),
        (seekers, begun, {
            "registrations_new": weight, "registrations_open_change": weight, "registrations_open_new": weight * stays,
        }),
        (seekers[found], month_of(seekers.loc[found, "status_date"]), {"placements": weight}),
        (seekers[ended], left[ended], {"registrations_open_change": -weight}),
    ]  # fmt: skip
    keys = ["month", "region_code", "occupation_code"]
    counted = pd.concat([
        rows[["region_code", "occupation_code"]].assign(month=month, **{n: v[rows.index] for n, v in values.items()})
        .groupby(keys, observed=True).sum().reset_index().astype({"region_code": str, "occupation_code": str})
        for rows, month, values in parts
    ])  # fmt: skip
    spine = read.prepared("int_months__spine").query("is_labour_month")
    first = month_of(spine["month_date"]).min()
    counted[list(_LABOUR)] = counted[list(_LABOUR)].fillna(0)
    flows = [name for name in _LABOUR if not name.endswith("change")]
    counted.loc[counted["month"] < first, flows] = 0
    counted["month"] = np.maximum(counted["month"], first)
    sets = {"total": [], "region": ["region_code"], "occupation": ["occupation_code"], "region_occupation": keys[1:]}
    answers = []
    for name, codes in sets.items():
        summed = counted.groupby(["month", *codes])[list(_LABOUR)].sum().reset_index()
        answers.append(summed.assign(breakdown_type=name, **{k: "_T" for k in keys[1:] if k not in codes}))
    answer = pd.concat(answers, ignore_index=True)
    answer["month_date"] = dated(answer["month"])
    return answer[["month_date", "breakdown_type", "region_code", "occupation_code", *_LABOUR]]


def _placed(rows: Frame, sidos: Frame) -> Frame:
    rows = rows.merge(sidos, on="region_code", how="left").rename(columns={"occupation_group": "occupation_code"})
    rows["region_code"] = rows.pop("current_sido_code").fillna("_U").astype("category")
    rows["occupation_code"] = rows["occupation_code"].astype("category")
    rows["weight"] = rows["weight"].fillna(1)
    return rows


def job_finding(read: Reader) -> Frame:
    episodes, found, previous = first_jobs(read)
    rows = episodes.merge(found.drop(columns="person_id"), on="episode_no", how="left")
    rows = rows.merge(previous[["episode_no", "previous_pay"]], on="episode_no", how="left")
    is_found = rows["acquisition_date"].notna()
    wait = (rows["acquisition_date"] - rows["start_date"]).fillna(FAR)
    flags = pd.DataFrame({
        "month": month_of(rows["start_date"]), "episodes": 1, "found_180_days": (wait <= 180) * 1,
        "days_to_job": np.where(is_found, wait, 0).astype(np.int64),
        "open_ended": (is_found & rows["contract_end_ym"].isna()) * 1,
        "had_a_job": (is_found & rows["previous_pay"].notna()) * 1,
        "pay": rows["monthly_pay_krw"].fillna(0).astype(np.int64),
        "previous_pay": rows["previous_pay"].where(is_found, 0).fillna(0).astype(np.int64),
    })  # fmt: skip
    answer = flags.groupby("month").sum().reset_index()
    answer.insert(0, "month_date", dated(answer.pop("month")))
    return answer
