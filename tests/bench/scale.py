"""The reference marts at several scales: CPU, memory, ratio to a pure scan, slope; pandas and polars beside them.

CPU seconds are user and system time of one process per figure, so another load on the machine costs time but few CPU
seconds. The generation of the facts is not counted.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.compared import difference
from tests.bench.facts import generate
from tests.bench.frame import Frame
from tests.bench.marts import MARTS
from tests.bench.measure import EVERYTHING, measured

#: whoever holds all rows in memory is asked up to this scale
LARGEST_COMPARED = 0.1
ENGINES = ("memory", "polars", "pandas")


def measure_marts() -> dict[str, Any]:
    """All scales of ``LMI_BENCH_SCALES`` (default .01,.1,1), DuckDB under ``LMI_BENCH_MEMORY`` (default 1GB).

    ``LMI_BENCH_FOLDER`` is where the facts are written and deleted (default: the folder for temporary files; scale 1
    needs 15 GB of disk). Prints a table per scale. A mart that does not finish or differs between engines is said so.
    """
    scales = sorted(float(scale) for scale in os.environ.get("LMI_BENCH_SCALES", ".01,.1,1").split(","))
    limit = os.environ.get("LMI_BENCH_MEMORY", "1GB")
    with tempfile.TemporaryDirectory(prefix="lmi-bench-", dir=os.environ.get("LMI_BENCH_FOLDER")) as folder:
        (Path(folder) / "frame").mkdir()
        frame = Frame(Path(folder) / "frame")
        found = [_measure_scale(scale, frame, Path(folder) / f"{scale:g}", limit) for scale in scales]
    slopes = _slopes(found) if len(found) > 1 else {}
    for mart, slope in slopes.items():
        _say(f"{mart:18} CPU grows with rows to the power {slope:.2f}")
    return {"memory_limit": limit, "scales": found, "slopes": slopes}


def _measure_scale(scale: float, frame: Frame, folder: Path, limit: str) -> dict[str, Any]:
    begun = time.monotonic()
    rows = generate(folder / "facts", scale)
    generated = time.monotonic() - begun
    frame.prepare(folder / "facts", folder / "home")
    size = sum(file.stat().st_size for file in folder.rglob("*.parquet")) / 1e9
    counts = ", ".join(f"{count:,} {fact.partition('_')[2]}" for fact, count in rows.items())
    _say(f"\nscale {scale:g}: {counts}; {size:.2f} GB of Parquet, generated in {generated:.0f} s")
    engines = ENGINES if scale <= LARGEST_COMPARED else ()
    heads = "".join(f"{engine:>9}{'x':>6}{'MB':>7}" for engine in engines)
    _say(f"{'mart':18}{'scan':>8}{'DuckDB':>9}{'x scan':>8}{'MB':>7}{heads}")
    everything = measured("scan", EVERYTHING, folder / "facts", folder / "home")
    marts = {}
    for mart in MARTS:
        marts[mart] = _measure_mart(mart, folder, limit, engines)
        _say(_line(mart, marts[mart], engines))
    total = _total(marts)
    _say(_line("all", total, engines))
    if "cpu" in everything and "cpu" in total["duckdb"]:
        ratio = total["duckdb"]["cpu"] / everything["cpu"]
        _say(f"all marts: {ratio:.1f} times one scan of all their columns ({everything['cpu']:.2f} CPU seconds)")
    for file in sorted(folder.rglob("*.parquet")):
        file.unlink()
    return {"scale": scale, "rows": rows, "gigabytes": size, "scan": everything, "marts": marts, "total": total}


def _measure_mart(mart: str, folder: Path, limit: str, engines: Sequence[str]) -> dict[str, Any]:
    facts, home = folder / "facts", folder / "home"
    found: dict[str, Any] = {
        engine: measured(engine, mart, facts, home, limit) for engine in ("scan", "duckdb", *engines)
    }
    for engine in engines:
        if "error" not in found[engine] and "error" not in found["duckdb"]:
            found[engine]["difference"] = difference(mart, "duckdb", engine, home)
    return found


def _total(marts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Sums of CPU and the highest peak, by engine; nothing for an engine that did not finish every mart."""
    total: dict[str, Any] = {}
    for engine in next(iter(marts.values())):
        figures = [mart[engine] for mart in marts.values()]
        total[engine] = {"error": "a mart did not finish"}
        if all("cpu" in figure for figure in figures):
            peak = max(figure["peak_mb"] for figure in figures)
            total[engine] = {"cpu": sum(figure["cpu"] for figure in figures), "peak_mb": peak}
    return total


def _line(name: str, found: Mapping[str, Any], engines: Sequence[str]) -> str:
    own, scan = found["duckdb"], found["scan"]
    if "error" in own:
        return f"{name:18} did not finish: {own['error']}"
    text = f"{name:18}{scan['cpu']:8.2f}{own['cpu']:9.2f}{own['cpu'] / scan['cpu']:8.1f}{own['peak_mb']:7,}"
    for engine in engines:
        # in memory beside what is in memory: a file costs its writing
        other, beside = found[engine], scan if engine == "memory" else found["memory"]
        if failed := [one["error"] for one in (other, beside) if "error" in one]:
            text += f"  {engine} did not finish: {failed[0]}"
            continue
        text += f"{other['cpu']:9.2f}{other['cpu'] / beside['cpu']:6.1f}{other['peak_mb']:7,}"
        if other.get("difference"):
            text += f"  {engine} differs: {other['difference']}"
    return text


def _slopes(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Slope of log CPU over log scale by least squares, per mart and for all."""
    slopes = {}
    for mart in (*MARTS, "all"):
        figures = [(one["scale"], (one["marts"].get(mart) or one["total"])["duckdb"]) for one in found]
        points = [(math.log(scale), math.log(figure["cpu"])) for scale, figure in figures if "cpu" in figure]
        if len(points) < 2:
            continue
        middle = [sum(values) / len(points) for values in zip(*points, strict=True)]
        above = sum((x - middle[0]) * (y - middle[1]) for x, y in points)
        slopes[mart] = above / sum((x - middle[0]) ** 2 for x, _ in points)
    return slopes


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
