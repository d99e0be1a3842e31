import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lmi.core import release as releases
from lmi.core.paths import Paths
from lmi.core.release import ReleaseError
from lmi.core.steps import PUBLISH_STEPS


def paths_of(tmp_path: Path) -> Paths:
    return Paths(tmp_path, tmp_path / "drop")


def no_audit(_: Path) -> None:
    return None


def staged(paths: Paths, text: str) -> Path:
    folder = paths.work / "build" / text
    folder.mkdir(parents=True)
    (folder / "marts.duckdb").write_text(text)
    return folder


def publish(paths: Paths, release_id: str, as_of: str, keep: int = 3, audit=no_audit) -> None:
    manifest = {"release_id": release_id, "as_of": as_of, "built_at": as_of, "row_counts": {}, "stale": {}}
    releases.publish(paths, staged(paths, release_id), release_id, manifest, keep, audit)


def test_the_pointer_moves_only_forward(tmp_path: Path) -> None:
    paths = paths_of(tmp_path)
    publish(paths, "r2", "2026-10-02")
    publish(paths, "r1", "2026-10-01")
    assert releases.require_current(paths).id == "r2"
    assert [r.id for r in releases.releases(paths)] == ["r1", "r2"]


def test_old_releases_go_and_the_current_stays(tmp_path: Path) -> None:
    paths = paths_of(tmp_path)
    for day in range(1, 6):
        publish(paths, f"r{day}", f"2026-10-0{day}", keep=3)
    assert [r.id for r in releases.releases(paths)] == ["r3", "r4", "r5"]
    releases.point_to(paths, releases.releases(paths)[0])
    releases.prune(paths, keep=1)
    assert [r.id for r in releases.releases(paths)] == ["r3"]


def test_a_past_release_that_is_built_again_is_kept_beside_newer_ones(tmp_path: Path) -> None:
    paths = paths_of(tmp_path)
    for day in range(2, 5):
        publish(paths, f"r{day}", f"2026-10-0{day}", keep=3)
    publish(paths, "r1", "2026-10-01", keep=3)
    assert [r.id for r in releases.releases(paths)] == ["r1", "r3", "r4"]


def test_issued_reports_outlive_their_release(tmp_path: Path) -> None:
    paths = paths_of(tmp_path)
    for day in (1, 2):
        folder = staged(paths, f"r{day}") / "exports" / "reports"
        folder.mkdir(parents=True)
        (folder / "daily.ko.html").write_text(f"brief {day}")
        manifest = {"as_of": f"2026-10-0{day}", "built_at": "x", "row_counts": {}, "stale": {}}
        releases.publish(paths, folder.parents[1], f"r{day}", manifest, 1, no_audit)
    assert [r.id for r in releases.releases(paths)] == ["r2"]
    assert (paths.issued / "r1" / "daily.ko.html").read_text() == "brief 1"


def test_a_failing_audit_publishes_nothing(tmp_path: Path) -> None:
    paths = paths_of(tmp_path)
    publish(paths, "r1", "2026-10-01")

    def refuse(_: Path) -> None:
        raise ReleaseError("a resident number in mart_x")

    with pytest.raises(ReleaseError, match="mart_x"):
        publish(paths, "r2", "2026-10-02", audit=refuse)
    assert releases.require_current(paths).id == "r1"
    assert [r.id for r in releases.releases(paths)] == ["r1"]


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    paths = paths_of(tmp_path)
    publish(paths, "r1", "2026-10-01")
    release = releases.require_current(paths)
    releases.verify(release)
    data = bytearray(release.marts.read_bytes())
    data[0] ^= 1
    release.marts.write_bytes(data)
    with pytest.raises(ReleaseError, match=r"marts\.duckdb is missing or damaged"):
        releases.verify(release)


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.core.test_release import paths_of, publish
publish(paths_of(Path(sys.argv[1])), "r2", "2026-10-02", keep=2)
"""


@pytest.mark.parametrize("step", PUBLISH_STEPS)
def test_a_kill_while_publishing_leaves_a_readable_release_and_the_next_run_succeeds(tmp_path: Path, step: str) -> None:
    paths = paths_of(tmp_path)
    publish(paths, "r1", "2026-10-01")
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), root], env=os.environ | {"LMI_KILL_AT": step}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    standing = releases.require_current(paths)
    assert standing.id == ("r2" if step in {"publish.flipped", "publish.pruned"} else "r1")
    releases.verify(standing)
    if releases.read_release(paths.releases / "r2"):
        releases.adopt(paths, "r2")
    else:
        publish(paths_of(tmp_path / "."), "r2b", "2026-10-02", keep=2)
    assert releases.require_current(paths).manifest["as_of"] == "2026-10-02"
    assert json.loads((releases.require_current(paths).folder / "manifest.json").read_text())["files"]
