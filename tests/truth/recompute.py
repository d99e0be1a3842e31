"""The published figures recomputed from a nation's truth, in plain pandas and plain loops.

Written from the definitions (docs, data dictionary), not from the models, and by other means where there is a choice:
insurance reports are replayed one by one, entries and exits come from running job counts, a submission's state is read
off its list of decisions. Nothing of the product is imported. Each function takes the folder with the truth tables and
the working day; only what was received until that day counts.

Counts come back sparse: a cell that is not there is zero. ``_T`` is the total of a dimension.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from tests.truth import coding

TOTAL = "_T"
UNKNOWN = "_U"
DIMENSIONS = ["region_code", "occupation_code", "industry_code", "sex", "age_group"]
KEYS = ["ref_period", "indicator", "breakdown_type", *DIMENSIONS]
STATES = [
    "posted", "rejected", "duplicate", "returned_open", "held_open", "pending", "expired_undecided", "withdrawn",
]  # fmt: skip

#: provinces that got another number: first two digits of a district code, before and after
RENUMBERED = {
    "42": ("51", "2023-06-11"),
    "45": ("52", "2024-01-18"),
    "29": ("12", "2026-07-01"),
    "46": ("12", "2026-07-01"),
}
#: provinces that there are, by all numbers they ever had
PROVINCES = {
    "11",
    "12",
    "26",
    "27",
    "28",
    "30",
    "31",
    "36",
    "41",
    "43",
    "44",
    "47",
    "48",
    "50",
    "51",
    "52",
    *RENUMBERED,
}
AGES = [(0, "Y_LT30"), (30, "Y30T39"), (40, "Y40T49"), (50, "Y50T59"), (60, "Y_GE60")]
#: reasons of loss by the indicator that counts them
REASONS = {
    "losses_involuntary": {"22", "23", "31", "32"}, "losses_closure": {"22"}, "losses_redundancy": {"23"},
    "losses_retirement_age": {"31"}, "losses_contract_end": {"32"},
}  # fmt: skip
#: signals of step 4 that end a posting, and decisions that put it into the portal
CLOSING = {"FILLED", "EXPIRED", "EMPLOYER_CLOSED", "WITHDRAWN"}
PASSING = {"PASS", "WARN", "CONFIRMED_OK", "CORRECTED"}
#: days that a registration is valid, and each renewal once more
VALID_DAYS = 92


def table(truth: Path, name: str, as_of: date | None = None) -> pd.DataFrame:
    """A truth table with days as timestamps; with ``as_of`` only rows received until then."""
    frame = pd.read_parquet(truth / f"{name}.parquet")
    for column in frame:
        if column.endswith(("_date", "_on", "_from", "_at")):
            frame[column] = pd.to_datetime(frame[column])
    return frame if as_of is None else frame[frame["received_date"] <= pd.Timestamp(as_of)]


def month_of(days: pd.Series) -> pd.Series:
    return days.dt.strftime("%Y-%m")


def province(district: Any, as_of: date) -> str:
    """Number on the working day of the province of a district, whatever number it had when the record was written."""
    number = "" if pd.isna(district) else district[:2]
    if number not in PROVINCES:
        return UNKNOWN
    later, since = RENUMBERED.get(number, (number, "0001-01-01"))
    return later if as_of >= date.fromisoformat(since) else number


def age_group(years: int) -> str:
    return [name for lowest, name in AGES if years >= lowest][-1]


def insured_jobs(truth: Path, as_of: date) -> pd.DataFrame:
    """Jobs insured as the reports tell it, without daily work: person, begin, end (first day outside, NaT if open)."""
    return _insured_jobs(truth, as_of).copy()


@cache
def _insured_jobs(truth: Path, as_of: date) -> pd.DataFrame:
    reports = table(truth, "insurance_reports", as_of).sort_values(["reported_at", "event_no"])
    jobs: dict[str, dict[str, Any]] = {}
    job_of_loss: dict[str, str] = {}
    rows = list(reports.itertuples())
    for report in rows:
        if report.event_type == "ACQ":
            jobs[report.event_no] = {
                "event_no": report.event_no, "person_id": report.person_id, "workplace_no": report.workplace_no,
                "type": report.worker_type, "begin": report.event_date, "ends": {}, "reasons": {},
                "occupation_code": report.occupation_code, "pay": report.monthly_pay_krw,
            }  # fmt: skip
        elif report.event_type == "LOSS":
            job_of_loss[report.event_no] = report.refers_to_event_no
    for report in rows:
        mended = report.refers_to_event_no
        job = jobs.get(job_of_loss.get(mended, mended))
        if job is None:  # no acquisition came, or it was cancelled
            continue
        if report.event_type == "LOSS":
            job["ends"][report.event_no] = report.event_date
            job["reasons"][report.event_no] = report.loss_reason_code
        elif report.event_type == "CANCEL":
            if mended in jobs:
                del jobs[mended]
            else:
                del job["ends"][mended]
        elif report.event_type == "CORRECT":
            if mended in jobs:
                job |= {
                    "begin": report.event_date, "workplace_no": report.workplace_no, "type": report.worker_type,
                    "occupation_code": report.occupation_code, "pay": report.monthly_pay_krw,
                }  # fmt: skip
            else:
                job["ends"][mended] = report.event_date
                if not pd.isna(report.loss_reason_code):
                    job["reasons"][mended] = report.loss_reason_code
    found = pd.DataFrame(jobs.values())
    found["end"] = pd.to_datetime([list(ends.values())[-1] if ends else None for ends in found["ends"]])
    # a loss that was cancelled has no end; of several the last one says why
    found["reason"] = [
        reasons[list(ends)[-1]] if ends else None for ends, reasons in zip(found["ends"], found["reasons"], strict=True)
    ]
    found = found[found["type"] != "DAILY"].drop(columns=["ends", "reasons", "type"])
    persons = table(truth, "persons")[["person_id", "sex", "birth_date"]]
    places = table(truth, "workplaces")[["workplace_no", "section", "region_code_2021"]]
    found = found.merge(persons, on="person_id").merge(places, on="workplace_no")
    found["born"] = found.pop("birth_date").dt.year
    found["region_code"] = [province(code, as_of) for code in found.pop("region_code_2021")]
    return found.rename(columns={"section": "industry_code"})


def _tidy(counts: pd.Series, indicator: str, breakdown: str, by: list[str]) -> pd.DataFrame:
    """Counts indexed by month and ``by`` as rows of the mart's shape."""
    frame = counts[counts != 0].rename("numerator").reset_index()
    frame = frame.set_axis(["ref_period", *by, "numerator"], axis=1)
    return frame.assign(
        indicator=indicator, breakdown_type=breakdown, **{d: TOTAL for d in DIMENSIONS if d not in by}
    )[[*KEYS, "numerator"]]  # fmt: skip


def broken_down(frame: pd.DataFrame, value: str, indicator: str, breakdowns: dict[str, list[str]]) -> pd.DataFrame:
    return pd.concat(
        [_tidy(frame.groupby(["month", *by])[value].sum(), indicator, name, by) for name, by in breakdowns.items()]
    )


_INSURED: dict[str, list[str]] = {
    "total": [], "region": ["region_code"], "industry": ["industry_code"], "sex": ["sex"], "age_group": ["age_group"],
}  # fmt: skip
_LABOUR: dict[str, list[str]] = {
    "total": [], "region": ["region_code"], "occupation": ["occupation_code"],
    "region_occupation": ["region_code", "occupation_code"],
}  # fmt: skip


def insured(truth: Path, as_of: date, months: list[str]) -> pd.DataFrame:
    """Stock at month end, acquisitions, losses (events), entries and exits (persons), in the mart's shape."""
    jobs = insured_jobs(truth, as_of)
    parts = [*_stock(jobs, months), *_moves(jobs)]
    for indicator, day in (("acquisitions", "begin"), ("losses", "end")):
        events = jobs.dropna(subset=[day]).assign(month=lambda f, day=day: month_of(f[day]), one=1)
        events["age_group"] = [age_group(y) for y in events[day].dt.year - events["born"]]
        parts.append(broken_down(events, "one", indicator, _INSURED))
    for indicator, codes in REASONS.items():
        because = events[events["reason"].isin(codes)]
        parts.append(broken_down(because, "one", indicator, _INSURED))
    everything = pd.concat(parts)
    return everything[everything["ref_period"].isin(months)]


def _stock(jobs: pd.DataFrame, months: list[str]) -> Iterator[pd.DataFrame]:
    """Persons with an open job on the last day of each month, once however many jobs they have there."""
    ends = []
    for month in months:
        last_day = pd.Period(month, "M").end_time.normalize()
        opened = jobs[(jobs["begin"] <= last_day) & (jobs["end"].isna() | (jobs["end"] > last_day))]
        ends.append(opened.assign(month=month, age_group=[age_group(y) for y in last_day.year - opened["born"]]))
    stock = pd.concat(ends)
    for name, by in _INSURED.items():
        persons = stock.drop_duplicates(["month", "person_id", *by])
        yield _tidy(persons.groupby(["month", *by]).size(), "insured_stock", name, by)


def _moves(jobs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Persons whose number of open jobs rises from or falls to none; within a region or section only those there.

    A job that begins on the day after another's last one continues it. Age is that of the first or of the last day.
    """
    real = jobs[jobs["end"].isna() | (jobs["end"] > jobs["begin"])]
    for name, by in _INSURED.items():
        within = [column for column in by if column != "age_group"]
        who = ["person_id", "born", *within]
        begins = real[who].assign(day=real["begin"], change=1)
        ends = real[who].assign(day=real["end"], change=-1).dropna(subset=["day"])
        days = pd.concat([begins, ends]).groupby([*who, "day"])["change"].sum().rename("change").reset_index()
        days["after"] = days.groupby(who)["change"].cumsum()
        days["before"] = days["after"] - days["change"]
        entries = days[(days["before"] == 0) & (days["after"] > 0)]
        exits = days[(days["before"] > 0) & (days["after"] == 0)]
        for indicator, moves, shift in (("insured_entries", entries, 0), ("insured_exits", exits, 1)):
            counted = moves.assign(month=month_of(moves["day"]))
            years = (counted["day"] - pd.Timedelta(days=shift)).dt.year - counted["born"]
            counted["age_group"] = [age_group(y) for y in years]
            yield _tidy(counted.groupby(["month", *by]).size(), indicator, name, by)


def verification_state(decisions: list[tuple[str, str, str]], days_since_submission: int) -> str:
    """Where a submission stands; ``decisions`` are (step, decision, reasons) in order of time."""
    after = [d for d in decisions if d[0] == "S4_COHERENCE"]
    withdrawn = [d for d in after if d[1] == "WITHDRAWN" and "BEFORE_POSTING" in d[2]]
    if len(after) > len(withdrawn):
        return "posted"
    if withdrawn:
        return "withdrawn"
    outcomes = [decision for _, decision, _ in decisions]
    passed = [n for n, outcome in enumerate(outcomes) if outcome in ("PASS", "WARN")]
    if {"CONFIRMED_OK", "CORRECTED"} & set(outcomes) or (passed and "HOLD" not in outcomes[passed[-1] :]):
        return "posted"
    last = outcomes[-1] if outcomes else "ACCEPT"
    if last in ("REFUSE", "REJECT", "CONFIRMED_BAD"):
        return "rejected"
    if last == "DUPLICATE":
        return "duplicate"
    if days_since_submission > 60:
        return "expired_undecided"
    return {"RETURN": "returned_open", "HOLD": "held_open", "UNREACHABLE": "held_open"}.get(last, "pending")


def submissions(truth: Path, as_of: date) -> pd.DataFrame:
    """Vacancies submitted, with month, state and whether they were posted without a return or a hold.

    ``occupation_code`` is what is known of it, not what is true (``coding``).
    """
    return _submissions(truth, as_of).copy()


@cache
def _submissions(truth: Path, as_of: date) -> pd.DataFrame:
    found = table(truth, "vacancies", as_of).copy()
    stated = found["occupation_code"].mask(found["is_uncoded"])
    found["occupation_code"] = coding.known(truth, stated, found["posting_id"].map(coding.submitted_titles(truth)))
    reviews = table(truth, "reviews", as_of).sort_values(["decided_at", "review_id"])
    rows = zip(reviews["step_code"], reviews["decision"], reviews["reason_codes"].fillna(""), strict=True)
    decisions: dict[str, list[tuple[str, str, str]]] = {}
    for posting_id, row in zip(reviews["posting_id"], rows, strict=True):
        decisions.setdefault(posting_id, []).append(row)
    lists = [decisions.get(posting_id, []) for posting_id in found["posting_id"]]
    days = (pd.Timestamp(as_of) - found["submitted_date"]).dt.days
    found["state"] = [verification_state(d, n) for d, n in zip(lists, days, strict=True)]
    turned_back = [any(d[1] in ("RETURN", "HOLD") for d in decided) for decided in lists]
    found["first_pass"] = (found["state"] == "posted") & ~pd.Series(turned_back, index=found.index)
    found["month"] = month_of(found["submitted_date"])
    found["region_code"] = [province(code, as_of) for code in found["region_code"]]
    return found


def registrations(truth: Path, as_of: date) -> pd.DataFrame:
    """Registrations as last known."""
    return _registrations(truth, as_of).copy()


@cache
def _registrations(truth: Path, as_of: date) -> pd.DataFrame:
    known = table(truth, "registrations", as_of).sort_values("updated_at")
    last = known.drop_duplicates("seeker_reg_no", keep="last").copy()
    last["region_code"] = [province(code, as_of) for code in last["region_code_2021"]]
    last["occupation_code"] = last["desired_occupation_code"].str[:2].fillna(UNKNOWN)
    return last


def postings(truth: Path, as_of: date, listed_on: date | None) -> pd.DataFrame:
    """Posted vacancies with the interval they stood open: begin, end (first day outside, NaT if open).

    The portal's list of day ``listed_on`` tells when a posting began, except those of private partners, which it does
    not carry; of others the decision tells.
    """
    return _postings(truth, as_of, listed_on).copy()


@cache
def _postings(truth: Path, as_of: date, listed_on: date | None) -> pd.DataFrame:
    found = submissions(truth, as_of).query("state == 'posted'").copy()
    reviews = table(truth, "reviews", as_of).sort_values(["decided_at", "review_id"])
    day = reviews["decided_at"].dt.normalize()
    signals = reviews["step_code"] == "S4_COHERENCE"
    withdrawn_before = signals & reviews["reason_codes"].fillna("").str.contains("BEFORE_POSTING")
    signs = day[(signals & ~withdrawn_before) | reviews["decision"].isin(PASSING)].groupby(reviews["posting_id"]).min()
    last = reviews[signals].drop_duplicates("posting_id", keep="last").set_index("posting_id")
    closed = last["decided_at"].dt.normalize()[last["decision"].isin(CLOSING)]
    decided = found["posting_id"].map(signs).combine(found["submitted_date"], max)
    listed = found["channel_code"] != "PARTNER_PRIVATE"
    listed &= found["posted_from"] <= (pd.NaT if listed_on is None else pd.Timestamp(listed_on))
    found["begin"] = decided.where(~listed, found["posted_from"])
    stated = found["close_date"].mask(found["is_open_ended"].astype(bool))
    deadline = stated.where(stated >= found["begin"], found["begin"] + pd.DateOffset(months=2))
    lapsed = (deadline + pd.Timedelta(days=1)).where(deadline < pd.Timestamp(as_of))
    found["end"] = pd.concat([lapsed, found["posting_id"].map(closed)], axis=1).min(axis=1)
    return found


def _open_at_month_ends(spells: pd.DataFrame, months: list[str]) -> pd.DataFrame:
    """Rows of ``spells`` (begin, end) that hold on the last day of a month, once per such month."""
    open_then = []
    for month in months:
        last_day = pd.Period(month, "M").end_time.normalize()
        there = spells[(spells["begin"] <= last_day) & ~(spells["end"] <= last_day)]
        open_then.append(there.assign(month=month))
    return pd.concat(open_then)


def labour(truth: Path, as_of: date, months: list[str], listed_on: date | None) -> pd.DataFrame:
    """Openings, registrations and placements of a month, and what is open at its end."""
    vacancies = submissions(truth, as_of)
    posted = postings(truth, as_of, listed_on).assign(one=1)
    for frame in (vacancies, posted):
        frame["occupation_code"] = frame["occupation_code"].str[:2].fillna(UNKNOWN)
    seekers = registrations(truth, as_of).assign(one=1)
    seekers["month"] = month_of(seekers["reg_date"])
    placed = seekers[seekers["status"] == "EMPLOYED"]
    placed = placed.assign(month=month_of(placed["status_date"]))
    lapsed = seekers["reg_date"] + pd.to_timedelta((seekers["renewal_no"] + 1) * VALID_DAYS + 1, unit="D")
    known = lapsed.where(lapsed <= pd.Timestamp(as_of))
    seekers = seekers.assign(begin=seekers["reg_date"], end=seekers["status_date"].where(
        seekers["status"] != "ACTIVE", known))  # fmt: skip
    open_postings = _open_at_month_ends(posted, months)
    valid = _open_at_month_ends(seekers, months)
    fresh = valid[month_of(valid["reg_date"]) == valid["month"]]
    found = pd.concat(
        [
            broken_down(vacancies, "openings", "openings_new", _LABOUR),
            broken_down(vacancies[vacancies["state"] == "posted"], "openings", "openings_posted", _LABOUR),
            broken_down(seekers, "one", "registrations_new", _LABOUR),
            broken_down(placed, "one", "placements", _LABOUR),
            broken_down(open_postings, "openings", "openings_open", _LABOUR),
            broken_down(open_postings, "one", "postings_open", _LABOUR),
            broken_down(valid, "one", "registrations_open", _LABOUR),
            broken_down(fresh, "one", "registrations_open_fresh", _LABOUR),
        ]
    )
    return found[found["ref_period"].isin(months)]


def funnel(truth: Path, as_of: date) -> pd.DataFrame:
    """Submissions by month of submission, channel and state; indexed by (ref_period, channel_code)."""
    found = submissions(truth, as_of)
    found = pd.concat([found, found.assign(channel_code=TOTAL)])
    cells = found.groupby(["month", "channel_code"])
    counts = found.groupby(["month", "channel_code", "state"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=STATES, fill_value=0)
    counts["submitted"] = cells.size()
    counts["posted_first_pass"] = cells["first_pass"].sum()
    return counts.rename_axis(["ref_period", "channel_code"])


def occupation_series(truth: Path, as_of: date) -> pd.DataFrame:
    """New openings in each of the 24 whole months before ``as_of`` and registrations in the last 12, by KECO code."""
    months = [str(m) for m in pd.period_range(end=pd.Period(as_of, "M") - 1, periods=24)]
    vacancies = submissions(truth, as_of)
    seekers = registrations(truth, as_of)
    seekers = seekers[month_of(seekers["reg_date"]).isin(months[12:])]
    parts = []
    for digits in (2, 4):
        code = vacancies["occupation_code"].str[:digits].rename("occupation_code")
        wide = vacancies.groupby([code, "month"])["openings"].sum().unstack(fill_value=0)
        wide = wide.reindex(columns=months, fill_value=0)
        wished = seekers["desired_occupation_code"].str[:digits].value_counts()
        lists = pd.DataFrame({"openings_24m": wide.values.tolist()}, index=wide.index)
        parts.append(lists.assign(registrations_new_12m=wished.reindex(wide.index).fillna(0).astype(int)))
    return pd.concat(parts)
