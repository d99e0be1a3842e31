"""What a release links: persons of registers without resident numbers.

Links follow from the lists delivered up to the day and from the register as it was delivered up to the last of these
lists, and from nothing else: they are made once and kept until another list comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ingest.registry import Source, sources_of
from lmi.core.clock import utc_now
from lmi.core.keys import load_keys
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation.accepted import accepted_loads
from validation.linkage.persons import link_persons, person_token, result_file

#: who reads the sealed zone, in its access log
READER = "lmi"


@dataclass(frozen=True)
class LinkedSource:
    """A register without resident numbers, the one its persons are looked for in, the file of links of ``until``."""

    clients: Source
    reference: Source
    until: date
    file: Path


def linked_on(settings: Settings, day: date) -> list[LinkedSource]:
    """What is linked for the release of ``day``; a file is there once ``link_clients`` has run."""
    return list(_asked(settings, Paths.of(settings), day))


def _asked(settings: Settings, paths: Paths, day: date) -> Iterator[LinkedSource]:
    sources = sources_of(settings.profile, settings.sources)
    for source in sources.values():
        reference = sources.get((source.linkage or {}).get("to", ""))
        if reference is None or person_token(source) is not None:
            continue
        if loads := accepted_loads(paths, source.id, day):
            until = max(load.delivery_date for load in loads)
            yield LinkedSource(source, reference, until, result_file(source, reference, paths, until))


def link_clients(settings: Settings, day: date) -> dict[str, Any]:
    """Links what has not been linked yet; by source, clients with consent and how many of them were found.

    Raises LinkageError, without any value of a person, when two registers could not be compared.
    """
    paths = Paths.of(settings)
    with (
        exclusive(paths.locks, "link", f"linkage for {day}"),
        Ledger(paths.ledger).stage("link", day) as stage,
    ):
        for asked in _asked(settings, paths, day):
            if asked.file.exists():
                continue
            linked = link_persons(
                asked.clients, asked.reference, paths, load_keys(settings), asked.until,
                reader=READER, reason=f"release of {day}", now=utc_now(), memory_limit=settings.memory_limit,
            )  # fmt: skip
            stage.detail[asked.clients.id] = {"records": linked.records, "linked": linked.linked}
        if not stage.detail:
            stage.outcome = "unchanged"
        return dict(stage.detail)
