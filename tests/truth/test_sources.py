"""What the marts say of the sources equals what the landed files say, counted anew."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from tests.truth import sources
from tests.truth.conftest import View
from tests.truth.test_every_mart import MARTS
from tests.truth.test_truth import quotient, same_ratio

pytestmark = pytest.mark.xdist_group("truth")


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
    """All from their source here: no coder has been trained, and of what came without a code nobody was asked."""
    mart = view.occupations["coding"].set_index(["time_period", "source_id"])
    expected = sources.occupations_told(loads)
    assert set(mart.index) == set(expected)
    for cell, row in zip(mart.index, mart.to_dict("records"), strict=True):
        vacancies, told = expected[cell]
        assert (row["vacancies"], row["by_source"], row["by_uncoded"]) == (vacancies, told, vacancies - told)
        assert row["asked"] == vacancies - told
        assert row["by_corrected"] == row["by_listed"] == row["by_model"] == row["by_abstained"] == row["coded"] == 0
        assert same_ratio(row["coded_share"], quotient(0, vacancies - told))
        assert pd.isna(row["expected_right"]) and pd.isna(row["mean_confidence"])
