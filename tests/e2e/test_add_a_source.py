"""Adding a source takes the files that CONTRIBUTING.md names and edits none: done here in a copy of the project.

The toy is a city's own list of employment agencies, a second provider of the entity ``organisations``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from lmi.core.settings import PROJECT_ROOT
from tests.e2e.conftest import environment, street_on

pytestmark = pytest.mark.e2e

ROOMS = ("lmi", "ingest", "validation", "dbt_project", "exports", "dags", "sandbox")
TOY = "toy_agencies"
STAGING = f"dbt_project/models/staging/{TOY}/stg_{TOY}__organisations"
CONTRACT = """\
source: toy_agencies
version: 1.0.0
entity: organisations
register: organisations
profiles: [sandbox]
description: {ko: 한 도시의 고용서비스 기관 명부., en: A city's own list of employment agencies.}
provider: {code: TOYCITY, country: KR, ko: 장난감시, en: Toy City}
licence: {id: toy, name: Toy licence, redistribution: open}
connector: file_drop
fetch: {pattern: 'toy_agencies_{date}*.csv', format: csv, encoding: cp949}
schedule: {cron: '0 2 * * *', every: day}
delivery: incremental
empty: allowed
key: [organisation_code]
provider_timestamp: updated_at
received_date: received_date
raw: plain
retention: {years: 5, ko: 기관 명부, en: Register of organisations}
columns:
  - {name: organisation_code, wire: 기관번호, required: true, pattern: '^TOY\\d{3}$', ko: 기관 코드, en: Organisation}
  - {name: name_ko, wire: 기관명, required: true, ko: 기관명, en: Name in Korean}
  - {name: region_code, wire: 시군구, required: true, ko: 소재지 시군구 코드, en: District}
  - {name: valid_from, wire: 개소일, logicalType: date, required: true, ko: 시작일, en: Valid from}
  - {name: received_date, wire: 전달일, logicalType: date, required: true, ko: 전달일, en: Day delivered}
  - {name: updated_at, wire: 수정일시, logicalType: timestamp, required: true, ko: 최종 수정 시각, en: Last modified}
"""
MODEL = """\
{{ config(enabled=has_source('toy_agencies')) }}

with

latest as (
    {{ latest_versions(
        'toy_agencies', key=['organisation_code'], provider_timestamp='updated_at', received='received_date'
    ) }}
),

agencies as (
    select
        *,
        'PRIVATE_AGENCY' as organisation_type
    from latest
)

select {{ conformed_columns('organisations', missing=['name_en', 'valid_to']) }}
from agencies
"""
DESCRIPTION = """\
version: 2

models:
  - name: stg_toy_agencies__organisations
    description: Employment agencies of one city.
    config:
      meta: {grain: [organisation_code], entity: organisations, label_ko: 장난감시, label_en: Toy City}
    columns:
      - name: organisation_code
        data_tests: [unique, not_null]
"""
ADDED = {f"ingest/sources/{TOY}.yml": CONTRACT, f"{STAGING}.sql": MODEL, f"{STAGING}.yml": DESCRIPTION}
#: written by each build, not kept in git
GENERATED = {"dbt_project/models/staging/_landing__generated.yml"}
#: tests that say something of every source of the registry, and take seconds
READ_THE_REGISTRY = (
    "tests/ingest/test_source_docs.py",
    "tests/ingest/test_processing_docs.py",
    "tests/ingest/test_registry.py",
    "tests/exports/test_data_dictionary.py",
    f"tests/validation/test_contracts.py::test_each_promise_is_kept_by_one_check[{TOY}]",
    "tests/dags/test_structure.py::test_every_source_has_its_dag_and_nothing_else_is_there",
    f"tests/dags/test_structure.py::test_an_ingest_dag_follows_its_registry_entry[{TOY}]",
    "tests/dags/test_structure.py::test_the_release_waits_for_every_daily_source_or_0545",
    "tests/real/test_setup.py::test_every_real_interface_has_somebody_who_answers",
    "tests/cli/test_national.py::test_national_are_registers_of_the_country_and_no_other",
)
HEADER = "기관번호,기관명,시군구,개소일,전달일,수정일시"
ROWS = (
    "TOY001,가온고용지원센터,11680,2024-03-04,{day},{day} 01:00:00",
    "TOY002,누리직업상담소,26110,2025-01-02,{day},{day} 01:00:00",
    "X,이름만 있는 곳,26110,2025-01-02,{day},{day} 01:00:00",  # breaks the pattern of its key
)


def contents(root: Path) -> dict[str, str]:
    """sha256 of every file of the rooms, by path."""
    skip = {"__pycache__", "target", "logs"}
    files = (p for room in ROOMS for p in (root / room).rglob("*") if p.is_file() and not skip & set(p.parts))
    named = {str(p.relative_to(root)): p for p in files if p.suffix != ".pyc"}
    return {name: hashlib.sha256(p.read_bytes()).hexdigest() for name, p in named.items() if name not in GENERATED}


@dataclass
class Grown:
    """A copy of the project with the toy source in it, and a home that its commands work on."""

    tree: Path
    env: dict[str, str]
    before: dict[str, str]
    day: date

    def lmi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lmi.cli.main", *arguments]
        return subprocess.run(command, cwd=self.tree, env=self.env, capture_output=True, text=True, check=False)

    def answer(self, *arguments: str) -> Any:
        done = self.lmi(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def grown(nation: Path, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    root = tmp_path_factory.mktemp("toy")
    tree, home = root / "project", root / "home"
    ignored = shutil.ignore_patterns("__pycache__", "target", "logs", "_landing__generated.yml")
    for room in ROOMS:
        shutil.copytree(PROJECT_ROOT / room, tree / room, ignore=ignored)
    before = contents(tree)
    for name, text in ADDED.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, "utf-8")

    env = {name: value for name, value in os.environ.items() if not name.startswith(("LMI_", "AIRFLOW"))}
    env |= environment(home, nation, LMI_MARTS="mart_coverage")
    env |= {"PYTHONPATH": str(tree), "COLUMNS": "300", "NO_COLOR": "1"}
    street = street_on(home, nation)
    day = street.history_end
    file = street.paths.drop / TOY / f"{TOY}_{day:%Y%m%d}.csv"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join((HEADER, *(row.format(day=day) for row in ROWS), "")), "cp949")
    control = {"rows": len(ROWS), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    file.with_name(f"{file.name}.ctl").write_text(json.dumps(control))
    return Grown(tree, env, before, day)


@pytest.fixture(scope="module")
def ran(grown: Grown) -> subprocess.CompletedProcess[str]:
    done = grown.lmi("run", "--date", str(grown.day), "--source", TOY, "--source", "organisations")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_it_lands_and_the_run_says_so(ran: subprocess.CompletedProcess[str]) -> None:
    (line,) = (line for line in ran.stdout.splitlines() if f" {TOY} " in line)
    assert [cell.strip() for cell in line.split("│")[2:6]] == ["3", "2", "1", "0"]


def test_its_rows_are_united_with_those_of_the_other_provider(
    grown: Grown, ran: subprocess.CompletedProcess[str]
) -> None:
    sql = "select organisation_code, name_ko from dim_organisation order by 1"
    found = {row["organisation_code"]: row["name_ko"] for row in grown.answer("query", sql, "--format", "json")}
    assert found["TOY001"] == "가온고용지원센터"
    assert found["TOY002"] == "누리직업상담소"
    assert len(found) > 5, "the other provider's organisations are there too"


def test_it_is_watched_like_any_other(grown: Grown, ran: subprocess.CompletedProcess[str]) -> None:
    status = {entry["source"]: entry for entry in grown.answer("status", "--json")["sources"]}
    assert status[TOY]["newest_delivery"] == str(grown.day)
    assert status[TOY]["last_outcome"] == "validate: ok"
    assert status[TOY]["provider"] == "장난감시(합성 국가)"
    (row,) = grown.answer("quarantine", "list", "--source", TOY, "--json")
    assert (row["rule"], row["column_name"], row["rows"]) == ("pattern", "organisation_code", 1)


def test_four_files_at_most_and_none_edited(grown: Grown, ran: subprocess.CompletedProcess[str]) -> None:
    after = contents(grown.tree)
    assert set(after) - set(grown.before) == set(ADDED)
    assert len(ADDED) <= 4
    assert {name: after[name] for name in grown.before} == grown.before
    guide = (PROJECT_ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for place in ("ingest/sources/<source>.yml", "dbt_project/models/staging/<source>/stg_<source>__<entity>.sql"):
        assert place in guide


def test_its_quarantined_row_is_shown_and_replayed_under_a_mended_contract(
    grown: Grown, ran: subprocess.CompletedProcess[str]
) -> None:
    (row,) = grown.answer("quarantine", "show", TOY, "--json")
    assert (row["rule"], row["column_name"], row["value"]) == ("pattern", "organisation_code", "X")
    contract = grown.tree / f"ingest/sources/{TOY}.yml"
    contract.write_text(CONTRACT.replace(r"'^TOY\d{3}$'", r"'^(TOY\d{3}|X)$'"), "utf-8")
    try:
        replayed = grown.lmi("quarantine", "replay", TOY)
        assert replayed.returncode == 0, replayed.stderr
        assert "2 accepted before, now 3; 1 quarantined before, now 0" in replayed.stdout
        assert grown.answer("quarantine", "list", "--source", TOY, "--json") == []
    finally:
        contract.write_text(CONTRACT, "utf-8")


def test_the_tests_that_read_the_registry_need_not_be_told_of_it(grown: Grown) -> None:
    """With the pages written anew by one command they pass as they are; before it the page of sources is stale."""
    for name in ("tests", "docs"):
        shutil.copytree(PROJECT_ROOT / name, grown.tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(PROJECT_ROOT / "pyproject.toml", grown.tree / "pyproject.toml")

    def run(*tests: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
        return subprocess.run(command, cwd=grown.tree, env=grown.env, capture_output=True, text=True, check=False)

    assert "FAILED tests/ingest/test_source_docs.py" in run("tests/ingest/test_source_docs.py").stdout
    recipe = (PROJECT_ROOT / "Makefile").read_text("utf-8").split("\ndocs:")[1].split("\n\n")[0]
    for module in re.findall(r"python -m (\S+)", recipe):
        subprocess.run([sys.executable, "-m", module], cwd=grown.tree, env=grown.env, check=True, capture_output=True)
    assert TOY in (grown.tree / "docs" / "sources.md").read_text("utf-8")
    done = run(*READ_THE_REGISTRY)
    assert done.returncode == 0, done.stdout


def test_the_nation_knows_nothing_of_it_and_delivers_all_the_same(grown: Grown) -> None:
    deliver = ["-m", "sandbox", "deliver", "--nation", grown.env["LMI_NATION"], "--drop", str(grown.tree / "drop")]
    day = grown.day + timedelta(days=1)
    done = subprocess.run(
        [sys.executable, *deliver, "--day", str(day)], cwd=grown.tree, env=grown.env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (grown.tree / "drop" / TOY).exists()
