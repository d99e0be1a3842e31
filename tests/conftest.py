"""How the workers share the suite: a file stays with one of them, and so does a folder whose tests share releases."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

#: folders whose releases take minutes to build
TOGETHER = ("tests/truth", "tests/real")
#: folders that begin first, since they last longest: no worker is to wait for the other at the end
FIRST = ("truth", "e2e")


class ByFileOrFolder(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(super()._split_scope(nodeid))
        return str(file.parent if str(file.parent) in TOGETHER else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFileOrFolder | None:
    return ByFileOrFolder(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        room = item.path.relative_to(here).parts[0]
        return FIRST.index(room) if room in FIRST else len(FIRST)

    items.sort(key=turn)
