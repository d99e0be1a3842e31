"""Landing: a delivery becomes a folder of typed rows and verbatim bytes that appears whole or not at all (decision 3).

``landing/<source>/<delivery date>/<load id>/`` holds ``rows.parquet``, ``raw/`` by the source's raw policy and, written
last, ``manifest.json``. A folder without manifest does not exist for readers; the next landing replaces it. The load id
is a hash of the content, so landing the same content again adds nothing and a correction is another load.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.delivery import Delivery, FetchContext
from ingest.door import SEALED, DoorSql, door_sql
from ingest.engine import connection, in_order
from ingest.loads import (
    MANIFEST,
    ROWS,
    LandingError,
    folder_of,
    landed_files,
    landed_values,
    load_folder,
    loads,
    read_manifest,
    rows_file,
    verify,
)
from ingest.raw import write_raw
from ingest.registry import Source
from ingest.sealed import SealedWriter, sealed_path
from ingest.typing_sql import ident, literal
from lmi.core.atomic import (
    fsync_file,
    fsync_folder,
    sha256_file,
    staged_folder,
    write_file,
)
from lmi.core.keys import KeyRing
from lmi.core.paths import Paths

#: rows per Arrow batch between DuckDB and the writers
BATCH_ROWS = 65_536
_NUMERIC = ("BIGINT", "DOUBLE")


@dataclass(frozen=True)
class Landed:
    """Outcome of one landing. ``rows`` counts typed rows; fetched = rows + malformed rows of the manifest."""

    status: Literal["landed", "unchanged"]
    load_id: str
    folder: Path
    rows: int
    manifest: dict[str, Any]


def _nothing(_step: str) -> None:
    """Default of ``on_step``."""


class _Batches:
    """The delivery's batches for DuckDB: columns of the contract, trimmed (also no-break and ideographic blanks).

    Keeps the connector's own error, which DuckDB would turn into text.
    """

    def __init__(self, delivery: Delivery) -> None:
        names = [c.name for c in delivery.source.columns]
        self.schema = pa.schema(
            [
                *((n, pa.string()) for n in names),
                ("_page", pa.int64()),
                ("_row", pa.int64()),
            ]
        )
        self.error: BaseException | None = None
        self._batches = delivery.batches

    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self.schema, self._shaped())

    def _shaped(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                arrays = []
                for field in self.schema:
                    if field.name in batch.schema.names:
                        column = batch.column(field.name)
                        column = column if column.type == field.type else column.cast(field.type)
                        arrays.append(pc.utf8_trim_whitespace(column) if field.type == pa.string() else column)
                    else:
                        arrays.append(pa.nulls(batch.num_rows, field.type))
                yield pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        except BaseException as error:
            self.error = error
            raise


def _stream(
    con: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    door: DoorSql,
    typed: Path,
    sealed: Path,
    keys: KeyRing,
) -> int:
    """One pass: typed rows to ``typed`` (Parquet), sealed columns to ``sealed``. Returns how many rows were sealed."""
    source = delivery.source
    batches = _Batches(delivery)
    con.register("delivery", batches.reader())
    identity = [n for n in door.columns if n in ("_page", "_row", "_record_hash") or n in _identity(source)]
    sealed_rows = 0
    try:
        reader = con.execute(door.sql, door.parameters).to_arrow_reader(BATCH_ROWS)
        fields = [reader.schema.field(n) for n in door.columns]
        with (
            pq.ParquetWriter(typed, pa.schema(fields), compression="lz4") as writer,
            sealed.open("wb") as out,
        ):
            zone = SealedWriter(out, keys, door.purpose, source.id) if door.purpose else None
            for batch in reader:
                writer.write_batch(batch.select(list(door.columns)))
                if zone and batch.num_rows:
                    zone.add(_sealed_rows(batch, identity, door.sealed, source))
            if zone:
                zone.close()
                sealed_rows = zone.rows
    except Exception:
        if batches.error is not None:
            raise batches.error from None
        raise
    finally:
        con.unregister("delivery")
    return sealed_rows


def _identity(source: Source) -> set[str]:
    """Landed columns that tell a sealed row's record and person: key columns and tokens."""
    tokens = {c.door.as_ or f"{c.name}_key" for c in source.columns if c.door.token}
    return tokens | set(source.landed_key)


def _sealed_rows(batch: pa.RecordBatch, identity: list[str], sealed: tuple[str, ...], source: Source) -> pa.Table:
    """Rows of the batch that have anything to seal, under contract names."""
    table = pa.Table.from_batches([batch]).select([*identity, *sealed])
    held = None
    for column in source.sealed_columns:
        present = pc.is_valid(table.column(SEALED + column.name))
        held = present if held is None else pc.or_(held, present)
    return table.filter(held).rename_columns([n.removeprefix(SEALED) for n in table.column_names])


def _stamp(typed: Path, rows: Path, load_id: str) -> None:
    """Writes ``rows`` from ``typed`` with the load id, now that it is known; batch by batch, in the order delivered."""
    with pq.ParquetFile(typed) as stage:
        place = stage.schema_arrow.get_field_index("_source") + 1
        schema = stage.schema_arrow.insert(place, pa.field("_load_id", pa.string()))
        with pq.ParquetWriter(rows, schema, compression="zstd") as writer:
            for batch in stage.iter_batches(BATCH_ROWS):
                stamped = pa.repeat(load_id, batch.num_rows)
                arrays = [*batch.columns[:place], stamped, *batch.columns[place:]]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _content_hash(con: duckdb.DuckDBPyConnection, delivery: Delivery, typed: Path) -> str:
    """12 hex digits of everything that makes this load this load; the order in which rows came plays no part."""
    source, totals = delivery.source, delivery.provider_totals or {}
    digest = hashlib.sha256()
    for part in (
        source.id,
        str(delivery.delivery_date),
        source.digest,
        delivery.status,
        str(len(delivery.malformed)),
        # equal rows under other columns or another control total are another delivery: one of them may be refused
        json.dumps([sorted(delivery.columns_seen), totals.get("rows"), totals.get("sums")], sort_keys=True),
    ):
        digest.update(part.encode() + b"\n")
    query = f"SELECT _record_hash FROM read_parquet({literal(str(typed))}) ORDER BY _record_hash"
    for batch in con.execute(query).to_arrow_reader(BATCH_ROWS):
        digest.update("\n".join(batch.column(0).to_pylist()).encode() + b"\n")
    return digest.hexdigest()[:12]


def _summary(con: duckdb.DuckDBPyConnection, delivery: Delivery, typed: Path) -> dict[str, Any]:
    """Rows, first and last event date, and the sums the provider declared, as we count them."""
    source = delivery.source
    numeric = {lc.name: lc.duckdb_type for lc in source.landed_columns if lc.duckdb_type in _NUMERIC}
    declared = [n for n in ((delivery.provider_totals or {}).get("sums") or {}) if n in numeric]
    event = source.event_date if source.event_date in {lc.name for lc in source.landed_columns} else None
    picks = ["count(*)"]
    picks += [f"min({ident(event)})::DATE", f"max({ident(event)})::DATE"] if event else ["NULL", "NULL"]
    picks += [f"sum({ident(n)}::{'HUGEINT' if numeric[n] == 'BIGINT' else 'DOUBLE'})" for n in declared]
    row = con.execute(f"SELECT {', '.join(picks)} FROM read_parquet({literal(str(typed))})").fetchone()
    assert row is not None
    sums = {n: (float(v) if isinstance(v, float) else int(v or 0)) for n, v in zip(declared, row[3:], strict=True)}
    return {
        "rows": row[0],
        "min_event_date": str(row[1]) if row[1] else None,
        "max_event_date": str(row[2]) if row[2] else None,
        "sums": sums,
    }


def mode_of(delivery: Delivery) -> str:
    """``history`` for a bulk file of the past, else ``daily``; volumes of the two are never compared."""
    return "history" if any("_history" in raw.name for raw in delivery.raw_files) else "daily"


def land(
    delivery: Delivery,
    context: FetchContext,
    now: datetime,
    code_version: str,
    on_step: Callable[[str], None] = _nothing,
) -> Landed:
    """Lands one delivery; ``now`` is written to ``_fetched_at`` and the manifest. A connector's errors pass through.

    ``on_step`` is called at ``staged``, ``raw``, ``rows``, ``sealed``, ``renamed`` and ``manifest``; after a kill at
    any there is no load, or a folder without manifest, which readers ignore and the next landing replaces.
    """
    source, paths, settings, keys = (
        delivery.source,
        context.paths,
        context.settings,
        context.keys,
    )
    scratch = paths.work / "landing" / f"{source.id}.{uuid.uuid4().hex}"
    scratch.mkdir(parents=True)
    typed, sealed = scratch / "typed.parquet", scratch / "sealed"
    try:
        with connection(settings, paths) as con:
            door = door_sql(
                source,
                "delivery",
                keys,
                delivery_date=delivery.delivery_date,
                fetched_at=now,
                timezone=settings.timezone,
            )
            with in_order(con):
                sealed_rows = _stream(con, delivery, door, typed, sealed, keys)
            load_id = f"{delivery.delivery_date:%Y%m%d}-{_content_hash(con, delivery, typed)}"
            folder = load_folder(paths, source.id, delivery.delivery_date, load_id)
            manifest = _intact(folder)
            if manifest is not None:
                delivery.done()
                return Landed("unchanged", load_id, folder, manifest["rows"], manifest)
            on_step("staged")
            summary = _summary(con, delivery, typed)
            if folder.exists():  # an earlier attempt that got no manifest, or a damaged one
                shutil.rmtree(folder)
            with staged_folder(folder, paths.work / "landing") as staged:
                raw = write_raw(delivery, staged / "raw", keys)
                on_step("raw")
                _stamp(typed, staged / ROWS, load_id)
                on_step("rows")
                files = _describe(staged, {ROWS: summary["rows"]})
                vault = _place_sealed(sealed, paths, door.purpose, source.id, load_id, sealed_rows)
                on_step("sealed")
            on_step("renamed")
        manifest = {
            "source": source.id,
            "load_id": load_id,
            "delivery_date": str(delivery.delivery_date),
            "mode": mode_of(delivery),
            "status": delivery.status,
            "contract_version": source.version,
            "contract_digest": source.digest,
            "code_version": code_version,
            "fetched_at": now.isoformat(),
            **summary,
            "fetched": summary["rows"] + len(delivery.malformed),
            "malformed": [{"page": m.page, "row": m.row, "reason": m.reason} for m in delivery.malformed],
            "columns_seen": sorted(delivery.columns_seen),
            "provider_totals": delivery.provider_totals,
            "request": delivery.request,
            "notes": delivery.notes,
            "files": files,
            "raw_policy": source.raw,
            "raw_files": raw,
            "sealed": vault,
        }
        write_file(folder / MANIFEST, _json(manifest))
        on_step("manifest")
        delivery.done()
        return Landed("landed", load_id, folder, summary["rows"], manifest)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _json(manifest: dict[str, Any]) -> bytes:
    return json.dumps(manifest, ensure_ascii=False, indent=1, default=str).encode()


def _describe(folder: Path, rows: dict[str, int]) -> list[dict[str, Any]]:
    """Every file of the folder with its hash, size and, for Parquet, rows."""
    described = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = str(path.relative_to(folder))
        described.append({"path": name, "sha256": sha256_file(path), "bytes": path.stat().st_size})
        if name in rows:
            described[-1]["rows"] = rows[name]
    return described


def _place_sealed(
    sealed: Path,
    paths: Paths,
    purpose: str | None,
    source_id: str,
    load_id: str,
    rows: int,
) -> dict[str, Any] | None:
    if purpose is None:
        return None
    target = sealed_path(paths, purpose, source_id, load_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    fsync_file(sealed)
    sealed.replace(target)
    fsync_folder(target.parent)
    return {
        "purpose": purpose,
        "path": str(target.relative_to(paths.sealed)),
        "sha256": sha256_file(target),
        "bytes": target.stat().st_size,
        "rows": rows,
    }


def _intact(folder: Path) -> dict[str, Any] | None:
    """Manifest of a load that is there and unharmed; a damaged one counts as not there, so that it is landed anew."""
    try:
        manifest = read_manifest(folder)
        if manifest is not None:
            verify(folder, manifest)
        return manifest
    except LandingError:
        return None


__all__ = [
    "MANIFEST",
    "ROWS",
    "Landed",
    "LandingError",
    "connection",
    "folder_of",
    "in_order",
    "land",
    "landed_files",
    "landed_values",
    "load_folder",
    "loads",
    "read_manifest",
    "rows_file",
    "verify",
]
