"""Failures of delivered files: what goes wrong with a day's file in the drop folder, and with its control total.

``corrupt`` rewrites one file in place. Where the provider itself would have delivered the wrong thing (drift, an empty
or a tenfold day, bad bytes from its own export), the control total agrees with the file; where the file was spoilt on
its way (cut off, replaced by an HTML page), the control total is what the provider computed before.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from sandbox.server.contracts import CONTRACTS, Column, Contract, SetupError, load_contract
from sandbox.server.effects import TENFOLD, retype
from sandbox.server.failures import is_about_files, parse

SCHEMA_MODES = ("schema_new_column", "schema_missing_column", "schema_renamed_column", "schema_retyped_column")
MODES = (
    "bad_bytes",
    "truncated",
    "html",
    *SCHEMA_MODES,
    "empty_day",
    "tenfold_day",
    "wrong_control_total",
    "missing_control_total",
)
_BAD = b"\xff\xff"  # no character in UTF-8 nor in CP949
_HTML = "<!DOCTYPE html>\n<html lang='ko'><body><h1>로그인 시간이 만료되었습니다</h1></body></html>\n"


@dataclass(frozen=True)
class FileRule:
    """One failure of a source's deliveries: of one day's, or of each."""

    source: str
    mode: str
    column: str | None = None
    day: date | None = None


def file_rules(spec: str | Sequence[Mapping[str, Any]]) -> list[FileRule]:
    """The rules of ``--failures`` that are about delivered files. Raises SetupError naming the mend."""
    return [_file_rule(settings) for settings in parse(spec) if is_about_files(settings)]


def _file_rule(settings: Mapping[str, str]) -> FileRule:
    given = {name: value for name, value in settings.items() if name not in {"at", "mode"}}
    if unknown := set(given) - {"column", "day"}:
        raise SetupError(f"--failures: a delivered file has no setting {sorted(unknown)}. Known: column, day.")
    if settings["mode"] not in MODES:
        raise SetupError(f"--failures: no file failure '{settings['mode']}'. Known: {', '.join(MODES)}.")
    try:
        day = date.fromisoformat(given["day"]) if "day" in given else None
    except ValueError as error:
        raise SetupError(
            f"--failures: {settings['at']}:{settings['mode']}: {error}. Give a day, YYYY-MM-DD."
        ) from error
    return FileRule(settings["at"], settings["mode"], given.get("column"), day)


def corrupt_deliveries(files: Iterable[Path], day: date, rules: Sequence[FileRule], seed: int) -> list[Path]:
    """Let the rules that hold on ``day`` befall its delivered files (``<drop>/<source>/<file>``); those befallen."""
    found = []
    for file in files:
        for rule in rules:
            if rule.source == file.parent.name and rule.day in {None, day}:
                corrupt(file, rule.mode, seed, column=rule.column)
                found.append(file)
    return found


@dataclass
class Sheet:
    """A delivered table in memory: column names and rows, values as the format holds them."""

    header: list[str]
    rows: list[list[Any]]


def corrupt(file: Path, mode: str, seed: int, *, column: str | None = None, contracts: Path = CONTRACTS) -> str | None:
    """Rewrite a delivered file as a failure would leave it, with its ``.ctl`` where the provider would have done so.

    ``file`` is named ``<source>_<YYYYMMDD>...`` and is .csv, .ndjson (either may be .gz), .xlsx or .parquet; a day's
    file fits in memory. ``column`` (as delivered) is the one that drifts; without it the seed picks one that is no key.
    Returns the column that drifted, if any. Raises SetupError for an unknown mode, column or source.
    """
    if mode not in MODES:
        raise SetupError(f"no file failure '{mode}'. Known: {', '.join(MODES)}.")
    control = file.with_name(f"{file.name}.ctl")
    rng = random.Random(f"{seed}:{file.name}:{mode}")
    if mode == "missing_control_total":
        control.unlink(missing_ok=True)
    elif mode == "wrong_control_total":
        total = json.loads(control.read_text(encoding="utf-8"))
        _replace(control, json.dumps({**total, "rows": total["rows"] + 1}).encode())
    elif mode == "truncated":
        whole = file.read_bytes()
        _replace(file, whole[: int(len(whole) * rng.uniform(0.4, 0.9))])
    elif mode == "html":
        _replace(file, _HTML.encode())
    elif mode == "bad_bytes":
        _replace(file, _spoil(file, rng))
        _control_again(file, control)
    else:
        return _rewrite(file, control, mode, rng, column, contracts)
    return None


def _rewrite(
    file: Path, control: Path, mode: str, rng: random.Random, column: str | None, contracts: Path
) -> str | None:
    contract = _contract_of(file, contracts)
    read, write = _format(file)
    fetch = contract.fetch.get("canonical_drop", contract.fetch)
    encoding = fetch.get("encoding", "utf-8")
    sheet = read(file, encoding)
    known = {name: c for c in contract.columns for name in (c.wire, c.name)}
    drifted: str | None = None
    if mode == "empty_day":
        sheet.rows = []
    elif mode == "tenfold_day":
        key = next(i for i, name in enumerate(sheet.header) if name in known and known[name].name in contract.key)
        sheet.rows = [_copy(row, key, n) for n in range(TENFOLD) for row in sheet.rows]
    elif mode == "schema_new_column":
        drifted = column or "new_column"
        sheet = Sheet([*sheet.header, drifted], [[*row, "신규"] for row in sheet.rows])
    else:
        drifted = column or _pick(sheet.header, known, contract, mode, rng)
        if drifted not in sheet.header:
            raise SetupError(f"{file.name} has no column '{drifted}'. Delivered: {', '.join(sheet.header)}.")
        _drift(sheet, sheet.header.index(drifted), mode, known.get(drifted))
    _replace(file, write(sheet, file, encoding))
    _control_again(file, control, mode, drifted, len(sheet.rows))
    return drifted


def _copy(row: list[Any], key: int, number: int) -> list[Any]:
    """The row itself, or a copy with a key of its own."""
    return row if number == 0 else [f"{v}{number}" if i == key else v for i, v in enumerate(row)]


def _pick(header: list[str], known: dict[str, Column], contract: Contract, mode: str, rng: random.Random) -> str:
    fitting = [
        name
        for name in header
        if name in known
        and known[name].name not in contract.key
        and (mode != "schema_retyped_column" or known[name].logical_type != "string")
    ]
    return rng.choice(fitting)


def _drift(sheet: Sheet, at: int, mode: str, column: Column | None) -> None:
    if mode == "schema_missing_column":
        del sheet.header[at]
        for row in sheet.rows:
            del row[at]
    elif mode == "schema_renamed_column":
        sheet.header[at] = f"{sheet.header[at]}_new"
    else:
        as_held = column or Column(sheet.header[at], sheet.header[at], False, "string", ())
        for row in sheet.rows:
            row[at] = retype(None if row[at] is None else str(row[at]), as_held)


def _contract_of(file: Path, contracts: Path) -> Contract:
    sources = [p.stem for p in contracts.glob("*.yml") if file.name.startswith(f"{p.stem}_")]
    if not sources:
        raise SetupError(f"{file.name}: no contract in {contracts} has this name's beginning as its source.")
    return load_contract(contracts, max(sources, key=len), as_file=True)


def _control_again(
    file: Path, control: Path, mode: str = "", drifted: str | None = None, rows: int | None = None
) -> None:
    """The control total as the provider computes it over the file it now delivers; none if there was none."""
    if not control.exists():
        return
    total = json.loads(control.read_text(encoding="utf-8"))
    total["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    total["rows"] = total["rows"] if rows is None else rows
    factor = {"empty_day": 0, "tenfold_day": TENFOLD}.get(mode, 1)
    gone = drifted if mode in SCHEMA_MODES and mode != "schema_new_column" else None
    if "sums" in total:
        total["sums"] = {name: value * factor for name, value in total["sums"].items() if name != gone}
    _replace(control, json.dumps(total, ensure_ascii=False).encode())


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


# --- bytes


def _unpacked(file: Path) -> bytes:
    data = file.read_bytes()
    return gzip.decompress(data) if file.suffix == ".gz" else data


def _packed(data: bytes, file: Path) -> bytes:
    return gzip.compress(data, compresslevel=6, mtime=0) if file.suffix == ".gz" else data


def _spoil(file: Path, rng: random.Random) -> bytes:
    """Text with two impossible bytes inside a data line; a binary format with a stretch of noise."""
    if file.suffix in {".xlsx", ".parquet"}:
        data = bytearray(file.read_bytes())
        start = len(data) // 2
        data[start : start + 64] = rng.randbytes(len(data[start : start + 64]))
        return bytes(data)
    lines = _unpacked(file).splitlines(keepends=True)
    at = rng.randrange(1, len(lines)) if len(lines) > 1 else 0
    line = lines[at]
    inside = line.find(b",") + 1 or len(line) // 2
    lines[at] = line[:inside] + _BAD + line[inside:]
    return _packed(b"".join(lines), file)


# --- formats


def _format(file: Path) -> tuple[Callable[[Path, str], Sheet], Callable[[Sheet, Path, str], bytes]]:
    """Reader and writer of a file's format; both are told the encoding that the contract declares for texts."""
    kind = Path(file.stem).suffix if file.suffix == ".gz" else file.suffix
    formats = {
        ".csv": (_read_csv, _write_csv),
        ".ndjson": (_read_ndjson, _write_ndjson),
        ".xlsx": (_read_xlsx, _write_xlsx),
        ".parquet": (_read_parquet, _write_parquet),
    }
    if kind not in formats:
        raise SetupError(f"{file.name}: files are {', '.join(formats)}, the first two also with .gz.")
    return formats[kind]


def _read_csv(file: Path, encoding: str) -> Sheet:
    header, *rows = csv.reader(io.StringIO(_unpacked(file).decode(encoding), newline=""))
    return Sheet(header, rows)


def _write_csv(sheet: Sheet, file: Path, encoding: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([sheet.header, *sheet.rows])
    return _packed(text.getvalue().encode(encoding), file)


def _read_ndjson(file: Path, _: str) -> Sheet:
    objects = [json.loads(line) for line in _unpacked(file).splitlines()]
    header = list(dict.fromkeys(name for one in objects for name in one))
    return Sheet(header, [[one.get(name) for name in header] for one in objects])


def _write_ndjson(sheet: Sheet, file: Path, _: str) -> bytes:
    lines = (json.dumps(dict(zip(sheet.header, row, strict=True)), ensure_ascii=False) for row in sheet.rows)
    return _packed("".join(f"{line}\n" for line in lines).encode(), file)


def _read_xlsx(file: Path, _: str) -> Sheet:
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    header, *rows = ([*row] for row in book.worksheets[0].iter_rows(values_only=True))
    book.close()
    return Sheet([str(name) for name in header], rows)


def _write_xlsx(sheet: Sheet, file: Path, _: str) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("Sheet1")
    for row in (sheet.header, *sheet.rows):
        page.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _read_parquet(file: Path, _: str) -> Sheet:
    table = pq.read_table(file)
    return Sheet(table.column_names, [[*row] for row in zip(*(c.to_pylist() for c in table.columns), strict=True)])


def _write_parquet(sheet: Sheet, file: Path, _: str) -> bytes:
    """Columns keep their type, but for one whose values have become texts."""
    types = {f.name: f.type for f in pq.read_schema(file)}
    columns = list(zip(*sheet.rows, strict=True)) or [()] * len(sheet.header)
    arrays = []
    for name, values in zip(sheet.header, columns, strict=True):
        kind = pa.string() if any(isinstance(v, str) for v in values) else types.get(name)
        arrays.append(pa.array(values, type=kind))
    content = io.BytesIO()
    pq.write_table(pa.table(arrays, names=sheet.header), content)
    return content.getvalue()
