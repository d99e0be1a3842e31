"""Seeds are complete and consistent: codes, parents, validity, recodes, holidays."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from dbt_project import make_holidays
from tests.dbt.support import PROJECT


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def version(row: dict[str, str]) -> tuple[str, str]:
    """Classification and version of a row; a table of one version states neither."""
    scheme = row.get("occupation_scheme") or row.get("industry_scheme") or ""
    return scheme, row.get("scheme_version", "")


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
        ("occupation_groups", "occupation_code"),
        ("industries", "industry_code"),
    ],
)
def test_codes_are_unique(name: str, key: str) -> None:
    codes = [(*version(row), row[key]) for row in seed(name)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("occupations", "occupation_code"),
        ("occupation_groups", "occupation_code"),
        ("industries", "industry_code"),
    ],
)
def test_parents_exist(name: str, key: str) -> None:
    codes = {(*version(row), row[key]) for row in seed(name)}
    assert [row for row in seed(name) if row["parent_code"] and (*version(row), row["parent_code"]) not in codes] == []


def test_whole_upper_levels() -> None:
    occupations, industries = seed("occupations"), seed("industries")
    assert sum(row["occupation_level"] == "1" for row in occupations) == 10
    assert sum(row["occupation_level"] == "2" for row in occupations) == 35
    levels = Counter((*version(row), row["industry_level"]) for row in industries)
    assert levels == {
        ("KSIC", "11", "1"): 21, ("KSIC", "11", "2"): 77, ("KSIC", "10", "1"): 21, ("KSIC", "10", "2"): 77,
        ("ISIC", "4", "1"): 21,
    }  # fmt: skip
    groups = Counter((*version(row), row["occupation_level"]) for row in seed("occupation_groups"))
    assert groups["KECO", "2018", "2"] == 35
    assert (groups["ISCO", "08", "1"], groups["ISCO", "08", "2"]) == (10, 43)
    assert groups["KSCO", "7", "1"] == groups["KSCO", "8", "1"] == 10
    assert groups["SOC", "2010", "2"] == groups["SOC", "2018", "2"] == 23


LISTED = {
    **{("KECO", "2025", row["occupation_code"]): row["occupation_level"] for row in seed("occupations")},
    **{(*version(row), row["occupation_code"]): row["occupation_level"] for row in seed("occupation_groups")},
    **{(*version(row), row["industry_code"]): row["industry_level"] for row in seed("industries")},
}


@pytest.mark.parametrize("name", ["occupation_crosswalk", "industry_crosswalk"])
def test_crosswalks_lead_from_listed_codes_to_listed_codes_with_weights_of_one(name: str) -> None:
    weights: dict[tuple[str, ...], list[str]] = {}
    for row in seed(name):
        scheme = row.get("from_scheme") or row["industry_scheme"]
        origin = (scheme, row["from_version"], row["from_code"])
        target = (row["to_scheme"], row["to_version"], row["to_code"])
        assert origin in LISTED and target in LISTED, row
        weights.setdefault((*origin, *target[:2]), []).append(row["weight"])
    assert weights
    for link, stated in weights.items():
        assert not any(stated) or sum(map(Decimal, stated)) == 1, link


@pytest.mark.parametrize(
    ("scheme", "version_no", "level", "target"),
    [
        ("KECO", "2018", "2", "KECO"),
        ("KECO", "2025", "4", "ISCO"),
        ("KSCO", "7", "1", "KSCO"),
        ("KSCO", "8", "1", "ISCO"),
        ("SOC", "2010", "2", "SOC"),
        ("SOC", "2018", "2", "ISCO"),
        ("US_OPM", "2018", "2", "ISCO"),
    ],
)
def test_crosswalks_leave_no_listed_occupation_out(scheme: str, version_no: str, level: str, target: str) -> None:
    linked = {
        row["from_code"]
        for row in seed("occupation_crosswalk")
        if (row["from_scheme"], row["from_version"], row["to_scheme"]) == (scheme, version_no, target)
    }
    assert linked == {code for (s, v, code), of in LISTED.items() if (s, v, of) == (scheme, version_no, level)}


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


def test_gwangju_and_jeonnam_merge_into_one_province() -> None:
    merged = {row["from_code"][:2] for row in seed("region_crosswalk") if row["to_code"].startswith("12")}
    assert merged == {"29", "46"}
    assert {row["valid_from"] for row in seed("region_crosswalk") if row["to_code"].startswith("12")} == {"2026-07-01"}


def test_districts_lie_in_known_provinces() -> None:
    provinces = {row["sido_code"] for row in seed("sidos")}
    assert {row["sido_code"] for row in seed("regions")} == provinces
    assert all(row["region_code"].startswith(row["sido_code"]) for row in seed("regions"))


def test_labels_in_both_languages() -> None:
    rows = seed("code_labels")
    assert all(row["label_ko"] and row["label_en"] for row in rows)
    assert len({(row["code_list"], row["code"]) for row in rows}) == len(rows)
