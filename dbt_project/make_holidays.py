"""Writes ``seeds/kr_holidays.csv``: Korean public holidays, lunar and substitute ones included, from ``holidays``.

Run ``python dbt_project/make_holidays.py`` after the law or the package changes; a test compares file and package.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import holidays

FIRST_YEAR, LAST_YEAR = 2015, 2035
SEED = Path(__file__).parent / "seeds" / "kr_holidays.csv"
#: Seollal and Chuseok move with the lunar calendar and shift every monthly figure
LUNAR_FEASTS = {"설날": "SEOLLAL", "추석": "CHUSEOK"}


def holidays_csv() -> str:
    """CSV text: holiday_date, name_ko, name_en, lunar_feast (SEOLLAL, CHUSEOK or empty), one row per day."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    korean = holidays.country_holidays("KR", years=years, language="ko")
    english = holidays.country_holidays("KR", years=years, language="en_US")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["holiday_date", "name_ko", "name_en", "lunar_feast"])
    for day in sorted(korean):
        feast = next((code for name, code in LUNAR_FEASTS.items() if name in korean[day]), "")
        writer.writerow([day.isoformat(), korean[day], english[day], feast])
    return text.getvalue()


if __name__ == "__main__":
    SEED.write_text(holidays_csv(), encoding="utf-8")
