"""Deletes personal data: what has been kept for its term, and what a person asked to have erased; with proof.

Deletion is deletion (PIPA art. 21 and 36): files are written again without the rows, not only filtered. Verbatim bytes
of a load that held the person go as a whole, because a provider's file cannot be rewritten; its typed rows stay. A
tombstone, landed like any delivery, keeps out what providers deliver again: the warehouse stays a function of landing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.door import PERSON
from ingest.loads import loads, rows_file
from ingest.pipeline import fetch_and_land
from ingest.registry import Source, sources_of
from lmi.core.atomic import write_file
from lmi.core.keys import KeyRing, load_keys
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from lmi.core.steps import reached
from validation.accepted import accepted_folder
from validation.deletion import (
    Order,
    discard_load,
    drop_warehouses,
    empty_discarded,
    open_orders,
    rewrite_links,
    rewrite_load,
    sweep_loads,
)
from validation.pipeline import validate_loads
from validation.scan import scan

SOURCE = "erasures"
STAGE = "retire"
PERSON_COLUMN = "person_key"
_READER = "retirement"
Identifiers = dict[str, set[str]]


class NotErased(Exception):
    """Something of the person is left; the message names the files. The proof says the same."""


def identity_columns(source: Source) -> list[str]:
    """Landed columns that hold the token of a resident number."""
    own = [c for c in source.columns if c.door.token == PERSON]
    return [c.door.as_ or f"{c.name}_key" for c in own]


def is_personal(source: Source) -> bool:
    """Does the source hold personal data of any class? The tombstones do not count: they are what keeps it out."""
    return source.id != SOURCE and any(column.classification != "none" for column in source.columns)


def erase(settings: Settings, person: str, *, day: date, now: datetime, basis: str, reader: str) -> dict[str, Any]:
    """Erase the person of this token on working day ``day``; the proof. ``reader``: who reads the sealed zone for it.

    Finishes first what a run that died left undone. Raises NotErased when the scan finds anything left, BusyError while
    something else is at work.
    """
    paths, keys = Paths.of(settings), load_keys(settings)
    name = f"E{day:%Y%m%d}-{hashlib.sha256(f'{person}{now.isoformat()}'.encode()).hexdigest()[:8]}"
    with exclusive(paths.locks, "release", f"erasure {name}"):
        for order in open_orders(paths):
            proof = _carry_out(settings, paths, keys, order, reader=reader, now=now)
            if order.basis is not None and order.identifiers[PERSON_COLUMN] == [person]:
                return proof
        found = _closure(settings, paths, {PERSON_COLUMN: {person}})
        order = Order(name, day.isoformat(), now.isoformat(timespec="seconds"), _listed(found), basis)
        order.files_before = sorted(scan(paths, _values(found)).places)
        order.save(paths)
        reached("retire.ordered")
        return _carry_out(settings, paths, keys, order, reader=reader, now=now)


def retire(settings: Settings, day: date, now: datetime) -> dict[str, Any] | None:
    """Finish what a run that died left undone, then delete what has been kept for its term on ``day`` and what
    tombstoned persons have been delivered with since; the last proof, None when there was nothing to delete. Raises as
    ``erase``."""
    paths, keys = Paths.of(settings), load_keys(settings)
    proof = None
    with exclusive(paths.locks, "release", f"retirement of {day}"):
        for order in open_orders(paths):
            proof = _carry_out(settings, paths, keys, order, reader=_READER, now=now)
        order = Order(f"R{day:%Y%m%d}", day.isoformat(), now.isoformat(timespec="seconds"))
        _expire(settings, paths, day, order)
        if stones := tombstones(paths):
            found = _closure(settings, paths, stones)
            if any(True for hits in (_hits, _linked_hits) for _ in hits(settings, paths, found)):
                order.identifiers = _listed(found)
        if order.loads or order.identifiers:
            order.save(paths)
            reached("retire.ordered")
            proof = _carry_out(settings, paths, keys, order, reader=_READER, now=now)
    return proof


def tombstones(paths: Paths) -> Identifiers:
    """Identifiers of everybody who was erased, by column."""
    found: Identifiers = {}
    for manifest in loads(paths, SOURCE):
        table = pq.read_table(rows_file(paths, manifest), columns=["identifier_name", "identifier"])
        for name, value in zip(*(column.to_pylist() for column in table.columns), strict=True):
            found.setdefault(name, set()).add(value)
    return found


def _values(identifiers: Identifiers) -> set[str]:
    return set().union(*identifiers.values())


def _listed(identifiers: Identifiers) -> dict[str, list[str]]:
    return {name: sorted(values) for name, values in sorted(identifiers.items())}


def _mask(batch: pa.RecordBatch | pa.Table, source: Source, identifiers: Identifiers) -> pa.Array | None:
    """Rows of the person; None when the source has no column that could tell."""
    columns = {name: identifiers.get(PERSON_COLUMN, set()) for name in identity_columns(source)}
    columns |= {name: values for name, values in identifiers.items() if name in batch.schema.names}
    found = None
    for name, values in columns.items():
        if name not in batch.schema.names or not values:
            continue
        hit = pc.fill_null(pc.is_in(batch.column(name).cast(pa.string()), pa.array(sorted(values))), False)
        found = hit if found is None else pc.or_(found, hit)
    return found


def _closure(settings: Settings, paths: Paths, start: Mapping[str, set[str]]) -> Identifiers:
    """The person's numbers in all registers: keys of records found by a token or by a number found before.

    Sources of one entity number alike: others refer to a record of either by one name."""
    found: Identifiers = {name: set(values) for name, values in start.items()}
    personal = [s for s in sources_of(settings.profile).values() if s.id != SOURCE and len(s.landed_key) == 1]
    while True:
        known = sum(map(len, found.values()))
        for file, clients in _linked(settings, paths):
            table = pq.read_table(file, columns=["record_id", PERSON_COLUMN])
            hits = table.filter(pc.is_in(table[PERSON_COLUMN], pa.array(sorted(found[PERSON_COLUMN]))))
            _add(found, personal, clients, hits["record_id"].to_pylist())
        for source in personal:
            for batch in _batches(paths, source):
                mask = _mask(batch, source, found)
                if mask is not None and pc.any(mask).as_py():
                    _add(found, personal, source, batch.filter(mask).column(source.landed_key[0]).to_pylist())
        found = {name: values for name, values in found.items() if values}
        if sum(map(len, found.values())) == known:
            return found


def _add(found: Identifiers, sources: Iterable[Source], source: Source, numbers: Iterable[object]) -> None:
    told = set(map(str, numbers))
    for other in sources:
        if other.entity == source.entity:
            found.setdefault(other.landed_key[0], set()).update(told)


def _linked(settings: Settings, paths: Paths) -> Iterator[tuple[Path, Source]]:
    known = sources_of(settings.profile)
    for file in sorted(paths.linked.glob("*/*/*.parquet")):
        clients = known.get(file.parent.parent.name)
        if clients and PERSON_COLUMN in pq.read_schema(file).names:
            yield file, clients


def _batches(paths: Paths, source: Source) -> Iterator[pa.RecordBatch]:
    for manifest in loads(paths, source.id):
        yield from pq.ParquetFile(rows_file(paths, manifest)).iter_batches()


def _hits(settings: Settings, paths: Paths, found: Identifiers) -> Iterator[tuple[Source, dict[str, Any], set[str]]]:
    """Loads that hold the person, with the hashes of their records."""
    for source in sources_of(settings.profile).values():
        for manifest in loads(paths, source.id) if source.id != SOURCE else ():
            if hashes := _hashes(rows_file(paths, manifest), source, found):
                yield source, manifest, hashes


def _linked_hits(
    settings: Settings, paths: Paths, found: Identifiers
) -> Iterator[tuple[Source, Path, pa.Table, pa.ChunkedArray]]:
    """Files of linked records that hold the person, with the mask of their rows."""
    for file, clients in _linked(settings, paths):
        table = pq.read_table(file)
        mask = pc.is_in(table[PERSON_COLUMN], pa.array(sorted(found.get(PERSON_COLUMN, ()))))
        if pc.any(mask).as_py():
            yield clients, file, table, mask


def _carry_out(
    settings: Settings, paths: Paths, keys: KeyRing, order: Order, *, reader: str, now: datetime
) -> dict[str, Any]:
    """Do what is left of an order; the proof. Every step may have been done before."""
    known = sources_of(settings.profile)
    empty_discarded(paths)
    sweep_loads(paths, order)
    if order.basis is not None and not _stands(paths, order):
        _land_tombstone(settings, order)
    reached("retire.tombstone")
    for load in order.loads:
        source_id, load_id = load.split("/")
        with _alone_at(paths, source_id, order):
            discard_load(paths, known[source_id], load_id)
    expired = {load.split("/")[0] for load in order.loads}
    for folder in paths.linked.glob("*/*"):  # found anew for the next release, from what is left
        if expired & {folder.parent.name, folder.name}:
            shutil.rmtree(folder)
    empty_discarded(paths)
    if order.identifiers:
        found = _closure(settings, paths, {name: set(values) for name, values in order.identifiers.items()})
        for source, manifest, hashes in _hits(settings, paths, found):
            with _alone_at(paths, source.id, order):
                rewrite_load(paths, keys, source, manifest, hashes, order, reader=reader, now=now)
        for clients, file, table, mask in _linked_hits(settings, paths, found):
            order.count(clients.id, "linked", file.stem, pc.sum(mask).as_py())
            order.save(paths)
            rewrite_links(file, mask, table)
        order.identifiers = _listed(found)
    drop_warehouses(paths, order)
    return _prove(settings, paths, order, now)


@contextmanager
def _alone_at(paths: Paths, source_id: str, order: Order) -> Iterator[None]:
    """Nobody lands or validates the source meanwhile. Raises BusyError; the next run goes on from there."""
    holder = f"deletion {order.name}"
    with (
        exclusive(paths.locks, f"land-{source_id}", holder),
        exclusive(paths.locks, f"validate-{source_id}", holder),
    ):
        yield


def _hashes(file: Path, source: Source, found: Identifiers) -> set[str]:
    """Hashes of the person's records in a file of landed rows."""
    hashes: set[str] = set()
    for batch in pq.ParquetFile(file).iter_batches():
        mask = _mask(batch, source, found)
        if mask is not None:
            hashes.update(batch.filter(mask).column("_record_hash").to_pylist())
    return hashes


def _expire(settings: Settings, paths: Paths, day: date, order: Order) -> None:
    """Name in the order the loads of personal data delivered longer ago than their source's retention, with their rows
    and the tokens that no other load holds."""
    personal = [source for source in sources_of(settings.profile).values() if is_personal(source)]
    landed = [(source, manifest) for source in personal for manifest in loads(paths, source.id)]
    over = [(source, manifest) for source, manifest in landed if _is_over(source, manifest, day)]
    for source, manifest in over:
        load_id = manifest["load_id"]
        order.loads.append(f"{source.id}/{load_id}")
        order.count(source.id, "landing", load_id, pq.read_metadata(rows_file(paths, manifest)).num_rows)
        files = accepted_folder(paths, source.id, load_id).glob("accepted-*.parquet")
        order.count(source.id, "accepted", load_id, sum(pq.read_metadata(file).num_rows for file in files))
        order.count(source.id, "sealed", load_id, (manifest.get("sealed") or {}).get("rows", 0))
    if over:
        gone = set().union(*(_tokens(rows_file(paths, manifest), source) for source, manifest in over))
        order.gone = sorted(gone)


def _is_over(source: Source, manifest: Mapping[str, Any], day: date) -> bool:
    delivered = date.fromisoformat(manifest["delivery_date"])
    return delivered.replace(year=delivered.year + source.retention["years"], day=min(delivered.day, 28)) < day


def _tokens(file: Path, source: Source) -> set[str]:
    names = identity_columns(source)
    if not names:
        return set()
    table = pq.read_table(file, columns=names)
    return {token for name in names for token in pc.unique(table[name]).to_pylist() if token}


def _stands(paths: Paths, order: Order) -> bool:
    """Have tombstones landed for everything the order names?"""
    landed = tombstones(paths)
    return all(set(values) <= landed.get(name, set()) for name, values in order.identifiers.items())


def _land_tombstone(settings: Settings, order: Order) -> None:
    """Deliver the tombstone to the home's own drop folder and land it as any source."""
    day, at = date.fromisoformat(order.day), datetime.fromisoformat(order.at)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("erasure_id", "identifier_name", "identifier", "legal_basis", "erased_date", "erased_at"))
    rows = [(name, value) for name, values in sorted(order.identifiers.items()) for value in values]
    erased_at = at.astimezone(settings.tz).strftime("%Y-%m-%d %H:%M:%S")
    writer.writerows((order.name, name, value, order.basis, order.day, erased_at) for name, value in rows)
    drop = Paths.of(settings).own_drop / SOURCE
    file, data = drop / f"{SOURCE}_{day:%Y%m%d}_{order.name}.csv", out.getvalue().encode()
    control = {"rows": len(rows), "sha256": hashlib.sha256(data).hexdigest()}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file.with_name(file.name + ".ctl"), json.dumps(control).encode())
    write_file(file, data)
    validate_loads(settings, SOURCE, fetch_and_land(settings, SOURCE, day), day)


def _prove(settings: Settings, paths: Paths, order: Order, now: datetime) -> dict[str, Any]:
    """Look for what should be gone, write the proof, put its hash into the ledger and close the order. Raises
    NotErased."""
    values = _values({name: set(values) for name, values in order.identifiers.items()})
    values |= _gone(settings, paths, order)
    after = scan(paths, values)
    day = date.fromisoformat(order.day)
    proof = {
        "name": order.name,
        "day": order.day,
        "ordered_at": order.at,
        "at": now.isoformat(timespec="seconds"),
        "rows_deleted": order.rows_by_zone,
        "loads_deleted": order.loads,
        "verbatim_deleted": order.verbatim,
        "warehouses_deleted": order.warehouses,
        "identifiers": len(values),
        "files_before": order.files_before,
        "files_scanned": after.files,
        "bytes_scanned": after.bytes,
        "left": sorted(after.places),
        "not_scanned": ["drop (the providers' own)", f"landing/{SOURCE}", f"accepted/{SOURCE}", "retiring (the order)"],
    }
    data = json.dumps(proof, ensure_ascii=False, indent=1).encode()
    file = paths.proofs / f"{order.name}-{hashlib.sha256(data).hexdigest()[:12]}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file, data)
    reached("retire.proved")
    with Ledger(paths.ledger).stage(STAGE, day, None) as stage:
        stage.detail |= {"proof": file.name, "sha256": hashlib.sha256(data).hexdigest(),
                         "rows_deleted": order.rows_by_zone}  # fmt: skip
        order.close(paths)
        if after.places:
            raise NotErased(f"{order.name}: found again in {', '.join(sorted(after.places))}. See {file}.")
    return proof | {"file": str(file)}


def _gone(settings: Settings, paths: Paths, order: Order) -> set[str]:
    """Tokens of the deleted loads that no load left holds."""
    gone = set(order.gone)
    for source in sources_of(settings.profile).values() if gone else ():
        for manifest in loads(paths, source.id) if is_personal(source) else ():
            gone -= _tokens(rows_file(paths, manifest), source)
    return gone
