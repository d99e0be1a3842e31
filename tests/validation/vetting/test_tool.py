"""``lmi vet FILE``: postings of a file judged without a warehouse."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
from typer.testing import CliRunner

from ingest.door import masked_text_sql
from ingest.registry import load_registry
from lmi.cli.main import app
from tests.validation.vetting.support import INNOCENT
from validation.vetting import tool
from validation.vetting.input_form import INPUT, LABELS, MANDATORY, code_lists, input_schema
from validation.vetting.rules import load_rules
from validation.vetting.tool import TEXTS, ToolError, judge_file

RULES = load_rules()
DAY = date(2026, 3, 2)
CLEAN = {k: v for k, v in INNOCENT.items() if k in INPUT and v is not None}
BAD = CLEAN | {
    "posting_id": "BAD",
    "duties": "전표 정리. 입사 전 보·증·금 삼십만원을 납부하셔야 합니다. 담당자 010-1234-5678",
    "wage_text": "시급 9,000원",
    "wage_type_code": "H",
    "wage_min": 9000,
}


def ndjson(folder: Path, *postings: dict[str, Any]) -> Path:
    path = folder / "postings.ndjson"
    path.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in postings), "utf-8")
    return path


def judge(path: Path, profile: str = "KR_PUBLIC", **how: Any) -> list[dict[str, Any]]:
    return list(judge_file(path, RULES, profile, DAY, **how))


def test_an_innocent_posting_passes_and_a_bad_one_is_explained_in_both_languages(tmp_path: Path) -> None:
    good, bad = judge(ndjson(tmp_path, CLEAN, BAD))
    assert (good["decision"], good["reasons"]) == ("PASS", [])
    assert (bad["decision"], bad["posting_id"]) == ("REJECT", "BAD")
    reasons = {reason["code"]: reason for reason in bad["reasons"]}
    assert {"FEE_DEMAND", "WAGE_BELOW_MIN"} <= set(reasons)
    fee = reasons["FEE_DEMAND"]
    start, end = fee["span"]
    assert BAD["duties"][start:end] == fee["quote"]
    assert "보·증·금" in fee["quote"]
    assert fee["quote"] in fee["message"]["ko"]
    assert fee["quote"] in fee["message"]["en"]
    assert "직업안정법 제32조" in fee["law"]["ko"][0]
    assert "Employment Security Act art. 32" in fee["law"]["en"][0]
    for reason in bad["reasons"]:
        for said in ("message", "advice"):
            assert all("{" not in reason[said][lang] and reason[said][lang] for lang in ("ko", "en"))
    assert "1234" not in json.dumps(bad, ensure_ascii=False)
    assert bad["rule_set"] == RULES.digest


@pytest.mark.parametrize(
    ("lang", "first", "law", "change", "objection"),
    [
        ("ko", "이 공고는 이대로 게시할 수 없습니다.", "   근거: 직업안정법 제32조(", "   고칠 점: ", "이의가 있으면"),
        ("en", "This posting cannot be published", "   Law: Employment Security Act art. 32 (", "   What to change: ",
         "If you disagree"),
    ],
)  # fmt: skip
def test_a_letter_says_all_of_one_posting_once(
    tmp_path: Path, lang: str, first: str, law: str, change: str, objection: str
) -> None:
    """Two places of one rule, one of them written in braces as a wording has them, are one point of the letter."""
    duties = "교육비 {quote} 30만원 본인 부담입니다. 교재를 구입하셔야 합니다. 만 35세 이하."
    posting = CLEAN | {"title": "보조 구함", "duties": duties, "close_date": "2026-01-05"}
    (answer,) = judge(ndjson(tmp_path, posting), explain=True)
    said = answer["letter"][lang]
    assert said.startswith(f"「보조 구함」\n\n{first}")
    assert answer["decision"] == "REJECT"
    numbered = [line for line in said.splitlines() if line[:2] in ("1.", "2.", "3.")]
    labels = [line.split(": ")[0][3:] for line in numbered]
    assert labels == [RULES.by_number(n).label[lang] for n in (16, 37, 25)], "what is refused before what is held"
    quotes = [r["quote"] for r in answer["reasons"] if r["code"] == "FEE_DEMAND"]
    assert len(quotes) > 1 and all(quote in numbered[0] for quote in quotes)
    assert any("{quote}" in quote for quote in quotes)
    assert "2026-01-05" in numbered[1]
    assert said.count(law) == 1
    assert said.count(change) == 3
    assert said.count(objection) == 1 and objection in said.splitlines()[-1]


def test_a_letter_about_a_good_posting_asks_for_nothing(tmp_path: Path) -> None:
    (answer,) = judge(ndjson(tmp_path, CLEAN), explain=True)
    assert answer["letter"]["en"].endswith("Nothing was found that needs changing.")
    why = {entry["rule"]: entry["why"] for entry in answer["not_judged"]}
    assert why["EMP_CLOSED"] == {
        "ko": "여기에 없는 자료를 보는 규칙입니다: 사업자 상태(국세청)",
        "en": "Asks what is not at hand here: business status (tax office)",
    }
    for said in why.values():
        assert not any(mark in text for text in said.values() for mark in ("_", "|")), said


def test_rules_that_ask_registers_are_named_as_not_judged(tmp_path: Path) -> None:
    (answer,) = judge(ndjson(tmp_path, CLEAN))
    reasons = not_judged(answer)
    assert reasons["EMP_CLOSED"].startswith("NO_REGISTER")
    assert "DUP_POSTING" in reasons
    assert "FEE_DEMAND" not in reasons


def codes(answer: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in answer["reasons"]}


def not_judged(answer: dict[str, Any]) -> dict[str, str]:
    return {entry["rule"]: entry["reason"] for entry in answer["not_judged"]}


def test_what_must_be_stated_is_missing_where_it_is_not_there(tmp_path: Path) -> None:
    (bare,) = judge(ndjson(tmp_path, {"title": CLEAN["title"], "duties": CLEAN["duties"]}))
    assert bare["decision"] == "REJECT"
    assert codes(bare) == {"EMP_NAME_MISSING", "EMP_CONTACT_MISSING", "WAGE_NOT_STATED", "COND_MISSING"}
    (conditions,) = [reason["message"]["en"] for reason in bare["reasons"] if reason["code"] == "COND_MISSING"]
    assert "(hours of work, place of work, type of employment, pay)" in conditions
    blank, no_hours = judge(
        ndjson(tmp_path, CLEAN | {"duties": ""}, CLEAN | {"working_hours_text": None, "weekly_hours": None})
    )
    assert [r["field"] for r in blank["reasons"] if r["code"] == "COND_MISSING"] == ["duties"]
    assert [r["field"] for r in no_hours["reasons"] if r["code"] == "COND_MISSING"] == ["working_hours_text"]


def test_a_column_that_need_not_be_stated_is_not_judged_where_it_is_not_there(tmp_path: Path) -> None:
    (answer,) = judge(ndjson(tmp_path, {k: v for k, v in CLEAN.items() if k not in ("business_no", "openings")}))
    assert answer["decision"] == "PASS"
    assert not_judged(answer)["EMP_BRN_INVALID"] == "NOT_CARRIED: business_no"
    assert not_judged(answer)["OPENINGS_IMPLAUSIBLE"] == "NOT_CARRIED: openings"
    (blank,) = judge(ndjson(tmp_path, CLEAN | {"business_no": ""}))
    assert codes(blank) == {"EMP_BRN_INVALID"}


def test_a_headcount_in_the_file_stands_for_the_register(tmp_path: Path) -> None:
    unsaid = CLEAN | {"duties": "전표를 입력하고 세금계산서를 발행하며 월말 결산 자료를 정리합니다."}
    without, few, many = judge(ndjson(tmp_path, unsaid, unsaid | {"headcount": 5}, unsaid | {"headcount": 50}))
    assert "DOC_RETURN_NOTICE" in not_judged(without)
    assert ("DOC_RETURN_NOTICE" in not_judged(few), codes(few)) == (False, set())
    assert codes(many) == {"DOC_RETURN_NOTICE"}


def test_a_posting_is_judged_the_same_alone_and_among_others(tmp_path: Path) -> None:
    bare = {"posting_id": "BARE", "title": "사무원", "duties": "전표 정리"}
    old = CLEAN | {"posting_id": "OLD", "submitted_date": "2014-01-02"}
    bait = CLEAN | {"posting_id": "BAIT", "duties": "업무와 급여는 변경될 수 있음. 전표 정리", "headcount": 50}
    unnamed = {k: v for k, v in CLEAN.items() if k != "business_no"} | {"posting_id": "UNNAMED", "wage_text": None}
    postings = [CLEAN, bare, BAD, old, bait, unnamed, CLEAN | {"posting_id": "TWIN"}]
    among = judge(ndjson(tmp_path, *postings))
    assert [answer["posting_id"] for answer in among] == [posting["posting_id"] for posting in postings]
    for posting, answer in zip(postings, among, strict=True):
        assert judge(ndjson(tmp_path, posting)) == [answer]
    assert not_judged(among[3])["WAGE_BELOW_MIN"] == "NOT_IN_FORCE"
    assert "WAGE_BELOW_MIN" not in not_judged(among[0])


def test_lines_that_name_other_columns_are_judged_together_where_no_rule_cares() -> None:
    rules, named = load_rules(), frozenset(CLEAN) | MANDATORY
    assert (
        len(tool._alike([named, named - {"career_code"}, named | {"requisition_id"}], rules, "KR_PUBLIC", False)) == 1
    )
    assert len(tool._alike([named, named | {"headcount"}, named - {"openings"}], rules, "KR_PUBLIC", False)) > 1


def test_csv_says_the_same_as_ndjson(tmp_path: Path) -> None:
    path = tmp_path / "postings.csv"
    quoted = ['"' + str(v).replace('"', '""') + '"' for v in BAD.values()]
    path.write_text("\ufeff" + ",".join(BAD) + "\n" + ",".join(quoted) + "\n", "utf-8")
    assert judge(path) == judge(ndjson(tmp_path, BAD))


def test_the_profile_chooses_the_rules_and_the_law(tmp_path: Path) -> None:
    posting = {
        "title": "Clerk",
        "duties": "You must pay a registration fee of $50 before you start.",
        "country_code": "US",
    }
    (answer,) = judge(ndjson(tmp_path, posting), profile="US")
    fee = next(reason for reason in answer["reasons"] if reason["code"] == "FEE_DEMAND")
    assert (answer["decision"], fee["severity"]) == ("WARN", "warn")
    assert not any("직업안정법" in law for law in fee["law"]["ko"])


@pytest.mark.parametrize(
    "column", ["title", "duties", "employer_name", "wage_text", "working_hours_text", "work_address"]
)
@pytest.mark.parametrize("number", ["010-9876-5432", "900101-1873946", "hong.gildong@mail.kr"])
def test_no_personal_number_leaves_in_an_answer(tmp_path: Path, column: str, number: str) -> None:
    posting = {"title": "사무원", "duties": "전표 정리", "weekly_hours": 60, column: f"비공개 8 {number}"}
    answer = judge(ndjson(tmp_path, posting), explain=True)
    assert number not in json.dumps(answer, ensure_ascii=False)


def test_the_pay_of_a_text_with_a_telephone_is_read(tmp_path: Path) -> None:
    wage = {"wage_text": "시급 9,000원 (문의 010-9876-5432)", "wage_type_code": None, "wage_min": None}
    (answer,) = judge(ndjson(tmp_path, CLEAN | wage), explain=True)
    (low,) = answer["reasons"]
    assert (low["code"], low["facts"]["wage_low"]) == ("WAGE_BELOW_MIN", 9000)


@pytest.mark.parametrize("source", ["vacancy_submissions", "work24_vacancies", "portal_vacancies"])
def test_the_door_masks_every_text_that_the_tool_masks(source: str) -> None:
    contract = load_registry()[source]
    fields = contract.vetting["fields"]
    read = " ".join(fields[name] for name in TEXTS if name in fields)
    columns = [c for c in contract.columns if c.name in re.findall(r"\w+", read)]
    assert len(columns) >= 4
    assert [c.name for c in columns if c.door.mask != "personal_numbers"] == []


@pytest.mark.parametrize(
    "text",
    [
        "시급 10,030원", "월 2,500,000", "월급 2,156,880원 ~ 3,000,000원", "월 3000000~3500000", "연봉 41,000,000원",
        "월 25000000", "일급 120,000원 (3.3% 공제)", "09:00~18:00 (주 40시간, 휴게 1시간)", "0900~1800",
        "주 5일 0800-1700 휴게 1200-1300", "사업자 101-47-69229", "1014769229",
        "서울특별시 중구 세종대로 110-12 (04524)", "부산 해운대구 센텀2로 25, 1012호", "2026-03-02~2026-04-01",
    ],
)  # fmt: skip
def test_figures_of_pay_hours_and_places_are_not_masked(text: str) -> None:
    assert duckdb.execute(f"SELECT {masked_text_sql('x')} FROM (SELECT $1 AS x)", [text]).fetchone() == (text,)


#: a list row and a detail as Work24 writes them (open API 210L01 and 210D01)
LIST_ROW = {
    "wantedAuthNo": "K120012603020002", "company": "한빛식품", "busino": "1014769229", "indTpNm": "도시락류 제조업",
    "title": "포장 사원 모집", "salTpNm": "시급", "sal": "10,500 ~ 11,000", "minSal": "10500", "maxSal": "11000",
    "region": "서울 중구", "holidayTpNm": "주 5일 근무", "minEdubg": "학력무관", "career": "관계없음",
    "regDt": "26-03-02", "closeDt": "채용시까지  26-04-01", "infoSvc": "VALIDATION", "wantedInfoUrl": "https://w/1",
    "basicAddr": "서울특별시 중구 세종대로 110", "detailAddr": "", "empTpCd": "10", "jobsCd": "027200",
    "smodifyDtm": "202603021948",
}  # fmt: skip
CORP = {
    "corpNm": "한빛식품",
    "reperNm": "홍길동",
    "totPsncnt": "12 명",
    "corpAddr": "04524 서울특별시 중구 세종대로 110",
}
WANTED = {
    "jobsNm": "경리 사무원(027200)", "wantedTitle": "포장 사원 모집", "jobCont": "도시락을 포장하고 검수합니다.",
    "receiptCloseDt": "26-04-01", "empTpNm": "기간의 정함이 없는 근로계약", "collectPsncnt": "1",
    "salTpNm": "시급10,500원 이상", "enterTpNm": "관계없음", "eduNm": "학력무관", "certificate": "", "pfCond": "",
    "workRegion": "서울특별시 중구 세종대로 110", "workdayWorkhrCont": "주 5일 근무 (오전) 9시~(오후) 6시, 주 40시간",
    "jobsCd": "027200", "regionCd": "11140", "empTpCd": "10", "enterTpCd": "Z", "salTpCd": "H",
}  # fmt: skip
CONTACT = {"empChargerDpt": "총무", "contactTelno": "02-123-4567", "empChargerHp": "", "chargerEmail": ""}


def elements(fields: dict[str, str]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())


def list_page(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "list.xml"
    wanted = "".join(f"<wanted>{elements(row)}</wanted>" for row in rows)
    path.write_text(f"<?xml version='1.0'?><wantedRoot><total>{len(rows)}</total>{wanted}</wantedRoot>", "utf-8")
    return path


def detail_page(folder: Path, **changes: str) -> Path:
    corp, wanted, contact = ({k: changes.get(k, v) for k, v in part.items()} for part in (CORP, WANTED, CONTACT))
    path = folder / "detail.xml"
    path.write_text(
        "<?xml version='1.0'?><wantedDtl><wantedAuthNo>K120012603020001</wantedAuthNo>"
        f"<corpInfo>{elements(corp)}</corpInfo><wantedInfo>{elements(wanted)}"
        "<keywordList><srchKeywordNm>포장</srchKeywordNm></keywordList></wantedInfo>"
        f"<empchargeInfo>{elements(contact)}</empchargeInfo></wantedDtl>",
        "utf-8",
    )
    return path


def test_a_work24_detail_is_judged_on_what_a_detail_holds(tmp_path: Path) -> None:
    (answer,) = judge(detail_page(tmp_path))
    assert (answer["posting_id"], answer["decision"], answer["reasons"]) == ("K120012603020001", "PASS", [])
    lacking = {rule for rule, reason in not_judged(answer).items() if reason.startswith("NOT_CARRIED")}
    assert {"EMP_BRN_INVALID", "IMAGE_ONLY"} <= lacking
    assert not lacking & {"EMP_NAME_MISSING", "EMP_CONTACT_MISSING", "COND_MISSING", "CODE_UNKNOWN", "DATE_INCOHERENT"}
    assert not lacking & {rule.id for rule in RULES.rules if rule.number in range(9, 14)}


@pytest.mark.parametrize(
    ("changes", "code", "decision"),
    [
        ({"corpNm": "비공개"}, "EMP_NAME_MISSING", "REJECT"),
        ({"contactTelno": "", "workRegion": "", "corpAddr": ""}, "EMP_CONTACT_MISSING", "REJECT"),
        ({"salTpNm": "시급9,000원 이상"}, "WAGE_BELOW_MIN", "REJECT"),
        ({"salTpNm": "연봉2,500,000원", "salTpCd": "Y"}, "WAGE_UNIT_SUSPECT", "HOLD"),
        ({"salTpNm": "면접 후 결정"}, "WAGE_NOT_STATED", "HOLD"),
        ({"wantedTitle": "포장 사원 모집 (남자만 지원 가능)"}, "DISC_GENDER", "REJECT"),
        ({"workdayWorkhrCont": ""}, "COND_MISSING", "REJECT"),
        ({"receiptCloseDt": "26-02-01"}, "DATE_INCOHERENT", "REJECT"),
        ({"receiptCloseDt": "채용시까지 26-09-30"}, "DATE_INCOHERENT", "HOLD"),
    ],
)
def test_what_is_wrong_in_a_work24_detail(tmp_path: Path, changes: dict[str, str], code: str, decision: str) -> None:
    (answer,) = judge(detail_page(tmp_path, **changes))
    assert (codes(answer), answer["decision"]) == ({code}, decision)
    assert "123-4567" not in json.dumps(answer)


def test_an_employer_of_a_work24_detail_is_found_at_its_own_address(tmp_path: Path) -> None:
    (answer,) = judge(detail_page(tmp_path, contactTelno="", workRegion=""))
    assert answer["decision"] == "PASS"


def test_a_work24_list_is_judged_on_what_a_list_holds(tmp_path: Path) -> None:
    low = {"wantedAuthNo": "K120012603020003", "sal": "10,000 ~ 10,500", "minSal": "", "maxSal": ""}
    yearly = {"wantedAuthNo": "K120012603020004", "salTpNm": "연봉", "sal": "250만원", "minSal": "", "maxSal": ""}
    unnamed = {k: v for k, v in LIST_ROW.items() if k not in ("company", "busino", "sal", "minSal", "maxSal")}
    good, *bad = judge(list_page(tmp_path, LIST_ROW, LIST_ROW | low, LIST_ROW | yearly, unnamed))
    assert (good["posting_id"], good["decision"], good["reasons"]) == ("K120012603020002", "PASS", [])
    assert good["judged_as_of"] == "2026-03-02"
    assert {"COND_MISSING", "EMP_CONTACT_MISSING"} <= not_judged(good).keys()
    assert [(codes(answer), answer["decision"]) for answer in bad] == [
        ({"WAGE_BELOW_MIN"}, "REJECT"),
        ({"WAGE_UNIT_SUSPECT"}, "HOLD"),
        ({"EMP_NAME_MISSING", "EMP_BRN_INVALID", "WAGE_NOT_STATED"}, "REJECT"),
    ]
    assert judge(list_page(tmp_path, unnamed)) == bad[-1:]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"tittle": "x"}\n', "tittle is no column"),
        ('{"title": "x"\n', "line 1 is no JSON"),
        ("[1]\n", "line 1 is no object"),
        ('{"openings": "many"}\n', "openings is 'many', which is not a number"),
        ('{"wage_type_code": "시급"}\n', "posting 1: wage_type_code is '시급'. Write one of: H, D, W, M, Y"),
        ('{"title": "x"}\n{"wage_type_code": "HOUR"}\n', "posting 2: wage_type_code is 'HOUR'"),
        ('{"country_code": "대한민국"}\n', "country_code is '대한민국'. Write a code such as KR"),
        ('{"employment_type_code": "정규직"}\n', "'정규직'. Write one of: 10, 11, 20, 21, 4"),
        ('{"career_code": "무관"}\n', "career_code is '무관'. Write one of: N, E, Z"),
        ('{"education_code": "042"}\n', "education_code is '042'. Write one of: 00, 01"),
        ('{"wage_currency": "원"}\n', "wage_currency is '원'"),
        ('{"channel_code": "온라인"}\n', "channel_code is '온라인'"),
        ('{"occupation_scheme": "keco"}\n', "occupation_scheme is 'keco'"),
        ('{"title": "x"}\n{"start_date": "soon"}\n', "posting 2: start_date is 'soon', which is not a date"),
        ("<html></html>", "wantedRoot"),
    ],
)
def test_bad_files_are_named_with_place_and_mend(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.ndjson"
    path.write_text(text, "utf-8")
    with pytest.raises(ToolError, match=message):
        judge(path)


def test_every_input_column_is_documented(tmp_path: Path) -> None:
    assert set(LABELS) == set(INPUT)
    schema = input_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(json.dumps(CLEAN)), schema)
    told = {name for name, column in schema["properties"].items() if "must be stated" in column["description"]}
    assert told == MANDATORY


@pytest.mark.parametrize("column", sorted(code_lists()))
def test_the_schema_and_the_door_take_the_same_codes(tmp_path: Path, column: str) -> None:
    codes = code_lists()[column]
    validator = jsonschema.Draft202012Validator(input_schema())
    postings = [{column: code} for code in ("", *(codes.values or (codes.example,)))]
    assert [posting for posting in postings if not validator.is_valid(posting)] == []
    assert len(judge(ndjson(tmp_path, *postings))) == len(postings)
    for code in ("시급", "hourly", "x", "100", "kr"):
        assert not validator.is_valid({column: code})
        with pytest.raises(ToolError, match=column):
            judge(ndjson(tmp_path, {column: code}))


def test_the_command(tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(app, ["vet", str(ndjson(tmp_path, CLEAN, BAD)), "--date", "2026-03-02"])
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["decision"] for line in done.stdout.splitlines()] == ["PASS", "REJECT"]
    assert runner.invoke(app, ["vet", str(tmp_path / "none.ndjson")]).exit_code == 1
    assert runner.invoke(app, ["vet", str(tmp_path / "none.ndjson"), "--profile", "MARS"]).exit_code == 2
    listed = json.loads(runner.invoke(app, ["vet", "rules", "--json"]).stdout)
    assert [rule["number"] for rule in listed["rules"]] == list(range(1, 42))
    assert "제32조" in runner.invoke(app, ["vet", "rules", "fee_demand"]).output
    assert runner.invoke(app, ["vet", "rules", "nothing"]).exit_code == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.ndjson", ""), ("b.ndjson", "\n \n"), ("c.csv", "title,duties\n"), ("d.csv", ""),
     ("e.xml", "<wantedRoot><total>0</total></wantedRoot>"),
     ("f.xml", "<wantedRoot><messageCd>006</messageCd></wantedRoot>")],
)  # fmt: skip
def test_a_file_without_a_posting_is_a_mistake_that_is_named(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    done = CliRunner().invoke(app, ["vet", str(path)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "holds no posting" in done.stderr
    assert "lmi vet schema" in done.stderr


def test_the_help_names_the_options_of_a_file() -> None:
    shown = CliRunner().invoke(app, ["vet", "--help"]).output
    assert [option for option in ("--profile", "--date", "--explain", "--model", "desk") if option not in shown] == []


def test_a_score_without_a_model_says_how_to_get_one(tmp_path: Path) -> None:
    (answer,) = judge(ndjson(tmp_path, CLEAN))
    assert "no reliability model was given (--model FOLDER)" in answer["score_reasons"][0]["en"]


def test_a_rule_is_explained_with_all_that_decides() -> None:
    def shown(rule: str, lang: str = "en") -> str:
        done = CliRunner().invoke(app, ["vet", "rules", rule], env={"LMI_LANGUAGE": lang})
        assert done.exit_code == 0, done.output
        return done.output

    closed = shown("emp_closed")
    assert "when: (nts_status_code = '03'" in closed
    assert "cannot be judged when: business_no_valid and nts_checked_date is null" in closed
    assert '"nts_closed_date": "2026-01-31"} → reject EMP_CLOSED' in closed
    assert shown("DUP_EXACT") == shown("33")
    for rule in RULES.rules:
        page = shown(rule.id, "ko")
        for case in rule.cases:
            for condition in filter(None, (case.text, *case.signals.values())):
                for pattern in (*condition.clean, *condition.squashed, *condition.unless, *condition.exceptions):
                    assert pattern in page, rule.id
