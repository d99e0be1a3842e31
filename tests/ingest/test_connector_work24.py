"""Work24: the wire format with its quirks, errors with HTTP 200, moving lists, partitions, interrupted pulls."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from xml.sax.saxutils import escape

import pytest

from ingest.connectors import work24
from ingest.delivery import FetchError
from lmi.core.settings import PROJECT_ROOT
from tests.ingest.connector_support import (
    BAD_INPUTS,
    DAY,
    KEY,
    Asked,
    Reply,
    context,
    fetch,
    read,
    registered,
    wire,
)

EXPECTED = json.loads((BAD_INPUTS / "expected.json").read_text(encoding="utf-8"))["work24"]
NO_DATA = "<wantedRoot><message>없음</message><messageCd>006</messageCd></wantedRoot>".encode()


def elements(fields: dict[str, str]) -> str:
    return "".join(f"<{k}>{escape(v)}</{k}>" for k, v in fields.items())


def posting(number: int, **changes: str) -> dict[str, str]:
    """A list row as Work24 writes it."""
    row = {
        "wantedAuthNo": f"K{number:016d}", "company": "워터매니지먼트주식회사", "busino": "5038169211",
        "indTpNm": "폐수 처리업",
        "title": "[시간선택제] 환경 & 설비", "salTpNm": "연봉", "sal": "4100만원", "minSal": "41000000", "maxSal": "0",
        "region": "대구 서구", "holidayTpNm": "주5일근무", "minEdubg": "대졸(4년)", "maxEdubg": "박사",
        "career": "경력",
        "regDt": "26-09-30", "closeDt": "채용시까지  26-11-30", "infoSvc": "VALIDATION", "wantedInfoUrl": "https://w/1",
        "wantedMobileInfoUrl": "https://m/1", "zipCd": "41759", "strtnmCd": "1", "basicAddr": "대구 서구",
        "detailAddr": "",
        "empTpCd": "10", "jobsCd": "029500", "smodifyDtm": "202609301948",
    }  # fmt: skip
    return {**row, **changes}


def detail(row: dict[str, str], **changes: str) -> bytes:
    corp = {"corpNm": row["company"], "reperNm": "홍길동", "totPsncnt": "25 명", "busiSize": "중소기업"}
    wanted = {
        "jobCont": "수질 관리", "collectPsncnt": "1", "salTpNm": "연봉41,000,000원 이상", "enterTpNm": "경력",
        "eduNm": "대졸",
        "certificate": "수질환경산업기사", "pfCond": "", "workdayWorkhrCont": "주 40시간", "regionCd": "27170",
        "salTpCd": "Y", "enterTpCd": "E", "unheardOf": "x", **changes,
    }  # fmt: skip
    contact = {"empChargerDpt": "인사", "contactTelno": "053-000-0000", "empChargerHp": "", "chargerEmail": "a@b.kr"}
    return (
        f"<wantedDtl><wantedAuthNo>{row['wantedAuthNo']}</wantedAuthNo><corpInfo>{elements(corp)}</corpInfo><wantedInfo>"
        f"{elements(wanted)}<keywordList><srchKeywordNm>a</srchKeywordNm><srchKeywordNm>b</srchKeywordNm></keywordList>"
        f"</wantedInfo><empchargeInfo>{elements(contact)}</empchargeInfo></wantedDtl>"
    ).encode()


def page_of(rows: list[dict[str, str]], total: int) -> bytes:
    body = "".join(f"<wanted>{elements(r)}</wanted>" for r in rows)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<wantedRoot><total>{total}</total>{body}</wantedRoot>'.encode()


@dataclass
class Provider:
    """Work24 in small: regular and daily postings, filters, and a hook that disturbs list answers."""

    regular: list[dict[str, str]]
    daily: list[dict[str, str]] = field(default_factory=list)
    disturb: Callable[[Asked, list[dict[str, str]]], bytes | Reply | None] = lambda asked, rows: None
    details: Callable[[Asked, dict[str, str]], bytes | Reply] = lambda asked, row: detail(row)

    def __call__(self, asked: Asked) -> bytes | Reply:
        assert asked.params["authKey"] == KEY
        assert asked.params["returnType"] == "XML"
        if asked.params["callTp"] == "D":
            row = next(r for r in self.regular + self.daily if r["wantedAuthNo"] == asked.params["wantedAuthNo"])
            assert asked.params["infoSvc"] == row["infoSvc"]
            return self.details(asked, row)
        rows = self.daily if asked.params["empTpGb"] == "2" else self.regular
        rows = [r for r in rows if self._matches(r, asked.params)]
        disturbed = self.disturb(asked, rows)
        if disturbed is not None:
            return disturbed
        page, size = int(asked.params["startPage"]), int(asked.params["display"])
        part = rows[(page - 1) * size : page * size]
        return page_of(part, len(rows)) if part else NO_DATA

    @staticmethod
    def _matches(row: dict[str, str], params: dict[str, str]) -> bool:
        day = date(2000 + int(row["regDt"][:2]), int(row["regDt"][3:5]), int(row["regDt"][6:])).strftime("%Y%m%d")
        return (
            row.get("_region", "").startswith(params.get("region", ""))
            and row["jobsCd"].startswith(params.get("occupation", ""))
            and params.get("minWantedAuthDt", "0") <= day <= params.get("maxWantedAuthDt", "9")
        )


def pull(tmp_path, provider, day=DAY, **spec):
    """Deliveries, their rows and what the server saw."""
    with wire(provider) as log:
        (delivery,) = fetch(registered("work24_vacancies", **spec), context(tmp_path, log.port), day)
        return delivery, read(delivery), log


def lists(log) -> list[Asked]:
    return [a for a in log.asked if a.params["callTp"] == "L"]


def test_list_and_detail_become_contract_columns(tmp_path):
    delivery, rows, _ = pull(tmp_path, Provider([posting(1)], [posting(2, empTpCd="4")]))
    assert [r["wanted_auth_no"] for r in rows] == [f"K{1:016d}", f"K{2:016d}"]
    row = rows[0]
    assert row["close_date_text"] == "채용시까지  26-11-30"
    assert row["wage_max_krw"] == "0"
    assert row["occupation_code"] == "029500"
    assert (row["wage_type_name"], row["wage_sentence"]) == ("연봉", "연봉41,000,000원 이상")
    assert (row["representative_name"], row["contact_phone"], row["openings"]) == ("홍길동", "053-000-0000", "1")
    assert row["title"] == "[시간선택제] 환경 & 설비"
    assert delivery.columns_seen == set(delivery.source.column)
    assert (delivery.status, delivery.provider_totals) == ("complete", {"rows": 2})
    assert [p["empTpGb"] for p in delivery.request["partitions"]] == ["1", "2"]


def test_verbatim_answers_are_kept_in_a_stable_archive_without_the_key(tmp_path):
    first, _, _ = pull(tmp_path / "a", Provider([posting(1), posting(2)]))
    second, _, _ = pull(tmp_path / "b", Provider([posting(1), posting(2)]))
    assert first.raw_files[0].data == second.raw_files[0].data
    with tarfile.open(fileobj=io.BytesIO(first.raw_files[0].data)) as archive:
        names = archive.getnames()
        content = archive.extractfile(f"detail/K{1:016d}.xml").read()
    assert names == ["list/000001.xml", "list/000002.xml", f"detail/K{1:016d}.xml", f"detail/K{2:016d}.xml"]
    assert content == detail(posting(1))
    assert KEY not in json.dumps(first.request) + json.dumps(names)


def test_no_data_is_an_empty_success(tmp_path):
    delivery, rows, _ = pull(tmp_path, Provider([]))
    assert (rows, delivery.status, delivery.provider_totals) == ([], "complete", {"rows": 0})


@pytest.mark.parametrize("name", EXPECTED)
def test_bad_answers(tmp_path, name):
    body = (BAD_INPUTS / name).read_bytes()
    with wire(lambda a: body) as log, pytest.raises(FetchError) as caught:
        fetch(registered("work24_vacancies"), context(tmp_path, log.port))
    assert caught.value.code == EXPECTED[name]
    assert "환경" not in str(caught.value)


def test_control_characters_html_entities_and_latin_declarations(tmp_path):
    body = page_of([posting(1, title="가\x08나")], 1).replace(b"</title>", b"&#1;&nbsp;&amp;lt;</title>")
    _, rows, _ = pull(tmp_path, Provider([posting(1)], disturb=lambda a, r: body if r else None))
    assert rows[0]["title"] == "가나\xa0&lt;"
    euc = body.replace(b"UTF-8", b"EUC-KR").decode().encode("cp949", "ignore")
    assert work24.parse_list(euc, "x").items[0]["company"] == "워터매니지먼트주식회사"


def test_bad_bytes_are_asked_for_again_and_then_refused(tmp_path):
    spoilt = page_of([posting(1)], 1).replace("대구".encode(), b"\xb4\xeb\xff")
    provider = Provider([posting(1)], disturb=lambda a, r: spoilt if r and a.nth == 1 else None)
    assert len(pull(tmp_path / "a", provider)[1]) == 1
    with pytest.raises(FetchError) as caught:
        pull(tmp_path / "b", Provider([posting(1)], disturb=lambda a, r: spoilt if r else None))
    assert caught.value.code == "bad_bytes"


def test_new_missing_and_renamed_list_columns_are_seen_but_details_may_grow(tmp_path):
    row = posting(1, newTag="x")
    row["jobsCode"] = row.pop("jobsCd")
    body = page_of([row], 1)
    delivery, _, _ = pull(tmp_path, Provider([posting(1)], disturb=lambda a, r: body if r else None))
    assert delivery.columns_seen ^ set(delivery.source.column) == {"newTag", "jobsCode", "occupation_code"}


def test_gone_details_keep_the_list_row(tmp_path):
    def details(asked, row):
        if row["wantedAuthNo"].endswith("2"):
            return NO_DATA
        return Reply(status=404) if row["wantedAuthNo"].endswith("3") else detail(row)

    delivery, rows, _ = pull(tmp_path, Provider([posting(n) for n in (1, 2, 3)], details=details))
    assert [(r["company"] is not None, r["openings"]) for r in rows] == [(True, "1"), (True, None), (True, None)]
    assert delivery.status == "complete"
    assert any("2 records had no detail" in n for n in delivery.notes)


def test_all_details_gone_means_a_wrong_address(tmp_path):
    with pytest.raises(FetchError) as caught:
        pull(tmp_path, Provider([posting(1)], details=lambda a, r: Reply(status=404)))
    assert caught.value.code == "details_missing"


def test_the_detail_of_another_posting_is_refused(tmp_path):
    with pytest.raises(FetchError) as caught:
        pull(tmp_path, Provider([posting(1)], details=lambda a, r: detail(posting(9))))
    assert caught.value.code == "answer_shape"


# --- moving lists


def window(rows: list[dict[str, str]], asked: Asked, shift: int = 0) -> bytes:
    page, size = int(asked.params["startPage"]), int(asked.params["display"])
    start = max(0, (page - 1) * size - shift)
    return page_of(rows[start : start + size], len(rows))


def test_a_page_served_twice_and_shifting_rows_lose_nothing(tmp_path):
    rows = [posting(n) for n in range(1, 26)]
    twice = lambda a, r: window(r, a, 10) if r and a.params["startPage"] == "2" and a.nth == 1 else None  # noqa: E731
    delivery, found, _ = pull(tmp_path / "a", Provider(rows, disturb=twice), page_size=10)
    assert len(found) == 25
    assert delivery.status == "complete"
    assert any("10 rows came again" in n for n in delivery.notes)
    shifted = lambda a, r: window(r, a, 1) if r and a.params["startPage"] != "1" and a.nth == 1 else None  # noqa: E731
    delivery, found, _ = pull(tmp_path / "b", Provider(rows, disturb=shifted), page_size=10)
    assert (len(found), delivery.status) == (25, "complete")


def test_a_row_that_moves_up_between_pages_is_found_by_reading_again(tmp_path):
    rows = [posting(n) for n in range(1, 26)]

    def disturb(asked, matching):
        """The first row closes after page 1 was read: row 11 moves from page 2 to page 1."""
        return window(matching[1:], asked) if matching and (asked.params["startPage"] != "1" or asked.nth > 1) else None

    delivery, found, _ = pull(tmp_path, Provider(rows, disturb=disturb), page_size=10)
    assert {r["wanted_auth_no"] for r in found} == {r["wantedAuthNo"] for r in rows[1:]}
    assert delivery.status == "complete"
    assert any("1 rows left the list" in n for n in delivery.notes)


def test_the_newest_version_of_a_row_is_kept(tmp_path):
    old, new = posting(1, smodifyDtm="202609301948", title="old"), posting(1, smodifyDtm="20260930194830", title="new")

    def disturb(asked, matching):
        if not matching or asked.nth > 1:
            return None
        return page_of([new, posting(2)] if asked.params["startPage"] == "1" else [old], 3)

    _, found, _ = pull(tmp_path, Provider([new, posting(2), posting(3)], disturb=disturb), page_size=2)
    assert [r["title"] for r in found if r["wanted_auth_no"].endswith("01")] == ["new"]


def test_a_total_that_never_holds_makes_the_pull_partial(tmp_path):
    rows = [posting(n) for n in range(1, 6)]
    lying = lambda a, r: page_of(r if a.params["startPage"] == "1" else [], 7) if r else None  # noqa: E731
    delivery, found, log = pull(tmp_path, Provider(rows, disturb=lying), page_size=5)
    assert (len(found), delivery.status, delivery.provider_totals) == (5, "partial", {"declared": 7})
    assert len(lists(log)) < 12


def test_rows_without_an_id_are_delivered_for_quarantine(tmp_path):
    rows = [posting(1), posting(2, wantedAuthNo="")]
    body = page_of(rows, 2)
    delivery, found, _ = pull(tmp_path, Provider([posting(1)], disturb=lambda a, r: body if r else None))
    assert [r["wanted_auth_no"] for r in found] == [f"K{1:016d}", ""]
    assert delivery.status == "complete"


# --- partitions


@pytest.fixture
def few_codes(monkeypatch):
    """Partitions of a small country, so that a test asks few pages."""
    codes = {"region": {"11": ["11680"], "26": ["26110"]}, "occupation": ["02", "13"]}
    monkeypatch.setattr(work24, "_partitions", lambda: codes)


def test_the_partition_codes_are_those_of_the_code_tables():
    """A district or occupation group that the list is not cut by would be missed beyond the ceiling."""
    seeds = PROJECT_ROOT / "dbt_project" / "seeds"
    with (seeds / "regions.csv").open(encoding="utf-8") as regions:
        districts = {(row["sido_code"], row["region_code"]) for row in csv.DictReader(regions)}
    with (seeds / "occupations.csv").open(encoding="utf-8") as occupations:
        groups = {row["occupation_code"] for row in csv.DictReader(occupations) if row["occupation_level"] == "2"}
    codes = work24._partitions()
    assert {(province, code) for province, part in codes["region"].items() for code in part} == districts
    assert set(codes["occupation"]) == groups


def test_beyond_the_ceiling_the_list_is_cut_by_region_occupation_and_date(tmp_path, few_codes):
    rows = []
    for n in range(60):
        place = {"_region": "11680" if n % 2 else "26110", "jobsCd": ["133201", "024000"][n % 3 == 0]}
        rows.append(posting(n, regDt=f"26-09-{1 + n % 28:02d}", **place))
    rows.append(posting(99, _region="", jobsCd="133201"))  # in no region's list
    provider = Provider(rows)
    delivery, found, log = pull(tmp_path, provider, page_size=5, page_ceiling=2)
    assert {r["wanted_auth_no"] for r in found} == {r["wantedAuthNo"] for r in rows}
    assert (delivery.status, delivery.provider_totals) == ("complete", {"rows": 61})
    assert max(int(a.params["startPage"]) for a in lists(log)) <= 2
    used = {key for p in delivery.request["partitions"] for key in p}
    assert used >= {"region", "occupation", "minWantedAuthDt"}


def test_what_cannot_be_cut_further_is_refused(tmp_path, few_codes):
    rows = [posting(n, _region="11680", regDt="26-09-30") for n in range(30)]
    with pytest.raises(FetchError) as caught:
        pull(tmp_path, Provider(rows), page_size=5, page_ceiling=2)
    assert caught.value.code == "too_many"


def test_date_windows_leave_no_day_out():
    first = work24.date_windows({}, DAY)
    spans = [(w["minWantedAuthDt"], w["maxWantedAuthDt"]) for w in first]
    assert (spans[0][0], spans[-1][1]) == ("19700101", "20261002")
    for (_, last), (start, _) in pairwise(spans):
        assert (work24._day(start) - work24._day(last)).days == 1
    assert work24.date_windows({"minWantedAuthDt": "20260901", "maxWantedAuthDt": "20260903"}, DAY) == [
        {"minWantedAuthDt": "20260901", "maxWantedAuthDt": "20260902"},
        {"minWantedAuthDt": "20260903", "maxWantedAuthDt": "20260903"},
    ]
    assert work24.date_windows({"minWantedAuthDt": "20260901", "maxWantedAuthDt": "20260901"}, DAY) == []


# --- interrupted pulls


def test_an_interrupted_pull_goes_on_where_it_stopped(tmp_path):
    rows = [posting(n) for n in range(1, 31)]
    broken = Provider(rows, disturb=lambda a, r: Reply(status=500) if a.params["startPage"] == "3" else None)
    with pytest.raises(FetchError):
        pull(tmp_path, broken, page_size=10)
    delivery, found, log = pull(tmp_path, Provider(rows), page_size=10)
    assert len(found) == 30
    assert [a.params["startPage"] for a in lists(log)] == ["3", "1"]  # the other is the list of daily work
    kept = tmp_path / "work" / "fetch" / "work24_vacancies" / "2026-10-01" / "answers.log"
    stored = kept.read_bytes()
    assert "홍길동".encode() not in stored  # sealed: details hold persons
    delivery.done()
    assert not kept.exists()


def test_details_of_an_interrupted_pull_are_not_asked_again(tmp_path):
    rows = [posting(n) for n in range(1, 21)]
    failing = lambda a, r: Reply(status=500) if r["wantedAuthNo"].endswith("20") else detail(r)  # noqa: E731
    with pytest.raises(FetchError):
        pull(tmp_path, Provider(rows, details=failing))
    _, found, log = pull(tmp_path, Provider(rows))
    assert len(found) == 20
    assert 1 <= len([a for a in log.asked if a.params["callTp"] == "D"]) < 12


def test_answers_of_another_day_are_never_used(tmp_path):
    with pytest.raises(FetchError):
        pull(tmp_path, Provider([posting(1)], details=lambda a, r: Reply(status=500)))
    _, found, _ = pull(tmp_path, Provider([posting(2)]), day=date(2026, 10, 2))
    assert [r["wanted_auth_no"] for r in found] == [f"K{2:016d}"]
    assert not (tmp_path / "work" / "fetch" / "work24_vacancies" / "2026-10-01").exists()


def test_a_log_cut_off_by_a_crash_is_read_up_to_the_damage(tmp_path):
    rows = [posting(n) for n in range(1, 31)]
    broken = Provider(rows, disturb=lambda a, r: Reply(status=500) if a.params["startPage"] == "3" else None)
    with pytest.raises(FetchError):
        pull(tmp_path, broken, page_size=10)
    log_file = tmp_path / "work" / "fetch" / "work24_vacancies" / "2026-10-01" / "answers.log"
    log_file.write_bytes(log_file.read_bytes()[:-7])
    _, found, log = pull(tmp_path, Provider(rows), page_size=10)
    assert len(found) == 30
    assert [a.params["startPage"] for a in lists(log)] == ["2", "3", "1"]
