"""Deque's axe-core in a window of Chromium: breaches of WCAG 2.0, 2.1 and 2.2 at levels A and AA."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tests.validation.desk.browser import Browser

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@cache
def _source() -> str:
    """The script, out of the package that carries it; nothing else of the package is used."""
    spec = find_spec("axe_playwright_python")
    assert spec and spec.origin
    return (Path(spec.origin).parent / "axe.min.js").read_text("utf-8")


def violations(browser: Browser) -> list[str]:
    """What axe finds on the page that is open: rule, the element and why."""
    browser.execute(_source())
    options = json.dumps({"runOnly": {"type": "tag", "values": STANDARD}, "resultTypes": ["violations"]})
    found = browser.run(f"axe.run(document, {options})")
    assert len(found["passes"]) > 5, "axe looked at nothing"
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
