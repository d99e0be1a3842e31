"""The statutory minimum wage per hour on a day, from a dated table (Minimum Wage Act art. 10: from 1 January on)."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

TABLE = Path(__file__).parents[1] / "tables" / "minimum_wage.csv"


@lru_cache(maxsize=4)
def rates(table: Path = TABLE) -> tuple[tuple[date, date, Decimal], ...]:
    """First day, last day and won per hour of each year in the table. Raises ValueError where years overlap."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = sorted(
            (date.fromisoformat(r["valid_from"]), date.fromisoformat(r["valid_to"]), Decimal(r["wage_krw_hour"]))
            for r in csv.DictReader(file)
        )
    if any(later[0] <= earlier[1] for earlier, later in pairwise(rows)):
        raise ValueError(f"{table.name}: years overlap; give each day one rate.")
    return tuple(rows)


def minimum_wage_on(day: date, table: Path = TABLE) -> Decimal | None:
    """Won per hour in force on ``day``; None when the table has no row for it: the last rate never stands in."""
    return next((rate for first, last, rate in rates(table) if first <= day <= last), None)
