"""A schema that breaks its consumers needs a new major version; one that adds, a minor one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from exports.package import promised
from exports.package.changes import BreakingChange, differences, promise, require_version
from exports.package.promised import PACKAGES, require_known_version
from exports.package.spec import PackageError, load_package
from lmi.core.yaml import load_yaml

OCCUPATIONS = next(iter(PACKAGES))
OLD = promise(load_package(OCCUPATIONS))
Promise = dict[str, Any]
MAJOR, MINOR, _ = map(int, OLD["version"].split("."))


def columns(new: Promise) -> dict[str, Any]:
    return new["tables"]["wages"]["columns"]


BREAKING: dict[str, Callable[[Promise], object]] = {
    "wages.n removed": lambda new: columns(new).pop("n"),
    "wages.n removed or renamed": lambda new: columns(new).update(count=columns(new).pop("n")),
    "wages.n: bigint became varchar": lambda new: columns(new)["n"].update(type="varchar"),
    "wages.as_of may now be NULL": lambda new: columns(new)["as_of"].update(required=False),
    "wages.quality: codes C removed": lambda new: columns(new)["quality"].update(codes=["A", "B"]),
    "wages.region_code: code list imposed": lambda new: columns(new)["region_code"].update(codes=["11"]),
    "wages: key changed": lambda new: new["tables"]["wages"].update(key=["scope"]),
    "table wages removed": lambda new: new["tables"].pop("wages"),
}
ADDING: dict[str, Callable[[Promise], object]] = {
    "wages.employers added": lambda new: columns(new).update(employers=columns(new)["n"]),
    "wages.quality: codes D added": lambda new: columns(new)["quality"].update(codes=["A", "B", "C", "D"]),
    "table moves added": lambda new: new["tables"].update(moves=new["tables"]["wages"]),
}


@pytest.mark.parametrize(("text", "change"), BREAKING.items(), ids=BREAKING)
def test_a_breaking_change_needs_a_major_version(text: str, change: Callable[[Promise], object]) -> None:
    new = copy.deepcopy(OLD)
    change(new)
    for version in (OLD["version"], f"{MAJOR}.{MINOR + 1}.0", f"{MAJOR}.{MINOR}.9"):
        with pytest.raises(BreakingChange, match=text) as told:
            require_version(OLD, new | {"version": version})
        assert f"at least {MAJOR + 1}.0.0" in str(told.value)
    require_version(OLD, new | {"version": f"{MAJOR + 1}.0.0"})


@pytest.mark.parametrize(("text", "change"), ADDING.items(), ids=ADDING)
def test_an_addition_needs_a_minor_version(text: str, change: Callable[[Promise], object]) -> None:
    new = copy.deepcopy(OLD)
    change(new)
    with pytest.raises(BreakingChange, match=rf"{text}.*at least {MAJOR}\.{MINOR + 1}\.0"):
        require_version(OLD, new | {"version": f"{MAJOR}.{MINOR}.1"})
    require_version(OLD, new | {"version": f"{MAJOR}.{MINOR + 1}.0"})
    require_version(OLD, new | {"version": f"{MAJOR + 1}.0.0"})


def test_the_same_schema_needs_no_new_version() -> None:
    assert differences(OLD, copy.deepcopy(OLD)) == []
    require_version(OLD, OLD)


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.parent.name)
def test_each_package_keeps_what_was_promised_and_the_promise_is_up_to_date(path: Path) -> None:
    package = PACKAGES[path](path)
    require_known_version(path, package)
    assert json.loads(promised.promised(path).read_text("utf-8")) == promise(package), (
        "run python -m exports.package.promised"
    )


def test_a_broken_promise_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "tables.yml"
    entry = load_yaml(OCCUPATIONS.read_text("utf-8"))
    path.write_text(yaml.safe_dump(entry), "utf-8")
    promised.write(path)
    entry["tables"]["wages"]["columns"]["n"]["type"] = "varchar"
    path.write_text(yaml.safe_dump(entry), "utf-8")
    before = promised.promised(path).read_text("utf-8")
    with pytest.raises(BreakingChange, match=r"wages\.n: bigint became varchar"):
        promised.write(path)
    assert promised.promised(path).read_text("utf-8") == before
    entry["version"] = "2.0.0"
    path.write_text(yaml.safe_dump(entry), "utf-8")
    promised.write(path)
    assert json.loads(promised.promised(path).read_text("utf-8"))["version"] == "2.0.0"


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    r"version: '1' does not match": lambda entry: entry.update(version="1"),
    r"tables\.wages\.key: moon is no column": lambda entry: entry["tables"]["wages"]["key"].append("moon"),
    r"tables\.wages\.key: n may be NULL": lambda entry: entry["tables"]["wages"]["key"].append("n"),
    r"guards\.wage_null_reason: moon": lambda entry: entry["tables"]["wages"]["guards"][0]["hides"].append("moon"),
    r"columns\.n\.codes: no list 'moon'": lambda entry: entry["tables"]["wages"]["columns"]["n"].update(codes="moon"),
    r"columns\.n\.type": lambda entry: entry["tables"]["wages"]["columns"]["n"].update(type="text"),
}


@pytest.mark.parametrize(("text", "change"), WRONG.items(), ids=WRONG)
def test_a_wrong_file_is_told_with_its_key(
    text: str, change: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    entry = load_yaml(OCCUPATIONS.read_text("utf-8"))
    change(entry)
    path = tmp_path / "tables.yml"
    path.write_text(yaml.safe_dump(entry), "utf-8")
    with pytest.raises(PackageError, match=text):
        load_package(path)
