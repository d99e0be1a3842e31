"""What the deliveries tell: files counted row by row, schedules read off the registry, days of events off the truth."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from ingest.registry import Source, sources_of
from lmi.core.settings import Settings
from tests.truth import coding
from tests.truth.recompute import TOTAL, table
from tests.truth.verification import delivered

#: days after which the last delivery is late
ALLOWED = {"day": 3, "week": 10, "month": 40, "quarter": 100, "halfyear": 200, "year": 400}
ALONE = "_Z"
#: source -> key of a record, day of its event
REPORTED = {
    "vacancy_submissions": ("posting_id", "submitted_date"), "seeker_registrations": ("seeker_reg_no", "reg_date"),
    "ui_claims": ("claim_no", "claim_date"), "vacancy_reviews": ("review_id", "decided_date"),
    "insurance_events": ("event_no", "event_date"),
}  # fmt: skip
MONTHS = 13


class Loads:
    """Everything a home has checked until the day, by the files themselves."""

    def __init__(self, settings: Settings, as_of: date) -> None:
        self.home, self.as_of = settings.home, pd.Timestamp(as_of)
        self.sources: dict[str, Source] = dict(sources_of(settings.profile, settings.sources))
        self.first_month = (pd.Period(as_of, "M") - MONTHS + 1).start_time

    @cached_property
    def all(self) -> list[dict[str, Any]]:
        """Source, day, folder and status of each load."""
        found = []
        for file in sorted((self.home / "accepted").glob("*/*/manifest.json")):
            told = json.loads(file.read_text("utf-8"))
            day = pd.Timestamp(told["delivery_date"])
            if day <= self.as_of and told["source"] in self.sources:
                found.append({"source": told["source"], "day": day, "folder": file.parent,
                              "is_accepted": told["status"] == "accepted"})  # fmt: skip
        return found

    def latest(self) -> dict[str, pd.Timestamp]:
        """Last accepted delivery by source."""
        return {load["source"]: load["day"] for load in sorted(self.all, key=lambda x: x["day"]) if load["is_accepted"]}


def standing(loads: Loads) -> dict[str, tuple[str, int, pd.Timestamp | None, str | None, str | None]]:
    """By entity: present, stale or absent; how many sources give it; the last day one of them delivered; which of them
    have, and their licences."""
    latest, of_entity = loads.latest(), defaultdict(list)
    for source in loads.sources.values():
        of_entity[source.entity].append(source)
    found = {}
    for entity, sources in of_entity.items():
        days = {s.id: latest[s.id] for s in sources if s.id in latest}
        limits = {s.id: ALLOWED.get(s.schedule["every"]) for s in sources}
        late = [name for name, day in days.items() if (n := limits[name]) and day + pd.Timedelta(days=n) < loads.as_of]
        status = "absent" if not days else "stale" if late else "present"
        licences = sorted({loads.sources[name].licence["id"] for name in days})
        told = (" ".join(names) or None for names in (sorted(days), licences))
        found[entity] = (status, len(sources), max(days.values(), default=None), *told)
    return found


def _due(cron: str, days: pd.DatetimeIndex) -> Iterator[pd.Timestamp]:
    """Days on which minute, hour, day, month and weekday of the schedule fall."""
    _, _, day, month, weekday = cron.split()
    for each in days:
        stated = ((day, each.day), (month, each.month), (weekday, each.isoweekday() % 7))
        if all(text in ("*", str(number)) for text, number in stated):
            yield each


def _landed(folder: Path) -> int:
    """Rows that the provider sent, those that could not be read among them."""
    return int(json.loads((folder / "manifest.json").read_text("utf-8"))["fetched"])


def counts(loads: Loads) -> dict[tuple[str, str, str], Counter[str]]:
    """By (month, source or ``_T``, ALONE): deliveries due and received, rows and what became of them, items."""
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)

    def add(day: pd.Timestamp, source: str, **numbers: int) -> None:
        for name in (source, TOTAL):
            found[f"{day:%Y-%m}", name, ALONE].update(numbers)

    recent = [load for load in loads.all if load["day"] >= loads.first_month]
    came = defaultdict(set)
    for load in recent:
        if load["is_accepted"]:
            came[load["source"]].add(load["day"])
    for source in loads.sources.values():
        days = [load["day"] for load in loads.all if load["source"] == source.id]
        if not days or source.schedule["every"] == "release":
            continue
        span = pd.date_range(max(min(days), loads.first_month), loads.as_of)
        due = list(_due(source.schedule["cron"], span))
        for day, following in pairwise([*due, loads.as_of + pd.Timedelta(days=1)]):
            is_there = any(day <= delivery < following for delivery in came[source.id])
            add(day, source.id, deliveries_due=1, deliveries_received=int(is_there))
    for load in recent:
        source, day, folder = load["source"], load["day"], load["folder"]
        fetched = _landed(loads.home / "landing" / source / f"{day:%Y-%m-%d}" / folder.name)
        if not load["is_accepted"]:
            add(day, source, loads_refused=1, fetched=fetched, left_out=0 if day in came[source] else fetched)
            continue
        (taken,), (refused,) = folder.glob("accepted-*.parquet"), folder.glob("quarantine-*.parquet")
        # a row stands in quarantine once for each of its reasons
        rows, reasons = pq.read_table(taken), pq.read_table(refused, columns=["_page", "_row"]).to_pandas()
        out = len(reasons.drop_duplicates())
        optional = [c.name for c in loads.sources[source].landed_columns if not c.contract.required]
        if optional and rows.num_rows:
            add(day, source, items=rows.num_rows * len(optional), missing=sum(rows[n].null_count for n in optional))
        add(day, source, fetched=fetched, accepted=rows.num_rows, quarantined=out, left_out=out, loads_refused=0,
            duplicates=fetched - rows.num_rows - out)  # fmt: skip
    return found


#: indicator -> what is above, what is below
SHARES = {
    "quality_deliveries": ("deliveries_received", "deliveries_due"), "quality_rows": ("accepted", None),
    "quality_refused_loads": ("loads_refused", None), "quality_quarantined": ("quarantined", "fetched"),
    "quality_over_coverage": ("duplicates", "fetched"), "quality_under_coverage": ("left_out", "fetched"),
    "quality_item_missing": ("missing", "items"),
}  # fmt: skip


def delays(truth: Path, loads: Loads) -> dict[tuple[str, str], tuple[int, int]]:
    """Median and ninth decile of the days from an event to its first report, by month received and source."""
    found = {}
    for source, (key, day) in REPORTED.items():
        rows = delivered(truth, source, loads.as_of.date())
        if source not in loads.sources or not len(rows):
            continue
        rows = rows.assign(received=pd.to_datetime(rows["received_date"]), day=pd.to_datetime(rows[day]))
        first = rows.sort_values("received").groupby(key).agg(received=("received", "first"), day=("day", "last"))
        first = first[first["received"] >= loads.first_month]
        late = (first["received"] - first["day"]).dt.days
        for month, days in late.groupby(first["received"].dt.strftime("%Y-%m")):
            found[str(month), source] = tuple(int(np.quantile(days, q, method="inverted_cdf")) for q in (0.5, 0.9))
    return found


def accepted(loads: Loads, source: str, key: str | list[str], *columns: str) -> pd.DataFrame:
    """Last version of each record as it was delivered and accepted."""
    folders = [load["folder"] for load in loads.all if load["source"] == source and load["is_accepted"]]
    files = [next(folder.glob("accepted-*.parquet")) for folder in folders]
    keys = [key] if isinstance(key, str) else key
    rows = pd.concat([pd.read_parquet(file, columns=[*keys, *columns]) for file in files], ignore_index=True)
    return rows.drop_duplicates(keys, keep="last")


def linked(truth: Path, loads: Loads) -> dict[tuple[str, str, str], tuple[int, int]]:
    """By (month, source, register): records with a counterpart to find there, and those that have it.

    Every employer of the nation stands in a register. Clients that agencies list are another matter (``test_linked``).
    """
    as_of = loads.as_of.date()

    def first(source: str, key: str) -> pd.DataFrame:
        return delivered(truth, source, as_of).sort_values("received_date").drop_duplicates(key)

    registrations, claims = first("seeker_registrations", "seeker_reg_no"), first("ui_claims", "claim_no")
    referrals, episodes = first("referrals", "referral_id"), first("service_episodes", "episode_id")
    submitted = first("vacancy_submissions", "posting_id")
    enrolled, reports = first("training_enrolments", "enrolment_no"), table(truth, "insurance_reports", as_of)
    jobs = reports[reports["event_type"] == "ACQ"]
    jobs = jobs[~jobs["event_no"].isin(reports.loc[reports["event_type"] == "CANCEL", "refers_to_event_no"])]
    insured = set(jobs["person_id"])
    persons = table(truth, "registrations", as_of).drop_duplicates("seeker_reg_no").set_index("seeker_reg_no")
    claimants = table(truth, "claims").set_index("claim_no")["person_id"]
    reviewed = accepted(loads, "vacancy_reviews", "review_id", "posting_id", "received_date")
    everybody = pd.Series.notna
    records = [
        ("seeker_registrations", "insured_persons", registrations["received_date"],
         registrations["seeker_reg_no"].map(persons["person_id"]).isin(insured)),
        ("ui_claims", "insured_persons", claims["received_date"], claims["claim_no"].map(claimants).isin(insured)),
        ("referrals", "registrations", referrals["referred_date"],
         referrals["seeker_reg_no"].isin(registrations["seeker_reg_no"])),
        ("service_episodes", "persons", episodes["start_date"], everybody(episodes["episode_id"])),
        ("vacancy_reviews", "vacancies", reviewed["received_date"],
         reviewed["posting_id"].isin(submitted["posting_id"])),
        ("vacancy_submissions", "employers", submitted["received_date"], everybody(submitted["posting_id"])),
        ("insurance_events", "workplaces", jobs["received_date"], everybody(jobs["event_no"])),
    ]  # fmt: skip
    if "portal_vacancies" in loads.latest():
        portal = accepted(loads, "portal_vacancies", "posting_id", "posted_date")
        records.append(("portal_vacancies", "employers", portal["posted_date"], everybody(portal["posting_id"])))
    if "hrdnet_courses" in loads.latest():
        runs = accepted(loads, "hrdnet_courses", "trpr_id", "trpr_degr")
        records.append(("training_enrolments", "training_runs", enrolled["enrolled_date"],
                        enrolled["trpr_id"].isin(runs["trpr_id"])))  # fmt: skip
    found = {}
    for source, register, stated, is_linked in records:
        days = pd.to_datetime(stated)
        good = is_linked[(days >= loads.first_month) & (days <= loads.as_of)]
        for month, part in good.groupby(days[good.index].dt.strftime("%Y-%m")):
            found[str(month), source, register] = (len(part), int(part.sum()))
    return found


def occupations_told(truth: Path, loads: Loads) -> dict[tuple[str, str], dict[str, Any]]:
    """By (month or ``_T``, source): vacancies by where their occupation comes from, and the confidences of the model.

    What was submitted to the public service and shown in its portal is one vacancy, of the submission.
    """
    keys = {
        "vacancy_submissions": ("posting_id", "submitted_date"),
        "work24_vacancies": ("wanted_auth_no", "registered_date"),
        "portal_vacancies": ("posting_id", "posted_date"),
    }
    answers = coding.answers(truth).to_dict("index")
    submitted: set[str] = set()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for source, (key, day) in keys.items():
        if source not in loads.latest():
            continue
        rows = accepted(loads, source, key, day, "title", "occupation_code")
        if source == "vacancy_submissions":
            submitted = set(rows[key])
        elif source == "work24_vacancies":
            rows = rows[~rows[key].isin(submitted)]
        months = pd.to_datetime(rows[day]).dt.strftime("%Y-%m")
        for month, title, code in zip(months, rows["title"], rows["occupation_code"], strict=True):
            answer = answers.get(title, {"decision": "uncoded"}) if pd.isna(code) else {"decision": "source"}
            basis = answer["basis"] if answer["decision"] == "coded" else answer["decision"]
            for period in (month, TOTAL):
                cell = found.setdefault((period, source), {"by": Counter(), "confidences": []})
                cell["by"][basis] += 1
                cell["confidences"] += [answer["confidence"]] if basis == "model" else []
    return found
