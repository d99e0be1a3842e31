"""Rows per second of each stage of the street, in one run.

``LMI_BENCH_PERSONS`` sets the size (default 100,000). Rates are per second of wall clock; run it on an idle machine.
Memory is what all processes of the street hold at one moment (proportional set size: shared pages counted once).
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from exports.pipeline import build_warehouse, publish_release
from lmi.core.ledger import Ledger
from tests.street import Street
from validation.linkage.mentions import link_mentions
from validation.linkage.pipeline import link_clients
from validation.vetting.pipeline import vet

STAGES = ("land", "validate", "vet", "link", "build", "publish")
#: of DuckDB in each process; what all processes hold beside it is measured
MEMORY_LIMIT = "2.5GB"


def stage_seconds(street: Street, stage: str) -> float:
    """Seconds of all attempts at one stage, from the ledger."""
    return sum(s["seconds"] or 0.0 for s in Ledger(street.paths.ledger).stages() if s["stage"] == stage)


def validated_rows(street: Street) -> int:
    counts = [s["detail"]["counts"] for s in Ledger(street.paths.ledger).stages() if s["stage"] == "validate"]
    return sum(c["fetched"] for c in counts)


def measure_street() -> dict[str, Any]:
    """Generate, land history and one day, validate, vet, link, build, publish with all products; a line per stage."""
    persons = int(os.environ.get("LMI_BENCH_PERSONS", "100000"))
    with tempfile.TemporaryDirectory(prefix="lmi-bench-") as folder:
        base, memory = Path(folder), Memory()
        peaks: dict[str, int] = {}
        with Street(base / "home", base / "nation", persons, seed=11, memory_limit=MEMORY_LIMIT, products=()) as street:
            begun = time.monotonic()
            facts = street.generate()
            generated = time.monotonic() - begun
            peaks["generate"] = memory.peak()
            say("generate", sum(facts["rows"].values()), generated, peaks["generate"])
            days = (street.history_end, street.history_end + timedelta(days=1))
            begun = time.monotonic()
            for day in days:
                street.deliver(day)
            delivered = time.monotonic() - begun
            peaks["deliver"] = memory.peak()
            for day in days:
                for source in street.sources:
                    street.land(day, [source])
            rows = validated_rows(street)
            peaks["land and validate"] = memory.peak()
            say("deliver (outside world)", rows, delivered, peaks["deliver"])
            say("fetch and land", rows, stage_seconds(street, "land"), peaks["land and validate"])
            say("validate", rows, stage_seconds(street, "validate"), peaks["land and validate"])
            told = vet(street.settings, days[-1])
            postings = sum(facts["postings"] for facts in told["sources"].values())
            peaks["vet"] = memory.peak()
            say("vet", postings, stage_seconds(street, "vet"), peaks["vet"])
            link_clients(street.settings, days[-1])
            link_mentions(street.settings, days[-1])
            peaks["link"] = memory.peak()
            say("link", rows, stage_seconds(street, "link"), peaks["link"])
            built = build_warehouse(street.settings, days[-1])
            peaks["build"] = memory.peak()
            say("build", rows, stage_seconds(street, "build"), peaks["build"])
            publish_release(street.settings, built)
            peaks["publish"] = memory.peak()
            say("publish", rows, stage_seconds(street, "publish"), peaks["publish"])
            return {
                "persons": persons,
                "rows": rows,
                "postings": postings,
                "seconds": {"generate": round(generated, 1), "deliver": round(delivered, 1)}
                | {name: round(stage_seconds(street, name), 1) for name in STAGES},
                "peak_mb": peaks,
            }


class Memory:
    """The highest memory of this process and all its descendants together, sampled twice a second. Linux only."""

    def __init__(self, seconds: float = 0.5) -> None:
        self._highest = 0.0
        self._seconds = seconds
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self._highest = max(self._highest, held_mb())
            time.sleep(self._seconds)

    def peak(self) -> int:
        """MB at the highest moment since the last call."""
        highest, self._highest = self._highest, 0.0
        return round(highest)


def held_mb() -> float:
    """MB held now by this process and its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    held, waiting = 0.0, [os.getpid()]
    while waiting:
        process = waiting.pop()
        waiting += children.get(process, [])
        with suppress(OSError, StopIteration):
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            held += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    return held


def say(stage: str, rows: int, seconds: float, peak: int) -> None:
    rate = rows / max(seconds, 1e-9)
    sys.stdout.write(f"{stage:24} {rows:>12,} rows {seconds:8.1f} s {rate:>12,.0f} rows/s {peak:>8,} MB\n")
    sys.stdout.flush()
