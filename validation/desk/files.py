"""Decisions that come as a file: CSV, XLSX or NDJSON with the columns of the exported queue and a ``decision``.

The whole file is checked first; one wrong row and nothing is written. A row that is there already counts as known, so a
file may be sent twice.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from validation.desk.queue import GENERAL, reason_code
from validation.desk.store import (
    SIGNAL_SLOT,
    DeskError,
    Store,
    check_decision,
    codes_of,
    confirmed_codes,
    decisions_of,
)

#: columns that are read; ``item_no`` or ``posting_id``, ``reviewer_id`` and ``decision`` must be there
COLUMNS = ("item_no", "posting_id", "reviewer_id", "decision", "reason_codes", "note", "decided_at")
SHOWN_ERRORS = 20


def decide_file(store: Store, path: Path, reviewer_id: str | None, known_codes: frozenset[str]) -> dict[str, Any]:
    """Writes the decisions of a file; returns counts and the days touched.

    ``reviewer_id`` decided the rows that name nobody. Raises DeskError that names each wrong line and what to mend.
    """
    rows = list(_rows(path))
    if not rows:
        raise DeskError(f"{path.name}: holds no decision. Fill in the column 'decision' of the exported queue.")
    errors: list[str] = []
    written = known = 0
    days: set[str] = set()
    seen: dict[int, int] = {}
    with store.change() as con:
        for line, row in rows:
            try:
                item_no, day = _apply(store, con, row, reviewer_id, known_codes, seen, line)
            except DeskError as error:
                errors.append(f"line {line}: {error}")
                continue
            if item_no:
                written += 1
                days.add(day)
            else:
                known += 1
        if errors:
            more = len(errors) - SHOWN_ERRORS
            tail = [f"and {more} more"] if more > 0 else []
            listed = "\n  ".join([*errors[:SHOWN_ERRORS], *tail])
            raise DeskError(f"{path.name}: nothing was written. Mend these rows and send the file again:\n  {listed}")
    return {"written": written, "known": known, "days": sorted(days)}


def _apply(
    store: Store,
    con: sqlite3.Connection,
    row: Mapping[str, str],
    reviewer_id: str | None,
    known_codes: frozenset[str],
    seen: dict[int, int],
    line: int,
) -> tuple[int, str]:
    """(item, day) when a review was written, (0, day) when it was there already."""
    who = row.get("reviewer_id") or reviewer_id or ""
    if not con.execute("SELECT 1 FROM reviewer WHERE reviewer_id = ? AND is_active = 1", [who]).fetchone():
        raise DeskError(f"reviewer_id '{who}' is nobody active at the desk. Fill it in, or say --reviewer R001.")
    decision = row["decision"].strip().upper()
    decided_at = _instant(store, row.get("decided_at", ""))
    day = decided_at.astimezone(store.tz).date().isoformat()
    item = _item(store, con, row, who, decision)
    given = [reason_code(code.strip()) for code in row.get("reason_codes", "").split(";")]
    codes = codes_of(item, [code for code in given if code not in ("", GENERAL)])
    if item["slot"] != SIGNAL_SLOT and (unknown := sorted(set(codes) - known_codes)):
        raise DeskError(f"reason_codes {', '.join(unknown)} are unknown. `lmi vet rules` lists the codes.")
    check_decision(decision, codes, decisions_of(item))
    if (earlier := seen.setdefault(item["item_no"], line)) != line:
        raise DeskError(f"decides item {item['item_no']} again after line {earlier}. Keep one of them.")
    same = con.execute(
        "SELECT 1 FROM review WHERE item_no = ? AND reviewer_id = ? AND decision = ? AND reason_codes = ?"
        " AND (decided_day = ? OR ? = '')",
        [item["item_no"], who, decision, json.dumps(confirmed_codes(decision, codes)), day, row.get("decided_at", "")],
    ).fetchone()
    if same and (item["state"] != "open" or decision == "UNREACHABLE"):
        return 0, day
    if item["state"] not in ("open", "claimed"):
        raise DeskError(f"item {item['item_no']} is {item['state']} and waits no more. Take it up again at the desk.")
    held = item["state"] == "claimed" and item["claim_expires"] > store.now().isoformat(timespec="seconds")
    if held and item["claimed_by"] != who:
        raise DeskError(f"item {item['item_no']} is claimed by {item['claimed_by']} now. Ask them to release it.")
    con.execute(
        "UPDATE item SET state = 'decided', claimed_by = ?, claim_expires = NULL WHERE item_no = ?",
        [who, item["item_no"]],
    )
    store.write_review(con, item["item_no"], who, decision, codes, row.get("note", "").strip(), None, None, decided_at)
    return item["item_no"], day


def _item(store: Store, con: sqlite3.Connection, row: Mapping[str, str], who: str, decision: str) -> sqlite3.Row:
    """The item a row means: by number, else by posting id the one this reviewer may decide so."""
    number, posting = row.get("item_no", "").strip(), row.get("posting_id", "").strip()
    if number:
        if not number.isdigit():
            raise DeskError(f"item_no '{number}' is no number. Copy it from the exported queue.")
        found = con.execute("SELECT * FROM item WHERE item_no = ?", [int(number)]).fetchall()
        if found and posting and found[0]["posting_id"] != posting:
            raise DeskError(f"item_no {number} is posting {found[0]['posting_id']}, not {posting}. Mend one of them.")
    else:
        found = con.execute(
            "SELECT * FROM item WHERE posting_id = ? AND state <> 'superseded' ORDER BY slot = 0, slot", [posting]
        ).fetchall()
        found = [item for item in found if decision in decisions_of(item)] or found
    taken = {
        (other["source_id"], other["record_hash"], other["slot"])
        for other in con.execute(
            "SELECT source_id, record_hash, slot FROM review JOIN item USING (item_no) WHERE reviewer_id = ?", [who]
        )
    }
    if not found:
        raise DeskError(f"neither item_no '{number}' nor posting_id '{posting}' is in the queue.")
    own = [i for i in found if (i["source_id"], i["record_hash"], i["slot"]) in taken]
    free = [i for i in found if (i["source_id"], i["record_hash"], 3 - i["slot"]) not in taken]
    if not own and not free:
        raise DeskError(f"posting {found[0]['posting_id']} has been reviewed by {who} already.")
    return (own or [i for i in free if i["state"] in ("open", "claimed")] or free)[0]


def _instant(store: Store, text: str) -> datetime:
    """When it was decided: ISO, in the desk's zone where none is said; now where nothing is said; never later."""
    if not text.strip():
        return store.now()
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise DeskError(f"decided_at '{text}' is no time. Write it like 2026-10-07 14:30.") from None
    instant = instant if instant.tzinfo else instant.replace(tzinfo=store.tz)
    if instant > store.now():
        raise DeskError(f"decided_at {text} lies in the future. Mend it, or leave it empty for now.")
    return instant


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of the rows with a decision, all values as text. Raises DeskError for an unreadable file."""
    readers = {".csv": _csv_rows, ".xlsx": _xlsx_rows, ".ndjson": _ndjson_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DeskError(f"{path.name}: is no {', '.join(readers)}. Save the file in one of these forms.")
    if not path.is_file():
        raise DeskError(f"{path}: no such file.")
    for line, row in reader(path):
        if missing := [name for name in ("decision",) if name not in row]:
            raise DeskError(f"{path.name}: has no column {missing[0]}. Start from `lmi vet queue --format csv`.")
        if str(row["decision"] or "").strip():
            yield line, {name: str(row.get(name) or "") for name in COLUMNS if name in row}


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp949")  # what Korean spreadsheets save as plain CSV
        except UnicodeDecodeError as error:
            raise DeskError(f"{path.name}: is neither UTF-8 nor CP949 ({error}). Save it as 'CSV UTF-8'.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for row in reader:
        yield reader.line_num, {str(k).strip(): v for k, v in row.items() if k is not None}


def _xlsx_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        sheet = load_workbook(path, read_only=True, data_only=True).active
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise DeskError(f"{path.name}: is no workbook ({error}). Save it as .xlsx.") from None
    rows = sheet.iter_rows(values_only=True) if sheet is not None else iter(())
    names = [str(name or "").strip() for name in next(rows, ())]
    for line, values in enumerate(rows, start=2):
        yield line, dict(zip(names, values, strict=False))


def _ndjson_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as error:
            raise DeskError(f"{path.name}: line {line} is no JSON ({error}). Mend it.") from None
        if not isinstance(row, dict):
            raise DeskError(f"{path.name}: line {line} is no JSON object. Write one object a line.")
        codes = row.get("reason_codes")
        yield line, row | ({"reason_codes": ";".join(map(str, codes))} if isinstance(codes, list) else {})
