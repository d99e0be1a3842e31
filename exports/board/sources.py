"""When each source delivered last and what it brought, and how the registers of employment stand."""

from __future__ import annotations

from typing import Any

from exports.reports.content import Cell, Table
from exports.reports.reading import Marts, number
from exports.reports.words import text

MART, GRAIN = "dim_source", ("source_id",)


def freshness(marts: Marts) -> Table:
    """Every source of the release: cadence, last delivery, condition, rows delivered, licence."""
    lang = marts.lang
    found = marts.rows(f"select * from {MART} order by delivery_status = 'present', every <> 'day', source_id")
    rows: list[tuple[Cell, ...]] = []
    for row in found:
        last = row["latest_delivery_date"]
        rows.append(
            (
                row["source_id"],
                row[f"label_{lang}"],
                text(f"every_{row['every']}", lang),
                last.isoformat() if last else "–",
                text(_condition(row, marts), lang),
                number(row, "rows_delivered", MART, GRAIN),
                row["licence_id"] or "–",
            )
        )
    heads = ("source", "provider", "every", "last_delivery", "condition", "rows_delivered", "licence")
    return Table("sources", text("freshness_caption", lang), tuple(text(head, lang) for head in heads), rows)


def _condition(row: dict[str, Any], marts: Marts) -> str:
    """A daily source is late from the first day without a delivery, others once their allowance has passed."""
    last = row["latest_delivery_date"]
    if last is None:
        return "absent"
    is_late = row["delivery_status"] == "stale" or (row["every"] == "day" and last < marts.as_of)
    return "late" if is_late else "on_time"
