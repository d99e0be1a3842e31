"""Parquet files that appear whole or not at all, with what a manifest says of them."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from ingest.engine import in_order
from lmi.core.atomic import fsync_file, sha256_file

#: rows of one row group
WRITE_ROWS = 65_536


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> dict[str, Any]:
    """Streams a query into ``path``; rows keep the order of the query, or of its input without one.

    Returns path (the name), sha256, bytes and rows.
    """
    aside = path.parent / f".{path.name}.{uuid.uuid4().hex}"
    try:
        rows = 0
        with in_order(con):
            reader = con.execute(query).to_arrow_reader(WRITE_ROWS)
            with pq.ParquetWriter(aside, reader.schema, compression="zstd") as writer:
                for part in reader:
                    writer.write_batch(part)
                    rows += part.num_rows
        fsync_file(aside)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return {**described(path), "rows": rows}


def described(path: Path) -> dict[str, Any]:
    """What a manifest says of a file: path (its name), sha256, bytes."""
    return {"path": path.name, "sha256": sha256_file(path), "bytes": path.stat().st_size}
