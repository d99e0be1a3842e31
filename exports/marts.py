"""The analysts' file and the Parquet of each mart, written from the built warehouse into the release folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from dbt_project.build import STORAGE_VERSION
from exports.data_dictionary import release_tables
from exports.reports.calendar import Kept, write_calendar
from lmi.core.release import Release
from lmi.core.sql import scalar

#: schema of the marts; facts hold a row per person or posting and stay inside the warehouse
MARTS_SCHEMA = "marts"
#: resident number as digits with or without hyphen, never inside a longer run of digits (vetting rule 30)
RESIDENT_NUMBER = "(^|[^0-9])[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[- ]?[1-8][0-9]{6}([^0-9]|$)"
#: the same in a text file, where a sum of money may have 13 digits too: with its hyphen, or quoted as a text
RESIDENT_NUMBER_IN_TEXT = re.compile(
    rb"(?<![0-9A-Za-z.])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[- ][1-8][0-9]{6}(?![0-9A-Za-z])"
    rb"|\"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[1-8][0-9]{6}\""
)
TEXTS = {".csv", ".json", ".jsonld", ".html", ".svg", ".xml", ".txt"}


class AuditError(Exception):
    """The finished folder is not fit to be published; the message says what was found where."""


def published_models(manifest: dict[str, Any], results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Models of a build that analysts get, by name: marts and dimensions, except what is marked internal."""
    built = {result["unique_id"] for result in results["results"]}
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["unique_id"] in built
        and node["resource_type"] == "model"
        and node["name"].startswith(("mart_", "dim_"))
        and node["config"]["enabled"]
        and not node["config"]["meta"].get("internal", False)
    }


def replace_contained(warehouse: Path, contained: dict[str, str], last: Release | None) -> dict[str, dict[str, str]]:
    """Put the last good version of each contained mart into the new warehouse.

    Returns mart -> {status: stale | missing, as_of, reason}.
    """
    notes: dict[str, dict[str, str]] = {}
    with duckdb.connect(str(warehouse)) as con:
        known, schema = set(), MARTS_SCHEMA
        if last is not None and contained:
            # after an erasure a kept release has its marts only
            layered = last.warehouse.is_file()
            schema = MARTS_SCHEMA if layered else "main"
            con.execute(f"attach '{last.warehouse if layered else last.marts}' as last_good (read_only)")
            known = {
                row[0]
                for row in con.execute(
                    "select table_name from duckdb_tables() where database_name = 'last_good' and schema_name = ?",
                    [schema],
                ).fetchall()
            }
        for mart, reason in contained.items():
            con.execute(f"drop table if exists {MARTS_SCHEMA}.{mart}")
            if last is not None and mart in known:
                con.execute(f"create table {MARTS_SCHEMA}.{mart} as from last_good.{schema}.{mart}")
                stale_since = last.manifest["stale"].get(mart, {}).get("as_of", last.manifest["as_of"])
                notes[mart] = {"status": "stale", "as_of": stale_since, "reason": reason}
            else:
                notes[mart] = {"status": "missing", "as_of": "", "reason": reason}
    return notes


def write_marts(
    folder: Path,
    models: dict[str, dict[str, Any]],
    stale: dict[str, dict[str, str]],
    release_id: str,
    as_of: str,
    kept: Sequence[Kept] = (),
    erased: Sequence[str] = (),
    *,
    memory_limit: str,
) -> dict[str, int]:
    """Write ``marts.duckdb`` and ``exports/marts/*.parquet`` of these models; returns rows per table. ``kept``: what
    was announced so far and when it came out; ``erased``: days after ``as_of`` on which records were erased; both are
    in the file only. DuckDB keeps to ``memory_limit`` and spills beside ``folder``.

    Parquet rows are sorted by the mart's grain, so equal inputs give equal bytes.
    """
    out = folder / "exports" / "marts"
    out.mkdir(parents=True)
    counts: dict[str, int] = {}
    spill = str(folder.with_name(f"{folder.name}.spilled"))
    with duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": spill}) as con:
        con.execute("set threads = 1")  # one writer, so that row groups and bytes do not depend on timing
        con.execute(f"attach '{folder / 'warehouse.duckdb'}' as warehouse (read_only)")
        con.execute(f"attach '{folder / 'marts.duckdb'}' as published (storage_version '{STORAGE_VERSION}')")
        con.execute("begin")  # committing each comment and row by itself would take longer than the marts
        for name, node in sorted(models.items()):
            if stale.get(name, {}).get("status") == "missing":
                continue
            grain = ", ".join(f'"{c}"' for c in node["config"]["meta"].get("grain", [])) or "all"
            con.execute(
                f"create table published.{name} as select * from warehouse.{node['schema']}.{name} order by {grain}"
            )
            _describe(con, name, node)
            con.execute(f"copy (from published.{name}) to '{out / name}.parquet' (compression zstd)")
            counts[name] = scalar(con, f"select count(*) from published.{name}")
        con.execute("create table published.release (release_id varchar, as_of date)")
        con.execute("insert into published.release values (?, ?)", [release_id, as_of])
        con.execute(
            "create table published.release_parts (mart varchar, status varchar, as_of varchar, reason varchar)"
        )
        for name in sorted(models):
            if name.startswith("mart_"):
                note = stale.get(name, {"status": "current", "as_of": as_of, "reason": ""})
                con.execute(
                    "insert into published.release_parts values (?, ?, ?, ?)",
                    [name, note["status"], note["as_of"], note["reason"]],
                )
        write_calendar(con, "published", kept)
        con.execute("create table published.release_erasures (erased_date date)")
        if erased:
            con.executemany("insert into published.release_erasures values (?)", [[day] for day in erased])
        beside = {one["name"]: one | {"columns": {c["name"]: c for c in one["columns"]}} for one in release_tables()}
        for name, table in beside.items():
            _describe(con, name, table)
        _write_dictionary(con, models | beside)
        con.execute("commit")
        con.execute("checkpoint published")
    return counts


def _describe(con: duckdb.DuckDBPyConnection, name: str, node: dict[str, Any]) -> None:
    con.execute(f"comment on table published.{name} is {_literal(node['description'])}")
    for column in node["columns"].values():
        label = column.get("meta", {}) or column.get("config", {}).get("meta", {})
        text = " / ".join(filter(None, (label.get("label_ko"), label.get("label_en"), column["description"])))
        con.execute(f'comment on column published.{name}."{column["name"]}" is {_literal(text)}')


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _write_dictionary(con: duckdb.DuckDBPyConnection, models: dict[str, dict[str, Any]]) -> None:
    con.execute(
        "create table published.data_dictionary (table_name varchar, column_name varchar, position integer,"
        " data_type varchar, label_ko varchar, label_en varchar, unit varchar, description varchar)"
    )
    rows = []
    for name, node in sorted(models.items()):
        for position, column in enumerate(node["columns"].values(), start=1):
            meta = column.get("config", {}).get("meta") or column.get("meta") or {}
            rows.append(
                [
                    name, column["name"], position, column.get("data_type"), meta.get("label_ko"),
                    meta.get("label_en"), meta.get("unit"), column["description"],
                ]
            )  # fmt: skip
    if rows:
        con.executemany("insert into published.data_dictionary values (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def audit(folder: Path) -> None:
    """Open what analysts and readers will open and look for what must not be there. Raises AuditError."""
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as con:
        texts = con.execute(
            "select table_name, list(column_name) from information_schema.columns where data_type = 'VARCHAR'"
            " group by all"
        ).fetchall()
        for table, columns in texts:
            looks_personal = " or ".join(f"regexp_matches(\"{c}\", '{RESIDENT_NUMBER}')" for c in columns)
            hits = scalar(con, f"select count(*) from {table} where {looks_personal}")
            if hits:
                raise AuditError(
                    f"{hits} rows of {table} hold something that looks like a resident number; nothing is published."
                    f" Find the column with `lmi query` on the staged warehouse and mask it at the door."
                )
    for path in sorted((folder / "exports").rglob("*")):
        if path.suffix in TEXTS and path.is_file() and RESIDENT_NUMBER_IN_TEXT.search(path.read_bytes()):
            raise AuditError(
                f"{path.relative_to(folder)} holds something that looks like a resident number; nothing is published."
                f" Find the mart it comes from and mask the column at the door."
            )
