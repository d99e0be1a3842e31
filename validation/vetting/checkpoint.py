"""The Great Expectations suite ``vacancy_vetting``: one expectation per rule, run on the outcomes of a load.

The conditions are evaluated once, vectorised, by ``judge``; what Great Expectations receives is one row per posting and
one column per rule that holds nothing but the outcome. So its results are the record of what was checked, and neither
they nor Data Docs can show a value of a posting. Data Docs load styles and scripts from public networks; without one
they are readable and plain.

Great Expectations is imported inside functions; importing it takes seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.typing_sql import ident
from validation.contracts import BATCH_ROWS
from validation.data_docs import add_pages, add_site
from validation.gx import great_expectations, without_repeats
from validation.vetting.outcome import NOT_IN_FORCE, SEVERITY_RANK
from validation.vetting.rules import Rule, RuleSet

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import Checkpoint, ExpectationSuite

SUITE = "vacancy_vetting"
#: by what failing postings are named: no value of a posting
NAMED_BY = ("source_id", "record_hash")
#: outcomes with which a posting meets a rule; a rule that could not be judged is never met
MET = ("pass", "not_applicable")
_GX_SEVERITY = {"reject": "critical", "hold": "warning", "warn": "info"}
_STRICTEST_FIRST = ("reject", "hold", "warn")


@dataclass(frozen=True)
class RuleResult:
    """One rule on one load: how many postings were looked at, and who (``NAMED_BY``) did not meet it."""

    rule: Rule
    evaluated: int
    unmet: tuple[tuple[str, str], ...]


def column_of(rule: Rule) -> str:
    """Column of the outcomes of a rule."""
    return rule.id.lower()


def severity_of(rule: Rule) -> str:
    """The strictest severity among the cases of a rule."""
    severities = {case.severity for case in rule.cases}
    return next(s for s in _STRICTEST_FIRST if s in severities)


def suite_of(rules: RuleSet) -> ExpectationSuite:
    """The suite of a rule set; each expectation's ``meta`` holds number, version, codes, label and law of its rule."""
    gx = great_expectations()
    suite = gx.ExpectationSuite(name=SUITE, meta={"rule_set": rules.digest})
    for rule in rules.rules:
        suite.add_expectation(
            gx.expectations.ExpectColumnValuesToBeInSet(
                column=column_of(rule),
                value_set=list(MET),
                severity=_GX_SEVERITY[severity_of(rule)],
                notes=f"{rule.number} {rule.label['ko']} · {rule.label['en']}",
                meta={
                    "number": rule.number,
                    "version": rule.version,
                    "codes": sorted({case.code for case in rule.cases}),
                    "label": dict(rule.label),
                    "law": [{"ko": law["ko"], "en": law["en"]} for law in rule.law],
                },
            )
        )
    return suite


class VettingCheckpoint:
    """The suite ready to run; with ``site`` every run is added to the Data Docs in that folder."""

    def __init__(self, rules: RuleSet, site: Path | None = None) -> None:
        gx = great_expectations()
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self._rules = rules
        self._gx = gx
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._site, self._context = site, context
        if site:
            add_site(context, site)
        suite = context.suites.add(suite_of(rules))
        asset = context.data_sources.add_pandas("vetting").add_dataframe_asset("postings")
        batches = asset.add_batch_definition_whole_dataframe("load")
        validation = gx.ValidationDefinition(name=SUITE, data=batches, suite=suite)
        self._checkpoint: Checkpoint = context.checkpoints.add(
            gx.Checkpoint(
                name=SUITE,
                validation_definitions=[context.validation_definitions.add(validation)],
                result_format={
                    "result_format": "COMPLETE",
                    "unexpected_index_column_names": list(NAMED_BY),
                    "include_unexpected_rows": False,
                },
            )
        )

    def run(self, outcomes: pd.DataFrame, name: str) -> list[RuleResult]:
        """Results by rule of one load. ``outcomes``: ``NAMED_BY`` and one column of outcomes per rule.

        ``name`` (source and load) is how the run is called in Data Docs. Raises RuntimeError when an expectation
        cannot be evaluated or its failing rows come back incomplete: a rule that did not run must not pass.
        """
        with without_repeats():
            done = self._checkpoint.run(
                batch_parameters={"dataframe": outcomes}, run_id=self._gx.RunIdentifier(run_name=name)
            )
            if self._site:
                add_pages(self._context, self._site, list(done.run_results))
        (validated,) = done.run_results.values()
        results = []
        for result in validated.results:
            expectation: Any = result.expectation_config
            rule = self._rules.by_number(expectation.meta["number"])
            if result.exception_info and result.exception_info.get("raised_exception") is not False:
                raise RuntimeError(f"Rule {rule.number} ({rule.id}) could not be evaluated on {name}.")
            found: dict[str, Any] = result.result
            rows = found.get("unexpected_index_list") or []
            unmet = sorted((str(row["source_id"]), str(row["record_hash"])) for row in rows)
            if len(unmet) != found["unexpected_count"]:
                raise RuntimeError(f"Rule {rule.number} ({rule.id}) on {name}: failing rows came back incomplete.")
            results.append(RuleResult(rule, found["element_count"], tuple(unmet)))
        if len(results) != len(self._rules.rules):
            raise RuntimeError(f"{len(self._rules.rules) - len(results)} rules were not checked on {name}.")
        return results


class Checked:
    """The outcomes of one batch of judged loads, as Great Expectations is to see them."""

    def __init__(self, con: duckdb.DuckDBPyConnection, rules: RuleSet, site: Path | None = None) -> None:
        self._con, self._rules, self._site = con, rules, site
        columns = ", ".join(f"{ident(column_of(rule))} VARCHAR" for rule in rules.rules)
        con.execute(f"CREATE OR REPLACE TEMP TABLE outcome ({' VARCHAR, '.join(NAMED_BY)} VARCHAR, {columns})")
        con.execute("CREATE OR REPLACE TEMP TABLE covered (rule_number INTEGER, unmet BIGINT)")

    def add(self) -> None:
        """Takes the load that was judged last from the judge's tables ``posting``, ``finding`` and ``coverage``."""
        barred = {
            number
            for (number,) in self._con.execute(
                f"SELECT DISTINCT rule_number FROM coverage WHERE reason <> '{NOT_IN_FORCE}'"
                " AND outcome = 'not_applicable'"
            ).fetchall()
        }
        columns = [_outcome_sql(rule, rule.number in barred) for rule in self._rules.rules]
        self._con.execute(
            f"""
            INSERT INTO outcome
            WITH worst AS (
                SELECT record_hash, rule_number, CASE WHEN bool_and(outcome = 'undetermined') THEN 'undetermined' ELSE
                    arg_max(severity, {SEVERITY_RANK}) FILTER (outcome <> 'undetermined') END AS outcome
                FROM finding GROUP BY ALL
            )

            SELECT p.source_id, p.record_hash, {", ".join(columns)}
            FROM posting AS p LEFT JOIN worst AS w USING (record_hash)
            GROUP BY p.source_id, p.record_hash, p.posting_no, p.submitted_date
            """
        )
        self._con.execute(
            "INSERT INTO covered SELECT rule_number, sum(postings) FROM coverage"
            f" WHERE outcome NOT IN {MET} GROUP BY ALL"
        )

    def run(self, name: str) -> dict[int, int]:
        """Runs the checkpoint. Returns how many postings did not meet each rule, by its number; all 0 without postings.

        Raises RuntimeError when Great Expectations counts other than the coverage that is published.
        """
        published = dict(
            self._con.execute("SELECT rule_number, sum(unmet)::BIGINT FROM covered GROUP BY ALL").fetchall()
        )
        unmet = dict.fromkeys((rule.number for rule in self._rules.rules), 0)
        reader = self._con.execute(f"SELECT * FROM outcome ORDER BY {', '.join(NAMED_BY)}").to_arrow_reader(BATCH_ROWS)
        for number, part in enumerate(reader, start=1):
            for result in checkpoint_for(self._rules, self._site).run(part.to_pandas(), f"{name} {number}"):
                unmet[result.rule.number] += len(result.unmet)
        different = [number for number, count in unmet.items() if count != published.get(number, 0)]
        if different:
            raise RuntimeError(f"Vetting of {name}: rules {different} were counted differently by their expectations.")
        return unmet


def _outcome_sql(rule: Rule, is_barred: bool) -> str:
    """Outcome of one rule on one posting, from its findings."""
    name = ident(column_of(rule))
    silent = "not_applicable" if is_barred else "pass"
    last = rule.valid_to or date.max
    return (
        f"CASE WHEN p.submitted_date NOT BETWEEN DATE '{rule.valid_from}' AND DATE '{last}' THEN 'not_applicable'"
        f" ELSE coalesce(any_value(w.outcome) FILTER (w.rule_number = {rule.number}), '{silent}') END AS {name}"
    )


_CHECKPOINTS: dict[tuple[str, Path | None], VettingCheckpoint] = {}


def checkpoint_for(rules: RuleSet, site: Path | None = None) -> VettingCheckpoint:
    """The checkpoint of a rule set, made once per process."""
    key = (rules.digest, site)
    if key not in _CHECKPOINTS:
        _CHECKPOINTS[key] = VettingCheckpoint(rules, site)
    return _CHECKPOINTS[key]
