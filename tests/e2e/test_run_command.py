"""``lmi run`` as a user starts it: a process of its own, the real DAGs, what it says and how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
from aiosmtpd.controller import Controller
from lxml import html

from lmi.cli import outside
from lmi.cli.drivers import open_drivers
from lmi.core import release as releases
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings, load_settings
from tests.e2e.conftest import environment
from tests.exports.reports.marts import AS_OF, write_marts
from tests.exports.reports.test_deliver import Inbox
from tests.leaks import find_leaks, forms_of_person
from validation.accepted import accepted_loads
from validation.deletion import Order, open_orders

pytestmark = pytest.mark.e2e

LMI = Path(sys.executable).parent / "lmi"
#: files of three formats and an interface
SOURCES = (
    "vacancy_submissions",
    "seeker_registrations",
    "insurance_events",
    "satisfaction_surveys",
    "portal_vacancies",
)
#: what the runs build: one for the analyst who reads and compares, one for the funnel
MARTS = "mart_employment_trends_monthly,mart_vacancy_verification"
#: what the later runs build: what they show is in the landing and the ledger
MART = "mart_vacancy_verification"
DAY = timedelta(days=1)


@dataclass
class Reader(threading.Thread):
    """An analyst who opens the current release over and over: what was seen, in order of sight, and what failed."""

    paths: Paths
    seen: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reads: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.stop.wait(0.01):
            try:
                release = releases.require_current(self.paths)
                with duckdb.connect(str(release.marts), read_only=True) as con:
                    inside = {row[0] for row in con.execute("select release_id from release").fetchall()}
                    con.execute("select count(*) from mart_employment_trends_monthly").fetchone()
                if inside != {release.id}:
                    self.errors.append(f"{release.folder} holds {inside}")
            except Exception as error:
                self.errors.append(f"{type(error).__name__}: {error}")
                continue
            self.reads += 1
            if not self.seen or self.seen[-1] != release.id:
                self.seen.append(release.id)


@dataclass
class User:
    """A user's shell in one home."""

    settings: Settings
    variables: dict[str, str]

    def lmi(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("LMI_", "AIRFLOW"))}
        env |= self.variables | {"COLUMNS": "300", "NO_COLOR": "1", "LMI_LANGUAGE": "en"} | more
        return subprocess.run([LMI, *arguments], env=env, capture_output=True, text=True, check=False)

    def json(self, *arguments: str) -> Any:
        done = self.lmi(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def paths(self) -> Paths:
        return Paths.of(self.settings)


@dataclass
class Days:
    """Three runs: the history, the day after it with an analyst at work, and that day again."""

    user: User
    day: date
    history: subprocess.CompletedProcess[str]
    first: subprocess.CompletedProcess[str]
    again: subprocess.CompletedProcess[str]
    reader: Reader
    published: list[str]


@pytest.fixture(scope="module")
def days(nation: Path, tmp_path_factory: pytest.TempPathFactory) -> Days:
    home = tmp_path_factory.mktemp("command") / "home"
    variables = environment(home, nation, LMI_SOURCES=",".join(SOURCES), LMI_MARTS=MARTS)
    user = User(load_settings(variables), variables)
    end = outside.history_end(outside.nation_facts(user.settings) or {})
    day = end + timedelta(days=1)
    history = user.lmi("run", "--date", str(end))
    assert history.returncode == 0, history.stdout + history.stderr
    published = [releases.require_current(user.paths).id]
    reader = Reader(user.paths)
    reader.start()
    first = user.lmi("run", "--date", str(day))
    reader.stop.set()
    reader.join()
    published.append(releases.require_current(user.paths).id)
    return Days(user, day, history, first, user.lmi("run", "--date", str(day)), reader, published)


def test_a_run_says_what_landed_and_what_was_published(days: Days) -> None:
    for run, release_id in ((days.history, days.published[0]), (days.first, days.published[1])):
        assert run.returncode == 0, run.stdout + run.stderr
        assert f"Current release {release_id}" in run.stdout
        assert all(word in run.stdout for word in ("fetched", "accepted", "quarantined", "duplicates"))
        assert "publish" in run.stdout
        assert "lmi status" in run.stdout
    assert re.search(r"^[1-9][0-9,]* postings? waits? for a person", days.history.stdout, re.MULTILINE)
    rows = {line.split("│")[1].strip(): line.split("│") for line in days.history.stdout.splitlines() if "│" in line}
    assert set(SOURCES) <= set(rows)
    for source in SOURCES:
        fetched, accepted, quarantined, duplicates = (int(cell.strip().replace(",", "")) for cell in rows[source][2:6])
        assert fetched == accepted + quarantined + duplicates > 0
        loads = accepted_loads(days.user.paths, source, days.day - timedelta(days=1))
        assert accepted == sum(load.rows for load in loads)


def test_the_second_run_says_that_nothing_changed(days: Days) -> None:
    assert days.again.returncode == 0
    assert "Nothing changed" in days.again.stdout
    assert "Nothing changed" not in days.first.stdout
    assert releases.require_current(days.user.paths).id == days.published[1]


def test_an_analyst_sees_one_release_at_a_time_and_never_an_error(days: Days) -> None:
    assert days.reader.errors == []
    assert days.reader.seen == days.published
    assert days.reader.reads > 20


def test_status(days: Days) -> None:
    status = days.user.json("status")
    assert status["release"]["release_id"] == days.published[1]
    assert status["interrupted"] == []
    entries = {entry["source"]: entry for entry in status["sources"]}
    assert set(entries) == set(SOURCES)
    assert entries["portal_vacancies"]["newest_delivery"] == str(days.day)
    assert all(entry["problem"] is None and entry["last_outcome"] != "never ran" for entry in entries.values())


def test_quarantine_list(days: Days) -> None:
    counted = sum(
        stage["detail"]["counts"]["quarantined"]
        for stage in Ledger(days.user.paths.ledger).stages()
        if stage["stage"] == "validate"
    )
    listed = days.user.json("quarantine", "list")
    assert (counted > 0) == any(row["severity"] == "error" for row in listed)
    assert all({"source", "load_id", "rule", "severity", "column_name", "rows"} <= set(row) for row in listed)


def test_release_list(days: Days) -> None:
    listed = days.user.json("release", "list")
    assert [row["release_id"] for row in listed] == days.published
    assert [row["current"] for row in listed] == [False, True]


def test_nobody_is_named_where_airflow_and_the_command_write(days: Days) -> None:
    """Metadata database, task logs, run logs and all else a run leaves: no number, telephone or address of a person."""
    home, provider = days.user.paths.home, days.user.settings.nation / "provider"
    with duckdb.connect() as con:
        persons = con.execute(
            f"select distinct resident_no, phone, email from '{provider}/seeker_registrations.parquet'"
            " where phone is not null and email is not null order by all limit 40"
        ).fetchall()
    needles = [form for person in persons for form in forms_of_person(*person, name="아무개씨")]
    assert list((home / "airflow").rglob("*.db"))
    assert list((home / "airflow" / "logs").rglob("*.log"))
    assert find_leaks(days.user.paths.drop, needles, outside=())
    assert find_leaks(home, needles) == []


def test_a_release_is_compared_and_rolled_back(days: Days) -> None:
    older, newer = days.published
    changes = {change["table"]: change for change in days.user.json("release", "diff", older, newer)}
    assert changes["mart_employment_trends_monthly"]["change"] == "changed"
    back = days.user.lmi("release", "rollback")
    assert back.returncode == 0, back.stderr
    assert f"Readers now see {older}" in back.stdout
    assert [row["current"] for row in days.user.json("release", "list")] == [True, False]
    assert days.user.lmi("release", "rollback", newer).returncode == 0
    assert releases.require_current(days.user.paths).id == newer


def test_busy_names_the_holder(days: Days) -> None:
    with exclusive(days.user.paths.locks, "run", "a colleague's backfill"):
        busy = days.user.lmi("run", "--date", str(days.day))
    assert busy.returncode == 75
    assert "a colleague's backfill" in busy.stderr


def test_a_missing_setting_is_named(days: Days, tmp_path: Path) -> None:
    missing = days.user.lmi("run", "--profile", "real", LMI_REAL_DATA=str(tmp_path / "none"), LMI_SOURCES="")
    assert missing.returncode == 2
    assert "LMI_REAL_DATA" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_a_bad_file_is_refused_alone_and_the_rest_is_published(days: Days) -> None:
    """It comes beside the day's good file: that one lands, is validated and is in the release; the exit code says 1."""
    user, day = days.user, days.day + timedelta(days=1)
    drop = user.paths.drop / "seeker_registrations"
    bad = drop / f"seeker_registrations_{day:%Y%m%d}_2.csv"
    bad.write_text("not yet complete")
    run = user.lmi("run", "--date", str(day), LMI_MARTS=MART)
    bad.unlink()
    assert run.returncode == 1, run.stdout
    assert f"{bad.name}: no control total" in run.stdout
    assert releases.require_current(user.paths).as_of == day
    landed = [load.delivery_date for load in accepted_loads(user.paths, "seeker_registrations", day)]
    assert day in landed
    status = {entry["source"]: entry for entry in user.json("status")["sources"]}
    assert status["seeker_registrations"]["last_outcome"] == "land: refused"
    assert bad.name in status["seeker_registrations"]["problem"]
    assert status["insurance_events"]["problem"] is None


def test_a_backfill_lands_its_days_and_ends_with_one_release(days: Days) -> None:
    """After the test before, so that it is the last day landed: two more days in one go."""
    user = days.user
    first, last = days.day + timedelta(days=2), days.day + timedelta(days=3)
    before = len(releases.releases(user.paths))
    done = user.lmi("backfill", "--from", str(first), "--to", str(last), LMI_MARTS=MART)
    assert done.returncode == 0, done.stdout + done.stderr
    assert releases.require_current(user.paths).as_of == last
    assert len(releases.releases(user.paths)) == before + 1
    assert {first, last} <= {load.delivery_date for load in accepted_loads(user.paths, "insurance_events", last)}
    assert f"Current release {releases.require_current(user.paths).id}" in done.stdout


def test_the_brief_goes_out_on_a_day_without_a_release(
    days: Days, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its DAG, as a run drives it: the last release's brief, each block labelled. A deletion that a run left
    undone is finished by its DAG. The metadata database is that of the runs before."""
    home = tmp_path / "home"
    shutil.copytree(days.user.paths.home / "airflow", home / "airflow", ignore=shutil.ignore_patterns("logs"))
    folder = home / "releases" / f"{AS_OF:%Y%m%d}-abc"
    folder.mkdir(parents=True)
    with duckdb.connect(str(write_marts(folder / "marts.duckdb"))) as con:
        con.execute("update dim_source set latest_delivery_date = ? where entity = 'ui_claims'", [AS_OF - DAY])
    (folder / "manifest.json").write_text(json.dumps({"as_of": str(AS_OF), "built_at": str(AS_OF), "files": []}))
    (home / "releases" / "current").symlink_to(folder.name)
    addresses = tmp_path / "addresses.yml"
    addresses.write_text("MINISTRY_DESK: [desk@example.org]\n")
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    mail = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_SECURITY": "none", "MAIL_FROM": "lmi@example.org",
            "MAILING_LIST": str(addresses)}  # fmt: skip
    for name, value in mail.items():
        monkeypatch.setenv(f"LMI_{name}", value)
    settings = replace(days.user.settings, home=home, drop=home / "drop")
    paths = Paths.of(settings)
    Order("R20261007", str(AS_OF), f"{AS_OF}T01:00:00+00:00").save(paths)
    server.start()
    try:
        with open_drivers(settings) as drivers:
            dags = {"deliver_daily_brief", "retire_personal_data"}
            events = list(drivers.drive(AS_OF + DAY, dags))
    finally:
        server.stop()
    assert [event["state"] for event in events] == ["success"] * 2, drivers.log.read_text("utf-8")[-3000:]
    (message,) = inbox.messages
    assert message["To"] == "desk@example.org" and "2026-10-08" in message["Subject"]
    page = html.parse(paths.issued / "20261008" / "daily.ko.html")
    sections = page.xpath("//section[@aria-labelledby and not(@aria-labelledby='method')]")
    told = [section.xpath("string(p[@class='stale'])") for section in sections]
    assert len(told) == 5 and all("2026-10-08 릴리스가 아직 없어 2026-10-07 기준의" in said for said in told)
    assert any("(ui_claims_daily)가 늦음: 마지막 전달 2026-10-06" in said for said in page.xpath("//p//text()"))
    assert open_orders(paths) == [] and len(list(paths.proofs.glob("R20261007-*.json"))) == 1


def test_a_nation_is_generated_and_served_by_command(days: Days, tmp_path: Path) -> None:
    nation, port_file = tmp_path / "nation", tmp_path / "port"
    made = days.user.lmi("sandbox", "generate", "--persons", "300", "--seed", "3", LMI_NATION=str(nation))
    assert made.returncode == 0, made.stderr
    assert "Nation of 300 persons (seed 3)" in made.stdout
    env = os.environ | {"LMI_NATION": str(nation)}
    command = [LMI, "sandbox", "serve", "--clock", "2026-10-01T04:00:00", "--port-file", port_file]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        url = said.split()[1]
        clock = requests.get(f"{url}/_sandbox/clock", timeout=10).json()
        server.terminate()
        assert server.wait(60) == 0
    assert clock["now"].startswith("2026-10-01T04:00")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_sandbox/clock", timeout=10)
    assert not port_file.exists(), "the server itself has ended, not only the command"
