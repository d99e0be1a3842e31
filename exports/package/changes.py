"""Whether a new schema breaks an old one, and which rows differ from those of the release before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from exports.package.spec import Package, Table

#: what two versions may differ in, from what breaks a consumer to what does not
MAJOR, MINOR, PATCH = 0, 1, 2


class BreakingChange(Exception):
    """The schema changed more than its version says; the message names the changes and the version to give."""


def promise(package: Package) -> dict[str, Any]:
    """What consumers rely on: version, and per table key, types, whether a column is always there, and its codes."""
    return {
        "version": package.version,
        "tables": {
            table.name: {
                "key": list(table.key),
                "columns": {
                    column.name: {
                        "type": column.type, "required": column.is_required, "codes": package.values(column),
                    }
                    for column in table.columns
                },
            }
            for table in package.tables
        },
    }  # fmt: skip


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[int, str]]:
    """(MAJOR or MINOR, what differs) between two promises."""
    found: list[tuple[int, str]] = []
    for name, table in old["tables"].items():
        if name not in new["tables"]:
            found.append((MAJOR, f"table {name} removed"))
            continue
        now = new["tables"][name]
        if table["key"] != now["key"]:
            found.append((MAJOR, f"{name}: key changed"))
        for column, said in table["columns"].items():
            found += _column_differences(f"{name}.{column}", said, now["columns"].get(column))
        found += [(MINOR, f"{name}.{column} added") for column in now["columns"] if column not in table["columns"]]
    found += [(MINOR, f"table {name} added") for name in new["tables"] if name not in old["tables"]]
    return found


def _column_differences(name: str, old: Mapping[str, Any], new: Mapping[str, Any] | None) -> list[tuple[int, str]]:
    if new is None:
        return [(MAJOR, f"{name} removed or renamed")]
    found = []
    if old["type"] != new["type"]:
        found.append((MAJOR, f"{name}: {old['type']} became {new['type']}"))
    if old["required"] and not new["required"]:
        found.append((MAJOR, f"{name} may now be NULL"))
    if gone := [code for code in old["codes"] if code not in new["codes"] and new["codes"]]:
        found.append((MAJOR, f"{name}: codes {', '.join(gone)} removed"))
    if (old["codes"] and not new["codes"]) or (not old["codes"] and new["codes"]):
        found.append((MAJOR, f"{name}: code list {'lifted' if old['codes'] else 'imposed'}"))
    elif more := [code for code in new["codes"] if code not in old["codes"]]:
        found.append((MINOR, f"{name}: codes {', '.join(more)} added"))
    return found


def require_version(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Raises BreakingChange unless the new version says how far the two promises differ."""
    found = differences(old, new)
    if not found:
        return
    level = min(severity for severity, _ in found)
    before, after = ([int(part) for part in promised["version"].split(".")] for promised in (old, new))
    if after[: level + 1] > before[: level + 1]:
        return
    wanted = [*before[:level], before[level] + 1, *[0] * (PATCH - level)]
    raise BreakingChange(
        f"{'; '.join(text for severity, text in found if severity == level)}: the version {new['version']} does not"
        f" say so. Give it at least {'.'.join(map(str, wanted))}."
    )


def compare(con: duckdb.DuckDBPyConnection, package: Package, previous: Path | None) -> None:
    """Create the temp table ``changes``: rows added, changed and withdrawn against the package in ``previous``."""
    described = _described(previous)
    parts = [
        _compared(package, table, previous, described)
        for table in package.tables
        if previous is not None and described is not None and table.model not in ("changes", "codes")
    ]
    columns = ", ".join(f"cast({c.name} as {c.type}) as {c.name}" for c in package.table("changes").columns)
    empty = ", ".join(f"cast(null as {c.type}) as {c.name}" for c in package.table("changes").columns)
    rows = " union all by name ".join(parts) if parts else f"select {empty} where false"
    con.execute(f"create temp table changes as select {columns} from ({rows})")


def hold(con: duckdb.DuckDBPyConnection, table: Table, previous: Path | None, as_of: date) -> None:
    """Give what rests on registers of persons as the package in ``previous`` had it, when that is of the same month as
    ``as_of``: figures that changed from day to day would tell of single persons. Of a table that is ``monthly`` all
    rows stand; of others the guarded columns of rows that were there."""
    path = previous / "tables" / f"{table.name}.parquet" if previous else None
    is_same = is_of_month(previous, as_of)
    if not is_same or path is None or not path.is_file() or not (table.guards or table.is_monthly):
        return
    columns, key = ", ".join(c.name for c in table.columns), ", ".join(table.key)
    if table.is_monthly:
        con.execute(f"create or replace temp table {table.name} as select {columns} from read_parquet('{path}')")
        con.execute(f"update {table.name} set as_of = ?", [as_of])
        return
    shown = ", ".join(
        f"case when held.was_there and {guard.only or 'true'} then held.{name} else now.{name} end as {name}"
        for guard in table.guards
        for name in (*guard.hides, guard.reason)
    )
    con.execute(
        f"create or replace temp table {table.name} as select now.* replace ({shown}) from {table.name} as now"
        f" left join (select *, true as was_there from read_parquet('{path}')) as held using ({key}) order by {key}"
    )


def is_of_month(previous: Path | None, as_of: date) -> bool:
    """Whether the package in ``previous`` is of the same month as ``as_of``."""
    then = _described(previous)
    return then is not None and then["as_of"][:7] == as_of.isoformat()[:7]


def _described(previous: Path | None) -> dict[str, Any] | None:
    path = previous / "datapackage.json" if previous else None
    return json.loads(path.read_text("utf-8")) if path and path.is_file() else None


def _compared(package: Package, table: Table, previous: Path | None, described: dict[str, Any] | None) -> str:
    """SQL for the changes of one table."""
    assert previous is not None and described is not None
    resource = next((r for r in described["resources"] if r["name"] == table.name.replace("_", "-")), None)
    about = f"'{table.name}' as table_name, '{described['release_id']}' as previous_release_id"
    if resource is None:
        return (
            f"select {about}, row_key, {_about(table, 'now')}, 'added' as change, 'new_in_version' as why,"
            f" cast(null as varchar[]) as columns from {_keyed(table, table.name)} as now"
        )
    then = {field["name"]: field for field in resource["schema"]["fields"]}
    shared = [c for c in table.columns if c.name in then and c.name not in table.key and not c.is_daily]
    differing = ", ".join(f"case when old.{c.name} is distinct from now.{c.name} then '{c.name}' end" for c in shared)
    appeared = "licence_given" if any(s["withheld"] for f in then.values() for s in f["sources"]) else "new_in_data"
    reasons, labels = (
        "cast([" + ", ".join(f"'{c.name}'" for c in shared if test(c)) + "] as varchar[])"
        for test in (lambda c: c.codes in ("null_reason", "conf_status"), lambda c: c.holds == "label")
    )
    old = _keyed(table, f"read_parquet('{previous / 'tables' / f'{table.name}.parquet'}')")
    return f"""
        select
            {about}, row_key, occupation_scheme, occupation_code, change,
            case
                when change = 'added' then '{appeared}'
                when change = 'withdrawn' and (occupation_scheme, occupation_code) in
                    (select (occupation_scheme, from_code) from redirects) then 'code_withdrawn'
                when change = 'withdrawn' then 'no_longer_in_data'
                when list_has_any(differing, {reasons}) then 'threshold'
                when list_has_all({labels}, differing) then 'labels'
                else 'figures'
            end as why,
            case when change = 'changed' then differing end as columns
        from (
            select
                row_key, {_about(table, "now", "old")},
                case when old.row_key is null then 'added' when now.row_key is null then 'withdrawn' else 'changed' end
                    as change,
                list_filter(cast([{differing}] as varchar[]), lambda name: name is not null) as differing
            from {old} as old full join {_keyed(table, table.name)} as now using (row_key)
        )
        where change <> 'changed' or len(differing) > 0"""


def _keyed(table: Table, relation: str) -> str:
    values = ", ".join(f"cast({name} as varchar)" for name in table.key)
    return f"(select *, cast(to_json([{values}]) as varchar) as row_key from {relation})"


def _about(table: Table, *sides: str) -> str:
    """The occupation a row is about; NULL where the table has none."""
    names = {"occupation_scheme": "occupation_scheme", "occupation_code": table.occupation or ""}
    known = {column.name for column in table.columns}
    return ", ".join(
        f"coalesce({', '.join(f'{side}.{name}' for side in sides)}) as {alias}"
        if name in known
        else f"cast(null as varchar) as {alias}"
        for alias, name in names.items()
    )
