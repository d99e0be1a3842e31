"""The version of the code that made a thing: a hash of what is deployed, git or not."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from lmi.core.settings import PROJECT_ROOT

_ROOMS = ("lmi/core", "ingest", "validation", "dbt_project", "exports")
_SUFFIXES = {".py", ".sql", ".yml", ".yaml", ".csv", ".json", ".html", ".css", ".js", ".xml"}
_SKIP = {"target", "logs", "__pycache__", "_landing__generated.yml"}


@lru_cache(maxsize=1)
def code_version() -> str:
    """12 hex digits over the contents of all rooms that shape data; equal code gives an equal version."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((PROJECT_ROOT / room).rglob("*")):
            if path.suffix in _SUFFIXES and not _SKIP.intersection(path.parts) and path.is_file():
                digest.update(str(path.relative_to(PROJECT_ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
