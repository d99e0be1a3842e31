"""Releases: folders that appear whole, and one pointer that flips last (design decision 2)."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lmi.core.atomic import fsync_file, fsync_folder, sha256_file, write_file
from lmi.core.paths import Paths
from lmi.core.steps import reached

MANIFEST = "manifest.json"
#: when the day's release is built in any case
AT_LATEST = "45 5 * * *"


class ReleaseError(Exception):
    """A release cannot be published, found or trusted; the message says why and what to do (exit code 1)."""


@dataclass(frozen=True)
class Release:
    """A published release folder and its manifest."""

    id: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def marts(self) -> Path:
        return self.folder / "marts.duckdb"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"


def read_release(folder: Path) -> Release | None:
    """The release in ``folder``, None when it has no manifest and so does not exist."""
    path = folder / MANIFEST
    return Release(folder.name, folder, json.loads(path.read_text("utf-8"))) if path.is_file() else None


def releases(paths: Paths) -> list[Release]:
    """Published releases, oldest as-of first."""
    if not paths.releases.is_dir():
        return []
    folders = (p for p in paths.releases.iterdir() if p.is_dir() and not p.is_symlink() and not p.name.startswith("."))
    found = [r for folder in folders if (r := read_release(folder))]
    return sorted(found, key=lambda r: (r.manifest["as_of"], r.manifest["built_at"], r.id))


def current(paths: Paths) -> Release | None:
    """The release readers see. The link is resolved once, so all of an answer comes from one release."""
    try:
        folder = paths.current_release.resolve(strict=True)
    except FileNotFoundError:
        return None
    return read_release(folder)


def require_current(paths: Paths) -> Release:
    release = current(paths)
    if release is None:
        raise ReleaseError(f"No release is published in {paths.releases}. Run `lmi run` first.")
    return release


def point_to(paths: Paths, release: Release) -> None:
    """Flip the pointer in one step: a reader sees the old or the new release, never none."""
    aside = paths.releases / f".current.{uuid.uuid4().hex}"
    os.symlink(release.folder.name, aside)
    os.replace(aside, paths.current_release)
    fsync_folder(paths.releases)


def publish(
    paths: Paths, staged: Path, release_id: str, manifest: dict[str, Any], keep: int, audit: Callable[[Path], None]
) -> Release:
    """Hash, audit, move and flip. ``staged`` is a finished folder on the same filesystem.

    The pointer moves only forward in as-of: a rebuilt past release is kept beside the current one. Raises whatever
    ``audit`` raises; nothing has moved then.
    """
    reached("publish.assembled")
    files = [p for p in sorted(staged.rglob("*")) if p.is_file() and p.name != MANIFEST]
    for path in files:
        fsync_file(path)
    manifest["files"] = [
        {"path": str(p.relative_to(staged)), "sha256": sha256_file(p), "bytes": p.stat().st_size} for p in files
    ]
    write_file(staged / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1, default=str).encode())
    reached("publish.manifest")
    audit(staged)
    final = paths.releases / release_id
    paths.releases.mkdir(parents=True, exist_ok=True)
    os.rename(staged, final)
    fsync_folder(paths.releases)
    reached("publish.renamed")
    adopt(paths, release_id)
    reached("publish.flipped")
    prune(paths, keep, spare=release_id)
    reached("publish.pruned")
    return Release(release_id, final, manifest)


def adopt(paths: Paths, release_id: str) -> None:
    """Flip to a finished release unless a newer as-of is current. Ends what a crash after the move left undone."""
    release, standing = read_release(paths.releases / release_id), current(paths)
    if release and (standing is None or standing.as_of <= release.as_of):
        point_to(paths, release)


def prune(paths: Paths, keep: int, spare: str = "") -> list[str]:
    """Remove the oldest releases beyond ``keep``; the current one always stays, and so does ``spare``: a past release
    that was built again is the oldest, and wanted. Returns the ids removed."""
    standing = current(paths)
    stay = {spare, standing.id if standing else ""}
    others = [r for r in releases(paths) if r.id not in stay]
    removed = others[: max(0, len(others) + len(stay - {""}) - keep)]
    for release in removed:
        remove(paths, release)
    for leftover in paths.releases.glob(".current.*"):
        leftover.unlink()
    return [r.id for r in removed]


def remove(paths: Paths, release: Release) -> None:
    """Delete a release. The reports that it issued are kept: whoever cites one must be able to find it."""
    reports, kept = release.folder / "exports" / "reports", paths.issued / release.id
    if reports.is_dir() and not kept.exists():
        paths.issued.mkdir(parents=True, exist_ok=True)
        os.rename(reports, kept)
        fsync_folder(paths.issued)
    shutil.rmtree(release.folder)


def verify(release: Release) -> None:
    """Check every file against the manifest. Raises ReleaseError naming the first damaged file."""
    for entry in release.manifest["files"]:
        path = release.folder / entry["path"]
        if not path.is_file() or sha256_file(path) != entry["sha256"]:
            raise ReleaseError(
                f"{path} is missing or damaged. Point readers to another release with `lmi release rollback`"
                f" and rebuild this one with `lmi run --date {release.manifest['as_of']}`."
            )
