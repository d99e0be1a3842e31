"""JSON Schemas and examples of the answers, for the OpenAPI document; columns come from the packages."""

from __future__ import annotations

from typing import Any

from exports.occupations.documents import blocks_of
from exports.occupations.product import package
from exports.package.descriptors import json_type
from exports.package.spec import Table

TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
COUNT = {"type": "integer", "minimum": 0}
DAY = {"type": "string", "format": "date"}


def record(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An object of exactly these members."""
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": required} | more


RELEASE = record({"release_id": TEXT, "as_of": DAY})
EXAMPLE_RELEASE = {"release_id": "20261006-539dce3f49f5", "as_of": "2026-10-06"}
HEAD: dict[str, Any] = {
    "occupation_scheme": {**TEXT, "description": "Classification, such as KECO, KSCO, ISCO or ONET."},
    "occupation_code": {**TEXT, "description": "Code in the classification."},
    "scheme_version": TEXT_OR_NULL,
    "occupation_level": {"type": ["integer", "null"]},
    "parent_code": TEXT_OR_NULL,
    "name_ko": TEXT_OR_NULL,
    "name_en": TEXT_OR_NULL,
    "description": TEXT_OR_NULL,
    "job_zone": {"type": ["integer", "null"]},
}
EXAMPLE_HEAD = {
    "occupation_scheme": "KECO", "occupation_code": "3040", "scheme_version": "2025", "occupation_level": 4,
    "parent_code": "304", "name_ko": "간호사", "name_en": "Nurses", "description": "환자를 간호한다", "job_zone": 4,
}  # fmt: skip
SUMMARY = record(HEAD | {"blocks": {"type": "array", "items": TEXT}})
LIST = record(
    {"release": RELEASE, "total": COUNT, "next_cursor": TEXT_OR_NULL, "items": {"type": "array", "items": SUMMARY}}
)
EXAMPLE_LIST = {
    "release": EXAMPLE_RELEASE, "total": 151, "next_cursor": "WyIyMDI2MTAwNiIsIiIsNTBd",
    "items": [EXAMPLE_HEAD | {"blocks": ["profiles", "skills", "licences"]}],
}  # fmt: skip
EQUIVALENT = record({"scheme": TEXT, "version": TEXT, "code": TEXT, "weight": {"type": ["number", "null"]}})
EXAMPLE_OCCUPATION: dict[str, Any] = {
    "release": EXAMPLE_RELEASE | {"version": "1.0.0"}, **EXAMPLE_HEAD, "titles": ["Registered nurse"],
    "equivalents": [{"scheme": "ISCO", "version": "08", "code": "22", "weight": 1.0}],
    "blocks": {
        "skills": {"status": "current", "as_of": "2026-10-06", "reason": "", "sources": ["work24_vacancies"],
                   "rows": [{"scope": "pes", "country": "KR", "skill_code": "triage", "skill_name_ko": "중증도 분류",
                             "skill_name_en": "Triage", "vacancies_naming": 3, "n": 39, "share": 0.0769,
                             "share_all": 0.01, "lift": 7.69, "quality": "B", "as_of": "2026-10-06"}]},
    },
}  # fmt: skip
EMPTY_BLOCK: dict[str, Any] = {"status": "current", "as_of": "2026-10-06", "reason": "", "sources": [], "rows": []}


def example_occupation() -> dict[str, Any]:
    """Every block with its members; FastAPI drops a NULL from an example."""
    found = {table.name: EMPTY_BLOCK for table in blocks_of(package())}
    return EXAMPLE_OCCUPATION | {"blocks": found | dict(EXAMPLE_OCCUPATION["blocks"])}


def occupation() -> dict[str, Any]:
    """The document of one occupation; a block is NULL where nothing is known."""
    spec = package()
    found = {table.name: {"oneOf": [_block(table), {"type": "null"}]} for table in blocks_of(spec)}
    release = record(RELEASE["properties"] | {"version": TEXT})
    return record(
        {
            "release": release, **HEAD, "titles": {"type": "array", "items": TEXT},
            "equivalents": {"type": "array", "items": EQUIVALENT}, "blocks": record(found),
        }
    )  # fmt: skip


def _block(table: Table) -> dict[str, Any]:
    spec = package()
    row = {}
    for column in table.columns:
        if column.name in ("occupation_scheme", table.occupation, "occupation_name_ko", "occupation_name_en"):
            continue
        row[column.name] = json_type(column)
        if values := spec.values(column):
            row[column.name] |= {"enum": [*values, *([] if column.is_required else [None])]}
    status = {"enum": ["current", "stale", "missing"]}
    members = {"status": status, "as_of": TEXT, "reason": TEXT, "sources": {"type": "array", "items": TEXT}}
    return record(members | {"rows": {"type": "array", "items": record(row)}}, title=table.label["en"])


SERIES_LIST = record(
    {
        "release": RELEASE,
        "series": {
            "type": "array",
            "items": record({"dataflow": TEXT, "dimensions": {"type": "array", "items": TEXT}}),
        },
    }
)
EXAMPLE_SERIES_LIST = {
    "release": EXAMPLE_RELEASE,
    "series": [{"dataflow": "REGISTRATIONS_BY_REGION_OCCUPATION",
                "dimensions": ["TIME_PERIOD", "REF_AREA", "OCCUPATION"]}],
}  # fmt: skip
SERIES = record(
    {
        "release": RELEASE,
        "dataflow": TEXT,
        "dimensions": {"type": "array", "items": TEXT},
        "observations": {"type": "array", "items": {"type": "object"}},
    }
)
EXAMPLE_SERIES = {
    "release": EXAMPLE_RELEASE, "dataflow": "REGISTRATIONS_BY_REGION_OCCUPATION",
    "dimensions": ["TIME_PERIOD", "REF_AREA", "OCCUPATION"],
    "observations": [{"TIME_PERIOD": "2026-08", "REF_AREA": "11", "OCCUPATION": "02", "OBS_VALUE": 42.0,
                      "CONF_STATUS": "F"}],
}  # fmt: skip
EXAMPLE_SDMX_CSV = (
    "STRUCTURE,STRUCTURE_ID,ACTION,TIME_PERIOD,REF_AREA,OCCUPATION,OBS_VALUE,CONF_STATUS\r\n"
    "dataflow,LMI:REGISTRATIONS_BY_REGION_OCCUPATION(1.0),I,2026-08,11,02,42.0,F\r\n"
)
RELEASES = record(
    {
        "total": COUNT,
        "releases": {
            "type": "array",
            "items": record(
                {
                    "release_id": TEXT, "as_of": DAY, "built_at": {"type": "string", "format": "date-time"},
                    "is_current": {"type": "boolean"},
                    "products": {
                        "type": "object",
                        "additionalProperties": record(
                            {"status": {"enum": ["current", "stale", "missing", "absent"]},
                             "stale_since": TEXT_OR_NULL}
                        ),
                    },
                }
            ),
        },
    }
)  # fmt: skip
EXAMPLE_RELEASES = {
    "total": 1,
    "releases": [EXAMPLE_RELEASE | {"built_at": "2026-10-06T20:45:00+00:00", "is_current": True,
                                    "products": {"occupations": {"status": "stale", "stale_since": "2026-10-05"}}}],
}  # fmt: skip
HEALTH = record({"status": {"enum": ["ok", "no_release"]}, "release_id": TEXT_OR_NULL, "as_of": TEXT_OR_NULL})
EXAMPLE_HEALTH = {"status": "ok", **EXAMPLE_RELEASE}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "instance": TEXT,
        "errors": {"type": "array", "items": record({"field": TEXT, "message": TEXT})},
    },
}  # fmt: skip
