"""What the models read of the linkage: views over its files, empty where nothing was linked."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from ingest.typing_sql import literal
from validation.linkage.mentions import SHAPE, Mentions
from validation.linkage.persons import COLUMNS
from validation.linkage.pipeline import LinkedSource

#: table -> its columns: persons by source and record, employers by mention
LINKED_SHAPES = {
    "_linked_persons": {"source_id": "varchar", **dict.fromkeys(COLUMNS, "varchar"), "match_probability": "double"},
    "_linked_employers": SHAPE,
}


def create_links(con: duckdb.DuckDBPyConnection, persons: Iterable[LinkedSource], employers: Mentions | None) -> None:
    """Creates the tables of ``LINKED_SHAPES`` in schema ``landing`` as views."""
    files = {
        "_linked_persons": [
            f"select {literal(one.clients.id)} as source_id, * from read_parquet({literal(str(one.file))})"
            for one in persons
        ],
        "_linked_employers": [f"select * from read_parquet({literal(str(employers.file))})"] if employers else [],
    }
    for table, shape in LINKED_SHAPES.items():
        nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in shape.items())
        queries = [f"select {nothing} where false", *files[table]]
        con.execute(
            f"create view landing.{table} as select {', '.join(shape)} from ({' union all by name '.join(queries)})"
        )
