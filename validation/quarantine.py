"""Quarantine: one row per failing row and rule, values masked where they are personal; written here and listed here."""

from __future__ import annotations

from typing import Any

import duckdb

from ingest.door import masked_text_sql
from ingest.landing import verify
from ingest.registry import Source
from ingest.typing_sql import ident, literal
from lmi.core.paths import Paths
from validation.accepted import accepted_folder, accepted_manifests, manifests
from validation.contracts import Check
from validation.frames import shown_sql
from validation.messages import row_message


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


def _files(paths: Paths, source_id: str, load_id: str | None) -> list[str]:
    """Verified quarantine files of accepted loads that have any row in quarantine."""
    found = []
    for manifest in accepted_manifests(paths, source_id):
        if load_id in (None, manifest["load_id"]) and manifest["rules"]:
            folder = accepted_folder(paths, source_id, manifest["load_id"])
            verify(folder, manifest)
            found += [str(folder / f["path"]) for f in manifest["files"] if f["path"].startswith("quarantine-")]
    return found


def quarantine_counts(paths: Paths, source_ids: list[str]) -> list[dict[str, Any]]:
    """Per source, load, rule and column: severity and rows. A refused load is one entry with severity ``refused``."""
    counts = []
    for source_id in source_ids:
        for manifest in manifests(paths, source_id):
            entry = {"source": source_id, "load_id": manifest["load_id"], "delivery_date": manifest["delivery_date"]}
            if manifest["status"] == "refused":
                reason = manifest["reason"]
                refused = {"rule": reason["code"], "severity": "refused", "column_name": None}
                counts.append({**entry, **refused, "rows": manifest["withheld"], "reason": reason})
            for rule in manifest["rules"]:
                facts = {"rule": rule["rule"], "severity": rule["severity"], "column_name": rule["column"]}
                counts.append({**entry, **facts, "rows": rule["failed"]})
    return counts


def quarantine_rows(paths: Paths, source_id: str, load_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Failing rows with rule, column, value as it may be shown and message; newest delivery first."""
    files = _files(paths, source_id, load_id)
    if not files:
        return []
    with duckdb.connect() as con:
        query = "SELECT * FROM read_parquet(?) ORDER BY _delivery_date DESC, _load_id, _page, _row, rule LIMIT ?"
        return con.execute(query, [files, limit]).to_arrow_table().to_pylist()
