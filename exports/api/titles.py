"""Search over titles of occupations: the names of the classification and every other title that is known of one."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

#: between two titles; no normalised title holds it
BREAK = "\n"


def normalised(text: str) -> str:
    """Letters and digits only, compatibility forms folded (NFKC), case folded: spaces in Korean titles vary."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


@dataclass(frozen=True)
class Titles:
    """``text``: all normalised titles, one a line, prepared when the release was made. ``owners``: number of the
    occupation of each. ``starts``: where each begins in ``text``."""

    text: str
    owners: Sequence[int]
    starts: Sequence[int]

    @classmethod
    def of(cls, titles: Sequence[str], owners: Sequence[int]) -> Titles:
        """From titles that are normalised already, names of the classification before other titles."""
        starts, at = [], 0
        for title in titles:
            starts.append(at)
            at += len(title) + 1
        return cls(BREAK.join(titles) + BREAK, owners, starts)

    def find(self, query: str) -> list[int]:
        """Occupations with a title that holds every word of ``query``, the best first: the whole title, its beginning,
        inside it, the words apart; then the shorter title."""
        words = [word for word in map(normalised, query.split()) if word]
        if not words:
            return []
        found = self._holding(words[0])
        for word in words[1:]:
            found &= self._holding(word)
        whole, best = "".join(words), dict[int, tuple[int, int, int]]()
        for number in found:
            title = self._title(number)
            at = title.find(whole)
            rank = 0 if title == whole else 1 if at == 0 else 2 if at > 0 else 3
            owner = self.owners[number]
            best[owner] = min(best.get(owner, (9, 0, 0)), (rank, len(title), owner))
        return sorted(best, key=best.__getitem__)

    def _title(self, number: int) -> str:
        start = self.starts[number]
        return self.text[start : self.text.index(BREAK, start)]

    def _holding(self, word: str) -> set[int]:
        found: set[int] = set()
        at = self.text.find(word)
        while at >= 0:
            number = bisect_right(self.starts, at) - 1
            found.add(number)
            at = self.text.find(word, self.text.index(BREAK, at))
        return found
