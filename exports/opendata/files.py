"""One table as Parquet, CSV and JSON: the same rows in the same order, equal bytes for equal input."""

from __future__ import annotations

from pathlib import Path

import duckdb

from exports.inert import inert_json, inert_sql, segment

FORMATS = ("parquet", "csv", "json")


def write_table(con: duckdb.DuckDBPyConnection, relation: str, order: list[str], folder: Path, name: str) -> list[Path]:
    """Write ``relation``, sorted by ``order``, as ``name`` in every format; returns the files.

    CSV: UTF-8, comma, RFC 4180, NULL is empty, text that a spreadsheet would run begins with an apostrophe. JSON: one
    array of objects. Raises ValueError for a name that cannot be a file's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{segment(name)}.{form}" for form in FORMATS]
    by = ", ".join(f'"{column}"' for column in order)
    rows = f"from {relation} order by {by}"
    columns = con.execute(f"describe {relation}").fetchall()
    cells = ", ".join(
        f'{inert_sql(chr(34) + column + chr(34))} as "{column}"' if kind == "VARCHAR" else f'"{column}"'
        for column, kind, *_ in columns
    )
    con.execute(f"copy ({rows}) to '{files[0]}' (format parquet, compression zstd)")
    con.execute(f"copy (select {cells} from ({rows})) to '{files[1]}' (format csv, header)")
    con.execute(f"copy ({rows}) to '{files[2]}' (format json, array true)")
    files[2].write_bytes(inert_json(files[2].read_bytes()))
    return files
