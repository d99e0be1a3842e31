"""Files of decisions: one folder per load, rule set and context, which appears whole or not at all.

``vetted/<source>/<load id>/<rules>-<context>/`` holds ``decisions.parquet``, ``findings.parquet``, ``coverage.parquet``
and ``manifest.json``. The names are the first 12 digits of the hashes of the rule set and of the context. An evaluation
is a function of these: the same again gives the same bytes, another rule set or context gives another folder beside it,
and nothing is ever overwritten.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.landing import MANIFEST, LandingError, read_manifest, verify
from ingest.registry import sources_of
from ingest.typing_sql import literal
from lmi.core.atomic import staged_folder, write_file
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from lmi.core.steps import reached
from validation.accepted import AcceptedLoad
from validation.parquet import write_parquet
from validation.vetting.context import Inputs
from validation.vetting.rules import RuleSet, load_rules

#: table of the judge -> file
FILES = {"decision": "decisions.parquet", "finding": "findings.parquet", "coverage": "coverage.parquet"}


class NotVetted(Exception):
    """A load has no evaluation by the present rules in its present context; the message names it and the mend."""


@dataclass(frozen=True)
class Evaluation:
    """What became of one load under one rule set in one context; every file checked against the manifest."""

    source_id: str
    load_id: str
    rule_set: str
    context: str
    folder: Path
    manifest: dict[str, Any]

    def path(self, table: str) -> Path:
        return self.folder / FILES[table]

    def sha256(self, table: str) -> str:
        return str(next(f["sha256"] for f in self.manifest["files"] if f["path"] == FILES[table]))


def evaluation_folder(paths: Paths, source_id: str, load_id: str, rule_set: str, context: str) -> Path:
    return paths.vetted / source_id / load_id / f"{rule_set[:12]}-{context[:12]}"


def evaluation_for(paths: Paths, source_id: str, load_id: str, rule_set: str, context: str) -> Evaluation | None:
    """The evaluation of a load, None when there is none. Raises LandingError when its files are damaged."""
    folder = evaluation_folder(paths, source_id, load_id, rule_set, context)
    manifest = read_manifest(folder)
    if manifest is None or (manifest["rule_set"], manifest["context"]) != (rule_set, context):
        return None
    verify(folder, manifest)
    return Evaluation(source_id, load_id, rule_set, context, folder, manifest)


def is_intact(paths: Paths, source_id: str, load_id: str, rule_set: str, context: str) -> bool:
    """There is an evaluation and its files are as they were written. A damaged one is made again."""
    try:
        return evaluation_for(paths, source_id, load_id, rule_set, context) is not None
    except LandingError:
        return False


def write_evaluation(
    con: duckdb.DuckDBPyConnection,
    paths: Paths,
    source_id: str,
    load: AcceptedLoad,
    rules: RuleSet,
    context: str,
    facts: dict[str, Any],
    *,
    now: datetime,
) -> dict[str, Any]:
    """Writes ``decision``, ``finding`` and ``coverage`` of one load; ``now`` is only noted. Returns the manifest."""
    final = evaluation_folder(paths, source_id, load.load_id, rules.digest, context)
    keys = f"{literal(rules.digest)} AS rule_set, {literal(context)} AS context"
    queries = {
        "decision": f"SELECT * EXCLUDE (rule_set), {keys} FROM decision",
        "finding": f"SELECT *, {keys} FROM finding",
        "coverage": "SELECT * FROM coverage",
    }
    shutil.rmtree(final, ignore_errors=True)  # damaged, or there would be nothing to write
    with staged_folder(final, paths.work / "vetting") as folder:
        files = [write_parquet(con, query, folder / FILES[table]) for table, query in queries.items()]
        reached("vet.files")
        manifest = {
            "source": source_id,
            "load_id": load.load_id,
            "delivery_date": load.delivery_date.isoformat(),
            "rule_set": rules.digest,
            "context": context,
            **facts,
            "files": files,
            "vetted_at": now.isoformat(),
        }
        write_file(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    reached("vet.renamed")
    return manifest


def due(paths: Paths, inputs: Inputs, rules: RuleSet) -> Iterator[tuple[str, AcceptedLoad, str]]:
    """(source, load, context) of every load without an intact evaluation, by delivery date, source and load."""
    every = [(load.delivery_date, s.id, load.load_id, load) for s in inputs.vetted for load in inputs.loads[s.id]]
    for _, source_id, load_id, load in sorted(every, key=lambda entry: entry[:3]):
        context = inputs.context_of(source_id, load)
        if not is_intact(paths, source_id, load_id, rules.digest, context):
            yield source_id, load, context


def vetted_evaluations(settings: Settings, as_of: date) -> list[Evaluation]:
    """The evaluation of every vetted load delivered up to ``as_of``, by the present rules in its present context.

    Raises NotVetted when one is missing, LandingError when a file is damaged.
    """
    paths, rules = Paths.of(settings), load_rules()
    inputs = Inputs.of(paths, sources_of(settings.profile, settings.sources), as_of)
    found, missing = [], []
    for source in inputs.vetted:
        for load in inputs.loads[source.id]:
            context = inputs.context_of(source.id, load)
            evaluation = evaluation_for(paths, source.id, load.load_id, rules.digest, context)
            if evaluation:
                found.append(evaluation)
            else:
                missing.append(f"{source.id}/{load.load_id}")
    if missing:
        raise NotVetted(
            f"{len(missing)} loads are not vetted by the present rules ({', '.join(missing[:3])}"
            f"{' …' if len(missing) > 3 else ''}). Run the task `vet` of build_release, or `lmi run --date {as_of}`."
        )
    return found
