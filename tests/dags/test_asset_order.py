"""The order in which ``lmi run`` drives the DAGs."""

from __future__ import annotations

from graphlib import CycleError
from types import SimpleNamespace
from typing import Any

import pytest

from lmi.cli.drive import asset_order


def asset(name: str) -> Any:
    return SimpleNamespace(name=name)


def all_of(*parts: Any) -> Any:
    return SimpleNamespace(objects=parts)


def dag(
    makes: list[str], waits_for: list[str] | None = None, condition: Any = None, reads: list[str] | None = None
) -> Any:
    """The part of a DAG that the order depends on: one task per outlet and the asset condition of its schedule.

    The DAGs themselves, with Airflow's own conditions, are put in order in ``test_structure``.
    """
    condition = all_of(*map(asset, waits_for)) if waits_for else condition
    return SimpleNamespace(
        tasks=[SimpleNamespace(outlets=[], inlets=[asset(name) for name in reads or []])]
        + [SimpleNamespace(outlets=[asset(name)], inlets=[]) for name in makes],
        timetable=SimpleNamespace(asset_condition=condition),
    )


def test_a_consumer_comes_after_all_its_producers_whatever_its_name() -> None:
    dags = {"a_build": dag(["release"], ["x", "y"]), "z_ingest": dag(["x"]), "m_ingest": dag(["y"])}
    assert asset_order(dags) == [["m_ingest", "z_ingest"], ["a_build"]]


def test_a_chain_is_followed_to_its_end() -> None:
    dags = {"report": dag([], ["release"]), "build": dag(["release"], ["x"]), "ingest": dag(["x"])}
    assert asset_order(dags) == [["ingest"], ["build"], ["report"]]


def test_conditions_may_be_nested_or_a_single_asset() -> None:
    nested = all_of(asset("x"), all_of(asset("y"), asset("release")))
    dags = {
        "a": dag([], condition=nested),
        "b": dag(["release"], condition=asset("x")),
        "c": dag(["x"]),
        "d": dag(["y"]),
    }
    assert asset_order(dags) == [["c", "d"], ["b"], ["a"]]


def test_an_asset_that_nobody_here_makes_holds_nothing_back() -> None:
    assert asset_order({"build": dag(["release"], ["elsewhere"])}) == [["build"]]


def test_a_dag_may_update_what_it_waits_for() -> None:
    assert asset_order({"b": dag(["x"], ["x"]), "a": dag(["y"])}) == [["a", "b"]]


def test_the_order_does_not_depend_on_the_order_of_files() -> None:
    dags = {"b": dag(["x"]), "a": dag(["y"]), "c": dag([], ["x", "y"])}
    assert asset_order(dags) == asset_order(dict(reversed(dags.items()))) == [["a", "b"], ["c"]]


def test_dags_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(CycleError):
        asset_order({"a": dag(["x"], ["y"]), "b": dag(["y"], ["x"])})


def test_a_look_up_comes_after_what_it_asks_about() -> None:
    dags = {"a_lookup": dag(["answers"], reads=["z"]), "m_ingest": dag(["m"]), "z_ingest": dag(["z"])}
    assert asset_order(dags) == [["m_ingest", "z_ingest"], ["a_lookup"]]
