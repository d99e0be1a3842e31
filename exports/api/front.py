"""What stands before the routes: the release of a request, its key, and the answers that lie ready."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exports.api.editions import Editions
from exports.api.keys import HEADER, fingerprint
from exports.api.messages import language, problem

#: open to everybody, also where keys are asked for
WITHOUT_KEY = ("/v1/health", "/openapi.json")
#: where the edition of a request stands in its scope
EDITION = "lmi.edition"


@dataclass(frozen=True)
class Deprecation:
    """Addresses below ``path`` are no longer the way to go since ``since`` and end on ``sunset`` (RFC 9745, RFC 8594).
    ``successor``: address of what takes their place."""

    path: str
    since: date
    sunset: date
    successor: str

    def headers(self) -> list[tuple[bytes, bytes]]:
        since, sunset = (datetime.combine(day, time(), UTC) for day in (self.since, self.sunset))
        return [
            (b"deprecation", f"@{int(since.timestamp())}".encode()),
            (b"sunset", format_datetime(sunset, usegmt=True).encode()),
            (b"link", f'<{self.successor}>; rel="successor-version"'.encode()),
        ]


class Front:
    """ASGI middleware. One edition is taken per request, so no answer mixes two releases. An answer that lies ready
    under exactly this address goes out at once; everything else passes to the routes."""

    def __init__(
        self,
        app: ASGIApp,
        editions: Editions,
        keys: frozenset[str] | None,
        deprecations: Iterable[Deprecation],
        default_language: str,
    ) -> None:
        self.app, self.editions, self.keys = app, editions, keys
        self.deprecations = [(entry.path, entry.headers()) for entry in deprecations]
        self.default_language = default_language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        for start, headers in self.deprecations:
            if path.startswith(start):
                send = _adding(send, headers)
        if self.keys is not None and path not in WITHOUT_KEY and not self._may_read(scope):
            said = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
            refusal = problem("key_needed", language(said, self.default_language), path, headers=CHALLENGE)
            await refusal(scope, receive, send)
            return
        edition = self.editions.current
        if edition is not None and scope["method"] in ("GET", "HEAD"):
            ready = edition.ready(path, scope["query_string"])
            if ready is not None:
                await ready(scope, receive, send)
                return
        scope[EDITION] = edition
        if scope["method"] == "HEAD":
            scope["method"], send = "GET", _without_body(send)
        await self.app(scope, receive, send)

    def _may_read(self, scope: Scope) -> bool:
        assert self.keys is not None
        return any(
            fingerprint(value.decode("latin-1")) in self.keys for name, value in scope["headers"] if name == HEADER
        )


CHALLENGE = {"WWW-Authenticate": 'ApiKey header="X-API-Key"'}


def _adding(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}
        await send(message)

    return sending


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sending
