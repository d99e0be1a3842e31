"""Data Docs of a home: a page for each run of a suite, whoever ran it, and one index of all.

Great Expectations' own index lists what the running process knows and deletes every other page, so the index is ours.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import quote

from jinja2 import Environment
from jinja2.bccache import Bucket, BytecodeCache

from lmi.core.atomic import write_file

if TYPE_CHECKING:
    from great_expectations.data_context import AbstractDataContext
    from great_expectations.data_context.types.resource_identifiers import ValidationResultIdentifier


class _Compiled(BytecodeCache):
    """Compiled templates of this process."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


SITE = "data_docs"
_COMPILED = _Compiled()
_HEAD = """<!DOCTYPE html>
<html lang="ko"><head><meta charset="utf-8"><title>Data Docs</title>
<style>body{font-family:sans-serif;margin:2em}td,th{padding:.2em 1em .2em 0;text-align:left}</style></head><body>
<h1>Data Docs</h1>
<p>무엇을 점검했는지: 자료원 계약과 심사 규칙, 적재마다 한 쪽. 건수와 레코드 표식뿐이고 값은 없습니다.<br>
What was checked: contracts of the sources and vetting rules, a page per load. Counts and marks of records, no
values.</p>
"""


def add_site(context: AbstractDataContext, folder: Path) -> None:
    """Where ``add_pages`` writes."""
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    index = {"class_name": "DefaultSiteIndexBuilder"}  # demanded, and never built
    config: Any = {"class_name": "SiteBuilder", "store_backend": backend, "site_index_builder": index}
    context.add_data_docs_site(site_name=SITE, site_config=config)


def add_pages(context: AbstractDataContext, folder: Path, results: Sequence[ValidationResultIdentifier]) -> None:
    """Pages of some results and their suites, and the index over all pages that are there."""
    from great_expectations.render.view import view

    named: list[Any] = [*results, *{key.expectation_suite_identifier for key in results}]
    # the library would compile its templates anew for each call
    with patch.object(view, "Environment", partial(Environment, bytecode_cache=_COMPILED)):
        context.build_data_docs(site_names=[SITE], resource_identifiers=named, build_index=False)
    write_file(folder / "index.html", _index(folder).encode())


def pages(folder: Path) -> list[Path]:
    """Pages of results, relative to the folder: ``validations/<suite>/<name of the run>/<its time>/<batch>.html``. A
    dot in the name of a suite makes a folder."""
    return sorted(page.relative_to(folder) for page in (folder / "validations").rglob("*.html"))


def _index(folder: Path) -> str:
    said = _HEAD
    by_suite: dict[str, list[Path]] = {}
    for page in pages(folder):
        by_suite.setdefault(".".join(page.parts[1:-3]), []).append(page)
    for suite, of_suite in sorted(by_suite.items()):
        said += f"<h2>{html.escape(suite)}</h2>\n<table>\n"
        for page in reversed(of_suite):
            name, time = page.parts[-3:-1]
            link = f'<a href="{quote(page.as_posix())}">{html.escape(name)}</a>'
            said += f"<tr><td>{link}</td><td>{html.escape(time)}</td></tr>\n"
        said += "</table>\n"
    return said + "</body></html>\n"
