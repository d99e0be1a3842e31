"""``docs/published-marts.md``: under which tables each mart is public, or why it stays inside, from ``marts.yml``.

``python -m exports.opendata.where`` writes the page; a test fails when it is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exports.occupations.product import package as occupations
from exports.opendata.package import open_package
from lmi.core.settings import PROJECT_ROOT
from lmi.core.yaml import load_yaml

MARTS = Path(__file__).with_name("marts.yml")
PAGE = PROJECT_ROOT / "docs" / "published-marts.md"

HEAD = """# Where each mart is published / 마트별 공개

This page is written by `python -m exports.opendata.where` from `exports/opendata/marts.yml`; a mart that stands there
neither with its public tables nor with a reason fails the tests. Every table has passed disclosure control
([disclosure.md](disclosure.md)): `open` is described in [open-data.md](open-data.md), `occupations` in
[occupation-tables.md](occupation-tables.md).

| mart | public as / 공개 표 | or why not / 비공개 사유 |
|---|---|---|
"""


def registry() -> Mapping[str, Mapping[str, Any]]:
    """Mart -> {public: tables} or {internal: reason by language}."""
    return load_yaml(MARTS.read_text("utf-8"))


def page() -> str:
    """The whole page as Markdown."""
    packages = (open_package(), occupations())
    folder_of = {table.name: f"{found.name}/{found.folder}" for found in packages for table in found.tables}
    return HEAD + "".join(_row(mart, said, folder_of) for mart, said in registry().items())


def _row(mart: str, said: Mapping[str, Any], folder_of: Mapping[str, str]) -> str:
    by_folder: dict[str, list[str]] = {}
    for table in said.get("public", ()):
        by_folder.setdefault(folder_of[table], []).append(f"`{table}`")
    public = "; ".join(f"{folder}: {', '.join(tables)}" for folder, tables in by_folder.items())
    why = " / ".join(said["internal"][lang] for lang in ("ko", "en")) if "internal" in said else ""
    return f"| `{mart}` | {public} | {why} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.stdout.write(f"{PAGE} written\n")
