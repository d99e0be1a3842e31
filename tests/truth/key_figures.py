"""The key figures chosen anew among the days and months of the trends (each recomputed by tests of its own).

What is late is read off the deliveries, what the working day changed off the reports that came on it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from tests.truth import daily
from tests.truth.lives import working_days
from tests.truth.recompute import TOTAL, registrations, submissions, table
from tests.truth.sources import Loads

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
LEAST = 0.9
#: indicator of a day -> entity whose deliveries carry it
CARRIED = {
    "openings_new": "vacancies", "registrations_new": "registrations", "ui_claims_new": "ui_claims",
    "acquisitions": "insurance_events", "losses": "insurance_events", "acquisitions_reported": "insurance_events",
    "losses_reported": "insurance_events",
}  # fmt: skip
#: shares and points have no change in percent
SHARES = {"ratio", "percent", "percentage_points", "per_100_jobs"}
Cell = tuple[str, str, str]


def figures(
    loads: Loads, days: pd.DataFrame, months: pd.DataFrame, nowcasts: pd.DataFrame
) -> dict[Cell, dict[str, Any]]:
    """The newest period of each (frequency, indicator, province) and the newest complete one."""
    together = [*_days(loads, days), *_months(loads, days, months, nowcasts)]
    series: dict[Cell, list[dict[str, Any]]] = {}
    for cell, row in together:
        series.setdefault(cell, []).append(row)
    found = {}
    for cell, rows in series.items():
        rows.sort(key=lambda row: row["start"])
        newest = rows[-1]
        good = [row for row in rows if row["completeness"] is not None and row["completeness"] >= LEAST
                and row["value"] is not None]  # fmt: skip
        found[cell] = {f"newest_{name}": newest[name] for name in ("time_period", "value", "completeness", "status")}
        found[cell] |= _headline(good[-1] if good else None, newest["unit"])
    return found


def _headline(row: dict[str, Any] | None, unit: str) -> dict[str, Any]:
    names = ("time_period", "value", "completeness", "status", "value_year_before")
    shown: dict[str, Any] = dict.fromkeys(
        [*names, "change_year_before", "change_year_before_percent", "working_days", "working_days_year_before"]
    )
    if row is None:
        return shown
    shown |= {name: row[name] for name in names}
    shown["working_days"] = _span(row["start"], row["last"])
    if row["start_before"] is not None:
        shown["working_days_year_before"] = _span(row["start_before"], row["last_before"])
    if row["value_year_before"] is not None:
        shown["change_year_before"] = row["value"] - row["value_year_before"]
        if unit not in SHARES and row["value_year_before"]:
            shown["change_year_before_percent"] = 100 * shown["change_year_before"] / row["value_year_before"]
    return shown


def _span(first: pd.Timestamp, last: pd.Timestamp) -> int:
    return int(working_days(first - pd.Timedelta(days=1), last))


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def delivered_until(loads: Loads) -> dict[str, pd.Timestamp]:
    """Day of the last delivery by entity; of sources that deliver what is new every day, the one furthest behind."""
    latest = loads.latest()
    found: dict[str, list[pd.Timestamp]] = {}
    for source in loads.sources.values():
        if source.schedule["every"] == "day" and source.delivery == "incremental" and source.id in latest:
            found.setdefault(source.entity, []).append(latest[source.id])
    return {entity: min(each) for entity, each in found.items()}


def _share(row: Any, until: Mapping[str, pd.Timestamp]) -> float | None:
    """Completeness of a day; nothing of a day that was not delivered."""
    return _number(row.completeness) if row.ref_date < until[CARRIED[row.indicator]] else 0.0


def _ended(loads: Loads, days: pd.DataFrame) -> pd.DataFrame:
    """Days that are over: the last one told is the same of all counts."""
    return days[days["ref_date"] < loads.as_of]


def _days(loads: Loads, days: pd.DataFrame) -> list[tuple[Cell, dict[str, Any]]]:
    until = delivered_until(loads)
    recent = _ended(loads, days[days["indicator"].map(CARRIED).isin(until)]).sort_values("ref_date", ascending=False)
    found = []
    for (indicator, region), rows in recent.groupby(["indicator", "region_code"]):
        for row in rows.itertuples():
            share = _share(row, until)
            found.append((("D", indicator, region), {
                "start": row.ref_date, "last": row.ref_date, "time_period": f"{row.ref_date:%Y-%m-%d}",
                "value": _number(row.value), "completeness": share, "status": row.status, "unit": row.unit,
                "value_year_before": _number(row.value_calendar_year_before),
                "start_before": row.calendar_year_before_date, "last_before": row.calendar_year_before_date,
            }))  # fmt: skip
            if share is not None and share >= LEAST:
                break  # nothing older is asked for
    return found


def _months(
    loads: Loads, days: pd.DataFrame, months: pd.DataFrame, nowcasts: pd.DataFrame
) -> list[tuple[Cell, dict[str, Any]]]:
    present = loads.as_of.to_period("M")
    shown = months[months["breakdown_type"].isin(["total", "region"])]
    shown = shown.assign(month=shown["ref_period"].dt.to_period("M")).query("month < @present")
    values = {(row.indicator, row.region_code, row.month): _number(row.value) for row in shown.itertuples()}
    shares = _reported(loads, days, nowcasts)
    found = []
    for row in shown[shown["month"] >= present - 13].itertuples():
        measured = [shares[name, row.month] for name in measures()[row.indicator] if (name, row.month) in shares]
        known = [share for share in measured if share is not None]
        before = (row.indicator, row.region_code, row.month - 12)
        found.append((("M", row.indicator, row.region_code), {
            "start": row.month.start_time, "last": row.month.end_time.normalize(), "time_period": row.time_period,
            "value": _number(row.value), "status": row.status, "unit": row.unit,
            "completeness": min(known) if known else 1.0 if row.status == "F" else None,
            "value_year_before": values.get(before),
            "start_before": before[2].start_time if before in values else None,
            "last_before": before[2].end_time.normalize() if before in values else None,
        }))  # fmt: skip
    return found


@cache
def measures() -> dict[str, set[str]]:
    """Indicator -> counts whose completeness is known and that make it."""
    with (SEEDS / "trend_indicators.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found: dict[str, set[str]] = {}
    for row in rows:
        insured = {"acquisitions", "losses"} if "insurance" in row["register"] else set()
        itself = {row["indicator"]} if row["is_daily"] == "true" and row["register"] != "insurance" else set()
        both = {"openings_new", "registrations_new"} if row["indicator"] == "openings_per_seeker" else set()
        found[row["indicator"]] = insured | itself | both
    return found


def _reported(loads: Loads, days: pd.DataFrame, nowcasts: pd.DataFrame) -> dict[tuple[str, pd.Period], float | None]:
    """Share of a month that is in: the mean over its days, of acquisitions and losses what the nowcast says."""
    until = delivered_until(loads)
    total = days[(days["region_code"] == TOTAL) & days["indicator"].map(CARRIED).isin(until)]
    parts: dict[tuple[str, pd.Period], list[float | None]] = {}
    total = total[total["ref_date"] >= (loads.as_of.to_period("M") - 13).start_time]
    for row in _ended(loads, total[~total["indicator"].isin(["acquisitions", "losses"])]).itertuples():
        parts.setdefault((row.indicator, row.ref_date.to_period("M")), []).append(_share(row, until))
    found: dict[tuple[str, pd.Period], float | None] = {
        key: sum(share or 0 for share in shares) / len(shares) for key, shares in parts.items()
    }
    for row in nowcasts[nowcasts["region_code"] == TOTAL].itertuples():
        found[row.indicator, row.ref_period.to_period("M")] = _number(row.completeness)
    return found


def changes(truth: Path, as_of: date) -> dict[Cell, tuple[int, int]]:
    """Periods told the day before that the reports of the day changed, and by how much in all."""
    today = pd.Timestamp(as_of)
    log = daily.moves(truth, as_of).rename(columns={"received": "received_date"})
    vacancies = submissions(truth, as_of).rename(columns={"submitted_date": "day", "openings": "n"})
    seekers = registrations(truth, as_of).rename(columns={"reg_date": "day"})
    first = table(truth, "registrations", as_of).groupby("seeker_reg_no")["received_date"].min()
    seekers = seekers.assign(n=1, received_date=seekers["seeker_reg_no"].map(first))
    came = pd.concat([log, vacancies.assign(indicator="openings_new"), seekers.assign(indicator="registrations_new")])
    came = came[came["received_date"] == today][["indicator", "day", "region_code", "n"]]
    amounts: Counter[tuple[str, str, str, Any]] = Counter()
    for indicator, day, region, n in came.itertuples(index=False, name=None):
        for place in (region, TOTAL):
            if day < today - pd.Timedelta(days=1):
                amounts["D", indicator, place, day] += int(n)
            if day.to_period("M") < today.to_period("M"):
                amounts["M", indicator, place, day.to_period("M")] += int(n)
    found: dict[Cell, tuple[int, int]] = {}
    for (frequency, indicator, place, _), amount in amounts.items():
        if amount:
            periods, total = found.get((frequency, indicator, place), (0, 0))
            found[frequency, indicator, place] = (periods + 1, total + amount)
    return found
