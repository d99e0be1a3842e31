"""The reference marts in pandas, as somebody who knows it would write them: whole columns, integers for days and keys.

Days are whole days since 1970, ``FAR`` where the register has none: what has not ended ends after everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.bench.facts import AS_OF
from tests.bench.marts import OBSERVED_UNTIL

Frame = pd.DataFrame
FAR = 2_932_896  # 9999-12-31
_AGE_BANDS = (("Y_LT30", 0, 30), ("Y30T39", 30, 40), ("Y40T49", 40, 50), ("Y50T59", 50, 60), ("Y_GE60", 60, 200))


class Reader:
    def __init__(self, facts: Path, home: Path) -> None:
        self._facts, self._home = facts, home

    def fact(self, name: str, columns: str) -> Frame:
        return _frame(pq.read_table(self._facts / name, columns=columns.split()))

    def prepared(self, name: str) -> Frame:
        return _frame(pq.read_table(self._home / f"{name}.parquet"))

    def spells(self, columns: str) -> Frame:
        """Headline spells that cover at least one day."""
        spells = self.fact("fct_insured_spells", f"{columns} is_headline is_inverted")
        return spells.loc[spells.pop("is_headline") & ~spells.pop("is_inverted")]

    def workplaces(self, columns: str) -> Frame:
        return self.fact("dim_workplace", f"workplace_no {columns}")

    def main_sidos(self) -> pd.Series:
        """Current province by district, the one that got most of it."""
        sidos = self.prepared("int_sidos__current")
        sidos = sidos.sort_values(["weight", "current_sido_code"], ascending=[False, True])
        return sidos.drop_duplicates("region_code").set_index("region_code")["current_sido_code"]


def _frame(table: pa.Table) -> Frame:
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_date32(field.type):
            table = table.set_column(place, field.name, pc.fill_null(column.cast(pa.int32()), FAR))
        elif pa.types.is_decimal(field.type):
            table = table.set_column(place, field.name, column.cast(pa.float64()))
    return table.to_pandas()


def _days(day: object) -> int:
    return int(np.datetime64(str(day), "D").astype(int))


def _month(days: pd.Series) -> pd.Series:
    """Months since 1970."""
    return pd.Series(days.to_numpy().astype("M8[D]").astype("M8[M]").astype(np.int32), index=days.index)


def _year(days: pd.Series) -> pd.Series:
    return pd.Series(days.to_numpy().astype("M8[D]").astype("M8[Y]").astype(np.int32) + 1970, index=days.index)


def _january(years: pd.Series) -> pd.Series:
    return pd.Series((years.to_numpy() - 1970).astype("M8[Y]").astype("M8[D]").astype(np.int32), index=years.index)


def _dated(months: pd.Series) -> pd.Series:
    return pd.Series(months.to_numpy().astype("M8[M]").astype("M8[D]").astype("M8[s]"), index=months.index)


def _merged(jobs: Frame, keys: Sequence[str]) -> Frame:
    """Jobs with equal keys that touch or overlap, as one stretch."""
    jobs = jobs.sort_values([*keys, "from_date", "to_date"], ignore_index=True)
    starts = np.zeros(len(jobs), bool)
    starts[0] = True
    for key in keys:
        values = jobs[key].to_numpy()
        starts[1:] |= values[1:] != values[:-1]
    reached = jobs["to_date"].groupby(np.cumsum(starts)).cummax().to_numpy()
    starts[1:] |= jobs["from_date"].to_numpy()[1:] > reached[:-1]
    first = np.flatnonzero(starts)
    merged = jobs.loc[first, [*keys, "from_date"]].reset_index(drop=True)
    merged["to_date"] = np.maximum.reduceat(jobs["to_date"].to_numpy(), first)
    if "weight" in jobs:
        merged["weight"] = np.maximum.reduceat(jobs["weight"].to_numpy(), first)
    return merged


def _by_age(persons: Frame) -> Frame:
    known_until = np.minimum(persons["to_date"] - 1, np.maximum(_days(AS_OF), persons["from_date"]))
    from_year, until_year = _year(persons["from_date"]), _year(known_until)
    born = persons["birth_year"]
    unknown = persons.loc[born.isna(), ["from_date", "to_date"]].assign(code="_U", is_entry=1, is_exit=1)
    bands = [unknown]
    for code, from_age, to_age in _AGE_BANDS:
        inside = (from_year < born + to_age) & (until_year >= born + from_age)
        some = persons.loc[inside, ["from_date", "to_date"]]
        years = born[inside].astype(np.int32)
        begin = np.maximum(some["from_date"], _january(years + from_age))
        end = np.minimum(some["to_date"], _january(years + to_age))
        bands.append(
            pd.DataFrame({
                "code": code, "from_date": begin, "to_date": end,
                "is_entry": (begin == some["from_date"]) * 1, "is_exit": (end == some["to_date"]) * 1,
            })
        )  # fmt: skip
    return pd.concat(bands, ignore_index=True)


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
    persons = _merged(jobs[["person_id", "from_date", "to_date"]], ["person_id"])
    persons = persons.merge(jobs[["person_id", "sex", "birth_year"]].drop_duplicates("person_id"), on="person_id")
    regions = _merged(jobs[["person_id", "sido_no", "from_date", "to_date", "weight"]], ["person_id", "sido_no"])
    industries = _merged(jobs[["person_id", "section_no", "from_date", "to_date"]], ["person_id", "section_no"])
    segments = {
        "sex": persons.assign(code=persons["sex"]),
        "age_group": _by_age(persons),
        "region": regions.assign(code=provinces.to_numpy()[regions["sido_no"]]),
        "industry": industries.assign(code=sections.to_numpy()[industries["section_no"]]),
    }
    monthly = {name: _changes(segment) for name, segment in segments.items()}
    total = monthly["sex"].groupby("month").sum(numeric_only=True).reset_index().assign(code="_T")
    changes = pd.concat([part.assign(breakdown_type=name) for name, part in {**monthly, "total": total}.items()])
    spine = read.prepared("int_months__spine").query("is_insurance_month")
    months = np.sort(_month(spine["month_date"]).unique())
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
    answer["month_date"] = _dated(answer["month"])
    return answer[[*cells, "month_date", "stock", "entries", "exits"]]


def _changes(segments: Frame) -> Frame:
    """Change of the stock, entries and exits by code and month."""
    weight = segments.get("weight", pd.Series(1.0, index=segments.index))
    ones = pd.Series(1, index=segments.index)
    codes = segments["code"].astype("category")
    begun = pd.DataFrame({
        "code": codes, "month": _month(segments["from_date"]), "change": weight,
        "entries": weight * segments.get("is_entry", ones), "exits": 0.0,
    })  # fmt: skip
    over = segments["to_date"] < FAR
    ended = pd.DataFrame({
        "code": codes[over], "month": _month(segments.loc[over, "to_date"]), "change": -weight[over], "entries": 0.0,
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
    last = _days(reported_until.date()) - 180
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
    weight, begun = seekers["weight"], _month(seekers["reg_date"])
    ended = seekers["ended_on"] < FAR
    left = _month(np.maximum(seekers["ended_on"], seekers["reg_date"]))
    stays = ~ended | (_month(seekers["ended_on"]) > begun)
    found = seekers["status"] == "EMPLOYED"
    left_vacancies = np.maximum(vacancies["closed_on"], vacancies["posted_from"])
    parts = [
        (vacancies, _month(vacancies["registered_date"]), {"openings_new": openings}),
        (vacancies, _month(vacancies["registered_date"]), {"openings_posted": openings * is_posted}),
        (vacancies[posted], _month(vacancies.loc[posted, "posted_from"]), {"openings_open_change": openings}),
        (vacancies[closed], _month(left_vacancies[closed]), {"openings_open_change": -openings}),
        (seekers, begun, {
            "registrations_new": weight, "registrations_open_change": weight, "registrations_open_new": weight * stays,
        }),
        (seekers[found], _month(seekers.loc[found, "status_date"]), {"placements": weight}),
        (seekers[ended], left[ended], {"registrations_open_change": -weight}),
    ]  # fmt: skip
    keys = ["month", "region_code", "occupation_code"]
    counted = pd.concat([
        rows[["region_code", "occupation_code"]].assign(month=month, **{n: v[rows.index] for n, v in values.items()})
        .groupby(keys, observed=True).sum().reset_index().astype({"region_code": str, "occupation_code": str})
        for rows, month, values in parts
    ])  # fmt: skip
    spine = read.prepared("int_months__spine").query("is_labour_month")
    first = _month(spine["month_date"]).min()
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
    answer["month_date"] = _dated(answer["month"])
    return answer[["month_date", "breakdown_type", "region_code", "occupation_code", *_LABOUR]]


def _placed(rows: Frame, sidos: Frame) -> Frame:
    rows = rows.merge(sidos, on="region_code", how="left").rename(columns={"occupation_group": "occupation_code"})
    rows["region_code"] = rows.pop("current_sido_code").fillna("_U").astype("category")
    rows["occupation_code"] = rows["occupation_code"].astype("category")
    rows["weight"] = rows["weight"].fillna(1)
    return rows


def _first_jobs(read: Reader) -> tuple[Frame, Frame, Frame]:
    """Episodes, the first job after the start of each, and the job before."""
    episodes = read.fact("int_episodes__described", "episode_no person_key person_id start_date")
    spells = read.spells("person_id spell_no workplace_no acquisition_date loss_date monthly_pay_krw contract_end_ym")
    jobs = episodes[["episode_no", "person_id", "start_date"]].merge(
        spells[["person_id", "spell_no", "acquisition_date"]].assign(row=np.arange(len(spells))), on="person_id"
    )
    jobs = jobs.sort_values(["episode_no", "acquisition_date", "spell_no"])
    is_after = jobs["acquisition_date"] > jobs["start_date"]
    first = jobs[is_after].drop_duplicates("episode_no")[["episode_no", "row"]]
    previous = jobs[~is_after].drop_duplicates("episode_no", keep="last")[["episode_no", "row"]]
    previous = previous.assign(previous_pay=spells["monthly_pay_krw"].to_numpy()[previous["row"]])
    found = spells.iloc[first["row"]].reset_index(drop=True).assign(episode_no=first["episode_no"].to_numpy())
    employers = read.workplaces("business_no")
    found = found.merge(employers, on="workplace_no", how="left")
    found["employer_no"] = found["business_no"].fillna(found["workplace_no"])
    return episodes, found, previous


def job_finding(read: Reader) -> Frame:
    episodes, found, previous = _first_jobs(read)
    rows = episodes.merge(found.drop(columns="person_id"), on="episode_no", how="left")
    rows = rows.merge(previous[["episode_no", "previous_pay"]], on="episode_no", how="left")
    is_found = rows["acquisition_date"].notna()
    wait = (rows["acquisition_date"] - rows["start_date"]).fillna(FAR)
    flags = pd.DataFrame({
        "month": _month(rows["start_date"]), "episodes": 1, "found_180_days": (wait <= 180) * 1,
        "days_to_job": np.where(is_found, wait, 0).astype(np.int64),
        "open_ended": (is_found & rows["contract_end_ym"].isna()) * 1,
        "had_a_job": (is_found & rows["previous_pay"].notna()) * 1,
        "pay": rows["monthly_pay_krw"].fillna(0).astype(np.int64),
        "previous_pay": rows["previous_pay"].where(is_found, 0).fillna(0).astype(np.int64),
    })  # fmt: skip
    answer = flags.groupby("month").sum().reset_index()
    answer.insert(0, "month_date", _dated(answer.pop("month")))
    return answer


def retention(read: Reader) -> Frame:
    episodes, found, _ = _first_jobs(read)
    found = found.merge(episodes[["episode_no", "person_key"]], on="episode_no")
    spells = read.spells("person_id workplace_no acquisition_date loss_date")
    later = found[["episode_no", "person_id", "acquisition_date", "employer_no"]].merge(
        spells, on="person_id", suffixes=("_first", "")
    )
    placed_on = later["acquisition_date_first"]
    later = later[(later["acquisition_date"] <= placed_on + 365) & (later["loss_date"] > placed_on + 183)]
    later = later.merge(read.workplaces("business_no"), on="workplace_no", how="left")
    same = later["business_no"].fillna(later["workplace_no"]) == later["employer_no"]
    flags = pd.DataFrame({"episode_no": later["episode_no"]})
    for months, days in {"6m": 183, "12m": 365}.items():
        day = later["acquisition_date_first"] + days
        held = (later["acquisition_date"] <= day) & (later["loss_date"] > day)
        flags[f"retained_{months}"], flags[f"retained_employer_{months}"] = held, held & same
    flags = flags.groupby("episode_no").any()
    again = found[["episode_no", "person_key", "acquisition_date"]].merge(
        read.fact("fct_registration_spells", "person_key reg_date"), on="person_key"
    )
    again = again[again["reg_date"] > again["acquisition_date"]].groupby("episode_no")["reg_date"].min()
    rows = found[["episode_no", "acquisition_date"]].join(flags, on="episode_no")
    names = ["retained_6m", "retained_12m", "retained_employer_6m", "retained_employer_12m"]
    counts = rows[names].eq(True).astype(np.int64)
    counts.insert(0, "placed", 1)
    counts["registered_again"] = (rows["episode_no"].map(again) - rows["acquisition_date"] <= 365).astype(np.int64)
    answer = counts.groupby(_month(rows["acquisition_date"]).rename("month")).sum().reset_index()
    answer.insert(0, "month_date", _dated(answer.pop("month")))
    return answer


def training_outcome(read: Reader) -> Frame:
    enrolments = read.fact("fct_training_enrolments", "person_id course_id ended_date status")
    completers = enrolments[
        (enrolments["status"] == "COMPLETED") & (enrolments["ended_date"] + 183 <= _days(OBSERVED_UNTIL))
    ]
    asked = completers[["person_id", "ended_date"]].drop_duplicates()
    jobs = asked.merge(read.spells("person_id acquisition_date"), on="person_id")
    wait = jobs["acquisition_date"] - jobs["ended_date"]
    jobs = jobs[(wait > 0) & (wait <= 183)].groupby(["person_id", "ended_date"])["acquisition_date"].min().reset_index()
    rows = completers.merge(jobs, on=["person_id", "ended_date"], how="left")
    rows["days"] = (rows["acquisition_date"] - rows["ended_date"]).fillna(0).astype(np.int64)
    grouped = rows.groupby("course_id")
    answer = pd.DataFrame({
        "completers": grouped.size(), "employed": grouped["acquisition_date"].count(),
        "days_to_job": grouped["days"].sum(),
    })  # fmt: skip
    return answer.reset_index()


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
    until = np.where(is_decided, decided, rows["withdrawn_on"].fillna(_days(AS_OF))).astype(np.int64)
    until = np.maximum(until, rows["registered_date"])
    posted = rows["posting_state"] == "posted"
    flags = pd.DataFrame({
        "month": _month(rows["registered_date"]), "channel_code": rows["channel_code"], "submitted": 1,
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
    answer.insert(0, "month_date", _dated(answer.pop("month")))
    return answer


_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)


def wage_profile(read: Reader) -> Frame:
    end = np.datetime64(AS_OF, "M")
    first_day, end_day = _days((end - 24).astype("M8[D]")), _days(end.astype("M8[D]"))
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


MARTS: dict[str, Callable[[Reader], Frame]] = {
    mart.__name__: mart
    for mart in (monthly_stock, job_moves, tightness, job_finding, retention, training_outcome, funnel, wage_profile)
}
