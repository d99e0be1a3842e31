"""Each failure mode as a client sees it, and the choice of the requests that fail."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest
import requests

from sandbox.server.contracts import SetupError
from sandbox.server.failures import build_rule, parse
from tests.sandbox.server_support import DETAIL, HRD_DETAIL, HRD_LIST, KCOMWEL, KEY, LIST, NTS, PORTAL, Running, listing

pytestmark = pytest.mark.usefixtures("calm")
PROVIDERS = {"work24": ("list", "detail"), "kcomwel": ("list",)}


def raw(server: Running, page: int = 1, size: int = 50, **more: object) -> requests.Response:
    asked = {"authKey": KEY, "callTp": "L", "returnType": "XML", "startPage": page, "display": size} | more
    return server.get(LIST, **asked)


def rows(server: Running, page: int = 1, **more: object) -> list[str | None]:
    return [w.findtext("wantedAuthNo") for w in listing(raw(server, page, **more)).findall("wanted")]


def first_row(server: Running) -> ElementTree.Element:
    row = listing(raw(server)).find("wanted")
    assert row is not None
    return row


def portal(server: Running, page: int = 1, size: int = 20) -> dict:
    return server.get(PORTAL, page=page, size=size).json()


# --- how the answer travels


def test_http_429_once_with_retry_after(server: Running, count_requests: Callable[[], dict]) -> None:
    server.fail("work24.list:http_429,page=2,retry_after=0.5")
    assert raw(server, 1).status_code == 200
    refused = raw(server, 2)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "0.5")
    assert raw(server, 2).status_code == 200
    assert count_requests() == {LIST: {"ok": 2, "http_429": 1}}


def test_http_429_with_a_date(server: Running) -> None:
    server.fail("portal:http_429,retry_after=date")
    at = parsedate_to_datetime(server.get(PORTAL).headers["Retry-After"])
    assert abs(at.timestamp() - time.time()) < 5


def test_http_500_and_its_kin_for_ever(server: Running) -> None:
    server.fail("portal:http_500,status=502,times=always")
    assert [server.get(PORTAL).status_code for _ in range(3)] == [502] * 3
    assert raw(server).status_code == 200


def test_timeout_says_nothing(server: Running) -> None:
    server.fail("work24:timeout,seconds=2")
    with pytest.raises(requests.ReadTimeout):
        server.get(LIST, timeout=0.15)
    assert len(rows(server)) == 50


def test_timeout_closes_without_an_answer(server: Running) -> None:
    server.fail("nts:timeout,seconds=0.05")
    with pytest.raises(requests.ConnectionError):
        server.session.post(f"{server.url}{NTS}", params={"serviceKey": KEY}, json={"b_no": ["1"]}, timeout=2)


def test_slow_body_arrives_late_but_whole(server: Running) -> None:
    server.fail("hrdnet.list:slow_body,seconds=0.3")
    asked = {"authKey": KEY, "returnType": "XML", "outType": 1, "srchTraStDt": "20260101", "srchTraEndDt": "20261231"}
    began = time.monotonic()
    slow = server.get(HRD_LIST, **asked)
    took = time.monotonic() - began
    assert took >= 0.25
    assert slow.content == server.get(HRD_LIST, **asked).content


def test_truncated_body_is_shorter_than_declared(server: Running) -> None:
    server.fail("work24:truncated,keep=0.25")
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=2)
    connection.request("GET", f"{LIST}?authKey={KEY}&callTp=L&returnType=XML&display=50")
    answer = connection.getresponse()
    declared = int(answer.headers["Content-Length"])
    with pytest.raises(http.client.IncompleteRead) as cut:
        answer.read()
    connection.close()
    assert len(cut.value.partial) == declared // 4
    assert len(rows(server)) == 50


def test_html_with_200(server: Running) -> None:
    server.fail("kcomwel:html_200")
    page = server.get(KCOMWEL, serviceKey=KEY)
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.text.startswith("<!DOCTYPE html>")
    assert listing(server.get(KCOMWEL, serviceKey=KEY)).tag == "response"


# --- lists that move


def test_page_served_twice(server: Running) -> None:
    one, two = rows(server, 1), rows(server, 2)
    server.fail("work24:duplicate_page")
    assert rows(server, 1) == one  # the first page has none before it: the failure waits
    assert rows(server, 2) == one
    assert rows(server, 2) == two


@pytest.mark.parametrize("by", [3, -3])
def test_rows_shift_between_pages(server: Running, by: int) -> None:
    whole = [i for page in range(1, 6) for i in rows(server, page)]
    server.fail(f"work24.list:shifting_rows,by={by},times=always")
    assert rows(server, 1) == whole[:50]
    assert rows(server, 2) == whole[50 - by : 100 - by]
    moved = [i for page in range(1, 6) for i in rows(server, page)]
    if by > 0:
        assert len(moved) - len(set(moved)) == by  # repeated at the seam, none lost
    assert len(set(whole) - set(moved)) == (0 if by > 0 else -by)


def test_total_changes(server: Running) -> None:
    server.fail("portal:changing_total,by=2,times=2")
    assert [portal(server)["total"] for _ in range(3)] == [52, 54, 50]


# --- schema drift


@pytest.mark.parametrize("at", ["work24", "portal"])
def test_schema_drift_lasts_and_is_seeded(server: Running, at: str) -> None:
    def columns() -> set[str]:
        if at == "work24":
            return {c.tag for c in first_row(server)}
        return set(portal(server)["postings"][0])

    usual = columns()
    server.fail(f"{at}:schema_new_column")
    assert columns() - usual == {"newFieldNm"}
    gone = set()
    for _ in range(2):
        server.fail([{"at": at, "mode": "schema_missing_column", "column": "title"}])
        gone |= usual - columns()
    assert gone == {"title"}
    server.fail(f"{at}:schema_renamed_column,column=title,to=headline")
    assert (columns() - usual, usual - columns()) == ({"headline"}, {"title"})
    assert columns() == columns()


def test_schema_drift_picks_a_column_by_the_seed(server: Running) -> None:
    usual = {c.tag for c in first_row(server)}
    picked = []
    for _ in range(2):
        server.fail("work24:schema_missing_column")
        picked.append(usual - {c.tag for c in first_row(server)})
    assert len(picked[0]) == 1
    assert picked[0] == picked[1]
    assert "wantedAuthNo" not in picked[0]


def test_schema_retyped_column(server: Running) -> None:
    server.fail("work24:schema_retyped_column,column=minSal;portal:schema_retyped_column,column=openings")
    assert first_row(server).findtext("minSal") == "약 3000000"
    assert portal(server)["postings"][0]["totalJobOpenings"] == "약 2"


def test_schema_drift_of_the_detail(server: Running) -> None:
    server.fail("work24:schema_renamed_column,column=detail.jobCont,to=jobContents;hrdnet.detail:schema_missing_column")
    asked = {"authKey": KEY, "callTp": "D", "returnType": "XML", "infoSvc": "VALIDATION"}
    root = listing(server.get(DETAIL, wantedAuthNo="K000000000000001", **asked))
    assert root.find("wantedInfo/jobCont") is None
    assert root.findtext("wantedInfo/jobContents", "").startswith("환경")
    assert first_row(server).find("jobContents") is None
    run = {"authKey": KEY, "returnType": "XML", "outType": 2, "srchTrprId": "AIG0000", "srchTrprDegr": 1}
    failing = len(listing(server.get(HRD_DETAIL, **run)).findall("srchList/scn_list/*"))
    server.fail("")
    assert len(listing(server.get(HRD_DETAIL, **run)).findall("srchList/scn_list/*")) == failing + 1


# --- bytes and volumes


def test_bad_bytes_are_no_utf8(server: Running) -> None:
    server.fail("work24:bad_bytes,column=title;portal:bad_bytes")
    for answer in (raw(server), server.get(PORTAL)):
        assert answer.status_code == 200
        with pytest.raises(UnicodeDecodeError):
            answer.content.decode("utf-8")


def test_control_characters_break_strict_xml_only(server: Running) -> None:
    server.fail("work24:control_characters,column=company")
    body = raw(server).content
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(body)
    assert len(ElementTree.fromstring(body.replace(b"\x08", b"")).findall("wanted")) == 50


def test_empty_day(server: Running) -> None:
    server.fail("work24:empty_day;portal:empty_day;nts:empty_day;hrdnet:empty_day;kcomwel:empty_day")
    assert listing(raw(server)).findtext("messageCd") == "006"
    assert (portal(server)["total"], portal(server)["postings"]) == (0, [])
    window = {"srchTraStDt": "20260101", "srchTraEndDt": "20261231"}
    hrd = listing(server.get(HRD_LIST, authKey=KEY, returnType="XML", outType=1, **window))
    assert hrd.findtext("scn_cnt") == "0"
    asked = server.session.post(
        f"{server.url}{NTS}", params={"serviceKey": KEY}, json={"b_no": ["5038169211"]}, timeout=2
    )
    assert asked.json()["data"] == []
    site = listing(server.get(KCOMWEL, serviceKey=KEY, v_saeopjaDrno="5038169211"))
    assert site.findtext("header/resultCode") == "03"


def test_tenfold_day_has_ten_distinct_postings_for_each(server: Running) -> None:
    server.fail("work24:tenfold_day;portal:tenfold_day")
    root = listing(raw(server, 23, size=100))
    assert root.findtext("total") == "2250"
    pages = [i for page in range(1, 24) for i in rows(server, page, size=100)]
    assert len(set(pages)) == len(pages) == 2250
    copy = next(i for i in pages if i and i.endswith("I"))
    asked = {"authKey": KEY, "callTp": "D", "returnType": "XML", "infoSvc": "VALIDATION"}
    assert listing(server.get(DETAIL, wantedAuthNo=copy, **asked)).findtext("wantedAuthNo") == copy
    assert portal(server)["total"] == 500


def test_filter_ignored(server: Running) -> None:
    server.fail("kcomwel:filter_ignored")
    asked = {"serviceKey": KEY, "v_saeopjaDrno": "5038169211"}
    assert listing(server.get(KCOMWEL, **asked)).findtext("body/totalCount") == "6533328"
    assert listing(server.get(KCOMWEL, **asked)).findtext("body/totalCount") == "2"


# --- which requests, how often


def test_nth_and_times(server: Running) -> None:
    server.fail("portal:http_500,nth=2-3,times=always")
    assert [server.get(PORTAL).status_code for _ in range(4)] == [200, 500, 500, 200]


def test_page_ranges(server: Running) -> None:
    server.fail("work24:http_500,page=2-3,times=always")
    assert [raw(server, page).status_code for page in (1, 2, 3, 4)] == [200, 500, 500, 200]


def test_share_fails_the_same_requests_once_each(server: Running) -> None:
    def failing() -> list[str]:
        server.fail("work24.detail:http_500,share=0.3")
        asked = {"authKey": KEY, "callTp": "D", "returnType": "XML", "infoSvc": "VALIDATION"}
        numbers = [f"K{i:015d}" for i in range(100)]
        with ThreadPoolExecutor(4) as pool:
            first = list(pool.map(lambda n: server.get(DETAIL, wantedAuthNo=n, **asked).status_code, numbers))
        failed = [n for n, status in zip(numbers, first, strict=True) if status == 500]
        assert {server.get(DETAIL, wantedAuthNo=n, **asked).status_code for n in failed} == {200}
        return failed

    once = failing()
    assert 15 < len(once) < 45
    assert failing() == once


def test_modes_combine(server: Running, count_requests: Callable[[], dict]) -> None:
    server.fail("work24:slow_body,seconds=0.02;work24:changing_total;work24:schema_new_column")
    root = listing(raw(server))
    assert root.findtext("total") == "226"
    assert root.findtext("wanted/newFieldNm") == "신규"
    assert count_requests() == {LIST: {"slow_body": 1, "changing_total": 1, "schema_new_column": 1}}


def test_an_answer_that_does_not_arrive_uses_up_no_content_failure(server: Running) -> None:
    server.fail("portal:http_500;portal:changing_total,by=3")
    assert server.get(PORTAL).status_code == 500
    assert [portal(server)["total"] for _ in range(2)] == [53, 50]


def test_json_and_text_say_the_same() -> None:
    text = parse("work24.list:http_429,page=2; kcomwel:empty_day")
    assert (
        parse(
            json.dumps([{"at": "work24.list", "mode": "http_429", "page": 2}, {"at": "kcomwel", "mode": "empty_day"}])
        )
        == text
    )


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("work24", "AT:MODE"),
        ("work24:http_429,page", "AT:MODE"),
        ("saramin:http_429", "saramin"),
        ("kcomwel.detail:http_429", "kcomwel.detail"),
        ("work24:http_999", "http_999"),
        ("work24:http_429,seconds=1", "seconds"),
        ("work24:timeout,seconds=soon", "soon"),
        ("work24:http_429,page=first", "first"),
        ("work24:filter_ignored", "kcomwel only"),
        ("[1]", "JSON"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(spec: str, said: str) -> None:
    with pytest.raises(SetupError, match=said.replace(".", r"\.")):
        for settings in parse(spec):
            build_rule(settings, PROVIDERS)
