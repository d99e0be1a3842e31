"""Which coders a home holds and which one is in force on a day; reads manifests only, loads no coder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ingest.landing import MANIFEST, read_manifest
from lmi.core.paths import Paths


def models_folder(paths: Paths, scheme: str) -> Path:
    return paths.models / "coding" / scheme


def latest_folder(paths: Paths, scheme: str, day: date) -> Path | None:
    """Folder of the coder of the latest training up to ``day``."""
    manifests = {file.parent: read_manifest(file.parent) for file in models_folder(paths, scheme).glob(f"*/{MANIFEST}")}
    dated = [
        (facts["trained_until"], facts["version"], folder)
        for folder, manifest in manifests.items()
        if manifest and (facts := manifest["facts"])["trained_until"] <= day.isoformat()
    ]
    return max(dated)[2] if dated else None
