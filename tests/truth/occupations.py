"""The occupation marts recomputed from the truth in plain pandas; written from the definitions, see recompute."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.truth import coding
from tests.truth.recompute import TOTAL, age_group, insured_jobs, month_of, province, registrations, submissions, table
from tests.truth.sources import Loads, accepted
from tests.truth.verification import delivered

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
LEVELS = (2, 4)
QUANTILES = {"p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90}
#: paid hours of a full month
MONTH_HOURS = 209
GAP = pd.Timedelta(days=180)
LEFT = "LEFT_INSURED_EMPLOYMENT"
FOLLOWED = pd.Timedelta(days=183)
SIZES = [(300, "E_GE300"), (100, "E100T299"), (30, "E30T99"), (5, "E5T29"), (0, "E_LT5")]


def months_before(as_of: date) -> list[str]:
    """The 24 whole months before a day."""
    return [str(m) for m in pd.period_range(end=pd.Period(as_of, "M") - 1, periods=24)]


def submitted(truth: Path, as_of: date) -> pd.DataFrame:
    """Vacancies of the public service of the 24 months with an occupation: as submitted, with what they say."""
    sent = delivered(truth, "vacancy_submissions", as_of).sort_values("updated_at")
    said = sent.drop_duplicates("posting_id", keep="last")[["posting_id", "title", "duties"]]
    return _recent(submissions(truth, as_of).merge(said, on="posting_id"), as_of)


def at_portal(truth: Path, loads: Loads) -> pd.DataFrame:
    """Vacancies of the partner's portal in the columns of those submitted."""
    names = {"description": "duties", "wage_min": "wage_min_krw", "wage_max": "wage_max_krw"}
    kept = ["posted_date", "occupation_code", "region_code", "openings", "title", "wage_unit", *names]
    found = accepted(loads, "portal_vacancies", "posting_id", *kept).rename(columns=names)
    as_of = loads.as_of.date()
    found["occupation_code"] = coding.known(truth, found["occupation_code"], found["title"])
    return _recent(found.assign(
        month=month_of(pd.to_datetime(found["posted_date"])), state="posted", weekly_hours=np.nan,
        wage_type_code=found["wage_unit"].str[:1], region_code=[province(c, as_of) for c in found["region_code"]],
    ), as_of)  # fmt: skip


def _recent(found: pd.DataFrame, as_of: date) -> pd.DataFrame:
    return found[found["month"].isin(months_before(as_of)) & found["occupation_code"].notna()]


def markets(truth: Path, loads: Loads) -> dict[str, pd.DataFrame]:
    """Vacancies of the 24 months by scope."""
    found = {"pes": submitted(truth, loads.as_of.date())}
    return found | ({"portal": at_portal(truth, loads)} if "portal_vacancies" in loads.latest() else {})


def advertised_wages(vacancies: pd.DataFrame) -> pd.DataFrame:
    """Monthly wage of each posted vacancy that states one: occupation, province, wage."""
    found = vacancies[vacancies["state"] == "posted"]
    hours = found["weekly_hours"].astype(float).fillna(40).clip(upper=40)
    per_month = {"H": MONTH_HOURS * hours / 40, "D": MONTH_HOURS / 8, "M": 1.0, "Y": 1 / 12}
    factor = pd.Series(0.0, index=found.index)
    for unit, value in per_month.items():
        factor = factor.mask(found["wage_type_code"] == unit, value)
    low, high = (found[side].where(found[side] > 0) for side in ("wage_min_krw", "wage_max_krw"))
    wage = pd.concat([low, high], axis=1).mean(axis=1) * factor
    return found.assign(wage=wage).dropna(subset=["wage"])[["occupation_code", "region_code", "wage"]]


def insured_wages(truth: Path, as_of: date) -> pd.DataFrame:
    """Pay of each full-time job that began in the 24 months."""
    jobs = insured_jobs(truth, as_of)
    jobs = jobs[jobs["end"].isna() | (jobs["end"] > jobs["begin"])]
    hours = table(truth, "spells").set_index("acq_event_no")["weekly_hours"]
    full_time = jobs["event_no"].map(hours) >= 35
    began = month_of(jobs["begin"]).isin(months_before(as_of))
    return jobs[full_time & began].rename(columns={"pay": "wage"})[["occupation_code", "region_code", "wage"]]


def wages(truth: Path, as_of: date, vacancies: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """n and quantiles, indexed by (scope, occupation_code, region_code); ``vacancies`` by scope."""
    cells: dict[tuple[str, str, str], dict[str, float]] = {}
    told = {scope: advertised_wages(each) for scope, each in vacancies.items()}
    for source, frame in (told | {"insurance": insured_wages(truth, as_of)}).items():
        at_least = 10 if source == "insurance" else 4
        for digits in LEVELS:
            for regions in (frame["region_code"], TOTAL):
                placed = frame.assign(occupation=frame["occupation_code"].str[:digits], region=regions)
                for (occupation, region), cell in placed.groupby(["occupation", "region"])["wage"]:
                    n = len(cell)
                    known = {
                        name: float(np.quantile(cell, share)) if n >= (30 if name in ("p10", "p90") else at_least)
                        else np.nan
                        for name, share in QUANTILES.items()
                    }  # fmt: skip
                    cells[source, occupation, region] = {"n": n} | known
    return pd.DataFrame.from_dict(cells, orient="index")


def reported_until(as_of: date) -> pd.Timestamp:
    """End of the last month whose reports were due by then."""
    month = pd.Period(as_of, "M")
    while (month + 1).start_time + pd.Timedelta(days=15) > pd.Timestamp(as_of):
        month -= 1
    return month.end_time.normalize()


def moves(truth: Path, as_of: date) -> list[dict[str, Any]]:
    """Each job that ended and is followed up: person, occupation left, next one or LEFT, pay before and after."""
    last_loss = reported_until(as_of) - GAP
    first_loss = reported_until(as_of) - pd.DateOffset(months=36) - GAP + pd.Timedelta(days=1)
    jobs = insured_jobs(truth, as_of)
    jobs = jobs[jobs["end"].isna() | (jobs["end"] > jobs["begin"])].sort_values(["person_id", "begin", "event_no"])
    columns = ["person_id", "event_no", "begin", "end", "occupation_code", "pay"]
    found = []
    for person, group in groupby(jobs[columns].itertuples(index=False), key=itemgetter(0)):
        held = list(group)
        for job in held:
            if pd.isna(job.end) or not first_loss <= job.end <= last_loss:
                continue
            # in order of begin: of those already held at the loss the oldest, otherwise whichever begins first
            after = [j for j in held if j is not job and (pd.isna(j.end) or j.end > job.end)]
            after = [j for j in after if j.begin <= job.end + GAP]
            follows = after[0] if after else None
            found.append({
                "person": person, "left": job.occupation_code, "before": job.pay,
                "next": follows.occupation_code if follows else LEFT, "after": follows.pay if follows else None,
            })  # fmt: skip
    return found


def grade(n: float) -> str | None:
    """How well a figure rests on so many cases."""
    return "A" if n >= 100 else "B" if n >= 30 else "C" if n else None


def _groups(paths: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """Codes shown, each with the next occupations in it: alone, by two digits, by one, or as OTHER."""

    def persons(codes: list[str]) -> int:
        return len({move["person"] for code in codes for move in paths[code]})

    groups: dict[str, list[str]] = {}
    for digits in (4, 2, 1):
        found: dict[str, list[str]] = defaultdict(list)
        for code in sorted(set(paths) - {code for codes in groups.values() for code in codes}):
            found[code if code == LEFT else code[:digits]].append(code)
        groups |= {shown: codes for shown, codes in found.items() if persons(codes) >= 10}
    rest = [code for code in paths if all(code not in codes for codes in groups.values())]
    if 0 < persons(rest) < 10 and groups:
        rest += groups.pop(min(groups, key=lambda shown: (shown == LEFT, persons(groups[shown]), shown)))
    return groups | ({"OTHER": rest} if rest else {})


def transitions(truth: Path, as_of: date) -> dict[tuple[str, str], dict[str, Any]]:
    """Published rows by (occupation left, next): n, share, paths and median pay; rare paths merged."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    known = moves(truth, as_of)
    for digits in LEVELS:
        leaving: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
        for move in known:
            next_code = move["next"] if move["next"] == LEFT else move["next"][:digits]
            leaving[move["left"][:digits]][next_code].append(move)
        for left, paths in leaving.items():
            total = sum(map(len, paths.values()))
            groups = _groups(paths)
            for code, members in groups.items():
                together = [m for member in members for m in paths[member]]
                paid = [m for m in together if m["after"] is not None]
                enough = len({m["person"] for m in together}) >= 10
                rows[left, code] = {
                    "n": len(together) if enough else None, "n_from": total if enough else None,
                    "share": len(together) / total, "paths": len(members),
                    "wage_before_p50": float(np.median([m["before"] for m in together])) if len(paid) >= 10 else None,
                    "wage_after_p50": float(np.median([m["after"] for m in paid])) if len(paid) >= 10 else None,
                    "wage_change_p50": float(np.median([100 * m["after"] / m["before"] - 100 for m in paid]))
                    if len(paid) >= 10 else None,
                    "wage_null_reason": "no_next_job" if code == LEFT else "few_wages" if len(paid) < 10 else None,
                    "quality": grade(total),
                }  # fmt: skip
    return rows


def skills(vacancies: pd.DataFrame) -> pd.DataFrame:
    """Vacancies of each occupation (2 and 4 digits) that name a skill, with all of its vacancies, and of the market."""
    with (SEEDS / "skill_terms.csv").open(encoding="utf-8", newline="") as file:
        terms = [
            (row["skill_code"], re.escape(row["term"]) if row["language"] == "ko" else rf"\b{re.escape(row['term'])}\b")
            for row in csv.DictReader(file)
        ]
    said = (vacancies["title"] + " " + vacancies["duties"].fillna("")).str.lower()
    named = [{skill for skill, pattern in terms if re.search(pattern, text, re.ASCII)} for text in said]
    found = vacancies[["occupation_code"]].assign(skill_code=[sorted(each) for each in named]).explode("skill_code")
    parts = []
    for digits in LEVELS:
        code = found["occupation_code"].str[:digits]
        cells = found.groupby([code, "skill_code"]).size().rename("vacancies_naming").reset_index()
        cells["n"] = cells["occupation_code"].map(vacancies["occupation_code"].str[:digits].value_counts())
        cells["share"] = cells["vacancies_naming"] / cells["n"]
        cells["share_all"] = cells.groupby("skill_code")["vacancies_naming"].transform("sum") / len(vacancies)
        parts.append(cells.assign(lift=cells["share"] / cells["share_all"], occupation_level=digits))
    return pd.concat(parts)


def similar(shares: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Cosine of each pair of occupations with ten vacancies, from shares by (occupation, skill); zero left out."""
    wide = shares[shares["n"] >= 10].pivot(index="occupation_code", columns="skill_code", values="share").fillna(0.0)
    unit = wide.div(np.sqrt((wide**2).sum(axis=1)), axis=0)
    cosine = unit @ unit.T
    return {
        (one, other): float(cosine.loc[one, other])
        for one in cosine.index
        for other in cosine.columns
        if one != other and cosine.loc[one, other] > 0
    }


def licences(truth: Path, as_of: date, listed_on: date) -> tuple[Counter[tuple[str, str]], dict[str, int]]:
    """Vacancies that ask for a licence by (occupation, present name), and all in the public list by occupation."""
    nation = Path(__file__).parents[2] / "sandbox" / "nation" / "data" / "qualifications.csv"
    with nation.open(encoding="utf-8", newline="") as file:
        present = {row["former_name"]: row["name"] for row in csv.DictReader(file) if row["former_name"]}
    listed = submissions(truth, as_of)
    listed = listed[listed["month"].isin(months_before(as_of)) & (listed["channel_code"] != "PARTNER_PRIVATE")]
    listed = listed[listed["posted_from"] <= pd.Timestamp(listed_on)].dropna(subset=["occupation_code"])
    occupation = listed["occupation_code"].str[:4]
    n = occupation.value_counts()
    asked: Counter[tuple[str, str]] = Counter()
    for code, text in zip(occupation, listed["certificate"].fillna(""), strict=True):
        asked.update((code, present.get(name, name)) for name in text.split(",") if name)
    return asked, n.to_dict()


def training(truth: Path) -> pd.DataFrame:
    """Completers and those hired within 90 and 180 days by course, where the list of the history's last day tells."""
    listed_on = pd.Timestamp(json.loads((truth.parent / "nation.json").read_text("utf-8"))["history_end"])
    done = table(truth, "enrolments").query("final_status == 'COMPLETED'")
    done[["course_start", "course_end", "hired_on"]] = done[["course_start", "course_end", "hired_on"]].apply(
        pd.to_datetime
    )
    sums = {}
    for name, days, told_after in (("3m", 90, 110), ("6m", 180, 200)):
        known = done[done["course_end"] + pd.Timedelta(days=told_after) <= listed_on]
        hired = known[known["hired_on"] <= known["course_end"] + pd.Timedelta(days=days)]
        sums[f"n_{name}"] = known["trpr_id"].value_counts()
        sums[f"employed_{name}"] = hired["trpr_id"].value_counts()
    return pd.DataFrame(sums).fillna(0).astype(int)


def uninsured(truth: Path) -> dict[str, tuple[int, float]]:
    """Completers and the share in work outside insurance by course, from the list of the history's last day."""
    listed_until = pd.Timestamp(
        json.loads((truth.parent / "nation.json").read_text("utf-8"))["history_end"]
    ) + pd.Timedelta(days=1)
    told = pd.read_parquet(truth.parent / "provider" / "hrdnet_courses.parquet")
    told = told[(told["_visible_from"] < listed_until) & (told["_visible_to"] >= listed_until)]
    told["rate"] = pd.to_numeric(told["uninsured_rate_6m_text"], errors="coerce")
    found = {}
    for course, runs in told[told["rate"].notna()].groupby("trpr_id"):
        n = int(runs["completers"].sum())
        found[str(course)] = (n, float((runs["rate"] * runs["completers"]).sum()) / 100 / n if n else np.nan)
    return found


def demands(truth: Path, as_of: date, listed_on: date | None) -> dict[str, dict[str, float]]:
    """Level and experience that vacancies of a 4-digit occupation demand, with how many demand any."""
    found = submissions(truth, as_of).dropna(subset=["occupation_code"])
    found = found[found["month"].isin(months_before(as_of))]
    listed = found["channel_code"] != "PARTNER_PRIVATE"
    listed &= found["posted_from"] <= (pd.NaT if listed_on is None else pd.Timestamp(listed_on))
    found["career_months"] = found["career_months"].where(listed)
    result = {}
    for code, cell in found.groupby(found["occupation_code"].str[:4]):
        levels = Counter(level for level in cell["education_code"].dropna() if level != "00")
        months = sorted(cell["career_months"].dropna())
        result[str(code)] = {
            "n_education": sum(levels.values()), "n_experience": len(months),
            "level": int(min(levels, key=lambda level: (-levels[level], level))) if levels else np.nan,
            "months": float(months[(len(months) - 1) // 2]) if months else np.nan,
        }  # fmt: skip
    return result


@cache
def first_jobs(truth: Path, as_of: date) -> pd.DataFrame:
    """Registrations whose six months were reported: day, occupation wished, and size and kind of the first job."""
    seekers = registrations(truth, as_of)
    seekers = seekers[seekers["reg_date"] <= reported_until(as_of) - FOLLOWED]
    jobs = insured_jobs(truth, as_of)
    jobs = jobs[jobs["end"].isna() | (jobs["end"] > jobs["begin"])].sort_values(["begin", "event_no"])
    provided = truth.parent / "provider"
    hours = table(truth, "spells").set_index("acq_event_no")["weekly_hours"]
    contracts = pd.read_parquet(provided / "insurance_events.parquet").set_index("event_no")["contract_end_ym"]
    places = pd.read_parquet(provided / "workplaces.parquet")
    places = places[pd.to_datetime(places["_delivery_date"]) <= pd.Timestamp(as_of)].sort_values("updated_at")
    places = places.drop_duplicates("workplace_no", keep="last").set_index("workplace_no")
    persons_employed = places.groupby("business_no")["headcount"].sum()
    held: dict[str, list[Any]] = defaultdict(list)
    for job in jobs.itertuples():
        held[job.person_id].append(job)
    found = []
    for seeker in seekers.itertuples():
        later = (j for j in held[seeker.person_id] if seeker.reg_date < j.begin <= seeker.reg_date + FOLLOWED)
        job = next(later, None)
        size = kind = "NONE"
        if job is not None:
            persons = persons_employed[places["business_no"][job.workplace_no]]
            size = next(name for least, name in SIZES if persons >= least)
            is_fixed = isinstance(contracts[job.event_no], str)
            kind = "PART_TIME" if hours[job.event_no] < 35 else "FIXED_TERM" if is_fixed else "REGULAR"
        found.append(
            (seeker.seeker_reg_no, seeker.person_id, seeker.reg_date, seeker.desired_occupation_code, size, kind)
        )
    names = ["seeker_reg_no", "person_id", "reg_date", "occupation_code", "firm_size", "employment_type"]
    known = pd.DataFrame(found, columns=names).merge(table(truth, "persons")[["person_id", "sex", "birth_date"]])
    years = known["reg_date"].dt.year - known["birth_date"].dt.year
    return known.assign(age_group=years.map(age_group))


def outcomes(cases: pd.DataFrame) -> dict[str, Counter[tuple[str, str]]]:
    """How often each size and kind came about, by occupation wished (2 and 4 digits) and for all (``_T``)."""
    codes = {code[:digits] for code in cases["occupation_code"].dropna() for digits in LEVELS}
    groups = {code: cases[cases["occupation_code"].str.startswith(code)] for code in codes} | {"_T": cases}
    return {
        code: Counter(zip(group["firm_size"], group["employment_type"], strict=True)) for code, group in groups.items()
    }
