"""``make bench``: rows per second of each stage of the street, in one run. Not a test: nothing is asserted on time.

``LMI_BENCH_PERSONS`` sets the size (default 100,000). Rates are per second of wall clock; run it on an idle machine.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from lmi.core.ledger import Ledger
from tests.street import Street


def stage_seconds(street: Street, stage: str) -> float:
    """Seconds of all attempts at one stage, from the ledger."""
    return sum(s["seconds"] or 0.0 for s in Ledger(street.paths.ledger).stages() if s["stage"] == stage)


def validated_rows(street: Street) -> int:
    counts = [s["detail"]["counts"] for s in Ledger(street.paths.ledger).stages() if s["stage"] == "validate"]
    return sum(c["fetched"] for c in counts)


def main() -> None:
    """Generate, land history and one day, validate, build; print one line per stage and a JSON line for scripts."""
    persons = int(os.environ.get("LMI_BENCH_PERSONS", "100000"))
    with tempfile.TemporaryDirectory(prefix="lmi-bench-") as folder:
        base = Path(folder)
        with Street(base / "home", base / "nation", persons, seed=11, memory_limit="3GB") as street:
            begun = time.monotonic()
            facts = street.generate()
            generated = time.monotonic() - begun
            say("generate", sum(facts["rows"].values()), generated)
            begun = time.monotonic()
            for day in (street.history_end, street.history_end + timedelta(days=1)):
                street.deliver(day)
            delivered = time.monotonic() - begun
            for day in (street.history_end, street.history_end + timedelta(days=1)):
                street.land(day)
            rows = validated_rows(street)
            say("deliver (outside world)", rows, delivered)
            say("fetch and land", rows, stage_seconds(street, "land"))
            say("validate", rows, stage_seconds(street, "validate"))
            street.publish(street.history_end + timedelta(days=1))
            say("build", rows, stage_seconds(street, "build"))
            say("publish", rows, stage_seconds(street, "publish"))
            result = {
                "persons": persons,
                "rows": rows,
                "seconds": {"generate": round(generated, 1)}
                | {name: round(stage_seconds(street, name), 1) for name in ("land", "validate", "build", "publish")},
                "peak_mb": peak_mb(),
            }
    sys.stdout.write(json.dumps(result) + "\n")


def peak_mb() -> dict[str, int]:
    """Highest resident memory of this process and of the largest subprocess (nation, dbt), in MB."""
    who = {"street": resource.RUSAGE_SELF, "largest subprocess": resource.RUSAGE_CHILDREN}
    return {name: resource.getrusage(kind).ru_maxrss // 1024 for name, kind in who.items()}


def say(stage: str, rows: int, seconds: float) -> None:
    sys.stdout.write(f"{stage:24} {rows:>12,} rows {seconds:8.1f} s {rows / max(seconds, 1e-9):>12,.0f} rows/s\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
