"""The image: from the lock file, pinned, without root, without anything that is not named."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch

import pytest

from lmi.core.settings import PROJECT_ROOT

DOCKERFILE = (PROJECT_ROOT / "Dockerfile").read_text("utf-8")
#: instructions with their continued lines joined, comments left out
LINES = [
    re.sub(r"\s+", " ", line)
    for line in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    if line.strip()
]
IGNORE = [
    line for line in (PROJECT_ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] not in {"", "#"}
]


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def test_the_base_is_a_slim_python_pinned_with_its_patch_level() -> None:
    bases = {line.split()[0] for line in instructions("FROM")}
    assert len(bases) == 1, "what is built is what runs"
    assert re.fullmatch(r"python:3\.12\.\d+-slim-[a-z]+", bases.pop())


def test_the_python_of_the_image_is_one_the_project_supports() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"


def test_everything_installed_comes_from_the_lock_file() -> None:
    syncs = [line for line in instructions("RUN") if "uv sync" in line]
    assert syncs and all("--locked" in line and "--no-dev" in line for line in syncs)
    installs = [line for line in instructions("RUN") if "pip install" in line and "uv sync" not in line]
    assert len(installs) == 1 and re.search(r"uv==\d+\.\d+\.\d+$", installs[0])


def test_the_database_drivers_are_a_group_of_the_project_and_installed() -> None:
    groups = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    assert {re.split(r"[<>=]", entry)[0] for entry in groups["postgres"]} == {"asyncpg", "psycopg2-binary"}
    assert all("--group postgres" in line for line in instructions("RUN") if "uv sync" in line)


def test_it_ends_as_a_user_without_root_that_cannot_change_the_code() -> None:
    assert instructions("USER") == ["50000:50000"]
    assert LINES.index("USER 50000:50000") > max(i for i, line in enumerate(LINES) if line.startswith(("COPY", "RUN")))
    assert not any("--chown" in line for line in instructions("COPY"))
    assert "sudo" not in DOCKERFILE and "chmod 777" not in DOCKERFILE


def test_no_secret_is_built_in() -> None:
    assert not instructions("ARG")
    for line in instructions("ENV"):
        assert not re.search(r"PASSWORD|SECRET|FERNET|LMI_KEY__", line)
    assert not any(re.search(r"\bADD\b|https?://", line) for line in LINES)


def test_what_is_copied_is_let_through_and_nothing_else_is() -> None:
    copied = {part for line in instructions("COPY") if "--from" not in line for part in line.split()[:-1]}
    let_through = {line[1:].removesuffix("/**") for line in IGNORE if line.startswith("!")}
    assert IGNORE[0] == "*"
    assert copied == let_through
    assert all((PROJECT_ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("path", ["lmi/.env", "ingest/lmi.toml", "lmi/core/__pycache__", "dbt_project/target"])
def test_what_must_not_enter_is_taken_out_again(path: str) -> None:
    taken_out = [line.removeprefix("**/") for line in IGNORE[1:] if not line.startswith("!")]
    assert any(fnmatch(path, pattern) or fnmatch(path.rsplit("/", 1)[-1], pattern) for pattern in taken_out)


def test_every_room_that_is_packaged_is_in_the_image() -> None:
    build = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    copied = " ".join(instructions("COPY"))
    assert all(f"{room} {room}" in copied for room in build["targets"]["wheel"]["packages"])
