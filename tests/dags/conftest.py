from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lmi.core.settings import PROJECT_ROOT


def load(home: Path, **settings: str) -> dict[str, Any]:
    """What ``probe.py`` sees in a fresh process under these ``LMI_*`` settings only."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LMI_", "AIRFLOW"))}
    env |= settings | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONPATH": str(PROJECT_ROOT),
        "TZ": "America/New_York",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.dags.probe"],
        cwd=PROJECT_ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout[done.stdout.index('{"import_errors"') :])


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All DAGs of the sandbox profile, in a process whose own zone is not Seoul."""
    return load(tmp_path_factory.mktemp("airflow"))
