"""Training of the reliability score from decisions that came back from people.

Labels are the last decision of the call centre on each posting: CONFIRMED_BAD is bad; CONFIRMED_OK and CORRECTED are
not, for an employer who mended a posting on the telephone was worth the call but not unreliable. UNREACHABLE says
nothing. The posting is read as it had been accepted when it was decided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ingest.engine import connection
from ingest.registry import Source, sources_of
from ingest.typing_sql import literal
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.accepted import accepted_loads, accepted_query
from validation.vetting.postings import CANONICAL, canonical_query, carried, vetted_sources
from validation.vetting.score import (
    Features,
    Labels,
    Model,
    fit,
    held_share,
    save_model,
    threshold_of,
    version_of,
)
from validation.vetting.score_features import originals
from validation.vetting.shingles import comparable
from validation.vetting.templates import template_groups

BAD, GOOD = ("CONFIRMED_BAD",), ("CONFIRMED_OK", "CORRECTED")
#: postings without a decision whose scores set the threshold; more would not move it
_REFERENCE = 20_000
#: days over which the postings of a day are counted
_DAYS = 28


@dataclass(frozen=True)
class Decided:
    """Postings that people decided (canonical columns) and labels (1 bad); ``reference``: recent ones, any decision."""

    postings: pa.Table
    labels: Labels
    reference: pa.Table
    postings_per_day: float
    carried: frozenset[str]

    @property
    def groups(self) -> Labels:
        """Template of each decided posting."""
        return template_groups(comparable(originals(self.postings)))


def decided_postings(settings: Settings, day: date) -> Decided:
    """What people had decided up to ``day`` (delivery dates). Raises LandingError when a file is damaged."""
    paths = Paths.of(settings)
    sources = sources_of(settings.profile, settings.sources).values()
    vetted = [s for s in vetted_sources(sources) if s.entity == "vacancies"]
    columns = f"source_id, record_hash, delivery_date, {', '.join(CANONICAL)}"
    with connection(settings, paths) as con:
        con.execute("CREATE TABLE versions AS " + _union(
            [
                f"SELECT {literal(_book(s))} AS book, {columns}"
                f" FROM ({canonical_query(s, accepted_loads(paths, s.id, day))})"
                for s in vetted
            ]
        ))  # fmt: skip
        con.execute("CREATE TABLE reviews AS " + _union(
            [_reviews_query(paths, s, day, vetted) for s in sources if s.entity == "vacancy_reviews"]
        ))  # fmt: skip
        con.execute(_DECIDED, {"good": list(GOOD), "bad": list(BAD)})
        postings = con.execute("SELECT * EXCLUDE (label) FROM decided ORDER BY posting_no").to_arrow_table()
        labels = con.execute("SELECT label FROM decided ORDER BY posting_no").to_arrow_table().column(0).to_numpy()
        reference = con.execute(_REFERENCE_QUERY, {"rows": _REFERENCE}).to_arrow_table()
        rate = con.execute(_RATE, {"days": _DAYS}).fetchone()
    judged = {s.id for s in vetted} & set(postings.column("source_id").to_pylist())
    known = frozenset().union(*(carried(s) for s in vetted if s.id in judged))
    return Decided(postings, labels.astype(np.int64), reference, float(rate[0] or 0) if rate else 0.0, known)


def train(settings: Settings, day: date) -> tuple[Model, Path]:
    """Trains on everything decided up to ``day`` and keeps the model; the folder it was kept in comes with it.

    Raises ModelError when too little was decided.
    """
    decided = decided_postings(settings, day)
    groups = decided.groups
    model = fit(Features.of(decided.postings, decided.carried), decided.labels, groups)
    share = held_share(
        settings.reviewers, settings.desk_decisions_per_day, decided.postings_per_day, settings.score_hold_share
    )
    reference = model.predict(Features.of(decided.reference, decided.carried))
    facts: dict[str, Any] = {
        "version": version_of(decided.postings, decided.labels),
        "trained_until": day.isoformat(),
        "bad": int(decided.labels.sum()),
        "good": int((decided.labels == 0).sum()),
        "templates": len(np.unique(groups)),
        "held_share": share,
        "postings_per_day": decided.postings_per_day,
        "reference_postings": len(reference),
    }
    threshold = threshold_of(reference, share)
    kept = replace(model, threshold=threshold, facts=facts)
    return kept, save_model(kept, Paths.of(settings))


def _union(queries: list[str]) -> str:
    if not queries:
        raise duckdb.CatalogException("No source of the profile delivers vacancies that are vetted, or their reviews.")
    return " UNION ALL BY NAME ".join(queries)


def _book(source: Source) -> str:
    """Whose numbers a source's postings carry: the public service's, or its own."""
    return "pes" if source.scope == "pes" else source.id


def _reviews_query(paths: Paths, source: Source, day: date, vetted: list[Source]) -> str:
    """Who does not say of which source a posting is speaks of the public service's numbers."""
    books = "'pes'"
    if "vacancy_source" in {column.name for column in source.columns}:
        cases = "".join(f" WHEN {literal(s.id)} THEN {literal(_book(s))}" for s in vetted)
        books = f"CASE vacancy_source{cases} END"
    return (
        f"SELECT {books} AS book, posting_id, step_code, decision, decided_at, decided_date, review_id"
        f" FROM ({accepted_query(source, accepted_loads(paths, source.id, day))})"
    )


# The version that was there when the posting was decided; the first one where all came later. One row per posting.
_DECIDED = """
CREATE TABLE decided AS
WITH last_decisions AS (
    SELECT book, posting_id, decided_date, list_contains($bad, decision)::INT AS label
    FROM reviews
    WHERE step_code = 'S2_CALLCENTER' AND (list_contains($good, decision) OR list_contains($bad, decision))
    QUALIFY row_number() OVER (PARTITION BY book, posting_id ORDER BY decided_at DESC, review_id DESC) = 1
),

judged AS (
    SELECT v.*, d.label
    FROM versions AS v JOIN last_decisions AS d USING (book, posting_id)
    QUALIFY row_number() OVER (
        PARTITION BY v.source_id, v.posting_id
        ORDER BY CASE WHEN v.delivery_date <= d.decided_date THEN v.delivery_date END DESC NULLS LAST,
            v.delivery_date, v.record_hash
    ) = 1
)

SELECT row_number() OVER (ORDER BY source_id, posting_id) AS posting_no, * EXCLUDE (book, delivery_date) FROM judged
"""

_REFERENCE_QUERY = """
SELECT row_number() OVER () AS posting_no, * EXCLUDE (book, delivery_date)
FROM (
    SELECT * FROM versions
    WHERE source_id IN (SELECT source_id FROM decided)
        AND (source_id, posting_id) NOT IN (SELECT (source_id, posting_id) FROM decided)
    QUALIFY row_number() OVER (PARTITION BY source_id, posting_id ORDER BY delivery_date, record_hash) = 1
    ORDER BY submitted_date DESC, source_id, posting_id
    LIMIT $rows
)
"""

_RATE = """
SELECT count(DISTINCT posting_id) / $days
FROM versions
WHERE source_id IN (SELECT source_id FROM decided)
    AND submitted_date > (SELECT max(submitted_date) FROM versions) - $days
"""
