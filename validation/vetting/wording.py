"""What is said to an employer: the wording of a rule with the words and facts of one posting."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence


def filled(words: str, quotes: Sequence[str], facts: Mapping[str, object]) -> str:
    """Placeholders replaced in one pass, so that a quote with braces in it stays as it was written."""

    def value(match: re.Match[str]) -> str:
        if match[1] == "quote":
            return " / ".join(quotes) or "-"
        fact = facts.get(match[1])
        return "-" if fact is None else plain(fact)

    return re.sub(r"\{([a-z_0-9]+)\}", value, words)


def plain(value: object) -> str:
    """A fact as people read it: thousands apart, no trailing zeros."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
