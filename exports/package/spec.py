"""A package of published tables as data: columns, types, code lists, keys and version, in one YAML file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from exports.disclosure.specs import PRODUCTS
from lmi.core.yaml import load_yaml

SCHEMA = Path(__file__).with_name("spec.schema.json")
#: tables that every package has; the package itself fills them
BUILT_IN = Path(__file__).with_name("built_in.yml")


class PackageError(Exception):
    """A package's file is wrong; the message names file, key and mend."""


@dataclass(frozen=True)
class Column:
    """``entities``: what it rests on, by entity of the registry. ``holds``: figure, label or record. ``daily``: a date
    that moves with the working day. ``sql``: its expression where no column of the model has the name."""

    name: str
    type: str
    is_required: bool
    codes: str | None
    entities: tuple[str, ...]
    holds: str
    is_daily: bool
    sql: str | None
    label: Mapping[str, str] | None
    unit: str | None
    meaning: str | None


@dataclass(frozen=True)
class Guard:
    """Where fewer than the product's threshold of ``persons`` or ``employers`` (columns of the model or of the table's
    contributors) stand behind a row, ``hides`` become NULL and ``reason`` says so. The first of ``hides`` is the count
    that is told: where it is zero nobody is hidden. ``rounds``: columns of the model told as multiples of the package's
    ``rounding``; a count that is told as none of them, zero too, is hidden. ``rounds_to``: other figures -> their unit.
    ``only``: rows it looks at."""

    persons: str
    employers: str | None
    hides: tuple[str, ...]
    rounds: tuple[str, ...]
    rounds_to: Mapping[str, int]
    reason: str
    only: str | None


@dataclass(frozen=True)
class Table:
    """``rows_by``: what tells the source of a row: ``market`` (scope and country), a column with the source's id or
    with a value that ``row_sources`` maps to it, or None, when every row may rest on all sources. ``is_monthly``:
    its rows stand until the month is over."""

    name: str
    model: str
    label: Mapping[str, str]
    where: str
    key: tuple[str, ...]
    occupation: str | None
    entities: tuple[str, ...]
    rows_by: str | None
    row_sources: Mapping[str, str]
    #: intermediate model with the contributors of a row, and the columns that name the row in both
    contributors: tuple[str, tuple[str, ...]] | None
    guards: tuple[Guard, ...]
    is_monthly: bool
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Package:
    """``min_persons``, ``min_employers``: thresholds of the product (exports/disclosure/products.yml). ``frequency``:
    how often figures change, by the EU's authority table. ``rounding``: base of the counts that guards round."""

    name: str
    version: str
    frequency: str
    label: Mapping[str, str]
    description: Mapping[str, str]
    min_persons: int
    min_employers: int
    rounding: int | None
    codes: Mapping[str, Mapping[str, Mapping[str, str]]]
    tables: tuple[Table, ...] = field(default=())

    @property
    def folder(self) -> str:
        """``v<major>``: below it nothing that a consumer relies on is taken away."""
        return f"v{self.version.split('.', 1)[0]}"

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def multiples(self, guard: Guard) -> dict[str, int]:
        """Columns that a guard rounds -> to multiples of what."""
        return {**dict.fromkeys(guard.rounds, self.rounding or 0), **guard.rounds_to}

    def values(self, column: Column) -> list[str]:
        """Codes that may stand in the column; empty where any text may."""
        return list(self.codes[column.codes]) if column.codes else []


def load_package(path: Path) -> Package:
    """The package of one file. Raises PackageError."""
    return package_of(read_entry(path), path)


def package_of(entry: Mapping[str, Any], path: Path) -> Package:
    """The package of an entry, with the tables that every package has. Raises PackageError naming ``path``."""
    built_in = read_entry(BUILT_IN)
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    for error in sorted(validator.iter_errors(entry), key=str):
        key = ".".join(map(str, error.absolute_path)) or "the file"
        raise PackageError(f"{path}: {key}: {error.message}. Mend it as {SCHEMA.name} says.")
    thresholds = read_entry(PRODUCTS)[entry["product"]]
    package = Package(
        name=entry["name"],
        version=entry["version"],
        frequency=entry.get("frequency", "DAILY"),
        label=entry["label"],
        description=entry["description"],
        min_persons=thresholds["persons"],
        min_employers=thresholds["employers"],
        rounding=entry.get("rounding"),
        codes=entry["codes"] | built_in["codes"],
        tables=tuple(_table(name, table) for name, table in (entry["tables"] | built_in["tables"]).items()),
    )
    _check(path, package)
    return package


def read_entry(path: Path) -> dict[str, Any]:
    """Keys and values of a YAML file. Raises PackageError."""
    try:
        return dict(load_yaml(path.read_text("utf-8")))
    except (yaml.YAMLError, TypeError, ValueError) as wrong:
        raise PackageError(f"{path}: the file: {wrong}. Write it as YAML of keys and values.") from None


def _table(name: str, entry: Mapping[str, Any]) -> Table:
    rows_by = entry.get("rows_by")
    by_column = rows_by if isinstance(rows_by, dict) else {}
    entities = tuple(entry.get("from", ()))
    columns = tuple(
        Column(
            name=column,
            type=c["type"],
            is_required=c.get("required", False),
            codes=c.get("codes"),
            entities=tuple(c["from"]) if "from" in c else entities,
            holds=c.get("holds", "figure"),
            is_daily=c.get("daily", False),
            sql=c.get("sql"),
            label=c.get("label"),
            unit=c.get("unit"),
            meaning=c.get("meaning"),
        )
        for column, c in entry["columns"].items()
    )
    default = "occupation_code" if "occupation_code" in entry["columns"] else None
    return Table(
        name=name,
        model=entry["model"],
        label=entry["label"],
        where=entry.get("where", "true"),
        key=tuple(entry["key"]),
        occupation=entry.get("occupation", default),
        entities=entities,
        rows_by=by_column.get("column", rows_by),
        row_sources=by_column.get("sources", {}),
        contributors=(
            (entry["contributors"]["model"], tuple(entry["contributors"]["by"])) if "contributors" in entry else None
        ),
        guards=tuple(
            Guard(
                persons=g["persons"],
                employers=g.get("employers"),
                hides=tuple(g["hides"]),
                rounds=tuple(g.get("rounds", ())),
                rounds_to=g.get("rounds_to", {}),
                reason=g["reason"],
                only=g.get("only"),
            )
            for g in entry.get("guards", ())
        ),
        is_monthly=entry.get("monthly", False),
        columns=columns,
    )


def _check(path: Path, package: Package) -> None:
    for table in package.tables:
        known = {column.name for column in table.columns}
        for place, names in (
            ("key", table.key),
            ("occupation", [table.occupation] if table.occupation else []),
            *((f"guards.{guard.reason}", (*guard.hides, guard.reason)) for guard in table.guards),
        ):
            if missing := [name for name in names if name not in known]:
                raise PackageError(
                    f"{path}: tables.{table.name}.{place}: {', '.join(missing)} is no column. Name one of the table's."
                )
        if package.rounding is None and any(guard.rounds for guard in table.guards):
            raise PackageError(f"{path}: rounding: tables.{table.name} rounds counts. Say to multiples of what.")
        for column in table.columns:
            if column.codes and column.codes not in package.codes:
                raise PackageError(
                    f"{path}: tables.{table.name}.columns.{column.name}.codes: no list {column.codes!r}."
                    " Add it to codes."
                )
        if optional := [name for name in table.key if not table.column(name).is_required]:
            raise PackageError(
                f"{path}: tables.{table.name}.key: {', '.join(optional)} may be NULL. Say required: true."
            )
