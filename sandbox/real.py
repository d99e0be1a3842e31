"""The outside world of the real profile: public files as their providers deliver them, and USAJOBS as an interface.

``deliver`` puts the files of one working day into the drop folder, each with its control total; ``serve`` answers the
paged history of USAJOBS on loopback. Bytes depend on the files and the day in their names only.
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

USAJOBS_PATH = "/api/historicjoa"
USAJOBS_MAX_PAGE_SIZE = 1000
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


def _items(*keys: str) -> Callable[[Path], int]:
    def count(path: Path) -> int:
        found: Any = json.loads(_text(path))
        for key in keys:
            found = found[key]
        return len(found)

    return count


@dataclass(frozen=True)
class Drop:
    """A real file as one delivery of a source. ``suffix`` follows the date: several files of one source and day."""

    source: str
    file: str
    rows: Callable[[Path], int]
    suffix: str = ""

    def name(self, day: date) -> str:
        ending = self.file[self.file.index(".") :]
        return f"{self.source}_{day:%Y%m%d}{self.suffix}{ending}"


DROPS = (
    Drop("jobposting_schemaorg", "jobposting_schemaorg/50_sample.json.gz", _lines),
    Drop("jobtech_ads", "jobtech_se/platsannons_results_eng.json", _items("hits", "hits"), "_search"),
    Drop("jobtech_ads", "jobtech_se/platsannonser_expected_after_conversion.json", _items("hits", "hits"), "_index"),
    Drop("jobtech_imports", "jobtech_se/platsannonser_source_test_import.json", _items("testannonser")),
    Drop("tx_training_programmes", "tx_training_programmes/programmes.csv.gz", _csv_rows),
    Drop("onet_occupations", "onet_29_2/Occupation Data.txt.gz", _table_lines),
    Drop("onet_job_zones", "onet_29_2/All_Occupations.txt.gz", _quoted_tsv_rows),
    Drop("onet_alternate_titles", "onet_29_2/Alternate Titles.txt.gz", _table_lines),
    Drop("keco_occupations", "kr_classifications/keco-tree.json", _items()),
    Drop("ksco_occupations", "kr_classifications/ksco-tree.json", _items()),
    Drop("ksic_industries", "kr_classifications/ksic-tree.json", _items()),
    Drop("ksic_crosswalk_9_10", "kr_classifications/ksic_9_to_10.csv", _csv_rows),
    Drop("ksic_crosswalk_10_11", "kr_classifications/ksic-oldnew.json", _items()),
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


class UsaJobs(ThreadingHTTPServer):
    """The paged history of announcements, 127.0.0.1 only. All departments' lists in the order of their file names."""

    daemon_threads = True

    def __init__(self, data: Path, port: int) -> None:
        files = sorted((data / "usajobs").glob("jobs_*.json.gz"))
        if not files:
            raise FileNotFoundError(f"{data / 'usajobs'}: no jobs_*.json.gz")
        self.announcements = [row for file in files for row in json.loads(_text(file))]
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def page(self, number: int, size: int) -> dict[str, Any]:
        rows = self.announcements[(number - 1) * size : number * size]
        metadata = {"totalCount": len(self.announcements), "currentPage": number, "pageSize": size}
        return {"paging": {"metadata": metadata}, "data": rows}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: UsaJobs
    timeout = 60
    wbufsize = 1 << 16  # unbuffered writes with keep-alive cost 20-fold in requests per second

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        number, size = asked.get("PageNumber", "1"), asked.get("PageSize", "100")
        if parts.path != USAJOBS_PATH:
            self._send({"error": "unknown path"}, 404)
        elif not (number.isdigit() and size.isdigit() and 1 <= int(size) <= USAJOBS_MAX_PAGE_SIZE and int(number) >= 1):
            self._send({"error": f"PageNumber from 1, PageSize 1 to {USAJOBS_MAX_PAGE_SIZE}"}, 400)
        else:
            self._send(self.server.page(int(number), int(size)), 200)

    def _send(self, answer: dict[str, Any], status: int) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def serve(data: Path, port: int, port_file: Path | None, parent: int | None) -> None:
    """Serve until SIGTERM, SIGINT or the end of the parent process."""
    server = UsaJobs(data, port)
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
    answer = commands.add_parser("serve", help="answer as USAJOBS on loopback")
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
