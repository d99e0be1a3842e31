"""Verbatim bytes by the source's raw policy: as they came, sealed, or only their hash."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

from ingest.delivery import Delivery, RawFile
from ingest.sealed import seal_bytes
from lmi.core.atomic import sha256_file
from lmi.core.keys import KeyRing

#: purpose under which verbatim bytes are sealed
RAW_PURPOSE = "raw"
ANSWERS = "answers.zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_raw(delivery: Delivery, folder: Path, keys: KeyRing) -> list[dict[str, Any]]:
    """Writes the delivery's raw files below ``folder`` and returns name, sha256 and bytes of each as delivered.

    Files stay files; answers of an interface (bytes) go into one ``answers.zip``, because thousands of small files cost
    more to write safely than their content. With policy ``encrypted`` the names end in ``.sealed`` and
    ``ingest.sealed.read_frames`` with purpose ``raw`` opens them; with ``none`` only the hashes are kept.
    """
    described = [_described(raw) for raw in delivery.raw_files]
    policy = delivery.source.raw
    if policy == "none" or not delivery.raw_files:
        return described
    folder.mkdir(parents=True)
    whole: list[tuple[str, bytes | Path]] = []
    answers = []
    for number, raw in enumerate(delivery.raw_files):
        name = _safe_name(raw.name, number)
        if isinstance(raw.data, bytes):
            answers.append((name, raw.data))
        else:
            whole.append((name, raw.data))
    if answers:
        whole.append((ANSWERS, _packed(answers)))
    for name, data in whole:
        if policy == "encrypted":
            with (folder / f"{name}.sealed").open("wb") as out:
                seal_bytes(data, out, keys, RAW_PURPOSE, delivery.source.id)
        elif isinstance(data, bytes):
            (folder / name).write_bytes(data)
        else:
            shutil.copyfile(data, folder / name)
    return described


def _described(raw: RawFile) -> dict[str, Any]:
    if isinstance(raw.data, bytes):
        return {
            "name": raw.name,
            "sha256": hashlib.sha256(raw.data).hexdigest(),
            "bytes": len(raw.data),
        }
    return {
        "name": raw.name,
        "sha256": sha256_file(raw.data),
        "bytes": raw.data.stat().st_size,
    }


def _safe_name(name: str, number: int) -> str:
    """A provider's name cannot leave the folder, hide or collide: last part only, odd characters replaced, numbered."""
    last = re.sub(r"[^\w.\-]", "_", Path(name.replace("\\", "/")).name).lstrip(".")
    return f"{number:05d}-{last or 'raw'}"


def _packed(answers: list[tuple[str, bytes]]) -> bytes:
    """Zip with fixed times, so that equal answers give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in answers:
            pack.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
