"""Insured persons by industry, sex and age, as the open tables publish them.

The mart's stock of a month changes with every late report, and the flows of these groups are shown: two days' stocks of
one month would tell of single reports. So growth, too, is made of two published stocks, and begins when the open tables
hold the month of the year before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from exports.reports.breakdowns import first_day, open_cell, published
from exports.reports.charts import BLUE
from exports.reports.content import Cell, Chart, Note, Number, Part, Table
from exports.reports.reading import TOTAL, Marts, OpenCells
from exports.reports.words import month_text, text

STOCK = "insured_stock"
#: open tables of insured persons at month end
STOCKS_OF_INDUSTRIES = {STOCK: "insured_stock_by_region_industry"}
STOCKS_OF_PEOPLE = {STOCK: "insured_stock_by_sex_age"}


@dataclass(frozen=True)
class _Stocks:
    """The newest published month of one dimension. ``cells``: of all months; ``before``: the same month of the year
    before."""

    cells: OpenCells
    month: str
    lang: str

    @property
    def before(self) -> str:
        return f"{int(self.month[:4]) - 1}{self.month[4:]}"

    @property
    def codes(self) -> list[str]:
        return sorted({code for _, month, code in self.cells if month == self.month} - {TOTAL})

    @property
    def title(self) -> str:
        return month_text(first_day(self.month), self.lang)

    def stock(self, code: str, month: str = "") -> Cell:
        return open_cell(self.cells, (STOCK, month or self.month, code), self.lang)

    def growth(self, code: str, base: str, digits: int) -> Cell:
        """Change of a year in percent of what ``base`` had a year before; told where all three stocks are."""
        now, then, whole = self.stock(code), self.stock(code, self.before), self.stock(base, self.before)
        if not (isinstance(now, Number) and isinstance(then, Number) and isinstance(whole, Number) and whole.value):
            return next((cell for cell in (now, then, whole) if isinstance(cell, str)), "–")
        change = Decimal((now.value or 0) - (then.value or 0)) / whole.value
        return replace(now, value=change, scale=100, digits=digits, signed=True, less=then, per=whole)


def _stocks(marts: Marts, tables: Mapping[str, str], concept: str) -> _Stocks | None:
    cells = published(marts, tables, concept)
    return _Stocks(cells, max(month for _, month, _ in cells), marts.lang) if cells else None


def _notes(rows: Sequence[tuple[Cell, ...]], lang: str) -> Note:
    """What the words in a table mean; whether growth is still to come."""
    is_growing = any(isinstance(row[-1], Number) for row in rows)
    return Note((text("drill_note", lang), *(() if is_growing else (text("growth_later", lang),))))


def industries(marts: Marts) -> Sequence[Part]:
    """Insured persons by industry with the contribution of each to growth, as bars and table."""
    lang, found = marts.lang, _stocks(marts, STOCKS_OF_INDUSTRIES, "ACTIVITY")
    if found is None:
        return (Note((text("stocks_withheld", lang),)),)
    # those without a contribution by code, as their place among the others would tell about their size
    ranked = sorted(
        ((code, found.growth(code, TOTAL, 2)) for code in found.codes),
        key=lambda row: -row[1].value if isinstance(row[1], Number) and row[1].value is not None else Decimal("inf"),
    )
    rows: list[tuple[Cell, ...]] = [
        (marts.industries.get(code, code), found.stock(code), contribution) for code, contribution in ranked
    ]
    columns = tuple(text(key, lang) for key in ("industry", "stock", "contribution"))
    data = Table("industries", text("industry_caption", lang, month=found.title), columns, rows)
    told = [(str(row[0]), row[2]) for row in rows if isinstance(row[2], Number)]
    if not told:
        return data, _notes(rows, lang)
    (top, most), (bottom, least) = told[0], told[-1]
    said = text("industry_alternative", lang, top=top, top_value=most.shown, bottom=bottom, bottom_value=least.shown)
    chart = Chart("industries", data.caption, said, _bars(told, columns[2]), data, is_data_printed=True)
    return chart, _notes(rows, lang)


def _bars(told: Sequence[tuple[str, Number]], title: str) -> dict[str, Any]:
    values = [{"industry": name, "value": float(one.rounded or 0)} for name, one in told]
    y = {"field": "industry", "type": "nominal", "sort": None, "axis": {"title": None, "labelLimit": 330}}
    x = {"field": "value", "type": "quantitative", "axis": {"title": title, "tickCount": 6}}
    return {
        "data": {"values": values},
        "width": 520,
        "height": {"step": 15},
        "mark": {"type": "bar", "color": BLUE},
        "encoding": {"y": y, "x": x},
    }


def people(marts: Marts) -> Sequence[Part]:
    """Insured persons by sex and by age with their growth."""
    lang, rows, found = marts.lang, [], None
    for concept in ("SEX", "AGE"):
        found = _stocks(marts, STOCKS_OF_PEOPLE, concept)
        if found is None:
            return ()
        rows += [
            (text(f"code_{code}", lang), found.stock(code), found.growth(code, code, 1))
            for code in sorted(found.codes, key=_from_the_youngest)
        ]
    assert found is not None
    columns = tuple(text(key, lang) for key in ("people", "stock", "growth"))
    return Table("people", text("people_caption", lang, month=found.title), columns, rows), _notes(rows, lang)


def _from_the_youngest(code: str) -> tuple[bool, bool, str, str]:
    """Age groups from the youngest; the unknown last. Sexes have no years."""
    years = "".join(character for character in code if character.isdigit())
    return (code == "_U", "_LT" not in code, years, code)
