"""The real profile, landed and published once for all tests of this folder. Without the data the run says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from exports.pipeline import build_warehouse, publish_release
from exports.render import NONE
from ingest.pipeline import fetch_and_land
from ingest.registry import sources_of
from lmi.cli.real import FOLDERS, real_deliveries
from lmi.core.keys import load_keys
from lmi.core.paths import Paths
from lmi.core.release import require_current
from lmi.core.settings import Settings, load_settings
from validation.pipeline import validate_loads
from validation.run import accepted_manifests
from validation.vetting.pipeline import vet

DAY, NEXT_DAY = date(2026, 10, 1), date(2026, 10, 2)


def real_data() -> Path:
    return load_settings().real_data


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if all((real_data() / folder).is_dir() for folder in FOLDERS):
        return
    # a skip and its reason reach the summary from every worker
    absent = pytest.mark.skip(f"NOT RUN: {real_data()} holds no real data (set LMI_REAL_DATA, see docs/real-data.md)")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(absent)


@dataclass(frozen=True)
class Real:
    """One home with the real sources of two days. ``settings`` name the interfaces, which run as long as the tests."""

    settings: Settings
    #: (source, day) -> load folders, relative to the home folder
    landed: dict[tuple[str, date], list[str]]

    @property
    def paths(self) -> Paths:
        return Paths.of(self.settings)

    def manifest(self, source_id: str) -> dict[str, Any]:
        """Validation of the source's load of the first day."""
        return accepted_manifests(self.paths, source_id)[0]

    def accepted(self, source_id: str) -> str:
        """Accepted Parquet of the source's first day, as a SQL relation."""
        folder = self.paths.accepted / source_id / self.manifest(source_id)["load_id"]
        return f"read_parquet('{folder}/accepted-*.parquet')"


#: of the marts those whose answers on real data are known
MARTS = (
    "mart_coverage", "mart_employment_trends_monthly", "mart_occupation_profile", "mart_performance",
    "mart_vacancy_verification",
)  # fmt: skip


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    root = tmp_path_factory.mktemp("real")
    given = load_settings(
        profile="real", home=root / "home", drop=root / "home" / "drop", keys_dir=root / "keys",
        marts=MARTS, products=(NONE,),
    )  # fmt: skip
    load_keys(given, create=True)
    with ExitStack() as stack:
        settings, deliver = real_deliveries(given, stack)
        landed = {}
        for day in (DAY, NEXT_DAY):
            deliver(day)
            for source_id in sources_of("real"):
                landed[source_id, day] = fetch_and_land(settings, source_id, day)
                validate_loads(settings, source_id, landed[source_id, day], day)
        yield Real(settings, landed)


@pytest.fixture(scope="session")
def warehouse(real: Real) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse of both days, read-only."""
    vet(real.settings, NEXT_DAY)
    publish_release(real.settings, build_warehouse(real.settings, NEXT_DAY))
    with duckdb.connect(str(require_current(real.paths).warehouse), read_only=True) as con:
        yield con
