"""Clients of private agencies as a release knows them: whom the linkage found is taken from its file, as it may err;
all else, and how good the file is, comes from the truth.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from lmi.core.keys import KeyRing
from tests.truth.recompute import registrations, table


def links(home: Path, truth: Path, keys: KeyRing, as_of: date) -> pd.Series:
    """Person that each client of the last list was taken for; who was not found is not in it."""
    files = [f for f in (home / "linked" / "agency_clients").rglob("*.parquet") if f.name[:10] <= str(as_of)]
    if not files:
        return pd.Series(dtype=int)
    found = pd.read_parquet(max(files, key=lambda f: f.name[:10]))
    persons = table(truth, "persons")
    numbers = persons["resident_no"].str.replace("-", "")
    token = {keys.token("person", n): p for n, p in zip(numbers, persons["person_id"], strict=True)}
    return found.set_index("record_id")["person_key"].map(token)


def clients(truth: Path, as_of: date, linked: pd.Series) -> pd.DataFrame:
    """One row per client told of by the working day, in the columns of an episode; nobody's person is negative."""
    told = pd.read_parquet(truth.parent / "provider" / "agency_clients.parquet")
    told = told[pd.to_datetime(told["received_date"]) <= pd.Timestamp(as_of)].sort_values("updated_at")
    told = told.drop_duplicates("client_id", keep="last").rename(columns={"client_id": "episode_id"})
    for day in ("start_date", "end_date"):
        told[day] = pd.to_datetime(told[day])
    nobody = -pd.Series(range(1, len(told) + 1), index=told.index)
    told["person_id"] = told["episode_id"].map(linked).fillna(nobody).astype(int)
    known = registrations(truth, as_of).sort_values(["reg_date", "seeker_reg_no"])
    numbers_of = {person: list(part.itertuples()) for person, part in known.groupby("person_id")}
    told["seeker_reg_no"] = [
        next(
            (r.seeker_reg_no for r in reversed(numbers_of.get(one.person_id, [])) if r.reg_date <= one.start_date),
            None,
        )
        for one in told.itertuples()
    ]
    columns = ["episode_id", "person_id", "seeker_reg_no", "organisation_code", "programme_code", "client_group",
               "start_date", "end_date", "exit_reason", "cost_krw"]  # fmt: skip
    return told[columns].assign(is_agency=True)
