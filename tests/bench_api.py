"""Requests per second and 99th percentile of the API against bare FastAPI and static servers, in one run.

``python -m tests.bench_api`` (or ``make bench-api``). Every server is one uvicorn process on one core, the client one
process on another; the same bytes over the same connections. Rounds take turns, so that what else the machine does hits
all alike; the ratio is the median over the rounds.

- bare: FastAPI, one route that returns a ``Response`` of bytes in memory (and 304 where asked).
- static: Starlette's ``StaticFiles`` on the file.
- nginx: the same file, where nginx is installed.
- memory: an ASGI function without routes that sends the bytes; what no Python server beats.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from tests.exports.api.conftest import editions_of
from tests.exports.handmade import publish, rows

PATHS = {"whole": "/v1/occupations/3040", "304": "/v1/occupations/3040", "page": "/v1/occupations?q=a&limit=50"}
#: (of what it is a share, case) -> the least that is asked for
LEAST = {
    ("bare", "whole"): 0.9, ("static", "whole"): 0.4, ("nginx", "whole"): 0.4,
    ("bare", "304"): 0.9, ("bare", "page"): 0.9,
}  # fmt: skip
#: servers that know no condition, or no parameter
WITHOUT = {("memory", "304"), ("memory", "page"), ("static", "page"), ("nginx", "page")}
#: one worker that keeps the file open and the connections alive
NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off; default_type application/json; keepalive_requests 100000000; open_file_cache max=16;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""
P99_MOST = 2.0


def home_in(folder: Path) -> Path:
    """A release whose document is as long as a busy occupation's, some 10 kB."""
    busy = rows()
    skill = busy["mart_occupation_skill"][0]
    busy["mart_occupation_skill"] = [skill | {"skill_code": f"skill_{n:02}"} for n in range(25)]
    wage = busy["mart_occupation_wage"][0]
    busy["mart_occupation_wage"] += [wage | {"region_code": f"{n}"} for n in range(20, 30)]
    publish(folder, made_of=busy)
    return folder


def ours(home: Path) -> Any:
    from exports.api.app import create_app

    return create_app(editions_of(home))


def bare(home: Path) -> Any:
    body, page, app = document(home), document(home, PATHS["page"]), FastAPI()

    @app.get("/v1/occupations")
    async def occupations(q: str = "", limit: int = 50, cursor: str | None = None) -> Response:
        return Response(page, media_type="application/json", headers={"etag": '"x"'})

    @app.get("/v1/occupations/{code}")
    async def occupation(code: str, request: Request) -> Response:
        if request.headers.get("if-none-match") == '"x"':
            return Response(status_code=304, headers={"etag": '"x"'})
        return Response(body, media_type="application/json", headers={"etag": '"x"'})

    return app


def static(home: Path) -> Any:
    return StaticFiles(directory=home / "static")


def memory(home: Path) -> Any:
    body = document(home)
    start = {"type": "http.response.start", "status": 200, "headers": [
        (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"etag", b'"x"'),
    ]}  # fmt: skip

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return app


SERVERS: dict[str, Callable[[Path], Any]] = {"ours": ours, "bare": bare, "static": static, "memory": memory}


def document(home: Path, address: str = PATHS["whole"]) -> bytes:
    return TestClient(ours(home), headers={"Accept-Encoding": "identity"}).get(address).content


def serve(name: str, home: Path, listener: socket.socket, core: int) -> None:
    os.sched_setaffinity(0, {core})
    config = uvicorn.Config(SERVERS[name](home), log_level="error", access_log=False, lifespan="off")
    uvicorn.Server(config).run([listener])


def serve_nginx(binary: str, home: Path, port: int, core: int) -> None:
    """Become nginx on the same file and core."""
    os.sched_setaffinity(0, {core})
    folder = home / "nginx"
    folder.mkdir()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, root=home / "static"))
    os.execv(binary, [binary, "-p", str(folder), "-c", str(folder / "nginx.conf")])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 10.0) -> None:
    """Until somebody listens. Raises OSError when nobody does in time."""
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


class Reader(asyncio.Protocol):
    """One connection that asks again as soon as an answer is whole, until the deadline."""

    def __init__(self, request: bytes, until: float, seconds: list[float], done: asyncio.Future[None]) -> None:
        self.request, self.until, self.seconds, self.done = request, until, seconds, done
        self.buffer, self.wanted = b"", 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.asked = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.wanted:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            status = head[9:12]
            if status not in (b"200", b"304"):
                raise RuntimeError(head.decode())
            at = head.find(b"content-length: ")
            length = int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 and status == b"200" else 0
            self.wanted = end + 4 + length
        if len(self.buffer) >= self.wanted:
            now = time.perf_counter()
            self.seconds.append(now - self.asked)
            self.buffer, self.wanted = b"", 0
            if now < self.until:
                self._ask()
            else:
                self.transport.close()
                self.done.set_result(None)


async def measure(port: int, request: bytes, seconds: float, connections: int) -> list[float]:
    """Seconds of each answered request."""
    loop, found = asyncio.get_running_loop(), list[float]()
    until = time.perf_counter() + seconds
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(lambda end=end: Reader(request, until, found, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    return found


def asked(case: str, etag: str) -> bytes:
    lines = [f"GET {PATHS[case]} HTTP/1.1", "Host: localhost", "Accept-Encoding: identity"]
    if case == "304":
        lines.append(f"If-None-Match: {etag}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def etag_of(port: int, path: str) -> tuple[str, bytes]:
    """ETag and body of the answer."""
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Accept-Encoding": "identity"})
    answer = connection.getresponse()
    return answer.headers.get("etag", ""), answer.read()


def run(seconds: float, rounds: int, connections: int) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """(server, case) -> (requests per second, 99th percentile in seconds) of each round."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        home = home_in(Path(folder))
        file = home / "static" / PATHS["whole"].lstrip("/")
        file.parent.mkdir(parents=True)
        file.write_bytes(document(home))
        ports, running = {}, []
        for name in SERVERS:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen(256)
            ports[name] = listener.getsockname()[1]
            process = multiprocessing.get_context("fork").Process(target=serve, args=(name, home, listener, cores[0]))
            process.start()
            running.append(process)
        if nginx := shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
            ports["nginx"] = free_port()
            process = multiprocessing.get_context("fork").Process(
                target=serve_nginx, args=(nginx, home, ports["nginx"], cores[0])
            )
            process.start()
            running.append(process)
            wait_for(ports["nginx"])
        else:
            sys.stdout.write("nginx is not installed: no compiled static server to compare with\n")
        os.sched_setaffinity(0, {cores[-1]})
        try:
            told = {(n, c): etag_of(ports[n], PATHS[c]) for n in ports for c in PATHS if (n, c) not in WITHOUT}
            for case in PATHS:
                bodies = {body for (_, of), (_, body) in told.items() if of == case}
                assert len(bodies) == 1, f"{case}: the servers do not send the same bytes"
            found: dict[tuple[str, str], list[tuple[float, float]]] = {}
            for number in range(rounds + 1):
                for name, case in sorted(told, key=lambda key: key[1]):
                    request = asked(case, told[name, case][0])
                    times = sorted(uvloop.run(measure(ports[name], request, seconds, connections)))
                    if number:  # the first round warms up
                        p99 = times[int(len(times) * 0.99)]
                        found.setdefault((name, case), []).append((len(times) / seconds, p99))
            return found
        finally:
            for process in running:
                process.terminate()
                process.join()


def report(found: dict[tuple[str, str], list[tuple[float, float]]]) -> bool:
    """Print medians and ratios; whether every target is met."""
    met = True
    sys.stdout.write("server   case    requests/s   p99 ms   of ours: ratio, p99 ratio (medians over the rounds)\n")
    for (name, case), measured in found.items():
        mine = found["ours", case]
        share = statistics.median(a[0] / b[0] for a, b in zip(mine, measured, strict=True))
        slower = statistics.median(a[1] / b[1] for a, b in zip(mine, measured, strict=True))
        verdict = ""
        if (name, case) in LEAST:
            is_met = share >= LEAST[name, case] and (name != "bare" or slower <= P99_MOST)
            most = f", p99 <= {P99_MOST}" if name == "bare" else ""
            verdict = f"  {'met' if is_met else 'MISSED'}: >= {LEAST[name, case]}{most}"
            met &= is_met
        rate, p99 = (statistics.median(values) for values in zip(*measured, strict=True))
        sys.stdout.write(f"{name:8} {case:6} {rate:11,.0f} {p99 * 1000:8.2f}   {share:.2f}, {slower:.2f}{verdict}\n")
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    return 0 if report(run(chosen.seconds, chosen.rounds, chosen.connections)) else 1


if __name__ == "__main__":
    sys.exit(main())
