"""DuckDB as landing and validation use it: in memory, in UTC, within the settings' limits."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from lmi.core.paths import Paths
from lmi.core.settings import Settings


@contextmanager
def connection(settings: Settings, paths: Paths) -> Iterator[duckdb.DuckDBPyConnection]:
    """In-memory DuckDB in UTC within the settings' limits; what does not fit goes to the work folder."""
    spill = paths.work / "duckdb" / uuid.uuid4().hex
    spill.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
        }
    )
    try:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")
        yield con
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


@contextmanager
def in_order(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Streams results in the order of their input: several threads hand over batches as they finish them."""
    before = con.execute("SELECT current_setting('threads')").fetchone()
    con.execute("SET threads = 1")
    try:
        yield
    finally:
        con.execute(f"SET threads = {before[0] if before else 1}")
