"""Finds the employer of a mention without a valid business number among the registered workplaces.

Names are compared without their legal form, brackets and branch, in keystrokes; the place counts as address, district
or province. A name alone is shared by many, a name and a district by few: how few is learnt from the register itself,
as for persons. What comes out is a business number with a probability; a number that was given and is valid is never
replaced.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from ingest.typing_sql import ident
from validation.linkage.linker import Links, Register, link
from validation.linkage.model import Comparison, Key, Level, Model

#: columns that can be declared; all but the name may be missing
FIELDS = ("name", "region_code", "address")
#: words that say what kind of company it is, and not which (Commercial Act art. 170; English forms as in use)
_FORMS = (
    r"\((?:주|유|합|사|재|의|학|복|농|영|자)\)"
    r"|주식회사|유한책임회사|유한회사|합자회사|합명회사|사단법인|재단법인|의료법인|학교법인|사회복지법인|농업회사법인|영농조합법인"
    r"|\b(?:company|co|corporation|corp|incorporated|inc|limited|ltd|llc|plc)\b"
)
#: what follows the name of an employer in that of one of its workplaces
_BRANCH = r"\s\S*(?:지점|지사|영업소|출장소|사업소|본점|본사|제?[0-9]*공장)\s*$"
#: provinces that got a new number (2023, 2024): as the new one
_PROVINCE = "CASE left(region_code, 2) WHEN '42' THEN '51' WHEN '45' THEN '52' ELSE left(region_code, 2) END"


def cleaned_name(text: str) -> str:
    """SQL: a name as it is compared: letters and digits without legal form, brackets and branch; NULL for nothing."""
    whole = f"lower(strip_accents(narrow(replace(replace({text}, '㈜', '(주)'), '㈔', '(사)'))))"
    plain = f"regexp_replace({whole}, '{_FORMS}', ' ', 'g')"
    bare = rf"regexp_replace(trim(regexp_replace({plain}, '[(\[].*?([)\]]|$)', ' ', 'g')), '{_BRANCH}', '')"
    return rf"nullif(regexp_replace({bare}, '[^\p{{L}}\p{{N}}]', '', 'g'), '')"


def prepare(con: duckdb.DuckDBPyConnection, relation: str, declared: Mapping[str, str], key: str, table: str) -> None:
    """Creates temporary ``table``: one row per row of ``relation`` with the columns of ``EMPLOYERS``.

    ``declared``: field of ``FIELDS`` → column; ``key``: its unique column. Raises ValueError for a field that is none.
    """
    if unknown := set(declared) - set(FIELDS):
        raise ValueError(f"fields {sorted(unknown)} cannot be compared; there are {', '.join(FIELDS)}.")
    raw = {f: f"{ident(declared[f])}::VARCHAR" if f in declared else "NULL::VARCHAR" for f in FIELDS}
    con.execute(f"""
        CREATE OR REPLACE TEMP TABLE {ident(table)} AS
        WITH normalised AS (
            SELECT {ident(key)}::VARCHAR AS unique_id, {cleaned_name(raw["name"])} AS name,
                nullif(trim({raw["region_code"]}), '') AS region_code,
                nullif(array_to_string(address_words({raw["address"]}), ' '), '') AS address
            FROM {relation}
        )
        SELECT unique_id, name, keystrokes(name) AS keys, left(name, 2) AS opening, address,
            {_PROVINCE} || substr(region_code, 3) AS district, {_PROVINCE} AS province
        FROM normalised
    """)


NAME = Comparison(
    "name", "keys_l IS NULL OR keys_r IS NULL",
    (
        # no frequency: rivals for a mention show how many bear a name, rows would count versions and branches
        Level("same", "name_l = name_r"),
        Level("a keystroke apart", "damerau_levenshtein(keys_l, keys_r) <= 1"),
        Level("two keystrokes", "damerau_levenshtein(keys_l, keys_r) <= 2"),
        Level("one begins the other",
              "least(length(name_l), length(name_r)) >= 3"
              " AND (starts_with(name_l, name_r) OR starts_with(name_r, name_l))"),
        Level("alike", "jaro_winkler_similarity(keys_l, keys_r) >= 0.92"),
    ),
)  # fmt: skip
#: assumed and not learnt: with a name and a place alone, a posting from another place and a namesake look alike
PLACE = Comparison(
    "place", "province_l IS NULL OR province_r IS NULL",
    (
        Level("address", "address_l = address_r", among_matches=0.40),
        Level("district", "district_l = district_r", among_matches=0.50),
        Level("province", "province_l = province_r", among_matches=0.05),
    ),
)  # fmt: skip
EMPLOYERS = Model(
    comparisons=(NAME, PLACE),
    keys=(
        Key("[keys]", 50_000),
        Key("[left(keys, 6) || district, right(keys, 6) || district]", 20_000),
        Key("[left(keys, 9) || province, right(keys, 9) || province]", 5_000),
    ),
    training=("l.keys = r.keys", "l.district = r.district AND l.opening = r.opening"),
    columns=("name", "keys", "opening", "address", "district", "province"),
    prepare=prepare,
)


def link_employers(mentions: pa.Table, workplaces: pa.Table, *, memory_limit: str = "2GB") -> Links:
    """Pairs of mention and business number with their probability (``Links``).

    ``mentions``: mention_id (unique), employer_name, and region_code and address where known. ``workplaces``:
    workplace_id (unique), business_no, employer_name and the same; an employer's workplaces and their versions stand
    for it. A mention has one employer at most. Raises LinkageError when nothing can be compared.
    """
    return link(
        Register(mentions, "mention_id", _fields(mentions)),
        Register(workplaces, "workplace_id", _fields(workplaces), "business_no"),
        EMPLOYERS, one_to_one=False, memory_limit=memory_limit,
    )  # fmt: skip


def _fields(table: pa.Table) -> dict[str, str]:
    names = {"name": "employer_name", "region_code": "region_code", "address": "address"}
    return {field: column for field, column in names.items() if column in table.column_names}
