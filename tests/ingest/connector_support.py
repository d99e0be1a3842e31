"""Support of the connector tests: a toy source, a context, and a loopback server that answers as scripted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa

from ingest.connectors import CONNECTORS
from ingest.delivery import Delivery, FetchContext
from ingest.registry import Source, load_registry, parse_source
from lmi.core.keys import load_keys
from lmi.core.paths import Paths
from lmi.core.settings import Settings

DAY = date(2026, 10, 1)
KEY = "11111111-2222-4333-8444-555555555555"
BAD_INPUTS = Path(__file__).parent / "bad_inputs"
#: impatient: no test waits
HTTP = {"attempts": 3, "backoff": 0.001, "read_timeout": 0.3, "deadline": 1.0, "requests_per_second": 100_000}


def toy_source(fetch: Mapping[str, Any], connector: str = "file_drop", **changes: Any) -> Source:
    """A contract of four columns, changed as a test needs it."""
    labels = {"ko": "시험", "en": "Test"}
    pattern = {"pattern": "toy_{date}*"} if connector == "file_drop" else {}
    entry = {
        "source": "toy", "version": "1.0.0", "entity": "toys", "register": "vacancies", "profiles": ["sandbox"],
        "description": labels, "provider": {"code": "TOY", "country": "KR", **labels},
        "licence": {"id": "none", "name": "none", "redistribution": "none"},
        "connector": connector, "fetch": {**pattern, **fetch}, "schedule": {"cron": "0 0 * * *", "every": "day"},
        "delivery": "incremental", "empty": "allowed", "key": ["code"], "raw": "plain",
        "retention": {"years": 1, **labels},
        "columns": [
            {"name": "code", "required": True, **labels},
            {"name": "place", "wire": "name", **labels},
            {"name": "amount", "logicalType": "number", **labels},
            {"name": "noted_on", "logicalType": "date", **labels},
        ],
    }  # fmt: skip
    return parse_source({**entry, **changes}, "toy.yml")


def registered(source_id: str, **fetch: Any) -> Source:
    """A registered source that waits for nothing."""
    source = load_registry()[source_id]
    return replace(source, fetch={**source.fetch, "http": HTTP, **fetch})


@dataclass(frozen=True)
class Context(FetchContext):
    """A context whose answers to ``asked`` a test gives."""

    values: Mapping[tuple[str, str], list[str]] = field(default_factory=dict)

    def asked(self, source_id: str, column: str, until: date) -> list[str]:
        return self.values.get((source_id, column), [])


def context(home: Path, port: int = 9, values: Mapping[tuple[str, str], list[str]] | None = None) -> Context:
    settings = Settings(
        home=home, drop=home / "drop", endpoints={"DEFAULT": f"http://127.0.0.1:{port}"},
        api_keys={"work24": KEY, "data_go_kr": KEY},
    )  # fmt: skip
    return Context(settings, Paths.of(settings), load_keys(settings), values or {})


def read(delivery: Delivery) -> list[dict[str, Any]]:
    """All rows of a delivery as dictionaries; its schema is checked on the way."""
    rows: list[dict[str, Any]] = []
    for batch in delivery.batches:
        names = [*delivery.source.column, "_page", "_row"]
        assert batch.schema.names == names
        assert all(batch.schema.field(n).type == pa.string() for n in delivery.source.column)
        rows += batch.to_pylist()
    places = [(r["_page"], r["_row"]) for r in rows] + [(m.page, m.row) for m in delivery.malformed]
    assert len(places) == len(set(places))
    return rows


def fetch(source: Source, ctx: FetchContext, day: date = DAY) -> list[Delivery]:
    return list(CONNECTORS[source.connector].fetch(source, day, ctx))


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it; ``nth`` counts equal requests from 1."""

    method: str
    path: str
    params: Mapping[str, str]
    body: bytes
    nth: int


@dataclass(frozen=True)
class Reply:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    declared: int | None = None  # Content-Length other than the body's
    hold: threading.Event | None = None  # says nothing until the event is set
    drip: tuple[int, float] | None = None  # bytes at a time, pause in seconds


Script = Callable[[Asked], Reply | bytes]


@dataclass
class Wire:
    port: int
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


@contextmanager
def wire(script: Script) -> Iterator[Wire]:
    """A loopback server answering by ``script``."""
    seen: dict[str, int] = {}
    lock = threading.Lock()
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            with lock:
                log.connections += 1

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            name = json.dumps([self.path, body.decode()])
            with lock:
                seen[name] = seen.get(name, 0) + 1
                asked = Asked(self.command, address.path, dict(parse_qsl(address.query)), body, seen[name])
                log.asked.append(asked)
            reply = script(asked)
            reply = Reply(reply) if isinstance(reply, bytes) else reply
            if reply.hold:
                reply.hold.wait(5)
                self.close_connection = True
                return
            try:
                self._send(reply)
            except OSError:
                self.close_connection = True

        do_POST = do_GET

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for header, value in reply.headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(reply.body) if reply.declared is None else reply.declared))
            self.end_headers()
            step, pause = reply.drip or (max(len(reply.body), 1), 0.0)
            for start in range(0, len(reply.body), step):
                self.wfile.write(reply.body[start : start + step])
                self.wfile.flush()
                if pause and stop.wait(pause):
                    return
            if reply.declared is not None:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    log = Wire(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield log
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()
