"""The DuckDB that rooms work with: its limits are those of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.engine import connection
from lmi.core.paths import Paths
from lmi.core.settings import load_settings


@pytest.mark.parametrize(("limit", "half"), [("512MiB", "256.0 MiB"), ("1.5 GiB", "768.0 MiB"), ("2GiB", "1.0 GiB")])
def test_a_portion_of_the_memory_is_left_to_the_caller(tmp_path: Path, limit: str, half: str) -> None:
    settings = load_settings({}, home=tmp_path, memory_limit=limit)
    with connection(settings, Paths.of(settings), portion=0.5) as con:
        assert con.execute("SELECT current_setting('memory_limit')").fetchone() == (half,)
