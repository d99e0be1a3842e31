"""The simulated outside: all providers of a nation at one clock, with the failures in force."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from email.utils import formatdate
from pathlib import Path
from time import time as clock_time
from typing import Any, ClassVar, Protocol

from sandbox.server.answers import HTML, Answer, Request, json_answer, not_found
from sandbox.server.contracts import CONTRACTS, Contract, SetupError, load_contract
from sandbox.server.effects import Effects, plant
from sandbox.server.failures import RETRY_AT_DATE, FailurePlan, Rule
from sandbox.server.hrdnet import HrdNet
from sandbox.server.kcomwel import Kcomwel
from sandbox.server.nts import Nts
from sandbox.server.portal import Portal
from sandbox.server.work24 import MAX_PAGE, Work24

#: any UUID of 36 characters would do; the sandbox's run and tests use this one
DEFAULT_KEY = "00000000-0000-4000-8000-000000000000"
CONTROL = "/_sandbox/"
_MAINTENANCE = (
    "<!DOCTYPE html>\n<html lang='ko'><head><title>서비스 점검 안내</title></head>"
    "<body><h1>서비스 점검 중입니다</h1><p>잠시 후 다시 이용해 주십시오.</p></body></html>\n"
)


class Provider(Protocol):
    source: ClassVar[str]
    endpoints: ClassVar[Mapping[str, str]]
    contract: Contract

    def answer(self, endpoint: str, request: Request, now: datetime, effects: Effects) -> Answer: ...


def parse_clock(text: str) -> datetime:
    """A day (its first moment) or a moment, Korean time without zone. Raises SetupError on anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SetupError(f"clock '{text}' is neither 2026-10-03 nor 2026-10-03T04:00:00.") from error
    return moment.replace(tzinfo=None)


class Sandbox:
    """Routes requests to providers and keeps clock, failures and counts. Safe to use from many threads."""

    def __init__(
        self,
        nation: Path,
        clock: datetime | date,
        *,
        contracts: Path = CONTRACTS,
        keys: frozenset[str] = frozenset({DEFAULT_KEY}),
        failures: str = "",
        seed: int = 0,
        page_ceiling: int = MAX_PAGE,
    ) -> None:
        if not (nation / "provider").is_dir():
            raise SetupError(
                f"{nation}: no folder 'provider' here. Generate the nation first: python -m sandbox generate."
            )
        self._now = clock if isinstance(clock, datetime) else datetime.combine(clock, time())
        self._seed = seed
        self._providers = _providers(nation / "provider", contracts, keys, page_ceiling)
        self._routes = {
            p.contract.fetch[path]: (name, endpoint)
            for name, p in self._providers.items()
            for endpoint, path in p.endpoints.items()
        }
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._plan = self._planned(failures)

    def _planned(self, spec: Any) -> FailurePlan:
        contracts = {name: p.contract for name, p in self._providers.items()}
        return FailurePlan(
            spec, contracts, {name: tuple(p.endpoints) for name, p in self._providers.items()}, self._seed
        )

    def answer(self, request: Request) -> tuple[Answer, Rule | None]:
        """The provider's answer, and how its way to the client is to fail (None: it does not)."""
        route = self._routes.get(request.path)
        if route is None:
            return not_found(), None
        name, endpoint = route
        with self._lock:
            now, plan = self._now, self._plan
        decision = plan.decide(name, endpoint, request)
        with self._lock:
            self._counts.update((request.path, mode) for mode in decision.modes or ("ok",))
        return self._travelling(decision.transport) or self._content(
            name, endpoint, request, now, decision.effects
        ), decision.transport

    def _content(self, name: str, endpoint: str, request: Request, now: datetime, effects: Effects) -> Answer:
        answer = self._providers[name].answer(endpoint, request, now, effects)
        return replace(answer, body=plant(answer.body)) if effects.planted else answer

    @staticmethod
    def _travelling(rule: Rule | None) -> Answer | None:
        """Answers that replace the provider's own."""
        if rule is None:
            return None
        if rule.mode == "http_429":
            after = rule.options["retry_after"]
            at_date = formatdate(clock_time() + 1, usegmt=True)  # the client's clock, not the simulated one
            return Answer(b"", HTML, 429, {"Retry-After": at_date if after == RETRY_AT_DATE else after})
        if rule.mode == "http_500":
            return Answer(b"<html><body>Internal Server Error</body></html>", HTML, int(rule.options["status"]))
        return Answer(_MAINTENANCE.encode(), HTML) if rule.mode == "html_200" else None

    def control(self, request: Request) -> Answer:
        """``clock``, ``failures`` and ``requests`` under ``/_sandbox/``: for runs and tests, outside the plan."""
        try:
            return self._control(request.method, request.path.removeprefix(CONTROL), request.body)
        except (SetupError, ValueError, KeyError, TypeError) as error:
            return json_answer({"error": str(error)}, 400)

    def _control(self, method: str, what: str, body: bytes) -> Answer:
        if what == "clock" and method == "PUT":
            moment = parse_clock(json.loads(body)["now"])
            with self._lock:
                self._now = moment
        elif what == "failures" and method == "PUT":
            plan = self._planned(json.loads(body)["failures"])
            with self._lock:
                self._plan = plan
        elif what == "requests" and method == "DELETE":
            with self._lock:
                self._counts.clear()
        elif what not in {"clock", "requests"} or method != "GET":
            return json_answer({"error": "PUT|GET clock, PUT failures, GET|DELETE requests"}, 404)
        with self._lock:
            if what == "clock":
                return json_answer({"now": self._now.isoformat()})
            counts: dict[str, dict[str, int]] = {}
            for (path, mode), count in sorted(self._counts.items()):
                counts.setdefault(path, {})[mode] = count
        return json_answer({"requests": counts} if what == "requests" else {"status": "OK"})


def _providers(folder: Path, contracts: Path, keys: frozenset[str], page_ceiling: int) -> dict[str, Provider]:
    """Providers whose file is there; another's paths are unknown to this server."""

    def files(source: str) -> tuple[Contract, Path]:
        return load_contract(contracts, source), folder / f"{source}.parquet"

    providers: dict[str, Provider] = {
        "work24": Work24(*files(Work24.source), keys, page_ceiling),
        "hrdnet": HrdNet(*files(HrdNet.source), keys),
        "nts": Nts(*files(Nts.source), keys),
        "kcomwel": Kcomwel(*files(Kcomwel.source), keys),
        "portal": Portal(*files(Portal.source)),
    }
    present = {name: p for name, p in providers.items() if (folder / f"{p.source}.parquet").is_file()}
    if not present:
        raise SetupError(f"{folder}: none of the providers' files is here, e.g. work24_vacancies.parquet.")
    return present
