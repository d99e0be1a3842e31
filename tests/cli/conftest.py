from datetime import date
from pathlib import Path

import pytest

from exports.pipeline import build_warehouse, publish_release
from exports.render import NONE
from lmi.core.settings import Settings, load_settings


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with one release built from nothing: every register absent, its mart empty or zero."""
    home: Path = tmp_path_factory.mktemp("published")
    settings = load_settings({}, home=home, nation=home / "nation", marts=("mart_coverage",), products=(NONE,))
    publish_release(settings, build_warehouse(settings, date(2026, 10, 1)))
    return settings
