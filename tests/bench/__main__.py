"""``make bench``: what the pipeline costs, in ratios of one run. Not a test: nothing is asserted on time."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.pieces import measure_pieces
from tests.bench.scale import measure_marts
from tests.bench.street import measure_street

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "street": measure_street,
    "pieces": measure_pieces,
    "marts": measure_marts,
}


def main() -> None:
    said = "\n".join(f"{name}: {part.__doc__}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, epilog=said,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them unless named")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}")
    found = {name: part() for name, part in PARTS.items() if name in (asked.parts or PARTS)}
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
