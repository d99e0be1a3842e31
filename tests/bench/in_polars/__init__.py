"""The reference marts in polars, lazily, as somebody who knows it would write them."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tests.bench.in_polars.insured import job_moves, monthly_stock
from tests.bench.in_polars.reading import Reader
from tests.bench.in_polars.seekers import job_finding, tightness
from tests.bench.in_polars.services import retention, training_outcome
from tests.bench.in_polars.vacancies import funnel, wage_profile

__all__ = ["MARTS", "Reader"]

MARTS: dict[str, Callable[[Reader], pl.DataFrame]] = {
    mart.__name__: mart
    for mart in (monthly_stock, job_moves, tightness, job_finding, retention, training_outcome, funnel, wage_profile)
}
