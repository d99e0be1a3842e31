"""Postings that came without an occupation code: their titles coded once each and kept beside the accepted rows.

``coded/<scheme>/<coder>-<corrections>/<titles>.parquet``: one row per distinct title. The folder is named by the coder
in force and by what reviewers said, so another word of theirs or another coder makes another folder beside it; within a
folder a title is coded once, and each day adds a file of the titles it brought. The code of a title follows from the
title alone: what else a posting says is read by ``lmi code``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingest.engine import connection
from ingest.landing import LandingError
from ingest.registry import Source, sources_of
from ingest.typing_sql import literal
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.accepted import accepted_loads
from validation.coding.corrections import in_force, known_corrections
from validation.coding.trained import latest_folder
from validation.parquet import write_parquet
from validation.vetting.postings import canonical_query

if TYPE_CHECKING:
    from validation.coding.coder import Coder

#: scheme of the codes a source's postings carry -> scheme its uncoded titles are coded to
SCHEME_OF = {"KECO": "KECO", "ONET": "SOC"}
#: columns of a file of coded titles
COLUMNS = {
    "occupation_scheme": pa.string(), "title": pa.string(), "occupation_code": pa.string(), "decision": pa.string(),
    "basis": pa.string(), "confidence": pa.float64(), "coder": pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What coding is asked on a day: a scheme, the sources whose uncoded titles it is for, and where answers are kept.

    ``folder`` is None while no coder of the scheme has been trained: then nothing is coded, and nothing waits.
    """

    scheme: str
    sources: tuple[Source, ...]
    coder: Path | None
    folder: Path | None
    corrections: Mapping[str, str]

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet")) if self.folder else []


def asked_on(settings: Settings, day: date) -> list[Asked]:
    """One entry per scheme that titles of the profile's postings are coded to. Loads no coder."""
    paths, found = Paths.of(settings), []
    said = known_corrections(settings, day)
    coded = _coded_sources(sources_of(settings.profile, settings.sources).values())
    for scheme in sorted({scheme for _, scheme in coded}):
        corrections = in_force(said, scheme, day)
        coder = latest_folder(paths, scheme, day)
        words = hashlib.sha256(json.dumps(sorted(corrections.items()), ensure_ascii=False).encode()).hexdigest()
        folder = paths.coded / scheme / f"{coder.name}-{words[:12]}" if coder else None
        sources = tuple(source for source, its_scheme in coded if its_scheme == scheme)
        found.append(Asked(scheme, sources, coder, folder, corrections))
    return found


def _coded_sources(sources: Iterable[Source]) -> list[tuple[Source, str]]:
    """Sources that carry titles and codes of a scheme we code to, with that scheme."""
    found = []
    for source in sorted(sources, key=lambda each: each.id):
        fields = (source.vetting or {}).get("fields", {})
        scheme = SCHEME_OF.get(str(fields.get("occupation_scheme", "")).strip("'"))
        if scheme and {"title", "occupation_code"} <= set(fields):
            found.append((source, scheme))
    return found


def code_postings(settings: Settings, day: date) -> dict[str, Any]:
    """Codes the titles that were delivered without a code up to ``day`` and are not coded yet.

    Returns, by scheme, the titles coded and left to a person now. Doing it again does nothing.
    """
    paths = Paths.of(settings)
    with (
        exclusive(paths.locks, "code", f"coding of titles for {day}"),
        Ledger(paths.ledger).stage("code", day) as stage,
    ):
        for asked in asked_on(settings, day):
            if asked.coder is None or asked.folder is None:
                stage.detail[asked.scheme] = {"reason": "no coder has been trained"}
                continue
            if titles := _waiting(settings, asked, day):
                from validation.coding.coder import load  # with all of scikit-learn: only where there is work

                try:
                    coder = load(asked.coder)
                except LandingError as damaged:  # its titles wait uncoded; the release does not
                    stage.detail[asked.scheme] = {"reason": str(damaged)}
                    continue
                answers = _table(coder, titles, asked.corrections)
                counts = answers["decision"].value_counts().to_pylist()
                stage.detail[asked.scheme] = {each["values"]: each["counts"] for each in counts}
                _write(settings, answers, asked.folder)
        if not any("reason" not in found for found in stage.detail.values()):
            stage.outcome = "unchanged"
        return dict(stage.detail)


def _waiting(settings: Settings, asked: Asked, day: date) -> list[str]:
    """Distinct titles without a code in the source that have no answer yet, in their order."""
    paths = Paths.of(settings)
    queries = [
        f"SELECT title FROM ({canonical_query(source, loads)}) WHERE title IS NOT NULL AND occupation_code IS NULL"
        for source in asked.sources
        if (loads := accepted_loads(paths, source.id, day))
    ]
    if not queries:
        return []
    query = f"SELECT DISTINCT title FROM ({' UNION ALL '.join(queries)}) AS delivered"
    if asked.files:
        query += f" ANTI JOIN read_parquet([{', '.join(literal(str(file)) for file in asked.files)}]) USING (title)"
    with connection(settings, paths) as con:
        found = con.execute(f"{query} ORDER BY title").fetchall()
    return [title for (title,) in found]


def _table(coder: Coder, titles: list[str], corrections: Mapping[str, str]) -> pa.Table:
    return pa.Table.from_pylist(list(_rows(coder, titles, corrections)), schema=pa.schema(COLUMNS))


def _rows(coder: Coder, titles: list[str], corrections: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    version = str(coder.facts["version"])[:16]
    for answer in coder.code([(title, "") for title in titles], corrections):
        best = answer["candidates"][0] if answer["candidates"] else None
        yield {
            "occupation_scheme": coder.scheme, "title": answer["title"], "occupation_code": answer["code"],
            "decision": answer["decision"], "basis": answer["basis"],
            "confidence": best["confidence"] if best else None, "coder": version,
        }  # fmt: skip


def _write(settings: Settings, answers: pa.Table, folder: Path) -> None:
    name = hashlib.sha256("\n".join(answers["title"].to_pylist()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with connection(settings, Paths.of(settings)) as con:
        con.register("answers", answers)
        write_parquet(con, "SELECT * FROM answers ORDER BY title", folder / f"{name}.parquet")
