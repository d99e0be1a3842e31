"""The process that runs the DAGs: ``python -m lmi.cli.drive``.

It reads one JSON line per working day from its standard input, runs the real DAG objects to completion in asset
order through Airflow's own ``dag.test()``, and writes one JSON line per finished DAG to the file descriptor it was
given. Everything Airflow prints goes to its standard output, which the caller keeps in a log file.
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
from typing import TYPE_CHECKING, Any, TextIO
from unittest.mock import patch

from lmi.core.settings import PROJECT_ROOT, Settings, load_settings

if TYPE_CHECKING:
    from airflow.sdk import DAG

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


@contextmanager
def written_once() -> Iterator[None]:
    """Writes all DAGs to the metadata database, then keeps ``dag.test()`` from doing so again inside this context.

    It parses the whole folder and writes every DAG of it before each run (apache/airflow#64884), which took a third of
    a day's run here. The objects of this process do not change while it lives, so once is enough.
    """
    from airflow.dag_processing import dagbag
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    manager = DagBundlesManager()
    manager.sync_bundles_to_db()
    for bundle in manager.get_all_dag_bundles():
        bundle.initialize()
        bag = dagbag.BundleDagBag(dag_folder=bundle.path, bundle_path=bundle.path, bundle_name=bundle.name)
        dagbag.sync_bag_to_db(bag, bundle.name, bundle.version)
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


def asset_order(dags: dict[str, DAG]) -> list[str]:
    """DAG ids, each after all DAGs whose assets its schedule waits for or its tasks read; ties by id."""
    producers = {outlet.name: dag_id for dag_id, dag in dags.items() for task in dag.tasks for outlet in task.outlets}
    waits_for = {}
    for dag_id, dag in dags.items():
        names = asset_names(getattr(dag.timetable, "asset_condition", None))
        names |= {inlet.name for task in dag.tasks for inlet in task.inlets}
        waits_for[dag_id] = {producers[name] for name in names if name in producers} - {dag_id}
    sorter = TopologicalSorter(waits_for)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def drive_day(dags: dict[str, DAG], day: date, settings: Settings, wanted: set[str], emit: TextIO) -> None:
    """Run the wanted DAGs of one working day; a failing source does not hold the others back."""
    instant = datetime(day.year, day.month, day.day, 4, tzinfo=settings.tz)
    for dag_id in asset_order(dags):
        if dag_id not in wanted:
            continue
        begun = time.monotonic()
        try:
            run = dags[dag_id].test(logical_date=instant, run_conf={"date": day.isoformat()})
            state, error = str(getattr(run.state, "value", run.state)), None
        except Exception as problem:  # the DAG itself could not run: say so and go on with the others
            state, error = "failed", f"{type(problem).__name__}: {problem}"
        _say(
            emit,
            event="dag",
            dag=dag_id,
            day=day.isoformat(),
            state=state,
            error=error,
            seconds=time.monotonic() - begun,
        )


def _say(emit: TextIO, **event: Any) -> None:
    emit.write(json.dumps(event, ensure_ascii=False) + "\n")
    emit.flush()


def main() -> None:
    settings = load_settings()
    with os.fdopen(int(sys.argv[1]), "w") as emit:
        dags = load_dags()
        with written_once():
            _say(emit, event="ready", dags=sorted(dags))
            for line in sys.stdin:
                order = json.loads(line)
                drive_day(dags, date.fromisoformat(order["day"]), settings, set(order["dags"]), emit)
                _say(emit, event="day", day=order["day"])


if __name__ == "__main__":
    main()
