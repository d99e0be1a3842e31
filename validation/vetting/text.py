r"""Text clean-up before any text rule (section 3.2): two views of a text, with offsets back to the original.

The *clean* view: invisible characters dropped, NFKC, loose jamo composed (ㄱㅏㅇㅣㅂㅂㅣ → 가입비), look-alikes between
digits as digits, numerals in Hangul as digits where a numeral is meant (``numerals``), runs of blanks as one (one line
feed where they hold a line break). The *squashed* view: the clean one without blanks, dots, middle dots, slashes,
asterisks and their kin, and without digits between Hangul (``보1도`` → 보도), composed once more. Digits that count
something (``보증금50만원``) stay.

``clean_up`` is the definition, one text at a time. ``view_texts`` gives the same for many: DuckDB finds the texts in
which no step but blanks and separators has work, and does those; the others go through the definition.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import duckdb
import pyarrow as pa

from ingest.typing_sql import literal
from validation.vetting.numerals import MAYBE_NUMERAL, NUMERALS, Edit

# --- characters

#: zero-width, bidirectional and filler characters, soft hyphen, variation selectors, the keycap's frame
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u20e3\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0100-\U000e01ef"
)
_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f\uff9e\uff9f"
_JAMO = "ㄱ-ㅎㅏ-ㅣ\u1100-\u1112\u1161-\u1175\u11a8-\u11c2"
#: one to one, before NFKC: kinds of middle dots, tildes and dashes; negative circles, which NFKC leaves
_SAME = {
    **dict.fromkeys(map(ord, "ㆍ・‧∙•⋅ᆞ･"), "·"),
    **dict.fromkeys(map(ord, "∼〜〰˜"), "~"),
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63], "-"),
    **{base + n: chr(65 + n) for base in (0x1F150, 0x1F170) for n in range(26)},
    **{base + n: str(n + 1) for base in (0x2776, 0x2780, 0x278A, 0x24F5) for n in range(9)},
    0x24FF: "0",
}
#: one to one as well, by NFKC: full-width forms and blanks; the fast path does these in SQL
_WIDE = {**{n: chr(n - 0xFEE0) for n in range(0xFF01, 0xFF5F)}, 0x3000: " ", 0xA0: " "}
#: characters no step but blanks and separators touches, as a class (the fast path is for texts of only these)
_PLAIN = (
    r"\x20-\x7e\t\r\n가-힣\x{4e00}-\x{9fff}\x{a1}-\x{a7}\x{a9}\x{ab}\x{ac}\x{ae}\x{b0}\x{b1}\x{b6}\x{b7}\x{bb}\x{bf}-\x{ff}"
    r"\x{2018}-\x{2021}\x{2023}\x{203b}\x{2190}-\x{21ff}\x{2500}-\x{25ce}\x{25d0}-\x{2775}\x{2794}-\x{27bf}\x{3001}-\x{3003}"
    r"\x{20a0}-\x{20a7}\x{20a9}-\x{20bf}\x{3008}-\x{3011}\x{1f300}-\x{1faff}"
)
#: what NFKC need not see: plain characters and loose jamo, which it would compose wrongly (ㅇ is always leading there)
_STABLE = re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), _PLAIN) + "ㄱ-ㅎㅏ-ㅣ"

_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_COMPAT = {
    **{0x1100 + n: c for n, c in enumerate(_LEADS)},
    **{0x1161 + n: c for n, c in enumerate(_VOWELS)},
    **{0x11A8 + n: c for n, c in enumerate(_TAILS)},
}
_TWO_VOWELS = {"ㅗㅏ": "ㅘ", "ㅗㅐ": "ㅙ", "ㅗㅣ": "ㅚ", "ㅜㅓ": "ㅝ", "ㅜㅔ": "ㅞ", "ㅜㅣ": "ㅟ", "ㅡㅣ": "ㅢ"}
_TWO_TAILS = {
    "ㄱㅅ": "ㄳ",
    "ㄴㅈ": "ㄵ",
    "ㄴㅎ": "ㄶ",
    "ㄹㄱ": "ㄺ",
    "ㄹㅁ": "ㄻ",
    "ㄹㅂ": "ㄼ",
    "ㄹㅎ": "ㅀ",
    "ㅂㅅ": "ㅄ",
}

# --- look-alikes

_ZERO = "Oo○〇◯ОоΟο"
_NOUGHTS = re.compile(rf"(?<=[0-9])[{_ZERO}]+(?=[0-9]|[만천백]?원)")
_AREA = re.compile(rf"(?<![A-Za-z0-9])[{_ZERO}0][1lI|][{_ZERO}0](?=[-. ]?[0-9])")
_STROKES = re.compile(r"(?<=[0-9])[lI|](?=[0-9])")
_MIXED = re.compile("[A-Za-z]*[\u0370-\u03ff\u0400-\u04ff][A-Za-z\u0370-\u03ff\u0400-\u04ff]*")
_LATIN = str.maketrans("АВЕКМНОРСТХУІЅЈаеорсухіѕјΑΒΕΖΗΙΚΜΝΟΡΤΥΧοντ", "ABEKMHOPCTXYISJaeopcyxisjABEZHIKMNOPTYXovt")

# --- blanks and separators

_LINE = r"\t\r\n\x0b\x0c\x1c-\x1f\x85\u2028\u2029"
_GAP = re.compile(f"[ {_LINE}]*[{_LINE}][ {_LINE}]*| {{2,}}")
_BREAK = re.compile("[\r\n\x0b\x0c\x85\u2028\u2029]")
#: dropped everywhere in the squashed view
SEPARATORS = " \n.·*/\\_^|`'\"“”‘’★☆♥♡※●■◆"
_SEPARATOR = re.compile(f"[{re.escape(SEPARATORS)}]+")
#: dropped between Hangul only: elsewhere they make a range or a sum
_BETWEEN = re.compile(r"(?<=[가-힣ㄱ-ㅣ])[-~!+=]+(?=[가-힣ㄱ-ㅣ])")


def _hangul_but(units: str) -> str:
    """A character class: syllables that are none of ``units`` (RE2 knows no look-ahead)."""
    edges = [0xABFF, *sorted(map(ord, units)), 0xD7A4]
    return "".join(f"{chr(a + 1)}-{chr(b - 1)}" for a, b in pairwise(edges) if b - a > 1)


#: digits between Hangul: a single one always (당1일1지1급), longer ones unless they count something
_DIGITS = (
    "[0-9]",
    f"[{_hangul_but('만천백억원세')}]",
    "[0-9]{2,}",
    f"[{_hangul_but('만천백십억원세살대명시분월일년개호급층회차주인이킬키프퍼센')}]",
)
_BETWEEN_DIGITS = re.compile("(?<=[가-힣ㄱ-ㅣ])(?:{}(?={})|{}(?={}))".format(*_DIGITS))


@dataclass(frozen=True)
class Cleaned:
    """The two views of a text. Offsets are worked out when they are asked for: few texts are ever quoted."""

    original: str
    clean: str
    squashed: str

    @cached_property
    def clean_at(self) -> list[int]:
        """Offset in the original of each character of the clean view; one more entry: the length."""
        untouched = list(range(len(self.original) + 1))
        return untouched if self.clean == self.original else _edited(self.original, untouched, _TO_CLEAN)[1]

    @cached_property
    def in_clean(self) -> list[int]:
        """Index in the clean view of each character of the squashed one; one more entry: its length."""
        kept = [place for place, letter in enumerate(self.clean) if letter not in SEPARATORS]
        if len(kept) == len(self.squashed) and self.squashed == "".join(self.clean[place] for place in kept):
            return [*kept, len(self.clean)]  # by far most texts: nothing but separators went
        return _edited(self.clean, list(range(len(self.clean) + 1)), _TO_SQUASHED)[1]

    @property
    def squashed_at(self) -> list[int]:
        return [self.clean_at[place] for place in self.in_clean]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of ``clean[start:end]``; whole characters, even where one became several."""
        last = end
        while last < len(self.clean) and self.clean_at[last] <= self.clean_at[end - 1]:
            last += 1
        return self.clean_at[start], self.clean_at[last]

    def clean_span(self, start: int, end: int) -> tuple[int, int]:
        """Indexes in the clean view of ``squashed[start:end]``, without the separators that follow."""
        last = end - 1
        following = self.in_clean[end]
        stop = self.in_clean[last] + 1
        # a syllable composed from several characters: take all of them but what separates it from the next
        while stop < following and self.clean[stop] not in SEPARATORS and re.match(f"[{_JAMO}]", self.clean[stop]):
            stop += 1
        return self.in_clean[start], stop


# --- the edits


def _to(replacement: str) -> Edit:
    return lambda match: (replacement, [0] * len(replacement))


def _each(table: dict[int, str]) -> Edit:
    return lambda match: (match[0].translate(table), list(range(len(match[0]))))


def _nfkc(match: re.Match[str]) -> tuple[str, list[int]]:
    text = unicodedata.normalize("NFKC", match[0])
    return text, [0] * len(text)


def _compose(match: re.Match[str]) -> tuple[str, list[int]]:
    """Syllables out of a run of loose jamo, as an input method reads them; what makes no syllable stays a letter."""
    head = ""
    run = match[0]
    if "가" <= run[0] <= "힣":  # a syllable takes a conjoining tail (decomposed text), never a loose letter
        head, run = run[0], run[1:]
        if 0x11A8 <= ord(run[0]) <= 0x11C2 and (ord(head) - 0xAC00) % 28 == 0:
            rest, places = _letters(run[1:].translate(_COMPAT))
            return chr(ord(head) + ord(run[0]) - 0x11A7) + rest, [0, *(place + 2 for place in places)]
        rest, places = _letters(run.translate(_COMPAT))
        return head + rest, [0, *(place + 1 for place in places)]
    return _letters(run.translate(_COMPAT))


def _letters(run: str) -> tuple[str, list[int]]:
    out: list[str] = []
    places: list[int] = []
    at = 0
    while at < len(run):
        places.append(at)
        if run[at] not in _LEADS or at + 1 >= len(run) or run[at + 1] not in _VOWELS:
            out.append(run[at])
            at += 1
            continue
        lead, vowel, tail = run[at], run[at + 1], ""
        at += 2
        if vowel + run[at : at + 1] in _TWO_VOWELS:
            vowel = _TWO_VOWELS[vowel + run[at]]
            at += 1
        if _is_tail(run, at):
            tail = run[at]
            at += 1
            if tail + run[at : at + 1] in _TWO_TAILS and _is_tail(run, at):
                tail = _TWO_TAILS[tail + run[at]]
                at += 1
        out.append(chr(0xAC00 + (_LEADS.index(lead) * 21 + _VOWELS.index(vowel)) * 28 + _TAILS.find(tail) + 1 if tail
                       else 0xAC00 + (_LEADS.index(lead) * 21 + _VOWELS.index(vowel)) * 28))  # fmt: skip
    return "".join(out), places


def _is_tail(run: str, at: int) -> bool:
    """A consonant ends a syllable unless a vowel follows, which takes it."""
    return at < len(run) and run[at] in _TAILS and not (at + 1 < len(run) and run[at + 1] in _VOWELS)


def _latin(match: re.Match[str]) -> tuple[str, list[int]]:
    mixed = re.search("[A-Za-z]", match[0])
    return (match[0].translate(_LATIN) if mixed else match[0]), list(range(len(match[0])))


def _gap(match: re.Match[str]) -> tuple[str, list[int]]:
    return ("\n" if _BREAK.search(match[0]) else " "), [0]


_JAMO_RUN = re.compile(f"[가-힣]?[\u11a8-\u11c2][{_JAMO}]*|[{_JAMO}]+")
_TO_CLEAN: tuple[tuple[re.Pattern[str], Edit], ...] = (
    (re.compile(f"[{_INVISIBLE}]+"), _to("")),
    (re.compile(f"[{''.join(map(chr, _SAME))}]"), _each(_SAME)),
    (re.compile(f"[^{_STABLE}][{_MARKS}]*|[{_STABLE}][{_MARKS}]+"), _nfkc),
    (_JAMO_RUN, _compose),
    (_GAP, _gap),
    (_NOUGHTS, lambda match: ("0" * len(match[0]), list(range(len(match[0]))))),
    (_STROKES, _to("1")),
    (_AREA, lambda match: ("010", [0, 1, 2])),
    (_MIXED, _latin),
    *NUMERALS,
)
_TO_SQUASHED: tuple[tuple[re.Pattern[str], Edit], ...] = (
    (_SEPARATOR, _to("")),
    (_JAMO_RUN, _compose),
    *NUMERALS,
    (_BETWEEN, _to("")),
    (_BETWEEN_DIGITS, _to("")),
)


def _edited(text: str, at: list[int], edits: tuple[tuple[re.Pattern[str], Edit], ...]) -> tuple[str, list[int]]:
    """``text`` after all edits, and ``at`` (one entry more than characters) carried along."""
    for pattern, edit in edits:
        pieces: list[str] = []
        moved: list[int] = []
        done = 0
        for match in pattern.finditer(text):
            new, places = edit(match)
            start, end = match.span()
            pieces += (text[done:start], new)
            moved += at[done:start]
            moved += [at[start + place] for place in places]
            done = end
        if pieces:
            pieces.append(text[done:])
            moved += at[done:]
            text, at = "".join(pieces), moved
    return text, at


def _plainly(text: str, edits: tuple[tuple[re.Pattern[str], Edit], ...]) -> str:
    """``_edited`` without offsets."""
    for pattern, edit in edits:
        text = pattern.sub(lambda match, edit=edit: edit(match)[0], text)  # type: ignore[misc]
    return text


def clean_up(text: str) -> Cleaned:
    """Both views of one text. The definition; for many texts use ``view_texts``."""
    clean = _plainly(text, _TO_CLEAN)
    return Cleaned(text, clean, _plainly(clean, _TO_SQUASHED))


# --- many texts

_MAYBE_DIGIT = r"[0-9][Oo○◯]|[0-9][lI|][0-9]|[Oo○◯0][1lI|][Oo○◯0][-. ]?[0-9]"


@lru_cache(maxsize=1)
def _views_sql() -> str:
    """Both views of the texts of table ``given`` in which no step but those on blanks and separators has work."""
    separators = literal(SEPARATORS)
    numeral, digit, between = literal(MAYBE_NUMERAL), literal(_MAYBE_DIGIT), literal("[가-힣][-~!+=0-9]+[가-힣]")
    one_to_one = _SAME | _WIDE
    wide, same = literal("".join(map(chr, one_to_one))), literal("".join(one_to_one.values()))
    joined = "squashed"
    one, after_one, many, after_many = _DIGITS
    for run, after in (("[-~!+=]+", "[가-힣]"), (one, after_one), (many, after_many)):
        for _ in range(2):  # neighbours share the syllable between them
            joined = f"regexp_replace({joined}, '([가-힣]){run}({after})', '\\1\\2', 'g')"
    return f"""
        WITH narrow AS (
            SELECT text, CASE WHEN regexp_matches(text, '[^{_PLAIN}]')
                THEN replace(translate(text, {wide}, {same}), '…', '...') ELSE text END AS text_narrow
            FROM given
        ),

        plain AS (
            SELECT text, CASE WHEN NOT regexp_matches(text_narrow, '[^{_PLAIN}]') THEN text_narrow END AS kept
            FROM narrow
        ),

        spaced AS (
            SELECT text, CASE
                WHEN NOT regexp_matches(kept, '[\\t\\r\\n]|  ') THEN kept
                ELSE regexp_replace(
                    regexp_replace(kept, '[ \\t\\r\\n]*[\\r\\n][ \\t\\r\\n]*', chr(10), 'g'),
                    '\\t[ \\t]*| [ \\t]+', ' ', 'g'
                ) END AS clean
            FROM plain
        ),

        squashed AS (
            SELECT text, clean, translate(clean, {separators}, '') AS squashed FROM spaced
        )

        SELECT text, clean, CASE WHEN regexp_matches(squashed, {between}) THEN {joined} ELSE squashed END AS squashed
        FROM squashed
        WHERE NOT (regexp_matches(clean, {digit}) OR regexp_matches(clean, {numeral})
            OR regexp_matches(squashed, {numeral}))
    """


def view_texts(con: duckdb.DuckDBPyConnection, source: str, into: str = "viewed") -> None:
    """Table ``into(text_no, text, clean, squashed)``: both views of each distinct text, equal to ``clean_up``.

    ``source``: a query with the column text; NULL is no text.
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE given AS SELECT DISTINCT text FROM ({source}) WHERE text IS NOT NULL")
    con.execute(f"CREATE OR REPLACE TEMP TABLE seen AS {_views_sql()}")
    rest = con.execute("SELECT text FROM given ANTI JOIN seen USING (text)").to_arrow_table()["text"].to_pylist()
    clean = [_plainly(text, _TO_CLEAN) for text in rest]
    slow = pa.table({
        "text": pa.array(rest, pa.string()),
        "clean": pa.array(clean, pa.string()),
        "squashed": pa.array([_plainly(text, _TO_SQUASHED) for text in clean], pa.string()),
    })  # fmt: skip
    con.register("_slow", slow)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT row_number() OVER () - 1 AS text_no, *"
        " FROM (FROM seen UNION ALL FROM _slow)"
    )
    con.unregister("_slow")
    con.execute("DROP TABLE given")
    con.execute("DROP TABLE seen")


def views(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Clean and squashed view of each text; NULL stays NULL. Order is kept."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    given = pa.table({"no": pa.array(range(len(texts)), pa.int64()), "text": texts.cast(pa.string())})
    with duckdb.connect() as con:
        con.execute("SET threads = 1")
        con.register("rows", given)
        view_texts(con, "SELECT text FROM rows")
        found = con.execute(
            "SELECT v.clean, v.squashed FROM rows LEFT JOIN viewed AS v USING (text) ORDER BY no"
        ).to_arrow_table()
    return found["clean"].combine_chunks(), found["squashed"].combine_chunks()
