"""Every cell of the occupation marts equals the one recomputed from the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.truth import occupations, recompute
from tests.truth.conftest import View

pytestmark = pytest.mark.xdist_group("truth")


def same(published: object, expected: object, tolerance: float = 0.011) -> bool:
    """Both NULL, or equal to the published digit; a wage was rounded to it before the quantile."""
    if pd.isna(expected) or pd.isna(published):
        return bool(pd.isna(expected) and pd.isna(published))
    return abs(float(published) - float(expected)) <= tolerance  # type: ignore[arg-type]


def test_wages(view: View) -> None:
    mart = view.occupations["wage"].query("scope in ('pes', 'insurance') and occupation_scheme == 'KECO'")
    mart = mart.set_index(["wage_source", "occupation_code", "region_code"])
    expected = occupations.wages(view.truth, view.as_of)
    assert set(mart.index) == set(expected.index)
    mart = mart.loc[expected.index]
    assert mart["n"].tolist() == expected["n"].tolist()
    for name in occupations.QUANTILES:
        pairs = zip(mart[f"wage_month_{name}"], expected[name], strict=True)
        assert [p for p in pairs if not same(*p)] == []
    assert expected.notna()["p10"].any() and expected["p50"].isna().any()
    reasons = np.select([expected["p50"].isna(), expected["p10"].isna()], ["few_wages", "few_wages_for_p10_p90"], "")
    assert mart["wage_null_reason"].fillna("").tolist() == reasons.tolist()


def test_transitions(view: View) -> None:
    mart = view.occupations["transition"].set_index(["from_code", "to_code"])
    expected = occupations.transitions(view.truth, view.as_of)
    assert set(mart.index) == set(expected)
    assert {code for _, code in expected} >= {"OTHER", occupations.LEFT}
    for key, row in expected.items():
        published = mart.loc[key]
        assert all(same(published[name], value) for name, value in row.items()), (key, row, published.to_dict())
        assert abs(float(published["share"]) - row["share"]) < 1e-9
    sums = mart["share"].astype(float).groupby("from_code").sum()
    assert (abs(sums - 1) < 1e-8).all()
    shown = mart["n"].dropna()
    assert (shown >= 10).all()


def test_openings_of_each_month(view: View) -> None:
    mart = view.occupations["openings_monthly"].query("scope == 'pes' and occupation_scheme == 'KECO'")
    months = occupations.months_before(view.as_of)
    vacancies = recompute.submissions(view.truth, view.as_of)
    vacancies = vacancies[vacancies["month"].isin(months)]
    seekers = recompute.registrations(view.truth, view.as_of).assign(month=lambda f: recompute.month_of(f["reg_date"]))
    for digits in occupations.LEVELS:
        cells = mart[mart["occupation_level"] == digits].set_index(["occupation_code", "time_period"])
        by = [vacancies["occupation_code"].str[:digits], vacancies["month"]]
        openings, count = vacancies.groupby(by)["openings"].sum(), vacancies.groupby(by).size()
        wished = seekers.groupby([seekers["desired_occupation_code"].str[:digits], seekers["month"]]).size()
        codes = vacancies["occupation_code"].str[:digits].dropna().unique()
        assert set(cells.index) == {(code, month) for code in codes for month in months}
        for name, expected in (("openings_new", openings), ("vacancies_new", count), ("registrations_new", wished)):
            assert (cells[name] - expected.reindex(cells.index).fillna(0)).abs().sum() == 0, name
        assert (cells["openings_per_seeker"].isna() == (cells["registrations_new"] == 0)).all()
