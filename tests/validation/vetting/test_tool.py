"""``lmi vet FILE``: postings of a file judged without a warehouse."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from lmi.cli.main import app
from tests.validation.vetting.support import INNOCENT
from validation.vetting.rules import load_rules
from validation.vetting.tool import INPUT, LABELS, ToolError, input_schema, judge_file

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
    (blank,) = judge(ndjson(tmp_path, CLEAN | {"duties": ""}))
    assert "COND_MISSING" in codes(blank)


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


def test_a_work24_detail_and_a_list(tmp_path: Path) -> None:
    detail = tmp_path / "detail.xml"
    detail.write_text(
        "<?xml version='1.0' encoding='UTF-8'?><wantedDtl><wantedAuthNo>K120012603020001</wantedAuthNo>"
        "<corpInfo><corpNm>한빛식품</corpNm></corpInfo><wantedInfo>"
        "<jobCont>남자만 지원 가능합니다. 전표를 정리합니다.</jobCont>"
        "<workdayWorkhrCont>09:00~18:00 주 5일</workdayWorkhrCont></wantedInfo>"
        "<empchargeInfo><contactTelno>02-123-4567</contactTelno></empchargeInfo></wantedDtl>",
        "utf-8",
    )
    (answer,) = judge(detail)
    assert answer["posting_id"] == "K120012603020001"
    assert "DISC_GENDER" in {reason["code"] for reason in answer["reasons"]}
    assert "123-4567" not in json.dumps(answer)
    listed = tmp_path / "list.xml"
    listed.write_text(
        "<wantedRoot><total>1</total><wanted><wantedAuthNo>K120012603020002</wantedAuthNo><company>한빛식품</company>"
        "<title>경리 사무원 (여성 우대)</title><sal>회사 내규에 따름</sal>"
        "<regDt>26-03-02</regDt></wanted></wantedRoot>",
        "utf-8",
    )
    (answer,) = judge(listed, explain=True)
    assert {"DISC_GENDER", "WAGE_NOT_STATED"} <= {reason["code"] for reason in answer["reasons"]}
    assert "COND_MISSING" not in {reason["code"] for reason in answer["reasons"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"tittle": "x"}\n', "tittle is no column"),
        ('{"title": "x"\n', "line 1 is no JSON"),
        ("[1]\n", "line 1 is no object"),
        ('{"openings": "many"}\n', "openings is 'many', which is not a number"),
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
