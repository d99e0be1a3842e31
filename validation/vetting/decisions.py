"""Files of decisions: one folder per load, rule set and context, which appears whole or not at all.

``vetted/<source>/<load id>/<rules>-<context>/`` holds ``decisions.parquet``, ``findings.parquet``,
``coverage.parquet``, ``links.parquet`` (postings that are alike) and ``manifest.json``. The names are the first 12
digits of the hashes of the rule set and of the context. An evaluation is a function of these: the same again gives the
same bytes, another rule set or context gives another folder beside it, and nothing is ever overwritten.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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
from validation.vetting.shingles import SIGNATURE_VERSION
from validation.vetting.similar import SIGNATURE_COLUMNS

#: table of the judge -> file
FILES = {
    "decision": "decisions.parquet",
    "finding": "findings.parquet",
    "coverage": "coverage.parquet",
    "link": "links.parquet",
}


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
    if not {file["path"] for file in manifest["files"]}.issuperset(FILES.values()):
        return None  # of a version that kept less
    verify(folder, manifest)
    return Evaluation(source_id, load_id, rule_set, context, folder, manifest)


def intact_evaluation(paths: Paths, source_id: str, load_id: str, rule_set: str, context: str) -> Evaluation | None:
    """The same, but None for a damaged one too: it is made again."""
    try:
        return evaluation_for(paths, source_id, load_id, rule_set, context)
    except LandingError:
        return None


@contextmanager
def evaluation_written(
    con: duckdb.DuckDBPyConnection,
    paths: Paths,
    source_id: str,
    load: AcceptedLoad,
    rules: RuleSet,
    context: str,
    facts: dict[str, Any],
    *,
    now: datetime,
) -> Iterator[dict[str, Any]]:
    """Writes ``decision``, ``finding``, ``coverage`` and ``link`` of one load aside; they appear when all are written.

    Yields the manifest; ``now`` is only noted.
    """
    final = evaluation_folder(paths, source_id, load.load_id, rules.digest, context)
    keys = f"{literal(rules.digest)} AS rule_set, {literal(context)} AS context"
    queries = {
        "decision": f"SELECT * EXCLUDE (rule_set), {keys} FROM decision",
        "finding": f"SELECT *, {keys} FROM finding",
        "coverage": "SELECT * FROM coverage",
        "link": f"SELECT *, {keys} FROM link",
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
        yield manifest
    reached("vet.renamed")


def signature_file(paths: Paths, source_id: str, load_id: str) -> Path:
    """Signatures of the postings a load brought. They follow from the texts alone, so rule sets and contexts share
    them, and what is lost or of another version is made again."""
    return paths.vetted / source_id / load_id / f"signatures-{SIGNATURE_VERSION}.parquet"


def read_signatures(con: duckdb.DuckDBPyConnection, paths: Paths, inputs: Inputs) -> None:
    """Table ``posting_signature`` of all loads that have their signatures kept."""
    files = [
        str(file)
        for source in inputs.vetted
        for load in inputs.loads[source.id]
        if (file := signature_file(paths, source.id, load.load_id)).exists()
    ]
    con.execute(f"CREATE OR REPLACE TABLE posting_signature ({SIGNATURE_COLUMNS})")
    if files:
        con.execute("INSERT INTO posting_signature SELECT DISTINCT * FROM read_parquet(?)", [files])


def keep_signatures(con: duckdb.DuckDBPyConnection, paths: Paths, source_id: str, load_id: str) -> None:
    """Writes those of a judged load, unless they are kept."""
    file = signature_file(paths, source_id, load_id)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        records = "SELECT source_id, record_hash FROM decision"
        query = f"FROM posting_signature SEMI JOIN ({records}) USING (source_id, record_hash) ORDER BY record_hash"
        write_parquet(con, query, file)


def due(paths: Paths, inputs: Inputs, rules: RuleSet) -> Iterator[tuple[str, AcceptedLoad, str]]:
    """(source, load, context) of every load without an intact evaluation, by delivery date, source and load."""
    every = [(load.delivery_date, s.id, load.load_id, load) for s in inputs.vetted for load in inputs.loads[s.id]]
    for _, source_id, load_id, load in sorted(every, key=lambda entry: entry[:3]):
        context = inputs.context_of(source_id, load)
        if not intact_evaluation(paths, source_id, load_id, rules.digest, context):
            yield source_id, load, context


def evaluations(paths: Paths, inputs: Inputs, rules: RuleSet) -> tuple[list[Evaluation], list[str]]:
    """The evaluation of each load of ``inputs`` by ``rules`` in its present context, in order of source and load; and
    the loads (source/load id) that have none, or a damaged one."""
    found, missing = [], []
    for source in inputs.vetted:
        for load in inputs.loads[source.id]:
            context = inputs.context_of(source.id, load)
            if evaluation := intact_evaluation(paths, source.id, load.load_id, rules.digest, context):
                found.append(evaluation)
            else:
                missing.append(f"{source.id}/{load.load_id}")
    return found, missing


def vetted_evaluations(settings: Settings, as_of: date) -> list[Evaluation]:
    """The evaluation of every vetted load delivered up to ``as_of``, by the present rules in its present context.

    Raises NotVetted when one is missing or damaged.
    """
    paths = Paths.of(settings)
    inputs = Inputs.of(paths, sources_of(settings.profile, settings.sources), as_of)
    found, missing = evaluations(paths, inputs, load_rules())
    if missing:
        raise NotVetted(not_vetted(missing, as_of))
    return found


def not_vetted(missing: list[str], as_of: date) -> str:
    """What is wrong and what to do, where loads have no evaluation."""
    named = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
    return (
        f"{len(missing)} loads are not vetted by the present rules: {named}. Nothing unvetted is published; run the"
        f" task vet of build_release, or `lmi run --date {as_of}`."
    )
