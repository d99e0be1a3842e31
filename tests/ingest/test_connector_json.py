"""Paged JSON: the generic connector, JobPosting, JobTech and USAJOBS."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.connectors import CONNECTORS
from ingest.delivery import FetchError
from ingest.registry import Source
from lmi.core.settings import load_settings
from tests.ingest.connector_support import HTTP, KEY, Asked, Reply, context, fetch, read, registered, toy_source, wire

LABELS = {"ko": "시험", "en": "Test"}
ITEMS = [{"code": n, "name": f"곳{n}"} for n in range(1, 26)]


def paged(**paging: Any) -> Source:
    base = {"items": "data.list", "page_size": 10, "page_param": "page"}
    return toy_source({"path": "/list", "http": HTTP, "paging": {**base, **paging}}, "paged_json")


def pull(tmp_path: Path, source: Source, script: Callable[[Asked], bytes | Reply]):
    with wire(script) as log:
        (delivery,) = fetch(source, context(tmp_path, log.port))
        return delivery, read(delivery), log


def answer(items: list[Any], **fields: Any) -> bytes:
    return json.dumps({"data": {"list": items}, **fields}, ensure_ascii=False).encode()


def numbered(asked: Asked) -> bytes:
    start = (int(asked.params["page"]) - 1) * 10
    return answer(ITEMS[start : start + 10], total=len(ITEMS))


def test_pages_by_number_with_total(tmp_path):
    delivery, rows, log = pull(tmp_path, paged(total="total", size_param="size"), numbered)
    assert [r["code"] for r in rows] == [str(n) for n in range(1, 26)]
    assert [(a.params["page"], a.params["size"]) for a in log.asked] == [("1", "10"), ("2", "10"), ("3", "10")]
    assert (delivery.status, delivery.provider_totals) == ("complete", {"rows": 25})
    assert [(r["_page"], r["_row"]) for r in rows][10] == (2, 1)


def test_pages_by_offset_without_total_end_with_a_short_page(tmp_path):
    def script(asked: Asked) -> bytes:
        start = int(asked.params["from"])
        return answer(ITEMS[start : start + 10])

    _, rows, log = pull(tmp_path, paged(kind="offset", page_param="from"), script)
    assert len(rows) == 25
    assert [a.params["from"] for a in log.asked] == ["0", "10", "20"]


def test_pages_by_token(tmp_path):
    def script(asked: Asked) -> bytes:
        start = int(asked.params.get("token", 0))
        return answer(ITEMS[start : start + 10], paging={"next": str(start + 10) if start < 20 else None})

    _, rows, _ = pull(tmp_path, paged(kind="next", next="paging.next", next_param="token"), script)
    assert len(rows) == 25


def test_the_historic_usajobs_api_by_token_with_dates(tmp_path):
    def script(asked: Asked) -> bytes:
        assert asked.params["StartPositionOpenDate"] == "2026-09-24"
        start = int(asked.params.get("continuationtoken", 0))
        metadata = {"totalCount": 25, "continuationToken": str(start + 10) if start < 20 else ""}
        return json.dumps({"paging": {"metadata": metadata}, "data": ITEMS[start : start + 10]}).encode()

    paging = {
        "kind": "next", "items": "data", "total": "paging.metadata.totalCount", "page_size": 10,
        "next": "paging.metadata.continuationToken", "next_param": "continuationtoken",
    }  # fmt: skip
    params = {"StartPositionOpenDate": "{since}"}
    source = toy_source({"path": "/h", "http": HTTP, "params": params, "since_days": 7, "paging": paging}, "usajobs")
    delivery, rows, _ = pull(tmp_path, source, script)
    assert (len(rows), delivery.provider_totals) == (25, {"rows": 25})


def test_key_goes_where_the_provider_wants_it(tmp_path):
    source = paged(total="total")
    source = replace(source, fetch={**source.fetch, "key": "work24", "key_param": "apiKey"})
    delivery, _, log = pull(tmp_path, source, numbered)
    assert {a.params["apiKey"] for a in log.asked} == {KEY}
    assert KEY not in json.dumps(delivery.request)


def test_items_that_are_no_objects_are_malformed_once(tmp_path):
    items = [*ITEMS[:3], "text", None]
    delivery, rows, _ = pull(tmp_path, paged(kind="none"), lambda a: answer(items))
    assert len(rows) == 3
    assert [m.row for m in delivery.malformed] == [4, 5]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "bad_json"),
        (b'{"data": {"list": "x"}, "total": 1}', "answer_shape"),
        (b'{"data": {"list": []}, "total": "many"}', "answer_shape"),
        (b'{"data": {"list": []}}', "answer_shape"),
        ('{"data": "서'.encode("cp949"), "bad_bytes"),
        (b"\x1f\x8b" + b"0" * 20, "bad_archive"),
    ],
)
def test_false_answers(tmp_path, body, code):
    with pytest.raises(FetchError) as caught:
        pull(tmp_path, paged(total="total"), lambda a: body)
    assert caught.value.code == code


def test_more_than_the_ceiling_is_refused_not_cut_off(tmp_path):
    with pytest.raises(FetchError) as caught:
        pull(tmp_path, paged(total="total", page_ceiling=2), numbered)
    assert caught.value.code == "too_many"


def test_portal_postings_as_json_ld(tmp_path):
    def posting(number: int) -> dict[str, Any]:
        return {
            "@context": "https://schema.org", "@type": "JobPosting", "identifier": f"P{number}", "title": "조리원",
            "description": "급식", "datePosted": "2026-09-30", "validThrough": "2026-12-31",
            "employmentType": "FULL_TIME",
            "hiringOrganization": {"@type": "Organization", "name": "가나", "taxID": "5038169211"},
            "jobLocation": {"@type": "Place", "address": {"addressRegion": "11680", "streetAddress": "테헤란로"}},
            "baseSalary": {"currency": "KRW", "value": {"minValue": 3000000, "maxValue": None, "unitText": "MONTH"}},
            "totalJobOpenings": 2, "occupationalCategory": "133201", "url": "https://p/1",
            "dateModified": "2026-09-30T10:00:00",
        }  # fmt: skip

    def script(asked: Asked) -> bytes:
        start = (int(asked.params["page"]) - 1) * 200
        rows = [posting(n) for n in range(250)][start : start + 200]
        return json.dumps({"total": 250, "page": 1, "size": 200, "postings": rows}).encode()

    delivery, rows, _ = pull(tmp_path, registered("portal_vacancies"), script)
    assert len(rows) == 250
    assert (rows[0]["business_no"], rows[0]["wage_min"], rows[0]["openings"]) == ("5038169211", "3000000", "2")
    assert rows[0]["wage_max"] is None
    assert delivery.columns_seen == set(delivery.source.column)


def columns(**wires: str) -> list[dict[str, Any]]:
    return [{"name": name, "wire": wire_name, **LABELS} for name, wire_name in wires.items()]


JOBTECH = columns(
    code="id", headline="headline", employer="employer.name", municipality="workplace_address.municipality_code"
)


@pytest.mark.parametrize("total", [{"value": 230, "relation": "eq"}, 230])
def test_jobtech_search_answers_of_both_generations(tmp_path, total):
    ad = {"id": "7", "headline": "Kock", "employer": {"name": "AB"}, "workplace_address": {"municipality_code": "0180"}}
    removal = {"id": "8", "removed": True}
    hits = [{"_index": "x", "_id": "7", "_source": ad}, {"_source": removal}]
    source = toy_source({"path": "/search", "http": HTTP}, "jobtech", columns=JOBTECH)
    body = json.dumps({"took": 5, "hits": {"total": total, "hits": hits}}).encode()
    delivery, rows, log = pull(tmp_path, source, lambda a: body)
    assert [(r["code"], r["employer"], r["municipality"]) for r in rows] == [("7", "AB", "0180"), ("8", None, None)]
    assert delivery.columns_seen == {"code", "headline", "employer", "municipality", "removed"}
    assert len(log.asked) == 1


USAJOBS = [
    *columns(code="control_number", title="position_title"),
    {"name": "series", "wire": "occupation_series", "logicalType": "json", **LABELS},
]


def test_usajobs_lists_keep_a_repeated_number_and_unpack(tmp_path):
    job = {"control_number": 1, "position_title": "Analyst", "occupation_series": ["0343 - Management"]}
    lists = {"/a.json.gz": [job, job], "/b.json": [{**job, "control_number": 2}]}

    def script(asked: Asked) -> bytes:
        body = json.dumps(lists[asked.path]).encode()
        return gzip.compress(body) if asked.path.endswith(".gz") else body

    source = toy_source({"paths": list(lists), "http": HTTP}, "usajobs", columns=USAJOBS)
    _, rows, log = pull(tmp_path, source, script)
    assert [r["code"] for r in rows] == ["1", "1", "2"]
    assert rows[0]["series"] == '["0343 - Management"]'
    assert len(log.asked) == 2


def test_interfaces_can_be_dropped_as_files(tmp_path, monkeypatch):
    from ingest.connectors import file_drop

    monkeypatch.setattr(file_drop, "landed_files", lambda paths, source_id: set())
    folder = tmp_path / "drop" / "toy"
    folder.mkdir(parents=True)
    (folder / "jobs_20261001.json").write_text(json.dumps([{"control_number": 1, "position_title": "x"}]))
    spec = {"pattern": "jobs_{date}.json", "format": "json", "control": "optional"}
    (delivery,) = fetch(toy_source(spec, "usajobs", columns=USAJOBS), context(tmp_path))
    assert [r["code"] for r in read(delivery)] == ["1"]


def test_every_connector_of_the_schema_exists():
    schema = json.loads((Path(__file__).parents[2] / "ingest" / "registry.schema.json").read_text(encoding="utf-8"))
    assert set(CONNECTORS) == set(schema["properties"]["connector"]["enum"])


# --- real answers, where they are


def real(name: str) -> Path:
    path = load_settings({}).real_data / name
    if not path.exists():
        pytest.skip(f"real data not here ({name}): set LMI_REAL_DATA")
    return path


def served(tmp_path: Path, files: Mapping[str, Path], source: Source):
    return pull(tmp_path, source, lambda a: files[a.path].read_bytes())


def test_real_usajobs(tmp_path):
    files = {f"/{p.name}": p for p in sorted(real("usajobs").glob("*.json.gz"))}
    source = toy_source({"paths": list(files), "http": HTTP}, "usajobs", columns=USAJOBS)
    _, rows, _ = served(tmp_path, files, source)
    assert len(rows) > 17_000
    assert len({r["code"] for r in rows}) == len(rows) - 1  # one control number comes twice


def test_real_jobtech(tmp_path):
    for name, count in (("platsannons_results_eng.json", 2), ("platsannonser_expected_after_conversion.json", 1)):
        source = toy_source({"path": "/a", "http": HTTP}, "jobtech", columns=JOBTECH)
        delivery, rows, _ = served(tmp_path / name, {"/a": real("jobtech_se") / name}, source)
        assert len(rows) == count
        assert all(r["headline"] and r["municipality"] for r in rows)
        delivery.done()


def test_real_jobposting_in_the_early_dialect(tmp_path, monkeypatch):
    from ingest.connectors import file_drop

    monkeypatch.setattr(file_drop, "landed_files", lambda paths, source_id: set())
    folder = tmp_path / "drop" / "toy"
    folder.mkdir(parents=True)
    (folder / "postings_20261001.ndjson.gz").write_bytes(
        (real("jobposting_schemaorg") / "50_sample.json.gz").read_bytes()
    )
    spec = {"pattern": "postings_{date}.ndjson.gz", "format": "jobposting", "dialect": "early", "control": "optional"}
    wires = columns(code="id", title="title", employer="hiringOrganization.organizationName", text="jobDescription")
    (delivery,) = fetch(toy_source(spec, "jobposting", columns=wires), context(tmp_path))
    rows = read(delivery)
    assert len(rows) == 50
    assert all(r["code"] and r["title"] and r["employer"] for r in rows)
