"""Finds the persons of a register without resident numbers in one that has them, inside the sealed zone.

Names, birth dates, telephones and addresses are opened in memory, each opening is on record with who and why, and only
this leaves: record, token of the person, match probability, version of the model. Who has not consented takes no part.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.door import PERSON
from ingest.registry import Source
from ingest.sealed import read_sealed, sealed_path
from ingest.typing_sql import ident, literal
from lmi.core.keys import KeyRing
from lmi.core.paths import Paths
from validation.accepted import AcceptedLoad, accepted_loads, accepted_query
from validation.linkage.linker import LinkageError, Links, NothingShared, Register, link
from validation.parquet import write_parquet

PURPOSE = "linkage"
#: columns of the result and all that may leave the zone
COLUMNS = ("record_id", "person_key", "match_probability", "model_version")


@dataclass(frozen=True)
class Linked:
    """The result file, and what may be told of it: records with consent, records linked, the threshold, expected F1."""

    path: Path
    records: int
    linked: int
    threshold: float
    expected_f1: float


def model_version() -> str:
    """12 hex digits over this folder's code: another step of cleaning or another level is another model."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def link_persons(
    clients: Source,
    reference: Source,
    paths: Paths,
    keys: KeyRing,
    as_of: date,
    *,
    reader: str,
    reason: str,
    now: datetime,
    memory_limit: str = "2GB",
) -> Linked:
    """Links the latest version of each client to the persons of ``reference``, both as accepted up to ``as_of``.

    ``reader`` (who) and ``reason`` (why) go to the access log of the zone. Writes one Parquet file of ``COLUMNS`` below
    ``linked/``, named by day and by what it followed from (``result_file``); the same input gives the same bytes.
    Raises LinkageError, without any value of a person, when a source does not say how it is linked or the engine fails.
    """
    for source in (clients, reference):
        if source.linkage is None:
            raise LinkageError(f"{source.id} does not say how it is linked: add `linkage` to its registry entry.")
    if (person := person_token(reference)) is None or person_token(clients) is not None:
        raise LinkageError("Linkage goes from a register without resident numbers to one that has them.")
    how: dict[str, Any] = {"reader": reader, "reason": reason, "now": now}
    left = _records(clients, paths, keys, as_of, clients.landed_key[0], latest=True, **how)
    right = _records(reference, paths, keys, as_of, person, latest=False, **how)
    links: Links | None = None
    with suppress(NothingShared):
        if left.num_rows and right.num_rows:
            links = link(
                Register(left, "record", _fields(clients)), Register(right, "record", _fields(reference), "person"),
                one_to_one=bool((clients.linkage or {}).get("one_to_one", False)), memory_limit=memory_limit,
            )  # fmt: skip
    target = result_file(clients, reference, paths, as_of)
    rows = _write(links, left, target)
    return Linked(target, left.num_rows, rows, links.threshold if links else 1.0, links.expected_f1 if links else 0.0)


def result_file(clients: Source, reference: Source, paths: Paths, as_of: date) -> Path:
    """Where the links of that day are: named by a hash of the model and of the loads they follow from."""
    loads = [[load.load_id, load.path.name] for source in (clients, reference) for load in _loads(source, paths, as_of)]
    digest = hashlib.sha256(json.dumps([model_version(), loads]).encode()).hexdigest()[:12]
    return paths.linked / clients.id / reference.id / f"{as_of}-{digest}.parquet"


def person_token(source: Source) -> str | None:
    """Landed column of the person's token."""
    return next((c.door.as_ or f"{c.name}_key" for c in source.columns if c.door.token == PERSON), None)


def _fields(source: Source) -> dict[str, str]:
    fields = (source.linkage or {})["fields"]
    return {field: field for field in fields}


def _records(
    source: Source, paths: Paths, keys: KeyRing, as_of: date, person: str, *, latest: bool, **how: Any
) -> pa.Table:
    """record (a number), person (client or token) and the fields of those who consent; in the order of their content.

    Consent is that of the person's latest version. Of a client only that version is compared, of the reference register
    every one: who moved is found by where they lived before.
    """
    loads = _loads(source, paths, as_of)
    if not loads:
        return pa.table({"record": pa.array([], pa.int64()), "person": pa.array([], pa.string())})
    tables = read_sealed([_file(paths, source, x) for x in loads], paths, keys, PURPOSE, source.id, **how)
    sealed = pa.concat_tables(tables, promote_options="default")
    linkage = source.linkage or {}
    fields = ", ".join(
        f"{'s' if column in sealed.column_names else 'a'}.{ident(column)}::VARCHAR AS {field}"
        for field, column in linkage["fields"].items()
    )
    names = ", ".join(linkage["fields"])
    moment = f"a.{ident(source.provider_timestamp)}" if source.provider_timestamp else "NULL::TIMESTAMPTZ"
    with duckdb.connect(config={"temp_directory": "", "threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("sealed", sealed)
        try:
            return con.execute(f"""
                WITH delivered AS (
                    SELECT a.{ident(person)}::VARCHAR AS person, a.{ident(linkage["consent"])} AS has_consent,
                        {moment} AS version_at, a._delivery_date, a._record_hash, {fields}
                    FROM ({accepted_query(source, loads)}) AS a JOIN sealed AS s USING (_record_hash)
                ),
                ranked AS (
                    SELECT *, row_number() OVER newest AS version, first_value(has_consent) OVER newest AS consents
                    FROM delivered WHERE person IS NOT NULL
                    WINDOW newest AS (
                        PARTITION BY person ORDER BY version_at DESC NULLS LAST, _delivery_date DESC, _record_hash
                    )
                ),
                agreed AS (
                    SELECT DISTINCT person, {names} FROM ranked
                    WHERE coalesce(consents, false){" AND version = 1" if latest else ""}
                )
                SELECT row_number() OVER (ORDER BY person, {names}) AS record, * FROM agreed ORDER BY record
            """).to_arrow_table()
        except duckdb.Error as error:
            raise LinkageError(f"{source.id}: its records could not be read: {type(error).__name__}.") from None


def _loads(source: Source, paths: Paths, as_of: date) -> list[AcceptedLoad]:
    """Accepted loads whose sealed part is there."""
    return [load for load in accepted_loads(paths, source.id, as_of) if _file(paths, source, load).is_file()]


def _file(paths: Paths, source: Source, load: AcceptedLoad) -> Path:
    return sealed_path(paths, PURPOSE, source.id, load.load_id)


def _write(links: Links | None, left: pa.Table, target: Path) -> int:
    """Writes the chosen pairs in the order of their record; how many."""
    chosen = links.chosen if links else pa.table({"left": [], "right": [], "probability": []})
    target.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.register("chosen", chosen)
        con.register("client", left.select(["record", "person"]))
        query = f"""
            SELECT c.person AS record_id, p."right"::VARCHAR AS person_key, p.probability::DOUBLE AS match_probability,
                {literal(model_version())} AS model_version
            FROM chosen AS p JOIN client AS c ON c.record::VARCHAR = p."left"::VARCHAR ORDER BY record_id, person_key
        """
        return int(write_parquet(con, query, target)["rows"])
