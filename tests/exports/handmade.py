"""A staged release made by hand: the marts of three occupations, in the shape that the models promise."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from exports.data_dictionary import MODELS
from exports.render import Staged
from lmi.core.paths import Paths
from lmi.core.settings import PROJECT_ROOT, load_settings
from lmi.core.yaml import load_yaml

DAY = date(2026, 10, 6)
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
#: dimensions are under no contract; their columns as the models write them
DIMENSIONS = {
    "dim_occupation": "occupation_scheme varchar, scheme_version varchar, occupation_code varchar, occupation_level"
    " integer, parent_code varchar, name_ko varchar, name_en varchar, description varchar, job_zone integer,"
    " is_current boolean",
    "dim_occupation_title": "source_id varchar, occupation_scheme varchar, occupation_code varchar, language varchar,"
    " title varchar, short_title varchar",
    "dim_occupation_crosswalk": "from_scheme varchar, from_version varchar, from_code varchar, to_scheme varchar,"
    " to_version varchar, to_code varchar, valid_from date, source_id varchar, weight decimal(18, 8),"
    " weight_basis varchar",
    "dim_occupation_redirect": "occupation_scheme varchar, from_code varchar, to_code varchar",
}
MARKET = {"scope": "pes", "country": "KR", "occupation_scheme": "KECO", "occupation_level": 4, "as_of": DAY}
NURSE = {"occupation_code": "3040", "occupation_name_ko": "간호사", "occupation_name_en": "Nurses"}
WELDER = {"occupation_code": "8231", "occupation_name_ko": "용접원", "occupation_name_en": "Welders"}
MONTHS = {"series_from": date(2024, 10, 1), "series_to": date(2026, 9, 1)}
#: code -> persons who registered for it, persons and employers behind its pay
CONTRIBUTORS = {"3040": (50, 200, 90), "8231": (3, 4, 4)}
#: persons behind the outcomes of nurses: four of them registered often
OUTCOMES = [("NONE", "NONE", 24), ("E_GE300", "REGULAR", 17), ("E5T29", "PART_TIME", 3), ("E30T99", "REGULAR", 4)]
PAY = {"insured_wage_month_p25": 2_904_999, "insured_wage_month_p50": 3_314_000, "insured_wage_month_p75": 3_775_000}


def rows() -> dict[str, list[dict[str, Any]]]:
    """Rows by model: nurses with much behind their figures, welders with little."""
    keco = {"occupation_scheme": "KECO", "scheme_version": "2025", "is_current": True}
    wage = MARKET | {"wage_currency": "KRW", "wages_from": date(2024, 10, 1), "wages_to": date(2026, 9, 30)}
    moves = {"country": "KR", "occupation_scheme": "KECO", "occupation_level": 4, "from_name_ko": "간호사", "paths": 1,
             "losses_from": date(2023, 3, 5), "losses_to": date(2026, 3, 4), "as_of": DAY}  # fmt: skip
    return {
        "dim_occupation": [
            keco | {"occupation_code": "304", "occupation_level": 3, "name_ko": "간호", "name_en": "Nursing"},
            keco | {"occupation_code": "3040", "occupation_level": 4, "parent_code": "304", "name_ko": "간호사",
                    "name_en": "Nurses", "description": "환자를 돌본다", "job_zone": 4},
            keco | {"occupation_code": "8231", "occupation_level": 4, "name_ko": "용접원", "name_en": "Welders"},
            keco | {"occupation_code": "0111", "occupation_level": 4, "name_ko": "의원", "name_en": "Legislators"},
        ],
        "dim_occupation_title": [
            {"source_id": "onet_alternate_titles", "occupation_scheme": "KECO", "occupation_code": "3040",
             "language": "en", "title": "Registered nurse"},
        ],
        "dim_occupation_crosswalk": [
            {"from_scheme": "KECO", "from_version": "2025", "from_code": "3040", "to_scheme": "ISCO",
             "to_version": "08", "to_code": "22", "weight": 1, "weight_basis": "whole"},
        ],
        "dim_occupation_redirect": [],
        "mart_occupation_profile": [
            MARKET | NURSE | MONTHS | PAY
            | {"openings_24m": [4] * 24, "openings_new_24m": 96, "openings_new_12m": 48, "vacancies_24m": 39,
               "registrations_new_12m": 54, "openings_per_seeker_12m": 0.8888888889, "wage_currency": "KRW",
               "wage_n": 27, "wage_month_p50": 3620000, "insured_wage_n": 227},
            MARKET | WELDER | MONTHS
            | {"openings_24m": [0] * 23 + [2], "openings_new_24m": 2, "openings_new_12m": 2, "vacancies_24m": 1,
               "registrations_new_12m": 3, "openings_per_seeker_12m": 0.6666666667, "insured_wage_n": 4},
            MARKET | MONTHS
            | {"occupation_code": "30", "occupation_level": 2, "vacancies_24m": 40, "registrations_new_12m": 57},
        ],
        "mart_occupation_skill": [
            MARKET | NURSE
            | {"skill_code": "triage", "skill_name_ko": "중증도 분류", "skill_name_en": "Triage", "vacancies_naming": 3,
               "n": 39, "share": 0.0769230769, "share_all": 0.01, "lift": 7.6923076923, "quality": "B"},
            MARKET | NURSE
            | {"scope": "portal", "skill_code": "triage", "skill_name_ko": "중증도 분류", "skill_name_en": "Triage",
               "vacancies_naming": 5, "n": 100, "share": 0.05, "share_all": 0.01, "lift": 5, "quality": "A"},
        ],
        "mart_occupation_licence": [
            {"occupation_scheme": "KECO", "licence_key": "간호사", "licence_name": "간호사", "is_mandatory": True,
             "law_ko": "의료법 제7조", "law_en": "Medical Service Act art. 7", "vacancies_naming": 30, "n": 39,
             "share": 0.7692307692, "quality": "B", "as_of": DAY} | NURSE,
        ],
        "mart_occupation_training": [
            {"occupation_scheme": "KECO", "source_id": "hrdnet_courses", "course_id": "AIG1", "title": "용접 실무",
             "institution_name": "직업전문학교", "fee_krw": 500000, "runs": 3, "last_start_date": date(2026, 9, 1),
             "trainees": 30, "completers": 25, "n_3m": 25, "employed_3m": 10, "employment_rate_3m": 0.4, "n_6m": 9,
             "null_reason_6m": "few_completers", "satisfaction_n": 25, "satisfaction_score": 88, "quality": "C",
             "as_of": DAY} | WELDER,
        ],
        "mart_occupation_transition": [
            moves | {"from_code": "3040", "to_code": "OTHER", "n": 12, "n_from": 30, "share": 0.4, "quality": "B",
                     "wage_before_p50": 2_444_999, "wage_after_p50": 2_512_345.5, "wage_change_p50": 2.75},
            moves | {"from_code": "3040", "to_code": "LEFT_INSURED_EMPLOYMENT", "n": 18, "n_from": 30, "share": 0.6,
                     "wage_null_reason": "no_next_job", "quality": "B"},
            moves | {"from_code": "8231", "to_code": "OTHER", "n": None, "n_from": None, "share": 1},
        ],
        "mart_occupation_similar": [
            MARKET | NURSE
            | {"similar_code": "8231", "similar_name_ko": "용접원", "similar_name_en": "Welders", "similarity": 0.1,
               "similarity_rank": 1, "skills_shared": 1, "n": 10, "quality": "C"},
        ],
        "mart_occupation_wage": [
            wage | NURSE | {"region_code": "_T", "wage_source": "advertised", "n": 27, "wage_month_p50": 3620000,
                            "wage_null_reason": "few_wages_for_p10_p90", "quality": "C"},
            wage | NURSE | {"scope": "insurance", "region_code": "_T", "wage_source": "insured", "n": 227,
                            "wage_month_p50": 3314000, "quality": "A"},
            wage | NURSE | {"scope": "insurance", "region_code": "11", "wage_source": "insured", "n": 220,
                            "wage_month_p50": 3314000, "quality": "A"},
            wage | WELDER | {"scope": "insurance", "region_code": "_T", "wage_source": "insured", "n": 4,
                             "wage_null_reason": "few_wages", "quality": "C"},
        ],
        "mart_occupation_employability": [
            {"occupation_scheme": "KECO", "occupation_level": 4, "firm_size": size, "employment_type": kind,
             "numerator": cases, "n": 54, "probability": cases / 54, "basis_code": "3040", "n_own": 54, "quality": "B",
             "cases_from": date(2024, 3, 6), "cases_to": date(2026, 3, 5), "as_of": DAY} | NURSE
            for size, kind, cases in (("NONE", "NONE", 24), ("E_GE300", "REGULAR", 17), ("E5T29", "PART_TIME", 3),
                                      ("E30T99", "REGULAR", 10), ("E_LT5", "REGULAR", 0))
        ],
        "mart_occupation_openings_monthly": [
            MARKET | {"occupation_code": code, "time_period": f"{2024 + (m + 9) // 12}-{(m + 9) % 12 + 1:02}",
                      "registrations_new": n}
            for code, by_month in (("3040", [4] * 12 + [3, 4, 5, 6] * 3), ("8231", [0] * 21 + [1] * 3))
            for m, n in enumerate(by_month)
        ],
        "mart_occupation_requirement": [
            {"occupation_scheme": "KECO", "occupation_code": "3040", "dimension": "education", "weight": 1,
             "weights_version": "1.0.0", "is_required": True, "required_level": 4, "accepted": [], "partly": [],
             "is_gate": False, "basis": "vacancies", "n": 20, "quality": "C", "as_of": DAY},
        ],
    }  # fmt: skip


@cache
def _models() -> dict[str, list[dict[str, Any]]]:
    """Columns of the occupation marts by model, from their contracts."""
    found = {}
    for path in sorted((MODELS / "marts").glob("mart_occupation_*.yml")):
        for model in load_yaml(path.read_text("utf-8"))["models"]:
            found[model["name"]] = model["columns"]
    return found


def staged(
    folder: Path, release_id: str = "r1", day: date = DAY, made_of: Rows | None = None, previous: Staged | None = None,
    contributors: Mapping[str, tuple[int, int, int]] = CONTRIBUTORS, **settings: Any,
) -> Staged:  # fmt: skip
    """Write ``marts.duckdb`` and ``warehouse.duckdb`` below ``folder``; models that are left out are not in them."""
    home = folder / release_id
    home.mkdir(parents=True)
    given = rows() if made_of is None else made_of
    with duckdb.connect(str(home / "marts.duckdb")) as con:
        con.execute("begin")  # a commit for each row would take longer than the rows
        con.execute("create table release as select ? as release_id, cast(? as date) as as_of", [release_id, day])
        con.execute("create table release_parts (mart varchar, status varchar, as_of varchar, reason varchar)")
        con.execute(
            "create table data_dictionary (table_name varchar, column_name varchar, label_ko varchar,"
            " label_en varchar, unit varchar, description varchar)"
        )
        for model, records in given.items():
            _write(con, model, records)
        con.execute("commit")
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        con.execute("create schema seeds")
        con.execute("create schema intermediate")
        if contributors:
            con.execute(
                "create table intermediate.int_occupations__contributed (occupation_scheme varchar, occupation_code"
                " varchar, registration_persons bigint, pay_persons bigint, pay_employers bigint)"
            )
            con.executemany(
                "insert into intermediate.int_occupations__contributed values ('KECO', ?, ?, ?, ?)",
                [[code, *counts] for code, counts in contributors.items()],
            )
            con.execute(
                "create table intermediate.int_employability__contributed (basis_code varchar, firm_size varchar,"
                " employment_type varchar, persons bigint)"
            )
            con.executemany(
                "insert into intermediate.int_employability__contributed values ('3040', ?, ?, ?)", OUTCOMES
            )
        for seed in ("code_labels", "sidos"):
            con.execute(f"create table seeds.{seed} as from read_csv('{SEEDS / seed}.csv', all_varchar = true)")
    options = load_settings({}, home=folder / "home", **settings)
    return Staged(home, release_id, day, options, previous.folder if previous else None)


def _write(con: duckdb.DuckDBPyConnection, model: str, records: Sequence[Mapping[str, Any]]) -> None:
    contract = _models().get(model)
    columns = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in contract) if contract else DIMENSIONS[model]
    con.execute(f"create table {model} ({columns})")
    names = [row[0] for row in con.execute(f"describe {model}").fetchall()]
    if records:
        con.executemany(
            f"insert into {model} ({', '.join(names)}) values ({', '.join('?' * len(names))})",
            [[record.get(name) for name in names] for record in records],
        )
    if contract:
        con.execute("insert into release_parts values (?, 'current', ?, '')", [model, DAY.isoformat()])
    described = {c["name"]: c for c in contract or []}
    unknown = {"config": {"meta": {"label_ko": "이름", "label_en": "Name", "unit": "text"}}, "description": "x"}
    told = [(name, described.get(name, unknown)) for name in names]
    con.executemany(
        "insert into data_dictionary values (?, ?, ?, ?, ?, ?)",
        [[model, name, c["config"]["meta"]["label_ko"], c["config"]["meta"]["label_en"],
          c["config"]["meta"].get("unit"), c["description"]] for name, c in told],
    )  # fmt: skip


def release(folder: Path, release_id: str = "r1", previous: Staged | None = None, **options: Any) -> Staged:
    """``staged`` with its products ``occupations`` rendered below ``exports``."""
    from exports.occupations.product import render

    found = staged(folder, release_id, previous=previous, **options)
    out = found.folder / "exports" / "occupations"
    out.mkdir(parents=True)
    render(found, out)
    return found


def publish(
    home: Path, release_id: str = "r1", previous: Staged | None = None, board: Path | None = None, **options: Any
) -> Staged:
    """A release with ``occupations``, one open table, a board and ``api``, published; the pointer is on it. ``board``:
    the pages, else two empty ones."""
    from exports.api.answers import render as render_api
    from lmi.core.release import publish as publish_folder

    found = release(home / "work", release_id, previous, **options)
    table = found.folder / "exports" / "open" / "v1" / "tables"
    table.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(
            "copy (select '2026-08' as TIME_PERIOD, '11' as REF_AREA, '=1+1' as OCCUPATION, 42.0 as OBS_VALUE,"
            " 'F' as CONF_STATUS, date '2026-10-06' as LAST_UPDATE union all select '2026-08', '12', 'a,\"b', null,"
            " 'A', date '2026-10-06')"
            f" to '{table / 'registrations.parquet'}'"
        )
    (table.parents[1] / "disclosure.json").write_text("{}")
    pages = found.folder / "exports" / "board"
    pages.mkdir() if board is None else shutil.copytree(board, pages)
    for name, lang in () if board else (("index.html", "ko"), ("index.en.html", "en")):
        (pages / name).write_text(f'<!doctype html><html lang="{lang}"><title>{release_id}</title>', "utf-8")
    out = found.folder / "exports" / "api"
    out.mkdir()
    render_api(found, out)
    manifest = {
        "release_id": release_id, "as_of": found.as_of.isoformat(), "built_at": f"{found.as_of}T20:45:00+00:00",
        "products": {"occupations": {"status": "current", "stale": None, "files": 0}}, "stale": {}, "row_counts": {},
    }  # fmt: skip
    final = publish_folder(Paths(home, home / "drop"), found.folder, release_id, manifest, 5, lambda folder: None)
    return replace(found, folder=final.folder)
