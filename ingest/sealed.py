"""The sealed zone: direct identifiers that linkage and reviewers need, encrypted by purpose, every read logged.

A file is a sequence of frames (8 bytes length, then AES-256-GCM by ``KeyRing.seal``); a frame is authenticated with
purpose, source and its number, and the last frame says how many there are, so that frames cannot be dropped, swapped or
moved to another source.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.loads import MANIFEST, load_folder
from lmi.core.keys import KeyRing
from lmi.core.paths import Paths

CHUNK_ROWS = 200_000
CHUNK_BYTES = 16 * 2**20
_END = "end"


class FrameWriter:
    """Writes sealed frames to an open binary file of the caller. ``close`` writes the last frame."""

    def __init__(self, out: BinaryIO, keys: KeyRing, purpose: str, source_id: str) -> None:
        self._out, self._keys, self._scope = out, keys, f"{purpose}/{source_id}"
        self._frames = 0

    def write(self, data: bytes) -> None:
        self._frame(data, str(self._frames))
        self._frames += 1

    def close(self) -> None:
        self._frame(str(self._frames).encode(), _END)

    def _frame(self, data: bytes, number: str) -> None:
        sealed = self._keys.seal(data, f"{self._scope}/{number}")
        self._out.write(len(sealed).to_bytes(8, "big"))
        self._out.write(sealed)


def read_frames(path: Path, keys: KeyRing, purpose: str, source_id: str) -> Iterator[bytes]:
    """Plain content of each frame. Raises ValueError naming the file when it is damaged, cut short or another's."""
    scope = f"{purpose}/{source_id}"
    with path.open("rb") as handle:
        number, held = 0, _next_frame(handle, path)
        while True:
            following = _next_frame(handle, path, may_end=True)
            if following is None:
                break
            try:
                yield keys.unseal(held, f"{scope}/{number}")
            except ValueError as error:
                raise ValueError(f"{path}: frame {number}: {error}") from error
            number, held = number + 1, following
        try:
            total = int(keys.unseal(held, f"{scope}/{_END}"))
        except ValueError as error:
            raise ValueError(f"{path}: the last frame is missing or damaged: {error}") from error
        if total != number:
            raise ValueError(f"{path}: holds {number} frames, {total} were written.")


def _next_frame(handle: BinaryIO, path: Path, *, may_end: bool = False) -> bytes:
    head = handle.read(8)
    if not head and may_end:
        return None  # type: ignore[return-value]
    size = int.from_bytes(head, "big")
    data = handle.read(size) if len(head) == 8 else b""
    if len(head) < 8 or len(data) < size:
        raise ValueError(f"{path}: sealed file is cut short.")
    return data


class SealedWriter:
    """Collects rows of direct identifiers in memory and writes them sealed, at most ``CHUNK_ROWS`` rows a frame."""

    def __init__(self, out: BinaryIO, keys: KeyRing, purpose: str, source_id: str) -> None:
        self._frames = FrameWriter(out, keys, purpose, source_id)
        self._pending: list[pa.Table] = []
        self._rows = 0
        self.rows = 0

    def add(self, rows: pa.Table) -> None:
        self._pending.append(rows)
        self._rows += rows.num_rows
        while self._rows >= CHUNK_ROWS:
            self._flush(CHUNK_ROWS)

    def _flush(self, count: int) -> None:
        table = pa.concat_tables(self._pending)
        chunk, rest = table.slice(0, count), table.slice(count)
        buffer = io.BytesIO()
        pq.write_table(chunk, buffer, compression="zstd")
        self._frames.write(buffer.getvalue())
        self._pending, self._rows = [rest], rest.num_rows
        self.rows += chunk.num_rows

    def close(self) -> None:
        if self._rows:
            self._flush(self._rows)
        self._frames.close()


def sealed_path(paths: Paths, purpose: str, source_id: str, load_id: str) -> Path:
    return paths.sealed / purpose / source_id / f"{load_id}.sealed"


def seal_bytes(data: bytes | Path, out: BinaryIO, keys: KeyRing, purpose: str, source_id: str) -> None:
    """Seals verbatim bytes or a file in frames of ``CHUNK_BYTES``; ``read_frames`` gives them back."""
    frames = FrameWriter(out, keys, purpose, source_id)
    with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as handle:
        while chunk := handle.read(CHUNK_BYTES):
            frames.write(chunk)
    frames.close()


def read_sealed(
    files: Sequence[Path],
    paths: Paths,
    keys: KeyRing,
    purpose: str,
    source: str,
    *,
    reader: str,
    reason: str,
    now: datetime,
) -> Iterator[pa.Table]:
    """Opens sealed files of one purpose and source, chunk by chunk; the read is logged before the first row is seen.

    ``reader`` (who) and ``reason`` (why) go to ``sealed/access.ndjson`` with the time, the file names and how many
    records they hold, no values.
    Raises ValueError when either is empty or a file does not open.
    """
    if not reader.strip() or not reason.strip():
        raise ValueError("Reading sealed data needs a reader and a reason; both go to the access log.")
    log_access(
        paths,
        purpose,
        source,
        [p.stem for p in files],
        records=_records(paths, source, [p.stem for p in files]),
        reader=reader,
        reason=reason,
        now=now,
    )
    return _tables(files, keys, purpose, source)


def _tables(files: Sequence[Path], keys: KeyRing, purpose: str, source: str) -> Iterator[pa.Table]:
    for path in files:
        for data in read_frames(path, keys, purpose, source):
            yield pq.read_table(io.BytesIO(data))


def _records(paths: Paths, source: str, loads: Sequence[str]) -> int | None:
    """Sealed records of these loads by their manifests; None where one is not there to say so."""
    total = 0
    for load in loads:
        manifest = load_folder(paths, source, datetime.strptime(load[:8], "%Y%m%d").date(), load) / MANIFEST
        if not manifest.is_file():
            return None
        total += (json.loads(manifest.read_bytes()).get("sealed") or {}).get("rows", 0)
    return total


def log_access(
    paths: Paths,
    purpose: str,
    source: str,
    loads: list[str],
    *,
    records: int | None = None,
    reader: str,
    reason: str,
    now: datetime,
) -> None:
    """Appends one line to the access log and fsyncs it: a read that is not on record does not happen."""
    entry = {
        "at": now.isoformat(),
        "reader": reader,
        "reason": reason,
        "purpose": purpose,
        "source": source,
    }
    line = json.dumps({**entry, "records": records, "loads": loads}, ensure_ascii=False) + "\n"
    paths.sealed.mkdir(parents=True, exist_ok=True)
    handle = os.open(paths.sealed / "access.ndjson", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
