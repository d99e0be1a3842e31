"""What the models read of the vetting and of the coding of titles: tables in schema ``landing``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import duckdb

from ingest.typing_sql import literal
from validation.coding.postings import Asked
from validation.vetting.decisions import Evaluation
from validation.vetting.raising import SEVERITIES
from validation.vetting.rules import Rule, RuleSet

#: what the models read of the vetting; without vetted postings the tables are empty
VETTING_SHAPES = {
    "_vetting_decisions": {
        "source_id": "varchar", "record_hash": "varchar", "posting_id": "varchar", "submitted_date": "date",
        "profile": "varchar", "decision": "varchar", "primary_code": "varchar", "reasons": "varchar[]",
        "score": "double", "score_reasons": "varchar", "model": "varchar",
        "rule_set": "varchar", "context": "varchar", "load_id": "varchar", "delivery_date": "date",
    },
    "_vetting_findings": {
        "source_id": "varchar", "record_hash": "varchar", "posting_id": "varchar", "rule_number": "integer",
        "rule_id": "varchar", "rule_version": "varchar", "code": "varchar", "outcome": "varchar",
        "severity": "varchar", "signal": "varchar", "evidence_field": "varchar", "span_start": "integer",
        "span_end": "integer", "quote": "varchar", "facts": "varchar", "rule_set": "varchar", "context": "varchar",
        "load_id": "varchar", "delivery_date": "date",
    },
    "_vetting_coverage": {
        "source_id": "varchar", "rule_number": "integer", "rule_id": "varchar", "outcome": "varchar",
        "reason": "varchar", "postings": "bigint",
    },
    "_vetting_links": {
        "source_id": "varchar", "record_hash": "varchar", "posting_id": "varchar", "twin_source_id": "varchar",
        "twin_posting_id": "varchar", "kind": "varchar", "similarity": "double", "rule_set": "varchar",
        "context": "varchar", "load_id": "varchar", "delivery_date": "date",
    },
    "_vetting_rules": {
        "rule_set": "varchar", "rule_number": "integer", "rule_id": "varchar", "rule_version": "varchar",
        "severity": "varchar", "label_ko": "varchar", "label_en": "varchar", "laws_ko": "varchar",
        "laws_en": "varchar", "message_ko": "varchar", "message_en": "varchar", "advice_ko": "varchar",
        "advice_en": "varchar", "codes": "varchar[]", "profiles": "varchar[]", "case_messages_ko": "varchar",
        "case_messages_en": "varchar",
    },
}  # fmt: skip
#: what the models read of the coding of titles, by source and title; empty while no coder has been trained
CODING_SHAPE = {
    "source_id": "varchar", "title": "varchar", "occupation_scheme": "varchar", "occupation_code": "varchar",
    "decision": "varchar", "basis": "varchar", "confidence": "double", "coder": "varchar",
}  # fmt: skip


def create_vetting(con: duckdb.DuckDBPyConnection, judged: Sequence[Evaluation], rules: RuleSet) -> None:
    """Creates the tables of ``VETTING_SHAPES`` in schema ``landing``: views over the files of decisions, findings,
    coverage and links, and the texts of the rules that made them."""
    files = {
        "_vetting_decisions": "decision",
        "_vetting_findings": "finding",
        "_vetting_coverage": "coverage",
        "_vetting_links": "link",
    }
    con.execute("create table landing._vetting_loads (folder varchar, load_id varchar, delivery_date date)")
    if judged:
        loads = [[str(e.folder), e.load_id, e.manifest["delivery_date"]] for e in judged]
        con.executemany("insert into landing._vetting_loads values (?, ?, ?)", loads)
    for table, shape in VETTING_SHAPES.items():
        if table not in files:
            columns = ", ".join(f"{name} {kind}" for name, kind in shape.items())
            con.execute(f"create table landing.{table} ({columns})")
            continue
        nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in shape.items())
        query = f"select {nothing} where false"
        if judged:
            paths = ", ".join(f"'{evaluation.path(files[table])}'" for evaluation in judged)
            query += (
                " union all by name select judged.*, loads.load_id, loads.delivery_date"
                f" from read_parquet([{paths}], filename = true) as judged join landing._vetting_loads as loads"
                " on parse_dirpath(judged.filename) = loads.folder"
            )
        con.execute(f"create view landing.{table} as select {', '.join(shape)} from ({query})")
    if judged:
        marks = ", ".join("?" * len(VETTING_SHAPES["_vetting_rules"]))
        rows = [list(row.values()) for row in map(_rule_row(rules.digest), rules.rules)]
        con.executemany(f"insert into landing._vetting_rules values ({marks})", rows)


def create_coding(con: duckdb.DuckDBPyConnection, coded: Iterable[Asked]) -> None:
    """Creates ``_coded_titles`` in schema ``landing``: a view over the files of coded titles, each title once
    per source that is asked of."""
    nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in CODING_SHAPE.items())
    queries = [f"select {nothing} where false"]
    for asked in coded:
        files = ", ".join(literal(str(file)) for file in asked.files)
        names = ", ".join(literal(source.id) for source in asked.sources)
        queries.append(f"select *, unnest([{names}]) as source_id from read_parquet([{files}])")
    con.execute(
        f"create view landing._coded_titles as select {', '.join(CODING_SHAPE)} from"
        f" ({' union all by name '.join(queries)})"
    )


def _rule_row(rule_set: str) -> Callable[[Rule], dict[str, Any]]:
    """A rule as a row of ``_vetting_rules``, in the order of its columns."""

    def row(rule: Rule) -> dict[str, Any]:
        texts = {
            f"{name}_{lang}": text[lang]
            for name, text in (
                ("label", rule.label),
                ("message", rule.message),
                ("advice", rule.advice),
            )
            for lang in ("ko", "en")
        }
        severity = max((case.severity for case in rule.cases), key=SEVERITIES.index)
        found = {
            "rule_set": rule_set, "rule_number": rule.number, "rule_id": rule.id, "rule_version": rule.version,
            "severity": severity, **texts, "codes": list(dict.fromkeys(case.code for case in rule.cases)),
            "profiles": list(rule.profiles),
            **{
                f"case_messages_{lang}": json.dumps(
                    {":".join(filter(None, (c.code, c.signal))): c.message[lang] for c in rule.cases if c.message}
                )
                for lang in ("ko", "en")
            },
            **{
                f"laws_{lang}": json.dumps({
                    profile: {
                        severity: "; ".join(law[lang] for law in rule.basis(profile, severity))
                        for severity in SEVERITIES
                    }
                    for profile in rule.profiles
                })
                for lang in ("ko", "en")
            },
        }  # fmt: skip
        return {name: found[name] for name in VETTING_SHAPES["_vetting_rules"]}

    return row
