"""Accepted loads written by hand: what validation would have left of a delivery."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from ingest.landing import MANIFEST
from ingest.registry import load_registry
from ingest.typing_sql import ident, literal
from lmi.core.atomic import sha256_file
from lmi.core.paths import Paths
from validation.accepted import TECHNICAL_TYPES, AcceptedLoad, accepted_folder, accepted_loads

SUBMISSION: dict[str, Any] = {
    "posting_id": "K100026030200001", "submitted_date": "2026-03-02", "channel_code": "ONLINE",
    "office_code": "O010011", "company": "한빛식품", "business_no": "1014769229", "industry_code": "10742",
    "title": "장부 정리 사무원 모집", "occupation_code": "027200", "region_code": "11140",
    "duties": "전표를 입력하고 세금계산서를 발행하며 월말 결산 자료를 정리합니다. 제출 서류는 요청 시 반환합니다.",
    "work_address": "서울특별시 중구 세종대로 110", "employment_type_code": "10", "wage_type_code": "M",
    "wage_min_krw": 2800000, "wage_max_krw": 0, "wage_text": "월 2,800,000원", "weekly_hours": 40,
    "working_hours_text": "09:00~18:00 (주 40시간)", "career_code": "Z", "education_code": "00", "openings": 1,
    "start_date": "2026-04-01", "close_date_text": "26-03-20", "has_image": False, "has_contact_phone": True,
    "contact_phone_key": "p1_0", "received_date": "2026-03-03", "updated_at": "2026-03-02 09:00:00+09",
}  # fmt: skip


def accept(
    paths: Paths, source_id: str, day: str, rows: Sequence[Mapping[str, Any]], load_id: str | None = None
) -> AcceptedLoad:
    """Write one accepted load. A row's ``_record_hash`` is a hash of its values unless it is given."""
    source = load_registry()[source_id]
    types = {c.name: c.duckdb_type for c in source.landed_columns} | TECHNICAL_TYPES
    load_id = load_id or f"{day.replace('-', '')}-{len(accepted_loads(paths, source_id, date.max)):012x}"
    folder = accepted_folder(paths, source_id, load_id)
    folder.mkdir(parents=True)
    file = folder / "accepted-000000000000.parquet"
    technical = {"_source": source_id, "_load_id": load_id, "_delivery_date": day, "_page": 1}
    shape = ", ".join(f"NULL::{kind} AS {ident(name)}" for name, kind in types.items())
    queries = [f"SELECT {shape} WHERE false"]
    with duckdb.connect() as con:
        for number, row in enumerate(rows):
            if unknown := set(row) - set(types):
                raise KeyError(f"{source_id} has no columns {unknown}")
            mark = json.dumps(row, sort_keys=True, default=str)
            values = {"_record_hash": con.execute("SELECT md5(?)", [mark]).fetchone()[0], **row, **technical}  # type: ignore[index]
            values["_row"] = number
            queries.append(
                "SELECT "
                + ", ".join(
                    f"{'NULL' if v is None else literal(str(v))}::{types[n]} AS {ident(n)}" for n, v in values.items()
                )
            )
        con.execute(f"COPY ({' UNION ALL BY NAME '.join(queries)}) TO '{file}' (FORMAT parquet)")
    manifest = {
        "source": source_id, "load_id": load_id, "delivery_date": day, "status": "accepted",
        "delivery_status": "complete", "withheld": 0,
        "counts": {"fetched": len(rows), "accepted": len(rows), "quarantined": 0, "duplicates": 0},
        "files": [{"path": file.name, "sha256": sha256_file(file), "bytes": file.stat().st_size, "rows": len(rows)}],
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
    return next(load for load in accepted_loads(paths, source_id, date.max) if load.load_id == load_id)


def submission(number: int = 1, **changes: Any) -> dict[str, Any]:
    return SUBMISSION | {"posting_id": f"K1000260302{number:05d}"} | changes
