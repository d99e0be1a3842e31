"""The embedded Airflow of a home: its environment and its metadata database."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from lmi.core.atomic import write_file
from lmi.core.paths import Paths
from lmi.core.settings import PROJECT_ROOT, Settings


def settings_env(settings: Settings) -> dict[str, str]:
    """``LMI_*`` variables that reproduce ``settings`` in another process."""
    scalars = (
        "profile", "home", "drop", "keys_dir", "real_data", "nation", "timezone", "language", "sandbox_seed",
        "sandbox_persons", "releases_kept", "disk_budget_gb", "memory_limit", "threads", "task_retries",
        "public_url",
    )  # fmt: skip
    env = {f"LMI_{name.upper()}": str(getattr(settings, name)) for name in scalars}
    env |= {f"LMI_ENDPOINT__{code}": url for code, url in settings.endpoints.items()}
    env |= {f"LMI_KEY__{name.upper()}": key for name, key in settings.api_keys.items()}
    env |= {f"LMI_REDISTRIBUTION__{source.upper()}": said for source, said in settings.redistribution.items()}
    lists = {"LMI_SOURCES": settings.sources, "LMI_MARTS": settings.marts, "LMI_PRODUCTS": settings.products}
    env |= {variable: ",".join(names) for variable, names in lists.items() if names}
    return env


def airflow_env(settings: Settings) -> dict[str, str]:
    """Environment for any Airflow process on this home. No secret of ours is an Airflow connection or variable."""
    folder = Paths.of(settings).airflow
    return (
        os.environ
        | settings_env(settings)
        | {
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DEFAULT_TIMEZONE": settings.timezone,
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": os.environ.get(
                "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{folder / 'airflow.db'}"
            ),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "GX_ANALYTICS_ENABLED": "false",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT_ROOT), os.environ.get("PYTHONPATH")))),
        }
    )


def executable(name: str) -> str:
    """A command of this environment, whether or not it is activated."""
    return str(Path(sys.executable).parent / name)


def migrate(settings: Settings) -> bool:
    """Create or upgrade the metadata database. True when there was something to do.

    Once per Airflow version for the embedded one; a database named by the environment is asked each time, since it
    may be another one today.
    """
    folder = Paths.of(settings).airflow
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / f"migrated-{version('apache-airflow')}"
    if marker.exists() and "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in os.environ:
        return False
    done = subprocess.run(
        [executable("airflow"), "db", "migrate"],
        env=airflow_env(settings), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"airflow db migrate failed: {done.stderr.strip().splitlines()[-1:]}")
    write_file(marker, b"")
    return True
