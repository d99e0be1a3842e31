"""The desk's decisions as a delivery: one file per day of decision in the drop folder, with its control total.

The file of a day is a function of the day's decisions: writing it again changes nothing, a further decision replaces
it. A file that had landed before lands again with the new rows; those that were there are counted as known.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lmi.core.atomic import write_file
from lmi.core.paths import Paths
from validation.desk.store import SIGNAL_SLOT, Store

SOURCE = "desk_reviews"


def day_file(paths: Paths, day: date) -> Path:
    return paths.own_drop / SOURCE / f"{SOURCE}_{day:%Y%m%d}.ndjson.gz"


def deliver_day(store: Store, paths: Paths, day: date) -> int:
    """Writes the file of one day of decision, whole or not at all; returns its rows.

    The store's write lock is held meanwhile, so that of two writers the second sees the decisions of both.
    """
    with store.change() as con:
        rows = con.execute(
            "SELECT review.*, item.source_id, item.record_hash, item.posting_id, item.slot, item.is_double,"
            " item.machine_decision, item.rule_set FROM review JOIN item USING (item_no) WHERE decided_day = ?"
            " ORDER BY review_id",
            [day.isoformat()],
        ).fetchall()
        data = _packed("".join(json.dumps(_row(row, store), ensure_ascii=False) + "\n" for row in rows))
        target = day_file(paths, day)
        if not target.is_file() or target.read_bytes() != data:
            control = {"rows": len(rows), "sha256": hashlib.sha256(data).hexdigest()}
            write_file(target.with_name(target.name + ".ctl"), (json.dumps(control, sort_keys=True) + "\n").encode())
            write_file(target, data)
    return len(rows)


def _row(row: Mapping[str, Any], store: Store) -> dict[str, object]:
    """One review under the contract's names; the name of the reviewer and the letter stay at the desk."""
    decided = datetime.fromisoformat(row["decided_at"]).astimezone(store.tz)
    same = ("review_id", "posting_id", "decision", "reviewer_id", "note", "record_hash",
            "selection_code", "machine_decision", "rule_set", "call_attempts")  # fmt: skip
    return {name: row[name] for name in same} | {
        "step_code": "S4_COHERENCE" if row["slot"] == SIGNAL_SLOT else "S2_CALLCENTER",
        "reason_codes": json.loads(row["reason_codes"]),
        "decided_date": row["decided_day"],
        "decided_at": decided.isoformat(timespec="seconds"),
        "received_date": row["decided_day"],
        "vacancy_source": row["source_id"],
        "is_double": bool(row["is_double"]),
    }


def _packed(text: str) -> bytes:
    """Compressed without a time in it: equal decisions, equal bytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as out:
        out.write(text.encode())
    return packed.getvalue()


def deliver_all(store: Store, paths: Paths) -> dict[str, int]:
    """Every day with a decision; mends a file that a crash between decision and delivery left out."""
    days = [row["decided_day"] for row in store.rows("SELECT DISTINCT decided_day FROM review ORDER BY decided_day")]
    return {day: deliver_day(store, paths, date.fromisoformat(day)) for day in days}
