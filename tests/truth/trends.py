"""The trends recomputed from a nation's truth: benefits, all counts by name, and what is divided by what."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from tests.truth.recompute import (
    DIMENSIONS,
    KEYS,
    TOTAL,
    UNKNOWN,
    broken_down,
    insured,
    labour,
    month_of,
    province,
    table,
)  # fmt: skip

#: what names a cell of one indicator
CELL = [key for key in KEYS if key != "indicator"]
#: from claim to first payment
FIRST_PAYMENT = pd.Timedelta(days=14)


def benefits(truth: Path, as_of: date, months: list[str]) -> pd.DataFrame:
    """Claims for unemployment benefit; each change of a claim reaches the warehouse on the day after."""
    today = pd.Timestamp(as_of)
    claims = table(truth, "claims").merge(table(truth, "persons")[["person_id", "region_code_2021"]], on="person_id")
    claims["region_code"] = [province(code, as_of) for code in claims.pop("region_code_2021")]
    claims = claims[claims["claim_date"] < today].assign(one=1)
    paid = claims[(claims["final_status"] != "REFUSED") & (claims["hired_on"] > claims["claim_date"] + FIRST_PAYMENT)]
    paid = paid.assign(day=paid["claim_date"] + FIRST_PAYMENT).query("day < @today")
    paid["over"] = paid["day"] + pd.to_timedelta(paid["benefit_days"], unit="D")
    paid["krw"] = paid["benefit_days"] * paid["daily_amount_krw"]
    paid["exhausted"] = ((paid["final_status"] == "EXHAUSTED") & (paid["final_status_received_date"] <= today)) * 1
    over = paid[paid["over"] <= today]
    counts = [
        (claims, "claim_date", "one", "ui_claims_new"), (paid, "day", "one", "ui_first_payments"),
        (paid, "day", "krw", "ui_benefit_granted_krw"), (over, "over", "exhausted", "ui_exhaustions"),
        (over, "over", "one", "ui_entitlements_over"),
    ]  # fmt: skip
    by = {"total": [], "region": ["region_code"]}
    instalments = _instalments(paid, today)
    recipients = instalments.drop_duplicates(["person_id", "month"])
    parts = [
        broken_down(instalments, "krw", "ui_paid_krw", by), broken_down(recipients, "one", "ui_recipients", by),
    ]  # fmt: skip
    parts += [
        broken_down(frame.assign(month=month_of(frame[day])), value, indicator, by)
        for frame, day, value, indicator in counts
    ]
    found = pd.concat(parts)
    return found[found["ref_period"].isin(months)]


def _instalments(paid: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Payments of four weeks at most, until a job begins or the days granted are used up; told a day late."""
    turns = paid.merge(pd.DataFrame({"days_before": range(0, int(paid["benefit_days"].max()), 28)}), how="cross")
    turns["day"] += pd.to_timedelta(turns["days_before"], unit="D")
    left = (turns["benefit_days"] - turns["days_before"]).clip(upper=28)
    turns = turns.assign(krw=left * turns["daily_amount_krw"], month=month_of(turns["day"]))
    return turns[(left > 0) & (turns["day"] < turns["hired_on"]) & (turns["day"] < today)]


def counts(truth: Path, as_of: date, months: list[str], listed_on: date | None) -> dict[str, pd.DataFrame]:
    """All counts by name, in the mart's shape; some are only there to be divided by."""
    parts = [
        insured(truth, as_of, months), labour(truth, as_of, months, listed_on), benefits(truth, as_of, months),
    ]  # fmt: skip
    return dict(list(pd.concat(parts).groupby("indicator")))


def ratios(known: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every quotient of two counts, with numerator and denominator; ``value`` of them in the unit of the mart."""

    def before(name: str, months: int = 1) -> pd.DataFrame:
        return _later(known[name], months)

    stock, open_seekers, open_openings = known["insured_stock"], known["registrations_open"], known["openings_open"]
    growth = _plus(stock, before("insured_stock", 12), -1)
    year_before = before("insured_stock", 12)
    least = known["acquisitions"].merge(known["losses"].drop(columns="indicator"), on=CELL, suffixes=("", "_lost"))
    least["numerator"] = 2 * least[["numerator", "numerator_lost"]].min(axis=1)
    both = _plus(open_seekers, stock)
    gone = _plus(_plus(before("registrations_open"), open_seekers, -1), known["registrations_open_fresh"])
    quotients = [
        ("openings_per_seeker", known["openings_new"], known["registrations_new"]),
        ("placement_rate", known["placements"], known["registrations_new"]),
        ("vacancy_fill_rate", known["placements"], known["openings_new"]),
        ("openings_open_per_seeker", open_openings, open_seekers),
        ("seekers_per_opening_open", open_seekers, open_openings),
        ("job_finding_rate_register", known["placements"], before("registrations_open")),
        ("register_outflow_probability", gone, before("registrations_open")),
        ("acquisition_rate", known["acquisitions"], before("insured_stock")),
        ("loss_rate", known["losses"], before("insured_stock")),
        ("involuntary_loss_share", known["losses_involuntary"], known["losses"]),
        ("churning_rate", least, _half(_plus(stock, before("insured_stock")))),
        ("insured_growth_12m", growth, year_before),
        ("insured_growth_contribution_12m", growth, _of_total(year_before, known)),
        ("ui_exhaustion_rate", known["ui_exhaustions"], known["ui_entitlements_over"]),
        ("hires_per_opening_open", known["acquisitions"], _half(_plus(open_openings, before("openings_open")))),
        ("postings_open_per_100_jobs", known["postings_open"], _plus(known["postings_open"], stock)),
        ("beveridge_u_register", open_seekers, both),
        ("beveridge_v_register", open_openings, both),
    ]
    return pd.concat([_ratio(name, above, below) for name, above, below in quotients])


def balance(known: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Mismatch and concentration from shares: ref_period, indicator, breakdown_type, region_code, value."""
    strata = [("occupations", "occupation", "occupation_code", ""), ("regions", "region", "region_code", ""),
              ("occupations", "region_occupation", "occupation_code", "region_code")]  # fmt: skip
    rows = []
    for name, breakdown, code, within in strata:
        u, v, n = (known[count] for count in ("registrations_open", "openings_open", "openings_new"))
        u, v, n = (f[(f["breakdown_type"] == breakdown) & (f[code] != UNKNOWN)] for f in (u, v, n))
        by = ["ref_period", *([within] if within else [])]
        wide = pd.concat([f.set_index([*by, code])["numerator"] for f in (u, v, n)], axis=1, keys=list("uvn")).fillna(
            0.0
        )
        for cell, part in wide.groupby(by):
            month, region = cell if within else (*cell, TOTAL)
            shares = part / part.sum()
            measures = {
                "mismatch_jackman_roper": (shares["u"] - shares["v"]).abs().sum(skipna=False) / 2,
                "mismatch_sahin": 1 - (shares["u"] * shares["v"]).pow(0.5).sum(skipna=False),
                "openings_concentration": shares["n"].pow(2).sum(skipna=False),
            }
            rows += [(month, f"{measure}_{name}", "region" if within else "total", region, value)
                     for measure, value in measures.items()]  # fmt: skip
    return pd.DataFrame(rows, columns=["ref_period", "indicator", "breakdown_type", "region_code", "value"])


def _later(counted: pd.DataFrame, months: int) -> pd.DataFrame:
    """The counts of each month, standing ``months`` later."""
    shifted = [str(pd.Period(month, "M") + months) for month in counted["ref_period"]]
    return counted.assign(ref_period=shifted)


def _plus(one: pd.DataFrame, other: pd.DataFrame, sign: int = 1) -> pd.DataFrame:
    """Sum of two counts, cell by cell."""
    parts = pd.concat([one, other.assign(numerator=sign * other["numerator"])])
    return parts.groupby(CELL, as_index=False)["numerator"].sum().assign(indicator="")


def _half(counted: pd.DataFrame) -> pd.DataFrame:
    return counted.assign(numerator=counted["numerator"] / 2)


def _of_total(counted: pd.DataFrame, known: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The total of each month in every cell of the insured and every province that any register knows."""
    cells = pd.concat([known["acquisitions"], known["openings_new"], known["registrations_new"]])
    cells = cells[~cells["breakdown_type"].isin(["occupation", "region_occupation"])]
    total = counted[counted["breakdown_type"] == "total"][["ref_period", "numerator"]]
    codes = cells[["breakdown_type", *DIMENSIONS]].drop_duplicates()
    return codes.merge(total, how="cross").assign(indicator="")


def _ratio(indicator: str, above: pd.DataFrame, below: pd.DataFrame) -> pd.DataFrame:
    on = CELL
    below = below.rename(columns={"numerator": "denominator"}).drop(columns="indicator")
    both = above.drop(columns="indicator").merge(below, on=on, how="outer").assign(indicator=indicator)
    return both.fillna({"numerator": 0, "denominator": 0})[[*KEYS, "numerator", "denominator"]]
