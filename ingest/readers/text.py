"""Strict decoding of delivered text: a byte that is not in the declared encoding stops the delivery."""

from __future__ import annotations

import codecs
import io
from typing import Any, BinaryIO

from ingest.delivery import FetchError

ENCODINGS = {"cp949", "euc-kr", "utf-8", "utf-8-sig", "latin-1", "utf-16"}
_UTF8_BOM = b"\xef\xbb\xbf"


class Utf8Stream(io.RawIOBase):
    """Reads bytes in a declared encoding as UTF-8 without byte order mark, in bounded memory.

    Raises FetchError ``bad_bytes`` with the offset in the unpacked file; the message holds no text of the file.
    """

    def __init__(self, raw: BinaryIO, encoding: str, name: str) -> None:
        if encoding not in ENCODINGS:
            raise FetchError(
                "encoding",
                f"{name}: encoding '{encoding}' is unknown; use one of {sorted(ENCODINGS)}.",
            )
        self._raw, self._name, self._encoding = raw, name, encoding
        self._decoder = codecs.getincrementaldecoder("utf-8" if encoding == "utf-8-sig" else encoding)("strict")
        self._read, self._ready, self._at_start, self._at_end = (
            0,
            memoryview(b""),
            True,
            False,
        )
        #: the first error; pyarrow may wrap what a Python stream raises, the caller re-raises this one
        self.error: FetchError | None = None

    def readable(self) -> bool:
        return True

    def _fill(self) -> None:
        chunk = self._raw.read(1 << 20)
        self._at_end = not chunk
        if self._at_start and chunk:
            self._at_start = False
            if chunk.startswith(_UTF8_BOM):
                if not self._encoding.startswith("utf-8"):
                    raise FetchError(
                        "bad_bytes",
                        f"{self._name}: begins with the mark of UTF-8 but is declared {self._encoding}. Correct the"
                        " source's fetch.encoding or ask the provider which encoding the file has.",
                    )
                chunk, self._read = chunk[3:], 3
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final=self._at_end)
        except UnicodeDecodeError as error:
            raise FetchError(
                "bad_bytes",
                f"{self._name}: byte {self._read - pending + error.start} is not {self._encoding}. The file is damaged"
                " or in another encoding; ask the provider, or correct the source's fetch.encoding.",
            ) from None
        self._read += len(chunk)
        self._ready = memoryview(text.encode("utf-8"))

    def readinto(self, buffer: Any) -> int:
        try:
            while not self._ready and not self._at_end:
                self._fill()
        except FetchError as error:
            self.error = error
            raise
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
