"""Loads the DAGs as the DAG processor does and describes them as JSON on standard output; run in a fresh process."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG

from lmi.cli.drive import asset_names, asset_order, load_dags
from lmi.core.settings import PROJECT_ROOT

before = set(sys.modules)
begun = time.monotonic()
bag = DagBag(PROJECT_ROOT / "dags", load_op_links=False)
seconds = time.monotonic() - begun


def describe(dag: DAG) -> dict[str, Any]:
    timetable: Any = dag.timetable
    condition = getattr(timetable, "asset_condition", None)
    clock = getattr(timetable, "timetable", timetable)
    return {
        "tags": sorted(dag.tags),
        "doc_md": dag.doc_md,
        "start_date": str(dag.start_date),
        "waits_for_its_first_hour": clock.run_immediately == timedelta(0),
        "cron": clock.expression,
        "cron_timezone": str(clock.timezone),
        "timetable": type(timetable).__name__,
        "condition": type(condition).__name__ if condition else None,
        "waits_for": sorted(asset_names(condition)),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "paused": dag.is_paused_upon_creation,
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "tasks": {
            t.task_id: {
                "outlets": [outlet.name for outlet in t.outlets],
                "retries": t.retries,
                "timeout": t.execution_timeout.total_seconds() if t.execution_timeout else None,
                "upstream": sorted(t.upstream_task_ids),
            }
            for t in dag.tasks
        },
    }


json.dump(
    {
        "import_errors": {str(file): error for file, error in bag.import_errors.items()},
        "warnings": [w for found in bag.captured_warnings.values() for w in found],
        "seconds": seconds,
        "imported": sorted(set(sys.modules) - before),
        "modules": sorted(sys.modules),
        "dags": {dag_id: describe(dag) for dag_id, dag in bag.dags.items()},
        "order": asset_order(load_dags()),
    },
    sys.stdout,
)
