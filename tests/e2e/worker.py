"""A part of the street in a process of its own, so that it can be killed: ``python -m tests.e2e.worker``.

Arguments: what to do (``land``, ``release``, ``publish``), the working day, then for ``land`` the address of the
provider servers and the source. ``publish`` takes up a warehouse that is built already. Settings come from the
environment.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date

from lmi.core.settings import Settings, load_settings


def land(settings: Settings, day: date, address: str, source: str) -> None:
    from ingest.pipeline import fetch_and_land

    keys = dict.fromkeys(("work24", "data_go_kr"), "00000000-0000-4000-8000-000000000000")
    fetch_and_land(replace(settings, endpoints={"DEFAULT": address}, api_keys=keys), source, day)


def release(settings: Settings, day: date) -> None:
    from exports.pipeline import build_warehouse, publish_release
    from validation.vetting.pipeline import vet

    vet(settings, day)
    publish_release(settings, build_warehouse(settings, day))


def publish(settings: Settings, day: date) -> None:
    from dbt_project.build import plan
    from exports.pipeline import publish_release

    built = {"release_id": plan(settings, day).release_id, "as_of": day.isoformat(), "unchanged": False}
    publish_release(settings, built)


if __name__ == "__main__":
    what, working_day, *rest = sys.argv[1:]
    {"land": land, "release": release, "publish": publish}[what](
        load_settings(), date.fromisoformat(working_day), *rest
    )
