"""The one-way street: a room imports only from rooms to its left (docs/architecture.md)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STREET = ["lmi.core", "ingest", "validation", "dbt_project", "exports", "dags", "lmi.cli"]
OUTSIDE = "sandbox"


def room_of(module: str) -> str | None:
    return next((room for room in [*STREET, OUTSIDE] if module == room or module.startswith(f"{room}.")), None)


def imports_of(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def violations(module: str, source: str) -> list[str]:
    room = room_of(module)
    wrong = []
    for imported in imports_of(source):
        other = room_of(imported)
        if other is None or other == room:
            continue
        if OUTSIDE in (room, other) or STREET.index(other) > STREET.index(room):
            wrong.append(f"{module} imports {imported}")
    return wrong


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for room in [*STREET, OUTSIDE]
    for path in (ROOT / room.replace(".", "/")).rglob("*.py")
}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_room_imports_only_from_its_left(module: str) -> None:
    assert violations(module, MODULES[module].read_text("utf-8")) == []


def test_the_rule_catches_what_it_should() -> None:
    assert violations("ingest.landing", "from validation.run import validate")
    assert violations("lmi.core.release", "import ingest")
    assert violations("exports.pipeline", "from sandbox.nation import generate")
    assert violations("sandbox.nation", "import lmi.core.settings")
    assert not violations("exports.pipeline", "from ingest.registry import Source\nimport duckdb")


def test_dags_are_light_to_import() -> None:
    heavy = {"duckdb", "pandas", "dbt", "great_expectations", "pyarrow"}
    for path in (ROOT / "dags").glob("*.py"):
        top = ast.parse(path.read_text("utf-8")).body
        names = {a.name.split(".")[0] for n in top if isinstance(n, ast.Import) for a in n.names}
        names |= {n.module.split(".")[0] for n in top if isinstance(n, ast.ImportFrom) and n.module}
        assert not names & heavy, path.name
