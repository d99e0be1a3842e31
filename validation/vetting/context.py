"""What a load is judged against: registers and other postings as they were accepted by its delivery date.

The context of a load is a set of accepted files. Its hash names them, so a decision can be traced to what was known,
and a register that arrives later makes another evaluation and never changes one. Inside the context the answers are
those of the posting's own day where a register has dates: a load of several years of history is judged as the postings
came, not as the employers are today.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import duckdb

from ingest.registry import Source
from ingest.typing_sql import ident, literal
from lmi.core.paths import Paths
from lmi.core.sql import scalar
from validation.accepted import AcceptedLoad, accepted_loads, accepted_query
from validation.vetting import employers, pay, similar
from validation.vetting.guards import waived_channels
from validation.vetting.occupation import REGISTER as OCCUPATION_MODEL
from validation.vetting.occupation import SCHEME, predict_occupations
from validation.vetting.postings import CANONICAL, canonical_query, carried, check_mapping, vetted_sources
from validation.vetting.probation import probation
from validation.vetting.reading import read_texts
from validation.vetting.rules import TABLES_DIR
from validation.vetting.trained import Trained, in_force, trained_coders, trained_models

#: postings of a load that are judged together: what bounds the memory
AT_ONCE = 100_000
#: raised when a change in reading registers, pay or postings changes what is judged; part of every context
CONTEXT_VERSION = "4"

#: register -> columns that rules read, as the entity of the same name has them
REGISTERS: dict[str, dict[str, str]] = {
    "business_status": {
        "business_no": "VARCHAR", "status_code": "VARCHAR", "closed_date": "DATE", "checked_date": "DATE",
    },
    "insured_headcounts": {
        "business_no": "VARCHAR", "workplace_name": "VARCHAR", "insurance_kind_code": "VARCHAR",
        "headcount": "BIGINT", "established_date": "DATE", "checked_date": "DATE",
    },
    "workplaces": {
        "business_no": "VARCHAR", "workplace_no": "VARCHAR", "employer_name": "VARCHAR",
        "established_date": "DATE", "closed_date": "DATE",
    },
    "wage_arrears": {
        "business_no": "VARCHAR", "list_id": "VARCHAR", "listed_from": "DATE", "listed_to": "DATE",
    },
    "agency_licences": {
        "business_no": "VARCHAR", "licence_no": "VARCHAR", "licence_kind": "VARCHAR", "valid_from": "DATE",
        "valid_to": "DATE",
    },
}  # fmt: skip
#: registers that are tables of the rules, or are made of the postings themselves
OWN_TABLES = frozenset({"minimum_wage", "wage_quantiles", "earlier_postings", "occupations", "regions"})


@dataclass(frozen=True)
class Inputs:
    """Accepted loads that a vetting may read, by source, in order of delivery date and load id."""

    sources: Mapping[str, Source]
    loads: Mapping[str, list[AcceptedLoad]]
    models: tuple[Trained, ...] = ()
    #: channels that a person let go on, by source and load (``guards``)
    waived: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    #: of titles and duties, see ``occupation``
    coders: tuple[Trained, ...] = ()

    @classmethod
    def of(cls, paths: Paths, sources: Mapping[str, Source], until: date) -> Inputs:
        """Every load of a vetted source or a register delivered up to ``until``. Raises LandingError when damaged."""
        loads = {s.id: accepted_loads(paths, s.id, until) for s in _wanted(sources)}
        return cls.among(sources, loads, paths)

    @classmethod
    def among(cls, sources: Mapping[str, Source], loads: Mapping[str, list[AcceptedLoad]], paths: Paths) -> Inputs:
        """Those of a build's inputs that vetting reads, and what people decided in the home: models and waivers."""
        wanted = _wanted(sources)
        waived = {
            (source.id, load.load_id): channels
            for source in wanted
            if source.vetting
            for load in loads[source.id]
            if (channels := waived_channels(paths, source.id, load.load_id))
        }
        of_wanted = {s.id: loads[s.id] for s in wanted}
        return cls({s.id: s for s in wanted}, of_wanted, trained_models(paths), waived, trained_coders(paths, SCHEME))

    @cached_property
    def vetted(self) -> list[Source]:
        return vetted_sources(self.sources.values())

    def providers(self, register: str) -> list[Source]:
        return [s for s in self.sources.values() if s.entity == register]

    def coder_on(self, day: date) -> Trained | None:
        return in_force(self.coders, day)

    def known_on(self, day: date) -> frozenset[str]:
        """Registers that this profile's source registry has at all, and the coder if one was trained by then."""
        return self._own(day) | {register for register in REGISTERS if self.providers(register)}

    def _own(self, day: date) -> frozenset[str]:
        return OWN_TABLES | {OCCUPATION_MODEL} if self.coder_on(day) else OWN_TABLES

    def registers_on(self, day: date) -> frozenset[str]:
        """Registers with at least one row delivered up to ``day``, and the coder in force."""
        return self._own(day) | {
            register
            for register in REGISTERS
            for source in self.providers(register)
            if any(load.rows and load.delivery_date <= day for load in self.loads[source.id])
        }

    @cached_property
    def _known_by_day(self) -> Mapping[date, str]:
        """Per delivery date a hash over every file delivered up to it: each day's is made of the day before's."""
        by_day: dict[date, list[list[str]]] = {}
        for name in sorted(self.loads):
            for load in self.loads[name]:
                by_day.setdefault(load.delivery_date, []).append([name, load.load_id, load.sha256])
        known, before = {}, ""
        for day in sorted(by_day):
            before = _hash([before, by_day[day]])
            known[day] = before
        return known

    @cached_property
    def _reading(self) -> str:
        return _hash([CONTEXT_VERSION, {source.id: source.vetting for source in self.vetted}])

    def context_of(self, source_id: str, load: AcceptedLoad) -> str:
        """Hash (64 hex) over all that one load is judged against: accepted files, mappings, version of the reading, the
        models in force, and channels that were let go on."""
        models = (in_force(self.models, load.delivery_date), self.coder_on(load.delivery_date))
        people = [[m and m.version for m in models], sorted(self.waived.get((source_id, load.load_id), ()))]
        return _hash([self._reading, source_id, load.load_id, self._known_by_day[load.delivery_date], people])

    @property
    def settled_by_people(self) -> list[list[str]]:
        """What decisions follow from beside data and code: models trained so far and waivers, in a fixed order."""
        delivered = [load.delivery_date for loads in self.loads.values() for load in loads]
        trained = (*self.models, *self.coders)
        models = [[model.version] for model in trained if delivered and model.until <= max(delivered)]
        return models + [[*load, *sorted(channels)] for load, channels in sorted(self.waived.items())]


def _hash(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _wanted(sources: Mapping[str, Source]) -> list[Source]:
    return [source for source in sources.values() if source.vetting or source.entity in REGISTERS]


def _register_query(register: str, source: Source, loads: list[AcceptedLoad]) -> str:
    """Rows of one provider in the register's columns, with version order. What a provider lacks is NULL."""
    landed = {c.name for c in source.landed_columns}
    columns = [
        f"TRY_CAST({ident(name) if name in landed else 'NULL'} AS {kind}) AS {name}"
        for name, kind in REGISTERS[register].items()
    ]
    newest = f"{ident(source.provider_timestamp)}::TIMESTAMPTZ" if source.provider_timestamp else "NULL::TIMESTAMPTZ"
    key = ", ".join(f"{ident(name)}::VARCHAR" for name in source.landed_key)
    return (
        f"SELECT {', '.join(columns)}, concat_ws('|', {literal(source.id)}, {key}) AS record_key,"
        f" {newest} AS version_at, _delivery_date AS delivery_date, _record_hash AS record_hash"
        f" FROM ({accepted_query(source, loads)})"
    )


#: columns of postings and of registers beside their own
_OF_POSTINGS = {"source_id": "VARCHAR", "record_hash": "VARCHAR", "load_id": "VARCHAR", "delivery_date": "DATE"}
_OF_REGISTERS = {
    "record_key": "VARCHAR", "version_at": "TIMESTAMPTZ", "delivery_date": "DATE", "record_hash": "VARCHAR",
}  # fmt: skip


def load_world(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """Tables of everything in ``inputs``: ``all_posting``, ``all_<register>``, and the tables of the rules.

    Without inputs they are there and empty: what rules are checked on. Raises MappingError.
    """
    for source in inputs.vetted:
        check_mapping(source)
    postings = [canonical_query(source, inputs.loads[source.id]) for source in inputs.vetted]
    _create(con, "all_posting", _OF_POSTINGS | CANONICAL, postings)
    for register in REGISTERS:
        load_register(con, register, [(s, inputs.loads[s.id]) for s in inputs.providers(register)])
    pay.load_tables(con)
    for table in ("regions", "occupations"):
        con.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * REPLACE (valid_from::DATE AS valid_from,"
            f" valid_to::DATE AS valid_to) FROM read_csv('{TABLES_DIR / f'{table}.csv'}', all_varchar = true)"
        )


def load_register(
    con: duckdb.DuckDBPyConnection, register: str, loads: Iterable[tuple[Source, list[AcceptedLoad]]]
) -> None:
    """Table ``all_<register>``: every row that its providers delivered; empty without any. Then see ``as_known``."""
    queries = [_register_query(register, source, accepted) for source, accepted in loads]
    _create(con, f"all_{register}", REGISTERS[register] | _OF_REGISTERS, queries)


def _create(con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], queries: Iterable[str]) -> None:
    shape = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
    union = " UNION ALL BY NAME ".join([f"SELECT {shape} WHERE false", *queries])
    con.execute(f"CREATE OR REPLACE TABLE {table} AS {union}")


def load_context(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    load: AcceptedLoad,
    at_once: int = AT_ONCE,
    coder: Trained | None = None,
) -> Iterator[int]:
    """Tables of one load on its delivery date, from those of ``load_world``, one part of its postings after the other.

    ``posting``: records that no earlier load of the source held, at most ``at_once`` of them, oldest first;
    ``known_posting``: they and all other postings delivered by then. ``register_<name>``: the registers as delivered
    by then. Then see ``answer``; ``coder``: that in force. Yields how many postings there are to judge; at least once.
    """
    own = f"source_id = {literal(source.id)} AND load_id = {literal(load.load_id)}"
    day = f"DATE '{load.delivery_date}'"
    con.execute(
        "CREATE OR REPLACE TABLE own_posting AS SELECT record_hash, (row_number() OVER"
        f" (ORDER BY submitted_date, posting_id, record_hash) - 1) // {at_once} AS part FROM all_posting WHERE {own}"
    )
    con.execute(
        "CREATE OR REPLACE VIEW known_posting AS SELECT * EXCLUDE (delivery_date) FROM all_posting"
        f" WHERE delivery_date <= {day}"
    )
    for register in REGISTERS:
        con.execute(f"CREATE OR REPLACE TABLE register_{register} AS {as_known(register, day)}")
    for part in range(scalar(con, "SELECT coalesce(max(part), 0) + 1 FROM own_posting")):
        con.execute(
            "CREATE OR REPLACE TABLE posting AS SELECT row_number() OVER (ORDER BY record_hash) AS posting_no,"
            " * EXCLUDE (load_id, delivery_date) FROM all_posting"
            f" SEMI JOIN (FROM own_posting WHERE part = {part}) USING (record_hash) WHERE {own} ORDER BY posting_no"
        )
        answer(con, carried(source), coder)
        yield int(scalar(con, "SELECT count(*) FROM posting"))


def as_known(register: str, day: str) -> str:
    """A register on a day: the latest version of each record; of look-ups, every answer with its day."""
    newest = (
        "" if "checked_date" in REGISTERS[register]
        else " QUALIFY row_number() OVER (PARTITION BY record_key"
        " ORDER BY version_at DESC NULLS LAST, delivery_date DESC, record_hash DESC) = 1"
    )  # fmt: skip
    return (
        f"SELECT * REPLACE ({employers.business_digits_sql('business_no')} AS business_no)"
        f" FROM all_{register} WHERE delivery_date <= {day}{newest}"
    )


#: conditions of work that art. 10 wants stated, and when each is blank; those a source never carries are not asked
_CONDITIONS = {
    "duties": (("duties",), "duties IS NULL"),
    "working_hours": (("working_hours_text", "weekly_hours"), "weekly_hours IS NULL AND working_hours_text IS NULL"),
    "work_place": (("work_address", "region_code"), "region_code IS NULL AND work_address IS NULL"),
    "employment_type": (("employment_type_code",), "employment_type_code IS NULL"),
    "wage": (
        ("wage_text", "wage_min", "wage_type_code"),
        "wage_text IS NULL AND wage_type_code IS NULL AND coalesce(wage_min, 0) = 0 AND coalesce(wage_max, 0) = 0",
    ),
}


def answer(con: duckdb.DuckDBPyConnection, fields: frozenset[str], coder: Trained | None = None) -> None:
    """Writes ``context``, the columns beside those of ``posting`` that rules may ask, and the view ``judged`` of both.

    Reads ``posting``, ``known_posting`` and the ``register_`` tables; ``fields`` are the columns the source carries.
    Without ``coder`` no occupation is predicted.
    """
    employers.employer_answers(con)
    read_texts(con)
    pay.pay(con)
    pay.usual_pay(con)
    probation(con)
    predict_occupations(con, coder)
    # of a load judged in parts, a later part holds later postings: they are no context of this one
    con.execute(
        "CREATE OR REPLACE VIEW earlier_posting AS"
        " SELECT * FROM known_posting ANTI JOIN posting USING (source_id, record_hash)"
    )
    similar.twins(con)
    asked = [(name, columns, blank) for name, (columns, blank) in _CONDITIONS.items() if fields.intersection(columns)]
    blanks = [f"CASE WHEN {blank} THEN {literal(name)} END" for name, _, blank in asked]
    blank_columns = [
        f"CASE WHEN {blank} THEN {literal(next(c for c in columns if c in fields))} END" for _, columns, blank in asked
    ]
    con.execute(rf"""
        CREATE OR REPLACE TABLE context AS
        WITH twins AS (
            SELECT posting_no, twin_posting_id, similarity, kind
            FROM twin WHERE kind IN ('DUP_EXACT', 'DUP_NEAR')
            QUALIFY row_number() OVER (PARTITION BY posting_no ORDER BY similarity DESC, twin_posting_id) = 1
        )

        SELECT
            p.posting_no, e.* EXCLUDE (posting_no), y.* EXCLUDE (posting_no, may_be_probation),
            b.posting_no IS NOT NULL AS is_probation_pay, u.wage_q99_hourly,
            t.twin_posting_id AS duplicate_of, t.similarity AS duplicate_similarity, t.kind AS duplicate_kind,
            o.predicted_occupation_code, o.predicted_probability,
            length(regexp_replace(concat(p.duties, p.requirements), '\s', '', 'g')) AS text_length,
            {_known("regions", "region_code", "p.region_code", "p.country_code = 'KR'")} AS region_known,
            {_known("occupations", "occupation_code", "left(p.occupation_code, 4)", "p.occupation_scheme = 'KECO'")}
                AS occupation_known,
            CASE WHEN p.education_code IS NOT NULL THEN p.education_code BETWEEN '00' AND '07' END AS education_known,
            (p.submitted_date + INTERVAL 2 MONTH)::DATE AS validity_end,
            nullif(concat_ws(', ', {", ".join(blanks) or "NULL"}), '') AS blank_conditions,
            coalesce(NULL, {", ".join(blank_columns) or "NULL"})::VARCHAR AS blank_column
        FROM posting AS p
        JOIN employer AS e USING (posting_no)
        JOIN pay AS y USING (posting_no)
        JOIN usual_pay AS u USING (posting_no)
        LEFT JOIN probation AS b USING (posting_no)
        LEFT JOIN occupation AS o USING (posting_no)
        LEFT JOIN twins AS t USING (posting_no)
        ORDER BY p.posting_no
    """)
    con.execute("CREATE OR REPLACE VIEW judged AS SELECT * FROM posting JOIN context USING (posting_no)")


def _known(table: str, column: str, code: str, applies: str) -> str:
    """Whether a code stands in the version of a table valid on the submission; before its first version, in that one.

    NULL where there is no code, or the table is not of its classification.
    """
    day = f"greatest(p.submitted_date, (SELECT min(valid_from) FROM {table}))"
    return (
        f"CASE WHEN {code} IS NOT NULL AND {applies} THEN EXISTS (SELECT 1 FROM {table} AS k WHERE k.{column} = {code}"
        f" AND {day} BETWEEN k.valid_from AND coalesce(k.valid_to, DATE '9999-12-31')) END"
    )
