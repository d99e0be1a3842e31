"""The connection dbt opens: what it sets on every new connection must be allowed at any time."""

from __future__ import annotations

from pathlib import Path

import duckdb

from dbt_project.build import PROJECT
from lmi.core.yaml import load_yaml


def test_what_is_set_on_every_connection_may_be_set_after_a_query_has_spilled(tmp_path: Path) -> None:
    """DuckDB refuses to move its temporary folder once it is in use; a build of a large nation ended there."""
    target = load_yaml((PROJECT / "profiles.yml").read_text("utf-8"))["lmi"]["outputs"]["duckdb"]
    values = {"memory_limit": "60MB", "temp_directory": str(tmp_path / "spill"), "TimeZone": "Asia/Seoul"}
    config = {name: values.get(name, value) for name, value in target["config_options"].items()}
    assert config["temp_directory"] == values["temp_directory"]
    with duckdb.connect(str(tmp_path / "file.duckdb"), config=config) as con:
        con.execute("create table wide as select range as n, md5(range::varchar) as t from range(3_000_000) order by t")
        assert (tmp_path / "spill").exists(), "nothing was spilled: the test shows nothing"
        for name, value in target["settings"].items():
            con.cursor().execute(f"set {name} = '{values.get(name, value)}'")
