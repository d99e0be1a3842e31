"""What a release publishes anew, what it takes over, what it withholds; and the record that comes back as input."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from exports.disclosure import publications
from exports.disclosure.audit import audit_rounded
from exports.disclosure.cells import build
from exports.disclosure.export import export
from exports.disclosure.protect import protect
from exports.disclosure.specs import Family
from lmi.core.yaml import load_yaml
from tests.exports.disclosure.support import LABEL, family

CONTRACT = Path(__file__).resolve().parents[3] / "ingest" / "sources" / "publications.yml"
DAY = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
ROWS = [
    ("2026-07", "11", "11110", "F", 3), ("2026-07", "11", "11110", "M", 40), ("2026-07", "11", "11140", "F", 25),
    ("2026-07", "11", "11140", "M", 31), ("2026-07", "26", "26110", "F", 18), ("2026-07", "26", "26110", "M", 22),
    ("2026-08", "11", "11110", "F", 4), ("2026-08", "11", "11110", "M", 41), ("2026-08", "11", "11140", "F", 24),
    ("2026-08", "11", "11140", "M", 33), ("2026-08", "26", "26110", "F", 19), ("2026-08", "26", "26110", "M", 20),
]  # fmt: skip
JULY = [row for row in ROWS if row[0] == "2026-07"]


def facts(rows: list[tuple]) -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    found.register("facts", pd.DataFrame(rows, columns=["time_period", "sido", "sigungu", "sex", "jobs"]))
    return found


def persons(folder: Path, rounding: int | None = None) -> Family:
    table = {"label": LABEL, "by": {"region": "sigungu", "sex": "sex"}} | (
        {"rounding": {"base": rounding}} if rounding else {}
    )
    return family(folder, contributors={"persons": "jobs"}, tables={"by_region_sex": table})


def weaken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suppression that forgets the secondary cells."""
    monkeypatch.setattr("exports.disclosure.protect.suppress", lambda problem, cells: (problem.hidden, "primary only"))


def test_tables_and_log(tmp_path: Path) -> None:
    done = export(facts(ROWS), [persons(tmp_path)], publications.none(), "r1", DAY)
    table = done.tables["by_region_sex"]
    wanted = ["TIME_PERIOD", "REF_AREA", "SEX", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "LAST_UPDATE"]
    assert list(table.columns) == wanted and set(table["LAST_UPDATE"]) == {DAY.date()}
    hidden = table[table["CONF_STATUS"] != "F"]
    assert hidden["OBS_VALUE"].isna().all() and table["OBS_VALUE"].notna().sum() == len(table) - len(hidden)
    assert set(hidden["OBS_STATUS"]) == {"M"} and set(table.loc[table["OBS_VALUE"].notna(), "OBS_STATUS"]) == {"A"}
    sensitive = table[(table["REF_AREA"] == "11110") & (table["SEX"] == "F")]
    assert sensitive["CONF_STATUS"].tolist() == ["A", "A"] and "D" in set(hidden["CONF_STATUS"])
    assert [entry["time_period"] for entry in done.logs] == ["2026-07", "2026-08"] and not done.withheld
    assert done.logs[0]["tables"]["by_region_sex"]["by_rule"]["min_persons"] == 1
    patterns = [set(zip(f["REF_AREA"], f["SEX"], strict=True)) for _, f in hidden.groupby("TIME_PERIOD")]
    assert patterns[0] == patterns[1], "one pattern over the months"


def test_the_record_fulfils_its_contract(tmp_path: Path) -> None:
    record = export(facts(ROWS), [persons(tmp_path)], publications.none(), "r1", DAY).record
    contract = load_yaml(CONTRACT.read_text("utf-8"))
    assert list(record.columns) == [column["name"] for column in contract["columns"]]
    assert not record.duplicated(contract["key"]).any()
    for column in contract["columns"]:
        if "values" in column:
            assert set(record[column["name"]]) <= set(column["values"])
        if column.get("required"):
            assert record[column["name"]].notna().all()


def test_figures_are_revised_when_the_next_period_comes_and_not_from_day_to_day(tmp_path: Path) -> None:
    rules = [persons(tmp_path)]
    first = export(facts(JULY), rules, publications.none(), "r1", DAY)
    # as it lands: in any order
    landed = first.record.sample(frac=1, random_state=1).reset_index(drop=True)
    revised = [(*r[:4], {31: 32}.get(r[4], r[4])) for r in ROWS]
    same = export(facts([r for r in revised if r[0] == "2026-07"]), rules, landed, "r2", DAY.replace(day=2))
    assert same.record.empty and same.logs == []
    pd.testing.assert_frame_equal(first.tables["by_region_sex"], same.tables["by_region_sex"])
    august = export(facts(revised), rules, landed, "r3", DAY.replace(day=3))
    assert [(e["time_period"], e["earlier_publications"]) for e in august.logs] == [
        ("2026-08", []),
        ("2026-07", ["r1"]),
    ]
    assert set(august.record["time_period"]) == {"2026-07", "2026-08"}
    july = august.tables["by_region_sex"].query("TIME_PERIOD == '2026-07'").reset_index(drop=True)
    pd.testing.assert_series_equal(july["CONF_STATUS"], first.tables["by_region_sex"]["CONF_STATUS"])
    assert july.loc[july["REF_AREA"] == "_T", "OBS_VALUE"].tolist() == [140, 46, 94]
    only_august = export(facts([r for r in ROWS if r not in JULY]), rules, landed, "r4", DAY.replace(day=3))
    days = only_august.tables["by_region_sex"].groupby("TIME_PERIOD")["LAST_UPDATE"].unique().map(list).to_dict()
    assert days == {"2026-07": [DAY.date()], "2026-08": [DAY.replace(day=3).date()]}


def test_a_period_whose_cells_did_not_change_is_not_recorded_again(tmp_path: Path) -> None:
    rules = [persons(tmp_path)]
    first = export(facts(JULY), rules, publications.none(), "r1", DAY)
    second = export(facts(ROWS), rules, first.record, "r2", DAY.replace(day=2))
    assert {entry["time_period"] for entry in second.logs} == {"2026-07", "2026-08"}
    assert set(second.record["time_period"]) == {"2026-08"}


def test_what_was_hidden_keeps_its_reason_in_whatever_order_the_record_lands(tmp_path: Path) -> None:
    """A cell that is free of small numbers by now stays hidden, with the status it had."""
    rules = persons(tmp_path)
    first = export(facts(JULY), [rules], publications.none(), "r1", DAY)
    landed = first.record.iloc[::-1].reset_index(drop=True)
    grown = facts([(*r[:4], 30 if r[4] == 3 else r[4]) for r in JULY])
    result = protect(grown, rules, "facts", publications.earlier(landed, rules, "2026-07"))
    before = first.record.set_index("cell_id")["conf_status"]
    after = result.tables["by_region_sex"].set_index("cell_id")["conf_status"]
    hidden = before[before != "F"]
    assert len(hidden) > 2 and (after[hidden.index] == hidden).all()


def test_what_the_audit_breaks_is_withheld_and_the_last_publication_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = [persons(tmp_path)]
    first = export(facts(JULY), rules, publications.none(), "r1", DAY)
    weaken(monkeypatch)
    nothing = export(facts(ROWS), rules, publications.none(), "r1", DAY)
    assert nothing.tables == {} and nothing.record.empty and nothing.logs == []
    assert set(nothing.withheld) == {"jobs 2026-07", "jobs 2026-08"}
    assert all("recoverable" in reason for reason in nothing.withheld.values())
    second = export(facts(ROWS), rules, first.record, "r2", DAY.replace(day=2))
    assert "jobs 2026-08" in second.withheld
    pd.testing.assert_frame_equal(first.tables["by_region_sex"], second.tables["by_region_sex"])


def test_a_rounded_table_hides_nothing_and_adds_up(tmp_path: Path) -> None:
    rules = persons(tmp_path, rounding=5)
    con = facts(ROWS)
    con.execute("create temp table july as from facts where time_period = '2026-07'")
    result = protect(con, rules, "july")
    result.finding.require()
    table = result.tables["by_region_sex"].set_index("cell_id")["obs_value"]
    assert not (table % 5).any() and table["_T"] == table["sex=F"] + table["sex=M"]
    cells = build(con, rules, "july")
    truth = pd.DataFrame({"cell_id": cells.ids, "value": cells.value, "sensitive": cells.value < 5})
    exact = {"by_region_sex": result.tables["by_region_sex"].assign(obs_value=cells.value)}
    found = audit_rounded(rules, exact, cells.edges, truth, reach=1)
    assert found.ids("recoverable") == ["region=11110|sex=F"], "rounding to one hides nothing"
    assert result.log["method"] == "controlled rounding to 5"
    assert result.log["tables"]["by_region_sex"]["hidden"] == 0


def test_what_was_rounded_otherwise_before_is_held_against_what_is_rounded_now(tmp_path: Path) -> None:
    """Two and two are four. Rounded to 0 and 0 each is two at most, and a total of 3 leaves them open; that it was once
    told as 6, and so is four at least, does not."""
    table = {"label": LABEL, "by": {"sex": "sex"}, "rounding": {"base": 3}}
    rules = family(tmp_path, contributors={"persons": "jobs"}, tables={"by_sex": table})
    cells = build(facts([("2026-07", "11", "11110", sex, 2) for sex in "FM"]), rules, "facts")
    truth = pd.DataFrame({"cell_id": cells.ids, "value": cells.value, "sensitive": cells.value < 4})
    told = pd.DataFrame({"cell_id": cells.ids, "region": "_T", "sex": cells.text(1)})
    now = told.assign(obs_value=told["sex"].map({"F": 0.0, "M": 0.0, "_T": 3.0}))
    before = told.assign(obs_value=told["sex"].map({"F": 0.0, "M": 0.0, "_T": 6.0}))
    alone = audit_rounded(rules, {"by_sex": now}, cells.edges, truth, reach=3)
    assert alone.is_safe and len(alone.cells) == 2
    both = audit_rounded(rules, {"by_sex": now}, cells.edges, truth, 3, {("r1", "by_sex"): before})
    assert both.ids("recoverable") == ["sex=F", "sex=M"]
    revised = before.assign(obs_value=told["sex"].map({"F": 0.0, "M": 0.0, "_T": 9.0}))
    assert audit_rounded(rules, {"by_sex": now}, cells.edges, truth, 3, {("r1", "by_sex"): revised}).is_safe
