"""What holds of every model as it is written: size, what reads it, what its tests endanger, what a mart selects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lmi.core.yaml import load_yaml

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "dbt_project" / "models"
SQL = {path.stem: path.read_text("utf-8") for path in sorted(MODELS.rglob("*.sql"))}
PYTHON = {path.stem: path.read_text("utf-8") for path in sorted(MODELS.rglob("*.py"))}
DESCRIBED: list[dict[str, Any]] = [load_yaml(path.read_text("utf-8")) or {} for path in sorted(MODELS.rglob("*.yml"))]
EXPOSURES = {each["name"]: each for file in DESCRIBED for each in file.get("exposures", [])}
#: where the code of a consumer is
CONSUMERS = {
    "reports": ["exports/reports"], "board": ["exports/board"], "open": ["exports/opendata", "exports/disclosure"],
    "occupations": ["exports/occupations"],
}  # fmt: skip


def read_by(exposure: str) -> set[str]:
    return {name[len("ref('") : -len("')")] for name in EXPOSURES[exposure]["depends_on"]}


def named_in(text: str) -> set[str]:
    return set(re.findall(r"ref\(\s*['\"](\w+)['\"]\s*\)", text))


def test_no_model_is_longer_than_an_analyst_reads() -> None:
    assert {name: text.count("\n") for name, text in SQL.items() if text.count("\n") > 150} == {}


def test_marts_name_what_they_take_and_what_they_give() -> None:
    """No star but that of a product, in no step of a mart."""
    star = re.compile(r"select \*|^\s*(\w+\.)?\*( exclude .*)?,?$", re.MULTILINE)
    assert [name for name, text in SQL.items() if name.startswith("mart_") and star.search(text)] == []


def test_every_model_is_read() -> None:
    """By a model, by a macro or by a consumer; staging stands one to one with the sources."""
    macros = "".join(path.read_text("utf-8") for path in (ROOT / "dbt_project" / "macros").rglob("*.sql"))
    read = set().union(*(named_in(text) for text in [*SQL.values(), *PYTHON.values(), macros]))
    read |= set(re.findall(r'"relation": "(\w+)"', macros)) | set().union(*map(read_by, EXPOSURES))
    assert {name for name in SQL if not name.startswith("stg_")} - read == set()


def test_exposures_name_models_that_there_are() -> None:
    for name in EXPOSURES:
        assert read_by(name) <= set(SQL) | set(PYTHON), name
    assert read_by("analysts") == {name for name in SQL if name.startswith(("mart_", "dim_"))}
    assert read_by("api") == read_by("open") | read_by("occupations")


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_exposures_name_what_their_consumer_reads(consumer: str) -> None:
    files = [file for folder in CONSUMERS[consumer] for file in (ROOT / folder).rglob("*") if file.is_file()]
    texts = [file.read_text("utf-8") for file in files if file.suffix in (".py", ".yml") and file.name != "marts.yml"]
    named = set(re.findall(r"\b(?:mart|dim|int)_\w+", " ".join(texts))) & set(SQL)
    if consumer == "open":
        marts = load_yaml((ROOT / "exports" / "opendata" / "marts.yml").read_text("utf-8"))
        named |= {mart for mart, told in marts.items() if told.get("public")} - read_by("occupations")
    assert read_by(consumer) == named


def data_tests_of(model: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    told = [*model.get("data_tests", []), *(t for c in model.get("columns", []) for t in c.get("data_tests", []))]
    return [next(iter(test.items())) if isinstance(test, dict) else (test, {}) for test in told]


def test_every_data_test_says_how_grave_it_is_and_which_mart_it_endangers() -> None:
    told = {
        (model["name"], name): (arguments or {}).get("config", {})
        for file in DESCRIBED
        for model in file.get("models", [])
        for name, arguments in data_tests_of(model)
    }
    assert len(told) > 100
    bare = {
        key for key, config in told.items()
        if not {"severity", "meta"} <= set(config) or not {"mart", "kind"} <= set(config["meta"])
    }  # fmt: skip
    assert bare == set()
    assert {config["meta"]["mart"] for config in told.values()} <= {name for name in SQL if name.startswith("mart_")}
    for path in (ROOT / "dbt_project" / "tests").glob("*.sql"):
        config = re.search(
            r"config\(severity='\w+', meta=\{'mart': '(\w+)', 'kind': '\w+'\}\)", path.read_text("utf-8")
        )
        assert config and config[1] in SQL, path.name
