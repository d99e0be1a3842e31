"""Who publishes, whom to ask and under which licence, as ``publisher.yml`` says."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from exports.package.spec import read_entry


@cache
def publisher() -> dict[str, Any]:
    """``publisher`` (ko, en), ``contact`` (address) and ``licence`` (name, title, path). Raises PackageError."""
    return read_entry(Path(__file__).with_name("publisher.yml"))
