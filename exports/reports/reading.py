"""Reads what reports print from the marts of one release, and says of each block whether it is of today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from exports.reports.content import Number
from exports.reports.words import text, words

Row = Mapping[str, Any]
OpenCells = dict[tuple[str, str, str], Number | None]
TOTAL = "_T"
_DIMENSIONS = frozenset({"REF_AREA", "OCCUPATION", "ACTIVITY", "SEX", "AGE"})


class Marts:
    """The marts of one release, read-only; use it as a context manager. ``lang``: ko or en. ``issued``: the day of a
    report that is made from an earlier release, which every block then says."""

    def __init__(self, path: Path, lang: str, issued: date | None = None) -> None:
        self.lang = lang
        self._open_tables = path.parent / "exports" / "open"
        self._con = duckdb.connect(str(path), read_only=True)
        self._con.execute("set enable_external_access = false")
        ((self.release_id, self.as_of),) = self._con.execute("select release_id, as_of from release").fetchall()
        found = self._con.execute("select table_name from information_schema.tables").fetchall()
        self.tables = {name for (name,) in found}
        self.indicators = {row["indicator"]: row for row in self.rows("select * from dim_indicator")}
        self.issued = issued or self.as_of
        #: days after the release's own on which records were erased that were there when it was first issued
        self.erased_on = [
            row["erased_date"]
            for row in (self.rows("from release_erasures order by 1") if "release_erasures" in self.tables else ())
        ]
        self.areas = {
            row["region_code"]: {"ko": row["name_ko"], "en": row["name_en"]}
            for row in self.rows(
                "select region_code, name_ko, name_en from dim_region where region_level = 'SIDO' and is_current"
                " order by region_code"
            )
        } | {TOTAL: words()["nation"], "_U": words()["unknown"]}
        self.regions = {code: names[lang] for code, names in self.areas.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Answer of one query as dicts by column."""
        answer = self._con.execute(sql, list(parameters))
        columns = [column[0] for column in answer.description]
        return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]

    def label(self, indicator: str) -> str:
        return str(self.indicators[indicator][f"label_{self.lang}"])

    def column_label(self, mart: str, column: str) -> str:
        """Name of a mart's column, from the data dictionary of the release; the column itself where it has none."""
        return self._column_labels.get((mart, column), column)

    @cached_property
    def _column_labels(self) -> dict[tuple[str, str], str]:
        found = self.rows(f"select table_name, column_name, label_{self.lang} as label from data_dictionary")
        return {(row["table_name"], row["column_name"]): row["label"] for row in found if row["label"]}

    @cached_property
    def industries(self) -> dict[str, str]:
        """Names of the sections of the industry classification by code."""
        found = self.rows(
            f"select section_code, coalesce(name_{self.lang}, name_ko) as name from dim_industry"
            " where is_current and industry_level = 1"
        )
        return {row["section_code"]: row["name"] for row in found} | {"_U": text("unknown", self.lang)}

    def open_cells(self, tables: Mapping[str, str], concept: str) -> OpenCells:
        """The cells of one dimension, all others total, by (indicator, month, code): the published figure, None where
        it is hidden. Tables leave zeros out. ``tables``: indicator -> open
        table; ``concept``: the dimension by its SDMX name. Empty where the release has no open tables."""
        found: OpenCells = {}
        others = _DIMENSIONS - {concept}
        for indicator, table in tables.items():
            for row in self.open_rows(table):
                dimensions = {name: row[name] for name in row if name in _DIMENSIONS}
                if all(code == TOTAL for name, code in dimensions.items() if name in others):
                    place = (indicator, row["TIME_PERIOD"], row[concept])
                    grain = ("TIME_PERIOD", *dimensions)
                    found[place] = number(row, "OBS_VALUE", table, grain) if row["CONF_STATUS"] == "F" else None
        return found

    def open_rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of an open table of the release as dicts by column; none where it has no such table."""
        return [
            row for path in sorted(self._open_tables.glob(f"v*/tables/{table}.parquet")) for row in _read_parquet(path)
        ]

    def stale(self, marts: Iterable[str], entities: Iterable[str] = ()) -> list[str]:
        """One text for each mart that is not of this release and for each daily source of these entities that has not
        delivered on the working day."""
        said = []
        if self.issued > self.as_of:
            said.append(text("no_release", self.lang, issued=self.issued, as_of=self.as_of))
        said += [text("erased_since", self.lang, day=day) for day in self.erased_on]
        for row in self.rows("select mart, status, as_of from release_parts where status <> 'current' order by mart"):
            if row["mart"] in set(marts):
                said.append(text(f"mart_{row['status']}", self.lang, mart=row["mart"], as_of=row["as_of"]))
        late = self.rows(
            f"select source_id, label_{self.lang} as provider, latest_delivery_date from dim_source"
            " where every = 'day' and delivery_status <> 'absent' and latest_delivery_date < ?"
            " and list_contains(?, entity) order by source_id",
            [self.as_of, list(entities)],
        )
        for row in late:
            facts = {"provider": row["provider"], "source": row["source_id"], "day": row["latest_delivery_date"]}
            said.append(text("source_late", self.lang, **facts))
        return said


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def number(row: Row, column: str, mart: str, grain: Sequence[str], **shape: Any) -> Number:
    """The figure in ``column`` of a row that was read from ``mart`` with all columns of its grain."""
    value = row[column]
    if value is not None and not isinstance(value, Decimal | int):
        raise TypeError(f"{mart}.{column} is a {type(value).__name__}; figures of reports are exact.")
    return Number(value, mart, column, tuple((name, _key_text(row[name])) for name in grain), **shape)


def _key_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
