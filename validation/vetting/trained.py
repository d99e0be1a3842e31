"""Which reliability models a home holds and which one is in force on a day; reads manifests only, loads no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingest.landing import MANIFEST, read_manifest
from lmi.core.paths import Paths


@dataclass(frozen=True, order=True)
class Trained:
    """One model: the last day whose decisions it learnt from, and the hash of what it was trained on."""

    until: date
    version: str
    folder: Path


def models_folder(paths: Paths) -> Path:
    return paths.models / "reliability"


def trained_models(paths: Paths) -> tuple[Trained, ...]:
    """Models of a home, oldest first."""
    manifests = {file.parent: read_manifest(file.parent) for file in models_folder(paths).glob(f"*/{MANIFEST}")}
    return tuple(
        sorted(
            Trained(date.fromisoformat(m["facts"]["trained_until"]), m["facts"]["version"], folder)
            for folder, m in manifests.items()
            if m
        )
    )


def in_force(models: Sequence[Trained], day: date) -> Trained | None:
    """The model that learnt from the latest decisions up to ``day``; a later one never judges what came before it."""
    return max((model for model in models if model.until <= day), default=None)
