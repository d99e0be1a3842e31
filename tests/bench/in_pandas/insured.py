"""Insured persons: the monthly stock, and moves between jobs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.bench.in_pandas.reading import FAR, Frame, Reader, by_age, dated, month_of, stretched, whole_days


def monthly_stock(read: Reader) -> Frame:
    workplaces = read.workplaces("region_code industry_section")
    sidos = read.prepared("int_sidos__current")
    places = workplaces.merge(sidos, on="region_code", how="left")
    jobs = read.spells("person_id sex birth_year workplace_no acquisition_date loss_date")
    jobs = jobs.rename(columns={"acquisition_date": "from_date", "loss_date": "to_date"})
    jobs = jobs.merge(places, on="workplace_no", how="left")
    jobs["sido"] = jobs["current_sido_code"].fillna("_U").astype("category")
    jobs["section"] = jobs["industry_section"].fillna("_U").astype("category")
    jobs["weight"] = jobs["weight"].fillna(1)
    jobs["sido_no"], jobs["section_no"] = jobs["sido"].cat.codes, jobs["section"].cat.codes
    jobs = jobs[
        ["person_id", "sex", "birth_year", "from_date", "to_date", "sido_no", "section_no", "weight", "sido", "section"]
    ]
    provinces, sections = jobs["sido"].cat.categories, jobs["section"].cat.categories
    jobs = jobs.drop(columns=["sido", "section"])
    # a person has one sex and one year of birth
    persons = stretched(jobs[["person_id", "from_date", "to_date"]], ["person_id"])
    persons = persons.merge(jobs[["person_id", "sex", "birth_year"]].drop_duplicates("person_id"), on="person_id")
    regions = stretched(jobs[["person_id", "sido_no", "from_date", "to_date", "weight"]], ["person_id", "sido_no"])
    industries = stretched(jobs[["person_id", "section_no", "from_date", "to_date"]], ["person_id", "section_no"])
    segments = {
        "sex": persons.assign(code=persons["sex"]),
        "age_group": by_age(persons),
        "region": regions.assign(code=provinces.to_numpy()[regions["sido_no"]]),
        "industry": industries.assign(code=sections.to_numpy()[industries["section_no"]]),
    }
    monthly = {name: _changes(segment) for name, segment in segments.items()}
    total = monthly["sex"].groupby("month").sum(numeric_only=True).reset_index().assign(code="_T")
    changes = pd.concat([part.assign(breakdown_type=name) for name, part in {**monthly, "total": total}.items()])
    spine = read.prepared("int_months__spine").query("is_insurance_month")
    months = np.sort(month_of(spine["month_date"]).unique())
    cells = ["breakdown_type", "code"]
    opening = changes[changes["month"] < months[0]].groupby(cells)["change"].sum()
    wide = changes.set_index([*cells, "month"])
    grid = pd.MultiIndex.from_frame(
        changes[cells].drop_duplicates().merge(pd.DataFrame({"month": months}), how="cross")
    )
    filled = wide.reindex(grid, fill_value=0).sort_index()
    stock = filled.groupby(level=[0, 1])["change"].cumsum()
    filled["stock"] = stock + opening.reindex(stock.index.droplevel(2), fill_value=0).to_numpy()
    answer = filled.reset_index()
    answer["month_date"] = dated(answer["month"])
    return answer[[*cells, "month_date", "stock", "entries", "exits"]]


def _changes(segments: Frame) -> Frame:
    """Change of the stock, entries and exits by code and month."""
    weight = segments.get("weight", pd.Series(1.0, index=segments.index))
    ones = pd.Series(1, index=segments.index)
    codes = segments["code"].astype("category")
    begun = pd.DataFrame({
        "code": codes, "month": month_of(segments["from_date"]), "change": weight,
        "entries": weight * segments.get("is_entry", ones), "exits": 0.0,
    })  # fmt: skip
    over = segments["to_date"] < FAR
    ended = pd.DataFrame({
        "code": codes[over], "month": month_of(segments.loc[over, "to_date"]), "change": -weight[over], "entries": 0.0,
        "exits": (weight * segments.get("is_exit", ones))[over],
    })  # fmt: skip
    both = pd.concat([begun, ended], ignore_index=True)
    return both.groupby(["code", "month"], observed=True).sum().reset_index().astype({"code": str})


def job_moves(read: Reader) -> Frame:
    jobs = read.spells("spell_no person_id occupation_code acquisition_date loss_date monthly_pay_krw")
    jobs = jobs[jobs["occupation_code"].str.len() >= 4]
    spine = read.prepared("int_months__spine").query("status == 'F' and is_insurance_month")
    reported_until = pd.Timestamp(spine["month_end_date"].max(), unit="D")
    losses_from = (reported_until - pd.DateOffset(months=36) - pd.Timedelta(days=179)).to_datetime64()
    last = whole_days(reported_until.date()) - 180
    ended = jobs[(jobs["loss_date"] >= losses_from.astype("M8[D]").astype(int)) & (jobs["loss_date"] <= last)]
    ended = ended.reset_index(drop=True).rename_axis("ended_no").reset_index()
    ended = ended[["ended_no", "spell_no", "person_id", "occupation_code", "loss_date", "monthly_pay_krw"]]
    later = ended[["ended_no", "spell_no", "person_id", "loss_date"]].merge(
        jobs, on="person_id", suffixes=("_ended", "")
    )
    later = later[
        (later["spell_no"] != later["spell_no_ended"])
        & (later["acquisition_date"] <= later["loss_date_ended"] + 180)
        & (later["loss_date"] > later["loss_date_ended"])
    ]
    later = later.assign(held_from=np.maximum(later["acquisition_date"], later["loss_date_ended"]))
    later = later.sort_values(["ended_no", "held_from", "acquisition_date", "spell_no"]).drop_duplicates("ended_no")
    moves = ended.merge(
        later[["ended_no", "occupation_code", "monthly_pay_krw"]], on="ended_no", how="left", suffixes=("", "_next")
    )
    before = moves["monthly_pay_krw"].replace(0, np.nan)
    after = moves["monthly_pay_krw_next"].replace(0, np.nan)
    moves = pd.DataFrame({
        "from_group": moves["occupation_code"].str[:2],
        "to_group": moves["occupation_code_next"].str[:2].fillna("LEFT"),
        "change": 100.0 * after / before - 100,
    })  # fmt: skip
    grouped = moves.groupby(["from_group", "to_group"])["change"]
    answer = pd.DataFrame({"moves": grouped.size(), "wages": grouped.count(), "wage_change": grouped.median().round(2)})
    return answer.reset_index()
