"""``serve``: start the provider servers, say where they listen, end with the caller."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.server.app import DEFAULT_KEY, Sandbox, parse_clock
from sandbox.server.contracts import CONTRACTS, SetupError
from sandbox.server.failures import HELP
from sandbox.server.httpd import SandboxServer
from sandbox.server.work24 import MAX_PAGE

DESCRIPTION = "Serve the providers of a synthetic nation on 127.0.0.1, as of a simulated clock."
EPILOG = (
    HELP
    + """
at run time:  PUT|GET /_sandbox/clock {"now": "2026-10-03T04:00:00"}   PUT /_sandbox/failures {"failures": SPEC}
              GET|DELETE /_sandbox/requests (counts per path and failure mode)
exit codes:   0 ended by SIGTERM, SIGINT or with its parent; 2 wrong or missing setting
"""
)
PARENT_CHECK_SECONDS = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``serve`` to a parser. Failure modes are explained in its epilog."""
    parser.description = parser.description or DESCRIPTION
    parser.epilog = parser.epilog or EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--nation", type=Path, required=True, help="folder of the nation (holds provider/*.parquet)")
    parser.add_argument("--port", type=int, default=0, help="0: any free port (default)")
    parser.add_argument("--clock", required=True, help="simulated Korean time: 2026-10-01 or 2026-10-01T04:00:00")
    parser.add_argument("--port-file", type=Path, help="written, whole, once the server listens; removed at the end")
    parser.add_argument("--failures", default="", help="failure modes, see below")
    parser.add_argument("--seed", type=int, default=0, help="picks the failing requests and columns")
    parser.add_argument("--auth-key", action="append", help=f"key accepted, repeatable (default {DEFAULT_KEY})")
    parser.add_argument("--contracts", type=Path, default=CONTRACTS, help="folder of the contracts")
    parser.add_argument("--page-ceiling", type=int, default=MAX_PAGE, help="last page of a Work24 list (1000)")
    parser.add_argument("--exit-with-parent", type=int, metavar="PID", help="end when this process is gone")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM, SIGINT or the end of the parent. Returns the exit code."""
    try:
        sandbox = Sandbox(
            args.nation,
            parse_clock(args.clock),
            contracts=args.contracts,
            keys=frozenset(args.auth_key or [DEFAULT_KEY]),
            failures=args.failures,
            seed=args.seed,
            page_ceiling=args.page_ceiling,
        )
        server = SandboxServer(args.port, sandbox)
    except (SetupError, OSError) as error:
        print(f"sandbox serve: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stopping.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    print(f"sandbox: http://127.0.0.1:{server.port} as of {args.clock}", flush=True)
    try:
        if args.port_file:
            write_port(args.port_file, server.port)
        while not server.stopping.wait(PARENT_CHECK_SECONDS):
            if args.exit_with_parent and not is_alive(args.exit_with_parent):
                server.stopping.set()
    finally:
        server.end()
        if args.port_file:
            args.port_file.unlink(missing_ok=True)
    return 0


def write_port(path: Path, port: int) -> None:
    """Write the port so that a reader sees all of it or no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(f"{port}\n", encoding="ascii")
    os.replace(temporary, path)


def is_alive(pid: int) -> bool:
    """Whether a process runs. One that has ended but was not collected yet (a zombie) does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:  # no /proc on this system
        return True
    return state != "Z"
