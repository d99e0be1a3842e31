"""What the columns beside the figures of a mart must say, given the figures that tests of their own recompute: names
from the catalogues, grades, bounds, reasons, spans. One function per mart: published rows -> expected values by column.
"""

from __future__ import annotations

from tests.truth.columns import occupations, services, trends, verification  # noqa: F401, they put theirs into OF
from tests.truth.columns.base import OF, first_day, seed

__all__ = ["OF", "WITHOUT_PERIOD", "first_day", "seed"]

#: marts without a pair of period and first day
WITHOUT_PERIOD = {mart for mart in OF if mart.startswith("mart_occupation")} | {
    "mart_employment_trends_daily", "mart_employment_alerts", "mart_employment_revisions", "mart_career_breaks",
    "mart_vacancy_verification_quality", "mart_vacancy_rule_coverage", "mart_coverage",
}  # fmt: skip
