"""The drop folder: formats, encodings and control totals as the contracts say."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import openpyxl
import pytest

import sandbox.drop
from sandbox.__main__ import main
from sandbox.drop import write_deliveries, write_history
from sandbox.nation import HISTORY_END, generate

DAY = date(2026, 10, 1)


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nation")
    generate(folder, 1_500, 5)
    return folder


@pytest.fixture(scope="module")
def drop(nation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drop")
    write_history(nation, folder)
    write_deliveries(nation, folder, DAY)
    return folder


def rows_in(file: Path) -> int:
    if file.suffix == ".parquet":
        with duckdb.connect() as con:
            return con.execute(f"SELECT count(*) FROM '{file}'").fetchone()[0]
    if file.suffix == ".xlsx":
        return openpyxl.load_workbook(file).worksheets[0].max_row - 1
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    encoding = "cp949" if file.parent.name in {"insurance_events", "seeker_registrations", "ui_claims"} else "utf-8"
    text = data.decode(encoding)
    return len(text.splitlines()) - (0 if ".ndjson" in file.name else 1)


def test_each_file_has_a_control_total_that_is_right(drop: Path) -> None:
    files = [f for f in drop.glob("*/*") if f.suffix != ".ctl"]
    assert len(files) >= 25
    for file in files:
        control = json.loads(file.with_name(file.name + ".ctl").read_text(encoding="utf-8"))
        assert control["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest(), file.name
        assert control["rows"] == rows_in(file), file.name
    assert not [f for f in drop.glob("*/*") if f.name.startswith(".")]


def test_history_holds_what_was_delivered_until_its_last_day(nation: Path, drop: Path) -> None:
    file = drop / "insurance_events" / f"insurance_events_{HISTORY_END:%Y%m%d}_history.csv.gz"
    with duckdb.connect() as con:
        source = nation / "provider" / "insurance_events.parquet"
        expected = con.execute(
            f"SELECT count(*), sum(monthly_pay_krw)::BIGINT FROM '{source}' WHERE received_date <= DATE '{HISTORY_END}'"
        ).fetchone()
    control = json.loads(file.with_name(file.name + ".ctl").read_text(encoding="utf-8"))
    assert (control["rows"], control["sums"]["monthly_pay_krw"]) == expected


def test_canonical_drop_holds_the_last_state_of_every_posting(nation: Path, drop: Path) -> None:
    file = drop / "work24_vacancies" / f"work24_vacancies_{HISTORY_END:%Y%m%d}_history.ndjson.gz"
    rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode("utf-8").splitlines()]
    end = f"TIMESTAMP '{HISTORY_END + timedelta(days=1)}'"
    with duckdb.connect() as con:
        source = nation / "provider" / "work24_vacancies.parquet"
        expected = dict(
            con.execute(
                f"SELECT wanted_auth_no, arg_max(modified_at, _visible_from) FROM '{source}' "
                f"WHERE _visible_from < {end} GROUP BY 1"
            ).fetchall()
        )
    assert {r["wanted_auth_no"]: r["modified_at"] for r in rows} == expected
    assert not any(name.startswith("_") for name in rows[0])


def test_encodings_and_wire_names(drop: Path) -> None:
    registrations = drop / "seeker_registrations" / f"seeker_registrations_{DAY:%Y%m%d}.csv"
    header = registrations.read_bytes().decode("cp949").splitlines()[0]
    assert header.startswith("seeker_reg_no,resident_no,name")
    with pytest.raises(UnicodeDecodeError):
        next((drop / "ui_claims").glob("*_history.csv")).read_bytes()[:0] or gzip.decompress(
            next((drop / "insurance_events").glob("*_history.csv.gz")).read_bytes()
        ).decode("utf-8")
    enrolments = next((drop / "training_enrolments").glob("*_history.csv"))
    assert enrolments.read_bytes().startswith(codecs.BOM_UTF8)
    qualifications = next((drop / "qualifications").glob("*_history.csv")).read_text(encoding="utf-8")
    assert qualifications.startswith("jmcd,jmfldnm,")


def test_a_day_without_rows_is_an_empty_file_for_daily_sources_only(nation: Path, tmp_path: Path) -> None:
    written = {f.parent.name: f for f in write_deliveries(nation, tmp_path, date(2030, 1, 1))}
    assert "seeker_registrations" in written and rows_in(written["seeker_registrations"]) == 0
    assert "organisations" not in written and "vacancy_submissions" not in written


def test_equal_nations_give_equal_bytes(nation: Path, drop: Path, tmp_path: Path) -> None:
    for file in write_history(nation, tmp_path):
        assert file.read_bytes() == (drop / file.parent.name / file.name).read_bytes(), file.name


def test_control_total_is_there_before_the_file(nation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = sandbox.drop.os.replace
    seen: list[str] = []

    def watched(source: Path, target: Path) -> None:
        if not Path(target).name.endswith(".ctl"):
            assert Path(f"{target}.ctl").exists()
        seen.append(Path(target).name)
        replace(source, target)

    monkeypatch.setattr(sandbox.drop.os, "replace", watched)
    write_deliveries(nation, tmp_path, DAY)
    assert len(seen) >= 10


def test_command_line(nation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--nation", str(tmp_path / "n"), "--persons", "200", "--quiet"]) == 0
    assert main(["deliver", "--nation", str(tmp_path / "n"), "--drop", str(tmp_path / "d"), "--day", "2026-10-01"]) == 0
    assert "files in" in capsys.readouterr().out
    assert main(["deliver", "--nation", str(tmp_path / "none"), "--drop", str(tmp_path / "d"), "--history"]) == 1
    assert "generate --nation" in capsys.readouterr().err


def delivered(nation: Path, drop: Path, *options: str) -> dict[str, bytes]:
    """Bytes of the files of two days of one source, after a delivery with ``options``."""
    days = ["--day", "2026-10-01", "--to", "2026-10-02", "--source", "seeker_registrations"]
    assert main(["deliver", "--nation", str(nation), "--drop", str(drop), *days, *options]) == 0
    assert [folder.name for folder in drop.iterdir()] == ["seeker_registrations"]
    return {file.name: file.read_bytes() for file in drop.glob("*/*")}


def test_a_failure_by_setting_befalls_the_delivery_of_its_day_and_is_seeded(nation: Path, tmp_path: Path) -> None:
    whole = delivered(nation, tmp_path / "whole")
    rules = "seeker_registrations:truncated,day=2026-10-02;ui_claims:html;work24.list:http_500"
    cut, again, other = (
        delivered(nation, tmp_path / name, "--failures", rules, "--seed", seed)
        for name, seed in (("cut", "1"), ("again", "1"), ("other", "2"))
    )
    (spoilt,) = (name for name in whole if cut[name] != whole[name])
    assert "20261002" in spoilt and not spoilt.endswith(".ctl")
    assert whole[spoilt].startswith(cut[spoilt]) and cut == again
    assert len(cut[spoilt]) != len(other[spoilt])


def test_a_failure_without_a_day_befalls_every_delivery(nation: Path, tmp_path: Path) -> None:
    whole = delivered(nation, tmp_path / "whole")
    wrong = delivered(nation, tmp_path / "wrong", "--failures", "seeker_registrations:wrong_control_total")
    assert {name for name in whole if wrong[name] != whole[name]} == {n for n in whole if n.endswith(".ctl")}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("ui_claims:lost", "no file failure 'lost'"),
        ("ui_claims:truncated,share=0.5", "no setting ['share']"),
        ("ui_claims:truncated,day=tomorrow", "Give a day"),
    ],
)
def test_a_wrong_failure_of_files_is_a_usage_error(
    nation: Path, tmp_path: Path, spec: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["deliver", "--nation", str(nation), "--drop", str(tmp_path), "--day", "2026-10-01", "--failures", spec]
    assert main(command) == 2
    assert said in capsys.readouterr().err


def test_a_nation_of_other_code_is_refused_in_words(
    nation: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(nation, tmp_path / "old")
    held = tmp_path / "old/provider/credentials.parquet"
    duckdb.sql(f"COPY (SELECT * EXCLUDE (credential_no) FROM '{nation}/provider/credentials.parquet') TO '{held}'")
    given = ["deliver", "--nation", str(tmp_path / "old"), "--drop", str(tmp_path / "drop")]
    assert main([*given, "--history", "--source", "credentials"]) == 1
    said = capsys.readouterr().err
    assert "generated by another version of the sandbox: its credentials has no credential_no" in said
    assert not list(tmp_path.glob("drop/*/*"))
    assert main([*given, "--history", "--source", "qualifications"]) == 0
