"""What is written: tables with statuses and NULLs, a log without values, and the record that comes back as input."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import yaml

from exports.disclosure.audit import AuditFailed, audit_rounded
from exports.disclosure.cells import build
from exports.disclosure.export import LOG, export
from exports.disclosure.protect import protect
from exports.disclosure.specs import Family
from tests.exports.disclosure.support import LABEL, family

CONTRACT = Path(__file__).resolve().parents[3] / "ingest" / "sources" / "publications.yml"
NONE = pd.DataFrame(columns=["release_id", "table_id", "cell_id", "time_period", "obs_value", "conf_status"])
DAY = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
ROWS = [
    ("2026-07", "11", "11110", "F", 3), ("2026-07", "11", "11110", "M", 40), ("2026-07", "11", "11140", "F", 25),
    ("2026-07", "11", "11140", "M", 31), ("2026-07", "26", "26110", "F", 18), ("2026-07", "26", "26110", "M", 22),
    ("2026-08", "11", "11110", "F", 4), ("2026-08", "11", "11110", "M", 41), ("2026-08", "11", "11140", "F", 24),
    ("2026-08", "11", "11140", "M", 33), ("2026-08", "26", "26110", "F", 19), ("2026-08", "26", "26110", "M", 20),
]  # fmt: skip


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    found.register("facts", pd.DataFrame(ROWS, columns=["time_period", "sido", "sigungu", "sex", "jobs"]))
    return found


def persons(folder: Path, rounding: int | None = None) -> Family:
    table = {"label": LABEL, "by": {"region": "sigungu", "sex": "sex"}} | (
        {"rounding": {"base": rounding}} if rounding else {}
    )
    return family(folder, contributors={"persons": "jobs"}, tables={"by_region_sex": table})


def test_tables_log_and_record(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    logs = export(con, [persons(tmp_path)], NONE, tmp_path / "out", "r1", DAY)
    table = con.execute(f"from '{tmp_path}/out/by_region_sex.parquet'").df()
    assert list(table.columns) == ["TIME_PERIOD", "REF_AREA", "SEX", "OBS_VALUE", "CONF_STATUS"]
    hidden = table[table["CONF_STATUS"] != "F"]
    assert hidden["OBS_VALUE"].isna().all() and table["OBS_VALUE"].notna().sum() == len(table) - len(hidden)
    sensitive = table[(table["REF_AREA"] == "11110") & (table["SEX"] == "F")]
    assert sensitive["CONF_STATUS"].tolist() == ["A", "A"] and "D" in set(hidden["CONF_STATUS"])
    log = json.loads((tmp_path / "out" / LOG).read_text("utf-8"))
    assert log == {"release_id": "r1", "families": logs} and [e["time_period"] for e in logs] == ["2026-07", "2026-08"]
    assert logs[0]["tables"]["by_region_sex"]["by_rule"]["min_persons"] == 1
    patterns = [set(zip(f["REF_AREA"], f["SEX"], strict=True)) for _, f in hidden.groupby("TIME_PERIOD")]
    assert patterns[0] == patterns[1], "one pattern over the months"


def test_the_record_fulfils_its_contract_and_is_the_input_of_the_next_release(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    rules = persons(tmp_path)
    export(con, [rules], NONE, tmp_path / "out", "r1", DAY)
    record = con.execute(f"from '{tmp_path}/out/publications_2026-09-01.parquet'").df()
    contract = yaml.safe_load(CONTRACT.read_text("utf-8"))
    assert list(record.columns) == [column["name"] for column in contract["columns"]]
    assert not record.duplicated(contract["key"]).any()
    for column in contract["columns"]:
        if "values" in column:
            assert set(record[column["name"]]) <= set(column["values"])
        if column.get("required"):
            assert record[column["name"]].notna().all()
    logs = export(con, [rules], record, tmp_path / "again", "r2", DAY.replace(day=2))
    assert [entry["earlier_publications"] for entry in logs] == [["r1"], ["r1"]]
    first, second = (con.execute(f"from '{tmp_path}/{f}/by_region_sex.parquet'").df() for f in ("out", "again"))
    pd.testing.assert_series_equal(first["OBS_VALUE"], second["OBS_VALUE"])


def test_nothing_is_written_when_the_audit_fails(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suppression that forgets the secondary cells."""
    monkeypatch.setattr("exports.disclosure.protect.suppress", lambda problem, cells: (problem.hidden, "primary only"))
    with pytest.raises(AuditFailed, match="recoverable"):
        export(con, [persons(tmp_path)], NONE, tmp_path / "out", "r1", DAY)
    assert not (tmp_path / "out").exists()


def test_a_rounded_table_hides_nothing_and_adds_up(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    rules = persons(tmp_path, rounding=5)
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
