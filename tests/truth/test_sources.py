"""What the marts say of the sources equals what the landed files say, counted anew."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pandas as pd
import pytest
import yaml

from tests.truth import coding, sources
from tests.truth.conftest import Told, View
from tests.truth.recompute import table
from tests.truth.test_every_mart import MARTS
from tests.truth.test_truth import quotient, same_ratio

pytestmark = pytest.mark.xdist_group("truth")

#: where the occupation of a vacancy comes from
BASES = ("source", "corrected", "listed", "model", "abstained", "uncoded")


@pytest.fixture(scope="module")
def loads(view: View) -> sources.Loads:
    return sources.Loads(view.settings, view.as_of)


def test_registers_that_each_mart_needs(view: View, loads: sources.Loads) -> None:
    standing = sources.standing(loads)
    mart = view.others["mart_coverage"]
    for row in mart.itertuples():
        told = (row.latest_delivery_date, row.source_ids, row.licence_ids)
        published = (row.status, row.sources, *(None if pd.isna(value) else value for value in told))
        assert published == standing.get(row.entity, ("absent", 0, None, None, None)), (row.mart, row.entity)
    needs = {(model["name"], entity) for file in MARTS.glob("mart_*.yml")
             for model in yaml.safe_load(file.read_text("utf-8"))["models"]
             for entity in model["config"]["meta"]["needs"]}  # fmt: skip
    assert set(zip(mart["mart"], mart["entity"], strict=True)) == needs and len(mart) == len(needs) > 100
    assert set(mart["status"]) >= {"present"} and (view.listed_on is None) <= ("absent" in set(mart["status"]))


def test_what_was_delivered_and_what_became_of_it(view: View, loads: sources.Loads) -> None:
    mart = view.others["mart_source_quality_monthly"]
    shares = mart[mart["indicator"].isin(sources.SHARES)]
    expected = {}
    for (month, source, alone), found in sources.counts(loads).items():
        for indicator, (above, below) in sources.SHARES.items():
            if above in found:
                expected[month, source, indicator, alone] = (found[above], found[below] if below else None)
    published = {
        (row.time_period, row.source_id, row.indicator, row.linked_with): (
            row.numerator, None if pd.isna(row.denominator) else row.denominator)
        for row in shares.itertuples()
    }  # fmt: skip
    assert published == expected and len(published) == len(shares)
    for row in mart[mart["denominator"].notna()].itertuples():
        assert same_ratio(row.value, quotient(100 * row.numerator, row.denominator))
    alone = shares["denominator"].isna()
    assert (shares.loc[alone, "value"] == shares.loc[alone, "numerator"]).all()
    assert shares.query("indicator == 'quality_rows'")["value"].sum() > 1_000


def test_delay_of_reports(view: View, loads: sources.Loads) -> None:
    mart = view.others["mart_source_quality_monthly"]
    for name, place in (("quality_delay_p50", 0), ("quality_delay_p90", 1)):
        cells = mart[mart["indicator"] == name].set_index(["time_period", "source_id"])["value"]
        expected = {key: days[place] for key, days in sources.delays(view.truth, loads).items()}
        assert cells.astype(int).to_dict() == expected
        assert cells.max() > cells.min()


def test_records_that_found_their_counterpart(view: View, loads: sources.Loads) -> None:
    mart = view.others["mart_source_quality_monthly"]
    mart = mart[mart["indicator"] == "quality_linked"].set_index(["time_period", "source_id", "linked_with"])
    expected = sources.linked(view.truth, loads)
    published = {key: (row.denominator, row.numerator) for key, row in zip(mart.index, mart.itertuples(), strict=True)}
    # clients of an agency: test_linked.py; courses that no list of this nation has told of
    apart = {("agency_clients", "persons")}
    if "hrdnet_courses" not in loads.latest():
        apart.add(("training_enrolments", "training_runs"))
    assert {key: n for key, n in published.items() if key[1:] not in apart} == expected
    assert {key[1:] for key in published} - {key[1:] for key in expected} == apart
    assert any(linked < all_ for all_, linked in expected.values())


def test_where_the_occupations_of_vacancies_come_from(view: View, loads: sources.Loads) -> None:
    """What came without a code is the coder's to say, and nobody's where none has been trained."""
    mart = view.occupations["coding"].set_index(["time_period", "source_id"])
    expected = sources.occupations_told(view.truth, loads)
    assert set(mart.index) == set(expected)
    for cell, row in zip(mart.index, mart.to_dict("records"), strict=True):
        by, confidences = expected[cell]["by"], expected[cell]["confidences"]
        n = by.total()
        assert {name: row[f"by_{name}"] for name in BASES} == {name: by[name] for name in BASES}, cell
        coded = by["corrected"] + by["listed"] + by["model"]
        assert (row["vacancies"], row["asked"], row["coded"]) == (n, n - by["source"], coded)
        assert same_ratio(row["coded_share"], quotient(coded, n - by["source"]))
        right = sum(Decimal(str(round(each, 6))) for each in confidences) if confidences else None
        assert same_ratio(row["expected_right"], right)
        assert same_ratio(row["mean_confidence"], quotient(right or 0, len(confidences)))
    whole = mart.xs("_T", level="time_period")
    assert 0.05 < whole["asked"].sum() / whole["vacancies"].sum() < 0.2
    is_trained = not coding.answers(view.truth).empty
    assert is_trained == (whole["by_model"].sum() > 0) == (whole["by_uncoded"].sum() == 0)


def test_codes_of_titles_are_the_true_ones(told: Told) -> None:
    """At least as often as the coder is taught to be sure of (0.9); of the others nobody is told a code."""
    truth = table(told.latest.truth, "vacancies")
    truth = truth[truth["is_uncoded"]].set_index("posting_id")["occupation_code"].str[:4]
    with duckdb.connect(str(told.street.paths.current_release / "warehouse.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select posting_id, occupation_code, occupation_basis from core.fct_vacancies where is_submission"
        ).df().set_index("posting_id")  # fmt: skip
    rows = rows.loc[rows.index.intersection(truth.index)]
    assert set(rows["occupation_basis"]) <= {"model", "listed", "abstained"} and len(rows) > 100
    coded = rows["occupation_code"].dropna()
    assert len(coded) > 30 and (coded == truth.loc[coded.index]).mean() >= 0.9
    assert rows.loc[rows["occupation_basis"] == "abstained", "occupation_code"].isna().all()
