"""Declares the landing schema to dbt: one table per source of the registry, so that no yml lists them by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

HEADER = "# Generated from the source registry before each build. Not kept in git; edit ingest/sources instead.\n"

#: what the vetting wrote beside the accepted rows
VETTING_TABLES = {
    "_vetting_decisions": "One row per posting version, rule set and context: the decision of the rules.",
    "_vetting_findings": "One row per finding of a rule in a posting version, with the words that triggered it.",
    "_vetting_coverage": "Postings by source, rule and outcome, with the reason where a rule could not run.",
    "_vetting_links": "One row per posting version and a posting like it: duplicate, repost or the same job elsewhere.",
    "_vetting_rules": "The rules: number, label, legal basis, wording to the employer.",
}
#: what the coding of titles wrote there
CODING_TABLES = {
    "_coded_titles": "One row per source and title that came without an occupation code: the code it got, or none.",
}
#: what the linkage wrote there
LINKAGE_TABLES = {
    "_linked_persons": "One row per record of a register without resident numbers that was found in one that has them.",
    "_linked_employers": "One row per name and district of postings without a valid business number: the number found.",
}
#: what validation and the registry say of the deliveries
DELIVERY_TABLES = {
    "_load_checks": "One row per load of the last thirteen months, refused ones too: what validation counted in it.",
    "_deliveries_due": "One row per source and day on which a delivery was due by its schedule.",
    "_item_values": "One row per source, delivery day and column that may be empty: values, and those missing.",
}


def landing_sources_yaml(registry: Iterable[Mapping[str, str]]) -> str:
    """Text of ``models/staging/_landing__generated.yml`` for sources given as ``id`` and ``description``."""
    written = VETTING_TABLES | CODING_TABLES | LINKAGE_TABLES | DELIVERY_TABLES
    tables: list[dict[str, Any]] = [
        {"name": "_release", "description": "The working day: nothing delivered or received later is read."},
        {
            "name": "_loads",
            "description": "One row per accepted load: source, delivery day, complete or partial, rows.",
        },
        *({"name": name, "description": text} for name, text in written.items()),
    ]
    described = sorted((entry["id"], entry["description"]) for entry in registry)
    tables += [{"name": source_id, "description": description} for source_id, description in described]
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
