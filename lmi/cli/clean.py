"""``lmi clean``: keep the home within its disk budget."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from lmi.core import release as releases
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings

LOGS_KEPT = 20


def size_of(path: Path) -> int:
    """Bytes below ``path``; links are not followed."""
    if path.is_symlink():
        return 0
    return path.stat().st_size if path.is_file() else sum(f.lstat().st_size for f in path.rglob("*") if f.is_file())


def clean_home(settings: Settings, *, dry_run: bool) -> dict[str, Any]:
    """Remove scratch and old logs, then the oldest releases until the home fits ``disk_budget_gb``.

    Landing, accepted rows, the sealed zone, keys, issued reports and the current release are never touched.
    """
    paths = Paths.of(settings)
    with exclusive(paths.locks, "run", "lmi clean"):
        logs = sorted((paths.airflow / "logs").glob("run-*.log"))
        doomed = [p for p in (paths.work,) if p.exists()] + logs[:-LOGS_KEPT]
        used = size_of(settings.home) if settings.home.exists() else 0
        budget = int(settings.disk_budget_gb * 1e9)
        left = used - sum(map(size_of, doomed))
        standing, outdated = releases.current(paths), []
        for release in releases.releases(paths):
            if left <= budget:
                break
            if standing is None or release.id != standing.id:
                outdated.append(release)
                left -= size_of(release.folder) - size_of(release.folder / "exports" / "reports")
        if not dry_run:
            for path in doomed:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            for release in outdated:
                releases.remove(paths, release)
    verb = "would be freed" if dry_run else "freed"
    over = "" if left <= budget else f" Still over the budget of {settings.disk_budget_gb} GB: landing is kept always."
    return {
        "used_bytes": used,
        "left_bytes": left,
        "budget_bytes": budget,
        "removed": [str(p) for p in (*doomed, *(release.folder for release in outdated))],
        "text": f"{(used - left) / 1e6:,.1f} MB {verb}; {left / 1e6:,.1f} MB used.{over}",
    }
