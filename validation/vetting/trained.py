"""Which models of reliability and of occupations a home holds, and which is in force; reads manifests only."""

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
    """Models of reliability of a home, oldest first."""
    return _trained_in(models_folder(paths))


def trained_coders(paths: Paths, scheme: str) -> tuple[Trained, ...]:
    """Coders of a scheme (``lmi code train``), oldest first."""
    return _trained_in(paths.models / "coding" / scheme)


def _trained_in(folder: Path) -> tuple[Trained, ...]:
    manifests = {file.parent: read_manifest(file.parent) for file in folder.glob(f"*/{MANIFEST}")}
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
