"""When each submitted vacancy was filled, and when step 4 ended it, one opening and one signal after the other.

Which hire filled which opening no register tells: the published rule is walked here (of hires and openings of one
workplace and occupation, each hire takes the oldest opening still free). Employers of vacancies without a valid
business number are taken from the file of the linkage, as it may err; all else comes from the truth and the deliveries.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache
from hashlib import md5
from pathlib import Path

import pandas as pd

from tests.truth.performance import DAY, observed_until
from tests.truth.recompute import insured_jobs, postings, table
from tests.truth.verification import SUBMISSIONS, delivered

#: a hire fills an opening posted at most so many days before, in an occupation that begins with so many digits alike
WINDOW, DIGITS = 90, 3
WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
TWO_MONTHS = pd.DateOffset(months=2)


@cache
def ends(truth: Path, home: Path, as_of: date, listed_on: date | None) -> pd.DataFrame:
    """By posting_id: openings_filled, first_filled_on, is_fill_provisional, and since when it is inactive."""
    known = postings(truth, as_of, listed_on)
    sent = delivered(truth, SUBMISSIONS, as_of).sort_values("updated_at").drop_duplicates("posting_id", keep="last")
    told = ["posting_id", "business_no", "workplace_no", "company", "region_code", "updated_at"]
    known = (
        known.drop(columns=["business_no", "workplace_no", "region_code"])
        .merge(sent[told], on="posting_id")
        .set_index("posting_id")
    )
    taken = _hires(truth, home, known, as_of)
    filled = known["openings"].where(known["openings"] > 0)
    hired = known.index.map(lambda posting: len(taken[posting]))
    last_hire = pd.to_datetime(
        known.index.map(lambda posting: max(taken[posting], default=None)).to_series(known.index)
    )
    known["openings_filled"] = hired
    known["filled_on"] = last_hire.where(hired >= filled)
    known["referrals_filled_on"] = _referred(truth, known, as_of)
    known["first_filled_on"] = known[["filled_on", "referrals_filled_on"]].min(axis=1)
    until = known["filled_on"].fillna(known["begin"] + WINDOW * DAY)
    known["is_fill_provisional"] = until > observed_until(as_of)
    known["inactive_from"] = _inactive(truth, known, as_of, listed_on)
    return known[["inactive_from", "openings_filled", "first_filled_on", "is_fill_provisional"]]


def _is_valid(number: str) -> bool:
    """Whether the last digit is the check digit of the other nine."""
    if len(number) != 10 or not number.isdigit() or number == "0" * 10:
        return False
    digits = [int(digit) for digit in number]
    total = sum(d * w for d, w in zip(digits, WEIGHTS, strict=False)) + digits[8] * 5 // 10
    return (10 - total % 10) % 10 == digits[9]


def _employers(home: Path, known: pd.DataFrame, as_of: date) -> pd.Series:
    files = sorted((home / "linked" / "employers").glob("*.parquet"), key=lambda file: file.name[:10])
    files = [file for file in files if file.name[:10] <= str(as_of)]
    links = pd.read_parquet(files[-1]).set_index("mention")["business_no"].to_dict() if files else {}
    mentions = [
        md5(f"{name}|{'' if pd.isna(region) else region}".encode(), usedforsecurity=False).hexdigest()
        for name, region in zip(known["company"], known["region_code"], strict=True)
    ]
    stated = zip(known["business_no"].fillna(""), mentions, strict=True)
    return pd.Series([n if _is_valid(n) else links.get(mention) for n, mention in stated], index=known.index)


def _hires(truth: Path, home: Path, known: pd.DataFrame, as_of: date) -> dict[str, list[pd.Timestamp]]:
    """Days of the hires that each vacancy took: first at its workplace, then, without one, at those of its employer."""
    places = table(truth, "workplaces").set_index("workplace_no")["business_no"]
    jobs = insured_jobs(truth, as_of).sort_values(["begin", "event_no"])
    jobs["employer"] = jobs["workplace_no"].map(places)
    wanted = (
        known.dropna(subset=["occupation_code"]).query("openings > 0").assign(employer=_employers(home, known, as_of))
    )
    wanted = wanted.rename_axis("posting_id").reset_index().sort_values(["begin", "posting_id"])
    found: dict[str, list[pd.Timestamp]] = defaultdict(list)
    nowhere = wanted["workplace_no"].isna()
    for where, vacancies in (("workplace_no", wanted[~nowhere]), ("employer", wanted[nowhere])):
        free: dict[tuple[str, str], list[list[object]]] = defaultdict(list)
        for place, code, posting, begin, n in vacancies[
            [where, "occupation_code", "posting_id", "begin", "openings"]
        ].itertuples(index=False):
            free[place, code[:DIGITS]].append([posting, begin, n])
        used = set()
        for place, code, day, job in jobs[[where, "occupation_code", "begin", "event_no"]].itertuples(index=False):
            for opening in free.get((place, str(code)[:DIGITS]), ()):
                posting, begin, n = opening
                if n and begin <= day <= begin + WINDOW * DAY:
                    found[posting].append(day)
                    opening[2] = n - 1
                    used.add(job)
                    break
        jobs = jobs[~jobs["event_no"].isin(used)]
    return found


def _referred(truth: Path, known: pd.DataFrame, as_of: date) -> pd.Series:
    """Day on which as many referred seekers had been hired as there are openings."""
    rows = delivered(truth, "referrals", as_of).sort_values("updated_at").drop_duplicates("referral_id", keep="last")
    hired = rows[(rows["result"] == "HIRED") & rows["result_date"].notna()]
    days = hired.groupby(["posting_id", "seeker_reg_no"])["result_date"].min()
    of_posting = days.groupby("posting_id").agg(sorted).to_dict()
    on = [
        (*of_posting.get(posting, ()), *[None] * int(n))[int(n) - 1] if n > 0 else None
        for posting, n in known["openings"].items()
    ]
    return pd.to_datetime(pd.Series(on, index=known.index))


def _inactive(truth: Path, known: pd.DataFrame, as_of: date, listed_on: date | None) -> pd.Series:
    """First day of the signals that close: stated day, validity, fills and closed employers.

    The other two (missing in three lists, detail gone in two) need more lists than these nations deliver.
    """
    today = pd.Timestamp(as_of)
    begin, stated = known["begin"], known["close_date"].mask(known["is_open_ended"].astype(bool))
    is_stated = stated >= begin
    changed = pd.to_datetime(known["updated_at"]).dt.normalize()
    closures: dict[str, str] = {}
    if listed_on is not None:
        told = truth.parent / "provider"
        listed = pd.read_parquet(told / "work24_vacancies.parquet").sort_values("modified_at")
        listed = listed[listed["_visible_from"] < pd.Timestamp(listed_on) + DAY]
        shown = listed.drop_duplicates("wanted_auth_no", keep="last").set_index("wanted_auth_no")["modified_at"]
        changed = pd.to_datetime(known.index.to_series().map(shown.str[:8]), format="%Y%m%d").fillna(changed)
        status = pd.read_parquet(told / "nts_business_status.parquet").sort_values("_visible_from")
        status = status[status["_visible_from"] < pd.Timestamp(listed_on) + DAY]
        status = status.drop_duplicates("business_no", keep="last").query("status_code == '03'")
        closures = status.set_index("business_no")["closed_date"].to_dict()
    places = (
        delivered(truth, "workplaces", as_of).sort_values("updated_at").drop_duplicates("workplace_no", keep="last")
    )
    gone = pd.to_datetime(places.set_index("workplace_no")["closed_date"])
    valid = pd.concat([begin, changed], axis=1).max(axis=1) + TWO_MONTHS
    deadline = stated.where(is_stated, begin + TWO_MONTHS)
    lapses = deadline.mask(is_stated, valid)
    ended = pd.to_datetime(known["business_no"].map(closures))
    closed = pd.concat([ended, known["workplace_no"].map(gone)], axis=1).min(axis=1)
    days = [
        (deadline + DAY).where(is_stated & (deadline < today)),
        (lapses + DAY).where((lapses < today) & (~is_stated | (lapses < deadline))),
        pd.concat([known["referrals_filled_on"], begin], axis=1)
        .max(axis=1)
        .where(known["referrals_filled_on"].notna()),
        known["filled_on"],
        pd.concat([closed, begin], axis=1).max(axis=1).where(closed <= today),
    ]
    last = known["end"].fillna(today)
    return pd.concat([day.where(day <= last) for day in days], axis=1).min(axis=1)
