"""Conformed facts of a country at any scale, as Parquet: what the reference marts read.

The columns are those of the models of the same name (a test compares them); only columns that some mart reads are
there. ``fct_training_enrolments`` has ``person_id`` besides: the model has the token alone.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

AS_OF = date(2026, 11, 9)
#: rows at scale 1; an average person has three insured spells
PERSONS, REGISTRATIONS, ENROLMENTS, VACANCIES, WORKPLACES = 20_000_000, 9_500_000, 10_000_000, 8_000_000, 2_000_000
#: what is generated, and the schema of the model it stands for
SCHEMAS = {
    "fct_insured_spells": "core", "dim_workplace": "core", "fct_registration_spells": "core",
    "fct_training_enrolments": "core", "fct_vacancies": "core", "fct_posting_review": "core",
    "fct_posting_status": "core", "int_episodes__described": "intermediate",
    "int_vacancy_reviews__states": "intermediate", "int_vacancies__filled": "intermediate",
}  # fmt: skip
#: persons of one slice: bounds the memory of the generation
_SLICE = 1_000_000
_HERE = Path(__file__).parent
_REGIONS = _HERE.parents[1] / "dbt_project" / "seeds" / "regions.csv"


def generate(folder: Path, scale: float, memory_limit: str = "3GB") -> dict[str, int]:
    """Write ``folder/<fact>/<slice>.parquet`` for ``scale`` (1: the country); rows by fact.

    Depends on ``scale`` alone. Replaces what is there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for fact in SCHEMAS:
        (folder / fact).mkdir(parents=True)
    with duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": str(folder / "spill")}) as con:
        for statement in _statements(folder, scale):
            con.execute(statement)
        return {fact: _rows(con, folder / fact) for fact in SCHEMAS}


def _statements(folder: Path, scale: float) -> Iterator[str]:
    persons = round(PERSONS * scale)
    slices = max(1, -(-persons // _SLICE))
    with _REGIONS.open(encoding="utf-8", newline="") as file:
        regions = [row["region_code"] for row in csv.DictReader(file)]
    text = (_HERE / "facts.sql").read_text("utf-8")
    for slice_no in range(slices):
        yield text.format(
            folder=folder, slice=slice_no, slices=slices, persons=persons, as_of=AS_OF, regions=regions,
            registrations=round(REGISTRATIONS * scale), enrolments=round(ENROLMENTS * scale),
            vacancies=round(VACANCIES * scale), workplaces=round(WORKPLACES * scale),
        )  # fmt: skip


def _rows(con: duckdb.DuckDBPyConnection, folder: Path) -> int:
    row = con.execute(f"select count(*) from '{folder}/*.parquet'").fetchone()
    assert row
    return int(row[0])
