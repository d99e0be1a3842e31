"""Reads ``docker-compose.yml`` as ``docker compose`` does: merge keys, then variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lmi.core.settings import PROJECT_ROOT
from lmi.core.yaml import load_yaml

FILE = PROJECT_ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<kind>:[-?])(?P<word>[^}]*))?\}")


class MissingVariable(Exception):
    """A variable without a default has no value."""


def raw() -> dict[str, Any]:
    return load_yaml(FILE.read_text("utf-8"))


def variables() -> dict[str, set[tuple[str, str]]]:
    """Name of every variable in the file -> its ``(kind, word)`` uses; kind is ``:-``, ``:?`` or empty."""
    found: dict[str, set[tuple[str, str]]] = {}
    for match in _VARIABLE.finditer(FILE.read_text("utf-8")):
        found.setdefault(match["name"], set()).add((match["kind"] or "", match["word"] or ""))
    return found


def resolve(node: Any, values: Mapping[str, str]) -> Any:
    """``node`` with every variable filled in. Raises MissingVariable as ``docker compose`` would."""
    if isinstance(node, dict):
        return {key: resolve(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [resolve(value, values) for value in node]
    return _VARIABLE.sub(lambda m: _value(m, values), node) if isinstance(node, str) else node


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    value = values.get(match["name"], "")
    if value or not match["kind"]:
        return value
    if match["kind"] == ":?":
        raise MissingVariable(f"{match['name']}: {match['word']}")
    return match["word"]
