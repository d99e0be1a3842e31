"""Reading what has landed: manifests, checked files and values. A folder without manifest is no load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ingest.typing_sql import ident, literal
from lmi.core.atomic import sha256_file
from lmi.core.paths import Paths

MANIFEST = "manifest.json"
ROWS = "rows.parquet"


class LandingError(Exception):
    """Landed data cannot be read as it was written; the message names the file and the mend."""


def load_folder(paths: Paths, source_id: str, delivery_date: date, load_id: str) -> Path:
    return paths.landing / source_id / str(delivery_date) / load_id


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Manifest of a load folder, None when there is none. Raises LandingError when it is no JSON."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise LandingError(f"{path} is no valid JSON ({error}). Restore it from the backup, or fetch again.") from error


def verify(folder: Path, manifest: dict[str, Any]) -> None:
    """Checks size and sha256 of every file of a load. Raises LandingError naming the first that differs."""
    for entry in manifest["files"]:
        path = folder / entry["path"]
        if not path.is_file():
            raise LandingError(f"{path} is missing. Restore it from the backup, or land the delivery again.")
        if path.stat().st_size != entry["bytes"] or sha256_file(path) != entry["sha256"]:
            raise LandingError(
                f"{path} is not what was written: its sha256 differs from the manifest's."
                " Check the disk, restore the file from the backup, or land the delivery again."
            )


def loads(paths: Paths, source_id: str, until: date | None = None) -> list[dict[str, Any]]:
    """Manifests of all loads of a source up to a delivery date, in order of delivery date and load id."""
    found = []
    for path in sorted((paths.landing / source_id).glob(f"*/*/{MANIFEST}")):
        manifest = read_manifest(path.parent)
        if manifest and (until is None or date.fromisoformat(manifest["delivery_date"]) <= until):
            found.append(manifest)
    return sorted(found, key=lambda m: (m["delivery_date"], m["load_id"]))


def folder_of(paths: Paths, manifest: Mapping[str, Any]) -> Path:
    delivered = date.fromisoformat(manifest["delivery_date"])
    return load_folder(paths, manifest["source"], delivered, manifest["load_id"])


def rows_file(paths: Paths, manifest: Mapping[str, Any]) -> Path:
    """The load's typed rows: ``rows.parquet`` as landed, another name once rows were erased."""
    name = next(entry["path"] for entry in manifest["files"] if entry["path"].split(".")[0] == Path(ROWS).stem)
    return folder_of(paths, manifest) / name


def landed_files(paths: Paths, source_id: str) -> set[tuple[date, str]]:
    """Delivery date and sha256 of every raw file, as delivered, that has landed for the source.

    Bytes alone do not tell a file: those of a day without rows are those of any other such day.
    """
    return {
        (date.fromisoformat(manifest["delivery_date"]), raw["sha256"])
        for manifest in loads(paths, source_id)
        for raw in manifest["raw_files"]
    }


def landed_values(paths: Paths, source_id: str, column: str, until: date) -> list[str]:
    """Distinct non-null landed values of a column as text, sorted. Raises LandingError when a file is damaged."""
    files = []
    for manifest in loads(paths, source_id, until):
        folder = folder_of(paths, manifest)
        verify(folder, manifest)
        files.append(str(rows_file(paths, manifest)))
    if not files:
        return []
    con = duckdb.connect()
    try:
        names = ", ".join(literal(f) for f in files)
        query = (
            f"SELECT DISTINCT {ident(column)}::VARCHAR AS v FROM read_parquet([{names}], union_by_name = true)"
            " WHERE v IS NOT NULL ORDER BY v"
        )
        return [row[0] for row in con.execute(query).fetchall()]
    finally:
        con.close()
