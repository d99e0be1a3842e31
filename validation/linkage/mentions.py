"""Employers that postings name without a valid business number, looked for among the registered workplaces.

What is looked for is a mention: name and district as a posting has them, so that who posts a hundred times is looked
for once. Out come the hash of the mention, a business number and its probability, and no name.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.engine import connection
from ingest.registry import Source, sources_of
from ingest.typing_sql import literal
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.accepted import AcceptedLoad, accepted_loads, accepted_query
from validation.linkage.employers import link_employers
from validation.linkage.linker import NothingShared
from validation.linkage.persons import model_version
from validation.parquet import write_parquet
from validation.vetting.employers import business_digits_sql, business_no_valid_sql
from validation.vetting.postings import canonical_query

#: the register in which employers are looked for
REGISTER = "workplaces"
#: what the models read, with its types
SHAPE = {"mention": "varchar", "business_no": "varchar", "match_probability": "double", "model_version": "varchar"}
#: mentions with a number from which the linkage learns how names are written; it does not see the number
LEARNT_FROM = 2_000
#: name and district as one word; the models spell it the same way (int_vacancy_employers)
_MENTION = "md5(employer_name || '|' || coalesce(region_code, ''))"


@dataclass(frozen=True)
class Mentions:
    """What is linked on a day: accepted loads of postings and of workplaces by source, and the file of links."""

    postings: list[tuple[Source, list[AcceptedLoad]]]
    workplaces: Source
    register: list[AcceptedLoad]
    file: Path


def mentions_on(settings: Settings, day: date) -> Mentions | None:
    """None where no register of workplaces, or no posting that could name one of them, was delivered by that day."""
    paths, sources = Paths.of(settings), sources_of(settings.profile, settings.sources)
    if (workplaces := sources.get(REGISTER)) is None or not (register := accepted_loads(paths, REGISTER, day)):
        return None
    postings = [
        (source, loads)
        for source in sources.values()
        if {"employer_name", "business_no"} <= set((source.vetting or {}).get("fields", {}))
        and source.provider["country"] == workplaces.provider["country"]
        and (loads := accepted_loads(paths, source.id, day))
    ]
    if not postings:
        return None
    read = [[load.load_id, load.path.name] for loads in [*(found for _, found in postings), register] for load in loads]
    digest = hashlib.sha256(json.dumps([model_version(), sorted(read)]).encode()).hexdigest()[:12]
    return Mentions(postings, workplaces, register, paths.linked / "employers" / f"{day}-{digest}.parquet")


def link_mentions(settings: Settings, day: date) -> dict[str, Any]:
    """Looks for the employers of postings without a valid number; how many mentions there are, how many were found.

    Doing it again does nothing. Raises LinkageError when the engine fails.
    """
    paths = Paths.of(settings)
    with (
        exclusive(paths.locks, "link", f"linkage for {day}"),
        Ledger(paths.ledger).stage("link", day) as stage,
    ):
        asked = mentions_on(settings, day)
        if asked is None or asked.file.exists():
            stage.outcome = "unchanged"
            return {}
        mentions, workplaces = _tables(settings, paths, asked)
        wanted = mentions.filter(pa.compute.invert(mentions["is_numbered"]))
        chosen = pa.table({"left": pa.array([], pa.string()), "right": pa.array([], pa.string()), "probability": []})
        with suppress(NothingShared):
            if wanted.num_rows and workplaces.num_rows:
                chosen = link_employers(mentions, workplaces, memory_limit=settings.memory_limit).chosen
        asked.file.parent.mkdir(parents=True, exist_ok=True)
        with connection(settings, paths) as con:
            con.register("chosen", chosen)
            con.register("wanted", wanted)
            found = write_parquet(
                con,
                f"""
                SELECT w.mention_id AS mention, c."right"::VARCHAR AS business_no,
                    c.probability::DOUBLE AS match_probability, {literal(model_version())} AS model_version
                FROM chosen AS c JOIN wanted AS w ON w.mention_id = c."left" ORDER BY mention
                """,
                asked.file,
            )["rows"]
        stage.detail |= {"mentions": wanted.num_rows, "linked": found}
        return dict(stage.detail)


def _tables(settings: Settings, paths: Paths, asked: Mentions) -> tuple[pa.Table, pa.Table]:
    """Mentions without a valid number, and some with one to learn from; every version of every workplace."""
    numbered = business_no_valid_sql(business_digits_sql("business_no"))
    named = " UNION ALL ".join(
        f"""SELECT employer_name, region_code, {numbered} AS is_numbered
        FROM ({canonical_query(source, loads)}) WHERE employer_name IS NOT NULL"""
        for source, loads in asked.postings
    )
    with connection(settings, paths) as con:
        mentions = con.execute(f"""
            SELECT {_MENTION} AS mention_id, *
            FROM (SELECT employer_name, region_code, bool_and(is_numbered) AS is_numbered FROM ({named}) GROUP BY ALL)
            QUALIFY NOT is_numbered OR row_number() OVER (PARTITION BY is_numbered ORDER BY mention_id) <= {LEARNT_FROM}
            ORDER BY mention_id
        """).to_arrow_table()
        workplaces = con.execute(f"""
            SELECT row_number() OVER (ORDER BY business_no, employer_name, region_code) AS workplace_id, *
            FROM (SELECT DISTINCT business_no, employer_name, region_code
                FROM ({accepted_query(asked.workplaces, asked.register)}))
            ORDER BY workplace_id
        """).to_arrow_table()
    return mentions, workplaces
