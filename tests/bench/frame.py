"""An empty warehouse, built by dbt, in which generated facts take the place of the models that conform them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from dbt_project.build import dbt_work
from tests.bench.facts import AS_OF, SCHEMAS
from tests.bench.marts import MARTS
from tests.dbt.support import build

#: small relations that every engine is given, made before anything is measured
PREPARED = {"int_months__spine": "intermediate", "int_sidos__current": "intermediate", "dim_calendar": "core"}
_SPINE_READS = {
    "fct_insured_spells": ("loss_received_date",),
    "fct_vacancies": ("is_submission", "registered_date"),
    "fct_registration_spells": ("reg_date",),
}


class Frame:
    """``file`` is the warehouse without rows; ``models`` maps a model to schema, kind (table or view) and SQL."""

    def __init__(self, folder: Path) -> None:
        """Build it with dbt in ``folder`` (about 15 seconds)."""
        wanted = sorted(
            {f"+{model}" for mart in MARTS.values() for model in mart.models} | {f"+{fact}" for fact in SCHEMAS}
        )
        arguments = ("build", "--exclude-resource-type", "test", "unit_test", "--select", *wanted)
        self.file = build(folder, AS_OF, {}, *arguments)
        nodes = json.loads((dbt_work(self.file.parent) / "manifest.json").read_text("utf-8"))["nodes"].values()
        self.models = {
            node["name"]: {
                "schema": node["schema"],
                "kind": node["config"]["materialized"],
                "sql": node["compiled_code"],
            }
            for node in nodes
            if node["resource_type"] == "model" and node.get("compiled_code")
        }

    def prepare(self, facts: Path, home: Path) -> None:
        """A home for one scale: a copy of the warehouse, its compiled models, and the prepared relations as Parquet."""
        home.mkdir(parents=True)
        shutil.copyfile(self.file, home / self.file.name)
        (home / "models.json").write_text(json.dumps(self.models), "utf-8")
        with duckdb.connect(str(home / self.file.name)) as con:
            con.execute("set timezone = 'Asia/Seoul'")
            attach(con, facts, _SPINE_READS)
            run(con, self.models, ["int_months__spine"])
            for name, schema in PREPARED.items():
                con.execute(f"copy {schema}.{name} to '{home / name}.parquet'")
            for fact in _SPINE_READS:
                con.execute(f"drop view {SCHEMAS[fact]}.{fact}")


def attach(con: duckdb.DuckDBPyConnection, facts: Path, reads: Mapping[str, Iterable[str]]) -> None:
    """Let the models see these columns of the generated facts, and nothing else of them."""
    for fact, columns in reads.items():
        name = f"{SCHEMAS[fact]}.{fact}"
        con.execute(f"drop table if exists {name}")
        con.execute(f"create view {name} as select {', '.join(columns)} from '{facts / fact}/*.parquet'")


def run(con: duckdb.DuckDBPyConnection, models: Mapping[str, Mapping[str, str]], names: Iterable[str]) -> None:
    """Materialise these models, in this order, as dbt does."""
    for name in names:
        model = models[name]
        con.execute(f"create or replace {model['kind']} {model['schema']}.{name} as {model['sql']}")
