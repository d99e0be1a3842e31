"""Keeps out of the warehouse what providers deliver again of persons whose records were erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from ingest.loads import loads
from ingest.registry import Source
from ingest.typing_sql import ident, literal
from lmi.core.paths import Paths
from validation.accepted import AcceptedLoad
from validation.retirement import PERSON_COLUMN, SOURCE, identity_columns


def without_erased(con: duckdb.DuckDBPyConnection, source: Source, rows: str, stones: Sequence[AcceptedLoad]) -> str:
    """The query ``rows`` of a source without the rows of any tombstone; the same query where there is none.

    Tombstones are read where they lie and are not stored in the warehouse.
    """
    if not stones or source.id == SOURCE:
        return rows
    files = ", ".join(literal(str(load.path)) for load in stones)
    named = {row[0] for row in con.execute(f"select distinct identifier_name from read_parquet([{files}])").fetchall()}
    columns = {name: name for name in (c.name for c in source.landed_columns) if name in named}
    columns |= dict.fromkeys(identity_columns(source), PERSON_COLUMN)
    tests = [
        f"not coalesce(cast({ident(column)} as varchar) in (select identifier from read_parquet([{files}])"
        f" where identifier_name = {literal(name)}), false)"
        for column, name in columns.items()
    ]
    return f"select * from ({rows}) where {' and '.join(tests)}" if tests else rows


def erased_after(paths: Paths, as_of: date) -> list[dict[str, Any]]:
    """Manifests of tombstones that came after ``as_of``: a release of that day made now is not the one issued then."""
    return [m for m in loads(paths, SOURCE) if date.fromisoformat(m["delivery_date"]) > as_of]
