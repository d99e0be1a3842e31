"""Employers without business number: what of a name counts, and who is found among the registered workplaces."""

from __future__ import annotations

import random

import duckdb
import pyarrow as pa
import pytest

from ingest.typing_sql import literal
from tests.evaluation.clients import _slipped_jamo
from validation.linkage.employers import cleaned_name, link_employers
from validation.linkage.normalise import install

SYLLABLES = "한대동세청금명신태삼우유광진성미해보가나빛원산림솔터들샘결강일영화양남토벗울"
KINDS = ("산업", "정밀", "건설", "물류", "전자", "식품")
FORMS = ("(주){}", "주식회사 {}", "{} 주식회사", "㈜{}", "{}", "{} Co., Ltd.")


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("(주)한빛정밀", "한빛정밀"),
        ("㈜ 한빛 정밀", "한빛정밀"),
        ("주식회사 한빛정밀 서울지점", "한빛정밀"),
        ("（주）한빛정밀 (채용대행)", "한빛정밀"),
        ("한빛정밀 유한회사 제2공장", "한빛정밀"),
        ("Hanbit Precision Co., Ltd.", "hanbitprecision"),
        ("Cocoa Corporation", "cocoa"),
        ("지점", "지점"),
        ("주식회사", None),
    ],
)
def test_what_only_says_what_kind_of_company_it_is_does_not_count(written: str, compared: str | None) -> None:
    with duckdb.connect() as con:
        install(con)
        assert con.execute(f"SELECT {cleaned_name(literal(written))}").fetchone() == (compared,)


@pytest.fixture(scope="module")
def register() -> list[dict[str, str]]:
    """600 workplaces of 500 employers in ten districts; names repeat now and then."""
    draw = random.Random(3)
    rows = []
    for number in range(500):
        name = draw.choice(SYLLABLES) + draw.choice(SYLLABLES) + draw.choice(SYLLABLES) + draw.choice(KINDS)
        for branch in range(1 + (number < 100)):
            rows.append(
                {
                    "workplace_id": f"{number}-{branch}", "business_no": f"{number:010d}",
                    "employer_name": draw.choice(FORMS).format(name) + (" 제2공장" if branch else ""),
                    "region_code": f"11{110 + 10 * draw.randrange(10)}",
                }
            )  # fmt: skip
    return rows


def test_employers_are_found_in_another_form_and_strangers_are_not(register: list[dict[str, str]]) -> None:
    draw = random.Random(4)
    mentions = []
    for row in register[:300]:
        words = row["employer_name"].replace("(주)", "").replace("㈜", "").split()
        bare = next(word for word in words if word[0] >= "가" and word != "주식회사")
        name = _slipped_jamo(bare, draw) if draw.random() < 0.1 else bare
        mentions.append(
            {
                "mention_id": f"{row['business_no']}/{len(mentions)}",
                "employer_name": draw.choice(FORMS).format(name),
                "region_code": row["region_code"],
            }
        )
    mentions += [
        {"mention_id": f"stranger/{n}", "employer_name": f"(주)뷁쀍쭳{n}", "region_code": "11110"} for n in range(50)
    ]
    links = link_employers(pa.Table.from_pylist(mentions), pa.Table.from_pylist(register))
    pairs = list(zip(links.chosen["left"].to_pylist(), links.chosen["right"].to_pylist(), strict=True))
    right = [left for left, number in pairs if left.split("/")[0] == number]
    assert len(right) >= 285
    assert len(pairs) - len(right) <= 5
    assert not [left for left, _ in pairs if left.startswith("stranger")]
    assert len({left for left, _ in pairs}) == len(pairs), "a mention has one employer"


def test_a_province_keeps_its_employers_under_its_new_number(register: list[dict[str, str]]) -> None:
    moved = [{**row, "region_code": "42" + row["region_code"][2:]} for row in register]
    mentions = [
        {**row, "mention_id": row["workplace_id"], "region_code": "51" + row["region_code"][2:]}
        for row in register[:200]
    ]
    links = link_employers(pa.Table.from_pylist(mentions), pa.Table.from_pylist(moved))
    pairs = zip(links.chosen["left"].to_pylist(), links.chosen["right"].to_pylist(), strict=True)
    assert sum(int(left.split("-")[0]) == int(right) for left, right in pairs) >= 195
    assert min(links.chosen["probability"].to_pylist()) > 0.9, "the place agrees, so nothing is in doubt"
