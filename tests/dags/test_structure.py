"""The shape of the DAGs, read from a fresh process that loads them as the DAG processor does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.registry import sources_of
from tests.dags.conftest import load

SOURCES = sources_of("sandbox")
BUILD = "build_release"
DELIVER = ["deliver_daily_brief", "deliver_monthly_report", "deliver_quality_report"]
RETIRE = "retire_personal_data"
INGEST = sorted(f"ingest_{source}" for source in SOURCES)

#: seconds to import under load; a DAG file is read every half minute
HEAVY = {"duckdb", "dbt", "great_expectations", "pandas", "pyarrow", "numpy", "lxml", "openpyxl", "requests"}


def test_every_source_has_its_dag_and_nothing_else_is_there(loaded: dict[str, Any]) -> None:
    assert loaded["import_errors"] == {}
    assert sorted(loaded["dags"]) == sorted([*INGEST, BUILD, *DELIVER, RETIRE])


def test_loading_the_dags_imports_nothing_heavy(loaded: dict[str, Any]) -> None:
    assert {name.split(".")[0] for name in loaded["modules"]} & HEAVY == set()
    assert {"exports.pipeline", "ingest.pipeline", "validation.pipeline"}.isdisjoint(loaded["modules"])
    assert "validation.vetting.pipeline" not in loaded["modules"]
    assert loaded["seconds"] < 10


def test_the_dags_use_nothing_that_airflow_deprecates(loaded: dict[str, Any]) -> None:
    assert [w for w in loaded["warnings"] if "deprecated" in w.lower()] == []


@pytest.mark.parametrize("dag_id", [*INGEST, BUILD, RETIRE])
def test_what_every_dag_states(loaded: dict[str, Any], dag_id: str) -> None:
    dag = loaded["dags"][dag_id]
    assert dag["cron_timezone"] == "Asia/Seoul"
    assert dag["start_date"] == "None", "with a start date a new installation runs at once what it missed today"
    assert dag["waits_for_its_first_hour"]
    assert dag["catchup"] is False
    assert dag["max_active_runs"] == 1
    assert dag["paused"] is False
    assert dag["tags"] and dag["doc_md"].strip()
    assert dag["params"]["date"]["type"] == ["null", "string"]
    assert dag["params"]["date"]["format"] == "date"
    for task in dag["tasks"].values():
        assert task["retries"] == 2
        assert 0 < task["timeout"] < 24 * 3600


@pytest.mark.parametrize("source_id", sorted(SOURCES))
def test_an_ingest_dag_follows_its_registry_entry(loaded: dict[str, Any], source_id: str) -> None:
    source, dag = SOURCES[source_id], loaded["dags"][f"ingest_{source_id}"]
    assert dag["cron"] == source.schedule["cron"]
    assert dag["timetable"] == "CronTriggerTimetable"
    assert dag["tags"] == sorted({"ingest", source.register, source.entity, source.connector})
    for part in (source.description["ko"], source.description["en"], source.provider["en"], source.licence["name"]):
        assert part in dag["doc_md"]
    assert dag["tasks"]["fetch_and_land"]["outlets"] == []
    assert dag["tasks"]["validate"]["outlets"] == [f"accepted_{source_id}"]
    assert dag["tasks"]["validate"]["upstream"] == ["fetch_and_land"]


def test_the_release_waits_for_every_daily_source_or_0545(loaded: dict[str, Any]) -> None:
    dag = loaded["dags"][BUILD]
    daily = sorted(f"accepted_{s.id}" for s in SOURCES.values() if s.schedule["every"] == "day")
    assert daily
    assert (dag["timetable"], dag["condition"], dag["waits_for"]) == ("AssetOrTimeSchedule", "AssetAll", daily)
    assert dag["cron"] == "45 5 * * *"
    assert dag["tasks"]["publish"] | {"timeout": 0} == {
        "outlets": ["release"],
        "retries": 2,
        "timeout": 0,
        "upstream": ["build"],
    }


def test_nothing_is_built_before_the_vacancies_are_vetted_and_titles_coded(loaded: dict[str, Any]) -> None:
    tasks = loaded["dags"][BUILD]["tasks"]
    assert sorted(tasks) == ["build", "code_titles", "link", "publish", "vet"]
    assert tasks["vet"]["upstream"] == tasks["code_titles"]["upstream"] == tasks["link"]["upstream"] == []
    assert sorted(tasks["build"]["upstream"]) == ["code_titles", "link", "vet"]


def test_daily_sources_are_due_before_the_release_in_any_case(loaded: dict[str, Any]) -> None:
    def minute(dag_id: str) -> int:
        minutes, hours = loaded["dags"][dag_id]["cron"].split()[:2]
        return 60 * int(hours) + int(minutes)

    late = [d for d in INGEST if minute(d) >= minute(BUILD)]
    assert late == []


def test_the_release_comes_after_its_sources_and_before_the_deliveries(loaded: dict[str, Any]) -> None:
    *before, release, last = loaded["order"]
    assert sorted(dag for wave in before for dag in wave) == INGEST
    assert release == [BUILD] and last == [*DELIVER, RETIRE]


def test_sources_switched_off_have_no_dag(tmp_path: Path) -> None:
    """One monthly source only: the release cannot wait for daily ones and goes by the clock; settings carry over."""
    found = load(tmp_path, LMI_SOURCES="workplaces", LMI_TIMEZONE="Asia/Tokyo", LMI_TASK_RETRIES="0")
    assert found["import_errors"] == {}
    assert sorted(found["dags"]) == sorted(["build_release", *DELIVER, "ingest_workplaces", RETIRE])
    assert found["order"] == [["ingest_workplaces"], ["build_release"], [*DELIVER, RETIRE]], "when a run drives them"
    assert found["dags"][BUILD]["timetable"] == "CronTriggerTimetable"
    assert {dag["cron_timezone"] for dag in found["dags"].values()} == {"Asia/Tokyo"}
    assert {task["retries"] for dag in found["dags"].values() for task in dag["tasks"].values()} == {0}
