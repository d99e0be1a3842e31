"""A registry entry as an Open Data Contract Standard document, so that other tools can read it.

Source: Bitol, Open Data Contract Standard v3.0 (kind DataContract).
"""

from __future__ import annotations

from typing import Any

from ingest.registry import Column, Source

API_VERSION = "v3.0.2"


def to_odcs(source: Source) -> dict[str, Any]:
    """The contract of ``source`` as ODCS v3 data. What ODCS has no field for travels as custom properties."""
    custom = {
        "register": source.register,
        "connector": source.connector,
        "delivery": source.delivery,
        "emptyDelivery": source.empty,
        "rawPolicy": source.raw,
        "providerTimestamp": source.provider_timestamp,
        "eventDate": source.event_date,
        "receivedDate": source.received_date,
        "descriptionKo": source.description["ko"],
        "licence": dict(source.licence),
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": source.id,
        "name": source.id,
        "version": source.version,
        "status": "active",
        "domain": source.register,
        "dataProduct": source.entity,
        "description": {"purpose": source.description["en"], "limitations": f"Licence: {source.licence['name']}"},
        "schema": [
            {
                "name": source.entity,
                "physicalName": source.id,
                "logicalType": "object",
                "physicalType": "table",
                "properties": [_property(column, source) for column in source.columns],
            }
        ],
        "slaProperties": [
            {"property": "frequency", "value": source.schedule["every"]},
            {"property": "schedule", "value": source.schedule["cron"]},
            {"property": "retention", "value": source.retention["years"], "unit": "y"},
        ],
        "customProperties": [{"property": k, "value": v} for k, v in custom.items() if v is not None],
    }


def _property(column: Column, source: Source) -> dict[str, Any]:
    options = {
        "pattern": column.pattern,
        "minimum": column.minimum,
        "maximum": column.maximum,
        "format": column.formats[0] if column.formats else None,
    }
    entry: dict[str, Any] = {
        "name": column.name,
        "physicalName": column.wire,
        "businessName": column.en,
        "logicalType": {"json": "string", "timestamp": "date"}.get(column.logical_type, column.logical_type),
        "physicalType": column.duckdb_type,
        "required": column.required,
        "primaryKey": column.name in source.key,
        "classification": column.classification,
    }
    if column.name in source.key:
        entry["primaryKeyPosition"] = source.key.index(column.name) + 1
    if chosen := {k: v for k, v in options.items() if v is not None}:
        entry["logicalTypeOptions"] = chosen
    if column.values:
        entry["quality"] = [{"type": "library", "rule": "validValues", "validValues": list(column.values)}]
    custom = {"labelKo": column.ko, "unit": column.unit}
    entry["customProperties"] = [{"property": k, "value": v} for k, v in custom.items() if v]
    return entry
