"""HTTP/1.1 on loopback: keep-alive, buffered writes, and answers that fail on their way."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.server.answers import Answer, Request
from sandbox.server.app import CONTROL, Sandbox
from sandbox.server.failures import Rule

MAX_BODY = 1 << 20
SLOW_CHUNKS = 20


class SandboxServer(ThreadingHTTPServer):
    """Binds 127.0.0.1 only. ``end`` closes every connection and waits for its thread: none outlives the interpreter."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 256

    def __init__(self, port: int, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def end(self) -> None:
        """Stop listening, end held and idle connections, return when all their threads have ended."""
        self.stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no news; anything else is."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    server: SandboxServer
    timeout = 60  # of an idle connection, seconds
    wbufsize = 1 << 16  # unbuffered writes with keep-alive cost 20-fold in requests per second
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        request = self._request()
        if request is None:
            self.send_error(413)
            self.close_connection = True
        elif request.path.startswith(CONTROL):
            self._send(self.server.sandbox.control(request))
        else:
            self._travel(*self.server.sandbox.answer(request))

    def _request(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return None
        parts = urlsplit(self.path)
        parameters: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            parameters.setdefault(name, value)
        return Request(self.command, parts.path, parameters, self.rfile.read(int(length)))

    def _travel(self, answer: Answer, failure: Rule | None) -> None:
        mode = failure.mode if failure else ""
        if failure and mode == "timeout":
            self.server.stopping.wait(failure.number("seconds"))
            self.close_connection = True
        elif failure and mode == "slow_body":
            self._head(answer)
            step = max(1, -(-len(answer.body) // SLOW_CHUNKS))
            for start in range(0, len(answer.body), step):
                self.wfile.write(answer.body[start : start + step])
                self.wfile.flush()
                self.server.stopping.wait(failure.number("seconds") / SLOW_CHUNKS)
        elif failure and mode == "truncated_body":
            self._head(answer)
            self.wfile.write(answer.body[: int(len(answer.body) * failure.number("keep"))])
            self.close_connection = True
        else:
            self._send(answer)

    def _head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, answer: Answer) -> None:
        self._head(answer)
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: request lines carry keys."""
