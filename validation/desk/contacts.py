"""Contact numbers of one posting, out of the sealed zone, for the reviewer who has claimed it.

Two records are made before a frame is opened: the desk's own (who, when, which posting, purpose) and the line in the
zone's access log. Nothing that was opened is kept.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from ingest.door import sealed_purpose
from ingest.registry import Source
from ingest.sealed import read_sealed, sealed_path
from lmi.core.keys import KeyRing
from lmi.core.paths import Paths
from validation.desk.store import DeskError, Store

PURPOSE = "contacts"


def contacts(
    store: Store,
    paths: Paths,
    keys: KeyRing,
    source: Source | None,
    item_no: int,
    reviewer_id: str,
    purpose: str,
) -> list[dict[str, str]]:
    """Distinct contacts {column: value} of the item's posting, as delivered with the version under review.

    Raises ClaimError without a claim in force, DeskError without a purpose.
    """
    if not purpose.strip():
        raise DeskError(
            "Say what the contact numbers are needed for; it goes to the access log.",
            "연락처를 보는 목적을 적으십시오. 열람 기록에 남습니다.",
        )
    item = store.log_contact_view(item_no, reviewer_id, purpose.strip())
    if source is None or sealed_purpose(source) != PURPOSE:
        return []
    file: Path = sealed_path(paths, PURPOSE, source.id, item["load_id"])
    if not file.is_file():
        return []
    tables = read_sealed(
        [file], paths, keys, PURPOSE, source.id,
        reader=f"desk {reviewer_id}", reason=f"S2 {item['posting_id']}: {purpose.strip()}", now=store.now(),
    )  # fmt: skip
    key = source.landed_key[0]
    names = [column.name for column in source.sealed_columns]
    found: list[dict[str, str]] = []
    for table in tables:
        for row in table.select([key, *names]).to_pylist() if item["posting_id"] in _ids(table, key) else []:
            contact = {name: row[name] for name in names if row[name]}
            if row[key] == item["posting_id"] and contact and contact not in found:
                found.append(contact)
    return found


def _ids(table: pa.Table, key: str) -> set[str]:
    return set(table.column(key).to_pylist())
