"""What a coder learns from: titles with their codes, out of accepted landing and out of files that a home has.

Files are read in a few published layouts, recognised by their columns; none of them is copied or kept:

- ``code, title`` with ``label`` and ``text`` where there are any (CSV or NDJSON): a table of one's own;
- ESCO's occupations (``iscoGroup``, ``preferredLabel``, ``altLabels``, ``hiddenLabels``);
- the index of KSIC (``code, term``);
- the Korean Dictionary of Occupations (``dJobNm``, ``similarNm``, ``dJobECd``, …), whose codes are KECO 2018: a row
  is taken only where the landed edition has a group of the same name, under that group's code.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ingest.engine import connection
from ingest.registry import load_registry
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.accepted import accepted_loads, accepted_query
from validation.coding.schemes import CodingError, Scheme
from validation.coding.titles import cleaned

#: latest reference delivery of a source as title, code, label; what is read of each scheme
_LANDED = {
    "SOC": {
        "onet_occupations": "SELECT title, left(onet_code, 7) AS code, CASE WHEN onet_code LIKE '%.00' THEN title END"
        " AS label, description AS text FROM latest ORDER BY onet_code",
        "onet_alternate_titles": "SELECT alternate_title AS title, left(onet_code, 7) AS code FROM latest UNION ALL"
        " SELECT short_title, left(onet_code, 7) FROM latest WHERE short_title <> 'n/a'",
    },
    "KECO": {"keco_occupations": "SELECT name AS title, code, name AS label FROM latest WHERE level = 4"},
    "KSIC": {"ksic_industries": "SELECT name AS title, code, name AS label FROM latest WHERE level = 5"},
    "ISCO": {},
}
_PARTS = re.compile(r"[.,;:\n]")
_FILE_LIMIT = 200_000_000


@dataclass(frozen=True)
class Known:
    """A title that is known to belong to a code; ``text`` describes the work, ``label`` names the code."""

    code: str
    title: str | None = None
    label: str | None = None
    text: str | None = None


@dataclass
class Material:
    """Titles with codes, names of codes, and what was left out and why."""

    scheme: Scheme
    titles: set[tuple[str, str]] = field(default_factory=set)
    #: descriptions of work, learnt like titles and never looked up
    texts: set[tuple[str, str]] = field(default_factory=set)
    labels: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    _by_name: dict[str, str] = field(default_factory=dict, repr=False)

    def add(self, rows: Iterator[Known]) -> None:
        for row in rows:
            if not self.scheme.is_code(row.code):
                self.leave_out(f"not a code of {self.scheme.id}")
                continue
            if row.label:
                self.labels.setdefault(row.code, row.label)
            if row.title and (words := cleaned(row.title)):
                self.titles.add((words, row.code))
            # the parts of a description are as short as titles and teach more than the whole alone
            for part in {row.text, *_PARTS.split(row.text)} if row.text else ():
                if words := cleaned(part):
                    self.texts.add((words, row.code))

    def code_named(self, label: str) -> str | None:
        if len(self._by_name) != len(self.labels):
            self._by_name = {_unspaced(name) or code: code for code, name in self.labels.items()}
        return self._by_name.get(_unspaced(label))

    def leave_out(self, reason: str) -> None:
        self.left_out[reason] = self.left_out.get(reason, 0) + 1

    def correct(self, corrections: Mapping[str, str]) -> None:
        """What reviewers said of a title takes the place of all that is known of it."""
        self.titles = {(title, code) for title, code in self.titles if title not in corrections}
        self.titles |= set(corrections.items())

    @property
    def digest(self) -> str:
        """sha256 of everything that is learnt from."""
        parts = [self.scheme.id, sorted(self.titles), sorted(self.texts), sorted(self.labels.items())]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def gather(settings: Settings, scheme: Scheme, day: date, files: Sequence[Path] = ()) -> Material:
    """What the home had accepted up to ``day`` and what the files hold.

    Raises CodingError when there is nothing to learn from, LandingError when an accepted file is damaged.
    """
    material = Material(scheme)
    material.add(_landed(settings, scheme, day))
    for file in files:
        material.add(read_file(file, material))
    if len({code for _, code in material.titles}) < 2:
        sources = ", ".join(_LANDED[scheme.id])
        landed = f"land {sources} (`lmi run --profile real`) or " if sources else ""
        raise CodingError(f"There are no titles of {scheme.id} to learn from: {landed}name a file with --from.")
    return material


def _landed(settings: Settings, scheme: Scheme, day: date) -> Iterator[Known]:
    paths, registry = Paths.of(settings), load_registry()
    with connection(settings, paths) as con:
        for source, query in _LANDED[scheme.id].items():
            loads = accepted_loads(paths, source, day)[-1:]
            if not loads:
                continue
            con.execute(f"CREATE OR REPLACE TEMP VIEW latest AS {accepted_query(registry[source], loads)}")
            for row in con.execute(query).to_arrow_table().to_pylist():
                yield Known(**row)


def read_file(path: Path, material: Material) -> Iterator[Known]:
    """Titles of a file in one of the layouts. Raises CodingError when it has none of them."""
    rows = rows_of(path)
    try:
        first = next(rows)
    except StopIteration:
        raise CodingError(f"{path} holds no rows.") from None
    for columns, reader in _LAYOUTS.items():
        if columns <= set(first):
            yield from reader(first, material)
            for row in rows:
                yield from reader(row, material)
            return
    layouts = "; ".join(", ".join(sorted(columns)) for columns in _LAYOUTS)
    raise CodingError(f"{path} has none of the columns that are read ({layouts}).")


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a CSV, NDJSON or JSON list in UTF-8, packed with gzip or not."""
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(_FILE_LIMIT + 1)
        if len(data) > _FILE_LIMIT:
            raise CodingError(f"{path} holds more than {_FILE_LIMIT // 1_000_000} MB; split it.")
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise CodingError(f"{path}: cannot be read ({error.strerror or error}). Name a file that is there.") from None
    except (UnicodeDecodeError, EOFError) as error:
        raise CodingError(f"{path}: is neither UTF-8 text nor whole gzip ({error}).") from None
    opening = text.lstrip()[:1]
    try:
        if opening == "[":
            found: list[Any] = json.loads(text)
        elif opening == "{":
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            found = list(csv.DictReader(io.StringIO(text, newline="")))
    except (json.JSONDecodeError, csv.Error) as error:
        raise CodingError(f"{path}: {error}. Write CSV with a header, one JSON object per line, or a list.") from None
    for number, row in enumerate(found, start=1):
        if not isinstance(row, dict):
            raise CodingError(f"{path}: entry {number} is no object.")
        yield row


def _unspaced(label: str) -> str:
    return cleaned(label).replace(" ", "")


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _own(row: Mapping[str, Any], _material: Material) -> Iterator[Known]:
    yield Known(_text(row["code"]), _text(row.get("title")), _text(row.get("label")), _text(row.get("text")))


def _esco(row: Mapping[str, Any], _material: Material) -> Iterator[Known]:
    code = _text(row["iscoGroup"])
    names = [_text(row["preferredLabel"])]
    names += [name for column in ("altLabels", "hiddenLabels") for name in _text(row.get(column)).splitlines()]
    yield from (Known(code, name) for name in names)
    yield Known(code, text=_text(row.get("description")))


def _ksic_index(row: Mapping[str, Any], _material: Material) -> Iterator[Known]:
    yield Known(_text(row["code"]), _text(row["term"]), _text(row.get("itemName")))


def _dictionary(row: Mapping[str, Any], material: Material) -> Iterator[Known]:
    if material.scheme.id != "KECO":
        material.leave_out("the dictionary is read for KECO only")
        return
    code = material.code_named(_text(row["dJobECdNm"]).split("]")[-1])
    if code is None:
        material.leave_out("a group of KECO 2018 whose name the landed edition does not have")
        return
    yield Known(code, _text(row["dJobNm"]), text=_text(row.get("workSum")))
    yield from (Known(code, title) for title in _text(row.get("similarNm")).split(","))


_LAYOUTS: dict[frozenset[str], Callable[[Mapping[str, Any], Material], Iterator[Known]]] = {
    frozenset({"dJobNm", "dJobECd", "dJobECdNm"}): _dictionary,
    frozenset({"iscoGroup", "preferredLabel"}): _esco,
    frozenset({"code", "term"}): _ksic_index,
    frozenset({"code", "title"}): _own,
    frozenset({"code", "label"}): _own,
}
