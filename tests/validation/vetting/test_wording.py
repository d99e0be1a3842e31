"""What employers read: every rule's message and advice, filled with the facts of its own examples, in both languages.

Desk and tool fill them in Python, the warehouse in SQL: neither may show a placeholder or a code that only we know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import jinja2

from tests.validation.vetting.support import Case, judge_cases
from tests.validation.vetting.test_data_rules import EXAMPLES, RULES, results
from validation.vetting.raising import READ_FROM
from validation.vetting.rules import PROFILES
from validation.vetting.rules import Case as RuleCase
from validation.vetting.wording import APPEAL, NOT_JUDGED, OUTCOMES, WORDS, advice_of, filled, for_models, message_of

MACROS = Path(__file__).resolve().parents[3] / "dbt_project" / "macros"
LANGUAGES = ("ko", "en")
#: a placeholder; SNAKE_CASE in either case; a lone capital; what a language calls nothing or yes
RAW = re.compile(r"\{[a-z_0-9]+\}|\b[A-Za-z]+_[A-Za-z_]+\b|\b[B-HJ-Z]\b|\b(None|null|true|false|True|False)\b")


#: words that tell what becomes of a posting
FATE = re.compile(
    r"보류|게시하지 않|게시할 수|접수할 수|돌려드립니다|[Ii]t is held|posting is (?:held|returned)"
    r"|cannot be (?:published|accepted)|posting is not published|until (?:this|a person)"
)
SAY = {"message": message_of, "advice": partial(advice_of, profile="KR_PUBLIC")}


def tell(kind: str, words: str, outcome: str, quote: str, facts: dict[str, object], lang: str) -> str:
    return SAY[kind](words, outcome, quotes=[quote] if quote else [], facts=facts, lang=lang)


def spoken() -> Iterator[tuple[str, str, str, str, str, str, dict[str, object]]]:
    """(rule, language, kind, wording, outcome, quote, facts) of every finding in every example."""
    rules = {rule.id: rule for rule in RULES.rules}
    for rule_id, number, _, _ in EXAMPLES:
        for finding in results()[rule_id, number].of(rule_id):
            facts = json.loads(finding["facts"]) if finding["facts"] else {}
            for lang in LANGUAGES:
                for kind, text in (
                    ("message", rules[rule_id].message_for(finding["code"], finding["signal"])),
                    ("advice", rules[rule_id].advice),
                ):
                    quote = "“말”" if finding["quote"] else ""
                    yield rule_id, lang, kind, text[lang], finding["outcome"], quote, facts


def test_every_rule_speaks() -> None:
    assert {rule for rule, *_ in spoken()} == {rule.id for rule in RULES.rules}


def test_no_code_reaches_an_employer() -> None:
    """What stands between quotation marks is the employer's own."""
    raw = {
        (rule, said)
        for rule, lang, kind, words, outcome, quote, facts in spoken()
        if RAW.search(
            re.sub(
                '"[^"]*"',
                "",
                said := tell(kind, words, outcome, quote, facts, lang),
            )
        )
    }
    assert raw == set()


def test_the_warehouse_says_the_same() -> None:
    """Apart from thousands and decimals, which the desk writes as people do."""
    text = (MACROS / "funnel.sql").read_text("utf-8")
    said = {"wording": json.loads(json.dumps(for_models(RULES)))}
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    module = environment.from_string(text, globals={"var": lambda name, default: said[name]}).module
    rows = list(spoken())
    differing = []
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE said (no INT, kind TEXT, words_ko TEXT, words_en TEXT, outcome TEXT, quote TEXT, facts JSON)"
        )
        con.executemany(
            "INSERT INTO said VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                [n, f"{kind}_{lang}", words, words, outcome, quote or None, json.dumps(facts)]
                for n, (_, lang, kind, words, outcome, quote, facts) in enumerate(rows)
            ],
        )
        cases = " ".join(
            f"WHEN '{kind}_{lang}' THEN "
            + getattr(module, f"{kind}_wording")(
                f"words_{lang}", "outcome", *(["'KR_PUBLIC'"] if kind == "advice" else []), "quote", "facts"
            )
            for kind in SAY
            for lang in LANGUAGES
        )
        told = con.execute(f"SELECT CASE kind {cases} END FROM said ORDER BY no").fetchall()
    for (rule, lang, kind, words, outcome, quote, facts), (sql,) in zip(rows, told, strict=True):
        ours = tell(kind, words, outcome, quote, facts, lang)
        if figures(sql) != figures(ours):
            differing.append((rule, sql, ours))
    assert differing == []


def figures(text: str) -> str:
    """Without the signs in which figures may differ."""
    whole = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return re.sub(r"\d+\.\d+", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), whole)


def test_units_and_conditions_in_words() -> None:
    assert set(WORDS["wage_unit"]) == set("HDWMY")
    assert filled("{wage_unit}", [], {"wage_unit": "H"}, "ko") == "시급"
    assert filled("{blank_conditions}", [], {"blank_conditions": "working_hours, wage"}, "en") == "hours of work, pay"


def test_what_could_not_be_judged_accuses_nobody_and_a_refusal_says_how_to_object() -> None:
    accusing = "The pay is below the minimum wage."
    assert message_of(accusing, "undetermined", [], {}, "en") == NOT_JUDGED["en"]
    assert message_of(accusing, "reject", [], {}, "en") == f"{accusing} The posting is not published like this."
    assert advice_of("올리십시오.", "hold", "KR_PUBLIC", [], {}, "ko") == "올리십시오."
    assert filled("({business_no})", [], {}, "ko") == "(미기재)"
    assert set(APPEAL) == set(PROFILES)
    for profile in PROFILES:
        told = advice_of("Raise it.", "reject", profile, [], {}, "en")
        assert told == f"Raise it. {APPEAL[profile]['en']}"
        assert ("employment office" in told) == (profile == "KR_PUBLIC")


def test_what_becomes_of_a_posting_follows_from_the_severity() -> None:
    """No rule says it; a warning never reads as if the posting were held or refused."""
    assert set(OUTCOMES) == {"reject", "hold", "warn"}
    for rule in RULES.rules:
        for message in (rule.message, *(case.message for case in rule.cases if case.message)):
            assert [text for text in message.values() if FATE.search(text)] == []
    for _, lang, kind, words, outcome, quote, facts in spoken():
        told = tell(kind, words, outcome, quote, facts, lang)
        if kind == "message" and outcome != "undetermined":
            assert told.endswith(OUTCOMES[outcome][lang])
            assert bool(FATE.search(told)) == (outcome != "warn")


def has_words(case: RuleCase) -> bool:
    """Whether a finding of the case quotes the posting."""
    return bool(case.text or case.signals or READ_FROM.keys() & set(case.evidence))


def test_no_message_names_a_fact_that_its_case_does_not_know() -> None:
    """What stands for a missing fact may be said of what a posting left blank, never because another case looked."""
    unknown = [
        (rule.id, case.code, name)
        for rule in RULES.rules
        for case in rule.cases
        for name in re.findall(r"\{([a-z_0-9]+)\}", rule.message_for(case.code, case.signal)["ko"])
        if name not in (case.evidence if name != "quote" else ("quote",) * has_words(case))
    ]
    assert unknown == []


def test_each_unknown_code_is_named_by_itself() -> None:
    judged, _ = judge_cases([Case({"region_code": "99999", "education_code": "42"}, {})])
    rule = RULES.by_number(38)
    found = [f for f in judged[0].findings if f["rule_number"] == 38]
    assert {f["evidence_field"] for f in found} == {"region_code", "education_code"}
    told = {filled(rule.message_for(f["code"], f["signal"])["en"], [], json.loads(f["facts"]), "en") for f in found}
    assert told == {
        "The region code 99999 is not in use on the day of submission.",
        "The education code 42 is not in use on the day of submission.",
    }


def test_a_case_may_say_something_else_than_its_rule() -> None:
    rule = RULES.by_number(9)
    assert "not published yet" in rule.message_for("MW_TABLE_MISSING")["en"]
    assert rule.message_for("WAGE_BELOW_MIN") is rule.message


def test_dates_that_do_not_fit_say_which() -> None:
    """Each condition of rule 37 by itself, and two that fail together as two findings."""
    days = {"submitted_date": "2026-03-10"}
    judged, _ = judge_cases([
        Case(days | {"close_date": "2026-03-05"}, {}),
        Case(days | {"close_date": "2026-06-01", "start_date": "2026-06-02"}, {}),
        Case(days | {"close_date": None, "close_date_text": "채용시까지", "start_date": "2026-03-01"}, {}),
        Case(days | {"close_date": "2026-06-01", "start_date": "2026-03-01"}, {}),
    ])  # fmt: skip
    rule = RULES.by_number(37)
    told = [
        [
            filled(rule.message_for(f["code"], f["signal"])["en"], [], json.loads(f["facts"]), "en")
            for f in one.findings
            if f["rule_number"] == 37
        ]
        for one in judged
    ]
    before = "The closing day 2026-03-05 lies before the submission 2026-03-10."
    after = (
        "The closing day 2026-06-01 exceeds the validity of two months from the submission 2026-03-10, which ends on"
        " 2026-05-10."
    )
    start = "The start 2026-03-01 lies before the submission 2026-03-10."
    assert told == [[before], [after], [start], [after, start]]
