"""How well the reliability score ranks, on templates it has not seen.

Every figure comes from splits by group (scam template), never at random, repeated with several seeds; the spread over
the seeds is given with each figure. Within a seed each posting is judged once, by a model that saw no posting of its
group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedGroupKFold

from validation.vetting.score import Features, Labels, fit, threshold_of
from validation.vetting.score_features import Floats, originals
from validation.vetting.shingles import comparable
from validation.vetting.templates import template_groups

FOLDS = 5
#: the head of the queue that recall is given for
TOP = 0.05
#: upper ends of the bands of employer size, in insured persons
SIZES = ((10, "1-9"), (30, "10-29"), (100, "30-99"), (300, "100-299"), (np.inf, "300+"))


def evaluate(
    postings: pa.Table,
    labels: Labels,
    groups: npt.NDArray[np.int64] | None = None,
    *,
    dimensions: Mapping[str, Sequence[str | None]] | None = None,
    seeds: Sequence[int] = (1, 2, 3, 4, 5),
    share: float = TOP,
    carried: frozenset[str] | None = None,
) -> dict[str, Any]:
    """Figures of the score on labelled postings (canonical columns; label 1 bad).

    ``groups`` default to near-duplicate templates. ``share``: the part of the queue that is held, by which false
    holds are counted along ``dimensions`` (name → value per posting; default employer size, region and channel where
    stated). Result: postings, bad, templates; average_precision, f1, precision and recall of the share held, recall in
    the top 5 %, each with mean, low, high and the value of each seed; and false_holds. Raises ModelError when there
    are too few templates.
    """
    found = template_groups(comparable(originals(postings))) if groups is None else groups
    features = Features.of(postings, carried)
    along = fairness_dimensions(postings) if dimensions is None else dimensions
    figures: dict[str, list[float]] = {}
    holds: dict[tuple[str, str], list[float]] = {}
    for seed in seeds:
        scores, called_bad = _unseen(features, labels, found, seed)
        held = scores >= threshold_of(scores, share)
        for name, value in _figures(scores, called_bad, held, labels).items():
            figures.setdefault(name, []).append(value)
        for key, value in _false_holds(held, labels, along):
            holds.setdefault(key, []).append(value)
    counts = {key: n for name, values in along.items() for key, n in _good(name, values, labels)}
    return {
        "postings": len(labels),
        "bad": int(labels.sum()),
        "templates": len(np.unique(found)),
        "held_share": share,
        **{name: _spread(values) for name, values in figures.items()},
        "false_holds": [
            {"dimension": dimension, "value": value, "good": counts[dimension, value], **_spread(shares)}
            for (dimension, value), shares in sorted(holds.items())
        ],
    }


def unseen_scores(features: Features, labels: Labels, groups: npt.NDArray[np.int64], seed: int) -> Floats:
    """Score of each posting by a model that saw no posting of its group."""
    return _unseen(features, labels, groups, seed)[0]


def fairness_dimensions(postings: pa.Table) -> dict[str, list[str | None]]:
    """Band of insured headcount, province (first two digits of the district) and entry channel, where stated."""
    names = set(postings.column_names)
    rows = {n: postings.column(n).to_pylist() for n in ("headcount", "region_code", "channel_code") if n in names}
    made: dict[str, list[str | None]] = {}
    if "headcount" in rows:
        made["employer size"] = [
            None if n is None else next(band for end, band in SIZES if n < end) for n in rows["headcount"]
        ]
    if "region_code" in rows:
        made["region"] = [code[:2] if code else None for code in rows["region_code"]]
    if "channel_code" in rows:
        made["channel"] = list(rows["channel_code"])
    return {name: values for name, values in made.items() if any(values)}


def _unseen(
    features: Features, labels: Labels, groups: npt.NDArray[np.int64], seed: int
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    scores, called_bad = np.empty(len(labels)), np.empty(len(labels), bool)
    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=seed)
    for known, unknown in folds.split(features.form, labels, groups):
        model = fit(features.take(known), labels[known], groups[known])
        scores[unknown] = model.predict(features.take(unknown))
        called_bad[unknown] = scores[unknown] >= model.best_f1_from
    return scores, called_bad


def _figures(
    scores: Floats, called_bad: npt.NDArray[np.bool_], held: npt.NDArray[np.bool_], labels: Labels
) -> dict[str, float]:
    bad = labels == 1
    head = np.argsort(-scores, kind="stable")[: int(np.ceil(len(labels) * TOP))]
    return {
        "average_precision": float(average_precision_score(labels, scores)),
        "f1": float(2 * np.sum(called_bad & bad) / (np.sum(called_bad) + np.sum(bad))),
        "recall": float(np.sum(called_bad & bad) / np.sum(bad)),
        "false_alarms": float(np.sum(called_bad & ~bad) / np.sum(~bad)),
        "recall_in_top_5_percent": float(labels[head].sum() / labels.sum()),
        "precision_of_held": float(np.sum(held & bad) / np.sum(held)) if held.any() else float("nan"),
    }


def _false_holds(
    held: npt.NDArray[np.bool_], labels: Labels, along: Mapping[str, Sequence[str | None]]
) -> Iterator[tuple[tuple[str, str], float]]:
    for name, values in along.items():
        stated = np.array([value or "not stated" for value in values])
        for value in np.unique(stated):
            good = (labels == 0) & (stated == value)
            if good.any():
                yield (name, str(value)), float(np.mean(held[good]))


def _good(name: str, values: Sequence[str | None], labels: Labels) -> Iterator[tuple[tuple[str, str], int]]:
    stated = np.array([value or "not stated" for value in values])
    for value in np.unique(stated):
        yield (name, str(value)), int(np.sum((labels == 0) & (stated == value)))


def _spread(values: Sequence[float]) -> dict[str, Any]:
    return {"mean": float(np.mean(values)), "low": min(values), "high": max(values), "seeds": list(values)}
