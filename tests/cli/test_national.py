"""The national profile: one interface with its key, one folder of files, and registers that nobody delivers yet."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from exports.pipeline import build_warehouse, publish_release
from exports.render import NONE
from ingest.connected import why_not_connected
from ingest.pipeline import fetch_and_land
from ingest.registry import RegistryError, load_registry, sources_of
from lmi.cli import status, summary
from lmi.cli.query import open_marts
from lmi.cli.run import open_outside
from lmi.core.clock import utc_now
from lmi.core.keys import KeyRing, load_keys
from lmi.core.release import require_current
from lmi.core.settings import SettingError, Settings, load_settings
from tests.ingest.connector_support import KEY, Asked, Reply, wire
from tests.ingest.test_connector_work24 import Provider, posting
from validation.pipeline import validate_loads
from validation.vetting.pipeline import vet

DAY = date(2026, 10, 1)
NATIONAL = sources_of("national")
REPORTS = (
    "report_id,posting_id,seeker_reg_no,report_kind,reported_date,received_date,updated_at\n"
    "P1,K0000000000000001,R2026000000001,FILLED,2026-09-30,2026-10-01,2026-10-01T01:00:00+09:00\n"
)
CROSSWALK = (
    "from_scheme,from_version,from_code,to_scheme,to_version,to_code,valid_from,weight\n"
    "KECO,2025,1332,ISCO,08,2512,2025-01-01,\n"
    "KECO,2025,0263,ISCO,08,3333,2025-01-01,0.75\n"
    "KECO,2025,0263,ISCO,08,4416,2025-01-01,0.25\n"
)
#: enough to tell that all of them are accounted for
MARTS = ("mart_coverage", "mart_vacancy_verification")
#: sources of the country that somebody delivers here
DELIVERED = {"work24_vacancies", "posting_reports", "occupation_crosswalks"}


def settings_of(folder: Path, **given: object) -> Settings:
    return load_settings(
        {"LMI_CONFIG": str(config)} if (config := folder / "lmi.toml").exists() else {},
        profile="national", home=folder / "home", keys_dir=folder / "keys", memory_limit="1GB",
        marts=MARTS, products=(NONE,), **given,
    )  # fmt: skip


def drop(settings: Settings, source_id: str, name: str, text: str) -> None:
    folder = settings.drop / source_id
    folder.mkdir(parents=True)
    (folder / name).write_text(text, "utf-8")
    control = {"rows": text.count("\n") - 1, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    (folder / f"{name}.ctl").write_text(json.dumps(control))


def work(settings: Settings) -> None:
    for source_id in NATIONAL:
        validate_loads(settings, source_id, fetch_and_land(settings, source_id, DAY), DAY)


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One working day of every national source, vetted and published."""
    folder = tmp_path_factory.mktemp("national")
    with wire(Provider([posting(n, regDt="26-09-30") for n in range(1, 4)])) as log:
        (folder / "lmi.toml").write_text(
            f'[endpoints]\nWORK24 = "http://127.0.0.1:{log.port}"\n[api_keys]\nwork24 = "{KEY}"\n'
        )
        settings, prepare = open_outside(settings_of(folder), [DAY], None, None)  # type: ignore[arg-type]
        drop(settings, "posting_reports", "posting_reports_20261001.csv", REPORTS)
        drop(settings, "occupation_crosswalks", "occupation_crosswalks_20261001.csv", CROSSWALK)
        load_keys(settings, create=True)
        prepare(DAY)
        work(settings)
    vet(settings, DAY)
    publish_release(settings, build_warehouse(settings, DAY))
    return settings


def test_what_has_a_key_or_a_folder_is_in_the_release(connected: Settings) -> None:
    release = require_current(status.Paths.of(connected))
    assert (release.as_of, release.manifest["profile"]) == (DAY, "national")
    rows = {s["source"]: s for s in status.report(connected)["sources"]}
    assert {name for name, s in rows.items() if s["newest_delivery"] == "2026-10-01"} == DELIVERED
    with open_marts(release) as con:
        sql = "select distinct entity, status = 'absent' from mart_coverage where entity in ('vacancies', 'ui_claims')"
        assert dict(con.execute(sql).fetchall()) == {"vacancies": False, "ui_claims": True}


def test_a_full_crosswalk_that_was_delivered_stands_for_the_short_one(connected: Settings) -> None:
    with open_marts(require_current(status.Paths.of(connected))) as con:
        links = con.execute(
            "select from_code, to_code, weight::double, weight_basis, source_id from dim_occupation_crosswalk"
            " where from_scheme = 'KECO' and from_version = '2025' and to_scheme = 'ISCO' order by all"
        ).fetchall()
        listed = con.execute("select count(*) from dim_occupation_crosswalk where source_id is null").fetchone()
    assert links == [
        ("0263", "3333", 0.75, "stated", "occupation_crosswalks"),
        ("0263", "4416", 0.25, "stated", "occupation_crosswalks"),
        ("1332", "2512", 1.0, "whole", "occupation_crosswalks"),
    ]
    assert listed and listed[0] > 100, "between other versions the short one stays"


def test_what_has_neither_is_named_with_what_it_lacks(connected: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {s["source"]: s for s in status.report(connected)["sources"]}
    absent = {name for name, s in rows.items() if s["last_outcome"] == "not connected"}
    assert absent == set(NATIONAL) - DELIVERED
    assert rows["nts_business_status"]["problem"] == (
        f"no LMI_ENDPOINT__NTS and no LMI_KEY__DATA_GO_KR and no folder {connected.drop / 'nts_business_status'}"
    )
    assert rows["insurance_events"]["problem"] == f"no folder {connected.drop / 'insurance_events'}"
    assert all(not rows[name]["missed"] for name in absent)
    summary.print_summary(
        replace(connected, language="en"), utc_now().replace(year=2000), 1.0, connected.home / "run.log"
    )
    said = capsys.readouterr().out.replace("\n", " ")
    assert "Not connected: agency_clients, agency_licences," in said and "insurance_events" in said
    assert "refused" not in said.split("Time:")[0].split("Not connected")[1]


def test_its_keys_are_random_and_its_home_its_own(tmp_path: Path) -> None:
    """The sandbox derives its keys from a public seed; real persons must not be tokenised with those."""
    one, two = settings_of(tmp_path / "1"), settings_of(tmp_path / "2")
    public = load_keys(load_settings({}, profile="sandbox"))
    rings: list[KeyRing] = [load_keys(settings, create=True) for settings in (one, two)]
    assert len({ring.token_key for ring in (*rings, public)}) == 3
    assert load_settings({}, profile="national").home.name == "national"


@pytest.mark.parametrize(
    ("endpoint", "key", "folder", "lacks"),
    [
        (True, True, False, None),
        (False, False, True, None),
        (True, False, False, "no LMI_KEY__WORK24"),
        (False, True, False, "no LMI_ENDPOINT__WORK24"),
    ],
)
def test_connected_is_an_address_with_its_key_or_a_folder(
    endpoint: bool, key: bool, folder: bool, lacks: str | None, tmp_path: Path
) -> None:
    env = {"LMI_ENDPOINT__WORK24": "https://example.invalid" if endpoint else "", "LMI_KEY__WORK24": KEY if key else ""}
    settings = load_settings(env, profile="national", home=tmp_path)
    if folder:
        (settings.drop / "work24_vacancies").mkdir(parents=True)
    found = why_not_connected(NATIONAL["work24_vacancies"], settings)
    assert (found or "").partition(" and no folder")[0] == (lacks or "")


def test_files_alone_need_no_address_but_an_address_needs_its_key(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    load_keys(settings, create=True)
    (settings.drop / "work24_vacancies").mkdir(parents=True)
    assert fetch_and_land(settings, "work24_vacancies", DAY) == []
    with wire(lambda asked: Reply(b"")) as log:
        (tmp_path / "lmi.toml").write_text(f'[endpoints]\nWORK24 = "http://127.0.0.1:{log.port}"\n')
        with pytest.raises(SettingError, match="LMI_KEY__WORK24"):
            fetch_and_land(settings_of(tmp_path), "work24_vacancies", DAY)
        asked: list[Asked] = log.asked
    assert asked == []


def test_national_are_registers_of_the_country_and_no_other() -> None:
    assert {source.provider["country"] for source in NATIONAL.values()} == {"KR"}
    registers = {source.register for source in load_registry().values() if source.provider["country"] == "KR"}
    assert {source.register for source in NATIONAL.values()} == registers


def test_a_source_of_another_profile_is_a_named_mistake() -> None:
    with pytest.raises(RegistryError, match="work24_vacancies is of sandbox, national"):
        sources_of("real", ("work24_vacancies",))
