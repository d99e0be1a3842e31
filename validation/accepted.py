"""What validation left for the warehouse: accepted files, found by their manifests and checked before they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ingest.landing import MANIFEST, read_manifest, verify
from ingest.registry import Source
from ingest.typing_sql import ident, literal
from lmi.core.paths import Paths

#: technical columns of accepted rows that readers use, with their types
TECHNICAL_TYPES = {
    "_source": "VARCHAR", "_load_id": "VARCHAR", "_delivery_date": "DATE", "_page": "BIGINT", "_row": "BIGINT",
    "_record_hash": "VARCHAR",
}  # fmt: skip


@dataclass(frozen=True)
class AcceptedLoad:
    """Accepted rows of one load, verified against the manifest. ``rows`` counts them."""

    path: Path
    sha256: str
    load_id: str
    delivery_date: date
    delivery_status: str
    rows: int


@dataclass(frozen=True)
class LoadCheck:
    """What validation counted in one load. ``status``: accepted or refused; ``withheld``: rows of a refused load."""

    source_id: str
    load_id: str
    delivery_date: date
    status: str
    fetched: int
    accepted: int
    quarantined: int
    duplicates: int
    withheld: int


def accepted_folder(paths: Paths, source_id: str, load_id: str) -> Path:
    return paths.accepted / source_id / load_id


def manifests(paths: Paths, source_id: str) -> list[dict[str, Any]]:
    """Results of all loads of a source, refused ones too, by delivery date and load id."""
    found = [read_manifest(p.parent) for p in (paths.accepted / source_id).glob(f"*/{MANIFEST}")]
    return sorted((m for m in found if m), key=lambda m: (m["delivery_date"], m["load_id"]))


def accepted_manifests(paths: Paths, source_id: str) -> list[dict[str, Any]]:
    """Results of accepted loads only."""
    return [m for m in manifests(paths, source_id) if m["status"] == "accepted"]


def load_checks(source_id: str, found: Sequence[Mapping[str, Any]]) -> list[LoadCheck]:
    """What validation counted in each of the loads whose ``manifests`` are given."""
    return [
        LoadCheck(
            source_id, m["load_id"], date.fromisoformat(m["delivery_date"]), m["status"],
            **{name: m["counts"][name] for name in ("fetched", "accepted", "quarantined", "duplicates")},
            withheld=m["withheld"],
        )
        for m in found
    ]  # fmt: skip


def accepted_loads(
    paths: Paths, source_id: str, until: date, known: Sequence[dict[str, Any]] | None = None
) -> list[AcceptedLoad]:
    """Accepted loads delivered up to ``until``, each file checked against its sha256. Refused loads are not among them.
    ``known``: the source's ``manifests``, where they have been read.

    Raises LandingError when a file is damaged; ``lmi quarantine replay`` makes it again from the landed rows.
    """
    found = []
    for manifest in manifests(paths, source_id) if known is None else known:
        if manifest["status"] != "accepted":
            continue
        delivered = date.fromisoformat(manifest["delivery_date"])
        if delivered > until:
            continue
        folder = accepted_folder(paths, source_id, manifest["load_id"])
        verify(folder, manifest)
        file = next(f for f in manifest["files"] if f["path"].startswith("accepted-"))
        found.append(
            AcceptedLoad(
                folder / file["path"],
                file["sha256"],
                manifest["load_id"],
                delivered,
                manifest["delivery_status"],
                file["rows"],
            )
        )
    return found


def accepted_query(source: Source, loads: list[AcceptedLoad]) -> str:
    """Query for the accepted rows of some loads; without loads it has the same columns and no rows.

    Loads under an older contract may lack a column of today's: it is NULL there.
    """
    types = {c.name: c.duckdb_type for c in source.landed_columns} | TECHNICAL_TYPES
    shape = ", ".join(f"CAST(NULL AS {kind}) AS {ident(name)}" for name, kind in types.items())
    query = f"SELECT {shape} WHERE false"
    if loads:
        files = ", ".join(literal(str(load.path)) for load in loads)
        query += f" UNION ALL BY NAME SELECT * FROM read_parquet([{files}], union_by_name = true)"
    return f"SELECT {', '.join(map(ident, types))} FROM ({query})"
