"""The street under a real scheduler: the services of ``docker-compose.yml`` as processes, on Debian's PostgreSQL.

Commands and environment are read from the compose file; only paths, hosts and ports are put in place of those of the
containers. So what is tested here is what production starts.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import requests

from exports.render import NONE
from lmi.cli import outside
from lmi.cli.services import Service, Services, members
from lmi.core import release as releases
from lmi.core.paths import Paths
from lmi.core.settings import PROJECT_ROOT, Settings, load_settings
from tests.deploy import compose

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

#: dropped files and a provider asked over HTTP; all daily, so the release waits for each of them
AFTER = ("deliver_daily_brief", "deliver_monthly_report", "deliver_quality_report", "retire_personal_data")
SOURCES = ("vacancy_submissions", "seeker_registrations", "insurance_events", "portal_vacancies")
PERSONS = 1_500
PATIENCE_SECONDS = 420
BIN = Path(sys.executable).parent
PASSWORDS = {"operator": secrets.token_urlsafe(12), "reader": secrets.token_urlsafe(12)}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def quiet_zone() -> str:
    """Seoul, unless a schedule could fire there during the test; then a zone where it is about noon."""
    return "America/New_York" if datetime.now(ZoneInfo("Asia/Seoul")).hour <= 6 else "Asia/Seoul"


# -- PostgreSQL --------------------------------------------------------------------------------------------------------


def postgres_programs() -> Path | None:
    """The newest installed PostgreSQL's programs; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[int, str]]:
    """Port and password of a throw-away cluster that only this test reaches."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("Debian's PostgreSQL is not installed; .ci/run installs it: apt-get install postgresql")
    # PostgreSQL refuses to run as root, and root's temporary folders are closed to others
    owner: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="lmi-postgres-"))
    port, password = free_port(), secrets.token_hex(16)
    try:
        (folder / "password").write_text(password, "utf-8")
        if owner:
            for path in (folder, folder / "password"):
                shutil.chown(path, "postgres", "postgres")
        subprocess.run(
            [programs / "initdb", "--pgdata", folder / "data", "--username=airflow", "--auth=scram-sha-256",
             "--pwfile", folder / "password", "--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=folder, **owner,
        )  # fmt: skip
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **owner,
        )  # fmt: skip
        try:
            env = {"PGPASSWORD": password, "PATH": os.environ["PATH"]}
            at = ["--host=127.0.0.1", f"--port={port}", "--username=airflow"]
            ready = [programs / "pg_isready", *at, "--quiet"]
            until(lambda: subprocess.run(ready, check=False).returncode == 0, what="PostgreSQL")
            subprocess.run([programs / "createdb", *at, "airflow"], check=True, env=env, capture_output=True)
            yield port, password
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def until(done: Callable[[], Any], seconds: float = 60, what: str = "it") -> Any:
    """Ask until the answer is true; returns it. Fails with ``what`` when time runs out."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := done():
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s for {what}")
        time.sleep(1)


# -- the services of the compose file ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Production:
    """The compose file's services, told where this machine keeps what the containers mount."""

    root: Path
    services: dict[str, Any]
    places: dict[str, str]
    page_port: int
    health_port: int

    def service(self, name: str) -> Service:
        definition = self.services[name]
        image = {
            "HOME": "/opt/airflow", "AIRFLOW_HOME": "/opt/airflow",
            "PYTHONPATH": "/opt/lmi", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        (self.root / f"airflow-{name}").mkdir(exist_ok=True)
        env = {key: self.here(name, str(value)) for key, value in (image | definition["environment"]).items()}
        env |= {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.page_port),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.health_port),
        }
        return Service([self.here(name, part) for part in definition["command"]], env)

    def here(self, name: str, text: str) -> str:
        """Paths, hosts and ports of the containers in ``text`` as they are on this machine."""
        places = self.places | {"/opt/airflow": str(self.root / f"airflow-{name}")}
        ordered = sorted(places, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, ordered)), lambda match: places[match[0]], text)

    def healthcheck(self, name: str) -> subprocess.Popen[bytes]:
        """The check that the container engine would make, under way."""
        test = [self.here(name, part) for part in self.services[name]["healthcheck"]["test"][1:]]
        return subprocess.Popen(
            test, env=dict(self.service(name).env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("production")
    return load_settings(
        env={}, profile="sandbox", home=root / "data" / "home", drop=root / "drop", nation=root / "nation",
        sandbox_persons=PERSONS, sources=SOURCES, timezone=quiet_zone(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def day(settings: Settings) -> date:
    """The first day after the history, with the files of both delivered."""
    facts = outside.ensure_nation(settings)
    history = outside.history_end(facts)
    for delivered in (history, history + timedelta(days=1)):
        outside.deliver(settings, delivered, facts)
    return history + timedelta(days=1)


@pytest.fixture(scope="module")
def production(postgres: tuple[int, str], settings: Settings, day: date) -> Iterator[Production]:
    """All services running and healthy; stopped at the end, whatever happened."""
    root = settings.drop.parent
    port, password = postgres
    page, health = free_port(), free_port()
    for folder in ("secrets", "logs", "data"):
        (root / folder).mkdir(exist_ok=True)
    (root / "secrets" / "logins.json").write_text(json.dumps(PASSWORDS), "utf-8")
    values = {name: secrets.token_hex(64) for name in compose.variables()} | {
        "AIRFLOW_FERNET_KEY": "bG1pLXRlc3QtZmVybmV0LWtleS0wMDAwMDAwMDAwMDA=",
        "AIRFLOW_PARALLELISM": "2",
        "AIRFLOW_BASE_URL": f"http://127.0.0.1:{page}",
        "AIRFLOW_USERS": "operator:op,reader:viewer",
        "LMI_DISK_BUDGET_GB": "20",
        "LMI_LANGUAGE": "ko",
        "LMI_MEMORY_LIMIT": "1GB",
        "LMI_PROFILE": "sandbox",
        "LMI_RELEASES_KEPT": "5",
        "LMI_SOURCES": ",".join(SOURCES),
        "LMI_MARTS": "mart_employment_trends_monthly",
        "LMI_PRODUCTS": NONE,
        "LMI_TASK_RETRIES": "0",
        "LMI_THREADS": "2",
        "LMI_TIMEZONE": settings.timezone,
        "POSTGRES_PASSWORD": password,
    }
    places = {
        "/run/secrets": str(root / "secrets"), "/opt/lmi": str(PROJECT_ROOT), "/logs": str(root / "logs"),
        "/data": str(root / "data"), "/drop": str(settings.drop), "postgres:5432": f"127.0.0.1:{port}",
        "api-server:8080": f"127.0.0.1:{page}", "127.0.0.1:8080": f"127.0.0.1:{page}",
        "127.0.0.1:8974": f"127.0.0.1:{health}",
    }  # fmt: skip
    topology = Production(root, compose.resolve(compose.raw()["services"], values), places, page, health)
    init = topology.service("init")
    subprocess.run(init.command, env=dict(init.env), check=True, capture_output=True)
    with outside.providers(settings, day) as providers:
        (root / "secrets" / "lmi.toml").write_text(
            f'[endpoints]\nDEFAULT = "{providers.url}"\n[api_keys]\n'
            f'work24 = "{outside.SANDBOX_KEY}"\ndata_go_kr = "{outside.SANDBOX_KEY}"\n',
            "utf-8",
        )
        names = [name for name in topology.services if name not in {"postgres", "init"}]
        with Services({name: topology.service(name) for name in names}, root / "output") as services:
            leaders = services.leaders
            services.wait_healthy(f"http://127.0.0.1:{page}", PATIENCE_SECONDS)
            yield topology
        assert members(leaders) == [], "a process was left behind"
        with closing(socket.socket()) as probe:
            assert probe.connect_ex(("127.0.0.1", page)) != 0, "the page is still served"


class Page:
    """Airflow's REST API as one user."""

    def __init__(self, production: Production, user: str) -> None:
        self.url = f"http://127.0.0.1:{production.page_port}"
        answer = requests.post(
            f"{self.url}/auth/token", json={"username": user, "password": PASSWORDS[user]}, timeout=90
        )
        answer.raise_for_status()
        self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def get(self, path: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/api/v2/{path}", headers=self._headers, timeout=90)
        answer.raise_for_status()
        return answer.json()

    def trigger(self, dag_id: str, asked: str) -> requests.Response:
        return requests.post(
            f"{self.url}/api/v2/dags/{dag_id}/dagRuns",
            json={"logical_date": None, "conf": {"date": asked}},
            headers=self._headers,
            timeout=90,
        )

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return self.get(f"dags/{dag_id}/dagRuns")["dag_runs"]


# -- the test ----------------------------------------------------------------------------------------------------------


def test_triggered_sources_lead_to_a_published_release(production: Production, settings: Settings, day: date) -> None:
    page = Page(production, "operator")
    ingest = [f"ingest_{source}" for source in SOURCES]
    until(
        lambda: {dag["dag_id"] for dag in page.get("dags")["dags"]} == {*ingest, "build_release", *AFTER},
        PATIENCE_SECONDS,
        "the DAG processor to read all DAGs",
    )
    assert page.get("importErrors")["total_entries"] == 0

    for dag_id in ingest:
        assert page.trigger(dag_id, day.isoformat()).status_code == 200
    ended = until(
        lambda: (
            [run for run in page.runs("build_release") if run["state"] in {"success", "failed"}]
            or [run for dag_id in ingest for run in page.runs(dag_id) if run["state"] == "failed"]
        ),
        PATIENCE_SECONDS,
        "the release, which all sources together start",
    )

    states = {dag_id: [(run["run_type"], run["state"]) for run in page.runs(dag_id)] for dag_id in ingest}
    assert states == {dag_id: [("manual", "success")] for dag_id in ingest}, last_words(production)
    assert [(run["dag_id"], run["run_type"], run["state"]) for run in ended] == [
        ("build_release", "asset_triggered", "success")
    ], last_words(production)
    events = page.get("assets/events")["asset_events"]
    days = {event["name"]: event["extra"]["working_day"] for event in events}
    assert days == {**{f"accepted_{source}": day.isoformat() for source in SOURCES}, "release": day.isoformat()}

    release = releases.require_current(Paths.of(settings))
    assert release.as_of == day, "the release is of the day asked for, not of the calendar's"
    assert {entry["source"] for entry in release.manifest["inputs"]} == set(SOURCES)
    releases.verify(release)
    with duckdb.connect(str(release.marts), read_only=True) as con:
        found = con.execute(
            "select count(*), min(as_of), max(as_of) from mart_employment_trends_monthly where numerator > 0"
        ).fetchone()
    assert found is not None and found[0] > 0
    assert found[1:] == (day, day)


def test_the_health_checks_of_the_compose_file_pass(production: Production) -> None:
    checks = {name: production.healthcheck(name) for name in production.services if name not in {"postgres", "init"}}
    assert {name: check.wait(PATIENCE_SECONDS) for name, check in checks.items()} == dict.fromkeys(checks, 0)


def test_nobody_reads_or_starts_anything_without_the_right(production: Production) -> None:
    page, reader = Page(production, "operator"), Page(production, "reader")
    assert requests.get(f"{page.url}/api/v2/dags", timeout=90).status_code == 401
    assert reader.get("dags")["total_entries"] == len(SOURCES) + 1 + len(AFTER)
    assert reader.trigger("build_release", "2026-10-01").status_code == 403
    wrong = {"username": "operator", "password": "wrong"}
    assert requests.post(f"{page.url}/auth/token", json=wrong, timeout=90).status_code == 401


def test_a_wrong_day_is_refused_before_a_run_exists(production: Production) -> None:
    page = Page(production, "operator")
    before = len(page.runs("ingest_insurance_events"))
    assert page.trigger("ingest_insurance_events", "yesterday").status_code == 400
    assert len(page.runs("ingest_insurance_events")) == before


def last_words(production: Production) -> str:
    """What a person needs to see of failed tasks: each error with its exception."""
    lines = []
    for path in sorted((production.root / "logs").rglob("attempt=*.log")):
        for entry in map(json.loads, path.read_text("utf-8").splitlines()):
            if entry["level"] in {"error", "critical"}:
                causes = [f"{e['exc_type']}: {e['exc_value']}" for e in entry.get("error_detail", [])]
                lines.append(f"{path.relative_to(production.root)}: {entry['event']} {causes}")
    return "\n".join(lines) or f"no task logged an error; see {production.root / 'output'}"
