"""Judges the postings of one load by the rules in force on each posting's day.

Everything is a set: texts are matched once per distinct text, every SQL condition of every rule is one column of one
query, and the findings of a case are one statement. No posting is looked at by itself.

Outcomes of a rule on a posting: pass, warn, hold, reject, undetermined (it could not be judged: a register without an
answer), not_applicable (the source never carries what the rule needs, or the profile has no such register). The
outcome is the highest severity of the rule's cases. What cannot be judged is never passed: an undetermined rule that
could reject or hold makes the posting wait, one that could only warn warns.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from ingest.typing_sql import literal
from validation.vetting.context import OWN_TABLES, REGISTERS, Inputs, answer, load_world
from validation.vetting.matching import text_hits
from validation.vetting.outcome import FINDING_ORDER, SEVERITY_RANK, write_coverage
from validation.vetting.postings import CANONICAL
from validation.vetting.raising import Placed, fired, undetermined, unjudged
from validation.vetting.rules import Case, Rule, RuleError, RuleSet

#: why a rule did not run on postings
OTHER_PROFILE, NOT_CARRIED, NO_REGISTER = "OTHER_PROFILE", "NOT_CARRIED", "NO_REGISTER"

#: registers whose answer a source may carry itself, and the column that states it
STATED = {"insured_headcounts": "headcount"}


def empty_tables(con: duckdb.DuckDBPyConnection) -> None:
    """``posting``, ``context`` and ``judged`` without a row: what the conditions of rules are checked on."""
    load_world(con, Inputs({}, {}))
    con.execute(
        "CREATE OR REPLACE TABLE posting AS SELECT 0::BIGINT AS posting_no, * EXCLUDE (load_id, delivery_date)"
        " FROM all_posting"
    )
    con.execute("CREATE OR REPLACE VIEW known_posting AS SELECT * EXCLUDE (delivery_date) FROM all_posting")
    for register in REGISTERS:
        con.execute(f"CREATE OR REPLACE TABLE register_{register} AS SELECT * FROM all_{register}")
    answer(con, frozenset(CANONICAL))


def check_conditions(rules: RuleSet) -> None:
    """Runs every SQL condition and evidence column of every rule on empty tables.

    Raises RuleError naming file, key and what is wrong: a rule with a column that is not there must stop the start.
    """
    with duckdb.connect() as con:
        empty_tables(con)
        known = [row[0] for row in con.execute("SELECT column_name FROM (DESCRIBE judged)").fetchall()]
        for rule in rules.rules:
            for index, case in enumerate(rule.cases):
                at = f"{rule.id.lower()}.yml: cases/{index}"
                for name, expression in Placed(index, rule, case).expressions():
                    key = {"u": "undetermined"}.get(name[0], "when")
                    try:
                        con.execute(f"SELECT ({expression})::BOOLEAN FROM judged")
                    except duckdb.Error as error:
                        raise RuleError(
                            f"{at}/{key}: {expression} does not run: {str(error).splitlines()[0]}"
                            f" Columns: {', '.join(known)}."
                        ) from error
                for column in case.evidence:
                    if column not in known:
                        raise RuleError(f"{at}/evidence: {column} is no column. Known: {', '.join(known)}.")
            for names in rule.needs:
                for column in names:
                    if column not in CANONICAL:
                        raise RuleError(
                            f"{rule.id.lower()}.yml: needs: {column} is no column of a posting."
                            f" Known: {', '.join(CANONICAL)}."
                        )


def judge(
    con: duckdb.DuckDBPyConnection,
    rules: RuleSet,
    profile: str,
    carried: frozenset[str],
    registers: frozenset[str],
    known_registers: frozenset[str] = OWN_TABLES | frozenset(REGISTERS),
) -> None:
    """Reads ``posting`` and ``context``; writes ``finding``, ``decision`` and ``coverage``.

    ``carried``: canonical columns of the source; ``registers``: those with rows by now; ``known_registers``: those the
    profile has at all. Decision: REJECT, HOLD, WARN or PASS, the gravest finding.
    """
    stated, barred = reach(rules, profile, carried, known_registers)
    registers, known_registers = registers | stated, known_registers | stated
    running = [rule for rule in rules.rules if barred[rule.number] is None]
    cases = [(rule, case) for rule in running for case in rule.cases if profile in case.profiles]
    # a rule that cannot ask all it should has not passed a posting
    barred |= {
        rule.number: reason for rule, case in cases if (reason := _unknown(case.registers, known_registers)) is not None
    }
    placed: list[Placed] = []
    idle: list[tuple[Rule, Case]] = []
    for rule, case in cases:
        if registers.issuperset((*rule.registers, *case.registers)):
            placed.append(Placed(len(placed), rule, case))
        elif known_registers.issuperset(case.registers):
            idle.append((rule, case))
    _flag(con, placed)
    _hit(con, placed)
    con.execute(
        "CREATE OR REPLACE TABLE raised (posting_no BIGINT, rule_number INTEGER, code VARCHAR, severity VARCHAR,"
        " outcome VARCHAR, signal VARCHAR, evidence_field VARCHAR, span_start INTEGER, span_end INTEGER,"
        " quote VARCHAR, facts VARCHAR, reason VARCHAR)"
    )
    flags = _flags_that_hold(con, placed)
    hits = {number for (number,) in con.execute("SELECT DISTINCT number FROM hit").fetchall()}
    for one in placed:
        if one.may_fire(flags, hits):
            con.execute(f"INSERT INTO raised {fired(one)}")
    _drop_milder(con)
    for one in placed:
        if f"u{one.number}" in flags:
            con.execute(f"INSERT INTO raised {undetermined(one, profile)}")
    for rule, case in idle:
        con.execute(f"INSERT INTO raised {unjudged(rule, case, profile)}")
    _write_findings(con, rules)
    _write_decisions(con, rules, profile)
    write_coverage(con, rules, barred)
    for table in ("raised", "flag", "hit"):
        con.execute(f"DROP TABLE {table}")


def reach(
    rules: RuleSet, profile: str, carried: frozenset[str], known: frozenset[str]
) -> tuple[frozenset[str], dict[int, str | None]]:
    """Registers that the source states itself, and by rule number why it does not apply (None where it does)."""
    stated = frozenset(register for register, column in STATED.items() if column in carried)
    return stated, {rule.number: _barred(rule, profile, carried, known | stated) for rule in rules.rules}


def _barred(rule: Rule, profile: str, carried: frozenset[str], known: frozenset[str]) -> str | None:
    """Why the rule does not apply to the source, None when it does."""
    if profile not in rule.profiles:
        return OTHER_PROFILE
    if lacking := [names for names in rule.needs if not carried.intersection(names)]:
        return f"{NOT_CARRIED}: {', '.join('|'.join(names) for names in lacking)}"
    return _unknown(rule.registers, known)


def _unknown(registers: Sequence[str], known: frozenset[str]) -> str | None:
    absent = [name for name in registers if name not in known]
    return f"{NO_REGISTER}: {', '.join(absent)}" if absent else None


def _flag(con: duckdb.DuckDBPyConnection, placed: list[Placed]) -> None:
    """Table ``flag``: every SQL condition as a boolean column, in one pass; no answer is no."""
    columns = [f"coalesce(({sql})::BOOLEAN, false) AS {name}" for one in placed for name, sql in one.expressions()]
    con.execute(f"CREATE OR REPLACE TEMP TABLE flag AS SELECT {', '.join(['posting_no', *columns])} FROM judged")


def _flags_that_hold(con: duckdb.DuckDBPyConnection, placed: list[Placed]) -> set[str]:
    """Names of the flags that hold for a posting: statements on the others would find nothing."""
    names = [name for one in placed for name, _ in one.expressions()]
    held = con.execute(f"SELECT {', '.join(['1', *(f'bool_or({name})' for name in names)])} FROM flag").fetchone()
    return {name for name, holds in zip(names, held[1:], strict=True) if holds} if held else set()


def _hit(con: duckdb.DuckDBPyConnection, placed: list[Placed]) -> None:
    """Table ``hit``: where the words of text conditions stand, in the postings whose facts let the words count."""
    conditions = [(one.number, signal, c) for one in placed for signal, c in one.conditions() if c.fields]
    con.register("_hits", text_hits(con, conditions, _counting(con, placed)))
    con.execute("CREATE OR REPLACE TEMP TABLE hit AS SELECT * FROM _hits")
    con.unregister("_hits")


def _counting(con: duckdb.DuckDBPyConnection, placed: list[Placed]) -> dict[tuple[int, str], frozenset[int]]:
    """By (case, signal) the postings that meet what the case and the condition ask of the facts, where they ask any."""
    asked = {
        (one.number, signal): names
        for one in placed
        for signal, condition in one.conditions()
        if condition.fields
        and (names := [f"w{one.number}"] * bool(one.case.when) + [f"w{one.number}_{signal}"] * bool(condition.when))
    }
    if not asked:
        return {}
    lists = ", ".join(f"list(posting_no) FILTER ({' AND '.join(names)})" for names in asked.values())
    met = con.execute(f"SELECT {lists} FROM flag").fetchone()
    return {key: frozenset(numbers or ()) for key, numbers in zip(asked, met or (), strict=True)}


def _drop_milder(con: duckdb.DuckDBPyConnection) -> None:
    """Two cases of one rule with one code: the graver one says it all."""
    con.execute(
        f"CREATE OR REPLACE TABLE raised AS SELECT DISTINCT * FROM raised QUALIFY {SEVERITY_RANK} ="
        f" max({SEVERITY_RANK}) OVER (PARTITION BY posting_no, rule_number, code)"
    )


def _write_findings(con: duckdb.DuckDBPyConnection, rules: RuleSet) -> None:
    names = pa.table(
        {
            "rule_number": pa.array([r.number for r in rules.rules], pa.int32()),
            "rule_id": [r.id for r in rules.rules],
            "rule_version": [r.version for r in rules.rules],
        }
    )
    con.register("_rule", names)
    con.execute(
        "CREATE OR REPLACE TABLE finding AS SELECT p.source_id, p.record_hash, p.posting_id, r.rule_number, n.rule_id,"
        " n.rule_version, r.code, r.outcome, r.severity, r.signal, r.evidence_field, r.span_start, r.span_end, r.quote,"
        " r.facts FROM raised AS r JOIN posting AS p USING (posting_no) JOIN _rule AS n USING (rule_number)"
        f" ORDER BY {FINDING_ORDER}"
    )
    con.unregister("_rule")


def _write_decisions(con: duckdb.DuckDBPyConnection, rules: RuleSet, profile: str) -> None:
    """A code that could not be judged stands among the reasons with the mark ``UNDETERMINED:``."""
    con.execute(
        f"""
        CREATE OR REPLACE TABLE decision AS
        WITH reasons AS (
            SELECT posting_no,
                CASE outcome WHEN 'undetermined' THEN 'UNDETERMINED:' || code ELSE code END AS code,
                max({SEVERITY_RANK}) AS rank, min(rule_number) AS rule_number
            FROM raised GROUP BY ALL
        ),

        judged_by_rule AS (
            SELECT posting_no, max(rank) AS rank, list(code ORDER BY rank DESC, rule_number, code) AS reasons
            FROM reasons GROUP BY posting_no
        )

        SELECT p.source_id, p.record_hash, p.posting_id, p.submitted_date, {literal(profile)} AS profile,
            CASE j.rank WHEN 3 THEN 'REJECT' WHEN 2 THEN 'HOLD' WHEN 1 THEN 'WARN' ELSE 'PASS' END AS decision,
            j.reasons[1] AS primary_code, coalesce(j.reasons, []::VARCHAR[]) AS reasons,
            {literal(rules.digest)} AS rule_set
        FROM posting AS p LEFT JOIN judged_by_rule AS j USING (posting_no)
        ORDER BY p.record_hash
        """
    )
