"""``docs/data-dictionary.md`` from the metadata of the models; the same metadata fills a release's ``data_dictionary``.

``python -m exports.data_dictionary`` writes the page; a test fails when it is out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from lmi.core.yaml import load_yaml

MODELS = Path(__file__).parents[1] / "dbt_project" / "models"
TABLES = Path(__file__).with_name("release_tables.yml")
PAGE = Path(__file__).parents[1] / "docs" / "data-dictionary.md"

HEAD = """# Data dictionary

This page is written by `python -m exports.data_dictionary` from the metadata in `dbt_project/models` and
`exports/release_tables.yml`. The same is in every release: `lmi query "from data_dictionary"`.
"""


def published() -> list[dict[str, Any]]:
    """Metadata of the tables that analysts get: marts, dimensions, what is written beside them."""
    entries = [
        model
        for path in sorted(MODELS.rglob("*.yml"))
        for model in (load_yaml(path.read_text("utf-8")) or {}).get("models", [])
        if model["name"].startswith(("mart_", "dim_")) and not _meta(model).get("internal", False)
    ]
    models = sorted(entries, key=lambda model: (not model["name"].startswith("mart_"), model["name"]))
    return [*models, *release_tables()]


def release_tables() -> list[dict[str, Any]]:
    """Metadata of the tables that no model makes."""
    found: list[dict[str, Any]] = load_yaml(TABLES.read_text("utf-8"))["models"]
    return found


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    return (entry.get("config") or {}).get("meta") or entry.get("meta") or {}


def page() -> str:
    """The whole page as Markdown."""
    return HEAD + "".join(_section(model) for model in published())


def _section(model: dict[str, Any]) -> str:
    meta = _meta(model)
    grain = ", ".join(meta.get("grain", []))
    title = " / ".join(filter(None, (meta.get("label_ko"), meta.get("label_en"))))
    rows = "\n".join(_row(column) for column in model.get("columns", []))
    return f"""
## {model["name"]}

{title + ". " if title else ""}{" ".join(model.get("description", "").split())}
{f"{chr(10)}One row per {grain}.{chr(10)}" if grain else ""}
| column | type | 한국어 | English | unit | meaning |
|---|---|---|---|---|---|
{rows}
"""


def _row(column: dict[str, Any]) -> str:
    meta = _meta(column)
    cells = (
        column["name"], column.get("data_type", ""), meta.get("label_ko", ""), meta.get("label_en", ""),
        meta.get("unit", ""), " ".join(column.get("description", "").split()),
    )  # fmt: skip
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE} written\n")
