"""Protects and audits a national month: about 250 districts x 21 sections x sex x six age groups.

``python -m tests.bench_disclosure [districts per province ...]`` prints cells, hidden cells, seconds and the log.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from exports.disclosure import protect as room
from exports.disclosure.audit import audit
from exports.disclosure.cells import build
from exports.disclosure.primary import sensitive
from exports.disclosure.publications import Earlier, known
from exports.disclosure.secondary import suppress
from exports.disclosure.specs import Family
from tests.exports.disclosure.support import LABEL, family

PROVINCES, SECTIONS, AGES = 17, 21, 6
#: insured persons of the country
PERSONS = 15_400_000


def month(provinces: int, districts: int, sections: int, seed: int = 1) -> pd.DataFrame:
    """Counts with the skew of a register: districts by a factor of 30, sections from a quarter to a thousandth."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0, 0.9, provinces * districts)
    section = rng.dirichlet(1 / np.arange(1, sections + 1) ** 0.4, 1)[0] if sections < 5 else _shares(rng, sections)
    local = rng.lognormal(0, 0.8, (provinces * districts, sections))
    sex = rng.uniform(0.15, 0.85, (sections, 1))
    age = rng.dirichlet(np.array([3, 6, 7, 7, 5, 2]), sections)
    expected = size[:, None] * section[None, :] * local
    expected *= PERSONS * provinces * districts / 250 / expected.sum()
    cell = expected[:, :, None, None] * np.stack([sex, 1 - sex], 1).reshape(1, sections, 2, 1) * age[None, :, None, :]
    counts = rng.poisson(cell)
    d, s, x, a = np.nonzero(counts)
    return pd.DataFrame(
        {
            "sido": np.char.add("P", (d // districts).astype(str)), "sigungu": np.char.add("D", d.astype(str)),
            "section": np.char.add("S", s.astype(str)), "sex": np.array(["M", "F"])[x],
            "age": np.char.add("A", a.astype(str)), "persons": counts[d, s, x, a],
        }
    )  # fmt: skip


def _shares(rng: np.random.Generator, sections: int) -> np.ndarray:
    share = np.geomspace(0.25, 0.0005, sections)
    return np.asarray(share / share.sum())


def national(folder: Path) -> Family:
    dimensions = {
        "region": {"concept": "REF_AREA", "label": LABEL, "hierarchies": [["sido", "sigungu"]]},
        "industry": {"concept": "ACTIVITY", "label": LABEL, "hierarchies": [["section"]]},
        "sex": {"concept": "SEX", "label": LABEL, "hierarchies": [["sex"]]},
        "age": {"concept": "AGE", "label": LABEL, "hierarchies": [["age"]]},
    }
    by = {"region": "sigungu", "industry": "section", "sex": "sex", "age": "age"}
    return family(
        folder, dimensions=dimensions, contributors={"persons": "persons"},
        measure={"column": "persons", "kind": "count", "unit": "persons", "label": LABEL},
        tables={"national": {"label": LABEL, "by": by}},
    )  # fmt: skip


def main(provinces: int, districts: int, sections: int) -> None:
    con = duckdb.connect()
    con.execute("set threads = 1")
    con.register("facts", month(provinces, districts, sections))
    with tempfile.TemporaryDirectory() as folder:
        rules = national(Path(folder))
    nothing = Earlier({}, frozenset())
    clock = [time.monotonic()]

    def said(what: str) -> None:
        clock.append(time.monotonic())
        sys.stdout.write(f"{what}: {clock[-1] - clock[-2]:.1f} s\n")
        sys.stdout.flush()

    cells = build(con, rules, "facts")
    found, past = sensitive(rules, cells), known(cells, nothing)
    problem = room.question(rules, cells, found, past, nothing)
    said(f"{len(cells)} cells, {cells.sums.shape[0]} sums, {int(found.cells.sum())} sensitive")
    hidden, method = suppress(problem, cells)
    said(f"{int(hidden.sum())} hidden ({method}), {cells.value[hidden & ~found.cells].sum():.0f} persons in secondary")
    tables = room.published(rules, cells, hidden, found, past)
    finding = audit(rules, tables, cells.edges, room.judged(cells, problem))
    said(f"audit with {finding.programmes} programmes: {finding.cells['outcome'].value_counts().to_dict()}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    sys.stdout.write(f"total {clock[-1] - clock[0]:.1f} s, {memory:.1f} GB\n")


if __name__ == "__main__":
    main(*(map(int, sys.argv[1:4]) if len(sys.argv) > 3 else (PROVINCES, 15, SECTIONS)))
