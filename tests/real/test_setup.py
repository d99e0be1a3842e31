"""What holds with and without the data: contracts, and a missing folder named."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.connectors import CONNECTORS
from ingest.connectors.file_drop import pattern_regex
from ingest.registry import Source, sources_of
from lmi.cli.main import app
from lmi.cli.real import FOLDERS, real_deliveries
from lmi.core.settings import SettingError, load_settings
from sandbox.real import DROPS, JOBTECH, POSTINGS, USAJOBS

REAL = sources_of("real")
DROPPED = {drop.source for drop in DROPS}


def _paths(source: Source) -> set[str]:
    return {source.fetch[k] for k in ("path",) if k in source.fetch} | set(source.fetch.get("paths", []))


@pytest.mark.parametrize("source", REAL.values(), ids=list(REAL))
def test_every_real_interface_has_somebody_who_answers(source: Source) -> None:
    assert source.connector in CONNECTORS
    if source.connector == "file_drop":
        return
    assert _paths(source) and _paths(source) <= {USAJOBS, POSTINGS, *JOBTECH}


def test_what_is_dropped_are_real_sources_that_take_files() -> None:
    assert set(DROPPED) <= {source.id for source in REAL.values() if source.connector == "file_drop"}


def test_a_delivered_name_fits_the_pattern_of_its_source() -> None:
    for drop in DROPS:
        assert pattern_regex(REAL[drop.source].fetch["pattern"]).fullmatch(drop.name(date(2026, 10, 1))), drop


def test_contacts_are_direct_and_their_answers_never_plain() -> None:
    direct = {(s.id, c.name) for s in REAL.values() for c in s.columns if c.is_direct}
    assert direct >= {
        ("jobtech_ads", "employer_phone"),
        ("jobtech_ads", "employer_email"),
        ("jobtech_ads", "application_reference"),
        ("jobtech_ads", "application_email"),
        ("jobtech_imports", "application_email"),
    }
    assert {s.raw for s in REAL.values() if s.holds_persons} == {"encrypted"}


@pytest.mark.parametrize("there", [None, [], list(FOLDERS[1:])], ids=["no folder", "empty folder", "one part missing"])
def test_absent_data_are_a_setting_error_that_names_the_variable(tmp_path: Path, there: list[str] | None) -> None:
    data = tmp_path / "data"
    for name in there or []:
        (data / name).mkdir(parents=True)
    if there == []:
        data.mkdir()
    settings = load_settings({}, profile="real", home=tmp_path / "home", real_data=data)
    with ExitStack() as stack, pytest.raises(SettingError, match="LMI_REAL_DATA") as error:
        real_deliveries(settings, stack)
    assert FOLDERS[0] in str(error.value)


def test_the_command_ends_with_2_and_lands_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMI_REAL_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("LMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LMI_KEYS_DIR", str(tmp_path / "keys"))
    result = CliRunner().invoke(app, ["run", "--profile", "real", "--date", "2026-10-01"])
    assert result.exit_code == 2
    assert not (tmp_path / "home" / "landing").exists()
