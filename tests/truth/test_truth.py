"""Every published figure equals the one recomputed from the truth, as known on the working day."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from tests.truth import recompute, trends
from tests.truth.conftest import Told, View
from tests.truth.recompute import KEYS, STATES

pytestmark = pytest.mark.xdist_group("truth")

INSURED = {"insured_stock", "acquisitions", "losses", "insured_entries", "insured_exits", *recompute.REASONS}
INSURED_RATIOS = {
    "acquisition_rate", "loss_rate", "involuntary_loss_share", "churning_rate", "insured_growth_12m",
    "insured_growth_contribution_12m",
}  # fmt: skip
#: also by province and occupation
CROSSED = {"openings_new", "openings_posted", "registrations_new", "placements", "openings_open", "registrations_open"}
CROSSED_RATIOS = {"openings_per_seeker", "placement_rate", "openings_open_per_seeker"}
LABOUR = {"postings_open"}
LABOUR_RATIOS = {
    "vacancy_fill_rate", "seekers_per_opening_open", "job_finding_rate_register", "register_outflow_probability",
}  # fmt: skip
BENEFITS = {
    "ui_claims_new", "ui_first_payments", "ui_recipients", "ui_paid_krw", "ui_benefit_granted_krw", "ui_exhaustions",
}  # fmt: skip
SHARED_RATIOS = {
    "ui_exhaustion_rate", "hires_per_opening_open", "postings_open_per_100_jobs", "beveridge_u_register",
    "beveridge_v_register",
}  # fmt: skip
BALANCE = {
    f"{measure}_{strata}"
    for measure in ("mismatch_jackman_roper", "mismatch_sahin", "openings_concentration")
    for strata in ("occupations", "regions")
}
RATIOS = INSURED_RATIOS | CROSSED_RATIOS | LABOUR_RATIOS | SHARED_RATIOS
COUNTS = INSURED | CROSSED | LABOUR | BENEFITS
#: months at the start of the series in which there is nothing to compare with
BLIND = dict.fromkeys(
    {"acquisition_rate", "loss_rate", "churning_rate", "job_finding_rate_register", "register_outflow_probability",
     "hires_per_opening_open"}, 1,
) | dict.fromkeys({"insured_growth_12m", "insured_growth_contribution_12m"}, 12)  # fmt: skip
SCALED = {"insured_growth_12m", "insured_growth_contribution_12m", "postings_open_per_100_jobs"}


def breakdowns(indicator: str) -> set[str]:
    if indicator in INSURED | INSURED_RATIOS:
        return {"total", "region", "industry", "sex", "age_group"}
    if indicator in BENEFITS | SHARED_RATIOS:
        return {"total", "region"}
    crossed = {"region_occupation"} if indicator in CROSSED | CROSSED_RATIOS else set()
    return {"total", "region", "occupation"} | crossed


def quotient(above: object, below: object) -> Decimal | None:
    """Ten decimals, half up, as the marts keep it; None over nothing."""
    if pd.isna(below) or not below:
        return None
    return (Decimal(str(above)) / Decimal(str(below))).quantize(Decimal("1e-10"), ROUND_HALF_UP)


def same_ratio(published: object, expected: Decimal | None) -> bool:
    if expected is None or pd.isna(published):
        return expected is None and bool(pd.isna(published))
    return abs(float(published) - float(expected)) < 1e-12 * max(1.0, abs(float(expected)))


def differences(
    published: pd.DataFrame, expected: pd.DataFrame, keys: list[str], values: list[str]
) -> list[dict[str, object]]:
    """Cells that differ, are missing or are double. A cell that only the mart has must be zero."""
    assert not published.duplicated(keys).any()
    both = published[keys + values].merge(
        expected[keys + values], on=keys, how="outer", suffixes=("", "_true"), indicator=True
    )
    wrong = both["_merge"] == "right_only"
    for value in values:
        # a double holds every one of these sums exactly
        wrong |= both[value].astype("float64").fillna(-1) != both[f"{value}_true"].astype("float64").fillna(0)
    return both[wrong].head(20).to_dict("records")


@cache
def counted(truth: Path, as_of: date, months: tuple[str, ...], listed_on: date | None) -> dict[str, pd.DataFrame]:
    return trends.counts(truth, as_of, list(months), listed_on)


@cache
def recomputed(truth: Path, as_of: date, months: tuple[str, ...], listed_on: date | None) -> pd.DataFrame:
    known = counted(truth, as_of, months, listed_on)
    return pd.concat([*known.values(), trends.ratios(known)])


@cache
def balanced(truth: Path, as_of: date, months: tuple[str, ...], listed_on: date | None) -> pd.DataFrame:
    return trends.balance(counted(truth, as_of, months, listed_on))


def trends_expected(view: View) -> pd.DataFrame:
    months = tuple(sorted(view.trends["time_period"].unique()))
    return recomputed(view.truth, view.as_of, months, view.listed_on)


def trends_published(view: View) -> pd.DataFrame:
    return view.trends.assign(ref_period=view.trends["time_period"])


@pytest.mark.parametrize("indicator", sorted(COUNTS | RATIOS))
def test_employment_trends(view: View, indicator: str) -> None:
    published = trends_published(view).query("indicator == @indicator")
    expected = trends_expected(view).query("indicator == @indicator")
    expected = expected[expected["breakdown_type"].isin(breakdowns(indicator))]
    assert set(published["breakdown_type"]) == set(expected["breakdown_type"]) == breakdowns(indicator)
    assert published["numerator"].astype(float).abs().sum() > 0
    months = sorted(published["ref_period"].unique())
    if indicator in SHARED_RATIOS - {"ui_exhaustion_rate"}:  # from the month on in which both registers have begun
        begun = view.trends[view.trends["indicator"].isin(["openings_new", "insured_stock"])]
        start = begun.groupby("indicator")["time_period"].min().max()
        months = [month for month in months if month >= start]
    months = months[BLIND.get(indicator, 0) :]
    early = published[~published["ref_period"].isin(months)]
    assert early["value"].isna().all() and early["denominator"].isna().all()
    assert (early["null_reason"] == "denominator_absent").all()
    published = published[published["ref_period"].isin(months)]
    expected = expected[expected["ref_period"].isin(months)]
    if indicator in COUNTS:
        assert differences(published, expected, KEYS, ["numerator"]) == []
        assert (published["value"] == published["numerator"]).all()
        assert published["denominator"].isna().all()
        return
    assert differences(published, expected, KEYS, ["numerator", "denominator"]) == []
    scale = 100 if indicator in SCALED else 1
    for above, below, value, reason in published[["numerator", "denominator", "value", "null_reason"]].itertuples(
        index=False
    ):
        assert same_ratio(value, quotient(scale * above, below))
        assert (reason == "zero_denominator") if not below else pd.isna(reason)


@pytest.mark.parametrize("indicator", sorted(BALANCE))
def test_mismatch_and_concentration(view: View, indicator: str) -> None:
    months = tuple(sorted(view.trends["time_period"].unique()))
    expected = balanced(view.truth, view.as_of, months, view.listed_on)
    expected = expected.query("indicator == @indicator").set_index(["ref_period", "region_code"])
    published = trends_published(view).query("indicator == @indicator").set_index(["ref_period", "region_code"])
    assert set(published["breakdown_type"]) == set(expected["breakdown_type"])
    assert published["value"].notna().sum() >= len(months) - 1
    # a month without a single stratum is not in the recomputation
    both = expected["value"].reindex(published.index)
    tolerance = 1e-4 if "sahin" in indicator else 1e-9
    for value, reason, other in zip(published["value"], published["null_reason"], both, strict=True):
        if pd.isna(other):
            assert pd.isna(value) and reason == "zero_denominator"
        else:
            assert abs(float(value) - other) < tolerance


def test_contributions_add_up_to_growth(view: View) -> None:
    """Over sexes and over age groups; a person may work in two provinces or two sections."""
    cells = view.trends[view.trends["value"].notna()]
    growth = cells.query("indicator == 'insured_growth_12m' and breakdown_type == 'total'")
    growth = growth.set_index("time_period")["value"].astype(float)
    contributions = cells[cells["indicator"] == "insured_growth_contribution_12m"]
    for breakdown in ("sex", "age_group"):
        parts = contributions[contributions["breakdown_type"] == breakdown]
        total = parts.assign(value=parts["value"].astype(float)).groupby("time_period")["value"].sum()
        assert len(growth) > 12
        assert (total - growth).abs().max() < 1e-8


def test_months_without_gaps(view: View) -> None:
    """Vacancies and registrations from their first month, insurance from the first month in which losses came."""
    reports = recompute.table(view.truth, "insurance_reports", view.as_of)
    first_loss = reports.loc[reports["event_type"] == "LOSS", "received_date"].min()
    earliest = pd.Period(view.as_of, "M") - 60
    first_submission = recompute.table(view.truth, "vacancies")["submitted_date"].min()
    starts = dict.fromkeys(
        INSURED | INSURED_RATIOS | BENEFITS | SHARED_RATIOS, max(pd.Period(first_loss, "M"), earliest)
    )
    labour = max(pd.Period(first_submission, "M"), earliest)
    starts |= dict.fromkeys(CROSSED | LABOUR | CROSSED_RATIOS | LABOUR_RATIOS | BALANCE, labour)
    starts |= dict.fromkeys({"postings_open_per_100_jobs", "beveridge_u_register", "beveridge_v_register"}, labour)
    for indicator, cells in view.trends.groupby("indicator"):
        months = [str(m) for m in pd.period_range(starts[indicator], pd.Period(view.as_of, "M"))]
        for _, cell in cells.groupby(["breakdown_type", *recompute.DIMENSIONS]):
            assert sorted(cell["time_period"]) == months
    assert sorted(view.funnel["time_period"].unique()) == [
        str(m) for m in pd.period_range(starts["openings_new"], pd.Period(view.as_of, "M"))
    ]


def test_stock_follows_from_entries_and_exits(view: View) -> None:
    cells = view.trends[view.trends["breakdown_type"].isin(["total", "region", "industry", "sex"])]
    wide = cells.pivot_table(
        index=["region_code", "industry_code", "sex"], columns=["indicator", "time_period"], values="value",
        aggfunc="first",
    ).astype(float)  # fmt: skip
    for before, month in pairwise(sorted(wide["insured_stock"].columns)):
        moved = wide["insured_entries"][month] - wide["insured_exits"][month]
        assert (wide["insured_stock"][before] + moved).equals(wide["insured_stock"][month])


def test_provisional_until_reports_are_due(view: View) -> None:
    for month, status in view.trends[["time_period", "status"]].drop_duplicates().itertuples(index=False):
        due = (pd.Period(month, "M") + 1).start_time + pd.Timedelta(days=15)  # reports of the 15th arrive on the 16th
        assert status == ("P" if pd.Timestamp(view.as_of) < due else "F")


def test_funnel_per_channel(view: View) -> None:
    published = view.funnel.assign(ref_period=view.funnel["time_period"])
    expected = recompute.funnel(view.truth, view.as_of).reset_index()
    expected = expected[expected["ref_period"].isin(published["ref_period"])]
    values = [*STATES, "submitted", "posted_first_pass"]
    assert set(published["channel_code"]) == set(expected["channel_code"])
    assert differences(published, expected, ["ref_period", "channel_code"], values) == []
    assert (published[STATES].sum(axis=1) == published["submitted"]).all()
    open_states = ["returned_open", "held_open", "pending"]
    for row in published.to_dict("records"):
        concluded = row["submitted"] - sum(row[s] for s in open_states)
        assert row["concluded"] == concluded
        assert same_ratio(row["posting_rate"], quotient(row["posted"], concluded))
        assert same_ratio(row["first_pass_rate"], quotient(row["posted_first_pass"], row["submitted"]))


def test_every_state_of_the_funnel_occurs(told: Told) -> None:
    assert (told.latest.funnel[STATES].sum() > 0).all()


def test_occupation_series(view: View) -> None:
    published = view.profile[(view.profile["scope"] == "pes") & (view.profile["occupation_scheme"] == "KECO")]
    published = published.set_index("occupation_code")
    expected = recompute.occupation_series(view.truth, view.as_of)
    expected = expected[expected["openings_24m"].map(sum) > 0]
    assert set(expected.index) <= set(published.index)
    for code, row in published.iterrows():
        series = expected["openings_24m"].get(code, [0] * 24)
        assert list(row["openings_24m"]) == series, code
        assert row["openings_new_24m"] == sum(series)
        assert row["openings_new_12m"] == sum(series[12:])
    seekers = published["registrations_new_12m"].reindex(expected.index).fillna(0)
    assert (seekers == expected["registrations_new_12m"]).all()


def stock(truth_frame: pd.DataFrame) -> pd.Series:
    total = truth_frame.query("indicator == 'insured_stock' and breakdown_type == 'total'")
    return total.set_index("ref_period")["numerator"].astype(float)


def test_what_arrives_later_changes_figures(told: Told) -> None:
    """Both views tell of the same months; were reports of the last days let in or left out, some test above fails."""
    past, latest = trends_expected(told.past), trends_expected(told.latest)
    assert (stock(past) != stock(latest)).any()
    episodes = recompute.table(told.past.truth, "episodes")
    assert episodes["start_date"].between(pd.Timestamp(told.past.as_of), pd.Timestamp(told.latest.as_of)).any()
    reports = recompute.table(told.latest.truth, "insurance_reports", told.latest.as_of)
    assert {"CORRECT", "CANCEL"} <= set(reports["event_type"])


def test_reports_are_not_yet_the_whole_truth(told: Told) -> None:
    """What really was differs from what was reported in the last months and agrees where all reports have come."""
    spells = recompute.table(told.latest.truth, "spells").query("worker_type != 'DAILY'")
    reported = stock(trends_expected(told.latest))

    def really(month: str) -> int:
        last_day = pd.Period(month, "M").end_time.normalize()
        open_then = (spells["acquisition_date"] <= last_day) & ~(spells["loss_date"] <= last_day)
        return int(spells.loc[open_then, "person_id"].nunique())

    assert really("2026-09") != reported["2026-09"]
    assert really("2023-09") == reported["2023-09"]


def test_comparison_finds_a_single_wrong_missing_or_surplus_cell(told: Told) -> None:
    published = trends_published(told.latest).query("indicator == 'insured_stock'")
    expected = trends_expected(told.latest).query("indicator == 'insured_stock'")
    expected = expected[expected["ref_period"].isin(published["ref_period"])]
    compare = [KEYS, ["numerator"]]
    assert differences(published, expected, *compare) == []
    wrong = published.assign(numerator=published["numerator"].astype(float))
    wrong.iloc[7, wrong.columns.get_loc("numerator")] += 1
    assert len(differences(wrong, expected, *compare)) == 1
    assert len(differences(published[published["numerator"] > 0].iloc[1:], expected, *compare)) == 1
    assert len(differences(published, expected.iloc[1:], *compare)) == 1


def test_series_of_recoded_provinces_and_sections_say_where_they_break(view: View) -> None:
    marked = view.trends[view.trends["break_reason"].notna()]
    is_industry = marked["breakdown_type"] == "industry"
    recoded = set(
        marked[is_industry][["industry_code", "time_period", "break_reason"]].itertuples(index=False, name=None)
    )
    # parts of division 65 went from section K to O; those of 20 and 63 stayed in theirs; a small nation has neither
    held = set(view.trends["industry_code"]) & {"K", "O"}
    assert recoded == {(section, "2024-07", "INDUSTRIES_RECODED") for section in held}
    assert len(held) == 2 or len(pd.read_parquet(view.truth / "persons.parquet", columns=["person_id"])) < 2_000
    marked = marked[~is_industry]
    found = set(marked[["region_code", "time_period", "break_reason"]].itertuples(index=False, name=None))
    assert found == {
        ("51", "2023-06", "PROVINCE_RENUMBERED"), ("52", "2024-01", "PROVINCE_RENUMBERED"),
        ("12", "2026-07", "PROVINCES_MERGED"), ("27", "2023-07", "BOUNDARY_CHANGED"),
        ("47", "2023-07", "BOUNDARY_CHANGED"),
    }  # fmt: skip
    assert set(marked["breakdown_type"]) == {"region", "region_occupation"}
    openings = marked[marked["indicator"] == "openings_new"].groupby(["region_code", "breakdown_type"]).size()
    assert (openings.xs("region", level=1) == 1).all()
