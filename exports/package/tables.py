"""Tables of a package, made from the marts of a release: types as promised, small numbers and withheld parts NULL."""

from __future__ import annotations

from pathlib import Path

import duckdb

from exports.package.rights import Rights, rows_of
from exports.package.spec import Column, Guard, Package, Table
from exports.render import Unsafe
from lmi.core.inert import inert_json, inert_sql, segment
from lmi.core.sql import scalar

#: reason of a figure that rests on too few, by the code list of the column that gives it
FEW = {"null_reason": "few_persons", "conf_status": "A"}
FORMATS = ("csv", "parquet", "json")
#: what columns may be made with: the 95 % interval of a share of counts as they are told (Wilson 1927)
MACROS = """
    create or replace temp macro wilson_centre(k, n) as (k + 1.9208) / (n + 3.8416);
    create or replace temp macro wilson_half(k, n) as 1.96 * sqrt(k * (n - k) / n + 0.9604) / (n + 3.8416);
    create or replace temp macro wilson_low(k, n) as case when n > 0 then wilson_centre(k, n) - wilson_half(k, n) end;
    create or replace temp macro wilson_high(k, n) as case when n > 0 then wilson_centre(k, n) + wilson_half(k, n) end;
"""


class BrokenPromise(Exception):
    """The data do not have the shape that the package promises; the message says what to mend."""


def make_table(con: duckdb.DuckDBPyConnection, package: Package, table: Table, rights: Rights, model: str) -> None:
    """Create the temp table ``<table.name>`` from the relation ``model``; empty where ``model`` is empty text.

    Raises BrokenPromise for a code outside its list, a key that is NULL or twice; Unsafe for a small number.
    """
    con.execute(MACROS)
    if not model:
        columns = ", ".join(f'cast(null as {c.type}) as "{c.name}"' for c in table.columns)
        con.execute(f"create temp table {table.name} as select {columns} where false")
        return
    refused = [
        rows_of(table, source) for source in rights.behind(table.entities) if not rights.passes(source, "figure")
    ]
    refused += [rows_of(table, s) for name in table.key for s in rights.withheld(table, table.column(name))]
    shown = " and ".join(["true", *(f"({condition}) is not true" for condition in dict.fromkeys(refused))])
    columns = ", ".join(f'cast({_expression(table, c, rights)} as {c.type}) as "{c.name}"' for c in table.columns)
    con.execute(
        f"create temp table {table.name} as select {columns} from ({_guarded(package, table, model)}) where {shown}"
        f" order by {', '.join(table.key)}"
    )
    _check(con, package, table)


def _guarded(package: Package, table: Table, model: str) -> str:
    """Rows of the model: figures as they are told, so that no ratio tells more, and by guard which rows are hidden."""
    rounded = {
        name: f"case when {guard.only or 'true'} then cast({unit} * round({name} / {unit}) as bigint) else {name} end"
        f" as {name}"
        for guard in table.guards
        for name, unit in package.multiples(guard).items()
    }
    told = f"* replace ({', '.join(rounded.values())})" if rounded else "*"
    few = "".join(f", {_few(package, table, guard)} as is_few_{n}" for n, guard in enumerate(table.guards))
    return f"select {told}{few} from (from {model} where {table.where})"


def _expression(table: Table, column: Column, rights: Rights) -> str:
    found = column.sql or f'"{column.name}"'
    for number, guard in enumerate(table.guards):
        few = f"is_few_{number}"
        if column.name == guard.reason:
            found = f"case when {few} then '{FEW[column.codes or '']}' else {found} end"
        elif column.name in guard.hides:
            found = f"case when {few} then null else {found} end"
    for source in rights.withheld(table, column):
        found = f"case when {rows_of(table, source)} then null else {found} end"
    return found


def _few(package: Package, table: Table, guard: Guard) -> str:
    """Rows to hide. A count of zero tells of nobody unless it is rounded; contributors that are not known are few."""
    told = table.column(guard.hides[0])
    count = told.sql or told.name
    # a count cannot tell of more persons than itself
    rules = [f"least(coalesce({guard.persons}, 0), {count}) < {package.min_persons}"]
    if guard.employers:
        rules.append(f"coalesce({guard.employers}, 0) < {package.min_employers}")
    some = f"coalesce({count}, 0) > 0"
    if guard.rounds:
        rules.append(f"{count} < {1.5 * (package.rounding or 0)}")
        some = f"{count} is not null"
    return f"({guard.only or 'true'}) and {some} and ({' or '.join(rules)})"


def _check(con: duckdb.DuckDBPyConnection, package: Package, table: Table) -> None:
    for column in table.columns:
        if values := package.values(column):
            listed = ", ".join(f"'{value}'" for value in values)
            strange = con.execute(
                f"select distinct {column.name} from {table.name} where {column.name} not in ({listed}) order by 1"
            ).fetchall()
            if strange:
                raise BrokenPromise(
                    f"{table.name}.{column.name}: {', '.join(row[0] for row in strange)} not in the list"
                    f" {column.codes}. Add the codes with their labels and raise the minor version."
                )
    key = ", ".join(table.key)
    absent = " or ".join(f"{c.name} is null" for c in table.columns if c.is_required)
    if absent and (hits := scalar(con, f"select count(*) from {table.name} where {absent}")):
        raise BrokenPromise(f"{table.name}: {hits} rows lack a column that is promised. Mend the model or the package.")
    if hits := scalar(con, f"select count(*) from (select {key} from {table.name} group by all having count(*) > 1)"):
        raise BrokenPromise(f"{table.name}: {hits} keys ({key}) stand twice. Mend the model or the key.")
    for guard in table.guards:
        small = f"({guard.only or 'true'}) and {guard.hides[0]} between 1 and {package.min_persons - 1}"
        if hits := scalar(con, f"select count(*) from {table.name} where {small}"):
            raise Unsafe(f"{package.name}/{table.name}: {hits} rows tell of fewer than {package.min_persons} persons.")
        for name, unit in package.multiples(guard).items():
            exact = f"({guard.only or 'true'}) and {name} % {unit} <> 0"
            if hits := scalar(con, f"select count(*) from {table.name} where {exact}"):
                raise Unsafe(f"{package.name}/{table.name}: {hits} values of {name} are not rounded.")


def write_table(con: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    """Write the temp table as CSV, Parquet and JSON, sorted by its key, equal bytes for equal rows.

    CSV: UTF-8, RFC 4180, NULL is empty, lists are JSON, and text that a spreadsheet would run begins with an
    apostrophe. JSON: one array of objects.
    """
    rows = f"from {table.name} order by {', '.join(table.key)}"
    cells = ", ".join(f'{_cell(column)} as "{column.name}"' for column in table.columns)
    path = {form: folder / f"{segment(table.name)}.{form}" for form in FORMATS}
    con.execute(f"copy (select {cells} from ({rows})) to '{path['csv']}' (format csv, header)")
    con.execute(f"copy ({rows}) to '{path['parquet']}' (format parquet, compression zstd)")
    con.execute(f"copy ({rows}) to '{path['json']}' (format json, array true)")
    path["json"].write_bytes(inert_json(path["json"].read_bytes()))


def _cell(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type.endswith("[]"):
        return f"cast(to_json({name}) as varchar)"
    return inert_sql(name) if column.type == "varchar" else name
