"""Do these identifiers stand anywhere in the home? Reads what is inside files, not only their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lmi.core.paths import Paths

#: below the home; the providers' files are theirs, a tombstone must know whom it keeps out, and an order whom to delete
OUTSIDE = ("drop", "landing/erasures", "accepted/erasures", "locks", "retiring")


@dataclass
class Found:
    """``places``: files that hold one of the identifiers, relative to the home."""

    places: set[str] = field(default_factory=set)
    files: int = 0
    bytes: int = 0


def scan(paths: Paths, identifiers: Iterable[str]) -> Found:
    """Look for identifiers in every file of the home: text columns of Parquet and DuckDB, bytes of everything else.
    Sealed files are encrypted; what is taken out of them is counted where they are written again."""
    wanted, found = sorted(set(identifiers)), Found()
    if not wanted:
        return found
    for path in sorted(paths.home.rglob("*")):
        relative = path.relative_to(paths.home).as_posix()
        if path.is_symlink() or not path.is_file() or _is_outside(relative):
            continue
        found.files += 1
        found.bytes += path.stat().st_size
        if _holds(path, wanted):
            found.places.add(relative)
    return found


def _is_outside(relative: str) -> bool:
    return any(relative == place or relative.startswith(f"{place}/") for place in OUTSIDE)


def _holds(path: Path, wanted: Sequence[str]) -> bool:
    with path.open("rb") as handle:
        head = handle.read(12)
    if head.startswith(b"PAR1"):
        return _parquet_holds(path, pa.array(wanted))
    if head[8:12] == b"DUCK":
        return _duckdb_holds(path, wanted)
    data = path.read_bytes()
    return any(value.encode() in data for value in wanted)


def _parquet_holds(path: Path, wanted: pa.Array) -> bool:
    with pq.ParquetFile(path) as file:
        texts = [f.name for f in file.schema_arrow if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        for batch in file.iter_batches(columns=texts) if texts else ():
            if any(pc.any(pc.is_in(column.cast(pa.string()), wanted)).as_py() for column in batch.columns):
                return True
    return False


def _duckdb_holds(path: Path, wanted: Sequence[str]) -> bool:
    with duckdb.connect(str(path), read_only=True) as con:
        columns = con.execute(
            "select c.database_name, c.schema_name, c.table_name, c.column_name from duckdb_columns() as c"
            " join duckdb_tables() as t using (database_oid, schema_oid, table_oid)"
            " where not t.internal and c.data_type = 'VARCHAR'"
        ).fetchall()
        for _, schema, table, column in columns:
            query = f'select 1 from "{schema}"."{table}" where list_contains(?, "{column}") limit 1'
            if con.execute(query, [list(wanted)]).fetchone():
                return True
    return False
