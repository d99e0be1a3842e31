"""Small helpers around DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb


def scalar(con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()) -> Any:
    """The single value a query answers with. Raises ValueError when it answers with no row."""
    row = con.execute(query, list(parameters)).fetchone()
    if row is None:
        raise ValueError("the query answered with no row")
    return row[0]
