"""The way of each submission through the verification, day by day, from the decisions as they came.

When a posting was filled and when a signal of step 4 ended it is not decided by anybody: ``fills`` works it out.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.truth import fills
from tests.truth.recompute import TOTAL, UNKNOWN, postings, submissions
from tests.truth.verification import REFUSING, SUBMISSIONS, _answers, _pairs, decisions, labour_months

HOLIDAYS = Path(__file__).parents[2] / "dbt_project" / "seeds" / "kr_holidays.csv"
KEYS = ["channel_code", "office_code", "source_id", "occupation_code"]
WAITING = {"pending", "returned_open", "held_open"}
HAPPENED = ["posted", "rejected", "duplicate", "returned", "held", "withdrawn"]
STATE_OF = {"returned": "returned_open", "held": "held_open"}
DAY = pd.Timedelta(days=1)


@cache
def _calendar() -> np.busdaycalendar:
    with HOLIDAYS.open(encoding="utf-8") as lines:
        return np.busdaycalendar(holidays=[row["holiday_date"] for row in csv.DictReader(lines)])


def working_days(since: Any, until: Any) -> Any:
    """Working days after one day (or each of some) up to another."""
    first, last = (np.asarray(days, "datetime64[D]") + 1 for days in (since, until))
    return np.busday_count(first, last, busdaycal=_calendar())


def _state(step: str, decision: str) -> str:
    if decision in REFUSING:
        return "rejected"
    if decision == "DUPLICATE":
        return "duplicate"
    if decision in ("RETURN", "HOLD", "UNREACHABLE"):
        return "returned_open" if decision == "RETURN" else "held_open"
    return "posted" if decision != "ACCEPT" and step != "S1_OFFICE" else "pending"


def _walk(life: Any, decided: list[tuple[str, str, pd.Timestamp, tuple[str, ...]]]) -> dict[str, Any]:
    """First day in each state, the day it was taken down, and the intervals of states."""
    posted_from = life.begin
    start = min(life.submitted_date, posted_from) if pd.notna(posted_from) else life.submitted_date
    ends: dict[pd.Timestamp, tuple[int, str]] = {start: (1, "pending")}

    def put(day: pd.Timestamp, order: int, state: str) -> None:
        ends[day] = max(ends.get(day, (0, "")), (order, state), key=lambda each: each[0])

    before = [(step, decision, max(day, start)) for step, decision, day, _ in decided if step != "S4_COHERENCE"]
    for day, state in {day: _state(step, decision) for step, decision, day in before}.items():
        if pd.isna(posted_from):
            put(day, 2, state)
        elif day < posted_from:
            put(day, 2, "pending" if state == "posted" else state)
    taken_down = None
    if life.state == "withdrawn":
        put(max(min(day for step, decision, day, why in decided if step == "S4_COHERENCE" and decision == "WITHDRAWN"
                    and "BEFORE_POSTING" in why), start), 3, "withdrawn")  # fmt: skip
    if pd.notna(posted_from):
        put(max(posted_from, start), 4, "posted")
        downs = [day for _, decision, day in before if decision in REFUSING and day >= posted_from]
        over = [day for day in (*downs, life.end, life.inactive_from) if pd.notna(day)]
        if over:
            put(min(over), 5, "closed")
            taken_down = min(downs, default=None)
            taken_down = taken_down if taken_down == min(over) else None
    if life.state == "expired_undecided":
        put(life.submitted_date + 61 * DAY, 6, "expired_undecided")
    walked: list[tuple[pd.Timestamp, str]] = []
    for day in sorted(ends):
        if not walked or walked[-1][1] != ends[day][1]:
            walked.append((day, ends[day][1]))
    first: dict[str, pd.Timestamp] = {}
    for day, state in walked:
        first.setdefault(state, day)
    return {
        **{f"{name}_on": first.get(STATE_OF.get(name, name)) for name in HAPPENED}, "ended_on": first.get("closed"),
        "taken_down_on": taken_down if "closed" in first else None, "walked": walked,
    }  # fmt: skip


def lives(truth: Path, home: Path, as_of: date, listed_on: date | None) -> pd.DataFrame:
    """One row per submission."""
    today = pd.Timestamp(as_of)
    stood = postings(truth, as_of, listed_on).set_index("posting_id")[["begin", "end"]]
    over = fills.ends(truth, home, as_of, listed_on)
    found = submissions(truth, as_of).set_index("posting_id").join(stood).join(over)
    rows = decisions(truth, as_of)
    said: dict[str, list[tuple[str, str, pd.Timestamp, tuple[str, ...]]]] = {}
    for row in rows.itertuples():
        said.setdefault(row.posting_id, []).append((row.step_code, row.decision, row.day, row.reasons))
    walked = [_walk(life, said.get(life.Index, [])) for life in found.itertuples()]
    found = found.join(pd.DataFrame(walked, index=found.index))
    first = rows[~((rows["step_code"] == "S4_COHERENCE") & (rows["decision"] == "UNREACHABLE"))]
    first = found.index.to_series().map(first.groupby("posting_id")["day"].min())
    found["is_decided"] = first.notna()
    until = first.fillna(today).where(first.fillna(today) > found["submitted_date"], found["submitted_date"])
    found["waiting"] = working_days(found["submitted_date"], until)
    before = {posting_id: {d for step, d, *_ in each if step != "S4_COHERENCE"} for posting_id, each in said.items()}
    for name, of in (("returned", {"RETURN"}), ("held", {"HOLD", "UNREACHABLE"})):
        found[name] = [bool(before.get(posting_id, set()) & of) for posting_id in found.index]
    posted = found["begin"].notna()
    found["openings_posted"] = found["openings"].where(posted, 0)
    found["openings_filled"] = found["openings_filled"].fillna(0).astype(int)
    pairs = _pairs(_answers(truth, as_of))
    found["pair"] = pd.Series([pairs.get(posting_id) for posting_id in found.index], index=found.index, dtype=object)
    found["channel_code"] = found["channel_code"].fillna(UNKNOWN)
    found["office_code"] = found["office_code"].fillna(UNKNOWN)
    found["source_id"] = SUBMISSIONS
    found["occupation_code"] = found["occupation_code"].str[:2].fillna(UNKNOWN)
    for column in ("first_filled_on", "inactive_from", "ended_on", "taken_down_on", *(f"{n}_on" for n in HAPPENED)):
        found[column] = pd.to_datetime(found[column])
    return found


def month_ends(truth: Path, as_of: date) -> dict[str, pd.Timestamp]:
    """Last day of each month, the working day of the present one."""
    ends = {month: pd.Period(month, "M").end_time.normalize() for month in labour_months(truth, as_of)}
    return {month: min(day, pd.Timestamp(as_of)) for month, day in ends.items()}


def waiting_at(found: pd.DataFrame, ends: dict[str, pd.Timestamp]) -> pd.DataFrame:
    """Rows that nobody had decided at the end of a month, once per such month, with the day."""
    rows = []
    for posting_id, walked in zip(found.index, found["walked"], strict=True):
        for (since, state), until in zip(walked, [*(day for day, _ in walked[1:]), pd.Timestamp.max], strict=True):
            if state in WAITING:
                rows += [(posting_id, month, day) for month, day in ends.items() if since <= day < until]
    there = pd.DataFrame(rows, columns=["posting_id", "happened", "last_day"])
    return there.join(found, on="posting_id")


def counts(found: pd.DataFrame, ends: dict[str, pd.Timestamp], by: list[str]) -> pd.DataFrame:
    """What adds up, by month and ``by``."""
    parts: list[pd.Series] = []

    def count(name: str, rows: pd.DataFrame, days: pd.Series | str, value: str | None = None) -> None:
        month = rows[days] if isinstance(days, str) else days.dt.strftime("%Y-%m")
        groups = rows.groupby([month.rename("time_period"), *(rows[key] for key in by)])
        parts.append((groups[value].sum() if value else groups.size()).rename(name))

    decided = found["is_decided"]
    count("submitted", found, "month")
    for state in found["state"].unique():
        count(state, found[found["state"] == state], "month")
    count("posted_first_pass", found[found["first_pass"]], "month")
    for name, rows in {
        "returned": found[found["returned"]], "held": found[found["held"]], "decided": found[decided],
        "decided_in_time": found[decided & (found["waiting"] <= 1)],
        "decision_due": found[decided | (found["waiting"] > 1)],
    }.items():  # fmt: skip
        count(name, rows, "month")
    count("openings_posted", found, "month", "openings_posted")
    count("openings_filled", found, "month", "openings_filled")
    for name in HAPPENED:
        rows = found.dropna(subset=[f"{name}_on"])
        count(f"{name}_in_month", rows, rows[f"{name}_on"])
    down = found[found["taken_down_on"] <= found["posted_on"] + 30 * DAY]
    count("taken_down_30d", down, down["posted_on"])
    closed = found[found["ended_on"].notna() & (found["openings_posted"] > 0)]
    count("closed_postings", closed, closed["ended_on"])
    count("closed_openings", closed, closed["ended_on"], "openings_posted")
    count("closed_openings_filled", closed, closed["ended_on"], "openings_filled")
    unsure = closed[closed["is_fill_provisional"].fillna(False).astype(bool)]
    count("closed_provisionally", unsure, unsure["ended_on"])
    filled = lingering(found)
    count("filled_while_open", filled, filled["first_filled_on"])
    ended = filled.dropna(subset=["end"]).assign(days=lambda f: (f["end"] - f["first_filled_on"]).dt.days)
    count("closed_after_fill", ended, ended["first_filled_on"])
    count("days_open_after_fill", ended, ended["first_filled_on"], "days")
    count("backlog", waiting_at(found, ends), "happened")
    stocks = [found[(found["begin"] <= day) & ~(found["end"] <= day)].assign(happened=month, day=day)
              for month, day in ends.items()]  # fmt: skip
    stock = pd.concat(stocks)
    count("open_postings", stock, "happened")
    count("open_postings_inactive", stock[stock["inactive_from"] <= stock["day"]], "happened")
    for name, pair in {"both_bad": (True, True), "only_first_bad": (True, False), "only_second_bad": (False, True),
                       "both_good": (False, False)}.items():  # fmt: skip
        count(name, found[[each == pair for each in found["pair"]]], "month")
    summed = pd.concat(parts, axis=1).fillna(0).astype(int)
    return summed[summed.index.get_level_values("time_period").isin(list(ends))]


def lingering(found: pd.DataFrame) -> pd.DataFrame:
    """Filled while their provider still showed them."""
    return found[found["first_filled_on"].notna() & ~(found["first_filled_on"] > found["end"])]


def outlasted(durations: np.ndarray, is_event: np.ndarray, share: float) -> int | None:
    """Shortest duration that at most the share outlasts, where some still go on (Kaplan and Meier 1958)."""
    survival = 1.0
    for duration in sorted(set(durations.tolist())):
        survival *= 1 - (is_event & (durations == duration)).sum() / (durations >= duration).sum()
        if survival <= share + 1e-10:
            return int(duration)
    return None


def waits(
    truth: Path, found: pd.DataFrame, ends: dict[str, pd.Timestamp], as_of: date
) -> dict[tuple[str, str], dict[str, int]]:
    """What does not add up, by month and channel: percentiles, and days on which a reviewer decided."""
    cells: dict[tuple[str, str], dict[str, int | None]] = {}
    both = pd.concat([found, found.assign(channel_code=TOTAL)])
    for (month, channel), rows in both.groupby(["month", "channel_code"]):
        cell = cells.setdefault((month, channel), {})
        for name, share in (("turnaround_p50_days", 0.5), ("turnaround_p90_days", 0.1)):
            cell[name] = outlasted(rows["waiting"].to_numpy(), rows["is_decided"].to_numpy(), share)
    filled = lingering(both)
    for (month, channel), rows in filled.groupby([filled["first_filled_on"].dt.strftime("%Y-%m"), "channel_code"]):
        days = (rows["end"].fillna(pd.Timestamp(as_of)) - rows["first_filled_on"]).dt.days.to_numpy()
        cells.setdefault((month, channel), {})["close_after_fill_p50_days"] = outlasted(
            days, rows["end"].notna().to_numpy(), 0.5
        )
    open_cases = waiting_at(found, ends)
    open_cases["age"] = working_days(open_cases["submitted_date"], open_cases["last_day"])
    open_cases = pd.concat([open_cases, open_cases.assign(channel_code=TOTAL)])
    for cell_name, rows in open_cases.groupby(["happened", "channel_code"]):
        cells.setdefault(cell_name, {})["backlog_age_p90_days"] = int(
            np.quantile(rows["age"], 0.9, method="inverted_cdf")
        )
    people = decisions(truth, as_of).dropna(subset=["reviewer_id"])
    people = people.assign(
        channel_code=people["posting_id"].map(found["channel_code"]), month=people["day"].dt.strftime("%Y-%m")
    )
    people = pd.concat([people, people.assign(channel_code=TOTAL)])
    for cell_name, rows in people.groupby(["month", "channel_code"]):
        cell = cells.setdefault(cell_name, {})
        cell["reviewer_decisions"] = len(rows)
        cell["reviewer_days"] = len(rows[["reviewer_id", "day"]].drop_duplicates())
    return {
        key: {name: n for name, n in cell.items() if n is not None} for key, cell in cells.items() if key[0] in ends
    }
