"""Every code with which a delivery is refused has a phrase for whoever reads the status."""

from __future__ import annotations

import ast
from pathlib import Path

import ingest
from ingest.connectors import work24
from ingest.refusals import phrase, phrases
from lmi.core.settings import LANGUAGES

INGEST = Path(ingest.__file__).parent


def test_every_code_has_a_phrase_and_no_phrase_is_left_over() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in INGEST.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    raised = {
        call.args[0].value
        for call in calls
        if getattr(call.func, "id", "") in ("FetchError", "_Again") and isinstance(call.args[0], ast.Constant)
    }
    raised |= {code for _, code, _ in work24._ERRORS} | {code for code, _ in work24._CODES.values()}
    assert len(raised) > 30 and all(phrase(code, lang) for code in raised for lang in LANGUAGES)
    assert phrases().keys() - raised == {"http_"}
    assert phrase("http_500", "en") == phrases()["http_"]["en"]
