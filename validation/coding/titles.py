"""Clean-up of a title, what of it is learnt, and its stem, which keeps variants of one title together in a split."""

from __future__ import annotations

import re
import unicodedata

#: raised when features or clean-up change: a model is named by what it was trained on and how
FEATURES_VERSION = 1

_PARENTHESES = re.compile(r"\([^()]*\)")
_APOSTROPHES = re.compile(r"['’`]")
_SEPARATORS = re.compile(r"[\W_]+")
_HANGUL = re.compile(r"[가-힣]")
#: endings of Korean titles that name the person rather than the work
_PERSON = re.compile(r"(?:종사원|종사자|기술자|전문가|관리자|기능사|기사|원|사|자|공|가)$")


def cleaned(title: str) -> str:
    """Words in lower case with one blank between them; equal for what differs in width, case or punctuation only."""
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", title)).casefold()
    return _SEPARATORS.sub(" ", text).strip()


def stem(title: str) -> str:
    """Key of titles that are variants of each other: plurals, order of words, an abbreviation in parentheses.

    Hangul is compared without blanks and without the ending that names the person (용접원, 용접사 and 용접공 are one).
    """
    words = cleaned(_PARENTHESES.sub(" ", unicodedata.normalize("NFKC", title))) or cleaned(title)
    if _HANGUL.search(words):
        squashed = words.replace(" ", "")
        return _PERSON.sub("", squashed) or squashed
    return " ".join(sorted({_singular(word) for word in words.split()}))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
