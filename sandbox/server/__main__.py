"""``python -m sandbox.server``: the provider servers alone, without the rest of the sandbox's commands."""

from __future__ import annotations

import argparse
import sys

from sandbox.server.cli import DESCRIPTION, EPILOG, add_arguments, run


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.server",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
