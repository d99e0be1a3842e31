"""Each provider's protocol quirks, over real HTTP against a small nation written here."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests

from sandbox.server.answers import Request
from sandbox.server.app import Sandbox
from tests.sandbox.server_support import (
    DETAIL,
    HRD_DETAIL,
    HRD_LIST,
    KCOMWEL,
    KEY,
    LIST,
    NTS,
    PORTAL,
    Running,
    listing,
    write_nation,
)

pytestmark = pytest.mark.usefixtures("calm")


def work24(server: Running, **more: object) -> ElementTree.Element:
    return listing(server.get(LIST, authKey=KEY, callTp="L", returnType="XML", **({"display": 100} | more)))


def ids(root: ElementTree.Element) -> list[str | None]:
    return [w.findtext("wantedAuthNo") for w in root.findall("wanted")]


def all_ids(server: Running, **more: object) -> list[str | None]:
    found: list[str | None] = []
    page = 1
    while rows := ids(work24(server, startPage=page, **more)):
        found += rows
        page += 1
    return found


# --- Work24 list


def test_work24_list_envelope_and_fields(server: Running) -> None:
    root = work24(server, startPage=2, display=10)
    assert [root.findtext(tag) for tag in ("total", "startPage", "display")] == ["225", "2", "10"]
    row = root.find("wanted")
    assert row is not None
    tags = [child.tag for child in row]
    assert tags[:3] == ["wantedAuthNo", "company", "busino"]
    assert "maxSal" in tags
    assert "jobCont" not in tags  # a detail field
    assert row.findtext("maxSal") == "0"
    assert row.findtext("closeDt") == "채용시까지  26-11-30"  # two blanks
    assert row.findtext("title") == "[시간선택제] 경리 & 총무 <신입>"
    assert row.find("holidayTpNm") is not None
    assert row.findtext("holidayTpNm") == ""  # NULL is an empty element


def test_work24_default_leaves_daily_work_out(server: Running) -> None:
    regular, daily = all_ids(server), all_ids(server, empTpGb=2)
    assert all_ids(server, empTpGb=1) == regular
    assert len(regular) == 225
    assert len(daily) == 25
    assert not set(regular) & set(daily)


@pytest.mark.parametrize(
    ("parameter", "parts"),
    [
        ("region", ["11000", "26|27", "41117"]),
        ("region", ["11", "26", "27", "41"]),
        ("occupation", ["155", "133", "02"]),
        ("salTp", ["M", "Y"]),
    ],
)
def test_work24_filters_partition_the_list(server: Running, parameter: str, parts: list[str]) -> None:
    pieces = [all_ids(server, **{parameter: part}) for part in parts]
    assert all(pieces)
    assert sorted(posting for piece in pieces for posting in piece) == sorted(all_ids(server))


def test_work24_dates_partition_the_list_whatever_their_form(server: Running) -> None:
    early = all_ids(server, maxWantedAuthDt="20260915")
    late = all_ids(server, minWantedAuthDt="20260916")
    assert early
    assert late
    assert sorted(early + late) == sorted(all_ids(server))
    assert len(all_ids(server, regDate="D-0")) < len(all_ids(server, regDate="W-1")) < len(late)


def test_work24_is_newest_first_unless_asked(server: Running) -> None:
    newest = all_ids(server)
    assert all_ids(server, sortOrderBy="ASC") == newest[::-1]


def test_work24_single_row_has_no_special_form(server: Running) -> None:
    assert len(ids(work24(server, occupation="155500", region="11", display=1))) == 1


@pytest.mark.parametrize(
    ("changes", "text", "code"),
    [
        ({"authKey": None}, "authKey는 필수 입니다.", None),
        ({"authKey": None, "authkey": KEY}, "authKey는 필수 입니다.", None),
        ({"authKey": "00000000-0000-4000-8000-000000000001"}, "개인회원은 사용할 수 없는 OPEN-API입니다.", None),
        ({"authKey": "11111111-0000-4000-8000-000000000000"}, "유효하지 않은 인증키", "002"),
        ({"returnType": "JSON"}, "returnType", "004"),
        ({"returnType": None}, "returnType", "004"),
        ({"callTp": "D"}, "callTp", "008"),
        ({"startPage": "4"}, "데이터", "006"),
        ({"region": "99"}, "데이터", "006"),
        ({"startPage": "1001"}, "신청하신 OpenApi 서비스가 존재하지 않습니다", None),
        ({"startPage": "0"}, "신청하신 OpenApi 서비스가 존재하지 않습니다", None),
        ({"display": "101"}, "신청하신 OpenApi 서비스가 존재하지 않습니다", None),
        ({"wantedAuthNo": "K1"}, "신청하신 OpenApi 서비스가 존재하지 않습니다", None),
    ],
)
def test_work24_errors_come_with_http_200(server: Running, changes: dict, text: str, code: str | None) -> None:
    asked = {"authKey": KEY, "callTp": "L", "returnType": "XML", "display": "100"} | changes
    answer = server.get(LIST, **{k: v for k, v in asked.items() if v is not None})
    root = ElementTree.fromstring(answer.content)
    assert answer.status_code == 200
    assert root.tag == ("wantedRoot" if code else "GO24")
    assert text in (root.findtext("message") or root.findtext("error") or "")
    assert root.findtext("messageCd") == code


def test_work24_list_moves_under_paging(server: Running) -> None:
    first = ids(work24(server, startPage=1))
    server.clock("2026-10-02T04:00:00")  # five new postings arrive on top
    second = ids(work24(server, startPage=2))
    assert second[:5] == first[-5:]
    assert work24(server).findtext("total") == "230"


def test_work24_versions_follow_the_clock(server: Running) -> None:
    changed = "K000000000000000"
    assert changed in all_ids(server)
    titles = {}
    for day in ("2026-10-01", "2026-10-03"):
        server.clock(day)
        rows = {w.findtext("wantedAuthNo"): w for w in work24(server, startPage=3).findall("wanted")}
        titles[day] = rows[changed].findtext("title")
    assert titles["2026-10-03"] == "고친 제목"
    assert titles["2026-10-01"] != titles["2026-10-03"]


def test_work24_page_ceiling_can_be_lowered(tmp_path: Path) -> None:
    sandbox = Sandbox(write_nation(tmp_path / "nation"), date(2026, 10, 1), page_ceiling=2)
    asked = {"authKey": KEY, "callTp": "L", "returnType": "XML", "display": "10"}
    tags = []
    for page in ("2", "3"):
        answer, _ = sandbox.answer(Request("GET", LIST, {**asked, "startPage": page}))
        tags.append(ElementTree.fromstring(answer.body).tag)
    assert tags == ["wantedRoot", "GO24"]


# --- Work24 detail


def detail(server: Running, **more: object) -> ElementTree.Element:
    asked = {"authKey": KEY, "callTp": "D", "returnType": "XML", "infoSvc": "VALIDATION"} | more
    return listing(server.get(DETAIL, **asked))


def test_work24_detail_is_nested(server: Running) -> None:
    root = detail(server, wantedAuthNo="K000000000000001")
    assert root.tag == "wantedDtl"
    assert [c.tag for c in root] == ["wantedAuthNo", "corpInfo", "wantedInfo", "empchargeInfo"]
    assert root.findtext("corpInfo/totPsncnt") == "25 명"
    assert root.findtext("wantedInfo/jobCont") == "환경 설비 운전\n두 번째 줄"
    assert root.findtext("wantedInfo/salTpNm") == "월급 3,000,000원 이상"
    assert root.findtext("empchargeInfo/contactTelno") == "02-000-0001"
    assert len(root.findall("wantedInfo/keywordList/srchKeywordNm")) == 3
    assert root.find("wantedInfo/contactTelno") is None


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"wantedAuthNo": "K999999999999999"}, "006", "구인정보를 확인할 수 없습니다"),
        ({"infoSvc": "SARAMIN"}, "018", "infoSvc"),
        ({"callTp": "L"}, "008", "callTp"),
    ],
)
def test_work24_detail_errors(server: Running, changes: dict, code: str, text: str) -> None:
    root = detail(server, **({"wantedAuthNo": "K000000000000001"} | changes))
    assert root.findtext("messageCd") == code
    assert text in (root.findtext("message") or "")


def test_work24_detail_of_an_expired_posting(server: Running) -> None:
    assert detail(server, wantedAuthNo="K000000000000002").tag == "wantedDtl"
    server.clock("2026-10-05")
    assert detail(server, wantedAuthNo="K000000000000002").findtext("messageCd") == "006"


# --- HRD-Net


def hrd(server: Running, **more: object) -> ElementTree.Element:
    asked = {"authKey": KEY, "returnType": "XML", "outType": 1, "pageNum": 1, "pageSize": 100}
    return listing(server.get(HRD_LIST, **(asked | {"srchTraStDt": "20260101", "srchTraEndDt": "20261231"} | more)))


def test_hrdnet_list_window_and_paging(server: Running) -> None:
    root = hrd(server, pageSize=20, pageNum=2)
    assert root.findtext("scn_cnt") == "30"
    rows = root.findall("srchList/scn_list")
    assert len(rows) == 10
    assert rows[0].findtext("subTitle") == "한빛직업전문학교"
    narrow = hrd(server, srchTraStDt="20260901", srchTraEndDt="20260930")
    assert {r.findtext("traStartDate") for r in narrow.iter("scn_list")} == {"2026-09-01"}
    starts = [r.findtext("traStartDate") or "" for r in hrd(server, sort="DESC", sortCol=2).iter("scn_list")]
    assert starts == sorted(starts, reverse=True)
    assert len(set(starts)) > 1


def test_hrdnet_replaced_province_answers_nothing(server: Running) -> None:
    assert hrd(server, srchTraArea1="42").findtext("scn_cnt") == "0"
    assert hrd(server, srchTraArea1="51").findtext("scn_cnt") == "15"
    assert hrd(server, srchTraArea1="11").findtext("scn_cnt") == "15"


@pytest.mark.parametrize(
    "changes", [{"srchTraStDt": ""}, {"pageSize": 101}, {"pageNum": 1001}, {"outType": 2}, {"returnType": "CSV"}]
)
def test_hrdnet_refuses_bad_requests(server: Running, changes: dict) -> None:
    root = hrd(server, **changes)
    assert root.findtext("error")
    assert root.find("srchList") is None


def test_hrdnet_detail_keeps_letters_and_speaks_json(server: Running) -> None:
    asked = {"authKey": KEY, "outType": 2, "srchTrprId": "AIG0000", "srchTrprDegr": 2}
    root = listing(server.get(HRD_DETAIL, returnType="XML", **asked))
    assert root.findtext("srchList/scn_list/eiEmplRate3") == "B"
    row = server.get(HRD_DETAIL, returnType="JSON", **asked).json()["srchList"][0]
    assert row["eiEmplRate3"] == "B"
    assert row["finiCnt"] == "18"
    missing = listing(server.get(HRD_DETAIL, returnType="XML", **(asked | {"srchTrprDegr": 9})))
    assert missing.findtext("error")


def test_hrdnet_json_list(server: Running) -> None:
    asked = {"authKey": KEY, "returnType": "JSON", "outType": 1, "srchTraStDt": "20260101", "srchTraEndDt": "20261231"}
    body = server.get(HRD_LIST, **asked).json()
    assert body["scn_cnt"] == 30
    assert len(body["srchList"]) == 10


# --- NTS


def nts(server: Running, numbers: object, key: str = KEY) -> requests.Response:
    return server.session.post(f"{server.url}{NTS}", params={"serviceKey": key}, json={"b_no": numbers}, timeout=5)


def test_nts_answers_every_number(server: Running) -> None:
    body = nts(server, ["5038169211", "1234567890", "6138127726"]).json()
    assert (body["status_code"], body["request_cnt"], body["match_cnt"]) == ("OK", 3, 2)
    assert [row["b_no"] for row in body["data"]] == ["5038169211", "1234567890", "6138127726"]
    assert [row["b_stt_cd"] for row in body["data"]] == ["01", "", "03"]
    assert body["data"][1]["tax_type"] == "국세청에 등록되지 않은 사업자등록번호입니다."
    assert body["data"][2]["end_dt"] == "20260131"
    assert "checked_date" not in body["data"][0]


def test_nts_refusals(server: Running) -> None:
    assert nts(server, ["5038169211"] * 100).json()["request_cnt"] == 100
    big = nts(server, ["5038169211"] * 101)
    assert (big.status_code, big.json()["status_code"]) == (413, "TOO_LARGE_REQUEST")
    assert nts(server, ["5038169211"], key="x").status_code == 401
    assert nts(server, "5038169211").json()["status_code"] == "REQUEST_DATA_MALFORMED"
    broken = server.session.post(f"{server.url}{NTS}", params={"serviceKey": KEY}, data=b"{", timeout=5)
    assert broken.json()["status_code"] == "BAD_JSON_REQUEST"
    assert server.session.get(f"{server.url}{NTS}", timeout=5).status_code == 404


# --- KCOMWEL


def kcomwel(server: Running, **more: object) -> ElementTree.Element:
    return listing(server.get(KCOMWEL, **({"serviceKey": KEY, "numOfRows": 10} | more)))


def test_kcomwel_two_rows_per_site(server: Running) -> None:
    root = kcomwel(server, v_saeopjaDrno="5038169211")
    items = root.findall("body/items/item")
    assert root.findtext("header/resultCode") == "00"
    assert root.findtext("body/totalCount") == "2"
    assert {i.findtext("opaBoheomFg") for i in items} == {"1", "2"}
    assert {i.findtext("sangsiInwonCnt") for i in items} == {"131", "133"}
    assert items[0].findtext("seongripDt") == "19950701"
    single = kcomwel(server, v_saeopjaDrno="5038169211", opaBoheomFg=2).findall("body/items/item")
    assert [i.findtext("opaBoheomFg") for i in single] == ["2"]


def test_kcomwel_ignores_parameters_it_does_not_know(server: Running) -> None:
    root = kcomwel(server, saeopjaDrno="5038169211", numOfRows=50, pageNo=3)
    assert root.findtext("body/totalCount") == "6533328"
    assert len(root.findall("body/items/item")) == 50


@pytest.mark.parametrize("number", ["503816", "9999999999"])
def test_kcomwel_no_data(server: Running, number: str) -> None:
    root = kcomwel(server, v_saeopjaDrno=number)
    assert root.findtext("header/resultCode") == "03"
    assert root.findtext("body/totalCount") == "0"


def test_kcomwel_gateway_refusals(server: Running) -> None:
    assert kcomwel(server, serviceKey="x").findtext("cmmMsgHeader/returnReasonCode") == "30"
    assert kcomwel(server, numOfRows=5001).findtext("cmmMsgHeader/returnReasonCode") == "10"


# --- Portal


def test_portal_pages_of_job_postings(server: Running) -> None:
    bodies = [server.get(PORTAL, page=p, size=20).json() for p in (1, 2, 3, 4)]
    assert {b["total"] for b in bodies} == {50}
    assert [len(b["postings"]) for b in bodies] == [20, 20, 10, 0]
    posting = bodies[0]["postings"][0]
    assert (posting["@context"], posting["@type"]) == ("https://schema.org", "JobPosting")
    assert posting["hiringOrganization"] == {"@type": "Organization", "name": "㈜누리", "taxID": "5038169211"}
    assert posting["baseSalary"]["value"] == {
        "@type": "QuantitativeValue",
        "minValue": 3000000,
        "maxValue": 3500000.5,
        "unitText": "MONTH",
    }
    assert posting["jobLocation"]["address"]["addressRegion"] == "11680"
    assert posting["datePosted"] == "2026-09-30"
    assert posting["dateModified"] == "2026-09-30T09:30:00"
    assert len({p["identifier"] for b in bodies for p in b["postings"]}) == 50


@pytest.mark.parametrize("asked", [{"size": 201}, {"page": 501}, {"page": "x"}])
def test_portal_limits(server: Running, asked: dict) -> None:
    assert server.get(PORTAL, **asked).status_code == 400


# --- the server itself


def test_unknown_path_is_an_html_404(server: Running) -> None:
    answer = server.get("/cm/openApi/call/wk/callOpenApiSvcInfo999L01.do", authKey=KEY)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_control_paths(server: Running, count_requests: Callable[[], dict]) -> None:
    work24(server)
    assert count_requests() == {LIST: {"ok": 1}}
    assert server.clock("2026-10-03T04:00:00") == {"now": "2026-10-03T04:00:00"}
    assert server.control("GET", "clock").json() == {"now": "2026-10-03T04:00:00"}
    assert server.control("PUT", "clock", {"now": "soon"}).status_code == 400
    refused = server.control("PUT", "failures", {"failures": "work24:no_such_mode"})
    assert refused.status_code == 400
    assert "no_such_mode" in json.loads(refused.content)["error"]
