"""The outside world of the real profile, started as subprocesses: files in the drop folder, interfaces on loopback.

The data are found through the setting ``real_data`` (``LMI_REAL_DATA``); nothing of them is kept in the project.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

from lmi.cli.exits import DataFailure
from lmi.core.settings import PROJECT_ROOT, SettingError, Settings

#: folders the real sources read, below ``real_data``
FOLDERS = ("usajobs", "jobposting_schemaorg", "jobtech_se", "tx_training_programmes", "onet_29_2", "kr_classifications")
START_SECONDS = 60


def check_real_data(settings: Settings) -> None:
    """Raises SettingError naming ``LMI_REAL_DATA`` when the folder or one of its parts is absent."""
    if not settings.real_data.is_dir():
        raise SettingError(
            f"The real data are not at {settings.real_data}. Set LMI_REAL_DATA to the folder that holds"
            f" {', '.join(FOLDERS)} (docs/real-data.md says where each comes from)."
        )
    if missing := [name for name in FOLDERS if not (settings.real_data / name).is_dir()]:
        raise SettingError(f"LMI_REAL_DATA={settings.real_data} has no {', '.join(missing)}. See docs/real-data.md.")


def real_deliveries(settings: Settings, stack: ExitStack) -> tuple[Settings, Callable[[date], None]]:
    """Start the interfaces until ``stack`` closes; returns settings with their endpoint, and what delivers one day.

    An endpoint that the settings name for a provider wins over the loopback one. Raises SettingError, DataFailure.
    """
    check_real_data(settings)
    settings = replace(settings, endpoints={"DEFAULT": _serve(settings, stack)} | dict(settings.endpoints))

    def deliver(day: date) -> None:
        command = ["deliver", "--data", str(settings.real_data), "--drop", str(settings.drop), "--day", day.isoformat()]
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.real", *command],
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DataFailure(f"the real files were not delivered: {done.stderr.strip()[-500:]}")

    return settings, deliver


def _serve(settings: Settings, stack: ExitStack) -> str:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    port_file, log = folder / "port", folder / "server.log"
    command = ["serve", "--data", str(settings.real_data), "--port-file", str(port_file), "--parent", str(os.getpid())]
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.real", *command], cwd=PROJECT_ROOT, stdout=errors, stderr=errors
        )
    stack.callback(_stop, process)
    deadline = time.monotonic() + START_SECONDS
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise DataFailure(f"the servers of the real data did not start: {log.read_text()[-500:]}")
        time.sleep(0.05)
    return f"http://127.0.0.1:{port_file.read_text().strip()}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
