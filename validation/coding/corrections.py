"""What reviewers say a title's code is: read from a file, kept in the home, stronger than any model.

A file is CSV or NDJSON with ``title``, ``scheme``, ``code``, ``reviewer`` and ``date``. One wrong line refuses all of
it, so that a reviewer mends the file and hands it in again; the same file twice is one. Of several words on a title
(equal after clean-up) the latest day wins, within a day the last by reviewer and code, whatever came in first.
Corrections also land as the source ``title_corrections``, whose contract sends a wrong row to quarantine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ingest.engine import connection
from ingest.registry import load_registry
from lmi.core.atomic import write_file
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.accepted import accepted_loads, accepted_query
from validation.coding.material import rows_of
from validation.coding.schemes import SCHEMES, CodingError
from validation.coding.titles import cleaned

#: the source by which corrections land
SOURCE = "title_corrections"
#: mistakes named in one message
_NAMED = 5


@dataclass(frozen=True, order=True)
class Correction:
    """Ordered by what wins: the last one does."""

    date: str
    reviewer: str
    scheme: str
    code: str
    title: str


def read_corrections(path: Path, today: date) -> list[Correction]:
    """Raises CodingError naming the first lines that are wrong."""
    found, wrong = [], []
    for number, row in enumerate(rows_of(path), start=1):
        values = {name: str(row.get(name) or "").strip() for name in ("title", "scheme", "code", "reviewer", "date")}
        if mistake := _mistake(values, today):
            wrong.append(f"row {number}: {mistake}")
        else:
            found.append(Correction(**values))
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise CodingError(f"{path}: {'; '.join(wrong[:_NAMED])}{more}. Nothing was taken; mend and hand in again.")
    if not found:
        raise CodingError(f"{path} holds no corrections.")
    return found


def _mistake(values: Mapping[str, str], today: date) -> str | None:
    if missing := [name for name, value in values.items() if not value]:
        return f"no {', '.join(missing)}"
    if not cleaned(values["title"]):
        return f"{values['title']!r} has no letters"
    if values["scheme"] not in SCHEMES:
        return f"scheme {values['scheme']} is none of {', '.join(SCHEMES)}"
    if not SCHEMES[values["scheme"]].is_code(values["code"]):
        return f"{values['code']} is no code of {values['scheme']}"
    try:
        day = date.fromisoformat(values["date"])
    except ValueError:
        return f"{values['date']} is no day (YYYY-MM-DD)"
    return f"{values['date']} is still to come" if day > today else None


def keep(paths: Paths, corrections: Iterable[Correction]) -> Path:
    """Writes them into the home, named by their content; returns the file."""
    lines = sorted(json.dumps(asdict(c), ensure_ascii=False, sort_keys=True) for c in set(corrections))
    data = "".join(f"{line}\n" for line in lines).encode()
    file = _folder(paths) / f"{hashlib.sha256(data).hexdigest()[:16]}.ndjson"
    if not file.exists():
        write_file(file, data)
    return file


def kept_corrections(paths: Paths) -> list[Correction]:
    """All that were ever kept."""
    rows: list[dict[str, Any]] = []
    for file in sorted(_folder(paths).glob("*.ndjson")):
        rows += rows_of(file)
    return [Correction(**row) for row in rows]


def landed_corrections(settings: Settings, day: date) -> list[Correction]:
    """Those accepted up to ``day``, of each title the latest version; a code that its scheme cannot have is no
    correction (the models count these). Raises LandingError when an accepted file is damaged."""
    paths = Paths.of(settings)
    if not (loads := accepted_loads(paths, SOURCE, day)):
        return []
    query = f"""
        SELECT corrected_date::VARCHAR AS date, reviewer_id AS reviewer, scheme, code, title
        FROM ({accepted_query(load_registry()[SOURCE], loads)})
        QUALIFY row_number() OVER (
            PARTITION BY scheme, title ORDER BY corrected_at DESC, _delivery_date DESC, _record_hash DESC
        ) = 1
    """
    with connection(settings, paths) as con:
        rows = con.execute(query).to_arrow_table().to_pylist()
    return [Correction(**row) for row in rows if SCHEMES[row["scheme"]].is_code(row["code"])]


def known_corrections(settings: Settings, day: date) -> list[Correction]:
    """All that reviewers said by file (``lmi code correct``) or through the landed source."""
    return [*kept_corrections(Paths.of(settings)), *landed_corrections(settings, day)]


def in_force(corrections: Iterable[Correction], scheme: str, day: date) -> dict[str, str]:
    """Cleaned title -> code by what was said up to ``day``."""
    said = sorted(c for c in set(corrections) if c.scheme == scheme and c.date <= day.isoformat())
    return {cleaned(c.title): c.code for c in said}


def _folder(paths: Paths) -> Path:
    return paths.models / "coding" / "corrections"
