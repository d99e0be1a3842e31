"""The quarantine of one load as SQL: one row per failing row and rule, values masked where they are personal."""

from __future__ import annotations

from ingest.door import masked_text_sql
from ingest.registry import Source
from ingest.typing_sql import ident, literal
from validation.contracts import Check
from validation.frames import shown_sql
from validation.messages import row_message

QUARANTINE_COLUMNS = (
    "_source", "_load_id", "_delivery_date", "_page", "_row", "_record_hash",
    "rule", "severity", "column_name", "value", "message_ko", "message_en",
)  # fmt: skip


def quarantine_sql(source: Source, checks: list[Check]) -> str:
    """Query over ``landed``, ``failures``, ``checks`` and ``malformed``, in a fixed order."""
    landed = {lc.name for lc in source.landed_columns}
    columns = {c.column.name: c.column for c in checks}
    shown = " ".join(f"WHEN {literal(name)} THEN {shown_sql(column, landed)}" for name, column in columns.items())
    value = f"CASE column_name {shown} END" if columns else "NULL"
    ko, en = row_message("row_shape", None, "%s")
    message = "replace({text}, '%s', reason)"
    return f"""
        WITH broken_rows AS (
            SELECT _source, _load_id, _delivery_date, _page, _row, _record_hash, c.rule, c.severity, c.column_name,
                ({value})::VARCHAR AS value, c.ko AS message_ko, c.en AS message_en
            FROM failures f JOIN checks c USING (number) JOIN landed l USING ({ident("_n")})
        ),
        shapeless_rows AS (
            SELECT {literal(source.id)} AS _source, load_id AS _load_id, delivery_date::DATE AS _delivery_date,
                page AS _page, "row" AS _row, NULL::VARCHAR AS _record_hash, 'row_shape' AS rule, 'error' AS severity,
                NULL::VARCHAR AS column_name, NULL::VARCHAR AS value,
                {message.format(text=literal(ko))} AS message_ko, {message.format(text=literal(en))} AS message_en
            FROM malformed
        ),
        all_rows AS (SELECT * FROM broken_rows UNION ALL SELECT * FROM shapeless_rows)
        SELECT * REPLACE ({masked_text_sql("value")} AS value) FROM all_rows
        ORDER BY _page, _row, rule, column_name, _record_hash
    """
