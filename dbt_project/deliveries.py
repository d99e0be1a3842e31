"""What the models read of the deliveries themselves: checks of each load, days on which one was due, empty items.

Values are counted from the footers of the accepted files; no row is read for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from ingest.registry import Source
from ingest.typing_sql import literal
from lmi.core.schedule import due_days
from lmi.core.settings import Settings
from validation.accepted import AcceptedLoad, LoadCheck

#: months whose deliveries are looked at, the present one among them
MONTHS = 13
DELIVERY_SHAPES = {
    "_load_checks": {
        "source_id": "varchar", "load_id": "varchar", "delivery_date": "date", "status": "varchar",
        "fetched": "bigint", "accepted": "bigint", "quarantined": "bigint", "duplicates": "bigint",
        "withheld": "bigint",
    },
    "_deliveries_due": {"source_id": "varchar", "due_date": "date"},
    "_item_values": {
        "source_id": "varchar", "delivery_date": "date", "column_name": "varchar", "items": "bigint",
        "items_missing": "bigint",
    },
}  # fmt: skip


def first_day(as_of: date) -> date:
    """First day of the first month that is looked at."""
    months = as_of.year * 12 + as_of.month - MONTHS
    return date(months // 12, months % 12 + 1, 1)


def create_deliveries(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    as_of: date,
    sources: Mapping[str, Source],
    inputs: Mapping[str, Sequence[AcceptedLoad]],
    checks: Sequence[LoadCheck],
) -> None:
    """Creates the tables of ``DELIVERY_SHAPES`` in schema ``landing``."""
    for table, shape in DELIVERY_SHAPES.items():
        columns = ", ".join(f"{name} {kind}" for name, kind in shape.items())
        con.execute(f"create table landing.{table} ({columns})")
    since = first_day(as_of)
    recent = [check for check in checks if since <= check.delivery_date <= as_of]
    if recent:
        rows = [[getattr(check, name) for name in DELIVERY_SHAPES["_load_checks"]] for check in recent]
        con.executemany(f"insert into landing._load_checks values ({', '.join('?' * len(rows[0]))})", rows)
    _due(con, settings, as_of, sources, checks)
    for source in sources.values():
        loads = [load for load in inputs.get(source.id, ()) if load.delivery_date >= since]
        _items(con, source, loads)


def _due(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    as_of: date,
    sources: Mapping[str, Source],
    checks: Sequence[LoadCheck],
) -> None:
    """Days on which a delivery was due, from the first one that came. A source of our own releases has no such days."""
    began: dict[str, date] = {}
    for check in checks:
        began[check.source_id] = min(check.delivery_date, began.get(check.source_id, check.delivery_date))
    rows = [
        [source.id, day]
        for source in sources.values()
        if source.id in began and source.schedule["every"] != "release"
        for day in due_days(source.schedule["cron"], max(began[source.id], first_day(as_of)), as_of, settings.tz)
    ]
    if rows:
        con.executemany("insert into landing._deliveries_due values (?, ?)", rows)


def _items(con: duckdb.DuckDBPyConnection, source: Source, loads: Sequence[AcceptedLoad]) -> None:
    """Values and missing values of the columns that may be empty, by delivery day."""
    optional = [c.name for c in source.landed_columns if not c.contract.required]
    if not loads or not optional:
        return
    files = ", ".join(literal(str(load.path)) for load in loads)
    days = ", ".join(f"({literal(str(load.path))}, date '{load.delivery_date}')" for load in loads)
    con.execute(
        f"insert into landing._item_values select {literal(source.id)}, files.delivery_date, found.path_in_schema,"
        " sum(found.num_values), sum(found.stats_null_count)"
        f" from parquet_metadata([{files}]) as found join (values {days}) as files (file_name, delivery_date)"
        " on found.file_name = files.file_name"
        f" where list_contains([{', '.join(map(literal, optional))}], found.path_in_schema) group by all"
    )
