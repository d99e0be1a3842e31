"""Seeds are complete and consistent: codes, parents, validity, recodes, holidays."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from dbt_project import make_holidays
from tests.dbt.support import PROJECT


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_holidays_are_what_the_package_says() -> None:
    assert make_holidays.SEED.read_text(encoding="utf-8") == make_holidays.holidays_csv()


def test_lunar_feasts_move() -> None:
    feast = {row["holiday_date"] for row in seed("kr_holidays") if row["lunar_feast"] == "SEOLLAL"}
    assert {"2025-01-29", "2026-02-17"} <= feast


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("regions", "region_code"),
        ("sidos", "sido_code"),
        ("occupations", "occupation_code"),
        ("industries", "industry_code"),
    ],
)
def test_codes_are_unique(name: str, key: str) -> None:
    codes = [row[key] for row in seed(name)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("name", "key"), [("occupations", "occupation_code"), ("industries", "industry_code")])
def test_parents_exist(name: str, key: str) -> None:
    codes = {row[key] for row in seed(name)}
    assert [row[key] for row in seed(name) if row["parent_code"] and row["parent_code"] not in codes] == []


def test_whole_upper_levels() -> None:
    occupations, industries = seed("occupations"), seed("industries")
    assert sum(row["occupation_level"] == "1" for row in occupations) == 10
    assert sum(row["occupation_level"] == "2" for row in occupations) == 35
    assert sum(row["industry_level"] == "1" for row in industries) == 21
    assert sum(row["industry_level"] == "2" for row in industries) == 77


def test_every_retired_district_has_a_successor_from_the_next_day() -> None:
    regions = {row["region_code"]: row for row in seed("regions")}
    recodes = {row["from_code"]: row for row in seed("region_crosswalk")}
    retired = {code for code, row in regions.items() if row["valid_to"]}
    assert retired == set(recodes)
    for code, recode in recodes.items():
        last = date.fromisoformat(regions[code]["valid_to"])
        assert date.fromisoformat(recode["valid_from"]) == last + timedelta(days=1)
        assert regions[recode["to_code"]]["valid_from"] == recode["valid_from"]


def test_recodes_do_not_merge_districts() -> None:
    targets = [row["to_code"] for row in seed("region_crosswalk")]
    assert len(targets) == len(set(targets))


def test_districts_lie_in_known_provinces() -> None:
    provinces = {row["sido_code"] for row in seed("sidos")}
    assert {row["sido_code"] for row in seed("regions")} == provinces
    assert all(row["region_code"].startswith(row["sido_code"]) for row in seed("regions"))


def test_labels_in_both_languages() -> None:
    rows = seed("code_labels")
    assert all(row["label_ko"] and row["label_en"] for row in rows)
    assert len({(row["code_list"], row["code"]) for row in rows}) == len(rows)
