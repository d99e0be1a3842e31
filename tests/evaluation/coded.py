"""Title coding on titles it has not learnt: O*NET, ESCO, the Korean dictionary of occupations, the index of KSIC.

Five folds by title stem: no variant of a title stands on both sides. A title counts as right with any code that one of
its variants is listed under. The calibration and the threshold of a fold come from the four other folds. The data are
read where LMI_REAL_DATA names them; nothing of them is kept.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from validation.coding.coder import PRECISION, Examples, Held, held_out
from validation.coding.confidence import Calibration, Candidates, measures, threshold_for
from validation.coding.material import Known, Material, read_file, rows_of
from validation.coding.schemes import SCHEMES

FOLDS = 5
#: titles asked of the neighbour search at once; bounds the memory
_BATCH = 1_000
_WORD = r"\S+"
FIGURES = ("top_1", "top_5", "calibration_error", "coverage", "precision")
#: shares of the titles, the surest first, of which the wrong ones are counted
COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def onet(data: Path) -> Material:
    """What landing has of O*NET: titles, alternate and short titles, descriptions."""
    material = Material(SCHEMES["SOC"])

    def rows(name: str) -> Iterator[dict[str, str]]:
        with gzip.open(data / "onet_29_2" / name, "rt", encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)

    for row in rows("Occupation Data.txt.gz"):
        code = row["O*NET-SOC Code"][:7]
        material.add(iter([Known(code, row["Title"], row["Title"], row["Description"])]))
    for row in rows("Alternate Titles.txt.gz"):
        code, short = row["O*NET-SOC Code"][:7], row["Short Title"]
        material.add(iter([Known(code, row["Alternate Title"]), Known(code, None if short == "n/a" else short)]))
    return material


def esco(data: Path) -> Material:
    material = Material(SCHEMES["ISCO"])
    material.add(read_file(data / "esco_v1_2" / "occupations_en.csv.gz", material))
    return material


def ksic(data: Path) -> Material:
    material = Material(SCHEMES["KSIC"])
    material.add(read_file(data / "kr_classifications" / "ksic-index.json.gz", material))
    return material


def keco_2018(data: Path) -> Material:
    """The dictionary under its own edition: what the method does where titles of every group are at hand."""
    material = Material(SCHEMES["KECO"])
    for row in rows_of(data / "kr_occupation_dictionary" / "occupations.csv.gz"):
        titles = [row["dJobNm"], *(row["similarNm"] or "").split(",")]
        material.add(Known(row["dJobECd"], title) for title in titles)
        material.add(iter([Known(row["dJobECd"], text=row["workSum"])]))
    return material


def keco_2025(data: Path) -> Material:
    """The groups of KECO 2025, with the dictionary's titles where a group of 2018 has the same name."""
    material = Material(SCHEMES["KECO"])
    for row in rows_of(data / "kr_classifications" / "keco-tree.json"):
        if row["level"] == 4:
            material.add(iter([Known(row["code"], row["name"], row["name"])]))
    material.add(read_file(data / "kr_occupation_dictionary" / "occupations.csv.gz", material))
    return material


#: what each set is read from, below LMI_REAL_DATA
FOLDERS = ("onet_29_2", "esco_v1_2", "kr_classifications", "kr_occupation_dictionary")
SETS: Mapping[str, Callable[[Path], Material]] = {
    "SOC: O*NET 29.2, six digits": onet,
    "ISCO: ESCO 1.2, four digits": esco,
    "KECO 2018: Korean Dictionary of Occupations": keco_2018,
    "KECO 2025: groups of the same name": keco_2025,
    "KSIC 11: index terms, five digits": ksic,
}


def run(material: Material, **how: Any) -> dict[str, Any]:
    """Figures over the folds: mean, lowest and highest of each, the reliability table of all, and the neighbour's."""
    examples = Examples.of(material)
    folds = examples.folds(FOLDS)
    parts: list[Held] = []
    neighbours: list[Alike] = []
    for fold in range(FOLDS):
        asked, learnt = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        parts.append(held_out(examples, learnt, asked, material.scheme.letters, **how))
        neighbours.append(_neighbour(examples, learnt, asked))
    by_fold, confidences, thresholds = [], [], []
    for fold, part in enumerate(parts):
        others = _together([other for number, other in enumerate(parts) if number != fold])
        calibration = Calibration.fit(others.candidates, others.is_valid)
        sure = calibration.confidences(others.candidates)
        threshold = threshold_for(PRECISION, sure[:, 0], others.is_valid[:, 0])
        confidences.append(calibration.confidences(part.candidates))
        thresholds.append(threshold)
        by_fold.append(measures(confidences[-1], part.is_valid, threshold))
    is_valid = _together(parts).is_valid
    whole = measures(np.concatenate(confidences), is_valid, float(np.mean(thresholds)))
    similar = np.concatenate([part.similarities[:, 0] for part in neighbours])
    neighbour_is_right = np.concatenate([part.is_valid[:, 0] for part in neighbours])
    near = [measures(part.similarities, part.is_valid, 1.0) for part in neighbours]
    return {
        "titles": examples.titled,
        "codes": len(examples.codes),
        "stems": len(examples.valid),
        "left_out": material.left_out,
        "reliability": whole["reliability"],
        **{name: _spread([found[name] for found in by_fold if found[name] is not None]) for name in FIGURES},
        "neighbour": {
            name: _spread([found[name] for found in near]) for name in ("top_1", "top_5", "calibration_error")
        },
        "risk": {
            "by_confidence": risk_by_coverage(np.concatenate(confidences)[:, 0], is_valid[:, 0]),
            "by_similarity": risk_by_coverage(similar, is_valid[:, 0]),
            "neighbour": risk_by_coverage(similar, neighbour_is_right),
        },
    }


def risk_by_coverage(sureness: np.ndarray, is_right: np.ndarray) -> dict[str, Any]:
    """``at``: share of wrong first codes among the surest titles, by COVERAGES. ``area``: its mean over every number of
    titles (area under the risk-coverage curve; El-Yaniv and Wiener 2010). Titles of equal sureness count as mixed."""
    _, place, counts = np.unique(-sureness, return_inverse=True, return_counts=True)
    wrong = (np.bincount(place, ~is_right) / counts)[np.sort(place)]
    risks = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    return {
        "at": [float(risks[max(0, round(share * len(risks)) - 1)]) for share in COVERAGES],
        "area": float(risks.mean()),
    }


def _together(parts: list[Held]) -> Held:
    columns = np.concatenate([part.candidates.columns for part in parts])
    probabilities = np.concatenate([part.candidates.probabilities for part in parts])
    return Held(Candidates(columns, probabilities), np.concatenate([part.is_valid for part in parts]))


def _spread(values: list[float]) -> dict[str, float]:
    """Empty where no fold has the figure."""
    if not values:
        return {}
    return {"mean": float(np.mean(values)), "low": float(min(values)), "high": float(max(values))}


@dataclass(frozen=True)
class Alike:
    """Similarity of the titles whose codes are named first, and whether these are valid; both titles × 5."""

    similarities: np.ndarray
    is_valid: np.ndarray


def _neighbour(examples: Examples, learnt: np.ndarray, asked: np.ndarray) -> Alike:
    """The codes of the most similar titles by TF-IDF, with the similarity taken for a confidence.

    Of words; of pairs of letters in Korean, where a title is often one word.
    """
    weighting = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, token_pattern=_WORD)
    if examples.titles[0][-1] >= "가":
        weighting.set_params(analyzer="char_wb", ngram_range=(2, 2))
    known = weighting.fit_transform([examples.titles[row] for row in learnt]).T.tocsr()
    belongs = (examples.targets[learnt] > 0).tocsr()
    shown: list[np.ndarray] = []
    similarities: list[np.ndarray] = []
    for start in range(0, len(asked), _BATCH):
        rows = [examples.titles[row] for row in asked[start : start + _BATCH]]
        found: sp.csr_matrix = (weighting.transform(rows) @ known).tocsr()
        best = np.zeros((len(rows), len(examples.codes)), np.float32)
        for number in range(len(rows)):
            inside = slice(found.indptr[number], found.indptr[number + 1])
            near = belongs[found.indices[inside]]
            alike = np.repeat(found.data[inside], np.diff(near.indptr))
            np.maximum.at(best[number], near.indices, alike)
        candidates = Candidates.best_of(best)
        shown.append(
            candidates.are_valid([examples.valid[group] for group in examples.groups[asked[start : start + _BATCH]]])
        )
        similarities.append(candidates.probabilities)
    return Alike(np.concatenate(similarities), np.concatenate(shown))


SECTION = """
## Coding of titles

`lmi code` on titles it has not learnt: {folds} folds by title stem, so that no variant of a title (plural, order of
words, abbreviation in parentheses, ending of a Korean title that names the person) stands on both sides. A title is
right with any code that one of its variants is listed under. Figures are means over the folds, the lowest and the
highest in brackets. Calibration and threshold of a fold come from the four others; the threshold is the one for a
precision of {precision:.0%}. The calibration error is that of the first code's confidence (expected, ten bins).

*Neighbour* is the code of the most similar title by TF-IDF (of words; of pairs of letters in Korean) on the same folds;
its similarity, taken for a confidence, has the calibration error of the last column.
"""

RISKS = """
### Risk by coverage

Share of wrong first codes among the surest titles, from the surest tenth to all of them, and the area under that curve
(the lower the better). *By similarity* takes the same first codes in the order of how much the nearest title is like
them: what confidence adds to the highest similarity.
"""
RANKED = {
    "by_confidence": "`lmi code`, by its confidence",
    "by_similarity": "`lmi code`, by similarity",
    "neighbour": "neighbour, by similarity",
}

READING = """
KECO 2018 are all groups of the dictionary under its own edition, and tell what the method does where every group has
titles. A home codes to KECO 2025: there only groups whose name did not change get titles of the dictionary, the others
have their name alone, so most of the {keco_codes} codes of that row can hardly be learnt. ESCO lists many variants of
one occupation in the same words; titles of vacancies are harder. None of these sets is a sample of vacancies: an
office that corrects a few hundred of its own titles (`lmi code correct`) measures, and mends, what matters to it.

For orientation, from outside this project and on another split of O*NET's titles: sentence embeddings with a
neighbour search reached .63 (first) and .86 (one of five), TF-IDF .54 and .78.
"""


def missing(data: Path) -> list[str]:
    return [name for name in FOLDERS if not (data / name).is_dir()]


def section(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The part of the page; ``found``: figures of ``run`` by set."""
    text = SECTION.format(folds=FOLDS, precision=PRECISION)
    text += "\n| set | titles | stems | codes | first right | one of five right |\n|---|---:|---:|---:|---:|---:|\n"
    for name, each in found.items():
        text += f"| {name} | {each['titles']:,} | {each['stems']:,} | {each['codes']:,}"
        text += f" | {_said(each['top_1'])} | {_said(each['top_5'])} |\n"
    if absent := [name for name in SETS if name not in found]:
        text += f"\nNot measured with this coder: {'; '.join(absent)}.\n"
    text += "\n| set | calibration error | coded | precision of the coded | neighbour first | neighbour of five"
    text += " | its calibration error |\n|---|---:|---:|---:|---:|---:|---:|\n"
    for name, each in found.items():
        near = each["neighbour"]
        text += (
            f"| {name} | {_said(each['calibration_error'])} | {_said(each['coverage'])} | {_said(each['precision'])}"
        )
        text += f" | {near['top_1']['mean']:.3f} | {near['top_5']['mean']:.3f}"
        text += f" | {near['calibration_error']['mean']:.3f} |\n"
    text += RISKS
    for name, each in found.items():
        text += f"\n| {name} | " + " | ".join(f"{share:.0%}" for share in COVERAGES) + " | area |\n"
        text += "|---|" + "---:|" * (len(COVERAGES) + 1) + "\n"
        for what, said in RANKED.items():
            risk = each["risk"][what]
            text += f"| {said} | " + " | ".join(f"{share:.3f}" for share in [*risk["at"], risk["area"]]) + " |\n"
    for name, each in found.items():
        text += f"\n### Reliability: {name}\n\n| confidence | titles | predicted | observed |\n|---|---:|---:|---:|\n"
        for row in each["reliability"]:
            text += f"| {row['from']:.1f}–{row['to']:.1f} | {row['titles']:,} | {row['predicted']:.3f}"
            text += f" | {row['observed']:.3f} |\n"
    keco = next((each["codes"] for name, each in found.items() if name.startswith("KECO 2025")), 0)
    return text + READING.format(keco_codes=keco)


def _said(figure: Mapping[str, float]) -> str:
    if not figure:
        return "none coded"
    return f"{figure['mean']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"
