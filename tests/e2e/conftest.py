"""Nations that the tests of the whole street share; each is made once per session."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from exports.render import NONE
from lmi.core.settings import load_settings
from tests.street import Street
from validation.contracts import Suite
from validation.vetting.checkpoint import VettingCheckpoint

PERSONS, SEED = 1_500, 7
#: working days (Monday to Thursday, no holiday) on which every source of the crowded nation delivers enough to compare
CROWDED_DAYS = [date(2026, 10, 12) + timedelta(days=n) for n in range(4)]
#: rows that each source of the crowded nation holds a day
CROWD = 100
#: file sources of the crowded nation -> key
CROWDED_FILES = {
    "vacancy_submissions": "posting_id",
    "seeker_registrations": "seeker_reg_no",
    "insurance_events": "event_no",
}
#: interfaces of the crowded nation -> key, which of their records
CROWDED_LISTS = {
    "work24_vacancies": ("wanted_auth_no", "true"),
    "portal_vacancies": ("posting_id", "true"),
    "hrdnet_courses": ("trpr_id, trpr_degr", "start_date BETWEEN '2025-11-01' AND '2026-12-31'"),  # those asked for
}


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small nation as it is generated."""
    folder = tmp_path_factory.mktemp("small") / "nation"
    Street(folder.parent / "home", folder, PERSONS, SEED).generate()
    return folder


@pytest.fixture(scope="module")
def remembered_suites() -> Iterator[None]:
    """Great Expectations judges equal batches once: what it says is a function of suite and batch, and takes most of
    the time when the same files land in many homes."""
    known: dict[tuple[object, str], Any] = {}

    def remembered(run: Callable[..., Any], suite: Callable[[Any], object]) -> Callable[..., Any]:
        def once(self: Any, frame: pd.DataFrame, *name: str) -> Any:
            sink = pa.BufferOutputStream()
            table = pa.Table.from_pandas(frame)
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            key = (suite(self), hashlib.sha256(sink.getvalue()).hexdigest())
            if key not in known:
                known[key] = run(self, frame, *name)
            return known[key]

        return once

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Suite, "run", remembered(Suite.run, id))
        patch.setattr(VettingCheckpoint, "run", remembered(VettingCheckpoint.run, lambda self: self._rules.digest))
        yield


@pytest.fixture(scope="session")
def crowded(nation: Path) -> Path:
    """The small nation with its records moved together: enough rows a day that an empty or a tenfold day stands out."""
    folder = nation.parent / "crowded"
    shutil.copytree(nation, folder)
    with duckdb.connect() as con:
        for source, key in CROWDED_FILES.items():
            day = f"DATE '{CROWDED_DAYS[0]}' + CAST((row_number() OVER (ORDER BY {key}) - 1) % 4 AS INTEGER)"
            _rewrite(
                con, folder, source,
                f"SELECT * REPLACE ({day} AS _delivery_date, {day} AS received_date) FROM"
                f" (FROM '{{file}}' QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _delivery_date DESC) = 1)"
                f" ORDER BY {key} LIMIT {CROWD * 4}",
            )  # fmt: skip
        for source, (key, which) in CROWDED_LISTS.items():
            _rewrite(
                con, folder, source,
                "SELECT * REPLACE (TIMESTAMP '2021-10-01' AS _visible_from, CAST(NULL AS TIMESTAMP) AS _visible_to)"
                f" FROM '{{file}}' WHERE _visible_from < TIMESTAMP '{CROWDED_DAYS[0]}' AND {which}"
                f" QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _visible_from DESC) = 1"
                f" ORDER BY _visible_from DESC, {key} LIMIT {CROWD}",
            )  # fmt: skip
    return folder


def _rewrite(con: duckdb.DuckDBPyConnection, nation: Path, source: str, query: str) -> None:
    file = nation / "provider" / f"{source}.parquet"
    aside = file.with_suffix(".new")
    con.execute(f"COPY ({query.format(file=file)}) TO '{aside}' (FORMAT parquet)")
    aside.replace(file)


def street_on(home: Path, nation: Path, **options: object) -> Street:
    """A street on one of the nations above."""
    return Street(home, nation, PERSONS, SEED, **options)


def environment(home: Path, nation: Path, **more: str) -> dict[str, str]:
    """``LMI_*`` variables of the same street for a process of its own."""
    settings = load_settings({}, home=home, nation=nation)
    return {
        "LMI_HOME": str(settings.home),
        "LMI_NATION": str(settings.nation),
        "LMI_SANDBOX_PERSONS": str(PERSONS),
        "LMI_SANDBOX_SEED": str(SEED),
        "LMI_PRODUCTS": NONE,
        "LMI_THREADS": "1",  # one process with Airflow in it: another test has the other core
        **more,
    }
