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
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.door import PERSON, sealed_purpose
from ingest.loads import MANIFEST, ROWS, folder_of, loads
from ingest.pipeline import fetch_and_land
from ingest.registry import Source, sources_of
from ingest.sealed import SealedWriter, read_sealed, sealed_path
from lmi.core import release as releases
from lmi.core.atomic import sha256_file, write_file
from lmi.core.keys import KeyRing, load_keys
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.accepted import accepted_folder
from validation.pipeline import validate_loads
from validation.scan import Found, scan

SOURCE = "erasures"
STAGE = "retire"
PERSON_COLUMN = "person_key"
_READER = "retirement"
Identifiers = dict[str, set[str]]


class NotErased(Exception):
    """Something of the person is left; the message names the files. The proof says the same."""


@dataclass
class Work:
    """What was deleted: rows by source and zone (landing, accepted, sealed), whole loads, verbatim folders, files."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    verbatim: list[str] = field(default_factory=list)
    warehouses: list[str] = field(default_factory=list)

    def count(self, source: str, zone: str, rows: int) -> None:
        if rows:
            zones = self.rows.setdefault(source, {})
            zones[zone] = zones.get(zone, 0) + rows


def identity_columns(source: Source) -> list[str]:
    """Landed columns that hold the token of a resident number."""
    own = [c for c in source.columns if c.door.token == PERSON]
    return [c.door.as_ or f"{c.name}_key" for c in own]


def is_personal(source: Source) -> bool:
    """Does the source hold personal data of any class? The tombstones do not count: they are what keeps it out."""
    return source.id != SOURCE and any(column.classification != "none" for column in source.columns)


def erase(settings: Settings, person: str, *, day: date, now: datetime, basis: str, reader: str) -> dict[str, Any]:
    """Erase the person of this token on working day ``day``; the proof. ``reader``: who reads the sealed zone for it.

    Raises NotErased when the scan finds anything left, BusyError while something else is at work.
    """
    paths, keys = Paths.of(settings), load_keys(settings)
    erasure = f"E{day:%Y%m%d}-{hashlib.sha256(f'{person}{now.isoformat()}'.encode()).hexdigest()[:8]}"
    with exclusive(paths.locks, "release", f"erasure {erasure}"):
        found = _closure(settings, paths, {PERSON_COLUMN: {person}})
        before = scan(paths, _values(found))
        _land_tombstone(settings, paths, erasure, found, day, now, basis)
        work = _apply(settings, paths, keys, found, reader=reader, reason=erasure, now=now)
        _drop_warehouses(paths, work)
        return _prove(settings, paths, erasure, work, _values(found), before, day, now)


def retire(settings: Settings, day: date, now: datetime) -> dict[str, Any] | None:
    """Delete what has been kept for its term on ``day`` and what tombstoned persons have been delivered with since; the
    proof, None when there was nothing to delete. Raises as ``erase``."""
    paths, keys = Paths.of(settings), load_keys(settings)
    with exclusive(paths.locks, "release", f"retirement of {day}"):
        work = Work()
        gone = _expired(settings, paths, day, work)
        stones = tombstones(paths)
        if stones:
            found = _closure(settings, paths, stones)
            again = _apply(settings, paths, keys, found, reader=_READER, reason=f"retirement of {day}", now=now)
            work.rows |= again.rows
            work.verbatim += again.verbatim
        if not work.loads and not work.rows:
            return None
        _drop_warehouses(paths, work)
        return _prove(settings, paths, f"R{day:%Y%m%d}", work, gone | _values(stones), None, day, now)


def tombstones(paths: Paths) -> Identifiers:
    """Identifiers of everybody who was erased, by column."""
    found: Identifiers = {}
    for manifest in loads(paths, SOURCE):
        table = pq.read_table(folder_of(paths, manifest) / ROWS, columns=["identifier_name", "identifier"])
        for name, value in zip(*(column.to_pylist() for column in table.columns), strict=True):
            found.setdefault(name, set()).add(value)
    return found


def _values(identifiers: Identifiers) -> set[str]:
    return set().union(*identifiers.values())


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
        yield from pq.ParquetFile(folder_of(paths, manifest) / ROWS).iter_batches()


def _apply(
    settings: Settings, paths: Paths, keys: KeyRing, found: Identifiers, *, reader: str, reason: str, now: datetime
) -> Work:
    """Write every file that holds the person again without them."""
    work = Work()
    for source in sources_of(settings.profile).values():
        if source.id == SOURCE:
            continue
        for manifest in loads(paths, source.id):
            folder = folder_of(paths, manifest)
            hashes = _hashes(folder / ROWS, source, found)
            if not hashes:
                continue
            work.count(source.id, "landing", _rewrite(folder / ROWS, hashes))
            if manifest["raw_files"] and (folder / "raw").is_dir():
                shutil.rmtree(folder / "raw")
                work.verbatim.append(str(folder.relative_to(paths.home)))
            _reseal(paths, keys, source, manifest, hashes, work, reader=reader, reason=reason, now=now)
            _redescribe(folder, reason)
            accepted = accepted_folder(paths, source.id, manifest["load_id"])
            for file in sorted(accepted.glob("*.parquet")):
                work.count(source.id, "accepted", _rewrite(file, hashes))
            if accepted.is_dir():
                _redescribe(accepted, reason)
    for file, clients in _linked(settings, paths):
        table = pq.read_table(file)
        mask = pc.is_in(table[PERSON_COLUMN], pa.array(sorted(found[PERSON_COLUMN])))
        if pc.any(mask).as_py():
            pq.write_table(table.filter(pc.invert(mask)), file, compression="zstd")
            work.count(clients.id, "linked", pc.sum(mask).as_py())
    return work


def _hashes(file: Path, source: Source, found: Identifiers) -> set[str]:
    """Hashes of the person's records in a file of landed rows."""
    hashes: set[str] = set()
    for batch in pq.ParquetFile(file).iter_batches():
        mask = _mask(batch, source, found)
        if mask is not None:
            hashes.update(batch.filter(mask).column("_record_hash").to_pylist())
    return hashes


def _rewrite(file: Path, hashes: set[str]) -> int:
    """Write a file again without the records of these hashes, batch by batch; how many rows are gone."""
    gone, aside = 0, file.with_name(f".{file.name}.new")
    wanted = pa.array(sorted(hashes))
    with pq.ParquetFile(file) as old, pq.ParquetWriter(aside, old.schema_arrow, compression="zstd") as new:
        for batch in old.iter_batches():
            mask = pc.is_in(batch.column("_record_hash"), wanted)
            gone += pc.sum(mask).as_py() or 0
            new.write_batch(batch.filter(pc.invert(mask)))
    aside.replace(file)
    return gone


def _reseal(
    paths: Paths, keys: KeyRing, source: Source, manifest: dict[str, Any], hashes: set[str], work: Work,
    *, reader: str, reason: str, now: datetime,
) -> None:  # fmt: skip
    """Seal a load's direct identifiers again without the person; the read is on the access log."""
    purpose = sealed_purpose(source)
    path = sealed_path(paths, purpose, source.id, manifest["load_id"]) if purpose else None
    if purpose is None or path is None or not path.is_file():
        return
    aside, kept, wanted = path.with_name(f".{path.name}.new"), 0, pa.array(sorted(hashes))
    with aside.open("wb") as out:
        writer, before = SealedWriter(out, keys, purpose, source.id), 0
        for table in read_sealed([path], paths, keys, purpose, source.id, reader=reader, reason=reason, now=now):
            before += table.num_rows
            writer.add(table.filter(pc.invert(pc.is_in(table["_record_hash"], wanted))))
        writer.close()
        kept = writer.rows
    aside.replace(path)
    work.count(source.id, "sealed", before - kept)


def _redescribe(folder: Path, reason: str) -> None:
    """Hashes, sizes and rows of the manifest as the files are now, and why they changed. Counts stay what they were
    when the load came."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text("utf-8"))
    described = []
    for entry in manifest["files"]:
        file = folder / entry["path"]
        if not file.is_file():
            continue
        rows = {"rows": pq.read_metadata(file).num_rows} if file.suffix == ".parquet" else {}
        described.append(entry | {"sha256": sha256_file(file), "bytes": file.stat().st_size} | rows)
    manifest["files"] = described
    manifest["erased"] = [*manifest.get("erased", []), reason]
    write_file(path, json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def _expired(settings: Settings, paths: Paths, day: date, work: Work) -> set[str]:
    """Remove loads of personal data delivered longer ago than their source's retention; tokens that no other holds."""
    personal = [source for source in sources_of(settings.profile).values() if is_personal(source)]
    landed = [
        (source, manifest, _is_over(source, manifest, day))
        for source in personal
        for manifest in loads(paths, source.id)
    ]
    if not any(over for _, _, over in landed):
        return set()
    gone: set[str] = set()
    kept: set[str] = set()
    for source, manifest, over in landed:
        folder = folder_of(paths, manifest)
        (gone if over else kept).update(_tokens(folder / ROWS, source))
        if over:
            work.loads.append(f"{source.id}/{manifest['load_id']}")
            work.count(source.id, "landing", pq.read_metadata(folder / ROWS).num_rows)
            accepted = accepted_folder(paths, source.id, manifest["load_id"])
            for file in accepted.glob("accepted-*.parquet"):
                work.count(source.id, "accepted", pq.read_metadata(file).num_rows)
            purpose = sealed_purpose(source)
            if purpose:
                sealed_path(paths, purpose, source.id, manifest["load_id"]).unlink(missing_ok=True)
                work.count(source.id, "sealed", (manifest.get("sealed") or {}).get("rows", 0))
            # the manifest first: without it a load does not exist
            for place in (folder, accepted, paths.vetted / source.id / manifest["load_id"]):
                (place / MANIFEST).unlink(missing_ok=True)
                shutil.rmtree(place, ignore_errors=True)
    expired = {source.id for source, _, over in landed if over}
    for folder in paths.linked.glob("*/*"):  # found anew for the next release, from what is left
        if expired & {folder.parent.name, folder.name}:
            shutil.rmtree(folder)
    return gone - kept


def _is_over(source: Source, manifest: Mapping[str, Any], day: date) -> bool:
    delivered = date.fromisoformat(manifest["delivery_date"])
    return delivered.replace(year=delivered.year + source.retention["years"], day=min(delivered.day, 28)) < day


def _tokens(file: Path, source: Source) -> set[str]:
    names = identity_columns(source)
    if not names:
        return set()
    table = pq.read_table(file, columns=names)
    return {token for name in names for token in pc.unique(table[name]).to_pylist() if token}


def _drop_warehouses(paths: Paths, work: Work) -> None:
    """Take the file of all layers, which holds a row per person, out of every kept release; marts and exports stay."""
    for release in releases.releases(paths):
        if not release.warehouse.is_file():
            continue
        release.warehouse.unlink()
        manifest = {**release.manifest}
        manifest["files"] = [entry for entry in manifest["files"] if entry["path"] != release.warehouse.name]
        write_file(release.folder / releases.MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        work.warehouses.append(release.id)
    shutil.rmtree(paths.work / "build", ignore_errors=True)


def _land_tombstone(
    settings: Settings, paths: Paths, erasure: str, found: Identifiers, day: date, now: datetime, basis: str
) -> None:
    """Deliver the tombstone to the drop folder and land it as any source."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("erasure_id", "identifier_name", "identifier", "legal_basis", "erased_date", "erased_at"))
    rows = [(name, value) for name, values in sorted(found.items()) for value in sorted(values)]
    at = now.astimezone(settings.tz).strftime("%Y-%m-%d %H:%M:%S")
    writer.writerows((erasure, name, value, basis, day.isoformat(), at) for name, value in rows)
    file, data = paths.drop / SOURCE / f"{SOURCE}_{day:%Y%m%d}_{erasure}.csv", out.getvalue().encode()
    control = {"rows": len(rows), "sha256": hashlib.sha256(data).hexdigest()}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file.with_name(file.name + ".ctl"), json.dumps(control).encode())
    write_file(file, data)
    validate_loads(settings, SOURCE, fetch_and_land(settings, SOURCE, day), day)


def _prove(
    settings: Settings, paths: Paths, name: str, work: Work, values: Iterable[str], before: Found | None, day: date,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Look for what should be gone, write the proof, and put its hash into the ledger. Raises NotErased."""
    after = scan(paths, set(values))
    proof = {
        "name": name,
        "day": day.isoformat(),
        "at": now.isoformat(timespec="seconds"),
        "rows_deleted": work.rows,
        "loads_deleted": work.loads,
        "verbatim_deleted": work.verbatim,
        "warehouses_deleted": work.warehouses,
        "identifiers": len(set(values)),
        "files_before": sorted(before.places) if before else None,
        "files_scanned": after.files,
        "bytes_scanned": after.bytes,
        "left": sorted(after.places),
        "not_scanned": ["drop (the providers' own)", f"landing/{SOURCE}", f"accepted/{SOURCE}"],
    }
    data = json.dumps(proof, ensure_ascii=False, indent=1).encode()
    file = paths.proofs / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file, data)
    with Ledger(paths.ledger).stage(STAGE, day, None) as stage:
        stage.detail |= {"proof": file.name, "sha256": hashlib.sha256(data).hexdigest(), "rows_deleted": work.rows}
        if after.places:
            raise NotErased(f"{name}: found again in {', '.join(sorted(after.places))}. See {file}.")
    return proof | {"file": str(file)}
