"""Providers' files in the drop folder: ``<drop>/<source>/<file>`` with the control total ``<file>.ctl`` beside it.

The control file is renamed into place first, then the data file: a reader that sees a data file always finds its
control total. Equal nations give equal bytes: rows come in the order of the provider file and gzip holds no time.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import duckdb

from sandbox.plain import load_yaml

SOURCES = Path(__file__).resolve().parents[1] / "ingest" / "sources"
_BATCH = 50_000
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class _Contract:
    """The part of a source's contract that a provider needs to write its file."""

    source: str
    pattern: str
    format: str
    encoding: str
    columns: tuple[str, ...]
    wires: tuple[str, ...]
    types: tuple[str, ...]
    is_daily: bool
    may_be_empty: bool
    is_http: bool


def _contracts(nation_folder: Path) -> list[_Contract]:
    """Contracts of the sources that this nation's providers hold; a source added later may have no provider here."""
    found = []
    for path in sorted(SOURCES.glob("*.yml")):
        entry = load_yaml(path.read_text(encoding="utf-8"))
        fetch = entry["fetch"]
        drop = fetch if entry["connector"] == "file_drop" else fetch.get("canonical_drop")
        held = (nation_folder / "provider" / f"{entry['source']}.parquet").is_file()
        if "sandbox" not in entry["profiles"] or drop is None or not held:
            continue
        is_http = entry["connector"] != "file_drop"
        columns = entry["columns"]
        found.append(
            _Contract(
                source=entry["source"],
                pattern=drop["pattern"],
                format=drop["format"],
                encoding=drop.get("encoding", "utf-8"),
                columns=tuple(c["name"] for c in columns),
                # the canonical drop of an HTTP source uses contract names
                wires=tuple(c["name"] if is_http else c.get("wire", c["name"]) for c in columns),
                types=tuple(c.get("logicalType", "string") for c in columns),
                is_daily=entry["schedule"]["every"] == "day",
                may_be_empty=entry["empty"] == "allowed",
                is_http=is_http,
            )
        )
    return found


def write_deliveries(nation_folder: Path, drop_folder: Path, day: date, sources: Collection[str] = ()) -> list[Path]:
    """Files of one day for all sources that deliver files, or for those of ``sources``.

    A daily source without rows delivers an empty file where its contract allows one; other sources deliver only when
    there are rows. Returns the files written (control files not listed). Raises FileNotFoundError without a nation,
    ValueError for one that lacks a column of a contract.
    """
    _check_nation(nation_folder)
    written: list[Path] = []
    with duckdb.connect() as con:
        for contract in _contracts(nation_folder):
            if contract.is_http or (sources and contract.source not in sources):
                continue
            query = _query(con, contract, nation_folder, f"_delivery_date = DATE '{day}'")
            rows = _count(con, query)
            if rows or (contract.is_daily and contract.may_be_empty):
                written.append(_write(con, contract, query, drop_folder, f"{day:%Y%m%d}"))
    return written


def write_history(nation_folder: Path, drop_folder: Path, sources: Collection[str] = ()) -> list[Path]:
    """One ``_history`` file per source (or of ``sources``), dated the history's last day: all versions up to it.

    For the HTTP sources this is the canonical file drop: every record ever answered until the end of that day, in the
    last state it had. Lookup services (tax office, KCOMWEL) have no history. Returns the files written.
    Raises FileNotFoundError without a nation, ValueError for one that lacks a column of a contract.
    """
    end = history_end(nation_folder)
    until = datetime.combine(end + timedelta(days=1), time.min)
    written: list[Path] = []
    with duckdb.connect() as con:
        for contract in _contracts(nation_folder):
            if sources and contract.source not in sources:
                continue
            if contract.is_http:
                condition = f"_visible_from < TIMESTAMP '{until}'"
            else:
                condition = f"_delivery_date <= DATE '{end}'"
            query = _query(con, contract, nation_folder, condition)
            written.append(_write(con, contract, query, drop_folder, f"{end:%Y%m%d}_history"))
    return written


def history_end(nation_folder: Path) -> date:
    """Last day of the nation's history. Raises FileNotFoundError without a nation."""
    return date.fromisoformat(_check_nation(nation_folder)["history_end"])


def _check_nation(folder: Path) -> dict[str, Any]:
    file = folder / "nation.json"
    if not file.is_file():
        raise FileNotFoundError(f"no nation in {folder}: run `python -m sandbox generate --nation {folder}` first.")
    description: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return description


def _query(con: duckdb.DuckDBPyConnection, contract: _Contract, nation_folder: Path, condition: str) -> str:
    """Rows as they go on the wire. Of an HTTP source the last version of each record that satisfies the condition."""
    file = nation_folder / "provider" / f"{contract.source}.parquet"
    held = {name for name, *_ in con.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()}
    if lacking := [column for column in contract.columns if column not in held]:
        raise ValueError(
            f"the nation in {nation_folder} was generated by another version of the sandbox: its {contract.source} has"
            f" no {', '.join(lacking)}. Generate a nation in another folder and use it with a home of its own,"
            " or remove both this nation and the home that landed from it."
        )
    selected = ", ".join(
        f'"{c}" AS "{w}"' if t != "timestamp" or contract.format == "parquet" else _instant(c, w)
        for c, w, t in zip(contract.columns, contract.wires, contract.types, strict=True)
    )
    latest = ""
    if contract.is_http:
        key = {"hrdnet_courses": "trpr_id, trpr_degr"}.get(contract.source, f'"{contract.columns[0]}"')
        latest = f" QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _visible_from DESC) = 1 ORDER BY {key}"
    return f"SELECT {selected} FROM '{file}' WHERE {condition}{latest}"


def _instant(column: str, wire: str) -> str:
    """A timestamp as text; text (the provider's own form) stays as it is."""
    return f"""regexp_replace("{column}"::VARCHAR, '\\.\\d+$', '') AS "{wire}\""""


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(f"SELECT count(*) FROM ({query})").fetchone()
    return int(row[0]) if row else 0


def _write(con: duckdb.DuckDBPyConnection, contract: _Contract, query: str, drop_folder: Path, label: str) -> Path:
    target = drop_folder / contract.source / contract.pattern.replace("{date}*", label).replace("{date}", label)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    writer = {"csv": _write_csv, "ndjson": _write_ndjson, "parquet": _write_parquet, "xlsx": _write_xlsx}
    writer[contract.format](con, contract, query, temporary)
    rows, sums = _totals(con, contract, query)
    control = {"rows": rows, "sha256": _sha256(temporary), "sums": sums}
    control_file = target.with_name(f"{target.name}.ctl")
    control_part = target.with_name(f".{target.name}.ctl.part")
    control_part.write_text(json.dumps(control, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(control_part, control_file)
    os.replace(temporary, target)
    return target


def _totals(con: duckdb.DuckDBPyConnection, contract: _Contract, query: str) -> tuple[int, dict[str, float]]:
    """Rows, and the sum of each integer column under its contract name."""
    summed = [
        (c, w) for c, w, t in zip(contract.columns, contract.wires, contract.types, strict=True) if t == "integer"
    ]
    sums = "".join(f', coalesce(sum("{w}"::BIGINT), 0)::BIGINT' for _, w in summed)
    row = con.execute(f"SELECT count(*){sums} FROM ({query})").fetchone()
    if row is None:
        return 0, {}
    return int(row[0]), {c: int(v) for (c, _), v in zip(summed, row[1:], strict=True)}


def _write_csv(con: duckdb.DuckDBPyConnection, contract: _Contract, query: str, file: Path) -> None:
    """CSV by DuckDB in UTF-8, then into the contract's encoding and compression by chunks."""
    plain = file.with_name(f"{file.name}.csv")
    con.execute(f"COPY ({query}) TO '{plain}' (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', NULL '')")
    _pack(plain, contract, file)
    plain.unlink()


def _write_ndjson(con: duckdb.DuckDBPyConnection, contract: _Contract, query: str, file: Path) -> None:
    plain = file.with_name(f"{file.name}.json")
    con.execute(f"COPY ({query}) TO '{plain}' (FORMAT json, ARRAY false)")
    _pack(plain, contract, file)
    plain.unlink()


def _pack(plain: Path, contract: _Contract, file: Path) -> None:
    """UTF-8 text into the contract's encoding and compression. Fast compression: the file is read once."""
    encoding, mark = contract.encoding, b""
    if encoding == "utf-8-sig":
        encoding, mark = "utf-8", b"\xef\xbb\xbf"
    with file.open("wb") as raw:
        is_compressed = contract.pattern.endswith(".gz")
        sink = gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) if is_compressed else raw
        sink.write(mark)
        for chunk in _chunks(plain, encoding):
            sink.write(chunk)
        if sink is not raw:
            sink.close()


def _chunks(plain: Path, encoding: str) -> Iterator[bytes]:
    if encoding == "utf-8":
        with plain.open("rb") as stream:
            yield from iter(lambda: stream.read(1 << 20), b"")
    else:
        with plain.open("r", encoding="utf-8", newline="") as text:
            yield from (chunk.encode(encoding) for chunk in iter(lambda: text.read(1 << 20), ""))


def _write_parquet(con: duckdb.DuckDBPyConnection, contract: _Contract, query: str, file: Path) -> None:
    con.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")


def _write_xlsx(con: duckdb.DuckDBPyConnection, contract: _Contract, query: str, file: Path) -> None:
    """One sheet, header in the first row; repacked with fixed times, because openpyxl writes the clock into it."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = datetime(*_EPOCH)
    sheet = book.create_sheet("sheet1")
    sheet.append(list(contract.wires))
    cursor = con.execute(query)
    while rows := cursor.fetchmany(_BATCH):
        for row in rows:
            sheet.append(list(row))
    stamped = file.with_name(f"{file.name}.stamped")
    book.save(stamped)
    with ZipFile(stamped) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            data = old.read(name)
            if name == "docProps/core.xml":
                data = _fixed_times(data)
            new.writestr(ZipInfo(name, _EPOCH), data, ZIP_DEFLATED)
    stamped.unlink()


def _fixed_times(core: bytes) -> bytes:

    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", core)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
