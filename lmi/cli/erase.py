"""``lmi erase``: erase one person on request.

The identifier is asked for or read from standard input. It is never an argument: those stand in the shell's history and
in the list of processes.
"""

from __future__ import annotations

import getpass
import re
import sys

from lmi.cli.calendar import standing_time
from lmi.cli.exits import DataFailure, out
from lmi.cli.words import text
from lmi.core.clock import utc_now
from lmi.core.keys import load_keys
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.settings import SettingError, Settings
from validation.retirement import NotErased, erase


def run(settings: Settings, basis: str, *, reader: str | None = None) -> None:
    """Ask for the resident number, erase, and say what was deleted and where the proof is.

    Raises SettingError for what is no resident number (the message does not repeat it), DataFailure when anything is
    left.
    """
    asked = sys.stdin.readline() if not sys.stdin.isatty() else getpass.getpass(text("erase_ask", settings.language))
    digits = re.sub(r"[\s-]", "", asked)
    if not re.fullmatch(r"[0-9]{6}[1-8][0-9]{6}", digits):
        raise SettingError(text("erase_no_number", settings.language))
    person = load_keys(settings).token("person", digits)
    now = utc_now()
    stages = Ledger(Paths.of(settings).ledger).stages()
    try:
        proof = erase(settings, person, day=standing_time(settings, stages, now).date(), now=now, basis=basis,
                      reader=reader or getpass.getuser())  # fmt: skip
    except NotErased as left:
        raise DataFailure(str(left)) from left
    zones: dict[str, int] = {}
    for counted in proof["rows_deleted"].values():
        for zone, rows in counted.items():
            zones[zone] = zones.get(zone, 0) + rows
    rows = ", ".join(f"{zone} {count}" for zone, count in sorted(zones.items())) or "0"
    out.print(text("erased", settings.language, name=proof["name"], rows=rows, file=proof["file"]),
              highlight=False, soft_wrap=True)  # fmt: skip
