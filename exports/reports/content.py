"""What a report says, before anybody decides how it looks: blocks of sentences, tables, charts and notes.

Every figure is a ``Number`` that names the mart or open table, the column and the row it was read from, so that a test
can hold each against the release: a figure that no mart holds cannot stand in a report. Nothing here computes but the
ratio of two published counts, or of the difference of two to a third, as that of the mart would tell what has come
since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

#: typographic minus, so that a loss is not read as a dash
MINUS = "−"


@dataclass(frozen=True)
class Number:
    """A figure of a mart or of an open table. ``key``: the row's grain as (column, text). ``digits``: decimals shown,
    rounded half up. ``scale``: 100 shows a share in percent. ``mark``: a code of ``words.MARKS`` such as p for
    provisional. ``less``: the figure that was taken from that of the row; ``per``: the one it was then divided by."""

    value: Decimal | int | None
    mart: str
    column: str
    key: tuple[tuple[str, str], ...]
    digits: int = 0
    scale: int = 1
    signed: bool = False
    unit: str = ""
    mark: str = ""
    less: Number | None = None
    per: Number | None = None

    @property
    def id(self) -> str:
        """``mart.column?grain``: where the figure stands; of a ratio both, with a slash between; of a difference both,
        with a comma between."""
        own = f"{self.mart}.{self.column}?{urlencode(self.key)}"
        own = f"{own},{self.less.id}" if self.less else own
        return f"{own}/{self.per.id}" if self.per else own

    @property
    def rounded(self) -> Decimal | None:
        """The figure as published, rounded half up; what is behind the rounding leaves no house."""
        if self.value is None:
            return None
        return (Decimal(self.value) * self.scale).quantize(Decimal(1).scaleb(-self.digits), ROUND_HALF_UP) + 0

    @property
    def published(self) -> str:
        """The same for a machine: -1.4; empty for what is not there."""
        return "" if self.rounded is None else f"{self.rounded:f}"

    @property
    def shown(self) -> str:
        """The same for a reader, without unit: 1,234 or −1.4; a dash for what is not there."""
        rounded = self.rounded
        if rounded is None:
            return "–"
        sign = MINUS if rounded < 0 else "+" if self.signed and rounded > 0 else ""
        return f"{sign}{abs(rounded):,f}"


Cell = Number | str


@dataclass(frozen=True)
class Sentence:
    """Text and figures in the order in which they are read."""

    parts: tuple[Cell, ...]

    @property
    def text(self) -> str:
        read = "".join(part.shown if isinstance(part, Number) else part for part in self.parts)
        return read.replace("\u00a0", " ")


@dataclass(frozen=True)
class Sentences:
    """Headline sentences; ``kind``: headline or plain."""

    sentences: Sequence[Sentence]
    kind: str = "plain"


@dataclass(frozen=True)
class Table:
    """The first cell of a row is its heading. ``name``: file and sheet name."""

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    @property
    def is_numeric(self) -> list[bool]:
        """By column: whether it holds a figure; words in such a column stand under its figures."""
        return [any(isinstance(row[place], Number) for row in self.rows) for place in range(len(self.columns))]


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite specification with what it shows in words and the figures it draws; short ones are printed, too."""

    name: str
    title: str
    alternative: str
    spec: Mapping[str, Any]
    data: Table
    is_data_printed: bool = False


@dataclass(frozen=True)
class Note:
    paragraphs: Sequence[str]


@dataclass(frozen=True)
class Tile:
    """One key figure. ``value`` None: no period is complete enough. ``change`` and ``percent`` are against
    ``compared``; ``course`` is the Vega-Lite specification of its line, which says nothing that the page it leads to
    does not."""

    name: str
    label: str
    href: str
    period: str
    value: Number | None
    unit: str = ""
    compared: str = ""
    change: Number | None = None
    percent: Number | None = None
    direction: str = ""
    completeness: Number | None = None
    course: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Tiles:
    tiles: Sequence[Tile]


@dataclass(frozen=True)
class Link:
    href: str
    title: str
    said: Sentence


@dataclass(frozen=True)
class Links:
    links: Sequence[Link]


@dataclass(frozen=True)
class Place:
    """A row of an overview by itself: its months. ``id``: anchor on the page."""

    id: str
    name: str
    table: Table


@dataclass(frozen=True)
class Drill:
    """A table whose rows open a table each, in the same order. ``what``: what a row is, as a province."""

    name: str
    what: str
    overview: Table
    places: Sequence[Place]


Part = Sentences | Table | Chart | Note | Tiles | Links | Drill
#: endings of the files that a report is written to
FORMATS = ("html", "pdf", "xlsx", "csv", "sdmx.csv", "sdmx.xml")


@dataclass(frozen=True)
class Block:
    """A section. ``stale``: why its figures are not of today, one text each; shown before everything else."""

    name: str
    title: str
    parts: Sequence[Part]
    stale: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """``name``: file name without its ending. ``as_of``: nothing received later is in it. ``indicators``: rows of the
    catalogue by code; ``areas``: names of provinces by code and language."""

    name: str
    lang: str
    title: str
    subtitle: str
    as_of: date
    release_id: str
    blocks: Sequence[Block]
    indicators: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    areas: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    formats: tuple[str, ...] = FORMATS

    @property
    def tables(self) -> list[Table]:
        """Every table, those behind charts included, in the order in which they are read."""
        parts = [part for block in self.blocks for part in block.parts]
        return [p.data if isinstance(p, Chart) else p for p in parts if isinstance(p, Table | Chart)]

    @property
    def sentences(self) -> list[Sentence]:
        parts = [part for block in self.blocks for part in block.parts]
        return [sentence for part in parts if isinstance(part, Sentences) for sentence in part.sentences]

    @property
    def numbers(self) -> list[Number]:
        """Every figure of the report."""
        cells: list[Cell] = [cell for sentence in self.sentences for cell in sentence.parts]
        cells += [cell for table in self.tables for row in table.rows for cell in row]
        return [cell for cell in cells if isinstance(cell, Number)]
