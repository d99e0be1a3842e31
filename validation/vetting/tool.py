"""Judges postings from a file, without a warehouse: what an employer's system or a portal can ask before submitting.

Read are NDJSON and CSV (UTF-8) in the canonical columns (``input_form``), and a Work24 answer in XML, list or detail.
Each posting is judged by itself: what must be stated is missing where it is not there, any other column a posting does
not name is one its sender never carries. Registers are not at hand: the rules that ask them do not apply here and are
named as not judged. Personal numbers in free texts are masked before anything is looked at.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.connectors.details import PREFIX as DETAIL
from ingest.connectors.work24 import parse_list
from ingest.connectors.xml import children, leaves, parse_xml
from ingest.door import masked_texts_sql
from ingest.registry import Column, Source, load_registry
from ingest.typing_sql import cast_sql, ident
from validation.vetting.context import REGISTERS, Inputs, answer, load_world
from validation.vetting.input_form import INPUT, LABELS, MANDATORY, code_lists
from validation.vetting.judge import OTHER_PROFILE, check_conditions, judge, reach
from validation.vetting.outcome import NOT_IN_FORCE
from validation.vetting.postings import CANONICAL, canonical_columns, parsed_date_sql
from validation.vetting.rules import Rule, RuleSet
from validation.vetting.score import Model, score
from validation.vetting.score_features import SIGNALS
from validation.vetting.wording import Point, advice_of, letter, message_of, why_not_run

#: registers that are tables of the rules themselves; no other is at hand without a warehouse
AT_HAND = frozenset({"minimum_wage", "occupations", "regions"})
#: contract that reads Work24's answers
WORK24 = "work24_vacancies"
#: what a detail answer says in other words than its list row
AS_LISTED = {
    "wantedAuthNo": "wantedAuthNo", "corpNm": "company", "wantedTitle": "title", "receiptCloseDt": "closeDt",
    "workRegion": "basicAddr", "jobsCd": "jobsCd", "empTpCd": "empTpCd",
}  # fmt: skip
#: columns that the score reads beside the texts
SIGNALLED = frozenset(name for signal in SIGNALS for name in signal.needs)
#: free texts; personal numbers in them are masked before anything is looked at, as the door does
TEXTS = ("title", "duties", "requirements", "employer_name", "work_address", "wage_text", "working_hours_text")


#: columns in words, without the hint on how to fill them
_LABELS = {
    name: dict(zip(("ko", "en"), (text.split("(")[0].strip() for text in texts), strict=True))
    for name, texts in LABELS.items()
}
_GRAVITY = ("warn", "undetermined", "hold", "reject")


class ToolError(Exception):
    """The file cannot be judged; the message says where, why and what to do."""


class NothingToJudge(ToolError):
    """The file can be read and holds no posting: most likely another one was meant."""


def judge_file(
    path: Path, rules: RuleSet, profile: str, day: date, *, model: Model | None = None, explain: bool = False
) -> Iterator[dict[str, Any]]:
    """One answer per posting, in the order of the file; a posting is answered the same alone and among others.

    ``day`` is the day of submission where a posting names none. Raises ToolError when the file cannot be read,
    RuleError when a rule is wrong.
    """
    check_conditions(rules)
    with duckdb.connect() as con:
        load_world(con, Inputs({}, {}))
        postings = _load(con, path, day)
        if not postings:
            raise NothingToJudge(
                f"{path}: holds no posting. Name a file with a JSON object per line, with a CSV header and rows,"
                " or with a Work24 answer; `lmi vet schema` names the columns."
            )
        alike = _alike(postings, rules, profile, model is not None)
        for register in REGISTERS:
            con.execute(f"CREATE OR REPLACE TABLE register_{register} AS SELECT * FROM all_{register}")
        answers: dict[int, dict[str, Any]] = {}
        for carried, lines in alike:
            con.execute("CREATE OR REPLACE TABLE posting AS FROM read WHERE list_contains($1, posting_no)", [lines])
            con.execute("CREATE OR REPLACE VIEW known_posting AS FROM posting WHERE false")
            answer(con, carried)
            judge(con, rules, profile, carried, AT_HAND, AT_HAND)
            answers |= _answers(con, rules, profile, model, carried, explain)
        yield from (answers[line] for line in sorted(answers))


def _alike(
    postings: list[frozenset[str]], rules: RuleSet, profile: str, has_model: bool
) -> list[tuple[frozenset[str], list[int]]]:
    """Lines whose columns let the same rules and signals run, with the columns of one of them."""

    @cache
    def effect(named: frozenset[str]) -> tuple[Any, ...]:
        stated, barred = reach(rules, profile, named, AT_HAND)
        return stated, tuple(barred.items()), named & SIGNALLED if has_model else None

    groups: dict[tuple[Any, ...], tuple[frozenset[str], list[int]]] = {}
    for line, named in enumerate(postings, start=1):
        groups.setdefault(effect(named), (named, []))[1].append(line)
    return list(groups.values())


def _load(con: duckdb.DuckDBPyConnection, path: Path, day: date) -> list[frozenset[str]]:
    """Table ``read`` from a file. Returns the canonical columns that each of its postings carries."""
    try:
        head = path.read_bytes()[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError as error:
        raise ToolError(f"{path}: cannot be read ({error.strerror}). Name a file that is there.") from None
    if head.startswith(b"<"):
        postings, fields, country = _work24(con, path)
        carried = [frozenset(fields)] * postings
    else:
        rows = _csv(path) if path.suffix.lower() == ".csv" else _ndjson(path)
        names = list(dict.fromkeys(name for row in rows for name in row))
        if unknown := [name for name in names if name not in INPUT]:
            raise ToolError(f"{path}: {unknown[0]} is no column. Leave it out or use one of: {', '.join(INPUT)}.")
        _register(con, "given", rows, names)
        _check_casts(con, path, names)
        _check_codes(con, path, names)
        fields, country = {name: ident(name) for name in names}, "KR"
        carried = [MANDATORY.union(row) for row in rows]
    texts = ", ".join(f"masked[{number}] AS {name}" for number, name in enumerate(TEXTS, 1))
    con.execute(
        f"""
        CREATE OR REPLACE TABLE read AS
        SELECT line AS posting_no, 'file' AS source_id, line::VARCHAR AS record_hash, * EXCLUDE (line, masked) REPLACE (
            coalesce(posting_id, line::VARCHAR) AS posting_id,
            coalesce(submitted_date, DATE '{day}') AS submitted_date,
            coalesce(country_code, '{country}') AS country_code,
            coalesce(close_date, {parsed_date_sql("close_date_text")}) AS close_date,
            {texts}
        )
        FROM (SELECT *, {masked_texts_sql(TEXTS)} AS masked FROM (SELECT line, {canonical_columns(fields)} FROM given))
        ORDER BY line
        """
    )
    always = {"country_code", "posting_id", "submitted_date"}
    return [named | always | ({"close_date"} if "close_date_text" in named else set()) for named in carried]


def _ndjson(path: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ToolError(f"{path}: line {number} is no JSON ({error.msg}). Write one object per line.") from None
        if not isinstance(row, dict):
            raise ToolError(f"{path}: line {number} is no object. Write one object per line.")
        rows.append(row)
    return rows


def _csv(path: Path) -> list[dict[str, Any]]:
    reader = csv.DictReader(_text(path).splitlines(keepends=True), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ToolError(f"{path}: line {reader.line_num}: {error}. Mend the quotes of that line.") from None
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise ToolError(f"{path}: row {number} has more or fewer fields than the header. Quote texts with commas.")
    return rows


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ToolError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None


def _register(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]], names: list[str]) -> None:
    """A table of texts with the column ``line``; whatever is nested is its JSON."""

    def text(value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False)

    columns: dict[str, pa.Array] = {"line": pa.array(range(1, len(rows) + 1), pa.int64())}
    for name in names:
        columns[name] = pa.array([text(row.get(name)) for row in rows], pa.string())
    con.register("_rows", pa.table(columns))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM _rows")
    con.unregister("_rows")


def _check_casts(con: duckdb.DuckDBPyConnection, path: Path, names: list[str]) -> None:
    for name in names:
        wrong = con.execute(
            f"SELECT line, {ident(name)} FROM given WHERE nullif(trim({ident(name)}), '') IS NOT NULL"
            f" AND TRY_CAST({ident(name)} AS {INPUT[name]}) IS NULL ORDER BY line LIMIT 1"
        ).fetchone()
        if wrong:
            kind = {"DATE": "a date (YYYY-MM-DD)", "BOOLEAN": "true or false"}.get(INPUT[name], "a number")
            raise ToolError(f"{path}: posting {wrong[0]}: {name} is '{wrong[1][:40]}', which is not {kind}. Mend it.")


def _check_codes(con: duckdb.DuckDBPyConnection, path: Path, names: list[str]) -> None:
    """A code that is none of its list would be judged as something else, or not at all."""
    for name, codes in code_lists().items():
        if name not in names:
            continue
        wrong = con.execute(
            f"SELECT line, {ident(name)} FROM given WHERE nullif(trim({ident(name)}), '') IS NOT NULL"
            f" AND NOT regexp_full_match({ident(name)}, $1) ORDER BY line LIMIT 1",
            [codes.pattern],
        ).fetchone()
        if wrong:
            raise ToolError(f"{path}: posting {wrong[0]}: {name} is '{wrong[1][:40]}'. Write {codes.said}.")


def _work24(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, dict[str, str], str]:
    """Table ``given`` from a Work24 answer, as the contract lands it. Returns how many postings it has, the expression
    of each canonical column that this kind of answer carries, and the country.

    A list has no text of duties or hours and no contact, a detail no business number and no day of registration: what
    only the other kind holds is not carried. What this kind holds and a posting lacks is blank.
    """
    from ingest.delivery import FetchError

    source = load_registry()[WORK24]
    try:
        root = parse_xml(path.read_bytes(), path.name)
        is_detail = root.tag == "wantedDtl"
        rows = [_detail(root)] if is_detail else [dict(row) for row in parse_list(path.read_bytes(), path.name).items]
    except FetchError as error:
        raise ToolError(f"{error} Judge a list (wantedRoot) or a detail (wantedDtl) of Work24.") from None
    there = {c.wire for c in source.columns if c.wire.startswith(DETAIL) == is_detail}
    there |= set(AS_LISTED.values()) if is_detail else set()
    _register(
        con,
        "wire",
        [{c.name: row.get(c.wire) for c in source.columns} for row in rows],
        [c.name for c in source.columns],
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE given AS SELECT line, {_landed(source)} FROM wire")
    absent = _landed_names(c for c in source.columns if c.wire not in there)
    fields = {
        name: expression
        for name, expression in (source.vetting or {})["fields"].items()
        if name in INPUT and (not (asked := _columns_of(expression, source)) or asked - absent)
    }
    return len(rows), fields, str(source.provider["country"])


def _detail(root: Any) -> dict[str, str]:
    """A detail answer as the pipeline has it beside its list row, which here is told from the detail alone."""
    flat = leaves(root)
    for section in ("corpInfo", "wantedInfo", "empchargeInfo"):
        if (element := root.find(section)) is not None:
            flat |= children(element)
    listed = {wire: flat.get(name, "") for name, wire in AS_LISTED.items()}
    # an employer whose work place is not named is still found at its own address
    listed["basicAddr"] = listed["basicAddr"] or flat.get("corpAddr", "")
    return listed | {f"{DETAIL}{name}": value for name, value in flat.items()}


def _landed_names(columns: Iterable[Column]) -> set[str]:
    return {name for c in columns for name in (c.name, c.door.flag) if name}


def _columns_of(expression: str, source: Source) -> set[str]:
    landed = {c.name for c in source.landed_columns}
    return {word for word in re.findall(r"[a-z_][a-z_0-9]*", re.sub(r"'[^']*'", "", expression)) if word in landed}


def _landed(source: Source) -> str:
    """What landing would make of delivered texts, without tokens: typed values and flags; no direct identifier."""
    parts = []
    for c in source.columns:
        text = f"nullif(trim({ident(c.name)}), '')"
        if c.door.flag:
            parts.append(f"{text} IS NOT NULL AS {ident(c.door.flag)}")
        if not c.is_direct:
            parts.append(f"{cast_sql(c, text, source.timezone or 'Asia/Seoul')} AS {ident(c.name)}")
    return ", ".join(parts)


def _answers(
    con: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    profile: str,
    model: Model | None,
    carried: frozenset[str],
    explain: bool,
) -> dict[int, dict[str, Any]]:
    """What is said of each posting of ``posting``, by its number."""
    columns = ", ".join(("posting_no", *CANONICAL))
    postings = con.execute(f"SELECT {columns} FROM posting ORDER BY posting_no").to_arrow_table()
    titles = dict(zip(postings["posting_no"].to_pylist(), postings["title"].to_pylist(), strict=True))
    scores = score(postings, model, carried).to_pylist()
    decisions = {row["record_hash"]: row for row in con.execute("SELECT * FROM decision").to_arrow_table().to_pylist()}
    findings: dict[str, list[dict[str, Any]]] = {}
    for row in con.execute("SELECT * FROM finding").to_arrow_table().to_pylist():
        findings.setdefault(row["record_hash"], []).append(row)
    barred = dict(
        con.execute(
            "SELECT rule_id, reason FROM coverage WHERE outcome = 'not_applicable' AND reason <> $1", [NOT_IN_FORCE]
        ).fetchall()
    )
    answers = {}
    for scored in scores:
        key = str(scored["posting_no"])
        decision = decisions[key]
        found = findings.get(key, [])
        held = model is not None and scored["score"] >= model.threshold and decision["decision"] in ("PASS", "WARN")
        answers[scored["posting_no"]] = {
            "posting_id": decision["posting_id"],
            "decision": "HOLD" if held else decision["decision"],
            "reasons": [_reason(rules.by_number(row["rule_number"]), row, profile, explain) for row in found],
            "not_judged": _not_judged(rules, barred, decision["submitted_date"], {row["rule_id"] for row in found}),
            "score": scored["score"],
            "score_reasons": scored["reasons"],
            "profile": profile,
            "judged_as_of": decision["submitted_date"].isoformat(),
            "rule_set": rules.digest,
        }
        if explain:
            answer = answers[scored["posting_no"]]
            for entry in answer["not_judged"]:
                entry["why"] = {lang: why_not_run(entry["reason"], _LABELS, lang) for lang in ("ko", "en")}
            answer["letter"] = _letter(rules, titles[scored["posting_no"]], answer, found)
    return answers


def _letter(
    rules: RuleSet, title: str | None, answer: Mapping[str, Any], found: list[dict[str, Any]]
) -> dict[str, str]:
    """The answer as one text to the employer, in both languages."""
    points: dict[tuple[int, str], Point] = {}
    for row in sorted(found, key=lambda row: (-_GRAVITY.index(row["outcome"]), row["rule_number"])):
        rule = rules.by_number(row["rule_number"])
        point = points.setdefault(
            (rule.number, row["code"]),
            Point(rule.label, row["outcome"], rule.basis(answer["profile"], row["severity"]), rule.advice),
        )
        message = rule.message_for(row["code"], row["signal"])
        point.add(message, row["quote"], _LABELS.get(row["evidence_field"]), row["facts"])
    return {
        lang: letter(title, answer["decision"], list(points.values()), answer["profile"], lang) for lang in ("ko", "en")
    }


def _not_judged(rules: RuleSet, barred: Mapping[str, str], day: date, raised: Set[str]) -> list[dict[str, str]]:
    """Rules of the profile that did not run, or not in full, with the reason: neither passed nor failed."""
    reasons = {
        rule.id: barred.get(rule.id, "" if rule.in_force(day) else NOT_IN_FORCE)
        for rule in rules.rules
        if rule.id not in raised
    }
    return [{"rule": rule, "reason": why} for rule, why in reasons.items() if why and why != OTHER_PROFILE]


def _reason(rule: Rule, row: Mapping[str, Any], profile: str, explain: bool) -> dict[str, Any]:
    facts = json.loads(row["facts"]) if row["facts"] else {}
    quotes = [row["quote"]] if row["quote"] else []
    reason = {
        "code": row["code"],
        "rule": rule.number,
        "severity": row["severity"],
        "outcome": row["outcome"],
        "field": row["evidence_field"],
        "span": None if row["span_start"] is None else [row["span_start"], row["span_end"]],
        "quote": row["quote"],
        "law": {lang: [entry[lang] for entry in rule.basis(profile, row["severity"])] for lang in ("ko", "en")},
        "message": {
            lang: message_of(rule.message_for(row["code"], row["signal"])[lang], row["outcome"], quotes, facts, lang)
            for lang in ("ko", "en")
        },
        "advice": {
            lang: advice_of(rule.advice[lang], row["outcome"], profile, quotes, facts, lang) for lang in ("ko", "en")
        },
    }
    return reason | {"rule_version": rule.version, "label": dict(rule.label), "facts": facts} if explain else reason
