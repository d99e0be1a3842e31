"""``lmi board``: where the status board of the current release is."""

from __future__ import annotations

from pathlib import Path

from exports.board.product import first_page
from lmi.cli.exits import DataFailure
from lmi.cli.words import text
from lmi.core.paths import Paths
from lmi.core.release import require_current
from lmi.core.settings import Settings


def address(settings: Settings) -> Path:
    """The first page in the language of the settings, by the pointer, so that a bookmark stays.

    Raises ReleaseError without a release, DataFailure for one without a board.
    """
    paths = Paths.of(settings)
    release = require_current(paths)
    page = first_page(paths.current_release, settings.language)
    if page is None:
        raise DataFailure(text("no_board", settings.language, release=release.id))
    return page
