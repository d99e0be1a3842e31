"""A whole street in one process: a nation outside, and the real landing, validation and publishing of one home.

What the DAGs do is done here by the same functions, so a test sees exceptions and results directly. The outside world
stays outside: nation, deliveries and provider servers are subprocesses, reached over files and HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd

from exports.pipeline import build_warehouse, publish_release
from exports.render import NONE
from ingest.pipeline import fetch_and_land
from ingest.registry import sources_of
from lmi.cli import outside
from lmi.cli.query import open_marts
from lmi.core.paths import Paths
from lmi.core.release import require_current
from lmi.core.settings import Settings, load_settings
from validation.coding.postings import code_postings
from validation.linkage.mentions import link_mentions
from validation.linkage.pipeline import link_clients
from validation.pipeline import validate_loads
from validation.vetting.pipeline import vet


class Street:
    """One home and one nation. Use it as a context manager: the provider servers start on first need and end with it.

    Two streets on one nation folder share it: the one that comes first generates it. ``options`` are further settings
    by field name; no product is rendered unless ``products`` are among them. ``failures`` is a specification of
    ``sandbox serve --failures``, of files as well; ``providers`` are servers of this nation that run already.
    """

    def __init__(
        self,
        home: Path,
        nation: Path,
        persons: int = 2_000,
        seed: int = 7,
        *,
        failures: str | None = None,
        providers: outside.Providers | None = None,
        **options: object,
    ) -> None:
        self._settings = load_settings(
            {},
            home=home,
            nation=nation,
            sandbox_seed=seed,
            sandbox_persons=persons,
            **({"products": (NONE,)} | options),
        )
        self._failures = failures
        self._stack = ExitStack()
        self._providers = providers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the provider servers."""
        self._stack.close()
        self._providers = None

    @property
    def settings(self) -> Settings:
        """Settings in force; with the address of the provider servers once they run."""
        if self._providers is None:
            return self._settings
        keys = dict.fromkeys(("work24", "data_go_kr"), outside.SANDBOX_KEY)
        return replace(self._settings, endpoints={"DEFAULT": self._providers.url}, api_keys=keys)

    @property
    def paths(self) -> Paths:
        return Paths.of(self._settings)

    @property
    def truth(self) -> Path:
        """Folder of the nation's truth."""
        return self._settings.nation / "truth"

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of all sources in force, in an order in which look-ups come after what they ask about."""
        found = sources_of(self._settings.profile, self._settings.sources).values()
        return tuple(s.id for s in sorted(found, key=lambda s: (s.delivery == "lookup", s.id)))

    def generate(self) -> dict[str, Any]:
        """Facts of the nation (``nation.json``); generated first unless it is there in this seed and size."""
        return outside.ensure_nation(self._settings)

    @property
    def history_end(self) -> date:
        return outside.history_end(self.generate())

    def deliver(self, day: date) -> None:
        """Put the files of ``day`` into the drop folder; on the history's last day the bulk deliveries."""
        outside.deliver(self._settings, day, self.generate(), self._failures)

    def land(self, day: date, sources: Iterable[str] | None = None) -> dict[str, list[str]]:
        """Fetch, land and validate working day ``day`` (all sources, or those named); load folders by source.

        Raises what the rooms raise: DeliveryRefused, FetchError, LoadRefused.
        """
        self._open_providers(day)
        landed = {}
        for source_id in self.sources if sources is None else sources:
            landed[source_id] = fetch_and_land(self.settings, source_id, day)
            validate_loads(self.settings, source_id, landed[source_id], day)
        return landed

    def publish(self, as_of: date) -> str:
        """Vet, build and publish the release as of ``as_of``; its id. Raises ReleaseStopped."""
        return publish_release(self.settings, self.build(as_of))

    def build(self, as_of: date) -> dict[str, Any]:
        """Vet, code titles, link and build the release as of ``as_of``: what its publishing takes. Raises
        ReleaseStopped."""
        vet(self.settings, as_of)
        code_postings(self.settings, as_of)
        link_clients(self.settings, as_of)
        link_mentions(self.settings, as_of)
        return build_warehouse(self.settings, as_of)

    def query(self, sql: str) -> pd.DataFrame:
        """Answer of the current release's marts, as ``lmi query`` gives it."""
        with open_marts(require_current(self.paths)) as con:
            return con.execute(sql).df()

    def _open_providers(self, day: date) -> None:
        if self._providers is None:
            self.generate()
            self._providers = self._stack.enter_context(outside.providers(self._settings, day, self._failures))
        self._providers.set_clock(day)
