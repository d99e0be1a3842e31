"""Great Expectations suites from the registry: one expectation per promise of a contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.registry import Column, Source
from validation.gx import great_expectations, without_repeats
from validation.messages import row_message

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite

#: part of every accepted file's name: raise it when the meaning of a rule changes
RULES_VERSION = "1"
#: rows of one pandas batch
BATCH_ROWS = 200_000
#: number of the row inside rows.parquet; the index by which failing rows come back
ROW_NUMBER = "_n"
UNCAST = "__uncast"

_TOKEN_RULES = {
    "person": ("resident_no_format", "error"),
    "phone": ("phone_format", "warning"),
    "email": ("email_format", "warning"),
}
_GX_SEVERITY = {"error": "critical", "warning": "warning"}


@dataclass(frozen=True)
class Check:
    """One promise: ``rule`` on contract column ``column``, checked on frame column ``subject`` by one expectation.

    A row that breaks an ``error`` goes to quarantine; a ``warning`` is recorded and the row accepted.
    """

    rule: str
    severity: str
    column: Column
    subject: str
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> tuple[str, str]:
        return row_message(self.rule, self.column)


def uncast_name(column: Column) -> str:
    """Frame column that tells whether a delivered value did not cast (or gave no token)."""
    return f"{column.name}{UNCAST}"


def checks_of(source: Source) -> list[Check]:
    """Row checks of a contract, in the order of its columns."""
    checks: list[Check] = []
    landed = {lc.name for lc in source.landed_columns}
    arguments: dict[str, Any]
    for c in source.columns:
        token = (c.door.as_ or f"{c.name}_key") if c.door.token else None
        value = c.name if c.name in landed else token or c.door.flag
        if value and (c.required or c.name in source.key):
            rule = "key" if c.name in source.key else "required"
            if value == c.door.flag:
                arguments = {"value_set": [True]}
                checks.append(Check(rule, "error", c, value, "ExpectColumnValuesToBeInSet", arguments))
            else:
                checks.append(Check(rule, "error", c, value, "ExpectColumnValuesToNotBeNull"))
        if c.door.token:
            rule, severity = _TOKEN_RULES[c.door.token]
            checks.append(_uncast_check(rule, severity, c))
        elif not c.is_direct and c.logical_type != "string":
            checks.append(_uncast_check("cast", "error", c))
        if c.name not in landed:
            continue
        if c.values:
            arguments = {"value_set": list(c.values)}
            checks.append(Check("values", "error", c, c.name, "ExpectColumnValuesToBeInSet", arguments))
        if c.pattern:
            checks.append(Check("pattern", "error", c, c.name, "ExpectColumnValuesToMatchRegex", {"regex": c.pattern}))
        for rule, bound, name in (("minimum", c.minimum, "min_value"), ("maximum", c.maximum, "max_value")):
            if bound is not None:
                checks.append(Check(rule, "error", c, c.name, "ExpectColumnValuesToBeBetween", {name: bound}))
    return checks


def _uncast_check(rule: str, severity: str, column: Column) -> Check:
    return Check(rule, severity, column, uncast_name(column), "ExpectColumnValuesToBeInSet", {"value_set": [False]})


def frame_columns(checks: list[Check]) -> list[str]:
    """Columns a frame needs for the checks; nothing else is read."""
    return list(dict.fromkeys(check.subject for check in checks))


def suite_of(source: Source, checks: list[Check] | None = None) -> ExpectationSuite:
    """Great Expectations suite of a contract; each expectation's ``meta`` says which check it is (``number``)."""
    gx = great_expectations()
    suite = gx.ExpectationSuite(name=f"{source.id} {source.version}", meta={"contract_digest": source.digest})
    for number, check in enumerate(checks_of(source) if checks is None else checks):
        ko, en = check.message
        kind = getattr(gx.expectations, check.expectation)
        suite.add_expectation(
            kind(
                column=check.subject,
                severity=_GX_SEVERITY[check.severity],
                notes=en,
                meta={
                    "number": number,
                    "rule": check.rule,
                    "severity": check.severity,
                    "column": check.column.name,
                    "ko": ko,
                    "en": en,
                },
                **check.arguments,
            )
        )
    return suite


def suite_json(source: Source) -> dict[str, Any]:
    """The suite as Great Expectations writes it, for tools that read suites."""
    return suite_for(source).json()


class Suite:
    """A contract ready to run on pandas batches; the data context lives in memory and writes nothing."""

    def __init__(self, source: Source) -> None:
        gx = great_expectations()
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self.checks = checks_of(source)
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("landing").add_dataframe_asset(source.id)
        self._batches = asset.add_batch_definition_whole_dataframe("batch")
        self._suite = suite_of(source, self.checks)
        self.name = self._suite.name

    def json(self) -> dict[str, Any]:
        """The suite in Great Expectations' own form."""
        return self._suite.to_json_dict()

    def run(self, frame: pd.DataFrame) -> list[tuple[Check, dict[str, Any], list[int]]]:
        """For each check: its counts in this batch (no values) and the row numbers (``_n``) that fail.

        Raises RuntimeError when an expectation cannot be evaluated: a check that did not run must not pass.
        """
        batch = self._batches.get_batch({"dataframe": frame})
        result_format = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": [ROW_NUMBER],
            "include_unexpected_rows": False,
        }
        with without_repeats():
            results = batch.validate(self._suite, result_format=result_format).results
        outcome = []
        for result in results:
            check = self.checks[result.expectation_config.meta["number"]]
            if result.exception_info and result.exception_info.get("raised_exception") is not False:
                raise RuntimeError(f"{check.rule} on {check.column.name} could not be evaluated.")
            found = result.result
            rows = [entry[ROW_NUMBER] for entry in found.get("unexpected_index_list") or []]
            if len(rows) != found["unexpected_count"]:
                raise RuntimeError(f"{check.rule} on {check.column.name}: failing rows came back incomplete.")
            counts = {
                "evaluated": found["element_count"],
                "missing": found.get("missing_count", 0),
                "unexpected": found["unexpected_count"],
            }
            outcome.append((check, counts, rows))
        return outcome


_SUITES: dict[str, Suite] = {}


def suite_for(source: Source) -> Suite:
    """The suite of a contract, made once per process."""
    known = _SUITES.get(source.id)
    if known is None or known.checks != checks_of(source):
        known = _SUITES[source.id] = Suite(source)
    return known
