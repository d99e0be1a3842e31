"""Families and tables of the tests: written out as files and rows, so that the whole path is walked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import yaml
from scipy import sparse

from exports.disclosure.problem import Problem
from exports.disclosure.specs import Family, load_family

LABEL = {"ko": "시험", "en": "Test"}


def spec(name: str = "jobs", **changes: Any) -> dict[str, Any]:
    """Jobs by region (province over district) and sex; employers contribute."""
    return {
        "family": name, "label": LABEL, "product": "default", "relation": "facts", "entities": ["vacancies"],
        "measure": {"column": "jobs", "kind": "count", "unit": "jobs", "label": LABEL},
        "dimensions": {
            "region": {"concept": "REF_AREA", "label": LABEL, "hierarchies": [["sido", "sigungu"]]},
            "sex": {"concept": "SEX", "label": LABEL, "hierarchies": [["sex"]]},
        },
        "contributors": {"persons": "jobs", "employers": "employer"},
        "zeros": "shown",
        "tables": {
            "by_region_sex": {"label": LABEL, "by": {"region": "sigungu", "sex": "sex"}},
            "by_sido": {"label": LABEL, "by": {"region": "sido"}},
        },
    } | changes  # fmt: skip


def family(folder: Path, **changes: Any) -> Family:
    entry = spec(**changes)
    path = folder / f"{entry['family']}.yml"
    path.write_text(yaml.safe_dump(entry, allow_unicode=True), "utf-8")
    return load_family(path)


def facts(rows: list[tuple[Any, ...]], columns: str = "sido sigungu sex employer jobs") -> duckdb.DuckDBPyConnection:
    """A connection with the relation ``facts``."""
    con = duckdb.connect()
    con.register("facts", pd.DataFrame(rows, columns=columns.split()))
    return con


def random_table(
    rng: np.random.Generator, shape: tuple[int, ...], groups: int = 1
) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Values and sums of a table with all margins; with ``groups`` the first dimension has a level between.

    Cells: the product over dimensions of (leaves, groups, total); empty cells are left out, as they are published.
    """
    links = []
    for number, size in enumerate(shape):
        leaves = np.eye(size)
        between = [np.isin(np.arange(size) % groups, [g]).astype(float) for g in range(groups)] if groups > 1 else []
        total = np.ones((1, size))
        links.append(np.vstack([leaves, *(between if number == 0 else []), total]))
    leaf = np.where(rng.random(shape) < 0.15, 0, rng.geometric(1 / np.exp(rng.normal(2.0, 1.0, shape)).clip(1.01)))
    leaf = leaf.astype(float)
    value = leaf
    for number, link in enumerate(links):
        value = np.moveaxis(np.tensordot(link, value, axes=(1, number)), 0, number)
    index = np.arange(value.size).reshape(value.shape)
    rows = []
    for number, size in enumerate(shape):
        lines = np.moveaxis(index, number, 0).reshape(value.shape[number], -1)
        tops = range(size, value.shape[number])
        for line in lines.T:
            for top in tops:
                if number == 0 and groups > 1 and top < value.shape[0] - 1:
                    parts = line[:size][np.arange(size) % groups == top - size]
                elif number == 0 and groups > 1:
                    parts = line[size : size + groups]
                else:
                    parts = line[:size]
                row = np.zeros(value.size)
                row[parts], row[line[top]] = 1, -1
                rows.append(row)
    flat = value.ravel()
    kept = flat > 0
    matrix = sparse.csr_matrix(np.array(rows)[:, kept])
    return flat[kept], matrix[np.diff(matrix.indptr) > 0]


def threshold_problem(value: np.ndarray, sums: sparse.csr_matrix, least: int = 5) -> Problem:
    """Cells below ``least`` persons are sensitive."""
    few = value < least
    none = np.zeros(len(value), bool)
    return Problem(
        sums=sums, value=value, lower=np.where(few, value, 0), upper=np.where(few, least - value, 0),
        weight=value + 1, hidden=few.copy(), known=none, sensitive=few, single=few & (value == 1),
    )  # fmt: skip
