import json
import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lmi.cli.backup import restore_backup, write_backup
from lmi.cli.clean import clean_home
from lmi.cli.exits import DataFailure
from lmi.cli.main import app
from lmi.cli.summary import _print_next
from lmi.core import release as releases
from lmi.core.keys import key_file, load_keys
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import SettingError, Settings, load_settings
from tests.exports.handmade import publish
from tests.payloads import PAYLOADS, live_below

RUNNER = CliRunner()


def lmi(settings: Settings, *arguments: str):
    env = {"LMI_HOME": str(settings.home), "LMI_PROFILE": settings.profile, "LMI_KEYS_DIR": str(settings.keys_dir)}
    return RUNNER.invoke(app, list(arguments), env=env)


def test_query_answers_as_table_csv_and_json(published: Settings) -> None:
    sql = "select as_of, 1 + 1 as two from release"
    assert "2" in lmi(published, "query", sql).stdout
    assert lmi(published, "query", sql, "--format", "csv").stdout.splitlines() == ["as_of,two", "2026-10-01,2"]
    assert json.loads(lmi(published, "query", sql, "--format", "json").stdout)[0]["two"] == 2


def test_text_that_would_run_is_inert_in_the_answer(published: Settings, tmp_path: Path) -> None:
    listed = ", ".join("'{}'".format(text.replace("'", "''")) for text in PAYLOADS)
    sql = f'select unnest([{listed}]) as "=1+1", -1 as n'
    for form in ("csv", "json"):
        (tmp_path / f"a.{form}").write_bytes(lmi(published, "query", sql, "--format", form).stdout_bytes)
    assert live_below(tmp_path) == []
    assert [row["=1+1"] for row in json.loads((tmp_path / "a.json").read_text("utf-8"))] == list(PAYLOADS)


@pytest.mark.parametrize(
    "sql",
    [
        "create table x as select 1",
        "delete from release",
        "copy release to '/tmp/stolen.csv'",
        "select * from read_text('/etc/passwd')",
        "attach '/tmp/other.duckdb'",
        "set enable_external_access = true",
    ],
)
def test_query_can_neither_write_nor_reach_out(published: Settings, sql: str) -> None:
    answer = lmi(published, "query", sql)
    assert answer.exit_code == 1
    assert "lmi query" in answer.output


def test_an_unknown_format_is_a_usage_error(published: Settings) -> None:
    assert lmi(published, "query", "select 1", "--format", "yaml").exit_code == 2


def test_without_a_release_the_mend_is_named(tmp_path: Path) -> None:
    answer = lmi(load_settings({}, home=tmp_path), "query", "select 1")
    assert answer.exit_code == 1 and "lmi run" in answer.output


def test_status_and_release_list_read_as_json(published: Settings) -> None:
    status = json.loads(lmi(published, "status", "--json").stdout)
    assert status["release"]["as_of"] == "2026-10-01"
    assert {s["last_outcome"] for s in status["sources"]} == {"never ran"}
    listed = json.loads(lmi(published, "release", "list", "--json").stdout)
    assert [r["current"] for r in listed] == [True]


def test_the_board_is_where_the_pointer_leads_and_the_end_of_a_run_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = publish(tmp_path)
    settings = load_settings({}, home=tmp_path, language="en")
    monkeypatch.setenv("LMI_LANGUAGE", "en")
    page = tmp_path / "releases" / "current" / "exports" / "board" / "index.en.html"
    assert lmi(settings, "board").stdout.strip() == str(page) and page.is_file()
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    assert lmi(settings, "board", "--open").exit_code == 0 and opened == [page.as_uri()]
    _print_next(settings, tmp_path / "run.log")
    assert f"Status board (open in a browser): {page}" in capsys.readouterr().out
    shutil.rmtree(made.folder / "exports" / "board")
    none = lmi(settings, "board")
    assert none.exit_code == 1 and "holds no board" in none.output
    _print_next(settings, tmp_path / "run.log")
    assert "Status board" not in capsys.readouterr().out


def test_a_release_does_not_differ_from_itself(published: Settings) -> None:
    release = releases.require_current(Paths.of(published)).id
    changes = json.loads(lmi(published, "release", "diff", release, "--json").stdout)
    assert changes and {c["change"] for c in changes} == {"same"}
    assert lmi(published, "release", "diff", "19990101-none").exit_code == 1


def test_an_empty_quarantine_says_so_and_an_unknown_source_is_a_usage_error(published: Settings) -> None:
    assert "Nothing is in quarantine" in lmi(published, "quarantine", "list").output
    assert lmi(published, "quarantine", "show", "ui_claims").exit_code == 0
    for command in ("show", "replay"):
        answer = lmi(published, "quarantine", command, "nobody")
        assert answer.exit_code == 2 and "Unknown source nobody" in answer.output


def test_rollback_without_an_older_release_says_so(published: Settings) -> None:
    answer = lmi(published, "release", "rollback")
    assert answer.exit_code == 1 and "oldest release kept" in answer.output


def test_a_busy_home_answers_75_with_the_holder(published: Settings, tmp_path: Path) -> None:
    with exclusive(Paths.of(published).locks, "run", "lmi run of 2026-10-01"):
        answer = lmi(published, "clean")
    assert answer.exit_code == 75 and "lmi run of 2026-10-01" in answer.output


def test_doctor_shows_settings_with_origin_and_no_secret(published: Settings) -> None:
    env = {"LMI_HOME": str(published.home), "LMI_KEY__WORK24": "s3cret-value", "LMI_THREADS": "1"}
    answer = RUNNER.invoke(app, ["doctor", "--json"], env=env)
    found = json.loads(answer.stdout)
    assert {"setting": "threads", "value": "1", "origin": "LMI_THREADS"} in found["settings"]
    assert "s3cret-value" not in answer.stdout and "work24" in answer.stdout
    assert answer.exit_code == 0


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://www.work24.go.kr", "https://www.work24.go.kr"),
        ("https://kim:s3cret@proxy.example:8443/w24", "https://***@proxy.example:8443/w24"),
        ("http://kim:s3@cret@host/", "http://***@host/"),
        ("https://host/path?authKey=s3cret#s3cret", "https://host/path?***#***"),
        ("kim:s3cret@host", "(no address)"),
        ("http://[s3cret", "(no address)"),
    ],
)
@pytest.mark.parametrize("in_file", [True, False])
def test_doctor_shows_each_address_with_its_origin_and_without_what_is_secret(
    url: str, shown: str, in_file: bool, published: Settings, tmp_path: Path
) -> None:
    env, origin = {"LMI_HOME": str(published.home)}, "LMI_ENDPOINT__WORK24"
    if in_file:
        config = tmp_path / "lmi.toml"
        config.write_text(f'[endpoints]\nWORK24 = "{url}"\n')
        env, origin = env | {"LMI_CONFIG": str(config)}, str(config)
    else:
        env |= {"LMI_ENDPOINT__WORK24": url}
    answer = RUNNER.invoke(app, ["doctor", "--json"], env=env)
    row = {"setting": "endpoints.WORK24", "value": shown, "origin": origin}
    assert row in json.loads(answer.stdout)["settings"]
    assert "s3cret" not in answer.stdout and "s3@" not in answer.stdout


def test_doctor_fails_on_a_missing_folder_of_real_data(tmp_path: Path) -> None:
    env = {"LMI_HOME": str(tmp_path), "LMI_REAL_DATA": str(tmp_path / "none"), "LMI_KEYS_DIR": str(tmp_path / "k")}
    answer = RUNNER.invoke(app, ["doctor", "--profile", "real"], env=env)
    assert answer.exit_code == 2 and "LMI_REAL_DATA" in answer.output


def home_with_landing(tmp_path: Path, name: str) -> Settings:
    settings = load_settings({}, profile="real", home=tmp_path / name, keys_dir=tmp_path / f"{name}-keys")
    load_keys(settings, create=True)
    for part in ("landing/toy/2026-10-01/load", "accepted/toy/load", "sealed/linkage/toy"):
        folder = settings.home / part
        folder.mkdir(parents=True)
        (folder / "data").write_text(f"CONTENT of {part}")
    (settings.home / "ledger.sqlite").write_bytes(b"ledger")
    return settings


def test_backup_and_restore_bring_landing_and_keys_back(tmp_path: Path) -> None:
    settings = home_with_landing(tmp_path, "one")
    file = tmp_path / "backup.tar"
    write_backup(settings, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    target = load_settings({}, profile="real", home=tmp_path / "two", keys_dir=tmp_path / "two-keys")
    restore_backup(target, file)
    assert load_keys(target) == load_keys(settings)
    for path in settings.home.rglob("data"):
        assert (target.home / path.relative_to(settings.home)).read_text() == path.read_text()
    with pytest.raises(SettingError, match="not empty"):
        restore_backup(target, file)


def test_a_damaged_backup_restores_nothing(tmp_path: Path) -> None:
    settings = home_with_landing(tmp_path, "one")
    file = tmp_path / "backup.tar"
    write_backup(settings, file)
    file.write_bytes(file.read_bytes().replace(b"CONTENT of landing", b"C0NTENT of landing"))
    target = load_settings({}, profile="real", home=tmp_path / "two", keys_dir=tmp_path / "two-keys")
    with pytest.raises(DataFailure, match="damaged"):
        restore_backup(target, file)
    assert not target.home.exists() and not key_file(target).exists()
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(DataFailure, match="cut off"):
        restore_backup(target, file)
    assert not target.home.exists()


def test_other_keys_are_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    write_backup(home_with_landing(tmp_path, "one"), file)
    target = load_settings({}, profile="real", home=tmp_path / "two", keys_dir=tmp_path / "two-keys")
    ring = load_keys(target, create=True)
    with pytest.raises(SettingError, match="other keys"):
        restore_backup(target, file)
    assert load_keys(target) == ring and not target.home.exists()


def test_clean_removes_scratch_and_old_releases_but_never_landing_and_issued_reports(tmp_path: Path) -> None:
    settings = home_with_landing(tmp_path, "one")
    paths = Paths.of(settings)
    (paths.work / "left").mkdir(parents=True)
    (paths.work / "left" / "scratch").write_bytes(b"x" * 1000)
    for day in ("2026-10-01", "2026-10-02"):
        folder = paths.releases / day
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"as_of": day, "built_at": day}))
        (folder / "exports" / "reports").mkdir(parents=True)
        (folder / "exports" / "reports" / "daily.ko.html").write_text(day)
    os.symlink("2026-10-02", paths.current_release)
    dry = clean_home(settings, dry_run=True)
    assert paths.work.exists() and str(paths.work) in dry["removed"]
    clean_home(replace(settings, disk_budget_gb=0), dry_run=False)
    assert not paths.work.exists()
    assert [r.id for r in releases.releases(paths)] == ["2026-10-02"]
    assert (settings.home / "landing/toy/2026-10-01/load/data").exists()
    assert (paths.issued / "2026-10-01" / "daily.ko.html").read_text() == "2026-10-01"


@pytest.mark.parametrize("command", [[], ["run"], ["backfill"], ["release", "diff"], ["quarantine", "show"]])
def test_every_command_explains_itself(command: list[str]) -> None:
    answer = RUNNER.invoke(app, [*command, "--help"])
    assert answer.exit_code == 0 and "Usage" in answer.output


def test_a_contract_reads_as_odcs_and_as_a_great_expectations_suite() -> None:
    contract = RUNNER.invoke(app, ["sources", "contract", "referrals"])
    assert contract.exit_code == 0 and "apiVersion: v3" in contract.stdout
    suite = json.loads(RUNNER.invoke(app, ["sources", "suite", "referrals"]).stdout)
    assert {"referral_id", "result"} <= {e["kwargs"]["column"] for e in suite["expectations"]}
    assert RUNNER.invoke(app, ["sources", "suite", "nothing"]).exit_code == 2
