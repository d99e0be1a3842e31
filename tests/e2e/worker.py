"""A part of the street in a process of its own, so that it can be killed: ``python -m tests.e2e.worker``.

Arguments: what to do (``land``, ``release``, ``publish``), home, nation, working day, then for ``land`` the address of
the provider servers and the source. ``publish`` takes up a warehouse that is built already.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from dbt_project.build import plan
from exports.pipeline import publish_release
from ingest.pipeline import fetch_and_land
from lmi.cli import outside
from tests.e2e.conftest import street_on


def main(what: str, home: str, nation: str, day: str, sources: str, *rest: str) -> None:
    servers = outside.Providers(rest[0]) if rest else None
    street = street_on(Path(home), Path(nation), providers=servers, sources=tuple(sources.split(",")))
    working_day = date.fromisoformat(day)
    if what == "land":
        fetch_and_land(street.settings, rest[1], working_day)
    elif what == "release":
        street.publish(working_day)
    else:
        release_id = plan(street.settings, working_day).release_id
        publish_release(street.settings, {"release_id": release_id, "as_of": day, "unchanged": False})


if __name__ == "__main__":
    main(*sys.argv[1:])
