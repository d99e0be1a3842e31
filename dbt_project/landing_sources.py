"""Declares the landing schema to dbt: one table per source of the registry, so that no yml lists them by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import yaml

HEADER = "# Generated from the source registry before each build. Not kept in git; edit ingest/sources instead.\n"

#: columns that landing adds to every source
LANDING_COLUMNS = {
    "_source": "Source id",
    "_load_id": "Load the row came with",
    "_delivery_date": "Day the provider delivered it",
    "_page": "Page or part of the delivery",
    "_row": "Position within the page",
    "_record_hash": "Hash of the record after the door",
}


class _Column(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def contract(self) -> Any: ...


class _Source(Protocol):
    @property
    def description(self) -> Mapping[str, str]: ...
    @property
    def landed_columns(self) -> Sequence[_Column]: ...


def landing_sources_yaml(registry: Mapping[str, _Source]) -> str:
    """Text of ``models/staging/_landing__generated.yml`` for these sources, in order of id."""
    tables: list[dict[str, Any]] = [
        {"name": "_loads", "description": "One row per accepted load: source, delivery day, complete or partial, rows."}
    ]
    for source_id in sorted(registry):
        source = registry[source_id]
        columns = [{"name": c.name, "description": c.contract.en} for c in source.landed_columns]
        columns += [{"name": name, "description": text} for name, text in LANDING_COLUMNS.items()]
        tables.append({"name": source_id, "description": source.description["en"], "columns": columns})
    document = {
        "version": 2,
        "sources": [
            {
                "name": "landing",
                "schema": "landing",
                "description": "Accepted rows of every source, as landed.",
                "tables": tables,
            }
        ],
    }
    return HEADER + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
