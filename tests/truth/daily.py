"""The daily trends recomputed from a nation's truth: what happened, what was reported, and how much was in by when."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from tests.truth.recompute import TOTAL, insured_jobs, province, registrations, submissions, table

HOLIDAYS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "kr_holidays.csv"
KEYS = ["ref_date", "indicator", "region_code"]
DAY = pd.Timedelta(days=1)
#: days after which no report is waited for, and days of events before them from which the delays are learnt
SPAN = 180
YEARS = 730


@cache
def _holidays() -> dict[pd.Timestamp, tuple[str, str]]:
    """Name and lunar feast ("" for none) of each public holiday."""
    with HOLIDAYS.open(encoding="utf-8") as lines:
        return {
            pd.Timestamp(row["holiday_date"]): (row["name_ko"], row["lunar_feast"]) for row in csv.DictReader(lines)
        }


def is_working(day: pd.Timestamp) -> bool:
    return day.weekday() < 5 and day not in _holidays()


@cache
def _feasts() -> dict[pd.Timestamp, str]:
    """The middle day of each lunar feast."""
    return {day: feast for day, (name, feast) in _holidays().items() if set(name.split("; ")) & {"설날", "추석"}}


@cache
def _place(day: pd.Timestamp) -> tuple[int, tuple[object, ...]] | None:
    """Days to the lunar feast within a fortnight, and the day's place before or after it."""
    for feast, name in _feasts().items():
        away = (day - feast).days
        if abs(away) <= 14:
            step = DAY if away > 0 else -DAY
            between = [feast + n * step for n in range(1, abs(away) + 1)]
            place = sum(map(is_working, between)) if is_working(day) else away
            return abs(away), (name, away > 0, is_working(day), place)
    return None


@cache
def same_places(as_of: date) -> dict[pd.Timestamp, pd.Timestamp]:
    """For each of 400 days the one of the year before at the same place in the holiday calendar; NaT without one."""

    def near(day: pd.Timestamp) -> tuple[object, ...] | None:
        found = _place(day)
        return found[1] if found and found[0] <= 7 else None

    def compares(day: pd.Timestamp, other: pd.Timestamp) -> bool:
        if near(day):
            there = _place(other)
            return there is not None and there[1] == near(day)
        holiday, before = (_holidays().get(each, (None,))[0] for each in (day, other))
        if holiday:
            return before == holiday
        if before is not None or near(other) is not None or day.month != other.month:
            return False
        return day.weekday() == other.weekday() or ends_alike(day, other)

    def ends_alike(day: pd.Timestamp, other: pd.Timestamp) -> bool:
        return not near(day) and _month_end(day) is not None and _month_end(day) == _month_end(other)

    found = {}
    for day in pd.date_range(end=as_of, periods=400):
        others = [day - n * DAY for n in range(330, 401) if compares(day, day - n * DAY)]
        found[day] = min(
            others,
            key=lambda other: (not ends_alike(day, other), abs((day - other).days - 364), other),
            default=pd.NaT,
        )
    return found


@cache
def _month_end(day: pd.Timestamp) -> int | None:
    """0 of the first working day of a month, -1 of the last, None of all others."""
    first = day.replace(day=1)
    working = [one for one in pd.date_range(first, first + pd.offsets.MonthEnd(0)) if is_working(one)]
    return 0 if day == working[0] else -1 if day == working[-1] else None


def events(truth: Path, as_of: date) -> pd.DataFrame:
    """One row per event known on the day: indicator, day, region_code, n."""
    vacancies = submissions(truth, as_of).rename(columns={"submitted_date": "day", "openings": "n"})
    seekers = registrations(truth, as_of).rename(columns={"reg_date": "day"})
    claims = table(truth, "claims").merge(table(truth, "persons")[["person_id", "region_code_2021"]], on="person_id")
    claims["region_code"] = [province(code, as_of) for code in claims["region_code_2021"]]
    claims = claims[claims["claim_date"] < pd.Timestamp(as_of)].rename(columns={"claim_date": "day"})
    jobs = insured_jobs(truth, as_of)
    reports = received(truth, as_of)
    parts = {
        "openings_new": vacancies, "registrations_new": seekers.assign(n=1), "ui_claims_new": claims.assign(n=1),
        "acquisitions": jobs.assign(day=jobs["begin"], n=1), "losses": jobs.dropna(subset=["end"]).assign(
            day=lambda f: f["end"], n=1),
        "acquisitions_reported": reports[reports["event_type"] == "ACQ"],
        "losses_reported": reports[reports["event_type"] == "LOSS"],
    }  # fmt: skip
    return pd.concat(
        [frame.assign(indicator=name)[["indicator", "day", "region_code", "n"]] for name, frame in parts.items()]
    )


def received(truth: Path, as_of: date) -> pd.DataFrame:
    """Reports of acquisition and loss by the day they came, whatever became of them."""
    reports = table(truth, "insurance_reports", as_of).query("worker_type != 'DAILY'")
    places = table(truth, "workplaces")[["workplace_no", "region_code_2021"]]
    reports = reports.merge(places, on="workplace_no", how="left")
    reports["region_code"] = [province(code, as_of) for code in reports["region_code_2021"]]
    return reports.assign(day=reports["received_date"], n=1)


@cache
def counts(truth: Path, as_of: date) -> pd.DataFrame:
    """Counts by day, indicator and province (total ``_T``); sparse."""
    happened = events(truth, as_of)
    both = pd.concat([happened, happened.assign(region_code=TOTAL)])
    summed = both.groupby(["day", "indicator", "region_code"], as_index=False)["n"].sum()
    return summed.rename(columns={"day": "ref_date", "n": "value"})


@cache
def moves(truth: Path, as_of: date) -> pd.DataFrame:
    """How acquisitions and losses came to be counted: indicator, day, received, region_code and n (+1 or -1).

    Every spell's reports are replayed one delivery after the other.
    """
    reports = table(truth, "insurance_reports", as_of).sort_values(["reported_at", "event_no"])
    spell_of: dict[str, str] = {}
    spells: dict[str, list[Any]] = {}
    for kind in (["ACQ"], ["LOSS"], ["CORRECT", "CANCEL"]):
        for report in reports[reports["event_type"].isin(kind)].itertuples():
            mended = report.refers_to_event_no
            spell = report.event_no if kind == ["ACQ"] else spell_of.get(mended, mended)
            spell_of[report.event_no] = spell
            spells.setdefault(spell, []).append(report)
    rows = []
    for known in spells.values():
        before: dict[str, tuple[Any, str]] = {}
        for day in sorted({report.received_date for report in known}):
            now = _counted([report for report in known if report.received_date <= day])
            for indicator in ("acquisitions", "losses"):
                if before.get(indicator) != now.get(indicator):
                    rows += [(indicator, *was, day, -1) for was in [before.get(indicator)] if was]
                    rows += [(indicator, *is_, day, 1) for is_ in [now.get(indicator)] if is_]
            before = now
    places = table(truth, "workplaces")[["workplace_no", "region_code_2021"]]
    found = pd.DataFrame(rows, columns=["indicator", "day", "workplace_no", "received", "n"])
    found = found.merge(places, on="workplace_no", how="left")
    found["region_code"] = [province(code, as_of) for code in found["region_code_2021"]]
    return found


def _counted(known: list[Any]) -> dict[str, tuple[Any, str]]:
    """Day and workplace under which a spell's acquisition and loss count, from its reports in order."""
    acquired = next((report for report in known if report.event_type == "ACQ"), None)
    losses = {report.event_no: report.event_date for report in known if report.event_type == "LOSS"}
    for report in known:
        if report.event_type == "CORRECT" and report.refers_to_event_no in losses:
            losses[report.refers_to_event_no] = report.event_date
        elif report.event_type == "CORRECT":
            acquired = report
        elif report.event_type == "CANCEL" and losses.pop(report.refers_to_event_no, None) is None:
            acquired = None
    if acquired is None or acquired.worker_type == "DAILY":
        return {}
    counted = {"acquisitions": (acquired.event_date, acquired.workplace_no)}
    if losses:
        counted["losses"] = (list(losses.values())[-1], acquired.workplace_no)
    return counted


def shares_in(truth: Path, as_of: date) -> dict[tuple[str, int, int], float]:
    """Expected share reported, by indicator, third of the month and days since the day, of two years of events."""
    known = moves(truth, as_of)
    last = pd.Timestamp(as_of) - pd.Timedelta(days=SPAN)
    known = known[(known["day"] < last) & (known["day"] >= last - pd.Timedelta(days=YEARS))]
    third = ((known["day"].dt.day - 1) // 10).clip(upper=2)
    late = (known["received"] - known["day"]).dt.days
    return {
        (str(indicator), int(number), delay): float(
            part.loc[late[part.index] <= (delay if delay < SPAN else 10_000), "n"].sum() / part["n"].sum()
        )
        for (indicator, number), part in known.groupby(["indicator", third])
        for delay in range(SPAN + 1)
    }
