"""``lmi backup`` and ``lmi restore``: what cannot be rebuilt, in one file; releases are rebuilt from it."""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
import uuid
from pathlib import Path

from lmi.cli.exits import DataFailure, out
from lmi.core.atomic import fsync_folder, sha256_file, write_file
from lmi.core.clock import utc_now
from lmi.core.keys import key_file
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import SettingError, Settings

#: folders of the home that hold what providers delivered and people decided; everything else is rebuilt
KEPT = (
    "landing",
    "accepted",
    "vetted",
    "models",
    "sealed",
    "proofs",
    "retiring",
    "issued",
    "ledger.sqlite",
    "desk.sqlite",
)
INDEX = "backup.json"


def write_backup(settings: Settings, to: Path) -> None:
    """Write ``to`` (mode 0600, whole or not at all), with a hash of every file. Nothing may be landing meanwhile."""
    paths = Paths.of(settings)
    if to.exists():
        raise SettingError(f"{to} exists; name a new file.")
    if not paths.landing.is_dir():
        raise DataFailure(f"{settings.home} holds no landing; there is nothing to back up. Run `lmi run` first.")
    with exclusive(paths.locks, "run", "lmi backup"), out.status("Backing up") as status:
        files = [p for name in KEPT for p in _files(settings.home / name)]
        index = {
            "profile": settings.profile,
            "written_at": utc_now().isoformat(timespec="seconds"),
            "sha256": {str(p.relative_to(settings.home)): sha256_file(p) for p in files},
        }
        aside = to.parent / f".{to.name}.{uuid.uuid4().hex}"
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
            for number, path in enumerate(files, start=1):
                status.update(f"Backing up {number} of {len(files)} files")
                archive.add(path, arcname=f"home/{path.relative_to(settings.home)}")
            if key_file(settings).exists():
                archive.add(key_file(settings), arcname="keys.json")
            body = json.dumps(index).encode()
            entry = tarfile.TarInfo(INDEX)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
            archive.close()
            raw.flush()
            os.fsync(raw.fileno())
        os.replace(aside, to)
        fsync_folder(to.parent)
    out.print(
        f"{len(files)} files in {to} ({to.stat().st_size / 1e6:,.1f} MB)."
        f" It holds the keys: keep it where only the data-protection officer can read it.",
        highlight=False,
    )


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())


def restore_backup(settings: Settings, source: Path) -> None:
    """Restore into a home without landing. Every file's hash is checked; a damaged backup leaves the home empty."""
    paths = Paths.of(settings)
    if not source.is_file():
        raise SettingError(f"{source} is no file.")
    if paths.landing.exists() or paths.accepted.exists():
        raise SettingError(f"{settings.home} is not empty. Set LMI_HOME to a new folder, or move this one away.")
    with tempfile.TemporaryDirectory(dir=_existing_parent(settings.home), prefix=".restore-") as folder:
        staging = Path(folder)
        try:
            with out.status("Restoring"), tarfile.open(source) as archive:
                archive.extractall(staging, filter="data")
            index = json.loads((staging / INDEX).read_text("utf-8"))
        except (tarfile.TarError, FileNotFoundError, ValueError) as error:
            raise DataFailure(f"{source} was not written by `lmi backup`, or is cut off ({error}).") from None
        if index["profile"] != settings.profile:
            raise SettingError(f"{source} is of profile {index['profile']}; add --profile {index['profile']}.")
        for name, digest in index["sha256"].items():
            path = staging / "home" / name
            if not path.is_file() or sha256_file(path) != digest:
                raise DataFailure(f"{source} is damaged at {name}; nothing was restored. Use an older backup.")
        keys = staging / "keys.json"
        if keys.exists():
            _restore_keys(keys, key_file(settings))
        settings.home.mkdir(parents=True, exist_ok=True)
        for name in KEPT:
            if (staging / "home" / name).exists():
                os.rename(staging / "home" / name, settings.home / name)
    out.print(
        f"{len(index['sha256'])} files restored to {settings.home}. `lmi run` rebuilds the release.", highlight=False
    )


def _existing_parent(folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.parent


def _restore_keys(keys: Path, target: Path) -> None:
    if target.exists() and target.read_bytes() != keys.read_bytes():
        raise SettingError(f"{target} holds other keys. Move them away first: tokens made with them would not match.")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_file(target, keys.read_bytes(), mode=0o600)
