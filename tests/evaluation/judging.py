"""Runs the rules on postings outside a release: on accepted loads of a home, or on rows given in canonical columns."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from ingest.registry import sources_of
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.vetting.context import AT_ONCE, OWN_TABLES, REGISTERS, Inputs, answer, load_context, load_world
from validation.vetting.judge import judge
from validation.vetting.postings import CANONICAL, carried, profile_of
from validation.vetting.rules import RuleSet


@dataclass
class Judged:
    """What the rules found: one row per finding, decision and coverage, over all loads; seconds of this process."""

    postings: int = 0
    seconds: float = 0.0
    finding: pd.DataFrame = field(default_factory=pd.DataFrame)
    decision: pd.DataFrame = field(default_factory=pd.DataFrame)
    coverage: pd.DataFrame = field(default_factory=pd.DataFrame)

    def add(self, con: duckdb.DuckDBPyConnection) -> None:
        """Take up the tables that ``judge`` has just written."""
        for name in ("finding", "decision", "coverage"):
            table = con.execute(f"SELECT * FROM {name}").df()
            setattr(self, name, pd.concat([getattr(self, name), table], ignore_index=True))


def judge_accepted(
    settings: Settings,
    rules: RuleSet,
    source_ids: Sequence[str],
    until: date,
    profile: str | None = None,
    at_once: int = AT_ONCE,
) -> Judged:
    """Judge every accepted load of these sources in the home, each as of its delivery date and by its own profile
    unless another is given."""
    sources = sources_of(settings.profile, settings.sources)
    inputs = Inputs.of(Paths.of(settings), sources, until)
    judged = Judged()
    with duckdb.connect(config={"threads": 1}) as con:
        load_world(con, inputs)
        for source_id in source_ids:
            source = sources[source_id]
            for load in inputs.loads[source_id]:
                day = load.delivery_date
                registers, known, coder = inputs.registers_on(day), inputs.known_on(day), inputs.coder_on(day)
                begun = time.process_time()
                for postings in load_context(con, source, load, at_once, coder):
                    judged.postings += postings
                    judge(con, rules, profile or profile_of(source), carried(source), registers, known)
                    judged.seconds += time.process_time() - begun
                    judged.add(con)
                    begun = time.process_time()
    return judged


def judge_rows(
    rows: Sequence[Mapping[str, Any]],
    rules: RuleSet,
    profile: str,
    source_id: str,
    registers: frozenset[str] = OWN_TABLES,
) -> Judged:
    """Judge rows in canonical columns; columns no row has are never carried. ``registers`` are there but empty."""
    fields = frozenset(name for row in rows for name in row)
    judged = Judged(postings=len(rows))
    with duckdb.connect(config={"threads": 1}) as con:
        load_world(con, Inputs({}, {}))
        con.register("_rows", pd.DataFrame([{name: row.get(name) for name in sorted(fields)} for row in rows]))
        columns = [
            f"{name if name in fields else 'NULL'}::{kind} AS {name}" for name, kind in CANONICAL.items()
        ]  # fmt: skip
        con.execute(
            f"CREATE OR REPLACE TABLE posting AS SELECT row_number() OVER () AS posting_no, '{source_id}' AS source_id,"
            f" md5(posting_id || '#' || row_number() OVER ()) AS record_hash, {', '.join(columns)} FROM _rows"
        )
        con.execute("CREATE OR REPLACE VIEW known_posting AS SELECT * FROM posting")
        for register in REGISTERS:
            con.execute(f"CREATE OR REPLACE TABLE register_{register} AS SELECT * FROM all_{register}")
        begun = time.process_time()
        answer(con, fields | {"country_code"})
        judge(con, rules, profile, fields | {"country_code"}, registers, registers)
        judged.seconds = time.process_time() - begun
        judged.add(con)
    return judged
