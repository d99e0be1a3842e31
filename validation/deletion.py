"""How personal data is deleted so that a kill at any step does no harm: readers find every load whole at any time.

What is to be deleted is written down first (``Order``) and crossed out last, when its proof is there: what a run that
died left undone, the next does. A file that loses rows is written under a new name, and the manifest that names it
replaces the old one in one step. A load's landed rows come last: as long as they hold the person, the load is due.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Set
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.door import sealed_purpose
from ingest.loads import MANIFEST, load_folder, read_manifest
from ingest.registry import Source
from ingest.sealed import SealedWriter, read_sealed, sealed_path
from lmi.core import release as releases
from lmi.core.atomic import fsync_file, fsync_folder, sha256_file, write_file
from lmi.core.keys import KeyRing
from lmi.core.paths import Paths
from lmi.core.steps import reached
from validation.accepted import accepted_folder


@dataclass
class Order:
    """A deletion under way and what has been deleted for it so far.

    ``identifiers``: whose rows go, by column; ``gone``: tokens in ``loads`` (source/load), which go as a whole;
    ``rows``: rows deleted by source/zone/file or load. ``basis``: of an erasure, which has a tombstone; else None.
    """

    name: str
    day: str
    at: str
    identifiers: dict[str, list[str]] = field(default_factory=dict)
    basis: str | None = None
    files_before: list[str] | None = None
    gone: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    verbatim: list[str] = field(default_factory=list)
    warehouses: list[str] = field(default_factory=list)

    def save(self, paths: Paths) -> None:
        write_file(_order_file(paths, self.name), json.dumps(asdict(self), ensure_ascii=False).encode(), mode=0o600)

    def close(self, paths: Paths) -> None:
        _order_file(paths, self.name).unlink(missing_ok=True)

    def count(self, source: str, zone: str, of: str, rows: int) -> None:
        """Note deleted rows. A step that is done again finds none, and what was noted stands."""
        if rows:
            self.rows[f"{source}/{zone}/{of}"] = rows

    @property
    def rows_by_zone(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for what, rows in sorted(self.rows.items()):
            source, zone, _ = what.split("/")
            zones = found.setdefault(source, {})
            zones[zone] = zones.get(zone, 0) + rows
        return found


def _order_file(paths: Paths, name: str) -> Path:
    return paths.retiring / f"{name}.json"


def open_orders(paths: Paths) -> list[Order]:
    """Deletions that a run began and did not prove."""
    return [Order(**json.loads(file.read_text("utf-8"))) for file in sorted(paths.retiring.glob("*.json"))]


def _folder(paths: Paths, source_id: str, load_id: str) -> Path:
    return load_folder(paths, source_id, datetime.strptime(load_id[:8], "%Y%m%d").date(), load_id)


def rewrite_load(
    paths: Paths, keys: KeyRing, source: Source, manifest: dict[str, Any], hashes: Set[str], order: Order,
    *, reader: str, now: datetime,
) -> None:  # fmt: skip
    """Write what a load landed, sealed and had accepted again without the records of these hashes. Verbatim bytes of
    the load go whole."""
    load_id, landing = manifest["load_id"], _folder(paths, source.id, manifest["load_id"])
    accepted = accepted_folder(paths, source.id, load_id)
    landed, landed_rows = _rewritten(landing, manifest, hashes, order.name)
    found = read_manifest(accepted)
    result, accepted_rows = _rewritten(accepted, found, hashes, order.name) if found else (None, 0)
    sealed, sealed_rows = _resealed(paths, keys, source, manifest, hashes, reader=reader, reason=order.name, now=now)
    for zone, rows in (("landing", landed_rows), ("accepted", accepted_rows), ("sealed", sealed_rows)):
        order.count(source.id, zone, load_id, rows)
    verbatim = str(landing.relative_to(paths.home))
    if len(landed["files"]) < len(manifest["files"]) and verbatim not in order.verbatim:
        order.verbatim.append(verbatim)
    order.save(paths)
    reached("retire.aside")
    if result:
        _write(accepted, result)
    reached("retire.accepted")
    if sealed:
        target = sealed_path(paths, manifest["sealed"]["purpose"], source.id, load_id)
        sealed.replace(target)
        fsync_folder(target.parent)
        described = {"sha256": sha256_file(target), "bytes": target.stat().st_size}
        landed["sealed"] = manifest["sealed"] | described | {"rows": manifest["sealed"]["rows"] - sealed_rows}
    reached("retire.sealed")
    _write(landing, landed | {"erased_rows": manifest.get("erased_rows", 0) + landed_rows})
    reached("retire.landed")
    _sweep(accepted)
    _sweep(landing)
    reached("retire.swept")


def sweep_loads(paths: Paths, order: Order) -> None:
    """Remove what a run that died left beside the loads it was rewriting."""
    for what in order.rows:
        source_id, zone, load_id = what.split("/")
        if zone == "landing":
            _sweep(accepted_folder(paths, source_id, load_id))
            _sweep(_folder(paths, source_id, load_id))


def _rewritten(folder: Path, manifest: dict[str, Any], hashes: Set[str], reason: str) -> tuple[dict[str, Any], int]:
    """Write the folder's Parquet files anew, each under a new name; the manifest that names them, which is not written
    yet, and how many rows are gone. Counts of the manifest stay what they were when the load came."""
    files, gone = [], 0
    for entry in manifest["files"]:
        if entry["path"].endswith(".parquet"):
            entry, rows = _rewrite(folder, entry, hashes)
            gone += rows
        if not entry["path"].startswith("raw/"):
            files.append(entry)
    return manifest | {"files": files, "erased": [*manifest.get("erased", []), reason]}, gone


def _rewrite(folder: Path, entry: dict[str, Any], hashes: Set[str]) -> tuple[dict[str, Any], int]:
    """Write a file again without the records of these hashes, batch by batch; its entry, and how many rows are gone."""
    gone, aside = 0, folder / f".{entry['path']}.new"
    wanted = pa.array(sorted(hashes))
    with (
        pq.ParquetFile(folder / entry["path"]) as old,
        pq.ParquetWriter(aside, old.schema_arrow, compression="zstd") as new,
    ):
        for batch in old.iter_batches():
            mask = pc.is_in(batch.column("_record_hash"), wanted)
            gone += pc.sum(mask).as_py() or 0
            new.write_batch(batch.filter(pc.invert(mask)))
    if not gone:
        aside.unlink()
        return entry, 0
    fsync_file(aside)
    sha256 = sha256_file(aside)
    final = folder / f"{entry['path'].split('.')[0]}.{sha256[:12]}.parquet"
    aside.replace(final)
    fsync_folder(folder)
    described = {"path": final.name, "sha256": sha256, "bytes": final.stat().st_size, "rows": entry["rows"] - gone}
    return entry | described, gone


def _resealed(
    paths: Paths, keys: KeyRing, source: Source, manifest: dict[str, Any], hashes: Set[str],
    *, reader: str, reason: str, now: datetime,
) -> tuple[Path | None, int]:  # fmt: skip
    """Seal a load's direct identifiers again without these records, beside the sealed file; how many rows are gone."""
    purpose = sealed_purpose(source)
    path = sealed_path(paths, purpose, source.id, manifest["load_id"]) if purpose else None
    if purpose is None or path is None or not path.is_file():
        return None, 0
    aside, before, wanted = path.with_name(f".{path.name}.new"), 0, pa.array(sorted(hashes))
    with aside.open("wb") as out:
        writer = SealedWriter(out, keys, purpose, source.id)
        for table in read_sealed([path], paths, keys, purpose, source.id, reader=reader, reason=reason, now=now):
            before += table.num_rows
            writer.add(table.filter(pc.invert(pc.is_in(table["_record_hash"], wanted))))
        writer.close()
    fsync_file(aside)
    return aside, before - writer.rows


def _write(folder: Path, manifest: dict[str, Any]) -> None:
    write_file(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def _sweep(folder: Path) -> None:
    """Remove every file of a load that its manifest does not name."""
    manifest = read_manifest(folder)
    if manifest is None:
        return
    named = {folder / entry["path"] for entry in manifest["files"]} | {folder / MANIFEST}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in named:
            path.unlink()


def rewrite_links(file: Path, mask: pa.ChunkedArray, table: pa.Table) -> None:
    """Write a file of linked records again without the rows of the mask."""
    aside = file.with_name(f".{file.name}.new")
    pq.write_table(table.filter(pc.invert(mask)), aside, compression="zstd")
    fsync_file(aside)
    aside.replace(file)
    fsync_folder(file.parent)


def discard_load(paths: Paths, source: Source, load_id: str) -> None:
    """Take a load out of every zone, its landed rows last: until they are gone, the load is due."""
    _discard(paths, paths.vetted / source.id / load_id)
    _discard(paths, accepted_folder(paths, source.id, load_id))
    reached("retire.accepted_gone")
    if purpose := sealed_purpose(source):
        sealed_path(paths, purpose, source.id, load_id).unlink(missing_ok=True)
    _discard(paths, _folder(paths, source.id, load_id))
    reached("retire.landed_gone")


def _discard(paths: Paths, folder: Path) -> None:
    """Move a folder out of every reader's sight in one step; ``empty_discarded`` deletes it."""
    if not folder.exists():
        return
    place = paths.work / "retired" / uuid.uuid4().hex
    place.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(place)
    fsync_folder(folder.parent)


def empty_discarded(paths: Paths) -> None:
    shutil.rmtree(paths.work / "retired", ignore_errors=True)


def drop_warehouses(paths: Paths, order: Order) -> None:
    """Take the file of all layers, which holds a row per person, out of every kept release; marts and exports stay."""
    for release in releases.releases(paths):
        if not release.warehouse.is_file():
            continue
        if release.id not in order.warehouses:
            order.warehouses.append(release.id)
            order.save(paths)
        files = [entry for entry in release.manifest["files"] if entry["path"] != release.warehouse.name]
        _write(release.folder, release.manifest | {"files": files})
        reached("retire.unlisted")
        release.warehouse.unlink()
    shutil.rmtree(paths.work / "build", ignore_errors=True)
    reached("retire.warehouses")
