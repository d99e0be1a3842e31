"""Validate the loads of one working day of one source: the second task of the ``ingest_<source>`` DAG."""

from __future__ import annotations

from datetime import date

from ingest.registry import sources_of
from lmi.core.clock import utc_now
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings


class LoadRefused(Exception):
    """At least one load broke its contract as a whole; its rows stay out and the last good data stands."""


def validate_loads(settings: Settings, source_id: str, loads: list[str], day: date) -> None:
    """Validate landed folders (relative to the home folder), and what landed earlier and was never validated.

    Raises LoadRefused after all of them were looked at.
    """
    from validation.run import validate

    source = sources_of(settings.profile, (source_id,))[source_id]
    paths = Paths.of(settings)
    refusals, refusals_ko = [], []
    with (
        exclusive(paths.locks, f"validate-{source_id}", f"validation of {source_id} for {day}"),
        Ledger(paths.ledger).stage("validate", day, source_id) as stage,
    ):
        counts = dict.fromkeys(("fetched", "accepted", "quarantined", "duplicates", "withheld"), 0)
        statuses = set()
        due = sorted({*loads, *_never_validated(paths, source_id, day)})
        for load in due:
            outcome = validate(paths.home / load, source, settings, now=utc_now())
            statuses.add(outcome.status)
            if outcome.status == "refused":
                refusals.append(f"{outcome.load_id}: {outcome.reason['en']}")
                refusals_ko.append(f"{outcome.load_id}: {outcome.reason['ko']}")
            if outcome.status in {"accepted", "refused"}:
                found = outcome.counts | {"withheld": outcome.manifest["withheld"]}
                counts = {name: counts[name] + found[name] for name in counts}
        stage.detail |= {"counts": counts, "refusals": refusals, "refusals_ko": refusals_ko}
        stage.outcome = (
            "refused"
            if refusals
            else "nothing delivered"
            if not due
            else "ok"
            if "accepted" in statuses
            else "unchanged"
        )
        if refusals:
            raise LoadRefused(f"{source_id}, {day}: {'; '.join(refusals)}. The last good data stands.")


def _never_validated(paths: Paths, source_id: str, day: date) -> list[str]:
    """Landed folders up to ``day`` without a result: a run ended between landing and validation, or a load beside
    them was refused. A file that has landed is not delivered again, so nobody else would name them."""
    from ingest.landing import folder_of, loads
    from validation.accepted import manifests

    known = {manifest["load_id"] for manifest in manifests(paths, source_id)}
    landed = [manifest for manifest in loads(paths, source_id, day) if manifest["load_id"] not in known]
    return [str(folder_of(paths, manifest).relative_to(paths.home)) for manifest in landed]
