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
import pyarrow as pa

#: encodings in which text may have been written
_ENCODINGS = ("utf-8", "cp949", "utf-16-le")


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
    def __init__(self, needles: Iterable[str]) -> None:
        wanted = sorted(set(needles))
        if not wanted or not all(len(n) >= 4 for n in wanted):
            raise ValueError("needles must be texts of at least four characters, and at least one")
        self._written = {form: needle for needle in wanted for form in _written(needle)}
        texts = {text for n in wanted for text in (n, json.dumps(n)[1:-1], quote(n), _blob_text(n))}
        self._sql = "(?i)" + "|".join(map(re.escape, sorted(texts)))

    def text(self, text: str) -> set[str]:
        return self.bytes(text.encode())

    def bytes(self, data: bytes) -> set[str]:
        lower = data.lower()
        return {needle for form, needle in self._written.items() if form in lower}

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
        with duckdb.connect() as con:
            yield from self._relation(con, f"read_parquet('{path}')", "")

    def _duckdb(self, path: Path) -> Iterator[tuple[str, str]]:
        with duckdb.connect(str(path), read_only=True) as con:
            tables = con.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
            for schema, table in sorted(tables):
                yield from self._relation(con, f'"{schema}"."{table}"', f": {schema}.{table}")
            for name, sql in con.execute("select view_name, sql from duckdb_views() where not internal").fetchall():
                yield from ((f": view {name}", needle) for needle in self.text(sql))

    def _relation(self, con: duckdb.DuckDBPyConnection, relation: str, place: str) -> Iterator[tuple[str, str]]:
        columns = [row[0] for row in con.execute(f"describe select * from {relation}").fetchall()]
        texts = {name: f'"{name}"::varchar' for name in columns}
        flags = ", ".join(f"coalesce(bool_or(regexp_matches({text}, $needles)), false)" for text in texts.values())
        hits = con.execute(f"select {flags} from {relation}", {"needles": self._sql}).fetchone()
        assert hits is not None
        for name, hit in zip(columns, hits, strict=True):
            if hit:
                rows = con.execute(
                    f"select distinct {texts[name]} from {relation} where regexp_matches({texts[name]}, $needles)",
                    {"needles": self._sql},
                ).fetchall()
                yield from ((f"{place} column {name}", needle) for (value,) in rows for needle in self.text(value))

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
