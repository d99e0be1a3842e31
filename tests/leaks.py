"""Does a person's identity stand anywhere in a folder? Reads what is inside files, not only their bytes.

Parquet and DuckDB compress text and SQLite splits long values over pages, so a search of raw bytes alone would pass by
what anybody can read with the right tool.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow as pa

#: encodings in which text may have been written
_ENCODINGS = ("utf-8", "cp949", "utf-16-le")
#: bytes of half an anchor, and of one piece of a search
_GRAM, _PIECE = 3, 1 << 22
#: types whose values cannot spell an identity
_TOO_SHORT = {"BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TINYINT", "SMALLINT", "INTEGER"}


def forms_of_person(resident_no: str, phone: str, email: str, name: str) -> list[str]:
    """Ways in which the identity may be written: with and without separators, country code, plain hashes of it."""
    resident = re.sub(r"\D", "", resident_no)
    mobile = re.sub(r"\D", "", phone)
    parts = re.split(r"\D", phone)
    forms = {f"{resident[:6]}{gap}{resident[6:]}" for gap in ("", "-", " ", "\u2013", "\uff0d")}
    forms |= {gap.join(parts) for gap in ("", "-", " ", ".")}
    forms |= {f"{code}{gap}{gap.join([parts[0][1:], *parts[1:]])}" for code in ("+82", "82") for gap in ("", "-", " ")}
    forms |= {email, name, " ".join(name)}
    for plain in (resident, f"{resident[:6]}-{resident[6:]}", mobile, phone, email):
        forms |= {hashlib.new(kind, plain.encode()).hexdigest() for kind in ("md5", "sha1", "sha256")}
    return sorted(forms)


def find_leaks(folder: Path, needles: Iterable[str], outside: tuple[str, ...] = ("drop",)) -> list[str]:
    """Where any of ``needles`` stands below ``folder``, as ``path[: place]: needle`` in order; empty when nowhere.

    Letter case does not matter. Looked into besides the raw bytes of every file: gzip, zip and zstd content, values of
    Parquet, DuckDB and SQLite. Folders directly below ``folder`` named in ``outside`` belong to the providers and are
    not searched; symbolic links are not followed.
    """
    search = _Search(needles)
    found: set[str] = set()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if relative.parts[0] in outside or path.is_symlink() or not path.is_file():
            continue
        found |= {f"{relative}{place}: {needle}" for place, needle in search.file(path)}
        found |= {f"{relative} (its name): {needle}" for needle in search.text(path.name)}
    return sorted(found)


class _Search:
    """Many needles in one pass: places where the last six bytes of any may stand are looked at closely."""

    def __init__(self, needles: Iterable[str]) -> None:
        wanted = sorted(set(needles))
        self._written = {form: needle for needle in wanted for form in _written(needle)}
        if not wanted or min(map(len, self._written)) < 2 * _GRAM:
            raise ValueError(f"needles must be texts of at least {2 * _GRAM} bytes, and at least one")
        self._memory = duckdb.connect()
        self._longest = max(map(len, self._written))
        self._first, self._second = (np.zeros(1 << (8 * _GRAM), dtype=bool) for _ in range(2))
        self._ending: dict[bytes, list[bytes]] = {}
        for form in self._written:
            self._ending.setdefault(form[-2 * _GRAM :], []).append(form)
            self._first[int.from_bytes(form[-2 * _GRAM : -_GRAM], "big")] = True
            self._second[int.from_bytes(form[-_GRAM:], "big")] = True

    def text(self, text: str) -> set[str]:
        return self.bytes(text.encode())

    def bytes(self, data: bytes) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(data), _PIECE):
            found |= self._piece(data[max(0, start - self._longest) : start + _PIECE].lower())
        return found

    def _piece(self, data: bytes) -> set[str]:
        if len(data) < 2 * _GRAM:
            return set()
        octets = np.frombuffer(data, dtype=np.uint8)
        grams = octets[:-2].astype(np.uint32) << 16
        grams |= octets[1:-1].astype(np.uint32) << 8
        grams |= octets[2:]
        maybe = np.flatnonzero(self._first[grams[:-_GRAM]] & self._second[grams[_GRAM:]])
        found: set[str] = set()
        for place in maybe.tolist():
            end = place + 2 * _GRAM
            for form in self._ending.get(data[place:end], ()):
                if data.endswith(form, 0, end):
                    found.add(self._written[form])
        return found

    def file(self, path: Path) -> Iterator[tuple[str, str]]:
        data = path.read_bytes()
        yield from (("", needle) for needle in self.bytes(data))
        if data.startswith(b"PAR1"):
            yield from self._parquet(path)
        elif data[8:12] == b"DUCK":
            yield from self._duckdb(path)
        elif data.startswith(b"SQLite format 3\0"):
            yield from self._sqlite(path)
        else:
            yield from self._packed(data, "")

    def _packed(self, data: bytes, place: str) -> Iterator[tuple[str, str]]:
        for name, content in _members(data):
            inner = f"{place}: {name}"
            yield from ((inner, needle) for needle in self.bytes(content) | self.text(name))
            yield from self._packed(content, inner)

    def _parquet(self, path: Path) -> Iterator[tuple[str, str]]:
        yield from self._relation(self._memory, f"read_parquet('{path}')", "")

    def _duckdb(self, path: Path) -> Iterator[tuple[str, str]]:
        with duckdb.connect(str(path), read_only=True) as con:
            tables = con.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
            for schema, table in sorted(tables):
                yield from self._relation(con, f'"{schema}"."{table}"', f": {schema}.{table}")
            for name, sql in con.execute("select view_name, sql from duckdb_views() where not internal").fetchall():
                yield from ((f": view {name}", needle) for needle in self.text(sql))

    def _relation(self, con: duckdb.DuckDBPyConnection, relation: str, place: str) -> Iterator[tuple[str, str]]:
        columns = con.execute(f"describe select * from {relation}").fetchall()
        texts = [f'"{name}"::varchar || chr(10) as "{name}"' for name, kind, *_ in columns if kind not in _TOO_SHORT]
        if not texts:
            return
        values = con.execute(f"select {', '.join(texts)} from {relation}").to_arrow_table()
        for name in values.column_names:
            for chunk in values[name].cast(pa.large_string()).chunks:
                content = chunk.buffers()[2]
                if content is not None:
                    yield from ((f"{place} column {name}", n) for n in self.bytes(content.to_pybytes()))

    def _sqlite(self, path: Path) -> Iterator[tuple[str, str]]:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as con:
            con.text_factory = bytes
            tables = con.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (raw,) in tables:
                table = raw.decode()
                for row in con.execute(f'select * from "{table}"'):
                    for value in row:
                        data = value if isinstance(value, bytes) else str(value).encode()
                        yield from ((f": {table}", needle) for needle in self.bytes(data))
                        yield from self._packed(data, f": {table}")


def _written(needle: str) -> set[bytes]:
    """Bytes of a needle as text files hold it, in lower case."""
    forms = {json.dumps(needle)[1:-1].encode(), quote(needle).encode(), _blob_text(needle).encode()}
    for encoding in _ENCODINGS:
        with suppress(UnicodeEncodeError):
            forms.add(needle.encode(encoding))
    return {form.lower() for form in forms}


def _blob_text(text: str) -> str:
    """As DuckDB prints a BLOB: ASCII as it is, other bytes as \\xHH."""
    return "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02X}" for b in text.encode())


def _members(data: bytes) -> list[tuple[str, bytes]]:
    """Content packed in ``data`` by name; nothing when it is no archive or a broken one."""
    try:
        if data.startswith(b"\x1f\x8b"):
            return [("gzip content", gzip.decompress(data))]
        if data.startswith(b"\x28\xb5\x2f\xfd"):
            return [("zstd content", pa.input_stream(io.BytesIO(data), compression="zstd").read())]
        if data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return [(name, archive.read(name)) for name in archive.namelist()]
    except (OSError, EOFError, zipfile.BadZipFile):
        return []
    return []
