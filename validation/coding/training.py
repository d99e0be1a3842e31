"""Training of a coder from a home: landed classifications, files at hand, and what reviewers corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.coding.coder import PRECISION, Coder, kept, load, save, train, version_of
from validation.coding.corrections import in_force, known_corrections
from validation.coding.material import gather
from validation.coding.schemes import Scheme


def train_in(
    settings: Settings,
    scheme: Scheme,
    day: date,
    files: Sequence[Path] = (),
    precision: float = PRECISION,
    **how: Any,
) -> tuple[Coder, Path]:
    """Trains on everything known up to ``day`` and keeps the coder; one of the same input is not trained again.

    Raises CodingError when there is too little to learn from, LandingError when an accepted file is damaged.
    """
    paths = Paths.of(settings)
    material = gather(settings, scheme, day, files)
    corrections = in_force(known_corrections(settings, day), scheme.id, day)
    material.correct(corrections)
    if folder := kept(paths, scheme.id, version_of(material, precision, **how)):
        return load(folder), folder
    coder = train(material, day, corrections, precision, **how)
    return coder, save(coder, paths)
