"""HRD-Net, the tax office and KCOMWEL."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from ingest.connectors import lookups
from ingest.connectors.lookups import is_business_no, numbers_to_ask
from ingest.delivery import FetchError
from tests.ingest.connector_support import BAD_INPUTS, DAY, KEY, Asked, Reply, context, fetch, read, registered, wire

EXPECTED = json.loads((BAD_INPUTS / "expected.json").read_text(encoding="utf-8"))
REAL = ["5038169211", "5158511710", "6138127726"]  # published numbers with right check digits
ASK = {("vacancy_submissions", "business_no"): [*REAL, "1234567890", "0000000000", "613-81-27726", "12", ""]}


def test_check_digits():
    assert all(is_business_no(n) for n in REAL)
    assert not any(is_business_no(n) for n in ("1234567890", "0000000000", "503816921", "５０３８１６９２１１", ""))


def test_what_is_asked_new_numbers_and_those_whose_turn_it_is(tmp_path):
    source = registered("nts_business_status")
    assert numbers_to_ask(source, DAY, context(tmp_path, values=ASK)) == REAL
    known = {**ASK, ("nts_business_status", "business_no"): REAL}
    week = [numbers_to_ask(source, DAY + timedelta(days=n), context(tmp_path, values=known)) for n in range(7)]
    assert sorted(n for day in week for n in day) == REAL


# --- tax office


def statuses(asked: Asked) -> bytes:
    assert (asked.method, asked.params) == ("POST", {"serviceKey": KEY})
    rows = [
        {"b_no": n, "b_stt": "계속사업자", "b_stt_cd": "01", "tax_type": "일반", "tax_type_cd": "01", "end_dt": ""}
        for n in json.loads(asked.body)["b_no"]
    ]
    rows[-1] |= {"b_stt": "", "b_stt_cd": "", "tax_type": "국세청에 등록되지 않은 사업자등록번호입니다."}
    return json.dumps({"request_cnt": len(rows), "match_cnt": len(rows), "status_code": "OK", "data": rows}).encode()


def ask_nts(tmp_path, script, values=ASK, **spec):
    with wire(script) as log:
        deliveries = fetch(registered("nts_business_status", **spec), context(tmp_path, log.port, values))
        return [(d, read(d)) for d in deliveries], log


def test_status_is_asked_in_batches_and_stamped_with_the_day(tmp_path):
    ((delivery, rows),), log = ask_nts(tmp_path, statuses, batch_size=2)
    assert [r["business_no"] for r in rows] == REAL
    assert {r["checked_date"] for r in rows} == {"2026-10-01"}
    assert sorted(len(json.loads(a.body)["b_no"]) for a in log.asked) == [1, 2]
    assert delivery.columns_seen == set(delivery.source.column)
    assert KEY not in json.dumps(delivery.request)


def test_nobody_to_ask_is_no_delivery(tmp_path):
    assert ask_nts(tmp_path, statuses, {})[0] == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b'{"status_code": "TOO_LARGE_REQUEST"}', "provider_error"),
        (b"[]", "provider_error"),
        (b'{"status_code": "OK"}', "answer_shape"),
        (b'{"status_code": "OK", "data": [{"b_no": "5038169211"}]}', "incomplete"),
        (b'{"status_code": ', "bad_json"),
        (Reply(b'{"code":-401}', status=401), "http_401"),
    ],
)
def test_false_answers_of_the_tax_office(tmp_path, answer, code):
    with pytest.raises(FetchError) as caught:
        ask_nts(tmp_path, lambda a: answer)
    assert caught.value.code == code


# --- KCOMWEL


def workplaces(total: int, *items: str, code: str = "00") -> bytes:
    return (
        f"<response><header><resultCode>{code}</resultCode></header><body><items>{''.join(items)}</items>"
        f"<totalCount>{total}</totalCount></body></response>"
    ).encode()


def item(number: str, kind: int, heads: int = 131) -> str:
    return (
        f"<item><saeopjaDrno>{number}</saeopjaDrno><saeopjangNm>가나</saeopjangNm><addr/><post>04100</post>"
        f"<sangsiInwonCnt>{heads}</sangsiInwonCnt><seongripDt>19950701</seongripDt><gyEopjongCd>28519</gyEopjongCd>"
        f"<gyEopjongNm>제조</gyEopjongNm><opaBoheomFg>{kind}</opaBoheomFg><saeopFg>1</saeopFg></item>"
    )


def ask_kcomwel(tmp_path, script, **spec):
    with wire(script) as log:
        (delivery,) = fetch(registered("kcomwel_workplaces", **spec), context(tmp_path, log.port, ASK))
        return delivery, read(delivery), log


def test_one_site_is_two_rows_one_item_is_one_row_and_03_is_none(tmp_path):
    def script(asked: Asked) -> bytes:
        number = asked.params["v_saeopjaDrno"]
        assert asked.params["serviceKey"] == KEY
        if number == REAL[0]:
            return workplaces(2, item(number, 1), item(number, 2, 133))
        return workplaces(1, item(number, 2)) if number == REAL[1] else workplaces(0, code="03")

    delivery, rows, log = ask_kcomwel(tmp_path, script)
    assert [(r["business_no"], r["insurance_kind_code"], r["headcount"]) for r in rows] == [
        (REAL[0], "1", "131"), (REAL[0], "2", "133"), (REAL[1], "2", "131"),
    ]  # fmt: skip
    assert delivery.columns_seen == set(delivery.source.column)
    assert len(log.asked) == 3


def test_many_rows_of_one_number_are_paged(tmp_path):
    def script(asked: Asked) -> bytes:
        first = (int(asked.params["pageNo"]) - 1) * 2
        sites = [item(REAL[0], 1).replace("가나", f"현장{n}") for n in range(5)]
        return (
            workplaces(5, *sites[first : first + 2])
            if asked.params["v_saeopjaDrno"] == REAL[0]
            else workplaces(0, code="03")
        )

    _, rows, _ = ask_kcomwel(tmp_path, script, page_size=2)
    assert {r["workplace_name"] for r in rows} == {f"현장{n}" for n in range(5)}


@pytest.mark.parametrize("answer", [workplaces(6_533_328, item("1018100000", 1)), workplaces(1, item("1018100000", 1))])
def test_an_ignored_filter_is_noticed(tmp_path, answer):
    with pytest.raises(FetchError) as caught:
        ask_kcomwel(tmp_path, lambda a: answer)
    assert caught.value.code == "filter_ignored"


@pytest.mark.parametrize("name", EXPECTED["kcomwel"])
def test_gateway_errors(name):
    with pytest.raises(FetchError) as caught:
        lookups.parse_workplaces((BAD_INPUTS / name).read_bytes())
    assert caught.value.code == EXPECTED["kcomwel"][name]
    assert caught.value.transient == (caught.value.code == "rate_limited")


# --- HRD-Net


def run(course: str, degree: int, start: str) -> dict[str, str]:
    return {
        "trprId": course, "trprDegr": str(degree), "title": "과정", "subTitle": "기관", "instCd": "1",
        "trainTargetCd": "C0061",
        "ncsCd": "20", "trngAreaCd": "12110", "address": "광주", "traStartDate": start, "traEndDate": "2026-12-31",
        "courseMan": "1", "realMan": "1", "yardMan": "20", "regCourseMan": "3", "certificate": "", "stdgScor": "4.5",
    }  # fmt: skip


DETAIL = {
    "eiEmplRate3": "A", "eiEmplCnt3": "B", "eiEmplRate6": "C", "eiEmplCnt6": "D", "hrdEmplRate6": "61.5",
    "finiCnt": "0",
    "totTrpCnt": "3", "totFxnum": "20",
}  # fmt: skip


def xml(fields: dict[str, str]) -> str:
    return "".join(f"<{k}>{v}</{k}>" for k, v in fields.items())


def hrdnet(runs: list[dict[str, str]]):
    def script(asked: Asked) -> bytes:
        assert asked.params["authKey"] == KEY
        if asked.params["outType"] == "2":
            place = {"trprId": asked.params["srchTrprId"], "trprDegr": asked.params["srchTrprDegr"]}
            return f"<HRDNet><srchList><scn_list>{xml({**place, **DETAIL})}</scn_list></srchList></HRDNet>".encode()
        first, last = asked.params["srchTraStDt"], asked.params["srchTraEndDt"]
        found = [r for r in runs if first <= r["traStartDate"].replace("-", "") <= last]
        page, size = int(asked.params["pageNum"]), int(asked.params["pageSize"])
        rows = "".join(f"<scn_list>{xml(r)}</scn_list>" for r in found[(page - 1) * size : page * size])
        return f"<HRDNet><scn_cnt>{len(found)}</scn_cnt><srchList>{rows}</srchList></HRDNet>".encode()

    return script


def pull_hrdnet(tmp_path, script, **spec):
    with wire(script) as log:
        (delivery,) = fetch(registered("hrdnet_courses", **spec), context(tmp_path, log.port))
        return delivery, read(delivery), log


def test_runs_of_the_window_with_letters_kept(tmp_path):
    runs = [run("AIG1", 1, "2026-05-01"), run("AIG1", 2, "2026-06-01"), run("OLD", 1, "2020-01-01")]
    delivery, rows, _ = pull_hrdnet(tmp_path, hrdnet(runs))
    assert [(r["trpr_id"], r["trpr_degr"]) for r in rows] == [("AIG1", "1"), ("AIG1", "2")]
    letters = [
        rows[0][c]
        for c in ("employment_rate_3m_text", "employed_3m_text", "employment_rate_6m_text", "employed_6m_text")
    ]
    assert letters == ["A", "B", "C", "D"]
    assert delivery.columns_seen == set(delivery.source.column)
    (window,) = delivery.request["partitions"]
    assert window == {"srchTraStDt": "20250827", "srchTraEndDt": "20270129"}


def test_a_window_beyond_the_ceiling_is_halved(tmp_path):
    runs = [run("C", n, str(date(2026, 1, 1) + timedelta(days=n))) for n in range(1, 41)]
    delivery, rows, log = pull_hrdnet(tmp_path, hrdnet(runs), page_size=5, page_ceiling=2)
    assert sorted(int(r["trpr_degr"]) for r in rows) == list(range(1, 41))
    assert delivery.status == "complete"
    assert max(int(a.params.get("pageNum", 1)) for a in log.asked) <= 2


@pytest.mark.parametrize("name", EXPECTED["hrdnet"])
def test_refusals_of_hrdnet(tmp_path, name):
    with pytest.raises(FetchError) as caught:
        pull_hrdnet(tmp_path, lambda a: (BAD_INPUTS / name).read_bytes())
    assert caught.value.code == EXPECTED["hrdnet"][name]


def test_no_runs_is_an_empty_success(tmp_path):
    delivery, rows, _ = pull_hrdnet(
        tmp_path, lambda a: "<HRDNet><error>조회된 데이터가 없습니다.</error></HRDNet>".encode()
    )
    assert (rows, delivery.status) == ([], "complete")
