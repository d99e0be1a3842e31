"""A process that runs DAGs: ``python -m lmi.cli.drive FILE_DESCRIPTOR [register]``.

It reads one JSON line per DAG and working day from its standard input, runs the real DAG object to completion through
Airflow's own ``dag.test()``, and writes one JSON line when it has ended to the file descriptor it was given.
Everything Airflow prints goes to its standard output, which the caller keeps in a log file. Of several such processes
on one metadata database the one told to ``register`` writes the DAGs to it, before any of them runs one.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from lmi.core.settings import PROJECT_ROOT, Settings, load_settings

if TYPE_CHECKING:
    from airflow.sdk import DAG

#: the DAG that runs dbt
BUILD = "build_release"
DAG_MODULES = sorted(
    f"dags.{path.stem}" for path in (PROJECT_ROOT / "dags").glob("*.py") if path.stem not in {"__init__", "assets"}
)


def load_dags() -> dict[str, DAG]:
    """Every DAG object of the ``dags`` folder by id."""
    from airflow.sdk import DAG

    found: dict[str, DAG] = {}
    for module in DAG_MODULES:
        found |= {dag.dag_id: dag for dag in vars(importlib.import_module(module)).values() if isinstance(dag, DAG)}
    return found


def register_dags() -> None:
    """Write all DAGs to the metadata database."""
    from airflow.dag_processing import dagbag
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    manager = DagBundlesManager()
    manager.sync_bundles_to_db()
    for bundle in manager.get_all_dag_bundles():
        bundle.initialize()
        bag = dagbag.BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
        dagbag.sync_bag_to_db(bag, bundle.name, bundle.version)


@contextmanager
def registered_once() -> Iterator[None]:
    """Keeps ``dag.test()`` from registering the DAGs inside this context.

    It parses the whole folder and writes every DAG of it before each run (apache/airflow#64884), which took a third of
    a day's run here. The objects of this process do not change while it lives, so once is enough.
    """
    from airflow.dag_processing import dagbag

    with (
        patch.object(dagbag, "BundleDagBag", lambda **_: None),
        patch.object(dagbag, "sync_bag_to_db", lambda *_: None),
    ):
        yield


def asset_names(condition: Any) -> set[str]:
    """Names of the assets in a schedule's condition, however deep its ``AssetAll`` and ``AssetAny`` are nested."""
    if condition is None:
        return set()
    parts = getattr(condition, "objects", None)
    return {condition.name} if parts is None else {name for part in parts for name in asset_names(part)}


def asset_order(dags: dict[str, DAG]) -> list[list[str]]:
    """DAG ids in waves, each DAG in a wave after all DAGs whose assets its schedule waits for or its tasks read."""
    producers = {outlet.name: dag_id for dag_id, dag in dags.items() for task in dag.tasks for outlet in task.outlets}
    waits_for = {}
    for dag_id, dag in dags.items():
        names = asset_names(getattr(dag.timetable, "asset_condition", None))
        names |= {inlet.name for task in dag.tasks for inlet in task.inlets}
        waits_for[dag_id] = {producers[name] for name in names if name in producers} - {dag_id}
    sorter = TopologicalSorter(waits_for)
    sorter.prepare()
    waves: list[list[str]] = []
    while sorter.is_active():
        waves.append(sorted(sorter.get_ready()))
        sorter.done(*waves[-1])
    return waves


def drive(dag: DAG, day: date, settings: Settings) -> dict[str, Any]:
    """Run one DAG for one working day: its event."""
    if dag.dag_id == BUILD:
        from dbt_project.build import load_dbt

        load_dbt()  # on another core, while the postings are vetted
    instant = datetime(day.year, day.month, day.day, 4, tzinfo=settings.tz)
    begun = time.monotonic()
    try:
        run = dag.test(logical_date=instant, run_conf={"date": day.isoformat()})
        state, error = str(getattr(run.state, "value", run.state)), None
    except Exception as problem:  # the DAG itself could not run: say so, and the others go on
        state, error = "failed", f"{type(problem).__name__}: {problem}"
    return {
        "event": "dag",
        "dag": dag.dag_id,
        "day": day.isoformat(),
        "state": state,
        "error": error,
        "seconds": time.monotonic() - begun,
    }


def main() -> None:
    settings = load_settings()
    with os.fdopen(int(sys.argv[1]), "w", buffering=1) as events:
        dags = load_dags()
        if "register" in sys.argv[2:]:
            register_dags()
        with registered_once():
            print(json.dumps({"event": "ready", "order": asset_order(dags)}), file=events)
            for line in sys.stdin:
                order = json.loads(line)
                event = drive(dags[order["dag"]], date.fromisoformat(order["day"]), settings)
                print(json.dumps(event, ensure_ascii=False), file=events)


if __name__ == "__main__":
    main()
