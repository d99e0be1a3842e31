"""Vacancies: the funnel of verification, and the profile of wages."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.bench.facts import AS_OF
from tests.bench.in_pandas.reading import FAR, Frame, Reader, dated, month_of, whole_days


def funnel(read: Reader) -> Frame:
    rows = read.fact("fct_vacancies", "vacancy_key is_submission registered_date channel_code posting_state")
    rows = rows[rows.pop("is_submission")]
    reviews = read.fact("fct_posting_review", "vacancy_key is_machine step_code decision")
    reviews = reviews[~reviews["is_machine"] & (reviews["step_code"] != "S4_COHERENCE")]
    ways = pd.DataFrame({
        "vacancy_key": reviews["vacancy_key"], "returned": reviews["decision"] == "RETURN",
        "held": reviews["decision"].isin(["HOLD", "UNREACHABLE"]),
    }).groupby("vacancy_key").any()  # fmt: skip
    statuses = read.fact("fct_posting_status", "vacancy_key state valid_from reason")
    is_closed = statuses["state"] == "closed"
    days = {
        "posted_on": statuses["state"] == "posted", "ended_on": is_closed,
        "taken_down_on": is_closed & (statuses["reason"] == "TAKEN_DOWN"),
        "withdrawn_on": statuses["state"] == "withdrawn",
    }  # fmt: skip
    fills = read.fact("int_vacancies__filled", "vacancy_key openings openings_filled filled_on referrals_filled_on")
    fills["first_filled_on"] = np.minimum(fills.pop("filled_on"), fills.pop("referrals_filled_on"))
    states = read.fact("int_vacancy_reviews__states", "vacancy_key first_decided_date returns_or_holds")
    rows = rows.merge(states, on="vacancy_key", how="left").merge(fills, on="vacancy_key", how="left")
    rows = rows.join(ways, on="vacancy_key")
    for name, chosen in days.items():
        first = statuses.loc[chosen].groupby("vacancy_key")["valid_from"].min().rename(name)
        rows = rows.join(first, on="vacancy_key")
    decided = rows["first_decided_date"].fillna(FAR)
    is_decided = decided < FAR
    calendar = read.prepared("dim_calendar").sort_values("calendar_date")
    worked = calendar["is_working_day"].cumsum().to_numpy()
    first_day = int(calendar["calendar_date"].iloc[0])
    until = np.where(is_decided, decided, rows["withdrawn_on"].fillna(whole_days(AS_OF))).astype(np.int64)
    until = np.maximum(until, rows["registered_date"])
    posted = rows["posting_state"] == "posted"
    flags = pd.DataFrame({
        "month": month_of(rows["registered_date"]), "channel_code": rows["channel_code"], "submitted": 1,
        "posted": posted * 1, "rejected": (rows["posting_state"] == "rejected") * 1,
        "first_pass": (posted & (rows["returns_or_holds"].fillna(0) == 0)) * 1,
        "returned": rows["returned"].eq(True) * 1, "held": rows["held"].eq(True) * 1, "decided": is_decided * 1,
        "waiting_days": worked[until - first_day] - worked[rows["registered_date"] - first_day],
        "taken_down_30d": (rows["taken_down_on"] <= rows["posted_on"] + 30) * 1, "closed": rows["ended_on"].notna() * 1,
        "openings_posted": rows["openings"].fillna(0).astype(np.int64),
        "openings_filled": rows["openings_filled"].fillna(0).astype(np.int64),
        "filled": (rows["first_filled_on"].fillna(FAR) < FAR) * 1,
    })  # fmt: skip
    answer = flags.groupby(["month", "channel_code"]).sum().reset_index()
    answer.insert(0, "month_date", dated(answer.pop("month")))
    return answer


_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)


def wage_profile(read: Reader) -> Frame:
    end = np.datetime64(AS_OF, "M")
    first_day, end_day = whole_days((end - 24).astype("M8[D]")), whole_days(end.astype("M8[D]"))
    sidos = read.main_sidos()
    vacancies = read.fact(
        "fct_vacancies",
        "scope occupation_code region_code registered_date posting_state is_submission wage_month_min wage_month_max",
    )
    vacancies = vacancies[(vacancies["registered_date"] >= first_day) & (vacancies["registered_date"] < end_day)]
    shown = (vacancies["posting_state"] == "posted").fillna(False).astype(bool) | ~vacancies["is_submission"]
    low, high = vacancies["wage_month_min"], vacancies["wage_month_max"]
    advertised = pd.DataFrame({
        "scope": vacancies["scope"], "occupation_code": vacancies["occupation_code"],
        "region_code": vacancies["region_code"].map(sidos).fillna("_U"),
        "wage": ((low + high) / 2).fillna(low).fillna(high),
    })[shown]  # fmt: skip
    jobs = read.spells("workplace_no occupation_code acquisition_date weekly_hours monthly_pay_krw")
    jobs = jobs[
        (jobs["acquisition_date"] >= first_day) & (jobs["acquisition_date"] < end_day) & (jobs["weekly_hours"] >= 35)
        & (jobs["monthly_pay_krw"] > 0) & (jobs["occupation_code"].str.len() >= 4)
    ]  # fmt: skip
    jobs = jobs.merge(read.workplaces("region_code"), on="workplace_no", how="left")
    insured = pd.DataFrame({
        "scope": "insurance", "occupation_code": jobs["occupation_code"],
        "region_code": jobs["region_code"].map(sidos).fillna("_U"), "wage": jobs["monthly_pay_krw"].astype(float),
    })  # fmt: skip
    wages = pd.concat([advertised, insured], ignore_index=True).dropna(subset="wage")
    answers = []
    for level in (2, 4):
        levelled = wages.assign(occupation_code=wages["occupation_code"].str[:level])
        for regions in ([], ["region_code"]):
            keys = ["scope", "occupation_code", *regions]
            grouped = levelled.groupby(keys)["wage"]
            quantiles = grouped.quantile(list(_SHARES)).unstack().round(2)
            quantiles.columns = [f"p{round(100 * share)}" for share in _SHARES]
            found = quantiles.assign(n=grouped.size()).reset_index().assign(occupation_level=level)
            answers.append(found if regions else found.assign(region_code="_T"))
    answer = pd.concat(answers, ignore_index=True)
    least = np.where(answer["scope"] == "insurance", 10, 4)
    for name in ("p25", "p50", "p75"):
        answer[name] = answer[name].where(answer["n"] >= least)
    for name in ("p10", "p90"):
        answer[name] = answer[name].where(answer["n"] >= 30)
    return answer[
        ["scope", "occupation_level", "occupation_code", "region_code", "n", "p10", "p25", "p50", "p75", "p90"]
    ]
