"""Guards for files that others wrote: decompression bombs, archive traversal, nested archives.

Everything unpacks in memory or as a stream; nothing of an archive is written to disk, so a member's path cannot escape.
"""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from ingest.delivery import FetchError

_NESTED = {
    ".zip",
    ".gz",
    ".tgz",
    ".tar",
    ".7z",
    ".rar",
    ".bz2",
    ".xz",
    ".zst",
    ".egg",
    ".lzh",
}
#: below this many unpacked bytes a high ratio is normal (a small, repetitive file)
_RATIO_FROM = 32 << 20


@dataclass(frozen=True)
class Limits:
    """What an archive may unpack to. ``in_memory`` bounds what cannot be streamed (XLSX, JSON, Parquet in a zip)."""

    max_bytes: int = 32 << 30
    max_ratio: float = 200.0
    in_memory: int = 512 << 20
    max_members: int = 1000

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Limits:
        """Limits of one file specification; its ``limits`` entry overrides the defaults by name."""
        return cls(**spec.get("limits", {}))


class GuardedStream(io.RawIOBase):
    """Unpacked bytes of an archive, refused as soon as they pass the limits. Raises FetchError while reading."""

    def __init__(
        self,
        unpacked: BinaryIO,
        packed: BinaryIO | None,
        packed_size: int,
        name: str,
        limits: Limits,
    ) -> None:
        self._unpacked, self._packed, self._packed_size = unpacked, packed, packed_size
        self._name, self._limits, self._seen = name, limits, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._unpacked.read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise FetchError(
                "bad_archive",
                f"{self._name}: the archive is cut off or damaged ({error}). Ask the provider to send it again.",
            ) from error
        self._seen += len(data)
        if self._seen > self._limits.max_bytes:
            raise FetchError(
                "archive_bomb",
                f"{self._name}: unpacks to more than {self._limits.max_bytes} bytes. Raise limits.max_bytes in the"
                " source's fetch entry if that is right.",
            )
        if self._seen > _RATIO_FROM:
            read = self._packed.tell() if self._packed else self._packed_size
            if self._seen > self._limits.max_ratio * max(read, 1):
                raise FetchError(
                    "archive_bomb",
                    f"{self._name}: unpacks to more than {self._limits.max_ratio:g} times its size, which no register"
                    " does. Look at the file; raise limits.max_ratio in the source's fetch entry if it is right.",
                )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._unpacked.close()
            if self._packed:
                self._packed.close()
        super().close()


def check_members(archive: zipfile.ZipFile, name: str, limits: Limits, *, nested_allowed: bool = False) -> None:
    """Refuses an archive with unsafe names, links, encryption, nested archives or too much in it. Raises FetchError."""
    members = archive.infolist()
    if len(members) > limits.max_members:
        raise FetchError(
            "archive_bomb",
            f"{name}: holds {len(members)} members, more than {limits.max_members}.",
        )
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename or "\0" in member.orig_filename:
            raise FetchError(
                "archive_path",
                f"{name}: a member's path leaves the archive. Refused; ask for a clean file.",
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise FetchError(
                "archive_path",
                f"{name}: a member is a symbolic link. Refused; ask for a clean file.",
            )
        if member.flag_bits & 0x1:
            raise FetchError(
                "archive_encrypted",
                f"{name}: is encrypted. Agree on an unencrypted file over a safe channel.",
            )
        if not nested_allowed and path.suffix.lower() in _NESTED:
            raise FetchError(
                "archive_nested",
                f"{name}: holds another archive. Ask for one level of compression.",
            )
    total = sum(m.file_size for m in members)
    packed = sum(m.compress_size for m in members)
    if total > limits.max_bytes or (total > _RATIO_FROM and total > limits.max_ratio * max(packed, 1)):
        raise FetchError(
            "archive_bomb",
            f"{name}: says it unpacks to {total} bytes from {packed}. Refused.",
        )


def open_zip(source: Path | BinaryIO, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError) as error:
        raise FetchError(
            "bad_archive",
            f"{name}: is no readable zip file ({error}). Ask the provider to send it again.",
        ) from error


def open_stream(path: Path, limits: Limits) -> BinaryIO:
    """Bytes of a file, unpacked when its name ends in .gz or .zip (one member). Raises FetchError, also later."""
    suffix = path.suffix.lower()
    if suffix == ".gz":
        packed = path.open("rb")
        unpacked = cast(BinaryIO, gzip.GzipFile(fileobj=packed))
        return io.BufferedReader(GuardedStream(unpacked, packed, 0, path.name, limits), 1 << 20)
    if suffix == ".zip":
        archive = open_zip(path, path.name)
        check_members(archive, path.name, limits)
        files = [m for m in archive.infolist() if not m.is_dir()]
        if len(files) != 1:
            raise FetchError(
                "archive_members",
                f"{path.name}: holds {len(files)} files; one delivery is one file.",
            )
        member = cast(BinaryIO, archive.open(files[0]))
        return io.BufferedReader(
            GuardedStream(member, None, files[0].compress_size, path.name, limits),
            1 << 20,
        )
    return path.open("rb")


def read_all(stream: BinaryIO, name: str, limits: Limits) -> bytes:
    """All bytes, for formats that cannot be streamed. Raises FetchError above ``limits.in_memory``."""
    data = stream.read(limits.in_memory + 1)
    if len(data) > limits.in_memory:
        raise FetchError(
            "too_large",
            f"{name}: is larger than {limits.in_memory} bytes; deliver it as CSV or NDJSON.",
        )
    return data
