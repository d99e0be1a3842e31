"""The form that ``lmi vet FILE`` reads: its columns in words, which of them every posting must state, and their codes.

Codes are those of the register of submitted vacancies (its contract), so that a file is judged by what a vacancy
submitted to the portal would be; a code outside its list is refused, never read as something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ingest.registry import load_registry
from validation.vetting.postings import CANONICAL, vetted_sources
from validation.vetting.wage import UNITS

#: contract whose lists of codes hold for a file
SUBMISSIONS = "vacancy_submissions"
#: what a sender may name; a token is made at the door and nobody can send one
INPUT = {name: kind for name, kind in CANONICAL.items() if name != "contact_phone_key"}
#: what every posting must state (Employment Security Act art. 10, Decree art. 28): not named is not stated
MANDATORY = frozenset({
    "title", "duties", "employer_name", "work_address", "has_contact_phone", "employment_type_code",
    "working_hours_text", "wage_text",
})  # fmt: skip
_JSON_TYPES = {"BIGINT": "integer", "BOOLEAN": "boolean", "DATE": "string"}
#: columns of input in words
LABELS: Mapping[str, tuple[str, str]] = {
    "posting_id": ("공고 번호(없으면 줄 번호)", "Posting id; the line number where there is none"),
    "submitted_date": ("제출일(없으면 --date)", "Day of submission; --date where there is none"),
    "channel_code": ("접수 경로", "Entry channel"),
    "title": ("제목", "Title"),
    "duties": ("직무 내용", "Duties"),
    "requirements": ("자격·우대 조건", "Requirements and preferences"),
    "employer_name": ("기업명", "Employer name"),
    "business_no": ("사업자등록번호", "Business registration number"),
    "workplace_no": ("사업장관리번호", "Insured workplace number"),
    "industry_code": ("산업 코드(KSIC)", "Activity code (KSIC)"),
    "occupation_scheme": ("직업 분류(KECO 등)", "Occupation classification, such as KECO"),
    "occupation_code": ("직종 코드", "Occupation code"),
    "region_code": ("근무지 시군구 코드", "District code of the work place"),
    "work_address": ("근무지 주소", "Address of the work place"),
    "country_code": ("근무 국가(ISO 3166)", "Country of the work place (ISO 3166 alpha-2)"),
    "employment_type_code": (
        "고용형태(10 상용, 20 계약, 11·21 시간제, 4 일용)",
        "Employment type: 10 regular, 20 fixed term, 11 and 21 the same part-time, 4 by the day",
    ),
    "wage_text": ("임금 원문", "Wage as written"),
    "wage_type_code": ("임금 단위(H 시, D 일, W 주, M 월, Y 연)", "Wage unit: H hour, D day, W week, M month, Y year"),
    "wage_min": ("최소 임금", "Lower bound of wage"),
    "wage_max": ("최대 임금(0은 상한 없음)", "Upper bound of wage; 0 is none"),
    "wage_currency": ("통화", "Currency"),
    "working_hours_text": ("근무 시간 원문", "Working hours as written"),
    "weekly_hours": ("주 근로시간", "Weekly hours"),
    "career_code": ("경력(N 신입, E 경력, Z 무관)", "Experience: N none, E asked for, Z either"),
    "education_code": ("학력 코드", "Education code"),
    "openings": ("모집 인원", "Openings"),
    "start_date": ("근무 시작일", "Expected start"),
    "close_date": ("마감일", "Closing date"),
    "close_date_text": ("마감일 원문", "Closing date as written"),
    "has_image": ("이미지 포함", "Has an image"),
    "has_contact_phone": ("연락 전화 있음", "Has a contact telephone"),
    "has_contact_email": ("연락 전자우편 있음", "Has a contact e-mail"),
    "requisition_id": ("구인 건 번호(다른 건이면 다른 번호)", "Requisition; different ids are different requisitions"),
    "overseas_report_no": ("국외 모집 신고 번호", "Number of the report of overseas recruitment"),
    "headcount": ("근로자 수", "Headcount"),
}


@dataclass(frozen=True)
class Codes:
    """What a coded column may hold: a list of codes, or codes of one form with an example."""

    values: tuple[str, ...] = ()
    form: str = ""
    example: str = ""

    @property
    def pattern(self) -> str:
        return self.form or "|".join(map(re.escape, self.values))

    @property
    def said(self) -> str:
        return f"a code such as {self.example}" if self.form else f"one of: {', '.join(self.values)}"


@cache
def code_lists() -> Mapping[str, Codes]:
    """By canonical column the codes it may hold."""
    registry = load_registry()
    contract = {c.name: c.values for c in registry[SUBMISSIONS].columns}
    stated = ((source.vetting or {})["fields"].get("occupation_scheme") for source in vetted_sources(registry.values()))
    return {
        "channel_code": Codes(contract["channel_code"]),
        "occupation_scheme": Codes(tuple(sorted({scheme.strip("'") for scheme in stated if scheme}))),
        "country_code": Codes(form="[A-Z]{2}", example="KR"),
        "employment_type_code": Codes(contract["employment_type_code"]),
        "wage_type_code": Codes(UNITS),
        "wage_currency": Codes(form="[A-Z]{3}", example="KRW"),
        "career_code": Codes(contract["career_code"]),
        "education_code": Codes(contract["education_code"]),
    }


def input_schema() -> dict[str, Any]:
    """JSON Schema of one line of input."""
    properties: dict[str, dict[str, Any]] = {}
    for name, kind in INPUT.items():
        ko, en = LABELS[name]
        if name in MANDATORY:
            ko, en = f"{ko}(필수: 없으면 누락으로 판정)", f"{en} (must be stated: left out, it counts as missing)"
        base = _JSON_TYPES.get(kind, "number" if kind.startswith("DECIMAL") else "string")
        properties[name] = {"type": [base, "null"], "description": f"{en} · {ko}"}
        if kind == "DATE":
            properties[name]["format"] = "date"
        if codes := code_lists().get(name):
            # a blank text is no code, and no error
            if codes.form:
                properties[name]["pattern"] = f"^(?:{codes.form})?$"
            else:
                properties[name]["enum"] = [*codes.values, "", None]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Posting",
        "description": "One posting, as `lmi vet FILE` reads it: a line of NDJSON, or a row of CSV with these headers.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
