"""Data Docs of the sources' contracts: a page of each load, from the counts that validation kept of every expectation.

The pages stand beside those of the vetting (``Paths.data_docs``) and hold counts only: validation kept no value. Those
that are there already are not made again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.registry import Source
from lmi.core.paths import Paths
from validation.accepted import accepted_folder, accepted_manifests
from validation.contracts import suite_of
from validation.data_docs import add_pages, add_site, pages
from validation.gx import great_expectations

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core import ExpectationSuiteValidationResult


def write_pages(paths: Paths, sources: Iterable[Source]) -> int:
    """Pages of every accepted load that has none, under the contract it was checked by if that is still the present
    one, and the index. Returns how many were made."""
    due = [(source, manifest) for source in sources for manifest in _without_page(paths, source)]
    if not due:
        return 0
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    add_site(context, paths.data_docs)
    suites: dict[str, ExpectationSuite] = {}
    keys = []
    for source, manifest in due:
        if source.id not in suites:
            suites[source.id] = context.suites.add(suite_of(source))
        suite = suites[source.id]
        run = gx.RunIdentifier(
            run_name=f"{manifest['delivery_date']} {manifest['load_id']}",
            run_time=datetime.fromisoformat(manifest["validated_at"]),
        )
        key = ValidationResultIdentifier(ExpectationSuiteIdentifier(suite.name), run, _page(manifest))
        context.validation_results_store.set(key, _result(suite, _counts(paths, manifest), run.to_json_dict()))
        keys.append(key)
    add_pages(context, paths.data_docs, keys)
    return len(due)


def _without_page(paths: Paths, source: Source) -> Iterator[dict[str, Any]]:
    there = {page.stem for page in pages(paths.data_docs)}
    for manifest in accepted_manifests(paths, source.id):
        if manifest["contract_digest"] == source.digest and _page(manifest) not in there:
            yield manifest


def _checks_file(manifest: Mapping[str, Any]) -> str:
    return next(str(file["path"]) for file in manifest["files"] if str(file["path"]).startswith("checks-"))


def _page(manifest: Mapping[str, Any]) -> str:
    """Name of the page: the load, and the contract and rules it was checked by."""
    return f"{manifest['source']}-{manifest['load_id']}-{Path(_checks_file(manifest)).stem.removeprefix('checks-')}"


def _counts(paths: Paths, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    folder = accepted_folder(paths, manifest["source"], manifest["load_id"])
    found: list[dict[str, Any]] = json.loads((folder / _checks_file(manifest)).read_text("utf-8"))["expectations"]
    return found


def _result(
    suite: ExpectationSuite, counts: list[dict[str, Any]], run: Mapping[str, Any]
) -> ExpectationSuiteValidationResult:
    """What Great Expectations would have said of the load, without a value."""
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

    results = []
    for expectation, found in zip(suite.expectations, counts, strict=True):
        present = found["evaluated"] - found["missing"]
        results.append(
            ExpectationValidationResult(
                success=found["unexpected"] == 0,
                expectation_config=expectation.configuration,
                result={
                    "element_count": found["evaluated"],
                    "missing_count": found["missing"],
                    "unexpected_count": found["unexpected"],
                    "unexpected_percent": 100 * found["unexpected"] / present if present else None,
                },
                exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
            )
        )
    met = sum(bool(result.success) for result in results)
    return ExpectationSuiteValidationResult(
        success=met == len(results),
        results=results,
        suite_name=suite.name,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": met,
            "unsuccessful_expectations": len(results) - met,
            "success_percent": 100 * met / len(results) if results else None,
        },
        meta={"run_id": run, "great_expectations_version": "", "expectation_suite_name": suite.name},
    )
