"""Table specifications: what is published of which measure, by what, and how it is protected.

One YAML file per family in ``exports/disclosure/tables``. A family is a set of tables on one measure: they are linked
by the cells they share and are protected together. Thresholds by product stand in ``products.yml``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from lmi.core.yaml import load_yaml

HERE = Path(__file__).parent
TABLES = HERE / "tables"
SCHEMA = HERE / "spec.schema.json"
PRODUCTS = HERE / "products.yml"
#: code of the total over a dimension (SDMX)
TOTAL = "_T"


class SpecError(Exception):
    """A specification is wrong; the message names file, key and mend (exit code 2)."""


@dataclass(frozen=True)
class Dimension:
    """``hierarchies``: columns from coarsest to finest; each list is one grouping of the finest codes."""

    name: str
    concept: str
    label: Mapping[str, str]
    hierarchies: tuple[tuple[str, ...], ...]
    is_sensitive: bool = False

    @property
    def levels(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(level for hierarchy in self.hierarchies for level in hierarchy))

    def edges(self, finest: str) -> list[tuple[str, str]]:
        """(child level, parent level) of every grouping down to ``finest``; the parent of the coarsest is TOTAL."""
        found = []
        for hierarchy in self.hierarchies:
            if finest in hierarchy:
                chain = (TOTAL, *hierarchy[: hierarchy.index(finest) + 1])
                found += list(zip(chain[1:], chain[:-1], strict=True))
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Table:
    """``by``: dimension -> finest level shown; dimensions that are left out are totals."""

    id: str
    label: Mapping[str, str]
    by: Mapping[str, str]
    rounding_base: int | None = None


@dataclass(frozen=True)
class Balance:
    """Families by which the measure of a cell changes from period to period: before + gains - losses."""

    gains: str
    losses: str


@dataclass(frozen=True)
class Family:
    """Tables on one measure, protected together. Percentages are 0 to 100."""

    id: str
    label: Mapping[str, str]
    product: str
    relation: str
    entities: tuple[str, ...]
    measure: str
    measure_label: Mapping[str, str]
    kind: str
    unit: str
    dimensions: tuple[Dimension, ...]
    persons: str | None
    employers: str | None
    min_persons: int
    min_employers: int
    dominance: tuple[int, float] | None
    p_percent: float | None
    margin_percent: float
    zeros: str
    weight: str
    tables: tuple[Table, ...]
    balance: Balance | None = None

    @property
    def rounding_base(self) -> int | None:
        """Base of the controlled rounding of all tables, None when cells are hidden instead."""
        return self.tables[0].rounding_base

    @property
    def parameters(self) -> dict[str, Any]:
        """The rules in force, for the log."""
        return {
            "product": self.product, "min_persons": self.min_persons, "min_employers": self.min_employers,
            "dominance": self.dominance, "p_percent": self.p_percent, "margin_percent": self.margin_percent,
            "zeros": self.zeros, "weight": self.weight,
            "rounding_base": self.rounding_base,
        }  # fmt: skip


def load_families(folder: Path = TABLES, products: Path = PRODUCTS) -> dict[str, Family]:
    """Every family by id. Raises SpecError for the first file that is wrong."""
    found = [load_family(path, products) for path in sorted(folder.glob("*.yml"))]
    tables = [table.id for family in found for table in family.tables]
    for table in tables:
        if tables.count(table) > 1:
            raise SpecError(f"{folder}: table {table!r} stands in two families. Give each table a name of its own.")
    families = {family.id: family for family in found}
    for family in found:
        _check_balance(folder, family, families)
    return families


def load_family(path: Path, products: Path = PRODUCTS) -> Family:
    """One file, checked. Raises SpecError."""
    entry = _read(path)
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    for error in sorted(validator.iter_errors(entry), key=str):
        key = ".".join(map(str, error.absolute_path)) or "the file"
        raise SpecError(f"{path}: {key}: {error.message}. Mend it as {SCHEMA.name} says.")
    thresholds = _read(products)
    if entry["product"] not in thresholds:
        raise SpecError(
            f"{path}: product: {entry['product']!r} is not in {products.name}. Choose one of {', '.join(thresholds)}."
        )
    if entry["family"] != path.stem:
        raise SpecError(f"{path}: family: {entry['family']!r}. Name it as the file, {path.stem!r}.")
    family = _family(entry, thresholds[entry["product"]])
    _check(path, family)
    return family


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(load_yaml(path.read_text("utf-8")))
    except (yaml.YAMLError, TypeError, ValueError) as wrong:
        raise SpecError(f"{path}: the file: {wrong}. Write it as YAML of keys and values.") from None


def _family(entry: dict[str, Any], thresholds: dict[str, Any]) -> Family:
    dominance, contributors = entry.get("dominance"), entry["contributors"]
    return Family(
        id=entry["family"],
        label=entry["label"],
        product=entry["product"],
        relation=entry["relation"],
        entities=tuple(entry["entities"]),
        measure=entry["measure"]["column"],
        measure_label=entry["measure"]["label"],
        kind=entry["measure"]["kind"],
        unit=entry["measure"]["unit"],
        dimensions=tuple(
            Dimension(name, d["concept"], d["label"], tuple(map(tuple, d["hierarchies"])), d.get("sensitive", False))
            for name, d in entry["dimensions"].items()
        ),
        persons=contributors.get("persons"),
        employers=contributors.get("employers"),
        min_persons=thresholds["persons"],
        min_employers=thresholds["employers"],
        dominance=(dominance["n"], float(dominance["k"])) if dominance else None,
        p_percent=entry.get("p_percent"),
        margin_percent=float(entry.get("margin_percent", 10)),
        zeros=entry["zeros"],
        weight=entry.get("weight", "value"),
        tables=tuple(
            Table(name, t["label"], t["by"], (t.get("rounding") or {}).get("base"))
            for name, t in entry["tables"].items()
        ),
        balance=Balance(**entry["balance"]) if "balance" in entry else None,
    )


def _check_balance(folder: Path, family: Family, families: Mapping[str, Family]) -> None:
    if family.balance is None:
        return
    shown = [dict(table.by) for table in family.tables]
    for name in (family.balance.gains, family.balance.losses):
        if name not in families or [dict(table.by) for table in families[name].tables] != shown:
            raise SpecError(
                f"{folder / family.id}.yml: balance: {name} is no family with tables by the same dimensions."
                " A balance holds cell by cell: give all three the same tables."
            )


def _check(path: Path, family: Family) -> None:
    levels = {d.name: d.levels for d in family.dimensions}
    for dimension in family.dimensions:
        if len({hierarchy[-1] for hierarchy in dimension.hierarchies}) > 1:
            raise SpecError(
                f"{path}: dimensions.{dimension.name}.hierarchies: they end at different levels."
                " End each list at the same finest column."
            )
    for table in family.tables:
        for name, level in table.by.items():
            if name not in levels:
                raise SpecError(
                    f"{path}: tables.{table.id}.by.{name}: no such dimension. Choose of {', '.join(levels)}."
                )
            if level not in levels[name]:
                raise SpecError(
                    f"{path}: tables.{table.id}.by.{name}: no level {level!r}. Choose of {', '.join(levels[name])}."
                )
    if len({table.rounding_base for table in family.tables}) > 1:
        raise SpecError(
            f"{path}: tables: a cell cannot be hidden in one table and rounded in another. Give all tables the same"
            " `rounding`, or put the rounded ones in a family of their own."
        )
    if (family.dominance or family.p_percent) and not family.employers:
        raise SpecError(
            f"{path}: contributors.employers: dominance and p_percent need it. Name the column with the employer's key."
        )
    if family.zeros == "guarded" and not any(d.is_sensitive for d in family.dimensions):
        raise SpecError(f"{path}: zeros: guarded needs a dimension with `sensitive: true`. Mark one or show zeros.")
