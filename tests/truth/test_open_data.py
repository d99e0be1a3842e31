"""Open tables of two releases: they say what the marts say and hide what they must, also month after month."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from exports.disclosure.specs import load_families
from exports.opendata.product import render
from exports.render import Staged
from exports.reports import insured
from exports.reports.content import Table
from exports.reports.reading import Marts
from lmi.core.release import Release, releases
from tests.payloads import live_below
from tests.truth.conftest import Told
from tests.truth.performance import trainings
from tests.truth.recompute import insured_jobs
from tests.vintages import outcomes, vintages

pytestmark = pytest.mark.xdist_group("truth")
#: table -> indicator of the mart, and the mart's column of each dimension
SAME_AS_MART = {
    "registrations_by_region_occupation": ("registrations_new", {"REF_AREA": "region", "OCCUPATION": "occupation"}),
    "registrations_by_region_sex_age": ("registrations_new", {"REF_AREA": "region"}),
    "openings_by_region_occupation": ("openings_new", {"REF_AREA": "region", "OCCUPATION": "occupation"}),
    "registrations_open_by_region": ("registrations_open", {"REF_AREA": "region"}),
    "openings_open_by_region": ("openings_open", {"REF_AREA": "region"}),
    "acquisitions_by_region_industry": ("acquisitions", {"REF_AREA": "region", "ACTIVITY": "industry"}),
    "acquisitions_by_sex_age": ("acquisitions", {"SEX": "sex", "AGE": "age_group"}),
    "losses_by_region_industry": ("losses", {"REF_AREA": "region", "ACTIVITY": "industry"}),
    "losses_by_sex_age": ("losses", {"SEX": "sex", "AGE": "age_group"}),
    "insured_stock_by_sex_age": ("insured_stock", {"SEX": "sex", "AGE": "age_group"}),
    "ui_claims_by_region_sex": ("ui_claims_new", {"REF_AREA": "region"}),
}
#: concept -> list of the table codes that labels it
LISTS = {"REF_AREA": "region", "OCCUPATION": "occupation", "ACTIVITY": "industry", "SEX": "sex", "AGE": "age_group"}
COLUMN = {"region": "region_code", "occupation": "occupation_code", "industry": "industry_code"}


@pytest.fixture(scope="module")
def two(told: Told) -> list[Release]:
    found = releases(told.street.paths)
    assert [release.manifest["products"]["open"]["status"] for release in found] == ["current"] * 2
    assert [release.manifest["products"]["open"]["withheld"] for release in found] == [{}] * 2
    return found


def table(release: Release, name: str) -> pd.DataFrame:
    return pd.read_parquet(release.folder / "exports" / "open" / "v1" / "tables" / f"{name}.parquet")


@pytest.mark.parametrize("name", SAME_AS_MART)
def test_what_is_shown_is_what_the_mart_says(told: Told, two: list[Release], name: str) -> None:
    """Total and each single breakdown; and of openings and registrations every cell."""
    indicator, dimensions = SAME_AS_MART[name]
    mart = told.past.trends[told.past.trends["indicator"] == indicator]
    open_table = table(two[0], name)
    keys = [c for c in open_table.columns[1:] if not c.startswith(("OBS_", "CONF_", "LAST_"))]
    compared = 0
    for breakdown in ["total", "_".join(dimensions.values()), *dimensions.values()]:
        shown = open_table[open_table["OBS_VALUE"].notna()]
        rows = mart[mart["breakdown_type"] == breakdown]
        by = {concept: COLUMN.get(kind, kind) for concept, kind in dimensions.items() if kind in breakdown}
        for key in keys:
            shown = shown[(shown[key] != "_T") if key in by else (shown[key] == "_T")]
        both = shown.merge(
            rows,
            left_on=["TIME_PERIOD", *by],
            right_on=["time_period", *by.values()],
            how="left" if len(rows) else "inner",
        )
        assert (both["OBS_VALUE"].astype(float) == both["value"].astype(float)).all(), breakdown
        compared += len(both)
    assert compared >= 2


def test_placements_are_those_of_the_performance_mart(told: Told, two: list[Release]) -> None:
    mart = told.past.performance
    mart = mart[(mart["indicator"] == "placement_rate_6m") & (mart["frequency"] == "Q")]
    shown = table(two[0], "placements_by_client_group")
    total = shown[(shown["CLIENT_GROUP"] == "_T") & shown["OBS_VALUE"].notna()]
    both = total.merge(mart[mart["breakdown_type"] == "total"], left_on="TIME_PERIOD", right_on="time_period")
    clients, placed = (both[both["OUTCOME"] == code] for code in ("_T", "PLACED"))
    assert len(clients) and (clients["OBS_VALUE"].astype(float) == clients["denominator"].astype(float)).all()
    assert (placed["OBS_VALUE"].astype(float) == placed["numerator"].astype(float)).all()
    of_each = table(two[0], "placements_by_organisation").rename(columns={"ORGANISATION": "organisation_code"})
    of_each = of_each[(of_each["OUTCOME"] == "_T") & of_each["OBS_VALUE"].notna()]
    mart = mart[mart["breakdown_type"] == "organisation"].rename(columns={"time_period": "TIME_PERIOD"})
    both = of_each.merge(mart, on=["TIME_PERIOD", "organisation_code"])
    assert len(both) and (both["OBS_VALUE"].astype(float) == both["denominator"].astype(float)).all()


def test_training_is_that_of_the_truth(told: Told, two: list[Release]) -> None:
    """Who left training in the quarter, whether with completion, and whether with an insured job within 183 days."""
    shown = table(two[0], "training_by_occupation")
    shown = shown[(shown["OCCUPATION"] == "_T") & shown["OBS_VALUE"].notna()]
    (quarter,) = set(shown["TIME_PERIOD"])
    left = trainings(told.past.truth, told.past.as_of).query("status != 'ENROLLED'")
    left = left[left["end"].dt.to_period("Q").astype(str) == quarter.replace("-", "")].reset_index()
    jobs = insured_jobs(told.past.truth, told.past.as_of)
    jobs = jobs[~(jobs["end"] <= jobs["begin"])][["person_id", "begin"]]
    both = left[["index", "person_id", "end"]].merge(jobs, on="person_id")
    days = (both["begin"] - both["end"]).dt.days
    left["outcome"] = left["index"].isin(both.loc[(days > 0) & (days <= 183), "index"])
    left["outcome"] = left["outcome"].map({True: "PLACED", False: "NOT_PLACED"})
    for row in shown.itertuples():
        same = left[[row.COMPLETION in ("_T", status) for status in left["status"]]]
        same = same[[row.OUTCOME in ("_T", outcome) for outcome in same["outcome"]]]
        assert len(same) == row.OBS_VALUE, (row.COMPLETION, row.OUTCOME)
    assert ("_T", "_T") in set(zip(shown["COMPLETION"], shown["OUTCOME"], strict=True))


def test_small_groups_are_hidden_and_nothing_changes_from_day_to_day(two: list[Release]) -> None:
    logs = [json.loads((r.folder / "exports" / "open" / "disclosure.json").read_text("utf-8")) for r in two]
    assert {entry["family"] for entry in logs[0]["families"]} == set(load_families())
    assert logs[1]["families"] == [], "no month became due between the two"
    for name in SAME_AS_MART:
        pd.testing.assert_frame_equal(table(two[0], name), table(two[1], name))
    labelled = {(code_list, code) for code_list, code in table(two[0], "codes")[["code_list", "code"]].to_numpy()}
    for concept, code_list in LISTS.items():
        shown = {code for name in SAME_AS_MART for code in table(two[0], name).get(concept, [])}
        assert len(shown) > 2 and not {(code_list, code) for code in shown} - labelled
    cells = table(two[0], "registrations_by_region_sex_age")
    assert cells.loc[cells["OBS_VALUE"].notna(), "OBS_VALUE"].min() >= 5
    assert set(cells.loc[cells["OBS_VALUE"].isna(), "CONF_STATUS"]) == {"A", "D"}
    assert live_below(two[1].folder / "exports" / "open") == []


def test_reports_tell_equal_stocks_of_a_group_though_a_late_report_has_come(
    told: Told, two: list[Release], tmp_path: Path
) -> None:
    """On the next day one more person was insured in that month: of an industry, sex or age it would tell of whom."""
    month = table(two[0], "insured_stock_by_sex_age")["TIME_PERIOD"].max()
    for name in ("warehouse.duckdb", "marts.duckdb"):
        shutil.copy(two[0].folder / name, tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        stock = "intermediate.int_insured_stock__contributed"
        changed = f"update {stock} set insured_stock = insured_stock + 1, persons = persons + 1"
        first = f"rowid = (select min(rowid) from {stock} where time_period = ?)"
        assert con.execute(f"{changed} where {first}", [month]).fetchall() == [(1,)]
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as con:
        mine = "indicator = 'insured_stock' and breakdown_type <> 'total' and time_period = ?"
        con.execute(f"update mart_employment_trends_monthly set value = value + 1 where {mine}", [month])
    (tmp_path / "exports" / "open").mkdir(parents=True)
    day = told.past.as_of + timedelta(days=1)
    render(Staged(tmp_path, "next", day, told.street.settings, two[0].folder), tmp_path / "exports" / "open")
    shown = []
    for folder in (two[0].folder, tmp_path):
        with Marts(folder / "marts.duckdb", "en") as marts:
            parts = (*insured.industries(marts), *insured.people(marts))
        shown.append([part.rows for part in parts if isinstance(part, Table)])
    assert shown[0] == shown[1] and [len(rows) > 2 for rows in shown[0]] == [True, True]


def test_no_hidden_cell_is_recoverable_over_24_months(
    told: Told, two: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Month by month as it had been reported by then, each vintage with all that were published before it. One family
    here; all of them: ``python -m tests.vintages``."""
    compiled = next(Path(told.work).rglob("compiled"))
    families = [family for family in load_families().values() if family.id == "losses"]
    found = list(vintages(two[-1].warehouse, compiled, 24, families))
    assert len(found) == 24 and not any(vintage.done.withheld for vintage in found)
    seen = outcomes(found)
    assert seen["protected"] > 500 and set(seen) <= {"protected", "exposed"}
    assert found[-1].published["time_period"].nunique() == 25
    monkeypatch.setattr("exports.disclosure.protect.suppress", lambda problem, cells: (problem.hidden, "primary only"))
    (weakened,) = vintages(two[-1].warehouse, compiled, 1, families)
    assert weakened.done.withheld and all("recoverable" in why for why in weakened.done.withheld.values())
