"""Validation of landed loads: accepted rows and quarantine, each row accounted for.

``accepted/<source>/<load id>/`` holds ``accepted-<contract>.parquet``, ``quarantine-<contract>.parquet``, the counts of
every expectation in ``checks-<contract>.json`` (no values) and, written last, ``manifest.json``. The result is a
function of the load, the contract and the loads of earlier delivery dates; validating again gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.landing import MANIFEST, LandingError, connection, folder_of, loads, read_manifest, rows_file, verify
from ingest.registry import Source, sources_of
from ingest.typing_sql import ident
from lmi.core.atomic import write_file
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation import batch
from validation.accepted import AcceptedLoad, accepted_folder, accepted_loads, accepted_manifests
from validation.contracts import BATCH_ROWS, ROW_NUMBER, RULES_VERSION, Check, checks_of, suite_for
from validation.frames import TECHNICAL, create_views
from validation.parquet import described, write_parquet
from validation.quarantine import quarantine_counts, quarantine_rows, quarantine_sql


class IdentityError(Exception):
    """fetched = accepted + quarantined + duplicates does not hold: a defect of this program, nothing was written."""


@dataclass(frozen=True)
class Outcome:
    """Result for one load. ``unchanged``: it had been accepted before, from the same rows under the same contract."""

    status: str  # accepted | refused | unchanged
    load_id: str
    counts: dict[str, int]
    reason: dict[str, str]  # code, ko, en; empty unless refused
    folder: Path
    manifest: dict[str, Any]


def contract_mark(source: Source) -> str:
    """12 hex digits that name the files of one contract under one version of the rules."""
    return hashlib.sha256(f"{source.digest} {RULES_VERSION}".encode()).hexdigest()[:12]


def validate(
    folder: Path,
    source: Source,
    settings: Settings,
    *,
    now: datetime,
    force: bool = False,
    waive: frozenset[str] = frozenset(),
) -> Outcome:
    """Validate one landed load; ``now`` is only noted. ``force`` validates again what has a result already.

    ``waive`` names refusals (such as ``volume``) that an operator has looked into and overrules; they stay waived for
    this load. Raises LandingError when the load is damaged or not there.
    """
    paths = Paths.of(settings)
    landed = read_manifest(folder)
    if landed is None:
        raise LandingError(f"{folder} has no manifest, so it did not land. Run the source's day again.")
    verify(folder, landed)
    target = accepted_folder(paths, source.id, landed["load_id"])
    before = _intact(target)
    waived = waive | frozenset(before["waived"] if before else ())
    basis = _basis(paths, landed, source, waived)
    if before and not force and before["basis"] == basis:
        status = "unchanged" if before["status"] == "accepted" else before["status"]
        return Outcome(status, landed["load_id"], before["counts"], before["reason"] or {}, target, before)

    earlier = [
        m
        for m in accepted_manifests(paths, source.id)
        if m["delivery_date"] < landed["delivery_date"] and m["delivery_status"] == "complete"
    ]
    target.mkdir(parents=True, exist_ok=True)
    with connection(settings, paths) as con:
        create_views(con, rows_file(paths, landed), source, settings.timezone)
        refusals, warnings = _whole_load(con, landed, source, earlier)
        refusals = [r for r in refusals if r["code"] not in waived]
        result = _refused(landed, refusals) if refusals else _rows(con, landed, source, target)
    manifest = {
        "source": source.id,
        "load_id": landed["load_id"],
        "delivery_date": landed["delivery_date"],
        "mode": landed["mode"],
        "delivery_status": landed["status"],
        "contract_version": source.version,
        "contract_digest": source.digest,
        "rules_version": RULES_VERSION,
        "basis": basis,
        "waived": sorted(waived),
        "warnings": warnings,
        **result,
        "validated_at": now.isoformat(),
    }
    if before and {**before, "validated_at": ""} == {**manifest, "validated_at": ""}:
        manifest = before  # the same result again: not a byte changes
    else:
        write_file(target / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        _forget(target, manifest, before)
    return Outcome(
        manifest["status"], landed["load_id"], manifest["counts"], manifest["reason"] or {}, target, manifest
    )


def _basis(paths: Paths, landed: dict[str, Any], source: Source, waived: frozenset[str]) -> str:
    rows = next(f["sha256"] for f in landed["files"] if f["path"] == rows_file(paths, landed).name)
    facts = [rows, source.digest, RULES_VERSION, *sorted(waived)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _intact(target: Path) -> dict[str, Any] | None:
    """The present result, None when there is none or it is damaged: then it is made again from the landed rows."""
    try:
        manifest = read_manifest(target)
        if manifest is not None:
            verify(target, manifest)
        return manifest
    except LandingError:
        return None


def _whole_load(
    con: duckdb.DuckDBPyConnection, landed: dict[str, Any], source: Source, earlier: list[dict[str, Any]]
) -> tuple[list[dict[str, str]], list[str]]:
    refusals, warnings = batch.drift(landed, source)
    casts = batch.cast_counts(con, source)
    refusals += batch.empty(landed, source)
    refusals += batch.retyped(casts)
    refusals += batch.control_total(landed, {column for column, (failed, _) in casts.items() if failed})
    refusals += batch.volume(landed, source, earlier)
    return refusals, warnings


def _refused(landed: dict[str, Any], refusals: list[dict[str, str]]) -> dict[str, Any]:
    reason = {
        "code": refusals[0]["code"],
        "ko": " ".join(r["ko"] for r in refusals),
        "en": " ".join(r["en"] for r in refusals),
    }
    counts = {"fetched": landed["fetched"], "accepted": 0, "quarantined": 0, "duplicates": 0}
    codes = [r["code"] for r in refusals]
    return {
        "status": "refused",
        "reason": reason,
        "refusals": codes,
        "counts": counts,
        "withheld": landed["fetched"],
        "suite": None,
        "rules": [],
        "files": [],
    }


def _rows(con: duckdb.DuckDBPyConnection, landed: dict[str, Any], source: Source, target: Path) -> dict[str, Any]:
    """Checks every row, writes accepted rows, quarantine and counts; the identity is asserted on what was written."""
    con.execute(
        f"CREATE TABLE repeats AS SELECT {ROW_NUMBER} FROM (SELECT {ROW_NUMBER}, row_number() OVER"
        f" (PARTITION BY _record_hash ORDER BY _page, _row, {ROW_NUMBER}) AS place FROM landed WHERE _record_hash IN"
        " (SELECT _record_hash FROM landed GROUP BY _record_hash HAVING count(*) > 1)) WHERE place > 1"
    )
    checks = checks_of(source)
    suite, statistics = _run_suite(con, source, checks, landed["rows"])
    con.execute(
        "CREATE TABLE broken AS SELECT DISTINCT f._n FROM failures f JOIN checks c USING (number)"
        " WHERE c.severity = 'error'"
    )
    mark = contract_mark(source)
    names = [*(ident(lc.name) for lc in source.landed_columns), *TECHNICAL]
    accepted = (
        f"SELECT {', '.join(names)} FROM landed WHERE {ROW_NUMBER} NOT IN (SELECT {ROW_NUMBER} FROM repeats)"
        f" AND {ROW_NUMBER} NOT IN (SELECT {ROW_NUMBER} FROM broken)"
    )
    con.register("malformed", _malformed(landed))
    files = [
        write_parquet(con, accepted, target / f"accepted-{mark}.parquet"),
        write_parquet(con, quarantine_sql(source, checks), target / f"quarantine-{mark}.parquet"),
    ]
    checks_file = target / f"checks-{mark}.json"
    write_file(checks_file, json.dumps(statistics, ensure_ascii=False, indent=1).encode())
    files.append(described(checks_file))
    duplicates, quarantined = _counted(con, "repeats"), _counted(con, "broken") + len(landed["malformed"])
    counts = {
        "fetched": landed["fetched"] - landed.get("erased_rows", 0),
        "accepted": files[0]["rows"],
        "quarantined": quarantined,
        "duplicates": duplicates,
    }
    if counts["fetched"] != counts["accepted"] + counts["quarantined"] + counts["duplicates"]:
        raise IdentityError(f"{landed['source']} {landed['load_id']}: fetched is not the sum of its parts: {counts}")
    rules = con.execute(
        "SELECT rule, severity, column_name, count(*) FROM read_parquet(?) GROUP BY ALL ORDER BY ALL",
        [str(target / files[1]["path"])],
    ).fetchall()
    return {
        "status": "accepted",
        "reason": None,
        "refusals": [],
        "counts": counts,
        "withheld": 0,
        "suite": suite,
        "rules": [dict(zip(("rule", "severity", "column", "failed"), row, strict=True)) for row in rules],
        "files": files,
    }


def _run_suite(
    con: duckdb.DuckDBPyConnection, source: Source, checks: list[Check], rows: int
) -> tuple[str, dict[str, Any]]:
    """Fills the tables ``checks`` and ``failures`` (row number, check number). Returns suite name and statistics."""
    facts = [(number, c.rule, c.severity, c.column.name, *c.message) for number, c in enumerate(checks)]
    names = ("number", "rule", "severity", "column_name", "ko", "en")
    kinds = (pa.int32(), *[pa.string()] * 5)
    columns = zip(*facts, strict=True) if facts else [()] * len(names)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    con.register("described", pa.table(arrays, list(names)))
    con.execute("CREATE TABLE checks AS SELECT * FROM described")
    con.unregister("described")
    con.execute(f"CREATE TABLE failures ({ROW_NUMBER} BIGINT, number INTEGER)")
    totals = [{"evaluated": 0, "missing": 0, "unexpected": 0} for _ in checks]
    name = f"{source.id} {source.version}"
    batches = 0
    if rows:
        suite = suite_for(source)
        reader = con.execute(
            f"SELECT * FROM checked WHERE {ROW_NUMBER} NOT IN (SELECT {ROW_NUMBER} FROM repeats)"
        ).to_arrow_reader(BATCH_ROWS)
        found: list[pa.Table] = []
        for part in reader:
            batches += 1
            for check, counts, failing in suite.run(part.to_pandas()):
                number = checks.index(check)
                totals[number] = {key: value + counts[key] for key, value in totals[number].items()}
                if failing:
                    numbers = pa.array([number] * len(failing), pa.int32())
                    found.append(pa.table({ROW_NUMBER: pa.array(failing, pa.int64()), "number": numbers}))
        if found:
            con.register("found", pa.concat_tables(found))
            con.execute("INSERT INTO failures SELECT * FROM found")
            con.unregister("found")
        # a value that came but does not cast is not missing as well
        con.execute(
            "DELETE FROM failures f USING checks c WHERE f.number = c.number AND c.rule IN ('required', 'key')"
            " AND EXISTS (SELECT 1 FROM failures g JOIN checks d ON g.number = d.number WHERE g._n = f._n"
            " AND d.column_name = c.column_name AND d.rule IN ('cast', 'resident_no_format', 'phone_format',"
            " 'email_format'))"
        )
    expectations = [
        {"rule": c.rule, "severity": c.severity, "column": c.column.name, "expectation": c.expectation, **total}
        for c, total in zip(checks, totals, strict=True)
    ]
    return name, {"suite": name, "contract_digest": source.digest, "batches": batches, "expectations": expectations}


def _malformed(landed: dict[str, Any]) -> pa.Table:
    found = landed["malformed"]
    return pa.table(
        {
            "page": pa.array([m["page"] for m in found], pa.int64()),
            "row": pa.array([m["row"] for m in found], pa.int64()),
            "reason": pa.array([m["reason"] for m in found], pa.string()),
            "load_id": pa.array([landed["load_id"]] * len(found), pa.string()),
            "delivery_date": pa.array([landed["delivery_date"]] * len(found), pa.string()),
        }
    )


def _counted(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {table}").fetchone()
    return row[0] if row else 0


def _forget(target: Path, manifest: dict[str, Any], before: dict[str, Any] | None) -> None:
    """Removes files of results before the last one; a reader that holds the last manifest still finds its files."""
    kept = {f["path"] for m in (manifest, before) if m for f in m["files"]} | {MANIFEST}
    for path in target.iterdir():
        if path.name not in kept:
            path.unlink()


def replay(
    settings: Settings,
    source_id: str | None,
    load_id: str | None,
    *,
    now: datetime,
    waive: frozenset[str] = frozenset(),
) -> list[dict[str, Any]]:
    """Validates landed loads again under the present contracts; all of the profile, of one source, or one load.

    Values are typed again where the contract changed. Returns what came out differently: source, load_id, status,
    accepted and quarantined, now and before. ``waive``: see ``validate``. Raises LandingError for an unknown load.
    """
    paths = Paths.of(settings)
    known = sources_of(settings.profile)
    changed = []
    for source in [known[source_id]] if source_id else known.values():
        manifests = [m for m in loads(paths, source.id) if load_id in (None, m["load_id"])]
        if load_id and not manifests:
            raise LandingError(f"{source.id}/{load_id} has not landed. `lmi quarantine list` names the loads.")
        for landed in manifests:
            target = accepted_folder(paths, source.id, landed["load_id"])
            before = _intact(target) or {"status": None, "counts": {"accepted": 0, "quarantined": 0}}
            outcome = validate(folder_of(paths, landed), source, settings, now=now, force=True, waive=waive)
            if (outcome.manifest["status"], outcome.counts) != (before["status"], before["counts"]):
                changed.append(
                    {
                        "source": source.id,
                        "load_id": landed["load_id"],
                        "status": outcome.manifest["status"],
                        "accepted": outcome.counts["accepted"],
                        "quarantined": outcome.counts["quarantined"],
                        "accepted_before": before["counts"]["accepted"],
                        "quarantined_before": before["counts"]["quarantined"],
                    }
                )
    return changed


__all__ = [
    "AcceptedLoad",
    "IdentityError",
    "Outcome",
    "accepted_loads",
    "quarantine_counts",
    "quarantine_rows",
    "replay",
    "validate",
]
