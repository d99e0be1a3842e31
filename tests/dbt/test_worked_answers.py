"""The worked answers of the indicators, each with the test that gives it: one table to look them up in.

A dbt unit test must expect the answer (to its digits) in some column, a pytest must name it in its source, a file of
published vectors must hold it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "dbt_project" / "models"
VECTORS = "docs/suitability-vectors.json"

#: what is answered, the answer, the dbt unit test or file::function that gives it
ANSWERS = [
    # verification of vacancies
    ("flagged 200, bad 150: precision", "0.7500", "precision_and_recall_from_an_audited_sample"),
    ("passes 800, audited 80, bad 4: missed", "40", "precision_and_recall_from_an_audited_sample"),
    ("recall 150 / 190", "0.7895", "precision_and_recall_from_an_audited_sample"),
    ("F1", "0.7692", "precision_and_recall_from_an_audited_sample"),
    ("miss rate 4/80, lower bound", "0.0196", "precision_and_recall_from_an_audited_sample"),
    ("miss rate 4/80, upper bound", "0.1216", "precision_and_recall_from_an_audited_sample"),
    ("recall, lower bound", "0.61", "precision_and_recall_from_an_audited_sample"),
    ("recall, upper bound", "0.91", "precision_and_recall_from_an_audited_sample"),
    ("a=40, b=10, c=5, d=45: kappa", "0.70", "agreement_of_two_people"),
    ("e=(.5, .5), a=(.6, .4): PSI", "0.0405", "shift_of_the_score"),
    # employment trends
    ("236 openings for 509 seekers", "0.46", "indicators_are_quotients_of_series"),
    ("182 openings for 339 seekers", "0.54",
     "tests/dbt/test_warehouse.py::test_openings_per_seeker_is_the_published_figure"),
    ("130 postings beside 15,445 jobs, per 100", "0.835", "indicators_are_quotients_of_series"),
    ("15,445 after 15,225: growth in percent", "1.445", "indicators_are_quotients_of_series"),
    ("15,445 after 15,225: growth", "220", "indicators_are_quotients_of_series"),
    ("1,050, then 1,000, 300 of them new: outflow", "0.3333", "indicators_are_quotients_of_series"),
    ("u=(50, 30, 20), v=(30, 50, 20): Jackman-Roper", "0.20", "indicators_are_quotients_of_series"),
    ("the same, alpha .5: Şahin", "0.02540", "indicators_are_quotients_of_series"),
    ("shares (.5, .3, .2): concentration", "0.38", "indicators_are_quotients_of_series"),
    ("triangle, from month 1 to 2", "1.47619", "a_triangle_of_three_months"),
    ("triangle, from month 2 to 3", "1.1", "a_triangle_of_three_months"),
    ("triangle, ultimate of the first month", "165", "ultimates_of_the_triangle"),
    ("triangle, ultimate of the second month", "176", "ultimates_of_the_triangle"),
    ("triangle, ultimate of the third month", "194.857", "ultimates_of_the_triangle"),
    # performance
    ("tenures 30e, 60c, 90e, 180c, 180c: S(180)", "0.5333", "tenure_of_running_jobs_is_censored"),
    ("factor of the office", "-0.0215", "clients_who_are_harder_to_place_lower_what_is_expected"),
    ("negotiated .68, adjusted", "0.6585", "clients_who_are_harder_to_place_lower_what_is_expected"),
    ("actual .66 of the adjusted level", "100.23", "scores_against_adjusted_levels"),
    ("actual .66 of the negotiated level", "97.06", "scores_against_adjusted_levels"),
    ("n=10, p=.3, kappa=40, mean .5: shrunk", "0.46", "clients_who_are_harder_to_place_lower_what_is_expected"),
    ("3 of 10, lower bound", "0.108", "intervals_scores_ranks_and_limits"),
    ("3 of 10, upper bound", "0.603", "intervals_scores_ranks_and_limits"),
    ("517 of 2,842, lower bound", "0.1682", "intervals_scores_ranks_and_limits"),
    ("517 of 2,842, upper bound", "0.1965", "intervals_scores_ranks_and_limits"),
    ("1,200 x 100 / mean(30,000; 31,000; 29,000)", "4.0", "values_are_scaled_quotients_of_sums"),
    ("(120/400) / .25: proportionality", "1.20", "shares_of_groups_against_a_reference"),
    ("2,842 of 10,133 in percent", "28.05", "steps_of_coaching_over_their_own_base"),
    ("517 of 2,842 in percent", "18.19", "steps_of_coaching_over_their_own_base"),
    ("517 of 10,133 in percent", "5.10", "steps_of_coaching_over_their_own_base"),
    ("exit on 2024-05-15: quarters 2 and 4", "2024-05-15", "quarters_after_exit_and_same_employer"),
    # occupations
    ("2400, 2600, 3100, 5000: P25", "2550", "wage_quantiles_of_type_7"),
    ("2400, 2600, 3100, 5000: P50", "2850", "wage_quantiles_of_type_7"),
    ("2400, 2600, 3100, 5000: P75", "3575", "wage_quantiles_of_type_7"),
    ("from A six to A", "0.6", "transitions_before_merging"),
    ("from A three to B", "0.3", "transitions_before_merging"),
    ("from A one leaves", "0.1", "transitions_before_merging"),
    ("of hundreds, the rare ones together", "0.05", "rare_transitions_are_merged"),
    ("(.75, 1, .5, 1, 0): suitability", "0.65", VECTORS),
    ("the same, training unknown", "0.8125", VECTORS),
    ("its lower bound", "0.65", VECTORS),
    ("its upper bound", "0.85", VECTORS),
]  # fmt: skip


@cache
def unit_tests() -> dict[str, dict[str, Any]]:
    """All dbt unit tests by name."""
    found: dict[str, dict[str, Any]] = {}
    for file in MODELS.rglob("*.yml"):
        for test in (yaml.safe_load(file.read_text("utf-8")) or {}).get("unit_tests", []):
            found[test["name"]] = test
    return found


def leaves(value: Any) -> Iterator[Any]:
    """Numbers and texts at the ends of lists and mappings."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    else:
        yield value


def holds(value: Any, answer: str) -> bool:
    """Whether the answer stands among the values, to its digits; a day or a text as it is."""
    if not re.fullmatch(r"-?\d+(\.\d+)?", answer):
        return answer in map(str, leaves(value))
    digits = Decimal(answer)
    numbers = [Decimal(str(each)) for each in leaves(value) if type(each) in (int, float)]
    return any(number.quantize(digits, ROUND_HALF_UP) == digits for number in numbers)


def source_of(function: str, file: Path) -> str:
    """A test with its decorators."""
    text = file.read_text("utf-8")
    (found,) = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == function]
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : found.end_lineno])


@pytest.mark.parametrize(("what", "answer", "where"), ANSWERS, ids=[what for what, *_ in ANSWERS])
def test_an_answer_is_tested(what: str, answer: str, where: str) -> None:
    if "::" in where:
        file, function = where.split("::")
        assert f'"{answer}"' in source_of(function, ROOT / file)
    elif where.endswith(".json"):
        assert holds(json.loads((ROOT / where).read_text("utf-8")), answer)
    else:
        test = unit_tests()[where]
        # a day is what the test is given
        assert holds(test["given"] if "-" in answer[1:] else test["expect"], answer)


def test_a_missing_answer_is_found() -> None:
    assert holds([{"value": 0.4636}], "0.46") and not holds([{"value": 0.4636}], "0.47")
    assert not holds([{"value": "0.46"}, {"value": None}], "0.46")
