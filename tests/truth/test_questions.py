"""Every query of docs/questions.md runs on a release as `lmi query` would run it, and answers something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.truth.conftest import Told

pytestmark = pytest.mark.xdist_group("truth")

PAGE = Path(__file__).parents[2] / "docs" / "questions.md"
QUESTIONS = re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
QUERIES = {title: re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL) for title, text in QUESTIONS}


def test_each_question_has_one_query() -> None:
    assert len(QUERIES) >= 2
    assert [title for title, queries in QUERIES.items() if len(queries) != 1] == []


@pytest.mark.parametrize("title", QUERIES)
def test_the_query_answers(told: Told, title: str) -> None:
    assert len(told.street.query(QUERIES[title][0])) > 0


def test_which_agencies_place_people_who_stay(told: Told) -> None:
    (title,) = (title for title in QUERIES if title.startswith("Which agencies"))
    answer = told.street.query(QUERIES[title][0])
    ranked = answer[answer["rank_no"].notna()]
    assert len(ranked) >= 3 and (ranked["placed"] >= 10).all() and ranked["percent_expected"].notna().all()
    assert ranked["percent_expected"].nunique() > 1 and ranked["percent_shrunk"].is_monotonic_decreasing
    assert (answer.loc[answer["rank_no"].isna(), "placed"] < 10).all()


def test_where_nursing_assistants_go(told: Told) -> None:
    (title,) = (title for title in QUERIES if title.startswith("Where do people go"))
    answer = told.street.query(QUERIES[title][0])
    assert abs(answer["percent"].astype(float).sum() - 100) < 0.5
    assert {"3075", "LEFT_INSURED_EMPLOYMENT"} <= set(answer["to_code"])
    assert answer.set_index("to_code").loc["3075", "wage_after_p50"] > 1_000_000


def test_what_a_nursing_assistant_learns_next(told: Told) -> None:
    (title,) = (title for title in QUERIES if title.startswith("What should a nurse"))
    answer = told.street.query(QUERIES[title][0]).set_index("occupation_code")
    assert "3075" not in answer.index and answer.index.is_unique
    assert {"3040", "5501"} & set(answer.index)
    for code in {"3040", "5501"} & set(answer.index):
        assert len(answer.loc[code, "skills_to_learn"]) and len(answer.loc[code, "licences_demanded"]) == 1
    assert answer["own_insured_pay_p50"].nunique() <= 1
    taught = answer.dropna(subset=["course"])
    assert len(taught) and (taught["completers"] >= 10).all() and (taught["percent_employed_6m"] > 0).all()


def test_openings_by_isco_group_add_up_to_the_register(told: Told) -> None:
    (title,) = (title for title in QUERIES if "ISCO" in title)
    answer = told.street.query(QUERIES[title][0]).set_index("isco_code")
    register = told.street.query(
        "select sum(openings_new) as openings, sum(vacancies_new) as vacancies from mart_occupation_openings_monthly"
        " where scope = 'pes' and occupation_scheme = 'KECO' and occupation_level = 2"
        " and time_period >= strftime(date_trunc('month', as_of) - interval 12 month, '%Y-%m')"
    ).iloc[0]
    assert answer["openings_new"].astype(float).sum() == pytest.approx(float(register["openings"]))
    assert answer["vacancies_new"].astype(float).sum() == pytest.approx(float(register["vacancies"]))
    assert answer.loc["25", "openings_new"] > 0 and len(answer) > 20
    assert answer.drop(index="_U", errors="ignore")["name_ko"].notna().all()
