"""The model of one person written down twice: what is compared, by which steps, and which pairs. Data only.

A comparison has levels from full agreement to none; the first that holds counts. Fields that change together stand in
one comparison, because counting each by itself would count one move of house twice: telephone with address, the parts
of a name with one another. A level is an SQL condition over the columns of ``normalise.prepare``, with ``_l`` and
``_r``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from validation.linkage.normalise import prepare


@dataclass(frozen=True)
class Level:
    name: str
    condition: str
    #: column whose frequency sets the weight: to agree on a rare name says more than on a common one
    frequency: str | None = None
    #: share of matches that reach it, where it is known beforehand; learnt where not
    among_matches: float | None = None


@dataclass(frozen=True)
class Comparison:
    """``unknown``: when nothing can be said; the pair then gets no weight from this comparison. What ``among_matches``
    of its levels leaves is the share of matches that reach none."""

    name: str
    unknown: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Key:
    """``expression``: list of keys of one record; pairs that share one are compared. A key that would make more than
    ``largest_block`` pairs is shared by too many to tell anything and is left out."""

    expression: str
    largest_block: int


@dataclass(frozen=True)
class Model:
    """Pairs that share no key are never compared. ``training``: pairs of one pass of expectation maximisation each, by
    what they agree on; a pass learns the comparisons that do not rest on its columns. ``prepare`` makes the table of
    ``columns`` that are compared."""

    comparisons: tuple[Comparison, ...]
    keys: tuple[Key, ...]
    training: tuple[str, ...]
    columns: tuple[str, ...]
    prepare: Callable[..., Any] = prepare


def _shared(column: str) -> str:
    return f"len(list_filter({column}_l, lambda w: list_contains({column}_r, w)))"


NAME = Comparison(
    "name", "keys_l IS NULL OR keys_r IS NULL",
    (
        Level("same", "name_l = name_r", frequency="name"),
        Level("a keystroke apart", "damerau_levenshtein(keys_l, keys_r) <= 1"),
        Level("two keystrokes or parts swapped",
              "damerau_levenshtein(keys_l, keys_r) <= 2 OR"
              " (first_part_l = last_part_r AND last_part_l = first_part_r)"),
        Level("alike", "jaro_winkler_similarity(keys_l, keys_r) >= 0.88"),
        Level("a part the same", "list_has_any(parts_l, parts_r)"),
    ),
)  # fmt: skip
BIRTH = Comparison(
    "birth", "birth_date_l IS NULL OR birth_date_r IS NULL",
    (
        Level("same", "birth_date_l = birth_date_r"),
        Level("day and month swapped", "birth_date_l = birth_swapped_r"),
        Level("a digit apart", "damerau_levenshtein(birth_date_l, birth_date_r) <= 1"),
        Level("year or birthday the same", "birth_year_l = birth_year_r OR birthday_l = birthday_r"),
    ),
)  # fmt: skip
SEX = Comparison("sex", "sex_l IS NULL OR sex_r IS NULL", (Level("same", "sex_l = sex_r"),))

_PHONE = "phone_l = phone_r"
_NUMBERS = f"len(numbers_l) > 0 AND {_shared('numbers')} = greatest(len(numbers_l), len(numbers_r))"
_OVERLAP = f"{_shared('address_words')} / least(len(address_words_l), len(address_words_r))"
_CLOSE = f"({_OVERLAP} >= 0.7 OR jaro_winkler_similarity(address_l, address_r) >= 0.94)"
#: movers change both at once, so telephone and address are one comparison
CONTACT = Comparison(
    "contact", "(phone_l IS NULL OR phone_r IS NULL) AND (address_l IS NULL OR address_r IS NULL)",
    (
        Level("telephone and address", f"{_PHONE} AND {_CLOSE}"),
        Level("telephone", _PHONE),
        Level("address", "address_l = address_r"),
        Level("address but for a word", f"{_CLOSE} AND {_NUMBERS}"),
        Level("address nearly", _CLOSE),
        Level("telephone a digit apart", "damerau_levenshtein(phone_l, phone_r) <= 1"),
        Level("address partly", f"{_OVERLAP} >= 0.5"),
    ),
)  # fmt: skip

PERSONS = Model(
    comparisons=(NAME, BIRTH, SEX, CONTACT),
    keys=(
        Key("[birth_date, birth_swapped]", 50_000),
        Key("[phone]", 5_000),
        Key("[name || birth_year, name || birthday]", 5_000),
        Key("list_transform(parts, lambda p: p || ' ' || birth_year)", 500),
        Key("list_transform(long_words[:4], lambda w: w || ' ' || name)", 500),
        Key("flatten(list_transform(long_words[:4], lambda w: list_transform(parts, lambda p: w || ' ' || p)))", 500),
        Key("flatten(list_transform(long_words[:3], lambda w: list_transform(numbers, lambda n: w || ' ' || n)))", 500),
        Key(
            "[long_words[1] || ' ' || long_words[2], long_words[1] || ' ' || long_words[3],"
            " long_words[2] || ' ' || long_words[3]]",
            500,
        ),
    ),
    training=(
        "l.birth_date = r.birth_date",
        "l.name = r.name",
        "l.phone = r.phone",
        "l.address = r.address",
    ),
    columns=(
        "name",
        "keys",
        "parts",
        "first_part",
        "last_part",
        "birth_date",
        "birth_swapped",
        "birth_year",
        "birthday",
        "sex",
        "phone",
        "address_words",
        "address",
        "numbers",
        "long_words",
    ),
)
