"""The outside world of the real profile: real postings behind interfaces, lists and classifications as files.

``serve`` answers as USAJOBS, as a portal in an early JobPosting dialect and as JobTech, on loopback; ``deliver`` puts
the files of one working day into the drop folder, each with its control total. Content depends on the files, names on
the day.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

USAJOBS = "/api/historicjoa"
POSTINGS = "/jobposting/early/postings"
JOBTECH = {
    "/jobtech/platsannons/_search": "platsannons_results_eng.json",
    "/jobtech/platsannonser/_search": "platsannonser_expected_after_conversion.json",
    "/jobtech/import": "platsannonser_source_test_import.json",
}
MAX_PAGE_SIZE = 1000
PARENT_CHECK_SECONDS = 0.2


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")


def _csv_rows(path: Path) -> int:
    return sum(1 for _ in csv.reader(io.StringIO(_text(path), newline=""))) - 1


def _quoted_tsv_rows(path: Path) -> int:
    return sum(1 for _ in csv.reader(io.StringIO(_text(path), newline=""), delimiter="\t")) - 1


def _lines(path: Path) -> int:
    return sum(1 for line in _text(path).split("\n") if line.strip())


def _table_lines(path: Path) -> int:
    return _lines(path) - 1


def _items(path: Path) -> int:
    return len(json.loads(_text(path)))


@dataclass(frozen=True)
class Drop:
    """A real file as one delivery of a source; ``rows`` counts what its control total declares."""

    source: str
    file: str
    rows: Callable[[Path], int]

    def name(self, day: date) -> str:
        return f"{self.source}_{day:%Y%m%d}{self.file[self.file.index('.') :]}"


DROPS = (
    Drop("tx_training_programmes", "tx_training_programmes/programmes.csv.gz", _csv_rows),
    Drop("onet_occupations", "onet_29_2/Occupation Data.txt.gz", _table_lines),
    Drop("onet_job_zones", "onet_29_2/All_Occupations.txt.gz", _quoted_tsv_rows),
    Drop("onet_alternate_titles", "onet_29_2/Alternate Titles.txt.gz", _table_lines),
    Drop("keco_occupations", "kr_classifications/keco-tree.json", _items),
    Drop("ksco_occupations", "kr_classifications/ksco-tree.json", _items),
    Drop("ksic_industries", "kr_classifications/ksic-tree.json", _items),
    Drop("ksic_crosswalk_9_10", "kr_classifications/ksic_9_to_10.csv", _csv_rows),
    Drop("ksic_crosswalk_10_11", "kr_classifications/ksic-oldnew.json", _items),
)


def deliver(data: Path, drop: Path, day: date) -> list[Path]:
    """Copy every real file into ``drop/<source>/`` under its name of ``day`` and write its control total beside it.

    The control total is written first, so that a file that is there can be checked. Raises OSError when a file is
    missing or the drop folder cannot be written.
    """
    delivered = []
    for each in DROPS:
        origin = data / each.file
        target = drop / each.source / each.name(day)
        target.parent.mkdir(parents=True, exist_ok=True)
        total = {"rows": each.rows(origin), "sha256": hashlib.sha256(origin.read_bytes()).hexdigest()}
        target.with_name(target.name + ".ctl").write_text(json.dumps(total) + "\n", encoding="utf-8")
        part = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(origin, part)
        part.replace(target)
        delivered.append(target)
    return delivered


class Providers(ThreadingHTTPServer):
    """Interfaces that answer from the real files, 127.0.0.1 only: USAJOBS and postings in pages, JobTech verbatim."""

    daemon_threads = True

    def __init__(self, data: Path, port: int) -> None:
        departments = sorted((data / "usajobs").glob("jobs_*.json.gz"))
        if not departments:
            raise FileNotFoundError(f"{data / 'usajobs'}: no jobs_*.json.gz")
        postings = _text(data / "jobposting_schemaorg" / "50_sample.json.gz").split("\n")
        self.announcements = [row for file in departments for row in json.loads(_text(file))]
        self.postings = [json.loads(line) for line in postings if line.strip()]
        self.verbatim = {path: (data / "jobtech_se" / file).read_bytes() for path, file in JOBTECH.items()}
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of one request."""
        if path in self.verbatim:
            return 200, self.verbatim[path]
        if path == USAJOBS:
            rows, page, size = self.announcements, asked.get("PageNumber", "1"), asked.get("PageSize", "100")
        elif path == POSTINGS:
            rows, page, size = self.postings, asked.get("page", "1"), asked.get("size", "20")
        else:
            return 404, _json({"error": "unknown path"})
        if not (page.isdigit() and size.isdigit() and int(page) >= 1 and 1 <= int(size) <= MAX_PAGE_SIZE):
            return 400, _json({"error": f"pages from 1, page size 1 to {MAX_PAGE_SIZE}"})
        first, count = (int(page) - 1) * int(size), int(size)
        part = rows[first : first + count]
        if path == POSTINGS:
            return 200, _json({"total": len(rows), "page": int(page), "size": count, "postings": part})
        metadata = {"totalCount": len(rows), "currentPage": int(page), "pageSize": count}
        return 200, _json({"paging": {"metadata": metadata}, "data": part})


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Providers
    timeout = 60
    wbufsize = 1 << 16  # unbuffered writes with keep-alive cost 20-fold in requests per second

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, body = self.server.answer(parts.path, asked)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def serve(data: Path, port: int, port_file: Path | None, parent: int | None) -> None:
    """Serve until SIGTERM, SIGINT or the end of the parent process."""
    server = Providers(data, port)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        if port_file:
            part = port_file.with_name(f".{port_file.name}.{os.getpid()}")
            part.write_text(f"{server.port}\n", encoding="ascii")
            part.replace(port_file)
        while not stopping.wait(PARENT_CHECK_SECONDS):
            if parent and os.getppid() != parent:
                stopping.set()
    finally:
        server.shutdown()
        server.server_close()


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 when a file of the real data is missing."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.real", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    put = commands.add_parser("deliver", help="put the files of one day into the drop folder")
    put.add_argument("--drop", type=Path, required=True)
    put.add_argument("--day", type=date.fromisoformat, required=True)
    answer = commands.add_parser("serve", help="answer as the interfaces on loopback")
    answer.add_argument("--port", type=int, default=0, help="0: any free port (default)")
    answer.add_argument("--port-file", type=Path, help="written, whole, once the server listens")
    answer.add_argument("--parent", type=int, metavar="PID", help="end when this process is no longer the parent")
    for command in (put, answer):
        command.add_argument("--data", type=Path, required=True, help="folder of the real data")
    args = parser.parse_args(arguments)
    try:
        if args.command == "deliver":
            print(f"{len(deliver(args.data, args.drop, args.day))} files for {args.day} in {args.drop}")
        else:
            serve(args.data, args.port, args.port_file, args.parent)
    except OSError as error:
        print(f"sandbox.real {args.command}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
