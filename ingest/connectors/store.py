"""Answers kept on disk while a pull runs, so that an interrupted one goes on after the last complete answer."""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import threading
import zlib
from datetime import date

from ingest.registry import Source
from lmi.core.keys import KeyRing
from lmi.core.paths import Paths

PURPOSE = "fetch"
_HEAD = struct.Struct("<32sII")  # sha256 of the request, length, crc32


class AnswerStore:
    """Append-only log ``work/fetch/<source>/<day>/answers.log``; sealed when the source holds persons.

    Only answers of the same working day are used: other days' logs are removed when a store opens. A record that a
    crash cut off fails its checksum and is dropped with everything after it.
    """

    def __init__(self, paths: Paths, keys: KeyRing, source: Source, day: date) -> None:
        self._keys, self._sealed = keys, source.holds_persons
        root = paths.work / "fetch" / source.id
        self._folder = root / day.isoformat()
        for other in root.iterdir() if root.is_dir() else []:
            if other != self._folder:
                shutil.rmtree(other, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._folder / "answers.log", os.O_RDWR | os.O_CREAT, 0o600)
        self._log = os.fdopen(descriptor, "r+b")
        self._at: dict[bytes, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._scan()

    @staticmethod
    def _digest(request: str) -> bytes:
        return hashlib.sha256(request.encode()).digest()

    def _scan(self) -> None:
        end = 0
        while len(head := self._log.read(_HEAD.size)) == _HEAD.size:
            digest, length, checksum = _HEAD.unpack(head)
            data = self._log.read(length)
            if len(data) < length or zlib.crc32(data) != checksum:
                break
            self._at[digest] = (end + _HEAD.size, length)
            end += _HEAD.size + length
        self._log.seek(end)
        self._log.truncate()

    def __len__(self) -> int:
        return len(self._at)

    def get(self, request: str) -> bytes | None:
        """Kept answer to a request, named without keys; None when there is none."""
        with self._lock:
            found = self._at.get(self._digest(request))
            if found is None:
                return None
            self._log.seek(found[0])
            data = self._log.read(found[1])
        return self._keys.unseal(data, PURPOSE) if self._sealed else zlib.decompress(data)

    def put(self, request: str, body: bytes) -> None:
        data = self._keys.seal(body, PURPOSE) if self._sealed else zlib.compress(body, 1)
        digest = self._digest(request)
        with self._lock:
            at = self._log.seek(0, os.SEEK_END)
            self._log.write(_HEAD.pack(digest, len(data), zlib.crc32(data)) + data)
            self._log.flush()
            self._at[digest] = (at + _HEAD.size, len(data))

    def close(self) -> None:
        self._log.close()

    def clear(self) -> None:
        """Removes what was kept; called when the delivery has landed."""
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)
