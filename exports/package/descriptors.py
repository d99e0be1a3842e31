"""What describes a package to machines: JSON Schema of each table, ``datapackage.json``, a DCAT-AP record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from exports.package.rights import Rights, licence
from exports.package.spec import Column, Package, Table
from exports.package.tables import FORMATS
from lmi.core.atomic import sha256_file
from lmi.core.inert import inert_json

MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
    "html": "text/html",
    "jsonld": "application/ld+json",
}
#: type of a column -> (Table Schema type, JSON Schema of a value)
TYPES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "varchar": ("string", {"type": "string"}),
    "bigint": ("integer", {"type": "integer"}),
    "integer": ("integer", {"type": "integer"}),
    "decimal": ("number", {"type": "number"}),
    "double": ("number", {"type": "number"}),
    "boolean": ("boolean", {"type": "boolean"}),
    "date": ("date", {"type": "string", "format": "date"}),
}


@dataclass(frozen=True)
class Meaning:
    """What a column means: labels, unit, description; of the model where the package says nothing itself."""

    ko: str
    en: str
    unit: str
    description: str


@dataclass(frozen=True)
class Edition:
    """A package as one release holds it. ``parts``: table -> {status, as_of, reason} of what it is made from."""

    package: Package
    release_id: str
    as_of: date
    publisher: Mapping[str, Any]
    base_url: str
    parts: Mapping[str, Mapping[str, str]]
    meanings: Mapping[str, Mapping[str, Meaning]]
    rights: Rights


def meanings(con: duckdb.DuckDBPyConnection, package: Package, dictionary: str) -> dict[str, dict[str, Meaning]]:
    """Table -> column -> meaning, from ``dictionary``, the relation ``data_dictionary`` of the release."""
    known = {
        (table, column): Meaning(ko or "", en or "", unit or "", text or "")
        for table, column, ko, en, unit, text in con.execute(
            f"select table_name, column_name, label_ko, label_en, unit, description from {dictionary}"
        ).fetchall()
    }
    return {
        table.name: {
            column.name: _meaning(column, known.get((table.model, column.name)), _rounding(package, table, column))
            for column in table.columns
        }
        for table in package.tables
    }


def _meaning(column: Column, model: Meaning | None, rounding: str) -> Meaning:
    said = model or Meaning("", "", "", "")
    label = column.label or {"ko": said.ko, "en": said.en}
    text = f"{column.meaning or said.description}{rounding}"
    return Meaning(label["ko"], label["en"], column.unit or said.unit, text)


def _rounding(package: Package, table: Table, column: Column) -> str:
    """To multiples of what a figure is told, and of which rows."""
    for guard in table.guards:
        if unit := package.multiples(guard).get(column.name):
            return f" Told to the nearest {unit:,}{f' where {guard.only}' if guard.only else ''}."
    return ""


def json_type(column: Column) -> dict[str, Any]:
    """JSON Schema of a column's value."""
    found = dict(TYPES[re.split(r"[\[(]", column.type)[0]][1])
    if column.type.endswith("[]"):
        found = {"type": "array", "items": {**found, "type": [str(found["type"]), "null"]}}
    return found if column.is_required else {**found, "type": [found["type"], "null"]}


def row_schema(edition: Edition, table: Table) -> dict[str, Any]:
    """JSON Schema of one row of a table."""
    properties = {}
    for column in table.columns:
        meaning = edition.meanings[table.name][column.name]
        found = json_type(column) | {"title": meaning.en, "title_ko": meaning.ko, "description": meaning.description}
        if values := edition.package.values(column):
            found["enum"] = [*values, *([] if column.is_required else [None])]
        properties[column.name] = found | ({"unit": meaning.unit} if meaning.unit else {})
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def json_schema(edition: Edition, table: Table) -> dict[str, Any]:
    """JSON Schema of a table's JSON file: an array of rows."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{edition.package.name}/{edition.package.folder}/schemas/{table.name}.schema.json",
        "title": table.label["en"],
        "title_ko": table.label["ko"],
        "version": edition.package.version,
        "type": "array",
        "items": row_schema(edition, table),
    }


def _field(edition: Edition, table: Table, column: Column) -> dict[str, Any]:
    meaning = edition.meanings[table.name][column.name]
    kind = "array" if column.type.endswith("[]") else TYPES[re.split(r"[\[(]", column.type)[0]][0]
    constraints: dict[str, Any] = {"required": True} if column.is_required else {}
    if values := edition.package.values(column):
        constraints["enum"] = values
    return {
        "name": column.name,
        "type": kind,
        "title": meaning.en,
        "title_ko": meaning.ko,
        "description": meaning.description,
        **({"unit": meaning.unit} if meaning.unit else {}),
        **({"codes": column.codes} if column.codes else {}),
        **({"constraints": constraints} if constraints else {}),
        "sources": edition.rights.fields(table, column),
    }


def _file(folder: Path, path: Path) -> dict[str, Any]:
    form = path.suffix.lstrip(".")
    return {
        "path": path.relative_to(folder).as_posix(),
        "format": form,
        "mediatype": MEDIA[form],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_file(path)}",
    }


def data_package(edition: Edition, folder: Path, documents: Iterable[Path]) -> dict[str, Any]:
    """Data Package (v1, tabular): each table is its CSV file, with the other formats as ``alternates``.

    ``documents``: files beside the tables.
    """
    package, resources = edition.package, []
    for table in package.tables:
        files = {form: _file(folder, folder / "tables" / f"{table.name}.{form}") for form in FORMATS}
        part = edition.parts.get(table.name, {"status": "current", "as_of": edition.as_of.isoformat(), "reason": ""})
        resources.append(
            {
                "name": table.name.replace("_", "-"),
                "profile": "tabular-data-resource",
                "title": table.label["en"],
                "title_ko": table.label["ko"],
                **files["csv"],
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "header": True},
                "schema": {
                    "fields": [_field(edition, table, column) for column in table.columns],
                    "primaryKey": list(table.key),
                    "missingValues": [""],
                },
                "alternates": [files["parquet"], files["json"]],
                "json_schema": f"schemas/{table.name}.schema.json",
                **part,
            }
        )
    sources = _sources(edition)
    licences = [edition.publisher["licence"], *map(licence, sources)]
    return {
        "profile": "tabular-data-package",
        "name": package.name,
        "title": package.label["en"],
        "title_ko": package.label["ko"],
        "description": package.description["en"],
        "description_ko": package.description["ko"],
        "version": package.version,
        "id": f"{package.name}-{edition.release_id}",
        "release_id": edition.release_id,
        "as_of": edition.as_of.isoformat(),
        "thresholds": {"persons": package.min_persons, "employers": package.min_employers},
        "licenses": list({entry["name"]: entry for entry in licences}.values()),
        "sources": [{"title": s.provider["en"], "title_ko": s.provider["ko"], "name": s.id} for s in sources],
        "resources": resources,
        "documents": [_file(folder, path) for path in documents],
    }


def _sources(edition: Edition) -> list[Any]:
    return edition.rights.behind(e for t in edition.package.tables for c in t.columns for e in c.entities)


def dcat(edition: Edition, described: Mapping[str, Any]) -> dict[str, Any]:
    """DCAT-AP 3 record of the package as JSON-LD; addresses are relative to the record where no base is set."""
    licences = [entry.get("path", entry["title"]) for entry in described["licenses"]]
    said = edition.publisher["publisher"]
    agent = {"@type": "foaf:Agent", "foaf:name": _texts(said["ko"], said["en"])}
    identifier = f"{described['name']}-{edition.package.folder}"
    distributions = [
        {
            "@type": "dcat:Distribution",
            "dct:title": _texts(
                f"{resource['title_ko']} ({file['format']})", f"{resource['title']} ({file['format']})"
            ),
            "dcat:accessURL": {"@id": edition.base_url + file["path"]},
            "dcat:downloadURL": {"@id": edition.base_url + file["path"]},
            "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{file['mediatype']}"},
            "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file["bytes"])},
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file["hash"].removeprefix("sha256:")},
            },
            "dct:license": [_reference(found) for found in licences],
        }
        for resource in described["resources"]
        for file in [resource, *resource["alternates"]]
    ]
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/", "spdx": "http://spdx.org/rdf/terms#",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@type": "dcat:Catalog",
        "dct:title": _texts(described["title_ko"], described["title"]),
        "dct:description": _texts(described["description_ko"], described["description"]),
        "dct:publisher": agent,
        "dcat:dataset": {
            "@type": "dcat:Dataset",
            "dct:identifier": identifier,
            "dct:title": _texts(described["title_ko"], described["title"]),
            "dct:description": _texts(described["description_ko"], described["description"]),
            "dct:publisher": agent,
            "dct:modified": {"@type": "xsd:date", "@value": described["as_of"]},
            "dcat:version": described["version"],
            "dct:accrualPeriodicity": {
                "@id": f"http://publications.europa.eu/resource/authority/frequency/{edition.package.frequency}"
            },
            "dct:accessRights": {"@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC"},
            "dcat:contactPoint": {
                "@type": "vcard:Organization", "vcard:fn": said["en"],
                "vcard:hasEmail": {"@id": edition.publisher["contact"]},
            },
            "dct:language": [
                {"@id": f"http://publications.europa.eu/resource/authority/language/{code}"} for code in ("KOR", "ENG")
            ],
            "dct:license": [_reference(found) for found in licences],
            "dct:provenance": {
                "@type": "dct:ProvenanceStatement",
                "dct:description": ", ".join(source["title"] for source in described["sources"]),
            },
            "dcat:distribution": distributions,
        },
    }  # fmt: skip


def _texts(ko: str, en: str) -> list[dict[str, str]]:
    return [{"@language": "ko", "@value": ko}, {"@language": "en", "@value": en}]


def _reference(text: str) -> dict[str, str]:
    return {"@id": text} if text.startswith("http") else {"@value": text}


def as_json(document: Any) -> bytes:
    """Indented UTF-8 without a character that markup needs, one newline at the end."""
    return inert_json((json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
