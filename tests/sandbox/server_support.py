"""A small nation written by the tests themselves, and a running server to ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import requests

KEY = "00000000-0000-4000-8000-000000000000"
LIST = "/cm/openApi/call/wk/callOpenApiSvcInfo210L01.do"
DETAIL = "/cm/openApi/call/wk/callOpenApiSvcInfo210D01.do"
HRD_LIST = "/cm/openApi/call/hr/callOpenApiSvcInfo310L01.do"
HRD_DETAIL = "/cm/openApi/call/hr/callOpenApiSvcInfo310D01.do"
NTS = "/api/nts-businessman/v1/status"
KCOMWEL = "/B490001/gySjbPstateInfoService/getGySjBoheomBsshItem"
PORTAL = "/portal/v1/postings"

_EVER = "TIMESTAMP '2026-08-01' AS _visible_from, CAST(NULL AS TIMESTAMP) AS _visible_to"
#: one statement per provider file; i counts the rows
_NATION = {
    # 250 postings, each tenth is daily work; five more on 10-02, one retitled on 10-03, one gone on 10-05
    "work24_vacancies": """
        WITH base AS (
            SELECT i, format('K{:015d}', i) AS wanted_auth_no,
                CASE WHEN i < 250 THEN DATE '2026-08-23' + CAST(i // 6 AS INTEGER) ELSE DATE '2026-10-02' END AS day
            FROM range(255) AS t(i)
        ), dated AS (
            SELECT *, CASE i % 3 WHEN 0 THEN strftime(day, '%y-%m-%d') WHEN 1 THEN strftime(day, '%Y%m%d')
                ELSE strftime(day, '%Y-%m-%d') END AS registered_date,
                CASE WHEN i % 10 = 9 AND i < 250 THEN '40' ELSE '10' END AS employment_type_code
            FROM base
        )
        SELECT wanted_auth_no, registered_date, employment_type_code,
            '워터매니지먼트주식회사' AS company, '5038169211' AS business_no,
            CASE WHEN v = 1 THEN '고친 제목' ELSE '[시간선택제] 경리 & 총무 <신입>' END AS title,
            '월급' AS wage_type_name, '300만원 이상' AS wage_text,
            3000000 AS wage_min_krw, 0 AS wage_max_krw, '서울 강남구' AS region_text,
            CAST(NULL AS VARCHAR) AS holiday_type_name, '채용시까지  26-11-30' AS close_date_text,
            'VALIDATION' AS info_service, 'https://example.invalid/1' AS url,
            ['155500', '133201', '029500'][i % 3 + 1] AS occupation_code,
            strftime(day, '%Y%m%d') || '1948' AS modified_at, '25 명' AS headcount_text,
            '환경 설비 운전' || chr(10) || '두 번째 줄' AS duties, 1 AS openings,
            '월급 3,000,000원 이상' AS wage_sentence, ['11680', '26110', '27200', '41117'][i % 4 + 1] AS region_code,
            ['M', 'Y'][i % 2 + 1] AS wage_type_code, 'Z' AS career_code, '02-000-0001' AS contact_phone,
            CASE WHEN i >= 250 THEN TIMESTAMP '2026-10-02' WHEN v = 1 THEN TIMESTAMP '2026-10-03'
                ELSE TIMESTAMP '2026-08-01' END AS _visible_from,
            CASE WHEN i = 0 AND v = 0 THEN TIMESTAMP '2026-10-03' WHEN i = 2 THEN TIMESTAMP '2026-10-05'
                END AS _visible_to
        FROM dated, range(2) AS versions(v) WHERE v = 0 OR i = 0
    """,
    "hrdnet_courses": f"""
        SELECT format('AIG{{:04d}}', i // 2) AS trpr_id, i % 2 + 1 AS trpr_degr, '전산회계 1급 과정' AS title,
            '한빛직업전문학교' AS institution_name, ['11', '51'][i % 2 + 1] || '110' AS region_code,
            CAST(DATE '2026-01-01' + INTERVAL (i // 3) MONTH AS DATE) AS start_date, DATE '2027-01-31' AS end_date,
            450000.0 AS fee_krw, 20 AS capacity, 18 AS completers,
            ['A', 'B', '71.4'][i % 3 + 1] AS employment_rate_3m_text,
            {_EVER} FROM range(30) AS t(i)
    """,
    "nts_business_status": """
        SELECT * FROM (VALUES ('5038169211', '01', '계속사업자', '부가가치세 일반과세자', NULL, DATE '2026-10-01'),
            ('6138127726', '03', '폐업자', '부가가치세 일반과세자', DATE '2026-01-31', DATE '2026-10-01'))
            AS t(business_no, status_code, status_name, tax_type, closed_date, checked_date)
    """,
    "kcomwel_workplaces": """
        SELECT * FROM (VALUES ('5038169211', '누리 본점', 131, '1', '19950701'),
            ('5038169211', '누리 본점', 133, '2', '19950701'),
            ('6138127726', '다온', 4, '1', '20010101'), ('6138127726', '다온', 4, '2', '20010101'))
            AS t(business_no, workplace_name, headcount, insurance_kind_code, established_date)
    """,
    "portal_vacancies": f"""
        SELECT format('JP{{:05d}}', i) AS posting_id, '사무 보조' AS title, '문서 정리' AS description,
            DATE '2026-09-30' AS posted_date, '㈜누리' AS company, '5038169211' AS business_no, '11680' AS region_code,
            3000000.0 AS wage_min, 3500000.5 AS wage_max, 'MONTH' AS wage_unit, 'KRW' AS wage_currency, 2 AS openings,
            TIMESTAMP '2026-09-30 09:30:00' AS modified_at, {_EVER} FROM range(50) AS t(i)
    """,
}


def write_nation(folder: Path) -> Path:
    """Write ``provider/*.parquet`` of the small nation and return its folder."""
    (folder / "provider").mkdir(parents=True)
    with duckdb.connect() as con:
        for source, query in _NATION.items():
            con.execute(f"COPY ({query}) TO '{folder / 'provider' / source}.parquet' (FORMAT parquet)")
    return folder


@dataclass
class Running:
    """A server that listens, and one connection to it."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, timeout: float = 5, **asked: Any) -> requests.Response:
        return self.session.get(f"{self.url}{path}", params=asked, timeout=timeout)

    def control(self, method: str, what: str, body: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.url}/_sandbox/{what}", json=body, timeout=5)

    def clock(self, now: str) -> Any:
        return self.control("PUT", "clock", {"now": now}).json()

    def fail(self, spec: Any) -> None:
        answer = self.control("PUT", "failures", {"failures": spec})
        assert answer.status_code == 200, answer.text


def listing(answer: requests.Response) -> ElementTree.Element:
    """Root of an XML answer (these answers come from our own server)."""
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/xml")
    return ElementTree.fromstring(answer.content)
