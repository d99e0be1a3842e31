"""The queue: what waits, in which order, for whom; and the same out as a file.

Order: risk × days waiting (the day of submission counts as the first), by employer, so that one call settles what one
employer has waiting. A posting in the doubly reviewed sample looks like any other: a reviewer sees one of its two
items, and none once the other was theirs.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from lmi.core.inert import inert
from validation.desk.store import SIGNAL_SLOT, DeskError, Row, Store

FORMATS = ("csv", "xlsx", "ndjson")
#: mark of a reason that could not be judged
UNDETERMINED = "UNDETERMINED:"
#: reason of what waits without a finding: held by its score, or drawn for the audit
GENERAL = "GENERAL_CHECK"
#: reason of what the reliability score holds; at the desk it is a general check like the audited ones
SCORE = "RELIABILITY_SCORE"
EXPORTED = (
    "item_no", "source_id", "posting_id", "submitted_date", "waiting_days", "risk", "priority", "channel_code",
    "employer_name", "title", "reason_codes", "quotes", "claimed_by",
)  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What of the queue is asked for; empty means all. ``owner``: mine, unclaimed or empty."""

    channel: str = ""
    code: str = ""
    employer_no: int | None = None
    owner: str = ""


@dataclass(frozen=True)
class Group:
    """One employer's postings, the most urgent first."""

    employer_no: int
    name: str
    items: tuple[Row, ...]

    @property
    def priority(self) -> float:
        return float(self.items[0]["priority"])


def reason_code(code: str) -> str:
    return code.removeprefix(UNDETERMINED)


def waiting(store: Store, reviewer_id: str | None = None) -> list[Row]:
    """Items one reviewer may work on or sees others working on, most urgent first; None: as a newcomer would."""
    now, today = store.now().isoformat(timespec="seconds"), store.today()
    found = store.rows(
        "SELECT item_no, source_id, record_hash, slot, posting_id, load_id, employer_no, submitted_date, channel_code,"
        " risk, codes, findings, signals, selection_code, state, claimed_by, claim_expires,"
        " employer.name AS employer_name, reviewer.name AS claimed_name, json_extract(posting, '$.title') AS title,"
        " json_extract(posting, '$.region_code') AS region_code"
        " FROM item JOIN employer USING (employer_no) LEFT JOIN reviewer ON item.claimed_by = reviewer.reviewer_id"
        " WHERE state IN ('open', 'claimed') AND coalesce(not_before, '') <= ?",
        [today.isoformat()],
    )
    reviewed = {
        (row["source_id"], row["record_hash"], row["slot"])
        for row in store.rows(
            "SELECT source_id, record_hash, slot FROM review JOIN item USING (item_no) WHERE reviewer_id = ?",
            [reviewer_id],
        )
    }
    chosen: dict[tuple[str, str, bool], Row] = {}
    for item in found:
        if item["state"] == "claimed" and item["claim_expires"] <= now:
            item.update(state="open", claimed_by=None, claimed_name=None, claim_expires=None)
        version = (item["source_id"], item["record_hash"])
        key = (*version, item["slot"] == SIGNAL_SLOT)
        item["is_mine"] = reviewer_id is not None and item["claimed_by"] == reviewer_id
        is_appeal = item.pop("selection_code") == "REOPENED"
        if (*version, 3 - item["slot"]) in reviewed:
            continue
        if is_appeal and (*version, item["slot"]) in reviewed and not item["is_mine"]:
            continue
        # one of two slots: mine before free before another's
        item["rank"] = (not item["is_mine"], item["state"] != "open", item["slot"])
        if key not in chosen or item["rank"] < chosen[key]["rank"]:
            chosen[key] = item
    return sorted((_worded(item, today) for item in chosen.values()), key=lambda i: (-i["priority"], i["item_no"]))


def _worded(item: Row, today: date) -> Row:
    findings = json.loads(item.pop("findings"))
    signals = json.loads(item.pop("signals"))
    days = waiting_days(item["submitted_date"], signals, today)
    codes = [code for code in map(reason_code, json.loads(item.pop("codes"))) if code != SCORE]
    grave = {f["code"] for f in findings if f["severity"] != "warn"}
    judged = {f["code"] for f in findings if f["outcome"] != "undetermined"}
    return item | {
        "signals": signals,
        "waiting_days": days,
        "priority": round(item["risk"] * days, 3),
        # what it waits for comes first; warnings look alike, or nobody but a sample would come with warnings alone
        "codes": sorted(dict.fromkeys(codes), key=lambda code: code not in grave) or [GENERAL],
        "unsure": [] if signals else [code for code in dict.fromkeys(codes) if code not in judged],
        "quotes": list(dict.fromkeys(f["quote"] for f in findings if f.get("quote"))),
    }


def waiting_days(submitted_date: str, signals: Sequence[Row], today: date) -> int:
    """Days a posting waits, the first counted: since it was submitted, or since its first signal."""
    return (today - date.fromisoformat(min((s["signal_date"] for s in signals), default=submitted_date))).days + 1


def filtered(items: Iterable[Row], filters: Filters) -> list[Row]:
    return [
        item
        for item in items
        if (not filters.channel or item["channel_code"] == filters.channel)
        and (not filters.code or filters.code in item["codes"])
        and (filters.employer_no is None or item["employer_no"] == filters.employer_no)
        and (filters.owner != "mine" or item["is_mine"])
        and (filters.owner != "unclaimed" or item["state"] == "open")
    ]


def grouped(items: Sequence[Row]) -> list[Group]:
    """Items by employer; the employer with the most urgent posting first."""
    groups: dict[int, list[Row]] = {}
    for item in items:
        groups.setdefault(item["employer_no"], []).append(item)
    return [Group(number, rows[0]["employer_name"], tuple(rows)) for number, rows in groups.items()]


def first_groups(groups: Sequence[Group], shown: int) -> list[Group]:
    """Groups, each whole, until they hold ``shown`` items: one call settles all that an employer has waiting."""
    before = [0, *accumulate(len(group.items) for group in groups)]
    return [group for group, items in zip(groups, before, strict=False) if items < shown]


def choices(items: Iterable[Row]) -> dict[str, list[tuple[str, int]]]:
    """Values to filter by, with how many items have them, most frequent first."""
    items = list(items)
    channels = Counter(item["channel_code"] for item in items)
    codes = Counter(code for item in items for code in item["codes"])
    return {
        name: sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))
        for name, counter in (("channel", channels), ("code", codes))
    }


def capacity(store: Store, items: Sequence[Row], per_reviewer_day: int) -> Row:
    """How the queue compares with what the reviewers can do. ``days`` is None without anybody to work.

    Capacity is ``per_reviewer_day`` × active reviewers; ``pace`` is what was decided a day, over those of the last
    seven days with any decision.
    """
    today = store.today()
    people = store.rows("SELECT count(*) AS n FROM reviewer WHERE is_active = 1")[0]["n"]
    decided = store.rows(
        "SELECT decided_day, count(*) AS n, count(DISTINCT reviewer_id) AS people FROM review"
        " WHERE decided_day > ? GROUP BY decided_day",
        [(today - timedelta(days=7)).isoformat()],
    )
    per_day = people * per_reviewer_day
    return {
        "waiting": len(items),
        "open": sum(item["state"] == "open" for item in items),
        "claimed": sum(item["state"] == "claimed" for item in items),
        "mine": sum(item["is_mine"] for item in items),
        "reviewers": people,
        "per_day": per_day,
        "pace": round(sum(row["n"] for row in decided) / len(decided), 1) if decided else None,
        "decided_today": next((row["n"] for row in decided if row["decided_day"] == today.isoformat()), 0),
        "days": math.ceil(len(items) / per_day) if per_day else None,
        "oldest_days": max((item["waiting_days"] for item in items), default=0),
    }


def export(items: Sequence[Row], form: str) -> bytes:
    """The queue as CSV (UTF-8 with mark, for spreadsheets), XLSX or NDJSON. Raises DeskError for another format."""
    rows = [_exported(item) for item in items]
    if form == "ndjson":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    flat = [[_flat(row[name]) for name in EXPORTED] for row in rows]
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([*EXPORTED, "decision", "note"])
        writer.writerows([_harmless(value) for value in row] + ["", ""] for row in flat)
        return b"\xef\xbb\xbf" + text.getvalue().encode()
    if form == "xlsx":
        return _xlsx(flat)
    raise DeskError(f"--format {form} is unknown; use one of {', '.join(FORMATS)}.")


def _exported(item: Row) -> Row:
    return {name: item[name] for name in EXPORTED if name != "reason_codes"} | {"reason_codes": item["codes"]}


def _flat(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else "" if value is None else value


def _harmless(value: object) -> object:
    """A text that a spreadsheet would run stays text."""
    return inert(value) if isinstance(value, str) else value


def _xlsx(rows: list[list[object]]) -> bytes:
    """One sheet ``queue``; every text is a text cell, whatever it begins with, without characters XML cannot hold."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("queue")
    sheet.freeze_panes = "A2"
    sheet.append([*EXPORTED, "decision", "note"])
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=None)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767]
                cell.data_type = "s"
            else:
                cell.value = value  # type: ignore[assignment]
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
