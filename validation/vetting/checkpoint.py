"""The Great Expectations suite ``vacancy_vetting``: one expectation per rule, run on the outcomes of a load.

The conditions are evaluated once, vectorised, by ``judge``; what Great Expectations receives is one row per posting and
one column per rule that holds nothing but the outcome. So its results are the record of what was checked, and neither
they nor Data Docs can show a value of a posting. Data Docs load styles and scripts from public networks; without one
they are readable and plain.

Great Expectations is imported inside functions; importing it takes seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validation.contracts import great_expectations
from validation.vetting.rules import Rule, RuleSet

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import Checkpoint, ExpectationSuite

SUITE = "vacancy_vetting"
#: index by which failing postings come back
POSTING = "posting_no"
#: outcomes with which a posting meets a rule; a rule that could not be judged is never met
MET = ("pass", "not_applicable")
_GX_SEVERITY = {"reject": "critical", "hold": "warning", "warn": "info"}
_STRICTEST_FIRST = ("reject", "hold", "warn")


@dataclass(frozen=True)
class RuleResult:
    """One rule on one load: how many postings were looked at, and the numbers of those that did not meet it."""

    rule: Rule
    evaluated: int
    unmet: tuple[int, ...]


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
        actions = []
        if site:
            backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site)}
            index = {"class_name": "DefaultSiteIndexBuilder"}
            docs = {"class_name": "SiteBuilder", "store_backend": backend, "site_index_builder": index}
            context.add_data_docs_site(site_name=SUITE, site_config=docs)
            actions = [gx.checkpoint.UpdateDataDocsAction(name="data_docs", site_names=[SUITE])]
        suite = context.suites.add(suite_of(rules))
        asset = context.data_sources.add_pandas("vetting").add_dataframe_asset("postings")
        batches = asset.add_batch_definition_whole_dataframe("load")
        validation = gx.ValidationDefinition(name=SUITE, data=batches, suite=suite)
        self._checkpoint: Checkpoint = context.checkpoints.add(
            gx.Checkpoint(
                name=SUITE,
                validation_definitions=[context.validation_definitions.add(validation)],
                actions=actions,
                result_format={
                    "result_format": "COMPLETE",
                    "unexpected_index_column_names": [POSTING],
                    "include_unexpected_rows": False,
                },
            )
        )

    def run(self, outcomes: pd.DataFrame, name: str) -> list[RuleResult]:
        """Results by rule of one load. ``outcomes``: ``posting_no`` and one column of outcomes per rule.

        ``name`` (source and load) is how the run is called in Data Docs. Raises RuntimeError when an expectation
        cannot be evaluated or its failing rows come back incomplete: a rule that did not run must not pass.
        """
        done = self._checkpoint.run(
            batch_parameters={"dataframe": outcomes}, run_id=self._gx.RunIdentifier(run_name=name)
        )
        (validated,) = done.run_results.values()
        results = []
        for result in validated.results:
            expectation: Any = result.expectation_config
            rule = self._rules.by_number(expectation.meta["number"])
            if result.exception_info and result.exception_info.get("raised_exception") is not False:
                raise RuntimeError(f"Rule {rule.number} ({rule.id}) could not be evaluated on {name}.")
            found: dict[str, Any] = result.result
            unmet = sorted(int(entry[POSTING]) for entry in found.get("unexpected_index_list") or [])
            if len(unmet) != found["unexpected_count"]:
                raise RuntimeError(f"Rule {rule.number} ({rule.id}) on {name}: failing rows came back incomplete.")
            results.append(RuleResult(rule, found["element_count"], tuple(unmet)))
        if len(results) != len(self._rules.rules):
            raise RuntimeError(f"{len(self._rules.rules) - len(results)} rules were not checked on {name}.")
        return results


_CHECKPOINTS: dict[tuple[str, Path | None], VettingCheckpoint] = {}


def checkpoint_for(rules: RuleSet, site: Path | None = None) -> VettingCheckpoint:
    """The checkpoint of a rule set, made once per process."""
    key = (rules.digest, site)
    if key not in _CHECKPOINTS:
        _CHECKPOINTS[key] = VettingCheckpoint(rules, site)
    return _CHECKPOINTS[key]
