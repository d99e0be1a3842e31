"""The promise of ``open/v1``: which tables have which columns of which type, under which semantic version.

``schema.json`` keeps what was promised. ``python -m exports.opendata.schema`` writes it anew and refuses a breaking
change without a new major version, and any change without a new version; a test and each release compare with it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exports.disclosure.specs import Family, Table, load_families

PROMISED = Path(__file__).with_name("schema.json")
#: raise the first number when a reader of the last version would break, the second when something is added
VERSION = "1.0.0"
#: columns of every table beside its dimensions: name -> (type of Table Schema, labels, meaning)
COMMON: Mapping[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "TIME_PERIOD": (
        "string",
        {"ko": "기준 시점", "en": "Time period"},
        {"ko": "YYYY-MM 또는 YYYY-Qn", "en": "YYYY-MM or YYYY-Qn"},
    ),
    "OBS_VALUE": ("number", {"ko": "값", "en": "Value"}, {"ko": "숨긴 칸은 빈칸", "en": "Empty where hidden"}),
    "OBS_STATUS": (
        "string",
        {"ko": "관측 상태", "en": "Observation status"},
        {"ko": "SDMX CL_OBS_STATUS: A 정상, M 값 없음", "en": "SDMX CL_OBS_STATUS: A normal, M no value"},
    ),
    "CONF_STATUS": (
        "string",
        {"ko": "비밀보호 상태", "en": "Confidentiality status"},
        {
            "ko": "SDMX CL_CONF_STATUS: F 공개, A 적은 수, C 지배, D 2차",
            "en": "SDMX CL_CONF_STATUS: F free, A small counts, C dominated, D secondary",
        },
    ),
    "LAST_UPDATE": (
        "date",
        {"ko": "공표일", "en": "Day of publication"},
        {"ko": "이 시점의 칸이 마지막으로 공표된 날", "en": "When the cells of this period were published last"},
    ),
}
#: what stands beside the tables: name -> column -> type
BESIDE: Mapping[str, Mapping[str, str]] = {
    "codes": dict.fromkeys(("concept", "scheme", "code", "parent_code", "label_ko", "label_en"), "string"),
    "codebook": dict.fromkeys(
        ("table_id", "column_name", "type", "label_ko", "label_en", "description_ko", "description_en"), "string"
    ),
    "changes": dict.fromkeys(("table_id", "TIME_PERIOD", "cell_id", "change", "reason"), "string")
    | dict.fromkeys(("obs_value_before", "obs_value"), "number"),
}


class BreakingChange(Exception):
    """Readers of the last version would break; the message names what and the mend."""


def dimensions(family: Family, table: Table) -> dict[str, dict[str, str]]:
    """Columns of the dimensions a table shows, in its order, with their labels."""
    return {d.concept: dict(d.label) for d in family.dimensions if d.name in table.by}


def columns(family: Family, table: Table) -> dict[str, str]:
    """Column -> type of one table."""
    types = {name: kind for name, (kind, _, _) in COMMON.items()}
    first = types.pop("TIME_PERIOD")
    return {"TIME_PERIOD": first} | dict.fromkeys(dimensions(family, table), "string") | types


def schema(families: Mapping[str, Family]) -> dict[str, Any]:
    """What the code promises now."""
    tables = {table.id: columns(family, table) for family in families.values() for table in family.tables}
    return {"version": VERSION, "tables": dict(sorted((tables | {k: dict(v) for k, v in BESIDE.items()}).items()))}


def breaks(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What a reader of ``before`` would miss in ``now``: tables, columns, or a type it counted on."""
    found = []
    for table, was in before["tables"].items():
        present = now["tables"].get(table)
        if present is None:
            found.append(f"{table} is gone")
            continue
        found += [f"{table}.{column} is gone" for column in was if column not in present]
        found += [
            f"{table}.{column} was {kind} and is {present[column]}"
            for column, kind in was.items()
            if present.get(column, kind) != kind
        ]
    return found


def check(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raises BreakingChange unless the version of ``now`` says what changed since ``before``."""
    was, present = (tuple(map(int, found["version"].split("."))) for found in (before, now))
    if (broken := breaks(before, now)) and present[0] <= was[0]:
        raise BreakingChange(
            f"{'; '.join(broken)}: readers of {before['version']} would break. Put it back, or raise VERSION in"
            f" exports/opendata/schema.py to {was[0] + 1}.0.0 and keep a date of withdrawal in the change log."
        )
    if before["tables"] != now["tables"] and present <= was:
        raise BreakingChange(
            f"Tables or columns were added since {before['version']}. Raise VERSION in exports/opendata/schema.py to"
            f" {was[0]}.{was[1] + 1}.0, then: python -m exports.opendata.schema"
        )


def main() -> None:
    now = schema(load_families())
    if PROMISED.exists():
        try:
            check(json.loads(PROMISED.read_text("utf-8")), now)
        except BreakingChange as broken:
            sys.exit(str(broken))
    PROMISED.write_text(json.dumps(now, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
