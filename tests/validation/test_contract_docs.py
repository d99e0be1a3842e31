"""Data Docs of the contracts: counts of every accepted load, no value, and no page of another run is lost."""

from __future__ import annotations

import html
import re
from pathlib import Path

from ingest.registry import load_registry
from tests.payloads import HTML, live
from tests.validation.support import NOW, broken_row, context_in, good_row, landed_in
from validation.contract_docs import write_pages
from validation.contracts import checks_of
from validation.run import validate

SEEKERS = load_registry()["seeker_registrations"]


def test_a_page_per_load_with_counts_and_no_value(tmp_path: Path) -> None:
    context = context_in(tmp_path)
    other = context.paths.data_docs / "validations/vacancy_vetting/2026-10-01 1/20261001T000000Z/batch.html"
    other.parent.mkdir(parents=True)
    other.write_text("of the vetting")
    values = next(check for check in checks_of(SEEKERS) if check.rule == "values")
    broken = {**broken_row(SEEKERS, values, 1003), values.column.name: HTML[0]}
    rows = [good_row(SEEKERS, n) for n in range(1000, 1003)] + [broken]
    landed = landed_in(context, SEEKERS, rows)
    validate(landed.folder, SEEKERS, context.settings, now=NOW)

    assert write_pages(context.paths, [SEEKERS]) == 1
    assert write_pages(context.paths, [SEEKERS]) == 0
    assert other.exists()
    index = (context.paths.data_docs / "index.html").read_text("utf-8")
    assert "<h2>vacancy_vetting</h2>" in index and f"<h2>{SEEKERS.id} {SEEKERS.version}</h2>" in index
    (made,) = (p for p in (context.paths.data_docs / "validations").rglob("*.html") if p != other)
    page = html.unescape(re.sub("<[^>]+>", " ", made.read_text("utf-8")))
    assert "25% unexpected" in page and "Failed" in page
    assert re.search(r"Unsuccessful Expectations\s+1\s", page)
    assert "lmi()" not in page and live(made) == []
