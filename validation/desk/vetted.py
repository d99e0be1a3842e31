"""The vetted postings of a home as tables of a DuckDB connection, for the desk's queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from ingest.landing import MANIFEST, read_manifest, verify
from ingest.registry import Source
from ingest.typing_sql import ident, literal
from lmi.core.paths import Paths
from validation.accepted import AcceptedLoad, accepted_loads, accepted_query
from validation.vetting.postings import CANONICAL, canonical_query, vetted_sources


def evaluations(paths: Paths, source_id: str) -> dict[str, Path]:
    """Load id -> folder of its latest evaluation, checked against its manifest. Raises LandingError when damaged."""
    found: dict[str, tuple[str, Path]] = {}
    for path in (paths.vetted / source_id).glob(f"*/*/{MANIFEST}"):
        if manifest := read_manifest(path.parent):
            load_id = path.parent.parent.name
            found[load_id] = max(found.get(load_id, ("", Path())), (str(manifest["vetted_at"]), path.parent))
    for _, folder in found.values():
        verify(folder, read_manifest(folder) or {})
    return {load_id: folder for load_id, (_, folder) in found.items()}


def load_vetted(con: duckdb.DuckDBPyConnection, paths: Paths, sources: Mapping[str, Source], until: date) -> None:
    """Tables ``posting`` (latest versions, with decisions), ``finding`` and ``verdict`` (what is decided elsewhere).

    ``book`` (source_id, book): sources of the public service share its posting numbers; every other counts for itself.
    """
    con.execute("CREATE TABLE posting AS SELECT NULL::VARCHAR AS source_id, NULL::VARCHAR AS record_hash,"
                " NULL::VARCHAR AS load_id, NULL::DATE AS delivery_date, "
                + ", ".join(f"NULL::{kind} AS {name}" for name, kind in CANONICAL.items())
                + ", NULL::TIMESTAMPTZ AS version_at WHERE false")  # fmt: skip
    con.execute("CREATE TABLE finding (source_id VARCHAR, record_hash VARCHAR, rule_number INTEGER, rule_id VARCHAR,"
                " code VARCHAR, outcome VARCHAR, severity VARCHAR, signal VARCHAR, evidence_field VARCHAR,"
                " span_start INTEGER, span_end INTEGER, quote VARCHAR, facts VARCHAR, folder VARCHAR)")  # fmt: skip
    con.execute("CREATE TABLE decision (source_id VARCHAR, record_hash VARCHAR, profile VARCHAR, decision VARCHAR,"
                " reasons VARCHAR[], rule_set VARCHAR, context VARCHAR, score DOUBLE,"
                " score_reasons VARCHAR, folder VARCHAR)")  # fmt: skip
    for source in vetted_sources(sources.values()):
        folders = evaluations(paths, source.id)
        loads = [load for load in accepted_loads(paths, source.id, until) if load.load_id in folders]
        if loads:
            _load_source(con, source, loads, [folders[load.load_id] for load in loads])
    con.execute("CREATE TABLE book (source_id VARCHAR, book VARCHAR)")
    for source in vetted_sources(sources.values()):
        con.execute("INSERT INTO book VALUES (?, ?)", [source.id, "pes" if source.scope == "pes" else source.id])
    con.execute(
        "CREATE TABLE verdict"
        " (book VARCHAR, posting_id VARCHAR, step_code VARCHAR, decision VARCHAR, decided_at TIMESTAMPTZ)"
    )
    for source in sources.values():
        if source.entity == "vacancy_reviews":
            query = accepted_query(source, accepted_loads(paths, source.id, until))
            # who does not say of which source a posting is speaks of the public service's own numbers
            named = "vacancy_source" if "vacancy_source" in source.column else "NULL::VARCHAR"
            con.execute(
                "INSERT INTO verdict SELECT coalesce(b.book, v.named, 'pes'), posting_id, step_code, decision,"
                f" decided_at FROM (SELECT *, {named} AS named FROM ({query})) AS v LEFT JOIN book AS b"
                " ON b.source_id = v.named"
            )


def _load_source(
    con: duckdb.DuckDBPyConnection, source: Source, loads: list[AcceptedLoad], folders: list[Path]
) -> None:
    stamp = f"max({ident(source.provider_timestamp)})" if source.provider_timestamp else "NULL::TIMESTAMPTZ"
    con.execute(
        f"""
        INSERT INTO posting BY NAME
        SELECT p.*, v.version_at FROM ({canonical_query(source, loads)}) AS p
        LEFT JOIN (
            SELECT _record_hash, {stamp} AS version_at FROM ({accepted_query(source, loads)}) GROUP BY _record_hash
        ) AS v ON p.record_hash = v._record_hash
        QUALIFY row_number() OVER (
            PARTITION BY p.posting_id ORDER BY v.version_at DESC NULLS LAST, p.delivery_date DESC, p.record_hash
        ) = 1
        """
    )
    for table, file in (("decision", "decisions"), ("finding", "findings")):
        files = ", ".join(literal(str(folder / f"{file}.parquet")) for folder in folders)
        read = f"read_parquet([{files}], union_by_name = true, filename = true)"
        there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()}
        wanted = [row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()]
        given = {"folder": "parse_dirpath(filename) AS folder"} | {name: name for name in there}
        columns = ", ".join(given.get(name, f"NULL AS {name}") for name in wanted)
        # a record delivered again is judged again with the load that brought it; the last load's judgement counts
        which = {
            "decision": "QUALIFY filename = max(filename) OVER (PARTITION BY record_hash)",
            "finding": f"SEMI JOIN (SELECT record_hash, folder AS _folder FROM decision WHERE source_id ="
            f" {literal(source.id)}) AS d ON f.record_hash = d.record_hash AND parse_dirpath(f.filename) = d._folder",
        }
        con.execute(f"INSERT INTO {table} SELECT {columns} FROM {read} AS f {which[table]}")
