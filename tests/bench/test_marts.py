"""The benchmark must not rot: on a country of a thousand persons, all engines give the same reference marts."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.bench.compared import difference
from tests.bench.facts import SCHEMAS, generate
from tests.bench.frame import Frame
from tests.bench.marts import MARTS
from tests.bench.measure import answer_file, work_of


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> Frame:
    return Frame(tmp_path_factory.mktemp("frame"))


@pytest.fixture(scope="module")
def places(frame: Frame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folder of the facts, home of the answers."""
    folder = tmp_path_factory.mktemp("country")
    generate(folder / "facts", 1 / 10_000)
    frame.prepare(folder / "facts", folder / "home")
    return folder / "facts", folder / "home"


@pytest.mark.parametrize("mart", MARTS)
def test_engines_agree(mart: str, places: tuple[Path, Path]) -> None:
    facts, home = places
    for engine in ("duckdb", "memory", "pandas", "polars"):
        work_of(engine, mart, facts, home, "1GB")()
    own = pd.read_parquet(answer_file("duckdb", mart, home))
    assert len(own) > 30
    # something is counted in every column
    assert (own.iloc[:, MARTS[mart].keys :].abs().max() > 0).all()
    for engine in ("memory", "pandas", "polars"):
        assert difference(mart, "duckdb", engine, home) is None


def test_a_difference_is_told(places: tuple[Path, Path], tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {"month_date": np.array(["2026-01-01", "2026-02-01"], "M8[s]"), "episodes": [1, 2], "share": [0.5, 0.5]}
    )
    rows.to_parquet(answer_file("duckdb", "job_finding", tmp_path))
    for column, value, told in (
        ("episodes", 3, "episodes"),
        ("share", 0.6, "share"),
        ("month_date", pd.Timestamp(0), "rows"),
    ):
        other = rows.copy()
        other.loc[1, column] = value
        other.to_parquet(answer_file("polars", "job_finding", tmp_path))
        assert told in str(difference("job_finding", "duckdb", "polars", tmp_path))
    rows.iloc[::-1].assign(share=0.501).to_parquet(answer_file("polars", "job_finding", tmp_path))
    assert difference("job_finding", "duckdb", "polars", tmp_path) is None


def test_generated_facts_have_the_columns_of_the_models(frame: Frame, places: tuple[Path, Path]) -> None:
    facts, _ = places
    with duckdb.connect(str(frame.file), read_only=True) as con:
        for fact, schema in SCHEMAS.items():
            model = {name: kind for name, kind, *_ in con.execute(f"describe {schema}.{fact}").fetchall()}
            generated = con.execute(f"describe select * from '{facts / fact}/*.parquet'").fetchall()
            own = {
                name: kind for name, kind, *_ in generated if (fact, name) != ("fct_training_enrolments", "person_id")
            }
            assert own == {name: model.get(name) for name in own}, fact
