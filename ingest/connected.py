"""Which sources anybody delivers: an interface with its address and key, or a folder in the drop.

Only the national profile asks: the others start an outside world that delivers everything.
"""

from __future__ import annotations

from pathlib import Path

from ingest.registry import Source
from lmi.core.paths import Paths
from lmi.core.settings import Settings

NATIONAL = "national"


def why_not_connected(source: Source, settings: Settings) -> str | None:
    """What would have to be there for the source to come, in the national profile; None when it is connected."""
    if settings.profile != NATIONAL or has_folder(source, settings):
        return None
    unset = [] if source.connector == "file_drop" else unset_variables(source, settings)
    if source.connector != "file_drop" and not unset:
        return None
    return " and ".join([*unset, f"no folder {drop_folder(Paths.of(settings), source)}"])


def fed_by_files(source: Source, settings: Settings) -> bool:
    """The source has an interface, but no address of it is set and files of it come into the drop."""
    return has_folder(source, settings) and not has_endpoint(source, settings)


def drop_folder(paths: Paths, source: Source) -> Path:
    """Where files of the source are delivered: the providers' drop, or the home's own."""
    return (paths.own_drop if source.fetch.get("own") else paths.drop) / source.id


def has_folder(source: Source, settings: Settings) -> bool:
    return drop_folder(Paths.of(settings), source).is_dir()


def has_endpoint(source: Source, settings: Settings) -> bool:
    return any(settings.endpoints.get(name) for name in (source.provider["code"], "DEFAULT"))


def unset_variables(source: Source, settings: Settings) -> list[str]:
    """``no LMI_...`` for each setting that a call of the interface needs and that is absent or empty."""
    unset = [] if has_endpoint(source, settings) else [f"no LMI_ENDPOINT__{source.provider['code']}"]
    key = source.fetch.get("key")
    return unset + ([f"no LMI_KEY__{key.upper()}"] if key and not settings.api_keys.get(key) else [])
