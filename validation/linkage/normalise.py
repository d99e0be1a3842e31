"""What two registers must write alike before they are compared: names, birth dates, telephones, addresses.

``prepare`` turns declared text columns into the columns the model compares; every step is SQL, so rows stay in DuckDB.
Typing errors are measured in keystrokes: a Hangul syllable becomes the Latin keys of the Korean two-set keyboard
(KS X 5002) that write it, so that 김민준 and 김민중 lie one key apart, as Smith and Smitj do.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from ingest.door import phone_sql
from ingest.typing_sql import ident, literal

#: columns a register may declare; all but the name may be missing
FIELDS = ("name", "birth_date", "sex", "phone", "address")

_INITIAL = ["r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"]
_VOWEL = [
    "k",
    "o",
    "i",
    "O",
    "j",
    "p",
    "u",
    "P",
    "h",
    "hk",
    "ho",
    "hl",
    "y",
    "n",
    "nj",
    "np",
    "nl",
    "b",
    "m",
    "ml",
    "l",
]
_FINAL = "_ r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g".replace("_", "-").split()
#: surnames of two syllables in use (census of surnames, Statistics Korea)
_LONG_SURNAMES = ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방", "어금", "망절")
#: full-width forms of ASCII and what they stand for
_WIDE = "".join(chr(0xFF01 + n) for n in range(94)) + "\u3000"
_NARROW = "".join(chr(0x21 + n) for n in range(94)) + " "


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Creates the macros ``prepare`` uses; they hold no data."""
    initial, vowel = _list(_INITIAL), _list(_VOWEL)
    final = _list(["" if key == "-" else key for key in _FINAL])
    con.execute(rf"""
        CREATE OR REPLACE TEMP MACRO narrow(t) AS translate(nfc_normalize(t), {literal(_WIDE)}, {literal(_NARROW)});
        -- Latin letters stay as they are: for them a letter is a keystroke
        CREATE OR REPLACE TEMP MACRO keystrokes(t) AS array_to_string(list_transform(string_split(t, ''), lambda c:
            CASE WHEN c BETWEEN '가' AND '힣' THEN
                {initial}[1 + (ord(c) - 44032) // 588] || {vowel}[1 + (ord(c) - 44032) % 588 // 28]
                || {final}[1 + (ord(c) - 44032) % 28]
            ELSE c END), '');
        -- what stands in brackets is the name again in another script; beside Hangul so are Han characters
        CREATE OR REPLACE TEMP MACRO one_script(t) AS CASE
            WHEN regexp_matches(t, '\p{{Hangul}}') THEN regexp_replace(t, '\p{{Han}}', '', 'g') ELSE t END;
        CREATE OR REPLACE TEMP MACRO name_words(t) AS regexp_extract_all(
            one_script(regexp_replace(lower(strip_accents(narrow(t))), '[(\[].*?([)\]]|$)', ' ', 'g')),
            '[\p{{L}}\p{{M}}]+');
        CREATE OR REPLACE TEMP MACRO surname_length(n) AS
            CASE WHEN length(n) > 2 AND left(n, 2) IN ({", ".join(map(literal, _LONG_SURNAMES))}) THEN 2 ELSE 1 END;
        -- Korean names are written with and without a blank, so the parts are cut anew: surname, given name
        CREATE OR REPLACE TEMP MACRO parts_of(words, n) AS CASE
            WHEN n = '' THEN []
            WHEN regexp_full_match(n, '\p{{Hangul}}+') AND length(n) > 1
                THEN [left(n, surname_length(n)), substr(n, surname_length(n) + 1)]
            ELSE words END;
        CREATE OR REPLACE TEMP MACRO name_parts(t) AS
            parts_of(name_words(t), array_to_string(name_words(t), ''));
        CREATE OR REPLACE TEMP MACRO date_numbers(t) AS regexp_extract_all(narrow(t), '[0-9]+');
        -- eight digits, year first, not checked against the calendar: a mistyped date is still worth comparing.
        -- Six digits are those of a resident number; nobody in a register of work was born after 2019.
        CREATE OR REPLACE TEMP MACRO date_digits(d) AS CASE
            WHEN len(d) = 1 AND length(d[1]) = 8 THEN d[1]
            WHEN len(d) = 1 AND length(d[1]) = 6 THEN CASE WHEN d[1] < '20' THEN '20' ELSE '19' END || d[1]
            WHEN len(d) >= 3 AND length(d[1]) = 4 AND greatest(length(d[2]), length(d[3])) <= 2
                THEN d[1] || lpad(d[2], 2, '0') || lpad(d[3], 2, '0')
            WHEN len(d) >= 3 AND length(d[3]) = 4 AND greatest(length(d[1]), length(d[2])) <= 2
                THEN d[3] || lpad(d[2], 2, '0') || lpad(d[1], 2, '0') END;
        CREATE OR REPLACE TEMP MACRO birth_digits(t) AS date_digits(date_numbers(t));
        CREATE OR REPLACE TEMP MACRO sex_code(t) AS CASE
            WHEN lower(narrow(t)) IN ('m', 'male', '남', '남자', '남성', '1', '3') THEN 'M'
            WHEN lower(narrow(t)) IN ('f', 'female', '여', '여자', '여성', '2', '4') THEN 'F' END;
        -- the longest words of an address tell most; of equally long ones the last in the alphabet
        CREATE OR REPLACE TEMP MACRO long_words(words) AS list_transform(list_reverse_sort(
            list_transform(list_distinct(words), lambda w: lpad(length(w)::VARCHAR, 3, '0') || w)),
            lambda w: substr(w, 4));
        -- first-level regions by their short name (서울특별시 and 서울시: 서울; 전라북도 and 전북특별자치도: 전북)
        CREATE OR REPLACE TEMP MACRO region_short(t) AS regexp_replace(regexp_replace(t,
            '(충|전|경)[청라상](북|남)도', '\1\2', 'g'),
            '(서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|제주|전북)(?:(?:특별자치|특별|광역)?시|(?:특별자치)?도)',
            '\1', 'g');
        -- lots keep their hyphen; brackets hold what is said twice (a legal quarter beside the road)
        CREATE OR REPLACE TEMP MACRO address_words(t) AS regexp_extract_all(region_short(regexp_replace(
            lower(strip_accents(narrow(t))), '[(\[].*?([)\]]|$)|([0-9])번지', '\2 ', 'g')),
            '[\p{{L}}\p{{M}}]+|[0-9]+(?:-[0-9]+)?\p{{L}}*');
    """)


def _list(items: list[str]) -> str:
    return f"[{', '.join(map(literal, items))}]"


def prepare(con: duckdb.DuckDBPyConnection, relation: str, declared: Mapping[str, str], key: str, table: str) -> None:
    """Creates temporary ``table`` of comparable columns, one row per row of ``relation``.

    ``declared``: field of ``FIELDS`` → column of the relation (text or date); ``key``: its unique column. Empty values
    become NULL: nothing is known from two blanks that agree. Raises ValueError for a field that is none.
    """
    if unknown := set(declared) - set(FIELDS):
        raise ValueError(f"fields {sorted(unknown)} cannot be compared; there are {', '.join(FIELDS)}.")
    raw = {f: f"{ident(declared[f])}::VARCHAR" if f in declared else "NULL::VARCHAR" for f in FIELDS}
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {ident(table)} AS
        WITH normalised AS (
            SELECT {ident(key)}::VARCHAR AS unique_id, nullif(name_parts({raw["name"]}), []) AS parts,
                birth_digits({raw["birth_date"]}) AS birth_date, sex_code({raw["sex"]}) AS sex,
                {phone_sql(raw["phone"])} AS phone, nullif(address_words({raw["address"]}), []) AS address_words
            FROM {relation}
        )
        SELECT unique_id, array_to_string(list_sort(parts), ' ') AS name,
            keystrokes(array_to_string(parts, '')) AS keys,
            list_transform(parts, lambda p: keystrokes(p)) AS parts, keystrokes(parts[1]) AS first_part,
            keystrokes(parts[len(parts)]) AS last_part, birth_date, left(birth_date, 4) || substr(birth_date, 7, 2)
            || substr(birth_date, 5, 2) AS birth_swapped, left(birth_date, 4) AS birth_year,
            substr(birth_date, 5) AS birthday, sex, phone, address_words,
            array_to_string(address_words, ' ') AS address,
            list_filter(address_words, lambda w: regexp_matches(w, '[0-9]')) AS numbers,
            long_words(list_filter(address_words, lambda w: NOT regexp_matches(w, '[0-9]'))) AS long_words
        FROM normalised
    """)
