"""Fetch and land one working day of one source: what the ``ingest_<source>`` DAG calls."""

from __future__ import annotations

from datetime import date

from ingest.connected import why_not_connected
from ingest.delivery import FetchContext, FetchError
from ingest.registry import sources_of
from lmi.core.clock import utc_now
from lmi.core.keys import load_keys
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from lmi.core.steps import reached
from lmi.core.version import code_version

#: outcome of a stage whose source nobody delivers
NOT_CONNECTED = "not connected"


class DeliveryRefused(Exception):
    """Nothing could be landed and trying again will not help; the message says why."""


def fetch_and_land(settings: Settings, source_id: str, day: date) -> list[str]:
    """Land every delivery of the day; returns the load folders, new or already there, relative to the home folder.

    A source that is not connected (national profile) has none; the ledger says what is missing.
    Raises DeliveryRefused for a final refusal and FetchError for one that may pass, after every other delivery of the
    day has landed.
    """
    from ingest.connectors import CONNECTORS
    from ingest.landing import land

    source = sources_of(settings.profile, (source_id,))[source_id]
    paths = Paths.of(settings)
    context = FetchContext(settings, paths, load_keys(settings))
    with (
        exclusive(paths.locks, f"land-{source_id}", f"landing of {source_id} for {day}"),
        Ledger(paths.ledger).stage("land", day, source_id) as stage,
    ):
        landed: list[str] = []
        refused: list[FetchError] = []
        stage.detail["loads"] = []
        if missing := why_not_connected(source, settings):
            stage.outcome, stage.detail["missing"] = NOT_CONNECTED, missing
            return landed
        try:
            for delivery in CONNECTORS[source.connector].fetch(source, day, context):
                try:
                    load = land(
                        delivery,
                        context,
                        now=utc_now(),
                        code_version=code_version(),
                        on_step=lambda s: reached(f"land.{s}"),
                    )
                except FetchError as error:  # only this delivery: a bad file does not hold up those of other days
                    refused.append(error)
                    continue
                stage.detail["loads"].append({"load_id": load.load_id, "status": load.status, "rows": load.rows})
                landed.append(str(load.folder.relative_to(paths.home)))
        except FetchError as error:
            refused.append(error)
        if refused:
            stage.outcome = "refused"
            stage.detail |= {"code": refused[0].code, "error": "; ".join(map(str, refused))}
            if passing := [error for error in refused if error.transient]:
                raise passing[0]
            raise DeliveryRefused(f"{source_id}, {day}: {stage.detail['error']}") from refused[0]
        statuses = {load["status"] for load in stage.detail["loads"]}
        stage.outcome = "nothing delivered" if not statuses else "unchanged" if statuses == {"unchanged"} else "ok"
    return landed
