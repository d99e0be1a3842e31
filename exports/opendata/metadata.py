"""What goes with the open tables: a data package (frictionless), a catalogue record (DCAT-AP) and the codebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from exports.disclosure.specs import Family, Table
from exports.opendata.schema import BESIDE, COMMON, VERSION, columns, dimensions
from lmi.core.atomic import sha256_file
from lmi.core.yaml import SafeLoader

MEDIA = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv", "json": "application/json"}
#: labels of what stands beside the tables
BESIDE_LABELS = {
    "codes": {"ko": "코드와 이름", "en": "Codes and labels"},
    "codebook": {"ko": "코드북", "en": "Codebook"},
    "changes": {"ko": "지난 공표와 달라진 칸", "en": "Cells changed since the last publication"},
}
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#", "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}  # fmt: skip
#: controlled vocabularies of the EU Publications Office, as DCAT-AP asks for
AUTHORITY = "http://publications.europa.eu/resource/authority"


@cache
def publisher() -> dict[str, Any]:
    """What the operator says of its data (``publisher.yml``)."""
    path = Path(__file__).with_name("publisher.yml")
    return dict(yaml.load(path.read_text("utf-8"), SafeLoader))  # noqa: S506 plain data only


def codebook(families: Sequence[Family]) -> pd.DataFrame:
    """One row per table and column with labels and meaning in Korean and English."""
    rows = []
    for family in families:
        for table in family.tables:
            labels = dimensions(family, table)
            for name, kind in columns(family, table).items():
                label, meaning = (labels[name], {"ko": "", "en": ""}) if name in labels else COMMON[name][1:]
                if name == "OBS_VALUE":
                    label = dict(family.measure_label)
                    meaning = {"ko": f"{meaning['ko']} ({family.unit})", "en": f"{meaning['en']} ({family.unit})"}
                rows.append([table.id, name, kind, label["ko"], label["en"], meaning["ko"], meaning["en"]])
    return pd.DataFrame(rows, columns=list(BESIDE["codebook"]))


def data_package(
    written: Mapping[str, list[Path]],
    families: Sequence[Family],
    sources: Sequence[Mapping[str, Any]],
    release_id: str,
    as_of: date,
) -> dict[str, Any]:
    """Descriptor of every table, its CSV as the resource and its other formats beside it. Paths are relative."""
    said = publisher()
    of = {table.id: (family, table) for family in families for table in family.tables}
    licence = {"name": said["licence"]["id"], "title": said["licence"]["title"]["en"], "path": said["licence"]["url"]}
    return {
        "profile": "data-package",
        "name": "lmi-open",
        "version": VERSION,
        "title": said["title"]["en"],
        "titles": said["title"],
        "description": said["description"]["en"],
        "descriptions": said["description"],
        "keywords": said["keywords"]["en"] + said["keywords"]["ko"],
        "created": f"{as_of.isoformat()}T00:00:00Z",
        "release_id": release_id,
        "as_of": as_of.isoformat(),
        "licenses": [licence],
        "sources": [{"title": source["label_en"], "licence": source["licence_id"]} for source in sources],
        "resources": [_resource(name, files, of.get(name)) for name, files in sorted(written.items())],
    }


def _resource(name: str, files: list[Path], of: tuple[Family, Table] | None) -> dict[str, Any]:
    by_format = {path.suffix[1:]: path for path in files}
    if of:
        family, table = of
        label, types, key = dict(table.label), columns(family, table), ["TIME_PERIOD", *dimensions(family, table)]
        titles = {n: dimensions(family, table).get(n) or COMMON[n][1] for n in types}
        extra = {"unit": family.unit, "measure": dict(family.measure_label)}
    else:
        label, types, key, titles, extra = BESIDE_LABELS[name], dict(BESIDE[name]), [], {}, {}
    fields = [
        {"name": column, "type": kind}
        | ({"title": titles[column]["en"], "titles": titles[column]} if column in titles else {})
        | ({"constraints": {"required": True}} if column in key else {})
        for column, kind in types.items()
    ]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if key:
        schema["primaryKey"] = key
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "title": label["en"],
        "titles": label,
        **extra,
        **_described(by_format["csv"]),
        "encoding": "utf-8",
        "schema": schema,
        "alternates": [_described(by_format[form]) for form in ("json", "parquet")],
    }


def _described(path: Path) -> dict[str, Any]:
    form = path.suffix[1:]
    return {
        "path": path.name, "format": form, "mediatype": MEDIA[form], "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_file(path)}",
    }  # fmt: skip


def catalogue(package: Mapping[str, Any], periods: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """DCAT-AP 3 record of the package as JSON-LD that needs no other file. ``periods``: table -> first, last period."""
    said = publisher()
    base = f"urn:lmi:open:{package['release_id']}"
    agent = {"@type": "foaf:Agent", "foaf:name": _text(said["publisher"])}
    datasets = []
    for resource in package["resources"]:
        first, last = periods.get(resource["name"], ("", ""))
        dataset = {
            "@id": f"{base}:{resource['name']}", "@type": "dcat:Dataset", "dct:title": _text(resource["titles"]),
            "dct:description": _text(package["descriptions"]), "dct:publisher": agent,
            "dct:identifier": resource["name"],
            "dcat:contactPoint": {"@type": "vcard:Organization", "vcard:hasEmail": {"@id": said["contact"]}},
            "dcat:keyword": [{"@language": lang, "@value": word} for lang in ("ko", "en")
            for word in said["keywords"][lang]],
            "dct:accessRights": {"@id": f"{AUTHORITY}/access-right/PUBLIC"},
            "dct:accrualPeriodicity": {"@id": f"{AUTHORITY}/frequency/MONTHLY"},
            "dct:spatial": {"@id": f"{AUTHORITY}/country/KOR"},
            "dcat:version": package["version"],
            "dct:issued": {"@type": "xsd:date", "@value": package["as_of"]},
            "dcat:distribution": [
                _distribution(base, file, said) for file in (resource, *resource["alternates"])
            ],
        }  # fmt: skip
        if first:
            dataset["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dct:description": f"{first}/{last}"}
        datasets.append(dataset)
    return {
        "@context": CONTEXT, "@id": base, "@type": "dcat:Catalog", "dct:title": _text(package["titles"]),
        "dct:description": _text(package["descriptions"]), "dct:publisher": agent,
        "dct:license": {"@id": said["licence"]["url"]},
        "dct:issued": {"@type": "xsd:date", "@value": package["as_of"]}, "dcat:dataset": datasets,
    }  # fmt: skip


def _distribution(base: str, file: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@id": f"{base}:{file['path']}", "@type": "dcat:Distribution",
        "dcat:accessURL": {"@id": file["path"]}, "dcat:downloadURL": {"@id": file["path"]},
        "dct:license": {"@id": said["licence"]["url"]},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{file['mediatype']}"},
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file["bytes"])},
        "spdx:checksum": {
            "@type": "spdx:Checksum", "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": file["hash"].removeprefix("sha256:"),
        },
    }  # fmt: skip


def _text(labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@language": lang, "@value": labels[lang]} for lang in ("ko", "en")]
