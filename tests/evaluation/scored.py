"""The reliability score on postings it has not seen: synthetic nations, and the public fraud set as far as that goes.

Splits are by scam template. In a nation that is a group of near-duplicate texts or, harder, of postings in which the
same words were planted: there a wording of the test was never learnt. The fraud set comes from copies that differ by
label, so of it only recall on fraud and false alarms on legitimate postings are read, beside a control: how well the
same score tells apart two copies that are both legitimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from lmi.core.settings import Settings
from tests.validation.vetting.fraud_set import fraud_set
from validation.vetting.postings import CANONICAL
from validation.vetting.score_evaluation import evaluate, fairness_dimensions
from validation.vetting.score_features import originals
from validation.vetting.score_training import decided_postings
from validation.vetting.shingles import comparable
from validation.vetting.templates import template_groups

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Decided:
    """Postings of one or more nations that the call centre decided, in canonical columns with the employer's headcount;
    label 1 confirmed bad; ``wordings``: what was planted in each, empty where nothing was."""

    postings: pa.Table
    labels: Numbers
    wordings: Sequence[str]
    carried: frozenset[str]


@dataclass(frozen=True)
class Scored:
    """What ``evaluate`` says, None where not run. ``nations``: split by near-duplicates, and by planted words too, with
    ``planted_good``: postings confirmed good though something was planted in them.
    ``fraud``: the fraud set and its control; of both only recall and false alarms may be read."""

    nations: tuple[dict[str, Any], dict[str, Any]] | None = None
    fraud: tuple[dict[str, Any], dict[str, Any]] | None = None


def decided_in(settings: Settings, truth: Path) -> Decided:
    """What people had decided in a nation that has landed, with what was planted."""
    found = decided_postings(settings, pd.Timestamp.max.date())
    with duckdb.connect() as con:
        con.register("posting", found.postings.append_column("label", pa.array(found.labels)))
        con.execute(
            f"""
            CREATE TABLE decided AS
            SELECT p.* REPLACE (coalesce(p.headcount, w.headcount) AS headcount), coalesce(v.words, '') AS words
            FROM posting AS p
            LEFT JOIN (
                SELECT workplace_no, arg_max(headcount, updated_at) AS headcount
                FROM read_parquet('{settings.nation}/provider/workplaces.parquet') GROUP BY workplace_no
            ) AS w USING (workplace_no)
            LEFT JOIN (
                SELECT posting_id, min(rule_no || ' ' || planted_text) AS words
                FROM read_parquet('{truth}/vacancy_violations.parquet') WHERE rule_no <> 33 GROUP BY posting_id
            ) AS v USING (posting_id)
            WHERE source_id = 'vacancy_submissions'
            """
        )
        columns = ", ".join(CANONICAL)
        postings = con.execute(f"SELECT posting_no, {columns} FROM decided ORDER BY posting_no").to_arrow_table()
        rest = con.execute("SELECT label, words FROM decided ORDER BY posting_no").df()
    return Decided(postings, rest["label"].to_numpy(np.int64), rest["words"].tolist(), found.carried)


def together(nations: Sequence[Decided]) -> Decided:
    """Several nations as one set; postings numbered anew."""
    postings = pa.concat_tables([nation.postings.drop_columns("posting_no") for nation in nations])
    return Decided(
        postings.append_column("posting_no", pa.array(range(len(postings)), pa.int64())),
        np.concatenate([nation.labels for nation in nations]),
        [words for nation in nations for words in nation.wordings],
        frozenset.intersection(*(nation.carried for nation in nations)),
    )


def wording_groups(near: Numbers, wordings: Sequence[str]) -> Numbers:
    """Groups of near-duplicates joined where the same words were planted; '' joins nothing."""
    planted = {words: len(near) + place for place, words in enumerate(sorted(set(wordings) - {""}))}
    pairs = [(group, planted[words]) for group, words in zip(near, wordings, strict=True) if words]
    size = len(near) + len(planted)
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    graph = sp.coo_matrix((np.ones(len(pairs)), (rows, columns)), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)[near]


def score_nations(nations: Sequence[Decided]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The score on all nations together, by both kinds of split."""
    whole = together(nations)
    near = template_groups(comparable(originals(whole.postings)))
    dimensions = fairness_dimensions(whole.postings)
    # the score never sees how large the employer is; the headcount is there to compare false holds by
    carried = whole.carried - {"headcount"}
    by_near, by_words = (
        evaluate(whole.postings, whole.labels, groups, dimensions=dimensions, carried=carried)
        for groups in (near, wording_groups(near, whole.wordings))
    )
    planted_good = sum(bool(words) for words, label in zip(whole.wordings, whole.labels, strict=True) if not label)
    return by_near, by_words | {"planted_good": planted_good}


def score_fraud_set(data: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The score on the public fraud set, and the control: the smaller of its legitimate copies as if bad."""
    postings, labels = fraud_set(data)
    copies = np.asarray(postings.column("copy").to_pylist())[labels == 0]
    names, counts = np.unique(copies, return_counts=True)
    control = postings.filter(pa.array(labels == 0))
    smaller = (copies == names[counts.argmin()]).astype(np.int64)
    return evaluate(postings, labels, dimensions={}), evaluate(control, smaller, dimensions={})
