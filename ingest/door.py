"""The door: one SQL statement that turns delivered text into typed rows without direct identifiers (decision 9).

Resident numbers, phones and e-mails are normalised, then become keyed tokens (HMAC-SHA256, equal to ``KeyRing.token``).
What is sealed leaves as separate columns (prefix ``SEALED``) that the caller encrypts at once and never writes plainly.
Personal numbers inside free text are starred out, length and offsets unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ingest.registry import Column, LandedColumn, Source
from ingest.typing_sql import MASKED, cast_sql, ident, literal
from lmi.core.keys import KeyRing

#: domain of tokens made from resident numbers
PERSON = "person"
#: name prefix of result columns that go to the sealed zone
SEALED = "sealed:"
#: columns landing adds to every row (``_load_id`` is known only when all rows are read)
ADDED = (
    "_source",
    "_delivery_date",
    "_fetched_at",
    "_page",
    "_row",
    "_record_hash",
    "_uncast",
)


def _digit(low: int, high: int) -> str:
    """One digit of a range, half or full width (full width is the usual disguise)."""
    return f"[{low}-{high}{chr(0xFF10 + low)}-{chr(0xFF10 + high)}]"


_ANY = r"\p{Nd}"
_GAP = r"[-\s\p{Z}\x0b\x1c-\x1f\x{85}\x{ff0d}\x{2010}-\x{2015}]"
#: resident number, the published pattern widened to full-width digits; the check digit means nothing since 2020
_RESIDENT = (
    f"{_ANY}{{2}}(?:{_digit(0, 0)}{_digit(1, 9)}|{_digit(1, 1)}{_digit(0, 2)})"
    f"(?:{_digit(0, 0)}{_digit(1, 9)}|{_digit(1, 2)}{_ANY}|{_digit(3, 3)}{_digit(0, 1)})"
    f"{_GAP}?{_digit(1, 8)}{_ANY}{{6}}"
)
_PHONE_GAP = r"[-.)(·~/\s\x{3000}\x{ff0d}\x{2010}-\x{2015}]{0,2}"
_PHONE = (
    f"(?:(?:[+＋]|{_digit(0, 0)}{{2}})?{_digit(8, 8)}{_digit(2, 2)}{_PHONE_GAP}(?:{_digit(0, 0)}{_PHONE_GAP})?"
    f"|{_digit(0, 0)})"
    f"(?:{_digit(2, 2)}|{_digit(1, 1)}{_ANY}|{_digit(3, 6)}{_digit(1, 9)}|{_digit(7, 8)}{_digit(0, 0)}"
    f"|{_digit(5, 5)}{_digit(0, 0)}{_ANY}?){_PHONE_GAP}{_ANY}{{3,4}}{_PHONE_GAP}{_ANY}{{4}}"
)

# a telephone number written apart (0 1 0 . 1 2 3 4 . 5 6 7 8), or in letters and numerals that look or sound alike
_APART = r"[-.·ㆍ•_/)(\s\p{Z}\x{200b}-\x{200d}\x{2060}\x{feff}\x{ff0d}\x{ff0e}\x{2010}-\x{2015}]"
_LIKE = r"[\p{Nd}OoＯ○〇◯lI|공영일이삼사오육륙칠팔구]"
_NOUGHT, _ONE = "[0０OoＯ○〇◯공영]", "[1１lI|일]"
_THIRD = "[016-9０１６-９OoＯ○〇◯공영일육륙칠팔구]"
_FOUR = f"{_LIKE}(?:{_APART}{{0,3}}{_LIKE}){{3}}"
_MOBILE = (
    f"(?:(?:[+＋]|{_NOUGHT}{{2}})?{_APART}?[8８]{_APART}{{0,2}}[2２]{_APART}{{0,3}}(?:{_NOUGHT}{_APART}{{0,3}})?|{_NOUGHT})"
    f"(?:{_ONE}{_THIRD}|{_APART}{{0,3}}{_ONE}{_APART}{{1,3}}{_THIRD})"
    # the two halves stand apart, or neither is divided: a business number that begins alike is 3-2-5
    f"{_APART}{{0,3}}(?:{_LIKE}{{3,4}}{_APART}{{0,3}}{_LIKE}{{4}}|{_FOUR}{_APART}{{1,3}}{_FOUR})"
)
_LANDLINE_APART = (
    f"{_digit(0, 0)}(?:{_APART}{{0,3}}{_digit(2, 2)}|{_digit(3, 6)}{_digit(1, 9)}|{_digit(7, 8)}{_digit(0, 0)}"
    f"|{_APART}{{1,3}}{_digit(3, 8)}{_APART}{{1,3}}{_ANY})(?:{_APART}{{1,3}}{_ANY}){{7,8}}"
)
_EMAIL = r"[A-Za-z0-9._%+-]+[@＠][A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_PERSONAL = f"[^{_ANY}](?:{_RESIDENT}|{_PHONE}|{_MOBILE}|{_LANDLINE_APART})[^{_ANY}]|{_EMAIL}"
_MAYBE_PERSONAL = f"{_ANY}{{4}}|[@＠]|{_MOBILE}|{_LANDLINE_APART}"


def masked_texts_sql(texts: Sequence[str]) -> str:
    """List of ``texts`` with resident numbers, phones and e-mails starred out by character; lengths unchanged.

    Two passes, because two neighbours share the blank between them. Each digit becomes ``*``, and of a telephone number
    what stands for one; of an e-mail all but ``@`` and dots.
    """
    stars = (
        "CASE WHEN regexp_matches(m, '[@＠]') THEN regexp_replace(m, '[^@＠.]', '*', 'g') ELSE"
        f" m[1] || regexp_replace(substr(m, 2, length(m) - 2), {literal(_LIKE)}, '*', 'g') || m[-1] END"
    )

    def once(expr: str) -> str:
        found = f"regexp_extract_all({expr}, {literal(_PERSONAL)})"
        return f"list_reduce({found}, lambda t, m: replace(t, m, {stars}), {expr})"

    # each step names what it works on, and all texts of a row are one list, so that neither text nor pattern is written
    # out, planned and compiled again: that took longer than a small load's rows
    twice = f"list_transform(list_transform([' ' || t0 || ' '], lambda t1: {once('t1')}), lambda t2: {once('t2')})[1]"
    masked = f"CASE WHEN regexp_matches(t0, {literal(_MAYBE_PERSONAL)}) THEN substr({twice}, 2, length(t0)) ELSE t0 END"
    return f"list_transform([{', '.join(texts)}], lambda t0: {masked})"


def masked_text_sql(text: str) -> str:
    """One text as ``masked_texts_sql`` stars it out; a statement with several names them together."""
    return f"{masked_texts_sql([text])}[1]"


def _halfwidth(text: str) -> str:
    return f"translate({text}, '０１２３４５６７８９＋＠．', '0123456789+@.')"


def resident_no_sql(text: str) -> str:
    """Thirteen digits without blanks and hyphens, else NULL: shape only, the date is checked with the birth date."""
    digits = f"regexp_replace({_halfwidth(text)}, '{_GAP}', '', 'g')"
    return f"CASE WHEN regexp_full_match({digits}, '[0-9]{{6}}[1-8][0-9]{{6}}') THEN {digits} END"


def birth_date_sql(digits: str) -> str:
    """Birth date of a normalised resident number: the 7th digit tells the century (1,2,5,6: 1900s; 3,4,7,8: 2000s)."""
    century = f"CASE WHEN substr({digits}, 7, 1) IN ('1', '2', '5', '6') THEN '19' ELSE '20' END"
    return f"try_strptime({century} || substr({digits}, 1, 6), '%Y%m%d')::DATE"


def phone_sql(text: str) -> str:
    """Digits of a telephone number with the national prefix (+82 10 → 010); NULL unless 8 to 12 digits are left."""
    digits = f"regexp_replace({_halfwidth(text)}, '[^0-9]', '', 'g')"
    national = f"regexp_replace({digits}, '^(00)?820?([1-9][0-9]{{7,9}})$', '0\\2')"
    return f"CASE WHEN regexp_full_match({national}, '[0-9]{{8,12}}') THEN {national} END"


def email_sql(text: str) -> str:
    """Lower-cased e-mail address, NULL when it is none."""
    lower = f"lower({_halfwidth(text)})"
    return f"CASE WHEN regexp_full_match({lower}, '[^@\\s]+@[^@\\s]+\\.[^@\\s.]+') THEN {lower} END"


_NORMALISED = {PERSON: resident_no_sql, "phone": phone_sql, "email": email_sql}


def hmac_sql(message: str) -> str:
    """HMAC-SHA256 (hex) of a text expression; ``$inner`` and ``$outer`` are the pads of ``KeyRing.hmac_pads``."""
    return f"sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode({message}))))"


def token_sql(keys: KeyRing, domain: str, value: str) -> str:
    """Token of a normalised value, equal to ``keys.token(domain, value)``; NULL stays NULL."""
    digest = hmac_sql(f"{literal(domain + '|')} || {value}")
    return f"CASE WHEN {value} IS NOT NULL THEN {literal(keys.prefix(domain))} || substr({digest}, 1, 32) END"


@dataclass(frozen=True)
class DoorSql:
    """The statement, its parameters, and which result columns are sealed. ``columns`` are typed columns in order."""

    sql: str
    parameters: dict[str, object]
    columns: tuple[str, ...]
    sealed: tuple[str, ...]
    purpose: str | None


def _persons(source: Source) -> list[Column]:
    """Columns that hold resident numbers."""
    return [c for c in source.columns if c.door.token == PERSON]


def sealed_purpose(source: Source) -> str | None:
    """``linkage`` for registers of persons, ``contacts`` for vacancies, None when nothing is sealed."""
    if not source.sealed_columns:
        return None
    return "linkage" if _persons(source) or source.linkage else "contacts"


def _norm(column: Column) -> str:
    return ident(f"norm:{column.name}")


def _cast(column: Column) -> str:
    return ident(f"cast:{column.name}")


class _Masks:
    """Texts that are starred out in one step of the statement, as list column ``name``."""

    def __init__(self, name: str) -> None:
        self._name = ident(name)
        self._texts: list[str] = []

    def of(self, text: str) -> str:
        """The starred text of an expression, for the steps that follow. NULL costs nothing."""
        self._texts.append(text)
        return f"{self._name}[{len(self._texts)}]"

    @property
    def columns(self) -> list[str]:
        """What the step adds: one column, or none without texts."""
        return [f"{masked_texts_sql(self._texts)} AS {self._name}"] if self._texts else []


def _landed_sql(landed: LandedColumn, keys: KeyRing) -> str:
    column, door = landed.contract, landed.contract.door
    if landed.name == column.name and not column.is_direct:
        return _cast(column)
    if door.token and landed.name == (door.as_ or f"{column.name}_key"):
        return token_sql(keys, door.token, _norm(column))
    if landed.name == door.flag:
        return f"{_norm(column) if door.token else ident(column.name)} IS NOT NULL"
    if landed.name == "birth_year":
        return f"year({ident('born:' + column.name)})::SMALLINT"
    if landed.name == "sex":
        odd = f"substr({_norm(column)}, 7, 1) IN ('1', '3', '5', '7')"
        return f"CASE WHEN {_norm(column)} IS NOT NULL THEN CASE WHEN {odd} THEN 'M' ELSE 'F' END END"
    raise ValueError(f"column {column.name}: the door cannot make {landed.name}")


def _uncast_sql(source: Source, masks: _Masks) -> str:
    """JSON text {column: text} of values that did not cast; NULL when all did. Personal values are not kept."""
    parts, stars = [], literal(MASKED)
    unknown = _unknown_person(source)
    for c in source.columns:
        name = literal(f'"{c.name}":')
        text = ident(c.name)
        if c.door.token:
            parts.append(f"CASE WHEN {text} IS NOT NULL AND {_norm(c)} IS NULL THEN {name} || '\"{MASKED}\"' END")
        elif not c.is_direct and c.logical_type != "string":
            kept = masks.of(f"CASE WHEN {_cast(c)} IS NULL THEN {text} END") if c.classification == "none" else stars
            if unknown:
                kept = f"CASE WHEN {unknown} THEN {stars} ELSE {kept} END"
            parts.append(
                f"CASE WHEN {text} IS NOT NULL AND {_cast(c)} IS NULL THEN {name} || to_json({kept})::VARCHAR END"
            )
    return f"nullif('{{' || concat_ws(',', {', '.join(parts)}) || '}}', '{{}}')" if parts else "NULL::VARCHAR"


def _unknown_person(source: Source) -> str:
    """True for a row of a register of persons without a valid resident number: its values may have slid sideways."""
    return " OR ".join(f"{_norm(c)} IS NULL" for c in _persons(source))


def _kept_sql(column: Column, unknown: str, masks: _Masks) -> str:
    """Text of a column of a register of persons, without what is personal where it should not be.

    Values that the contract allows stay. Others are starred out like free text, and altogether when the row is nobody's
    (``unknown``): then a name, which no pattern can find, may stand anywhere. Short codes and numbers cannot hold an
    identity.
    """
    text = ident(column.name)
    if column.logical_type in ("integer", "number"):
        masked = masks.of(f"CASE WHEN length({text}) >= 9 THEN {text} END")
        return f"CASE WHEN length({text}) < 9 THEN {text} ELSE {masked} END"
    if column.logical_type != "string":
        return text
    allowed = []
    if column.values:
        allowed.append(f"{text} IN ({', '.join(map(literal, column.values))})")
    if column.pattern:
        allowed.append(f"regexp_matches({text}, {literal(column.pattern)})")
    stays = f"CASE WHEN {' AND '.join(allowed) or f'{text} IS NULL'} THEN"
    nobodys = f"WHEN {text} IS NOT NULL AND ({unknown}) THEN"
    short = "" if allowed else f"WHEN length({text}) < 6 THEN"
    masked = masks.of(f"{stays} NULL {nobodys} NULL {short and short + ' NULL'} ELSE {text} END")
    return f"{stays} {text} {nobodys} {literal(MASKED)} {short and f'{short} {text}'} ELSE {masked} END"


def _named(name: str, value: str) -> str:
    """``name=value`` or NULL: with names, a column that is not there and one that is empty hash alike."""
    return f"{literal(name + '=')} || {value}"


def _record_hash_sql(source: Source, keys: KeyRing) -> str:
    """32 hex digits over the contract's values after the door, by name. Sealed values count through a keyed hash.

    So a corrected telephone number is a new version of the record although the number itself is not in the row. Parts
    are joined by the unit separator, which is no character of any text.
    """
    parts, hidden = [], []
    for c in sorted(source.columns, key=lambda c: c.name):
        text = ident(c.name)
        if c.is_direct:
            normal = f"coalesce({_norm(c)}, {text})" if c.door.token else text
            hidden.append(_named(c.name, normal))
        elif c.logical_type == "string":
            parts.append(_named(c.name, _cast(c)))
        else:
            parts.append(_named(c.name, f"coalesce({_cast(c)}::VARCHAR, {text})"))
    if hidden:
        parts.append(hmac_sql(f"'record|' || concat_ws(chr(31), {', '.join(hidden)})"))
    return f"substr(sha256(concat_ws(chr(31), {', '.join(parts)})), 1, 32)"


def door_sql(
    source: Source,
    relation: str,
    keys: KeyRing,
    *,
    delivery_date: date,
    fetched_at: datetime,
    timezone: str,
) -> DoorSql:
    """The statement over ``relation`` (trimmed text by contract column, ``_page``, ``_row``); the order is kept.

    A resident number that is not 13 digits, has no valid date or lies after the delivery date gives a NULL token and is
    not kept anywhere but noted in ``_uncast`` as masked.
    """
    zone = source.timezone or timezone
    texts = [f"nullif({ident(c.name)}, '') AS {ident(c.name)}" for c in source.columns]
    tokens = [c for c in source.columns if c.door.token]
    persons = _persons(source)
    shapes = [f"{_NORMALISED[str(c.door.token)](ident(c.name))} AS {ident('shape:' + c.name)}" for c in tokens]
    births = [f"{birth_date_sql(ident('shape:' + c.name))} AS {ident('birth:' + c.name)}" for c in persons]
    norms = []
    for c in tokens:
        shape = ident(f"shape:{c.name}")
        if c in persons:
            born = ident(f"birth:{c.name}")
            norms.append(f"CASE WHEN {born} <= $delivery_date::DATE THEN {shape} END AS {_norm(c)}")
            norms.append(f"CASE WHEN {born} <= $delivery_date::DATE THEN {born} END AS {ident('born:' + c.name)}")
        else:
            norms.append(f"{shape} AS {_norm(c)}")
    casts = []
    delivered, refused = _Masks("masked:delivered"), _Masks("masked:refused")
    for c in source.columns:
        if not c.is_direct:
            text = ident(c.name)
            if c.door.mask:
                value = delivered.of(text)
            else:
                kept = _kept_sql(c, _unknown_person(source), delivered) if persons else text
                value = cast_sql(c, kept, zone)
            casts.append(f"{value} AS {_cast(c)}")

    purpose = sealed_purpose(source)
    sealed: list[str] = []
    typed = [f"{_landed_sql(lc, keys)} AS {ident(lc.name)}" for lc in source.landed_columns]
    added = {
        "_source": literal(source.id),
        "_delivery_date": "$delivery_date::DATE",
        "_fetched_at": "$fetched_at::TIMESTAMPTZ",
        "_page": "_page",
        "_row": "_row",
        "_record_hash": _record_hash_sql(source, keys),
        "_uncast": _uncast_sql(source, refused),
    }
    typed += [f"{added[name]} AS {name}" for name in ADDED]
    if purpose:
        for c in persons:
            sealed.append(f"{ident('born:' + c.name)} AS {ident(SEALED + 'birth_date')}")
        sealed += [f"{ident(c.name)} AS {ident(SEALED + c.name)}" for c in source.sealed_columns]

    def step(name: str, base: str, extra: list[str]) -> str:
        return f"{name} AS (SELECT {', '.join(['*', *extra])} FROM {base})"

    sql = (
        f"WITH delivered AS (SELECT _page, _row, {', '.join(texts)} FROM {relation}),\n"
        f"{step('shaped', 'delivered', shapes)},\n{step('dated', 'shaped', births)},\n"
        f"{step('normal', 'dated', norms)},\n{step('masked', 'normal', delivered.columns)},\n"
        f"{step('cast_rows', 'masked', casts)},\n{step('refused', 'cast_rows', refused.columns)}\n"
        f"SELECT {', '.join([*typed, *sealed])} FROM refused"
    )
    parameters: dict[str, object] = {
        "delivery_date": delivery_date,
        "fetched_at": fetched_at,
    }
    if "$inner" in sql:
        parameters["inner"], parameters["outer"] = keys.hmac_pads()
    return DoorSql(
        sql=sql,
        parameters=parameters,
        columns=(*(lc.name for lc in source.landed_columns), *ADDED),
        sealed=tuple(s.rsplit(" AS ", 1)[1].strip('"') for s in sealed),
        purpose=purpose,
    )
