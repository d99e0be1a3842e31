"""The classifications that titles are coded to."""

from __future__ import annotations

import re
from dataclasses import dataclass


class CodingError(Exception):
    """A file or a home cannot serve; the message says where, why and what to do."""


class SchemeError(Exception):
    """There is no such scheme."""


@dataclass(frozen=True)
class Scheme:
    """``pattern``: codes of the level that is coded to. ``letters``: shortest and longest run of letters to learn.
    ``is_english``: its titles are, so that their vectors tell something."""

    id: str
    pattern: str
    letters: tuple[int, int]
    is_english: bool

    def is_code(self, text: str) -> bool:
        return re.fullmatch(self.pattern, text) is not None


SCHEMES = {
    scheme.id: scheme
    for scheme in (
        Scheme("KECO", r"\d{4}", (1, 4), False),
        Scheme("SOC", r"\d{2}-\d{4}", (3, 5), True),
        Scheme("ISCO", r"\d{4}", (3, 5), True),
        Scheme("KSIC", r"\d{5}", (1, 4), False),
    )
}


def scheme_of(name: str) -> Scheme:
    if name not in SCHEMES:
        raise SchemeError(f"{name} is no scheme that titles are coded to; use one of {', '.join(SCHEMES)}.")
    return SCHEMES[name]
