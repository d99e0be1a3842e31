"""A coder of one scheme: how it is trained, kept and read back, and what it says of a title."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from ingest.landing import MANIFEST, read_manifest, verify
from lmi.core.atomic import sha256_file, staged_folder, write_file
from lmi.core.paths import Paths
from validation.coding.confidence import Calibration, Candidates, Numbers, measures, threshold_for
from validation.coding.embedding import MODEL, WIDTH, available, encoder
from validation.coding.material import Material
from validation.coding.network import PARAMETERS, Floats, Network
from validation.coding.schemes import SCHEMES, CodingError
from validation.coding.titles import FEATURES_VERSION, cleaned, stem
from validation.coding.trained import latest_folder, models_folder

#: share of right codes that the threshold is chosen for
PRECISION = 0.9
#: part of the description of the work in what is believed, beside the title
TEXT_SHARE = np.float32(0.3)
_FOLDS = 5
#: titles not learnt that suffice to calibrate on; small schemes go through all folds to get as many as they can
_ENOUGH = 4_000
#: titles in one pass; bounds the memory
_BATCH = 2_000
_KNOWN = "known.json"


@dataclass(frozen=True)
class Coder:
    """``codes``: columns of the network. ``known``: cleaned title -> codes it is listed under. ``facts``: version and
    how it came about (see ``train``)."""

    scheme: str
    codes: tuple[str, ...]
    labels: Mapping[str, str]
    known: Mapping[str, Sequence[str]]
    network: Network
    calibration: Calibration
    threshold: float
    #: cleaned title -> code, as reviewers said up to the day of training
    corrections: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def code(
        self, asked: Sequence[tuple[str, str]], corrections: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """One answer per title and description of the work (which may be empty), in their order.

        ``corrections``: cleaned title -> code, newer than the model's own.
        """
        said = {**self.corrections, **(corrections or {})}
        for start in range(0, len(asked), _BATCH):
            batch = [title for title, _ in asked[start : start + _BATCH]]
            words = [cleaned(title) for title in batch]
            probabilities = probabilities_of(self.network, words, [text for _, text in asked[start : start + _BATCH]])
            candidates = Candidates.best_of(probabilities)
            confidences = self.calibration.confidences(candidates)
            for row, (title, word) in enumerate(zip(batch, words, strict=True)):
                if word in said:
                    found, basis = [(said[word], 1.0)], "corrected"
                elif word in self.known:
                    found, basis = self._listed(self.known[word], probabilities[row]), "listed"
                else:
                    columns = candidates.columns[row] if word else ()
                    found = [(self.codes[c], float(s)) for c, s in zip(columns, confidences[row], strict=False)]
                    basis = "model"
                is_coded = bool(found) and found[0][1] >= self.threshold
                yield {
                    "title": title,
                    "decision": "coded" if is_coded or basis == "corrected" else "abstained",
                    "code": found[0][0] if is_coded or basis == "corrected" else None,
                    "basis": basis,
                    "candidates": [
                        {"code": code, "label": self.labels.get(code), "confidence": round(sure, 4)}
                        for code, sure in found
                    ],
                }

    def _listed(self, listed: Sequence[str], probabilities: Any) -> list[tuple[str, float]]:
        """No other codes than those a title is listed under; which of several is meant, the model says."""
        column = {code: number for number, code in enumerate(self.codes)}
        shares = np.array([probabilities[column[code]] for code in listed], dtype=np.float64) + 1e-9
        shares /= shares.sum()
        order = np.argsort(-shares, kind="stable")[: len(listed)][:5]
        return [(listed[place], float(shares[place])) for place in order]


def probabilities_of(network: Network, words: Sequence[str], texts: Sequence[str]) -> Floats:
    """titles × codes, from cleaned titles and, where there is one, the description of the work."""
    found = network.predict(words)
    if described := [row for row, text in enumerate(texts) if cleaned(text)]:
        told = network.predict([cleaned(texts[row]) for row in described])
        found[described] = (1 - TEXT_SHARE) * found[described] + TEXT_SHARE * told
    return found


def reads_vectors(is_english: bool, **how: Any) -> bool:
    """Vectors tell something of English titles, where the model is installed and nobody asked to do without."""
    return is_english and bool((PARAMETERS | how)["embedding"]) and available()


@dataclass(frozen=True)
class Examples:
    """Titles (cleaned, each once) × codes; ``groups``: number of each title's stem."""

    titles: list[str]
    codes: tuple[str, ...]
    targets: sp.csr_matrix
    groups: np.ndarray
    #: descriptions stand at the end, and are learnt but never tested
    described: int
    is_english: bool

    @classmethod
    def of(cls, material: Material) -> Examples:
        codes = tuple(sorted({code for _, code in material.titles | material.texts}))
        column = {code: number for number, code in enumerate(codes)}
        titled: dict[str, set[int]] = {}
        for title, code in sorted(material.titles):
            titled.setdefault(title, set()).add(column[code])
        described: dict[str, set[int]] = {}
        for text, code in sorted(material.texts):
            if text not in titled:
                described.setdefault(text, set()).add(column[code])
        entries = [*titled.items(), *described.items()]
        rows = np.repeat(np.arange(len(entries)), [len(found) for _, found in entries])
        columns = np.array([number for _, found in entries for number in sorted(found)])
        shares = np.repeat([1 / len(found) for _, found in entries], [len(found) for _, found in entries])
        targets = sp.csr_matrix((shares.astype(np.float32), (rows, columns)), shape=(len(entries), len(codes)))
        _, groups = np.unique([stem(title) for title in titled], return_inverse=True)
        texts = [text for text, _ in entries]
        return cls(texts, codes, targets, groups, len(described), material.scheme.is_english)

    @cached_property
    def _vectors(self) -> Floats:
        found = np.zeros((len(self.titles), WIDTH), np.float32)
        found[: self.titled] = encoder().vectors(self.titles[: self.titled])
        return found

    def vectors(self, rows: np.ndarray, **how: Any) -> Floats | None:
        """Of titles; zeros for descriptions, which are learnt by their words. None where none are to be read."""
        return self._vectors[rows] if reads_vectors(self.is_english, **how) else None

    def fit(self, rows: np.ndarray, letters: tuple[int, int], **how: Any) -> Network:
        """A network that learns ``rows``."""
        titles = [self.titles[row] for row in rows]
        return Network.fit(titles, self.targets[rows], letters, self.vectors(rows, **how), **how)

    @cached_property
    def valid(self) -> list[set[int]]:
        """Columns of all codes that any title of a stem is listed under, by group."""
        found: list[set[int]] = [set() for _ in range(self.groups.max() + 1)]
        for row, group in enumerate(self.groups):
            found[group].update(self.targets[row].indices.tolist())
        return found

    @property
    def titled(self) -> int:
        return len(self.titles) - self.described

    def folds(self, count: int, seed: int = 0) -> np.ndarray:
        """Fold of each title; titles of one stem are in one fold."""
        return np.random.default_rng(seed).integers(0, count, self.groups.max() + 1)[self.groups]


@dataclass(frozen=True)
class Held:
    """What a network said of titles it had not learnt."""

    candidates: Candidates
    is_valid: np.ndarray


def held_out(examples: Examples, learnt: np.ndarray, asked: np.ndarray, letters: tuple[int, int], **how: Any) -> Held:
    """Trains on the titles at ``learnt`` and all descriptions, asks for those at ``asked``."""
    rows = np.concatenate([learnt, np.arange(examples.titled, len(examples.titles))])
    network = examples.fit(rows, letters, **how)
    titles = [examples.titles[row] for row in asked]
    candidates = Candidates.best_of(network.predict(titles, examples.vectors(asked, **how)))
    return Held(candidates, candidates.are_valid([examples.valid[group] for group in examples.groups[asked]]))


def calibrate(
    examples: Examples, rows: np.ndarray, letters: tuple[int, int], precision: float, **how: Any
) -> tuple[Calibration, float, dict[str, Any]]:
    """Calibration and threshold from folds by stem within the titles at ``rows``; what they measure there comes with
    it, the measures being those of a calibration that saw the same titles."""
    folds = examples.folds(_FOLDS)[rows]
    parts: list[Held] = []
    for fold in range(_FOLDS):
        asked, learnt = rows[folds == fold], rows[folds != fold]
        if len(asked) and len(learnt):
            parts.append(held_out(examples, learnt, asked, letters, **how))
        if sum(len(part.is_valid) for part in parts) >= _ENOUGH:
            break
    if not parts:
        raise CodingError("Too few titles to learn from: at least two that are not variants of each other are needed.")
    candidates = Candidates(
        np.concatenate([part.candidates.columns for part in parts]),
        np.concatenate([part.candidates.probabilities for part in parts]),
    )
    is_valid = np.concatenate([part.is_valid for part in parts])
    calibration = Calibration.fit(candidates, is_valid)
    confidences: Numbers = calibration.confidences(candidates)
    threshold = threshold_for(precision, confidences[:, 0], is_valid[:, 0])
    return calibration, threshold, measures(confidences, is_valid, threshold)


def train(
    material: Material,
    day: date,
    corrections: Mapping[str, str] | None = None,
    precision: float = PRECISION,
    **how: Any,
) -> Coder:
    """Learns from material, which holds ``corrections`` (``Material.correct``); raises CodingError if it is too little.

    ``facts``: version (hash of what was learnt from and how), trained_until, counts, and ``held_out``: the measures on
    titles it had not learnt.
    """
    letters = material.scheme.letters
    examples = Examples.of(material)
    calibration, threshold, found = calibrate(examples, np.arange(examples.titled), letters, precision, **how)
    network = examples.fit(np.arange(len(examples.titles)), letters, **how)
    known: dict[str, list[str]] = {}
    for title, code in sorted(material.titles):
        known.setdefault(title, []).append(code)
    facts = {
        "version": version_of(material, precision, **how),
        "trained_until": day.isoformat(),
        "titles": examples.titled,
        "descriptions": examples.described,
        "codes": len(examples.codes),
        "corrections": len(corrections or {}),
        "left_out": material.left_out,
        "precision": precision,
        "held_out": found,
    }
    return Coder(
        material.scheme.id, examples.codes, material.labels, known, network, calibration, threshold,
        dict(corrections or {}), facts,
    )  # fmt: skip


def version_of(material: Material, precision: float, **how: Any) -> str:
    """sha256 over all that is learnt from, corrections among it, and over how."""
    vectors = MODEL if reads_vectors(material.scheme.is_english, **how) else None
    parts = [FEATURES_VERSION, PARAMETERS | how, precision, material.digest, vectors]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


# --- kept coders


def kept(paths: Paths, scheme: str, version: str) -> Path | None:
    """Folder of a coder of that version, if it was trained before."""
    folder = models_folder(paths, scheme) / version[:16]
    return folder if read_manifest(folder) else None


def save(coder: Coder, paths: Paths) -> Path:
    """Writes a coder into a folder named by its version and returns that; one that is there already stays."""
    version = str(coder.facts["version"])
    if found := kept(paths, coder.scheme, version):
        return found
    folder = models_folder(paths, coder.scheme) / version[:16]
    with staged_folder(folder, paths.work) as staged:
        coder.network.save(staged)
        known = {name: getattr(coder, name) for name in ("codes", "labels", "known", "corrections")}
        (staged / _KNOWN).write_text(json.dumps(known, ensure_ascii=False), "utf-8")
        files = [
            {"path": file.name, "sha256": sha256_file(file), "bytes": file.stat().st_size}
            for file in sorted(staged.iterdir())
        ]
        said = {"files": files, "scheme": coder.scheme, "threshold": coder.threshold,
                "calibration": asdict(coder.calibration), "facts": dict(coder.facts)}  # fmt: skip
        write_file(staged / MANIFEST, json.dumps(said, indent=1, ensure_ascii=False).encode())
    return folder


def load(folder: Path) -> Coder:
    """Reads a kept coder. Raises LandingError where its bytes differ from the manifest's, CodingError for none."""
    manifest = read_manifest(folder)
    if not manifest or manifest.get("scheme") not in SCHEMES:
        raise CodingError(f"{folder} holds no coder. Run `lmi code train`.")
    verify(folder, manifest)
    said = json.loads((folder / _KNOWN).read_text("utf-8"))
    calibration = manifest["calibration"]
    return Coder(
        manifest["scheme"], tuple(said["codes"]), said["labels"], said["known"], Network.load(folder),
        Calibration(tuple(calibration["weights"]), calibration["constant"]), manifest["threshold"],
        said["corrections"], manifest["facts"],
    )  # fmt: skip


def coder_in_force(paths: Paths, scheme: str, day: date) -> Coder:
    """The coder of the latest training up to ``day``. Raises CodingError when there is none."""
    if (folder := latest_folder(paths, scheme, day)) is None:
        raise CodingError(f"No coder of {scheme} has been trained. Run `lmi code train --scheme {scheme}`.")
    return load(folder)
