"""The reference marts in pandas, as somebody who knows it would write them: whole columns, integers for days and keys.

Days are whole days since 1970, ``FAR`` where the register has none: what has not ended ends after everything else.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.bench.in_pandas.insured import job_moves, monthly_stock
from tests.bench.in_pandas.reading import Frame, Reader
from tests.bench.in_pandas.seekers import job_finding, tightness
from tests.bench.in_pandas.services import retention, training_outcome
from tests.bench.in_pandas.vacancies import funnel, wage_profile

__all__ = ["MARTS", "Reader"]

MARTS: dict[str, Callable[[Reader], Frame]] = {
    mart.__name__: mart
    for mart in (monthly_stock, job_moves, tightness, job_finding, retention, training_outcome, funnel, wage_profile)
}
