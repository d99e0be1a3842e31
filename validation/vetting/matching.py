"""Text conditions → hits with the words that triggered them, quoted from the original.

DuckDB's RE2 finds the candidates among the distinct texts of each view; spans, negation and exceptions are looked at in
Python, on the candidates only. Both engines compile the same patterns to the same meaning (``rules.FLAGS``).

A hit in the squashed view counts only where the words were split on purpose: it must hold two neighbours of one
character each (유 흥 주 점, 보1도). Without this, 나도 박사 would hold 도박 and 교육·비용 a fee.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache

import duckdb
import pyarrow as pa

from ingest.typing_sql import literal
from lmi.core.sql import scalar
from validation.vetting.rules import FLAGS, TextCondition
from validation.vetting.text import Cleaned

HITS = pa.schema(
    [
        ("number", pa.int32()),
        ("signal", pa.string()),
        ("posting_no", pa.int64()),
        ("field", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("quote", pa.string()),
    ]
)
#: up to so many texts are looked at without a search for candidates
FEW = 50
#: the same for postings that alone a hit counts in: their texts cost less than a search in all
FEW_POSTINGS = 1000
#: hits kept of one condition in one text: enough to show the employer what to change
MOST = 5

#: where a negation stops reaching: a line, a sentence; a comma after Hangul or a figure (English lists go on)
_STOPS = re.compile(r"\n|[.!?;。](?=\s|$)|(?<=[가-힣0-9)])[,/] ")
_TOKENS = re.compile("[가-힣]+|[ㄱ-ㅣ]|[0-9]+|[A-Za-z]+")
#: figures that may be a person's: long runs, in digits or spelled
_NUMBERS = re.compile(
    r"(?:[0-9０-９○〇][-–. ()~]{0,2}){9,}|[공영일이삼사오육륙칠팔구0-9](?:[-. ]?[공영일이삼사오육륙칠팔구0-9]){8,}"
)
_FIGURE = re.compile("[0-9０-９○〇공영일이삼사오육륙칠팔구]")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, FLAGS)


def _split_on_purpose(cleaned: Cleaned, start: int, end: int) -> bool:
    """Whether ``clean[start:end]``, found in the squashed view, has neighbouring tokens of one character."""
    line = cleaned.clean.rfind("\n", 0, start) + 1
    previous: re.Match[str] | None = None
    for token in _TOKENS.finditer(cleaned.clean, max(line, start - 30)):
        if token.start() >= end:
            return False
        if token.end() <= start:
            continue
        single = len(token[0]) == 1
        near = previous is not None and token.start() - previous.end() <= 3
        if single and near and "\n" not in cleaned.clean[previous.end() : token.start()]:  # type: ignore[union-attr]
            return True
        previous = token if single else None
    return False


def _found(cleaned: Cleaned, condition: TextCondition) -> Iterator[tuple[int, int]]:
    """Spans in the clean view, of both views' patterns."""
    for pattern in condition.clean:
        for match in _compiled(pattern).finditer(cleaned.clean):
            yield match.span()
    for pattern in condition.squashed:
        for match in _compiled(pattern).finditer(cleaned.squashed):
            start, end = cleaned.clean_span(*match.span())
            if end - start == len(match[0]) or _split_on_purpose(cleaned, start, end):
                yield start, end


def _window(clean: str, start: int, end: int, before: int, after: int) -> str:
    """The hit with its surroundings, not beyond the sentence."""
    left = max(0, start - before)
    for stop in _STOPS.finditer(clean, left, start):
        left = stop.end()
    right = min(len(clean), end + after)
    stop_after = _STOPS.search(clean, end, right)
    return clean[left : stop_after.start() if stop_after else right]


def spans(cleaned: Cleaned, condition: TextCondition) -> list[tuple[int, int]]:
    """Spans in the clean view that the condition finds: neither negated nor excepted, in order, none inside another."""
    found = sorted(set(_found(cleaned, condition)), key=lambda span: (span[0], -span[1]))
    if not found:
        return []
    spared = [match.span() for pattern in condition.exceptions for match in _compiled(pattern).finditer(cleaned.clean)]
    kept: list[tuple[int, int]] = []
    covered = 0
    for start, end in found:
        if end <= covered:  # what cancels the longer hit cancels those inside it
            continue
        covered = end
        if any(start < last and first < end for first, last in spared):
            continue
        window = _window(cleaned.clean, start, end, condition.before, condition.after)
        if not any(_compiled(pattern).search(window) for pattern in condition.unless):
            kept.append((start, end))
    return kept[:MOST]


def quoted(words: str) -> str:
    """The original words, with figures that may be a person's number starred out at equal length."""
    return _NUMBERS.sub(lambda run: _FIGURE.sub("*", run[0]), words)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the blanks at its ends, and without a bracket that was opened before it."""
    words = text[start:end]
    if words.endswith((")", "]")) and not {"(", "["}.intersection(words):
        words, end = words[:-1], end - 1
    return start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())


#: a gap of some length; a candidate may have a longer one, which needs no counting and makes the automaton small
_COUNTED_GAP = re.compile(r"(\[\^\\n[^\]]*\])\{0,\d{2}\}")


def _union(patterns: Sequence[str]) -> str:
    return "|".join("(?:" + _COUNTED_GAP.sub(r"\1*", pattern) + ")" for pattern in patterns)


def _candidates(con: duckdb.DuckDBPyConnection, conditions: Sequence[TextCondition]) -> dict[TextCondition, list[int]]:
    """For each distinct condition the ``text_no`` of table ``viewed`` that may hold it.

    Groups first, then the conditions of a group on what is left of its texts: few texts hold any. Clean patterns have
    gaps, which makes the automaton of a large union explode (so each condition is a group); squashed ones are words. A
    few texts are all candidates: to look at them costs less than to compile the patterns once more.
    """
    if scalar(con, "SELECT count(*) FROM viewed") <= FEW:
        every = [text_no for (text_no,) in con.execute("SELECT text_no FROM viewed ORDER BY ALL").fetchall()]
        return dict.fromkeys(conditions, every)
    found: dict[TextCondition, set[int]] = {condition: set() for condition in conditions}
    for view, size in (("clean", 1), ("squashed", 8)):
        held = [condition for condition in found if getattr(condition, view)]
        for first in range(0, len(held), size):
            group = held[first : first + size]
            unions = [literal(_union(getattr(condition, view))) for condition in group]
            any_of = literal(_union([p for condition in group for p in getattr(condition, view)]))
            tests = ", ".join(f"regexp_matches({view}, {union}, 'i')" for union in unions)
            rows = con.execute(
                f"SELECT text_no, {tests} FROM (SELECT text_no, {view} FROM viewed"
                f" WHERE regexp_matches({view}, {any_of}, 'i') OFFSET 0)"
            ).fetchall()
            for text_no, *holds in rows:
                for condition, held_here in zip(group, holds, strict=True):
                    if held_here:
                        found[condition].add(text_no)
    return {condition: sorted(text_nos) for condition, text_nos in found.items()}


def _texts_of(con: duckdb.DuckDBPyConnection, postings: Set[int]) -> list[int]:
    """``text_no`` of all texts of some postings."""
    con.register("_few", pa.table({"posting_no": pa.array(sorted(postings), pa.int64())}))
    found = con.execute("SELECT DISTINCT text_no FROM said SEMI JOIN _few USING (posting_no) ORDER BY ALL").fetchall()
    con.unregister("_few")
    return [text_no for (text_no,) in found]


def text_hits(
    con: duckdb.DuckDBPyConnection,
    conditions: Sequence[tuple[int, str, TextCondition]],
    counting: Mapping[tuple[int, str], Set[int]] | None = None,
) -> pa.Table:
    """All hits of the conditions in the texts that ``reading.read_texts`` has read: ``said`` and ``viewed``.

    ``conditions``: (number, name of the signal or '', condition); ``counting``: by number and signal the only postings
    in which a hit counts, for what a ``when`` asks is the caller's. Result: ``HITS``; ``start`` and ``end`` are offsets
    in the original text in characters.
    """
    counting = counting or {}
    rows: dict[str, list[object]] = {name: [] for name in HITS.names}
    few = {key: _texts_of(con, only) for key, only in counting.items() if len(only) <= FEW_POSTINGS}
    searched = _candidates(con, [condition for number, signal, condition in conditions if (number, signal) not in few])
    candidates = {
        (number, signal): few.get((number, signal), searched.get(condition, []))
        for number, signal, condition in conditions
    }
    con.register("_wanted", pa.table({"text_no": pa.array(sorted(set().union(*candidates.values())), pa.int64())}))
    texts = {
        text_no: Cleaned(*views)
        for text_no, *views in con.execute(
            "SELECT text_no, text, clean, squashed FROM viewed SEMI JOIN _wanted USING (text_no)"
        ).fetchall()
    }
    places: dict[int, list[tuple[int, str]]] = {}
    for text_no, posting_no, name in con.execute(
        "SELECT text_no, posting_no, field FROM said SEMI JOIN _wanted USING (text_no) ORDER BY posting_no, field"
    ).fetchall():
        places.setdefault(text_no, []).append((posting_no, name))
    con.unregister("_wanted")

    @cache
    def found(text_no: int, condition: TextCondition) -> list[tuple[int, int, str]]:
        text = texts[text_no]
        places = [_trimmed(text.original, *text.span(*span)) for span in spans(text, condition)]
        return [(start, end, quoted(text.original[start:end])) for start, end in places]

    for number, signal, condition in conditions:
        only = counting.get((number, signal))
        for text_no in candidates[number, signal]:
            at = [
                (posting_no, name)
                for posting_no, name in places[text_no]
                if name in condition.fields and (only is None or posting_no in only)
            ]
            if not at:
                continue
            for start, end, quote in found(text_no, condition):
                for posting_no, name in at:
                    for column, value in zip(rows, (number, signal, posting_no, name, start, end, quote), strict=True):
                        rows[column].append(value)
    return pa.table(rows, schema=HITS)
