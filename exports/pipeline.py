"""Build, audit and publish one release: what the ``build_release`` DAG calls."""

from __future__ import annotations

import json
import shutil
import time
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from dbt_project.build import build_warehouse as run_dbt
from dbt_project.build import dbt_work, plan
from dbt_project.erased import erased_after
from exports import marts
from exports.containment import judge
from exports.package.record import hand_over
from exports.render import Staged, Unsafe, chosen_products, render_products
from exports.reports.calendar import Kept, kept_dates, released_days
from lmi.core import release as releases
from lmi.core.clock import utc_now
from lmi.core.ledger import Ledger, Stage
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from lmi.core.version import code_version
from validation.vetting.decisions import FILES, not_vetted

#: what the build hands to the publishing, beside the staged folder
NOTES = "notes.json"


class ReleaseStopped(Exception):
    """No release is published; the last one stays. The message says which check failed and where to look."""


def build_warehouse(settings: Settings, day: date) -> dict[str, Any]:
    """Build the warehouse as of ``day`` into the work folder.

    Returns ``{release_id, as_of, unchanged}`` for ``publish_release``; ``unchanged`` means exactly this release was
    published before. Raises ReleaseStopped when a check that protects the whole release fails.
    """
    paths = Paths.of(settings)
    ledger = Ledger(paths.ledger)
    chosen_products(settings)  # a wrong name is told before the build, not after it
    with exclusive(paths.locks, "release", f"building the release of {day}"), ledger.stage("build", day) as stage:
        planned = plan(settings, day)
        built = {"release_id": planned.release_id, "as_of": day.isoformat(), "unchanged": False}
        stage.detail["release_id"] = planned.release_id
        standing = releases.read_release(paths.releases / planned.release_id)
        if standing or ledger.was_published(planned.release_id):
            stage.outcome = "unchanged"
            return built | {"unchanged": True}
        if planned.unvetted:
            stage.outcome = "stopped"
            raise ReleaseStopped(not_vetted(planned.unvetted, day))
        folder = _work_folder(paths)
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        started = time.monotonic()
        outcome = run_dbt(settings, planned, folder)
        seconds = round(time.monotonic() - started, 2)
        verdict = judge(outcome.manifest, outcome.results)
        if not outcome.ok and not verdict.stopping and not verdict.contained:
            verdict.stopping.append(_tail(outcome.log))
        if verdict.stopping:
            stage.outcome = "stopped"
            raise ReleaseStopped(
                f"The release of {day} is not published: {'; '.join(verdict.stopping[:5])}. The last release stands."
                f" Log: {outcome.log}"
            )
        stale = marts.replace_contained(folder / "warehouse.duckdb", verdict.contained, releases.current(paths))
        stage.detail |= {"stale": stale, "dbt_seconds": seconds}
        inputs = [
            {"source": s, "load_id": load.load_id, "sha256": load.sha256, "rows": load.rows,
             "delivery_date": load.delivery_date.isoformat(), "delivery_status": load.delivery_status}
            for s, loads in planned.inputs.items() for load in loads
        ]  # fmt: skip
        vetting = [
            {"source": e.source_id, "load_id": e.load_id, "rule_set": e.rule_set, "context": e.context,
             "sha256": {table: e.sha256(table) for table in FILES}}
            for e in planned.evaluations
        ]  # fmt: skip
        notes = {
            "release_id": planned.release_id,
            "vetting": vetting,
            "stale": stale,
            "timings": {"dbt_seconds": seconds},
            "inputs": inputs,
        }
        (folder.parent / NOTES).write_text(json.dumps(notes), "utf-8")
        return built


def _work_folder(paths: Paths) -> Path:
    """One path for all builds of a home, so that dbt finds its parsed project again."""
    return paths.work / "build" / "staged"


def _tail(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8").splitlines() if line.strip()]
    return "dbt did not run: " + " | ".join(lines[-5:])


def publish_release(settings: Settings, built: dict[str, Any]) -> str:
    """Write the analysts' file and exports, audit them, flip the pointer. Returns the release id."""
    paths = Paths.of(settings)
    day, release_id = date.fromisoformat(built["as_of"]), built["release_id"]
    ledger = Ledger(paths.ledger)
    with (
        exclusive(paths.locks, "release", f"publishing the release of {day}"),
        ledger.stage("publish", day) as stage,
    ):
        stage.detail["release_id"] = release_id
        if built["unchanged"]:
            stage.outcome = "unchanged"
            releases.adopt(paths, release_id)
        else:
            stage.detail["row_counts"] = _publish(settings, paths, release_id, day, stage)
        if not ledger.was_published(release_id):
            ledger.record_release(release_id, day, "published")
        if release := releases.read_release(paths.releases / release_id):
            stage.detail["publications"] = hand_over(settings, release)
        shutil.rmtree(_work_folder(paths).parent, ignore_errors=True)
    return release_id


def _publish(settings: Settings, paths: Paths, release_id: str, day: date, stage: Stage) -> dict[str, int]:
    folder = _work_folder(paths)
    notes = json.loads((folder.parent / NOTES).read_text("utf-8"))
    if notes.pop("release_id") != release_id:
        raise ReleaseStopped(f"Release {release_id} is no longer staged: another was built meanwhile. Build it again.")
    manifest, results = (
        json.loads((dbt_work(folder) / name).read_text("utf-8")) for name in ("manifest.json", "run_results.json")
    )
    models = marts.published_models(manifest, results)
    started = time.monotonic()
    kept = _kept(settings, Ledger(paths.ledger), day)
    erased = sorted({manifest["delivery_date"] for manifest in erased_after(paths, day)})
    counts = marts.write_marts(
        folder, models, notes["stale"], release_id, day.isoformat(), kept, erased, memory_limit=settings.memory_limit
    )
    notes["timings"]["exports_seconds"] = round(time.monotonic() - started, 2)
    try:
        products = render_products(Staged(folder, release_id, day, settings, _previous(paths, day)))
    except Unsafe as unsafe:
        stage.outcome = "stopped"
        raise ReleaseStopped(str(unsafe)) from None
    stage.detail["products"] = {name: found["status"] for name, found in products.items()}
    document = {
        "release_id": release_id,
        "as_of": day.isoformat(),
        "built_at": utc_now().isoformat(timespec="seconds"),
        "profile": settings.profile,
        "code_version": code_version(),
        "row_counts": counts,
        "products": products,
        **notes,
    }
    try:
        releases.publish(paths, folder, release_id, document, settings.releases_kept, marts.audit)
    except marts.AuditError as error:
        stage.outcome = "stopped"
        raise ReleaseStopped(str(error)) from None
    return counts


def _kept(settings: Settings, ledger: Ledger, day: date) -> list[Kept]:
    """What was announced up to ``day`` and when it was released; this release is among them."""
    today = day if settings.profile == "sandbox" else utc_now().astimezone(settings.tz).date()
    earlier = [one for one in released_days(ledger.stages(), settings) if one[0] < day]
    return kept_dates([*earlier, (day, today)], datetime.combine(day, time_of_day.max, settings.tz), settings)


def _previous(paths: Paths, day: date) -> Path | None:
    """Folder of the release a reader had before: the current one, or for a past day the newest up to it."""
    standing = releases.current(paths)
    earlier = [release for release in releases.releases(paths) if release.as_of <= day]
    if standing is not None and standing.as_of <= day:
        return standing.folder
    return earlier[-1].folder if earlier else None
