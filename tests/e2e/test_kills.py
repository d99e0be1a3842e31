"""``kill -9`` at every named step: the last release stays readable, and the next run ends as an undisturbed one does.

A killed landing is judged by the release id of the plan that follows, which is a hash of the accepted files.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dbt_project.build import plan
from exports.pipeline import publish_release
from lmi.cli import outside
from lmi.core import release as releases
from lmi.core.child import bound
from lmi.core.settings import PROJECT_ROOT
from lmi.core.steps import BUILD_STEPS, LANDING_STEPS, PUBLISH_STEPS, VET_STEPS
from sandbox.server.cli import is_alive
from tests.e2e.conftest import environment, street_on
from tests.e2e.test_orders import fingerprints
from tests.street import Street
from validation.vetting.pipeline import vet

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("remembered_suites")]

#: a file of persons with a sealed zone, a file, and an interface
SOURCES = ("seeker_registrations", "vacancy_submissions", "portal_vacancies")
#: enough models to be killed among them; each case builds at least once
MARTS = ("mart_vacancy_verification", "mart_occupation_openings_monthly")
PATIENCE_SECONDS = 180
#: after these steps readers may see the new release; before, they must see the old one
FLIPPED = PUBLISH_STEPS[PUBLISH_STEPS.index("publish.flipped") :]


@dataclass
class Stage:
    """A home at rest that tests copy: the release readers see, and what the next undisturbed run publishes."""

    home: Path
    nation: Path
    servers: outside.Providers
    day: date
    standing: str
    next_release: str

    def street(self, home: Path) -> Street:
        shutil.copytree(self.home, home, symlinks=True)
        return self.on(home)

    def on(self, home: Path) -> Street:
        return street_on(home, self.nation, sources=SOURCES, marts=MARTS, providers=self.servers)

    def command(self, what: str, *more: str) -> list[str]:
        return [sys.executable, "-m", "tests.e2e.worker", what, str(self.day), *more]

    def environment(self, street: Street, **more: str) -> dict[str, str]:
        own = environment(street.paths.home, self.nation, LMI_SOURCES=",".join(SOURCES), LMI_MARTS=",".join(MARTS))
        return os.environ | own | more

    def killed(self, step: str, what: str, street: Street, *more: str) -> None:
        """Run a worker that is killed at ``step``; it must get there."""
        ended = subprocess.run(
            self.command(what, *more), cwd=PROJECT_ROOT, env=self.environment(street, LMI_KILL_AT=step),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]


@dataclass
class World:
    waiting: Stage  # history published, the next day delivered
    landed: Stage  # that day landed too
    built: Stage  # and its warehouse built
    marts: dict[str, dict[str, str]]  # release id -> fingerprints of its marts
    vetted: dict[str, str]  # fingerprints of all that the vetting of the landed day writes


def marts_of(street: Street) -> dict[str, str]:
    return fingerprints(releases.require_current(street.paths).folder / "exports" / "marts")


@pytest.fixture(scope="module")
def world(nation: Path, remembered_suites: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("kills")
    street = street_on(root / "waiting", nation, sources=SOURCES)
    history = street.history_end
    day = history + timedelta(days=1)
    with outside.providers(street.settings, day) as servers:
        street = street_on(root / "waiting", nation, sources=SOURCES, marts=MARTS, providers=servers)
        street.deliver(history)
        street.land(history)
        standing = street.publish(history)
        marts = {standing: marts_of(street)}
        street.deliver(day)
        servers.set_clock(day)
        stages = [Stage(root / name, nation, servers, day, standing, "") for name in ("waiting", "landed", "built")]
        landed = stages[0].street(stages[1].home)
        landed.land(day)
        built = stages[1].street(stages[2].home).build(day)
        undisturbed = stages[2].street(root / "undisturbed")
        release_id = publish_release(undisturbed.settings, built)
        marts[release_id] = marts_of(undisturbed)
        assert release_id != standing
        assert marts[release_id] != marts[standing]
        for stage in stages:
            stage.next_release = release_id
        yield World(*stages, marts, fingerprints(undisturbed.paths.vetted, "*.parquet"))


def assert_readable(street: Street, world: World, *allowed: str) -> None:
    """Readers see one whole release, one of those allowed, with its numbers."""
    release = releases.require_current(street.paths)
    assert release.id in allowed
    releases.verify(release)
    assert marts_of(street) == world.marts[release.id]
    (answer,) = street.query("select release_id from release").release_id
    assert answer == release.id


def assert_published(street: Street, world: World) -> None:
    """The next run publishes, without help, what an undisturbed run does, and leaves nothing half-done behind."""
    assert street.publish(world.landed.day) == world.landed.next_release
    assert_readable(street, world, world.landed.next_release)
    assert {r.id for r in releases.releases(street.paths)} == {world.landed.standing, world.landed.next_release}
    assert not (street.paths.work / "build").exists()
    assert not list(street.paths.releases.glob(".current.*"))


@pytest.mark.parametrize("step", LANDING_STEPS)
@pytest.mark.parametrize("source", ["seeker_registrations", "portal_vacancies"])
def test_landing(source: str, step: str, world: World, tmp_path: Path) -> None:
    stage = world.waiting
    street = stage.street(tmp_path / "home")
    stage.killed(step, "land", street, stage.servers.url, source)
    assert_readable(street, world, stage.standing)
    assert plan(street.settings, stage.day - timedelta(days=1)).release_id == stage.standing
    street.land(stage.day)
    assert plan(street.settings, stage.day).release_id == stage.next_release


@pytest.mark.parametrize("step", VET_STEPS)
def test_vetting(step: str, world: World, tmp_path: Path) -> None:
    """Decisions of a load are there whole or not at all; the next run makes the same ones."""
    street = world.landed.street(tmp_path / "home")
    world.landed.killed(step, "release", street)
    assert_readable(street, world, world.landed.standing)
    for kept in street.paths.vetted.glob("*/*/*"):
        # beside the evaluations lie the signatures, one file that appears whole
        assert pq.read_metadata(kept) if kept.suffix == ".parquet" else (kept / "manifest.json").is_file()
    vet(street.settings, world.landed.day)
    assert fingerprints(street.paths.vetted, "*.parquet") == world.vetted
    planned = plan(street.settings, world.landed.day)
    assert (planned.release_id, planned.unvetted) == (world.landed.next_release, [])


@pytest.mark.parametrize("steps", [BUILD_STEPS[:2], BUILD_STEPS[2:]], ids=" then ".join)
def test_build(steps: tuple[str, ...], world: World, tmp_path: Path) -> None:
    """Twice in a row too: what the first kill left is no help to the second run and no harm."""
    street = world.landed.street(tmp_path / "home")
    for step in steps:
        world.landed.killed(step, "release", street)
        assert_readable(street, world, world.landed.standing)
    assert_published(street, world)


@pytest.mark.parametrize("step", PUBLISH_STEPS)
def test_publish(step: str, world: World, tmp_path: Path) -> None:
    street = world.built.street(tmp_path / "home")
    world.built.killed(step, "publish", street)
    assert_readable(street, world, world.built.next_release if step in FLIPPED else world.built.standing)
    assert_published(street, world)


def until(found: Callable[[], int | None], process: subprocess.Popen[bytes]) -> int:
    """What ``found`` finds, as long as the process runs."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (answer := found()) is not None:
            return answer
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


def child_at_work(parent: int, work: Path) -> int | None:
    """Process id of the dbt that ``parent`` runs, once it has made models and is making others."""
    if sum(log.read_text(errors="replace").count("OK created") for log in work.rglob("dbt.log")) < 5:
        return None
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(children[0]) if children else None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("victim", ["dbt", "run"])
def test_in_the_middle_of_dbt(victim: str, world: World, tmp_path: Path) -> None:
    """dbt is atomic per model, not per run. When the run itself is killed, dbt must not go on writing alone."""
    stage = world.landed
    street = stage.street(tmp_path / "home")
    with subprocess.Popen(
        stage.command("release"), cwd=PROJECT_ROOT, env=stage.environment(street), stderr=subprocess.PIPE
    ) as run:
        dbt = until(lambda: child_at_work(run.pid, street.paths.work), run)
        os.kill(dbt if victim == "dbt" else run.pid, signal.SIGKILL)
        _, said = run.communicate(timeout=PATIENCE_SECONDS)
    if victim == "dbt":
        assert run.returncode == 1
        assert "is not published" in said.decode()
    deadline = time.monotonic() + 10
    while is_alive(dbt) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(dbt)
    assert_readable(street, world, stage.standing)
    assert_published(street, world)


def test_a_bound_child_whose_parent_is_gone_does_not_start(tmp_path: Path) -> None:
    command = bound([sys.executable, "-c", f"open({str(tmp_path / 'started')!r}, 'w')"])
    assert subprocess.run(command, check=False).returncode == 0
    assert (tmp_path / "started").exists()
    (tmp_path / "started").unlink()
    command[command.index(str(os.getpid()))] = "1"  # a parent that is not ours
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "started").exists()
