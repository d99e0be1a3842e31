"""What the API answers, in which encoding and language, and of which release."""

from __future__ import annotations

import gzip
import json
import threading
import time
from datetime import date
from pathlib import Path

import httpx
import jsonschema
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from exports.api import schemas
from exports.api.app import create_app
from exports.api.front import Deprecation
from exports.api.keys import add_key, read_keys
from exports.api.messages import PROBLEMS, language, mistake
from exports.api.prepared import wished
from exports.occupations.documents import file_name
from lmi.core.settings import SettingError
from tests.exports.api.conftest import editions_of, serving
from tests.exports.handmade import publish, rows
from tests.payloads import HTML

NURSE = "/v1/occupations/3040"


def test_an_occupation_is_the_file_of_the_release(api: TestClient, home: Path) -> None:
    answer = api.get(NURSE)
    file = home / "releases" / "r1" / "exports" / "occupations" / "v1" / "occupations" / "KECO" / "3040.json"
    assert answer.status_code == 200 and answer.content == file.read_bytes()
    assert answer.headers["content-type"] == "application/json" and answer.headers["x-release-id"] == "r1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert api.get(NURSE, params={"scheme": "KECO"}).content == answer.content
    jsonschema.validate(answer.json(), schemas.occupation())


def test_the_board_of_the_release_opens_from_the_api(api: TestClient, home: Path) -> None:
    page = home / "releases" / "r1" / "exports" / "board" / "index.html"
    answer = api.get("/board/")
    assert answer.status_code == 200 and answer.content == page.read_bytes()
    assert answer.headers["content-type"] == "text/html; charset=utf-8" and answer.headers["x-release-id"] == "r1"
    again = api.get("/board/", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and again.headers["etag"] == answer.headers["etag"]
    assert api.get("/board/index.en.html").content == page.with_name("index.en.html").read_bytes()
    moved = api.get("/board", follow_redirects=False)
    assert moved.status_code == 308 and moved.headers["location"] == "/board/"
    for path in ("/board/moon.html", "/board/../open/disclosure.json", "/board/%2e%2e/open/disclosure.json"):
        assert api.get(path).status_code == 404, path
    assert not [path for path in api.get("/openapi.json").json()["paths"] if "board" in path]


def test_the_list_is_paged_with_a_total_and_ends(api: TestClient) -> None:
    first = api.get("/v1/occupations", params={"limit": 2}).json()
    jsonschema.validate(first, schemas.LIST)
    assert first["total"] == 3 and [o["occupation_code"] for o in first["items"]] == ["0111", "3040"]
    last = api.get("/v1/occupations", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [o["occupation_code"] for o in last["items"]] == ["8231"] and last["next_cursor"] is None
    whole = api.get("/v1/occupations").json()
    assert whole["items"] == first["items"] + last["items"]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("간호", ["3040"]), ("간 호 사", ["3040"]), ("nurse", ["3040"]), ("REGISTERED", ["3040"]), ("의", ["0111"]),
        ("nurse registered", ["3040"]), ("원", ["0111", "8231"]), ("8231", ["8231"]), ("moon", []), ("+-", []),
    ],
)  # fmt: skip
def test_titles_are_found_by_any_of_their_words(api: TestClient, query: str, codes: list[str]) -> None:
    found = api.get("/v1/occupations", params={"q": query}).json()
    assert [o["occupation_code"] for o in found["items"]] == codes and found["total"] == len(codes)


def test_a_cursor_belongs_to_its_search(api: TestClient) -> None:
    cursor = api.get("/v1/occupations", params={"q": "원", "limit": 1}).json()["next_cursor"]
    rest = api.get("/v1/occupations", params={"q": "원", "limit": 1, "cursor": cursor}).json()
    assert [o["occupation_code"] for o in rest["items"]] == ["8231"]
    other = api.get("/v1/occupations", params={"q": "간호", "cursor": cursor})
    assert other.status_code == 404 and other.json()["type"] == "urn:lmi:problem:unknown_page"
    for wrong in ("x", "WzFd", "bnVsbA", "WyJyMSIsIiIsLTFd"):
        assert api.get("/v1/occupations", params={"cursor": wrong}).status_code == 404
    assert api.get("/v1/occupations", params={"cursor": "no cursor"}).status_code == 422


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"), ("zstd", "zstd"), ("gzip, zstd", "zstd"), ("gzip;q=1, zstd;q=.5", "gzip"), ("br", None),
        ("*", "zstd"), ("zstd;q=0, *", "gzip"), ("identity", None), ("", None), ("gzip;q=0", None),
    ],
)  # fmt: skip
def test_the_encoding_the_reader_likes_best_is_sent_ready(api: TestClient, accepted: str, encoding: str | None) -> None:
    plain = api.get(NURSE)
    with api.stream("GET", NURSE, headers={"Accept-Encoding": accepted}) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == encoding
    assert len(body) == int(answer.headers["content-length"])
    if encoding == "gzip":
        body = gzip.decompress(body)
    elif encoding == "zstd":
        body = pa.Codec("zstd").decompress(body, decompressed_size=len(plain.content), asbytes=True)
    assert body == plain.content
    assert (answer.headers["etag"] == plain.headers["etag"]) == (encoding is None)
    assert "Accept-Encoding" in answer.headers["vary"]


def test_what_the_reader_has_is_not_sent_again(api: TestClient) -> None:
    for path in (NURSE, "/v1/occupations", "/v1/series", "/v1/releases", "/exports/occupations/v1/datapackage.json"):
        answer = api.get(path)
        etag, modified = answer.headers["etag"], answer.headers["last-modified"]
        assert not etag.startswith("W/")
        for condition in (
            {"If-None-Match": etag}, {"If-None-Match": f'"x", W/{etag}'}, {"If-None-Match": "*"},
            {"If-Modified-Since": modified},
        ):  # fmt: skip
            again = api.get(path, headers=condition)
            assert (again.status_code, again.content) == (304, b"") and again.headers["etag"] == etag
        for condition in (
            {"If-None-Match": '"x"'}, {"If-Modified-Since": "Mon, 05 Oct 2026 00:00:00 GMT"},
            {"If-Modified-Since": "yesterday"}, {"If-None-Match": '"x"', "If-Modified-Since": modified},
        ):  # fmt: skip
            assert api.get(path, headers=condition).status_code == 200
    gzipped = api.get(NURSE, headers={"Accept-Encoding": "gzip"}).headers["etag"]
    assert api.get(NURSE, headers={"If-None-Match": gzipped}).status_code == 200


def test_head_tells_the_same_without_a_body(api: TestClient) -> None:
    for path in (NURSE, "/v1/occupations?limit=1", "/v1/health"):
        got, head = api.get(path), api.head(path)
        assert head.status_code == 200 and head.content == b""
        assert head.headers["content-length"] == got.headers["content-length"]


def test_a_series_comes_as_sdmx_csv_or_json(api: TestClient) -> None:
    listed = api.get("/v1/series").json()
    jsonschema.validate(listed, schemas.SERIES_LIST)
    assert [s["dataflow"] for s in listed["series"]] == ["REGISTRATIONS"]
    table = api.get("/v1/series/REGISTRATIONS")
    assert table.headers["content-type"] == "application/vnd.sdmx.data+csv; version=2.0.0"
    assert table.text.split("\r\n") == [
        "STRUCTURE,STRUCTURE_ID,ACTION,TIME_PERIOD,REF_AREA,OCCUPATION,OBS_VALUE,CONF_STATUS,LAST_UPDATE",
        "dataflow,LMI:REGISTRATIONS(1.0),I,2026-08,11,'=1+1,42.0,F,2026-10-06",
        'dataflow,LMI:REGISTRATIONS(1.0),I,2026-08,12,"a,""b",,A,2026-10-06',
        "",
    ]
    objects = api.get("/v1/series/REGISTRATIONS", headers={"Accept": "application/json"}).json()
    jsonschema.validate(objects, schemas.SERIES)
    hidden = {"TIME_PERIOD": "2026-08", "REF_AREA": "12", "OCCUPATION": 'a,"b', "OBS_VALUE": None, "CONF_STATUS": "A"}
    assert objects["observations"][1] == hidden | {"LAST_UPDATE": "2026-10-06"}
    assert api.get("/v1/series/REGISTRATIONS?format=json").json() == objects
    assert api.get("/v1/series/REGISTRATIONS", headers={"Accept": "image/png"}).status_code == 406
    assert "Accept," in table.headers["vary"]


def test_releases_and_health(api: TestClient) -> None:
    told = api.get("/v1/releases").json()
    jsonschema.validate(told, schemas.RELEASES)
    assert [(r["release_id"], r["is_current"]) for r in told["releases"]] == [("r1", True)]
    health = api.get("/v1/health")
    assert health.json() == {"status": "ok", "release_id": "r1", "as_of": "2026-10-06"}
    assert health.headers["cache-control"] == "no-store"


def test_the_files_of_the_data_package_are_served_and_no_others(api: TestClient, home: Path) -> None:
    described = api.get("/exports/occupations/v1/datapackage.json").json()
    for resource in described["resources"]:
        answer = api.get(f"/exports/occupations/v1/{resource['path']}")
        assert answer.status_code == 200 and len(answer.content) == resource["bytes"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (home / "secret.txt").write_text("x")
    for path in (
        "api/answers.parquet", "open/disclosure.json", "../warehouse.duckdb",
        "%2e%2e/warehouse.duckdb", "occupations/../../marts.duckdb",
        "occupations", "", "/etc/passwd", "occupations/v1/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.txt",
    ):  # fmt: skip
        assert api.get(f"/exports/{path}").status_code == 404, path


def test_every_failure_is_a_problem_in_the_readers_language(api: TestClient) -> None:
    cases = {
        ("GET", "/v1/occupations/9999"): "unknown_occupation",
        ("GET", "/v1/occupations/3040?scheme=SOC"): "unknown_occupation",
        ("GET", "/v1/occupations?limit=0"): "malformed",
        ("GET", "/v1/occupations?region=11"): "malformed",
        ("GET", "/v1/occupations?limit=5&q="): "",
        ("GET", "/v1/series/MOON"): "unknown_series",
        ("GET", "/v1/series/REGISTRATIONS?format=xml"): "malformed",
        ("GET", "/v1/series/REGISTRATIONS?REF_AREA=11"): "malformed",
        ("GET", "/v1/moon"): "not_found",
        ("GET", "/v1/occupations/"): "not_found",
        ("POST", "/v1/occupations"): "method_not_allowed",
    }
    for (method, path), code in cases.items():
        for lang in ("ko", "en"):
            answer = api.request(method, path, headers={"Accept-Language": lang})
            if not code:
                assert answer.status_code == 200
                continue
            status, texts = PROBLEMS[code]
            assert answer.status_code == status, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["content-language"] == lang and answer.headers["cache-control"] == "no-store"
            assert answer.json()["title"] == texts[lang][0] and answer.json()["type"] == f"urn:lmi:problem:{code}"
            jsonschema.validate(answer.json(), schemas.PROBLEM)
    assert api.get("/v1/occupations?region=11").json()["errors"][0]["field"] == "region"
    assert api.post("/v1/occupations").headers["allow"] == "GET"


def test_what_is_wrong_with_a_value_is_said_in_the_readers_language(api: TestClient) -> None:
    cases = {
        "occupations?region=11": ("그런 매개변수가 없습니다.", "There is no such parameter."),
        "occupations?limit=x": ("정수여야 합니다.", "It must be a whole number."),
        "occupations?limit=0": ("1 이상이어야 합니다.", "It must be 1 or more."),
        "occupations?limit=201": ("200 이하여야 합니다.", "It must be 200 or less."),
        f"occupations?q={'x' * 101}": ("100자 이하여야 합니다.", "It must have 100 characters or fewer."),
        "occupations/3040?scheme=no": (
            "허용되지 않은 문자나 길이입니다. 형식: ^[A-Z_]{2,20}$",
            "Its characters or its length are not allowed. Pattern: ^[A-Z_]{2,20}$",
        ),
        "series/MOON?format=xml": ("다음 가운데 하나여야 합니다: csv, json", "It must be one of these: csv, json"),
    }
    for address, messages in cases.items():
        for lang, message in zip(("ko", "en"), messages, strict=True):
            answer = api.get(f"/v1/{address}", headers={"Accept-Language": lang})
            assert [one["message"] for one in answer.json()["errors"]] == [message], address
    assert mistake("of another kind", {}, "ko") == "값이 올바르지 않습니다."


@pytest.mark.parametrize(
    ("header", "chosen"),
    [("", "ko"), ("en", "en"), ("en-GB,ko;q=.5", "en"), ("en;q=.1,ko;q=.9", "ko"), ("fr", "ko"), ("fr,en;q=.1", "en"),
     ("*", "ko"), ("en;q=0", "ko"), ("en;q=x", "en")],
)  # fmt: skip
def test_the_language_is_the_one_liked_best(header: str, chosen: str) -> None:
    assert language(header) == chosen


def test_a_failure_inside_is_told_without_its_words(home: Path) -> None:
    editions = editions_of(home)
    client = TestClient(create_app(editions), raise_server_exceptions=False)
    assert editions.current is not None
    del editions.current.prepared["/v1/releases", b""]
    answer = client.get("/v1/releases")
    assert answer.status_code == 500 and answer.json()["type"] == "urn:lmi:problem:failure"
    assert "KeyError" not in answer.text


def test_without_a_release_only_health_answers(tmp_path: Path) -> None:
    client = TestClient(create_app(editions_of(tmp_path)))
    assert client.get("/v1/health").json() == {"status": "no_release", "release_id": None, "as_of": None}
    for path in ("/v1/occupations", NURSE, "/v1/series", "/v1/releases", "/exports/occupations/v1/datapackage.json"):
        assert client.get(path).status_code == 503


def test_keys_are_asked_for_and_only_their_hashes_kept(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    key = add_key(file, "app")
    assert key not in file.read_text("utf-8") and file.stat().st_mode & 0o777 == 0o600
    client = TestClient(create_app(editions_of(home), read_keys(file)))
    for path in (NURSE, "/v1/occupations", "/v1/releases", "/exports/occupations/v1/datapackage.json", "/v1/moon"):
        refused = client.get(path, headers={"X-API-Key": "wrong", "Accept-Language": "en"})
        assert refused.status_code == 401 and refused.json()["title"] == "An API key is needed"
        assert client.get(path).status_code == 401 and refused.headers["www-authenticate"]
        assert client.get(path, headers={"X-API-Key": key}).status_code in (200, 404)
    assert client.get("/v1/health").status_code == 200
    document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["name"] == "X-API-Key"
    assert document["paths"][NURSE.replace("3040", "{code}")]["get"]["security"] == [{"key": []}]
    with pytest.raises(SettingError, match="has a key of app already"):
        add_key(file, "app")
    file.write_text("{}")
    with pytest.raises(SettingError, match="is no file of keys"):
        read_keys(file)


def test_a_deprecated_address_says_until_when(home: Path) -> None:
    old = Deprecation("/v1/series", date(2027, 1, 1), date(2027, 7, 1), "/v2/series")
    client = TestClient(create_app(editions_of(home), deprecations=[old]))
    for path in ("/v1/series", "/v1/series/REGISTRATIONS", "/v1/series/MOON"):
        headers = client.get(path).headers
        assert headers["deprecation"] == "@1798761600" and headers["sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"
        assert headers["link"] == '</v2/series>; rel="successor-version"'
    assert "deprecation" not in client.get(NURSE).headers


def test_a_new_release_is_taken_up_whole_and_a_list_is_paged_in_its_own(tmp_path: Path) -> None:
    first = publish(tmp_path, "r1")
    editions = editions_of(tmp_path)
    client = TestClient(create_app(editions))
    page = client.get("/v1/occupations", params={"limit": 2}).json()
    etag = client.get(NURSE).headers["etag"]
    later = rows()
    later["dim_occupation"][1] |= {"name_en": "Nurses, registered"}
    later["dim_occupation"].pop()
    publish(tmp_path, "r2", first, made_of=later)
    assert client.get(NURSE).headers["x-release-id"] == "r1"
    editions.refresh()
    changed = client.get(NURSE, headers={"If-None-Match": etag})
    assert changed.status_code == 200 and changed.headers["x-release-id"] == "r2"
    assert changed.json()["release"]["release_id"] == "r2" and changed.json()["name_en"] == "Nurses, registered"
    assert [r["release_id"] for r in client.get("/v1/releases").json()["releases"]] == ["r2", "r1"]
    rest = client.get("/v1/occupations", params={"limit": 2, "cursor": page["next_cursor"]})
    assert rest.headers["x-release-id"] == "r1" == rest.json()["release"]["release_id"]
    assert rest.json()["total"] == 3 and client.get("/v1/occupations").json()["total"] == 2
    publish(tmp_path, "r3", first)
    editions.refresh()
    gone = client.get("/v1/occupations", params={"limit": 2, "cursor": page["next_cursor"]})
    assert gone.status_code == 410 and gone.json()["type"] == "urn:lmi:problem:cursor_expired"


def test_a_release_that_cannot_be_read_leaves_the_last_one(tmp_path: Path) -> None:
    first = publish(tmp_path, "r1")
    editions = editions_of(tmp_path)
    second = publish(tmp_path, "r2", first)
    (second.folder / "exports" / "api" / "answers.parquet").write_bytes(b"torn")
    editions.refresh()
    assert editions.current is not None and editions.current.id == "r1"


def test_the_running_server_looks_at_the_pointer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editions = editions_of(home)
    looked: list[int] = []
    monkeypatch.setattr(editions, "refresh", lambda: looked.append(1))
    with TestClient(create_app(editions)) as client:
        assert client.get("/v1/health").status_code == 200
    assert looked


def test_markup_in_data_is_escaped_and_any_code_has_an_address(tmp_path: Path) -> None:
    planted = rows()
    for text in HTML:
        planted["dim_occupation"].append(planted["dim_occupation"][1] | {"occupation_code": text, "name_ko": text})
    publish(tmp_path, made_of=planted)
    client = TestClient(create_app(editions_of(tmp_path)))
    listed = client.get("/v1/occupations", params={"limit": 200})
    assert listed.json()["total"] == 3 + len(HTML) and b"<" not in listed.content
    assert {o["name_ko"] for o in listed.json()["items"]} >= set(HTML)
    refused = client.get("/v1/occupations", params={"q": HTML[0], "<script>": "1"})
    assert refused.status_code == 422 and b"<" not in refused.content
    assert file_name(HTML[0]) != HTML[0]


def test_the_openapi_document_has_an_example_for_every_answer(api: TestClient) -> None:
    document = api.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/occupations", "/v1/occupations/{code}", "/v1/series", "/v1/series/{dataflow}", "/v1/releases",
        "/v1/health",
    }  # fmt: skip
    for path, methods in document["paths"].items():
        assert set(methods) == {"get"}
        for status, answer in methods["get"]["responses"].items():
            for kind, content in answer.get("content", {}).items():
                assert "example" in content, (path, status, kind)
                if kind == "application/json":
                    jsonschema.validate(content["example"], content["schema"])
    assert json.dumps(document)


def test_encodings_are_chosen_once_per_header() -> None:
    assert wished(b"gzip, deflate, br, zstd") == ("zstd", "gzip", "identity")
    assert wished(b"identity;q=1, gzip;q=.5")[0] == "identity"


def test_no_answer_mixes_two_releases_while_the_pointer_flips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read over HTTP until the new release shows: header, document and list always name the same one."""
    monkeypatch.setattr("exports.api.editions.EVERY", 0.01)
    first = publish(tmp_path, "r1")
    seen: list[str] = []
    with serving(create_app(editions_of(tmp_path))) as address, httpx.Client(base_url=address) as client:
        publisher = threading.Thread(target=publish, args=(tmp_path, "r2", first))
        publisher.start()
        deadline = time.monotonic() + 60
        while (not seen or seen[-1] != "r2") and time.monotonic() < deadline:
            for path in (NURSE, "/v1/occupations", "/v1/series", "/v1/occupations?q=nurse"):
                answer = client.get(path)
                release_id = answer.headers["x-release-id"]
                assert answer.json()["release"]["release_id"] == release_id, path
                seen.append(release_id)
        publisher.join()
    assert set(seen) == {"r1", "r2"} and seen == sorted(seen)
