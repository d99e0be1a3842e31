"""``lmi up``: a local Airflow with its page on this home, until Ctrl-C.

For people who want to see and trigger the DAGs; production is ``docker-compose.yml`` (docs/operations.md). The four
processes are those of production, on the SQLite metadata database of ``lmi run``.
"""

from __future__ import annotations

import json
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event

from rich.status import Status

from lmi.cli import outside
from lmi.cli.airflow_env import airflow_env, executable, migrate
from lmi.cli.exits import OK, DataFailure, out
from lmi.cli.run import open_outside
from lmi.cli.services import Service, ServiceError, Services
from lmi.core import release as releases
from lmi.core.clock import today
from lmi.core.keys import load_keys
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import SettingError, Settings

HOST = "127.0.0.1"
USER = "admin"
READY_SECONDS = 240


def up(settings: Settings, port: int = 8080) -> int:
    """Run until SIGINT or SIGTERM; returns the exit code.

    Holds the lock of ``lmi run``: two schedulers of one metadata database would do the same work twice. Raises
    SettingError when the port is taken, BusyError when a run is under way, DataFailure when a process ends by itself.
    """
    require_free(port)
    url = f"http://{HOST}:{port}"
    paths = Paths.of(settings)
    asked_to_stop = Event()
    with (
        exclusive(paths.locks, "run", f"lmi up on port {port}"),
        stop_on_signal(asked_to_stop),
        ExitStack() as stack,
    ):
        try:
            status = stack.enter_context(out.status("Starting"))
            settings, day = _open_outside(settings, stack, status)
            load_keys(settings, create=True)
            status.update("Setting up the metadata database")
            migrate(settings)
            login = ensure_login(paths.airflow / "login.json")
            services = stack.enter_context(
                Services(local_services(settings, port, login), paths.airflow / "logs" / "up")
            )
            status.update("Waiting for the scheduler, the API server, the DAG processor and the triggerer")
            seconds = services.wait_healthy(url, READY_SECONDS, asked_to_stop.wait)
            status.stop()
            _greet(url, login, day, seconds, services.logs)
            while not asked_to_stop.wait(1):
                services.check()
        except KeyboardInterrupt:
            out.print("Stopping", highlight=False)
        except ServiceError as error:
            raise DataFailure(f"{error}. Everything else was stopped; start again with `lmi up`.") from error
    out.print("Stopped; no process is left.", highlight=False)
    return OK


def require_free(port: int) -> None:
    """Raises SettingError when somebody listens on ``port`` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise SettingError(f"Port {port} is taken. Choose another: lmi up --port {port + 1}") from None


@contextmanager
def stop_on_signal(asked: Event) -> Iterator[None]:
    """SIGINT and SIGTERM interrupt the block once; later ones are heard but do not cut the stopping short."""

    def heard(*_: object) -> None:
        if not asked.is_set():
            asked.set()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open_outside(settings: Settings, stack: ExitStack, status: Status) -> tuple[Settings, date]:
    """Start what the profile reaches and let it deliver one day: today, in the sandbox the day after the release."""
    if settings.profile == "sandbox":
        facts = outside.ensure_nation(settings)
        current = releases.current(Paths.of(settings))
        history = outside.history_end(facts)
        day = max(current.as_of + timedelta(days=1), history) if current else history
    else:
        day = today(settings)
    settings, prepare = open_outside(settings, [day], stack, status)
    status.update(f"{day}: providers deliver")
    prepare(day)
    return settings, day


def ensure_login(path: Path) -> Path:
    """A random password for the one local user, made once (mode 0600)."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps({USER: secrets.token_urlsafe(12)}), "utf-8")
    return path


def local_services(settings: Settings, port: int, login: Path) -> dict[str, Service]:
    """The four Airflow processes on one port. Secrets of tokens are new at each start and never written.

    Provider keys reach only the scheduler, where the tasks run.
    """
    url = f"http://{HOST}:{port}"
    shared = {
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(login),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    }
    with_keys = airflow_env(settings) | shared
    without = airflow_env(replace(settings, api_keys={})) | shared
    without = {name: value for name, value in without.items() if not name.startswith("LMI_KEY__")}
    airflow = executable("airflow")
    return {
        "api-server": Service([airflow, "api-server"], without),
        "dag-processor": Service([airflow, "dag-processor"], without),
        "triggerer": Service([airflow, "triggerer", "--skip-serve-logs"], without),
        "scheduler": Service([airflow, "scheduler", "--skip-serve-logs"], with_keys),
    }


def _greet(url: str, login: Path, day: date, seconds: float, logs: Path) -> None:
    lines = [
        f"Airflow is ready after {seconds:.0f} s: [bold]{url}[/]",
        f"Log in as [bold]{USER}[/]; the password is in {login}",
        f"To work for a day, trigger the ingest DAGs with the working day {day}; when every daily source has",
        "reported, the release is built and published by itself.",
        "Scheduled starts (02:00 to 05:45) work for the calendar day; the sandbox has deliveries only of its own days.",
        f"Logs: {logs}. Stop with Ctrl-C.",
    ]
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True)
