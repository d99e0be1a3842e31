"""Why a delivery was refused, in the reader's language: the codes of ``FetchError`` in phrases."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lmi.core.yaml import load_yaml

_FILE = Path(__file__).with_name("refusals.yml")
#: codes that carry the provider's status: http_403
_HTTP = "http_"


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    """Phrases by code and language."""
    kinds = load_yaml(_FILE.read_text("utf-8")).values()
    return {code: kind for kind in kinds for code in kind["codes"]}


def phrase(code: str, lang: str) -> str | None:
    """What ``code`` means in ``lang``; None for a code that is not listed."""
    kind = phrases().get(_HTTP if code.startswith(_HTTP) else code)
    return kind[lang] if kind else None


def said(detail: Mapping[str, Any], lang: str) -> str:
    """Why an attempt of the ledger went wrong: what validation refused it for, else the error after its phrase."""
    refusals = detail.get(f"refusals_{lang}") or detail.get("refusals", [])
    if refusals or not detail.get("error"):
        return "; ".join(refusals)
    kind = phrase(detail.get("code", ""), lang)
    return f"{kind}. {detail['error']}" if kind else str(detail["error"])
