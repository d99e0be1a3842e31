"""``python -m sandbox generate|deliver|serve``: make a nation, write its files to a folder, answer as a provider."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from sandbox.server.contracts import SetupError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    generate = commands.add_parser("generate", help="generate the synthetic nation")
    generate.add_argument("--nation", type=Path, required=True, help="folder to write (replaced)")
    generate.add_argument("--persons", type=int, default=10_000)
    generate.add_argument("--seed", type=int, default=1)
    generate.add_argument("--threads", type=int, default=2)
    generate.add_argument("--memory-limit", default="3GB", help="DuckDB's memory limit (default 3GB)")
    generate.add_argument("--quiet", action="store_true", help="print only the summary")
    deliver = commands.add_parser("deliver", help="write providers' files of one day, of several, or of the history")
    deliver.add_argument("--nation", type=Path, required=True)
    deliver.add_argument("--drop", type=Path, required=True)
    what = deliver.add_mutually_exclusive_group(required=True)
    what.add_argument("--history", action="store_true", help="one bulk file per source up to the history's last day")
    what.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD")
    deliver.add_argument("--to", type=date.fromisoformat, help="last day, with --day")
    deliver.add_argument("--source", action="append", default=[], help="only this source; may be repeated")
    deliver.add_argument("--failures", default="", help="failure modes of files, see `serve --help`")
    deliver.add_argument("--seed", type=int, default=0, help="picks the failing bytes and columns")
    serve = commands.add_parser("serve", help="answer as the providers, on loopback")
    if importlib.util.find_spec("sandbox.server") is not None:
        from sandbox.server.cli import add_arguments

        add_arguments(serve)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 ok, 1 the nation is missing or cannot be made, 2 usage."""
    args = _parser().parse_args(argv)
    if args.command == "serve":
        from sandbox.server.cli import run

        return int(run(args))
    try:
        return _generate(args) if args.command == "generate" else _deliver(args)
    except (FileNotFoundError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except SetupError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2


def _generate(args: argparse.Namespace) -> int:
    from sandbox.nation import generate

    def progress(stage: str, seconds: float) -> None:
        if not args.quiet:
            print(f"  {seconds:7.1f} s  {stage}", flush=True)

    rows = generate(
        args.nation, args.persons, args.seed, threads=args.threads, memory_limit=args.memory_limit, progress=progress
    )
    print(f"nation of {args.persons:,} persons in {args.nation}: {sum(rows.values()):,} provider rows")
    return 0


def _deliver(args: argparse.Namespace) -> int:
    from sandbox.drop import history_end, write_deliveries, write_history

    if args.history:
        delivered = {history_end(args.nation): write_history(args.nation, args.drop, args.source)}
    else:
        days = range(((args.to or args.day) - args.day).days + 1)
        delivered = {
            day: write_deliveries(args.nation, args.drop, day, args.source)
            for day in (args.day + timedelta(days=n) for n in days)
        }
    print(f"{sum(map(len, delivered.values()))} files in {args.drop}")
    if args.failures:
        from sandbox.server.file_failures import corrupt_deliveries, file_rules

        rules = file_rules(args.failures)
        spoilt = [f for day, files in delivered.items() for f in corrupt_deliveries(files, day, rules, args.seed)]
        print(f"{len(spoilt)} of them spoilt")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
