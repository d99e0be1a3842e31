"""The production topology: valid, and each safety property by itself. No container engine is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lmi.core.settings import PROJECT_ROOT
from tests.deploy import compose

RAW = compose.raw()
SERVICES: dict[str, Any] = RAW["services"]
AIRFLOW = ["init", "api-server", "scheduler", "dag-processor", "triggerer"]
LASTING = sorted(set(SERVICES) - {"init"})
ENV_EXAMPLE = (PROJECT_ROOT / ".env.example").read_text("utf-8")
SECRET = re.compile(r"PASSWORD|SECRET|FERNET|KEY|TOKEN|LOGINS|USERS", re.IGNORECASE)
#: every variable without a default, filled in
FILLED = {
    name: f"value-of-{name.lower()}" for name, uses in compose.variables().items() if {k for k, _ in uses} == {":?"}
}


def environment(service: str) -> dict[str, str]:
    return SERVICES[service].get("environment", {})


def test_the_file_is_valid_against_the_compose_specification() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [str(checker), "--builtin-schema", "vendor.compose-spec", str(compose.FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_topology_is_airflows_four_processes_on_postgresql_and_one_migration() -> None:
    assert sorted(SERVICES) == sorted([*AIRFLOW, "postgres"])
    for name in AIRFLOW:
        assert environment(name)["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
        assert environment(name)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith("postgresql+psycopg2://")
    assert SERVICES["init"]["command"] == ["airflow", "db", "migrate"]
    assert SERVICES["init"]["restart"] == "no"


def test_processes_that_load_dags_agree_on_what_shapes_them() -> None:
    shaping = {"LMI_PROFILE", "LMI_SOURCES", "LMI_TIMEZONE", "LMI_TASK_RETRIES", "AIRFLOW__CORE__DAGS_FOLDER"}
    seen = {tuple(environment(name)[key] for key in sorted(shaping)) for name in AIRFLOW}
    assert len(seen) == 1


@pytest.mark.parametrize("variable", sorted(compose.variables()))
def test_a_secret_has_no_default_and_a_default_is_no_secret(variable: str) -> None:
    kinds = {kind for kind, _ in compose.variables()[variable]}
    if SECRET.search(variable):
        assert kinds == {":?"}, f"{variable} must stop the start when it is missing"
    assert kinds <= {":?", ":-"}, f"{variable} could be empty without anybody noticing"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_secret_is_written_in_the_file(service: str) -> None:
    for key, value in environment(service).items():
        setting = key.rsplit("__", 1)[-1]
        if key in {"LMI_KEYS_DIR", "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"}:
            assert str(value).startswith(("/run/", "/opt/airflow/"))  # where it is, not what it is
        elif SECRET.search(setting) and not isinstance(value, bool):
            assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", str(value)), key
    connection = environment(service).get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "//:${POSTGRES_PASSWORD:?x}@")
    assert re.search(r"//\w*:\$\{POSTGRES_PASSWORD:\?[^}]+\}@", connection)


@pytest.mark.parametrize("missing", sorted(FILLED))
def test_it_does_not_start_when_a_value_is_missing(missing: str) -> None:
    compose.resolve(RAW, FILLED)
    with pytest.raises(compose.MissingVariable, match=missing):
        compose.resolve(RAW, {name: value for name, value in FILLED.items() if name != missing})


def test_the_example_lists_every_variable_and_fills_in_no_required_one() -> None:
    lines = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", ENV_EXAMPLE, flags=re.MULTILINE))
    offered = set(compose.variables()) - {"LMI_TASK_RETRIES"}
    assert offered <= set(lines) <= set(compose.variables())
    assert {name: lines[name] for name in FILLED} == dict.fromkeys(FILLED, "")
    for name in FILLED:
        assert re.search(rf"^{name}=$", ENV_EXAMPLE, flags=re.MULTILINE)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_image_is_pinned_with_its_patch_level(service: str) -> None:
    name, _, tag = SERVICES[service]["image"].partition(":")
    assert name in {"postgres", "lmi-warehouse"}
    assert re.match(r"\d+\.\d+(\.\d+)?(-[a-z]+)?$", tag), "no tag that moves"
    assert "latest" not in tag


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_it_runs_without_root_and_cannot_gain_rights(service: str) -> None:
    definition = SERVICES[service]
    user, group = (int(part) for part in definition["user"].split(":"))
    assert user > 0 and group > 0
    assert definition["cap_drop"] == ["ALL"]
    assert "cap_add" not in definition
    assert "no-new-privileges:true" in definition["security_opt"]
    assert not definition.get("privileges") and not definition.get("privileged")
    assert not {"pid", "ipc", "network_mode", "devices", "userns_mode"} & set(definition)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_only_named_places_are_writable(service: str) -> None:
    definition = SERVICES[service]
    assert definition["read_only"] is True
    assert all(":size=" in mount for mount in definition["tmpfs"]), "a folder in memory has a limit"
    assert "docker.sock" not in str(definition.get("volumes", ""))


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_resources_and_logs_are_limited(service: str) -> None:
    limits = compose.resolve(SERVICES[service]["deploy"]["resources"]["limits"], {})
    assert float(limits["cpus"]) > 0
    assert re.fullmatch(r"\d+[mg]", limits["memory"])
    assert 0 < limits["pids"] <= 500
    assert SERVICES[service]["logging"]["options"].keys() == {"max-size", "max-file"}


def test_tasks_fit_into_the_memory_of_the_scheduler() -> None:
    scheduler = compose.resolve(SERVICES["scheduler"], FILLED)
    each = int(scheduler["environment"]["LMI_MEMORY_LIMIT"].removesuffix("GB"))
    at_once = int(scheduler["environment"]["AIRFLOW__CORE__PARALLELISM"])
    assert each * at_once <= int(scheduler["deploy"]["resources"]["limits"]["memory"].removesuffix("g"))


@pytest.mark.parametrize("service", LASTING)
def test_health_is_checked(service: str) -> None:
    check = SERVICES[service]["healthcheck"]
    assert check["test"][0] == "CMD" and len(check["test"]) > 1
    assert {"interval", "timeout", "retries", "start_period"} <= check.keys()
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_only_the_page_is_reachable_and_only_from_this_machine() -> None:
    assert {name for name in SERVICES if "ports" in SERVICES[name]} == {"api-server"}
    assert "expose" not in str(SERVICES)
    for port in SERVICES["api-server"]["ports"]:
        assert re.fullmatch(r"127\.0\.0\.1:(\$\{AIRFLOW_PORT:-8080\}):8080", port)


def test_the_database_is_on_a_network_without_a_way_out() -> None:
    assert RAW["networks"]["metadata"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == ["metadata"]
    assert {name for name in SERVICES if "providers" in SERVICES[name]["networks"]} == {"scheduler"}
    assert {name for name in SERVICES if "page" in SERVICES[name]["networks"]} == {"api-server"}


def test_only_the_scheduler_where_tasks_run_sees_data_and_keys() -> None:
    def mounts(service: str) -> set[str]:
        volumes = SERVICES[service].get("volumes", [])
        return {v["target"] if isinstance(v, dict) else v.split(":")[0] for v in volumes}

    holders = {name for name in SERVICES if mounts(name) & {"data", "/drop", "/backup"}}
    assert holders == {"scheduler"}
    assert {name: sorted(s["source"] for s in SERVICES[name].get("secrets", [])) for name in SERVICES} == {
        "postgres": [],
        "init": [],
        "api-server": ["logins"],
        "scheduler": ["config", "keys"],
        "dag-processor": [],
        "triggerer": [],
    }
    assert not any(key.startswith("LMI_KEY__") for name in SERVICES for key in environment(name))
    drop = next(v for v in SERVICES["scheduler"]["volumes"] if isinstance(v, dict) and v["target"] == "/drop")
    assert drop["read_only"] is True


def test_keys_are_files_where_the_settings_look_for_them_and_outside_the_data() -> None:
    scheduler = compose.resolve(SERVICES["scheduler"], FILLED)
    env = scheduler["environment"]
    targets = {s["source"]: s["target"] for s in scheduler["secrets"]}
    assert targets["keys"] == f"{env['LMI_KEYS_DIR']}/{env['LMI_PROFILE']}.json"
    assert targets["config"] == env["LMI_CONFIG"]
    assert not env["LMI_KEYS_DIR"].startswith(env["LMI_HOME"])
    assert all(set(secret) == {"file"} for secret in RAW["secrets"].values())


def test_the_token_secret_is_only_where_tokens_are_made_or_checked() -> None:
    holders = {name for name in SERVICES if "AIRFLOW__API_AUTH__JWT_SECRET" in environment(name)}
    assert holders == {"scheduler", "api-server"}


def test_nobody_is_admin_without_a_login() -> None:
    for name in AIRFLOW:
        assert environment(name)["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    users = environment("api-server")["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"]
    assert users.startswith("${AIRFLOW_USERS:?")


def test_no_task_is_the_first_to_ask_a_cold_api_server() -> None:
    """Airflow builds the task interface on its first request, per worker; a task gives up sooner."""
    server = SERVICES["api-server"]
    assert "/execution/health" in server["healthcheck"]["test"][-1]
    assert "--workers 1 " in server["command"][-1]
    assert SERVICES["scheduler"]["depends_on"]["api-server"] == {"condition": "service_healthy"}
    assert environment("scheduler")["AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT"] == "60"


def test_tasks_find_the_api_server_where_it_listens() -> None:
    for name in AIRFLOW:
        assert environment(name)["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://api-server:8080/execution/"
    assert set(SERVICES["api-server"]["networks"]) & set(SERVICES["scheduler"]["networks"])


@pytest.mark.parametrize("service", sorted(set(AIRFLOW) - {"init"}))
def test_nothing_starts_before_the_metadata_database_is_migrated(service: str) -> None:
    assert SERVICES["init"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES[service]["depends_on"]["init"] == {"condition": "service_completed_successfully"}


def test_every_volume_is_named_and_every_service_mounts_only_named_ones() -> None:
    used = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", []) if isinstance(v, str)}
    assert used == set(RAW["volumes"]) == {"data", "logs", "metadata"}
