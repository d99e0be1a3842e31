"""What a case of a rule raises: the SQL of its findings, one statement a case, into the judge's table ``raised``.

Columns of a finding: posting, rule, code, severity, outcome, and where the words stand (signal, field, span, quote).
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from ingest.door import masked_text_sql
from ingest.typing_sql import ident, literal
from validation.vetting.rules import Case, Rule, TextCondition

#: from mild to grave
SEVERITIES = ("warn", "hold", "reject")
#: why a rule could not be judged on a posting
REGISTER_EMPTY, NO_ANSWER = "REGISTER_EMPTY", "NO_ANSWER"
#: what a condition asks about -> the text of the posting that says it
READ_FROM = (
    dict.fromkeys(("wage_text", "wage_low", "wage_high", "wage_unit", "wage_low_hourly", "wage_problem"), "wage_text")
    | dict.fromkeys(("working_hours_text", "weekly_hours", "text_hours"), "working_hours_text")
    | dict.fromkeys(("employer_name", "register_name"), "employer_name")
    | {name: name for name in ("business_no", "work_address", "industry_code", "country_code")}
    | {"close_date": "close_date_text", "duplicate_of": "title"}
)
#: a fact about several columns -> the one that names the column to look at
NAMED_BY = {"blank_conditions": "blank_column"}


@dataclass(frozen=True)
class Placed:
    """A case of an applicable rule. ``number`` is its place among all cases: what hits and flags are named by."""

    number: int
    rule: Rule
    case: Case

    def conditions(self) -> Iterator[tuple[str, TextCondition]]:
        """(signal, condition); '' is the case's own text."""
        if self.case.text:
            yield "", self.case.text
        yield from self.case.signals.items()

    def may_fire(self, flags: Set[str], hits: Set[int]) -> bool:
        """Whether any posting can meet the case. ``flags``: those that hold somewhere; ``hits``: cases with words."""
        if self.case.when and f"w{self.number}" not in flags:
            return False
        if self.case.signals:
            return self.number in hits or any(f"w{self.number}_{signal}" in flags for signal in self.case.signals)
        return self.number in hits if self.case.text else bool(self.case.when)

    def expressions(self) -> Iterator[tuple[str, str]]:
        """(name of the flag, SQL)."""
        if self.case.when:
            yield f"w{self.number}", self.case.when
        if self.case.undetermined:
            yield f"u{self.number}", self.case.undetermined
        for signal, condition in self.conditions():
            if condition.when:
                yield f"w{self.number}_{signal}", condition.when


def rule_severity(rule: Rule, profile: str) -> str:
    """The gravest a rule can come to in a profile."""
    found = [case.severity for case in rule.cases if profile in case.profiles]
    return max(found, key=SEVERITIES.index) if found else "warn"


def _place(case: Case) -> str:
    """Signal, field, span and quote of a finding that rests on a condition: the text it was read from, whole."""
    first = _first(case)
    column = next((text for name in case.evidence if (text := READ_FROM.get(name))), None)
    signal = literal(case.signal) if case.signal else "NULL"
    if column is None:
        return f"{signal}, {first}, NULL, NULL, NULL"
    said, is_there = f"j.{column}", f"j.{column} IS NOT NULL"
    words = said if column == "business_no" else masked_text_sql(said)
    return (
        f"{signal}, CASE WHEN {is_there} THEN {literal(column)} ELSE {first} END, CASE WHEN {is_there} THEN 0 END,"
        f" length({said})::INTEGER, {words}"
    )


def _first(case: Case) -> str:
    """The column that a finding names where no text says it."""
    if not case.evidence:
        return "NULL"
    name = case.evidence[0]
    return f"j.{NAMED_BY[name]}" if name in NAMED_BY else literal(name)


def _in_force(rule: Rule) -> str:
    last = f"DATE '{rule.valid_to}'" if rule.valid_to else "DATE '9999-12-31'"
    return f"j.submitted_date BETWEEN DATE '{rule.valid_from}' AND {last}"


def _facts(case: Case) -> str:
    if not case.evidence:
        return "NULL"
    packed = ", ".join(f"{ident(name)} := j.{ident(name)}" for name in case.evidence)
    return f"to_json(struct_pack({packed}))::VARCHAR"


def _row(one: Placed, outcome: str, where_found: str, severity: str | None = None) -> str:
    """Select list of ``raised``; ``where_found`` gives signal, evidence_field, span_start, span_end, quote."""
    return (
        f"j.posting_no, {one.rule.number}, {literal(one.case.code)}, {literal(severity or one.case.severity)},"
        f" {literal(outcome)}, {where_found}, {_facts(one.case)}"
    )


def fired(one: Placed) -> str:
    """Query for the findings of one case."""
    case, number = one.case, one.number
    conditions = [_in_force(one.rule)] + ([f"f.w{number}"] if case.when else [])
    where = " AND ".join(conditions)
    base = "flag AS f JOIN judged AS j USING (posting_no)"
    if case.signals:
        return _fired_signals(one, base, where)
    if case.text:
        own = f" AND f.w{number}_" if case.text.when else ""
        signal = literal(case.signal) if case.signal else "NULL"
        return (
            f"SELECT {_row(one, case.severity, f'{signal}, h.field, h.start, h.end, h.quote')}, NULL"
            f" FROM {base} JOIN hit AS h ON h.posting_no = j.posting_no AND h.number = {number}"
            f" WHERE {where}{own}"
        )
    if not case.when:
        return f"SELECT {_row(one, case.severity, _place(case))}, NULL FROM {base} WHERE false"
    return f"SELECT {_row(one, case.severity, _place(case))}, NULL FROM {base} WHERE {where}"


def _fired_signals(one: Placed, base: str, where: str) -> str:
    """Findings of a case of several signals: one per sign found, when there are enough of them."""
    found = []
    for signal, condition in one.case.signals.items():
        if condition.fields:
            also = f" JOIN flag USING (posting_no) WHERE w{one.number}_{signal} AND" if condition.when else " WHERE"
            found.append(
                f'SELECT posting_no, signal, field, start, "end", quote FROM hit{also}'
                f" number = {one.number} AND signal = {literal(signal)}"
            )
        else:
            found.append(
                f"SELECT posting_no, {literal(signal)}, NULL, NULL, NULL, NULL FROM flag WHERE w{one.number}_{signal}"
            )
    return (
        f"WITH seen AS ({' UNION ALL '.join(found)}), enough AS (SELECT posting_no FROM seen GROUP BY posting_no"
        f" HAVING count(DISTINCT signal) >= {one.case.at_least})"
        f" SELECT {_row(one, one.case.severity, 's.signal, s.field, s.start, s.end, s.quote')}, NULL"
        f" FROM {base} JOIN enough USING (posting_no) JOIN seen AS s USING (posting_no) WHERE {where}"
    )


def _waits(rule: Rule, profile: str) -> str:
    return "warn" if rule_severity(rule, profile) == "warn" else "hold"


def undetermined(one: Placed, profile: str) -> str:
    """A rule that could not be judged, unless one of its cases was."""
    first = _first(one.case)
    row = _row(one, "undetermined", f"NULL, {first}, NULL, NULL, NULL", _waits(one.rule, profile))
    return (
        f"SELECT {row}, '{NO_ANSWER}' FROM flag AS f JOIN judged AS j USING (posting_no)"
        f" WHERE {_in_force(one.rule)} AND f.u{one.number} AND {_not_raised(one.rule)}"
    )


def unjudged(rule: Rule, case: Case, profile: str) -> str:
    """All postings on a day a register of the case was empty, unless another case of the rule was judged."""
    return (
        f"SELECT j.posting_no, {rule.number}, {literal(case.code)}, {literal(_waits(rule, profile))},"
        f" 'undetermined', NULL, NULL, NULL, NULL, NULL, NULL, '{REGISTER_EMPTY}' FROM judged AS j"
        f" WHERE {_in_force(rule)} AND {_not_raised(rule)}"
    )


def _not_raised(rule: Rule) -> str:
    return f"NOT EXISTS (SELECT 1 FROM raised AS r WHERE r.posting_no = j.posting_no AND r.rule_number = {rule.number})"
