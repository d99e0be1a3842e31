"""``lmi up`` apart from Airflow itself, which ``tests/e2e/test_scheduler_postgres.py`` starts for real."""

from __future__ import annotations

import json
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from lmi.cli.up import ensure_login, local_services, require_free, stop_on_signal
from lmi.core.settings import SettingError, Settings, load_settings

SECRET = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("LMI_KEY__WORK24", SECRET)
    return replace(load_settings(env={}, home=tmp_path / "home"), api_keys={"work24": SECRET})


def test_everything_follows_the_port(settings: Settings, tmp_path: Path) -> None:
    services = local_services(settings, 18090, tmp_path / "login.json")
    assert sorted(services) == ["api-server", "dag-processor", "scheduler", "triggerer"]
    for service in services.values():
        assert service.env["AIRFLOW__API__PORT"] == "18090"
        assert service.env["AIRFLOW__API__HOST"] == "127.0.0.1"
        assert service.env["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:18090"
        assert service.env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18090/execution/"


def test_all_four_share_the_metadata_of_the_home_and_the_secret_of_tokens(settings: Settings, tmp_path: Path) -> None:
    services = local_services(settings, 18090, tmp_path / "login.json").values()
    for name in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW_HOME", "LMI_HOME"):
        assert len({service.env[name] for service in services}) == 1
    again = local_services(settings, 18090, tmp_path / "login.json")
    assert again["scheduler"].env["AIRFLOW__API_AUTH__JWT_SECRET"] not in {
        service.env["AIRFLOW__API_AUTH__JWT_SECRET"] for service in services
    }


def test_provider_keys_reach_only_the_scheduler(settings: Settings, tmp_path: Path) -> None:
    services = local_services(settings, 18090, tmp_path / "login.json")
    assert {name for name, service in services.items() if SECRET in service.env.values()} == {"scheduler"}


def test_nobody_is_admin_without_a_password(settings: Settings, tmp_path: Path) -> None:
    login = ensure_login(tmp_path / "login.json")
    for service in local_services(settings, 18090, login).values():
        assert service.env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
        assert service.env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"] == str(login)


def test_the_password_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    login = ensure_login(tmp_path / "login.json")
    first = json.loads(login.read_text("utf-8"))
    assert login.stat().st_mode & 0o077 == 0
    assert len(first["admin"]) >= 16
    assert json.loads(ensure_login(login).read_text("utf-8")) == first
    assert json.loads(ensure_login(tmp_path / "other.json").read_text("utf-8")) != first


def test_a_taken_port_is_named_with_the_mend() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=rf"Port {port} is taken.*--port {port + 1}"):
            require_free(port)
    require_free(port)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_once_and_does_not_cut_the_stopping_short(number: int) -> None:
    before, asked, stopped = signal.getsignal(number), Event(), False
    with stop_on_signal(asked):
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        except KeyboardInterrupt:
            os.kill(os.getpid(), number)  # an impatient second one
            stopped = True
    assert asked.is_set() and stopped
    assert signal.getsignal(number) == before
