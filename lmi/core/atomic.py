"""Files and folders that appear whole or not at all: write aside, fsync, rename, fsync the folder (decision 3)."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def fsync_file(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def write_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace ``path`` with ``data`` in one step; after a crash the old or the new bytes are there, never a mixture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f".{path.name}.{uuid.uuid4().hex}"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


@contextmanager
def staged_folder(final: Path, staging_root: Path) -> Iterator[Path]:
    """A scratch folder that becomes ``final`` when the block ends well; on an error it is removed.

    ``staging_root`` must be on the same filesystem and outside every glob. Every file is fsynced before the rename.
    """
    staging_root.mkdir(parents=True, exist_ok=True)
    folder = staging_root / f"{final.name}.{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        yield folder
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                fsync_file(path)
            else:
                fsync_folder(path)
        fsync_folder(folder)
        final.parent.mkdir(parents=True, exist_ok=True)
        os.rename(folder, final)
        fsync_folder(final.parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def sha256_file(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
