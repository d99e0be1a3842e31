"""The package ``open``: its tables as consumers see them, from the families of disclosure control."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from exports.disclosure.specs import Family, Table, load_families
from exports.package.spec import Package, package_of, read_entry
from lmi.core.settings import PROJECT_ROOT

COMMON = Path(__file__).with_name("package.yml")
LABELS = PROJECT_ROOT / "dbt_project" / "seeds" / "code_labels.csv"


@cache
def open_package(path: Path = COMMON) -> Package:
    """The package as the code promises it now. Raises PackageError."""
    entry = read_entry(path)
    lists, classes = entry.pop("code_lists"), entry.pop("classifications")
    first, last = entry.pop("first"), entry.pop("last")
    period = {name: column | {"sql": "time_period"} for name, column in first.items()}
    national, status = entry.pop("national"), entry.pop("national_status")
    last = {name: column | _codes(name, lists) for name, column in last.items()}
    entry["codes"] = {name: code_labels(name) for name in lists.values()}
    entry["tables"] = {
        table.id: _table(family, table, first, last, lists, classes)
        for family in load_families().values()
        for table in family.tables
    } | {name: table | {"columns": {**period, **table["columns"], **status}} for name, table in national.items()}
    return package_of(entry, path)


def dimensions(family: Family, table: Table) -> dict[str, dict[str, str]]:
    """Columns of the dimensions that a table shows, with their labels."""
    return {d.concept: dict(d.label) for d in family.dimensions if d.name in table.by}


def _table(
    family: Family,
    table: Table,
    first: Mapping[str, Any],
    last: Mapping[str, Any],
    lists: Mapping[str, str],
    classes: Mapping[str, str],
) -> dict[str, Any]:
    shown = {
        name: {
            "type": "varchar", "required": True, "holds": "label", "label": label,
            "meaning": f"SDMX {name}; codes: {lists.get(name) or classes[name]}; _T total, _U unknown.",
        } | _codes(name, lists)
        for name, label in dimensions(family, table).items()
    }  # fmt: skip
    value = last["OBS_VALUE"] | {"label": dict(family.measure_label), "unit": family.unit}
    return {
        "model": table.id,
        "label": dict(table.label),
        "key": [*first, *shown],
        "from": list(family.entities),
        "columns": {**first, **shown, **last, "OBS_VALUE": value},
    }


def _codes(concept: str, lists: Mapping[str, str]) -> dict[str, str]:
    return {"codes": lists[concept]} if concept in lists else {}


def code_labels(name: str) -> dict[str, dict[str, str]]:
    """Codes of a list with their labels; dimensions have a total and an unknown beside them."""
    beside = "" if name.endswith(("_status", "_reason")) else "total"
    with LABELS.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: {"ko": row["label_ko"], "en": row["label_en"]}
            for row in csv.DictReader(lines)
            if row["code_list"] in (name, beside)
        }
