"""The promise of each package as it was last committed, beside its file: a breaking change shows before any release.

``python -m exports.package.promised`` writes it anew; it refuses a change that the version does not announce.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from exports.opendata.package import open_package
from exports.package.changes import promise, require_version
from exports.package.spec import Package, load_package
from lmi.core.settings import PROJECT_ROOT

EXPORTS = PROJECT_ROOT / "exports"
#: packages of this project by their file
PACKAGES: Mapping[Path, Callable[[Path], Package]] = {
    EXPORTS / "occupations" / "tables.yml": load_package,
    EXPORTS / "opendata" / "package.yml": open_package,
}


def promised(path: Path) -> Path:
    """Where the promise of the package in ``path`` stands."""
    return path.with_name("promised.json")


def require_known_version(path: Path, package: Package) -> None:
    """Raises BreakingChange where the package is not what was promised and its version does not say so."""
    require_version(json.loads(promised(path).read_text("utf-8")), promise(package))


def write(path: Path, load: Callable[[Path], Package] = load_package) -> None:
    """Write the promise of the package in ``path``. Raises BreakingChange."""
    package = load(path)
    if promised(path).is_file():
        require_known_version(path, package)
    text = json.dumps(promise(package), ensure_ascii=False, indent=1)
    promised(path).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    for file, load in PACKAGES.items():
        write(file, load)
        sys.stdout.write(f"{promised(file)} written\n")
