"""The classifier of titles: words and runs of letters into one hidden layer, then a softmax over the codes.

The features of fastText (Joulin et al. 2017, "Bag of tricks for efficient text classification") weighted by TF-IDF,
with dropout of features and of hidden units (Srivastava et al. 2014) and AdaGrad steps (Duchi et al. 2011) on those
rows of the first layer that a batch touches, which is why it is written out here: with 50,000 features a general
library moves every weight in each step and takes four times as long. The target of a title is shared evenly by all
codes it is known under. Where titles have vectors (``embedding``), these go into the hidden layer as well, and the
titles nearest by them vote beside the network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from validation.coding.embedding import encoder

Floats = npt.NDArray[np.float32]

#: how a network is made; part of the version of every model
PARAMETERS: dict[str, Any] = {
    "hidden": 512, "epochs": 14, "batch": 256, "step": 0.05, "drop_features": 0.2, "drop_hidden": 0.4, "networks": 1,
    "embedding": True, "drop_vector": 0.1, "near": 60, "sharpness": 20, "vote": 0.3,
}  # fmt: skip
#: features seen in fewer titles than this say nothing of other titles
_RARE = 2
_WORD = r"\S+"
_WEIGHTS = "weights.npz"
_VOCABULARY = "vocabulary.json"
_MEMORY = "memory.npz"
#: titles that vote in one pass; bounds the memory
_BATCH = 500


@dataclass(frozen=True)
class Features:
    """Words and pairs of words, runs of letters within words; what is not in ``vocabulary`` is not seen.

    ``letters``: shortest and longest run. ``vocabulary``: words, then runs, each in the order of the columns.
    """

    letters: tuple[int, int]
    vocabulary: tuple[list[str], list[str]]
    idf: Floats

    @classmethod
    def fit(cls, titles: Sequence[str], letters: tuple[int, int]) -> Features:
        """``titles`` are cleaned."""
        counters = _counters(letters, (None, None))
        parts = []
        vocabulary: list[list[str]] = []
        for counter in counters:
            counts = counter.fit_transform(titles)
            names = counter.get_feature_names_out()
            found = np.asarray((counts > 0).sum(axis=0)).ravel()
            kept = found >= min(_RARE, found.max())
            vocabulary.append(names[kept].tolist())
            parts.append(found[kept])
        idf = np.log((1 + len(titles)) / (1 + np.concatenate(parts))) + 1
        return cls(letters, (vocabulary[0], vocabulary[1]), idf.astype(np.float32))

    @cached_property
    def _ready(self) -> tuple[CountVectorizer, ...]:
        return _counters(self.letters, self.vocabulary)

    def of(self, titles: Sequence[str]) -> sp.csr_matrix:
        """One row per cleaned title, of length 1 (of words and of runs together)."""
        blocks = [counter.transform(titles).astype(np.float32) for counter in self._ready]
        ends = np.cumsum([len(names) for names in self.vocabulary])
        for block, last in zip(blocks, ends, strict=True):
            block.data = 1 + np.log(block.data)
            block.data *= self.idf[last - block.shape[1] : last][block.indices]
            normalize(block, copy=False)
        return normalize(sp.hstack(blocks, format="csr", dtype=np.float32), copy=False)


def _counters(
    letters: tuple[int, int], vocabulary: tuple[list[str] | None, list[str] | None]
) -> tuple[CountVectorizer, CountVectorizer]:
    words, runs = vocabulary
    return (
        CountVectorizer(token_pattern=_WORD, ngram_range=(1, 2), lowercase=False, vocabulary=words),
        CountVectorizer(analyzer="char_wb", ngram_range=letters, lowercase=False, vocabulary=runs),
    )


@dataclass(frozen=True)
class Layers:
    """Weights of one network: features × hidden, hidden × codes, the constants of both; vectors × hidden, of no rows
    where no vectors are read."""

    first: Floats
    shift: Floats
    second: Floats
    prior: Floats
    meaning: Floats

    def predict(self, rows: sp.csr_matrix, vectors: Floats | None = None) -> Floats:
        signal = rows @ self.first + self.shift
        if vectors is not None:
            signal += vectors @ self.meaning
        return _softmax(np.maximum(signal, 0) @ self.second + self.prior)


@dataclass(frozen=True)
class Memory:
    """Titles as vectors of length 1, and the codes each is known under (titles × codes, ones)."""

    vectors: Floats
    codes: sp.csr_matrix
    near: int
    sharpness: float

    def vote(self, vectors: Floats) -> Floats:
        """titles × codes, each row sums to 1: the nearest titles speak for their codes, the nearer the more."""
        near = min(self.near, len(self.vectors))
        found = []
        for start in range(0, len(vectors), _BATCH):
            alike = vectors[start : start + _BATCH] @ self.vectors.T
            place = np.argpartition(-alike, near - 1, axis=1)[:, :near]
            weight = np.exp(np.float32(self.sharpness) * (np.take_along_axis(alike, place, axis=1) - 1))
            ends = np.arange(0, place.size + 1, near)
            voices = sp.csr_matrix((weight.ravel(), place.ravel(), ends), shape=alike.shape)
            found.append(normalize((voices @ self.codes).toarray(), norm="l1", copy=False))
        return np.concatenate(found).astype(np.float32) if found else np.zeros((0, self.codes.shape[1]), np.float32)


@dataclass(frozen=True)
class Network:
    """Probabilities of codes by the mean of some networks that differ in their random start and, where there are
    vectors, by the vote of the titles nearest to a title."""

    features: Features
    layers: tuple[Layers, ...]
    memory: Memory | None = None
    #: part of the vote
    share: float = 0.0

    @classmethod
    def fit(
        cls,
        titles: Sequence[str],
        targets: sp.csr_matrix,
        letters: tuple[int, int],
        vectors: Floats | None = None,
        **changed: Any,
    ) -> Network:
        """``titles``: cleaned, each once. ``targets``: titles × codes, each row sums to 1. ``vectors``: of the titles;
        zeros for what is no title. Equal input, equal network on equal hardware. ``changed``: parameters other than
        PARAMETERS."""
        how = PARAMETERS | changed
        features = Features.fit(titles, letters)
        rows = features.of(titles)
        layers = tuple(_trained(rows, vectors, targets, how, seed) for seed in range(how["networks"]))
        if vectors is None:
            return cls(features, layers)
        told = np.flatnonzero(vectors.any(axis=1))
        codes = (targets[told] > 0).astype(np.float32).tocsr()
        memory = Memory(vectors[told].astype(np.float16).astype(np.float32), codes, how["near"], how["sharpness"])
        return cls(features, layers, memory, how["vote"])

    def predict(self, titles: Sequence[str], vectors: Floats | None = None) -> Floats:
        """titles × codes; each row sums to 1. ``vectors`` of the titles are made where they are read and not given."""
        rows = self.features.of(titles)
        if self.memory is None:
            vectors = None
        elif vectors is None:
            vectors = encoder().vectors(titles)
        total = self.layers[0].predict(rows, vectors)
        for layers in self.layers[1:]:
            total += layers.predict(rows, vectors)
        total /= np.float32(len(self.layers))
        if self.memory is None or vectors is None:
            return total
        return (1 - np.float32(self.share)) * total + np.float32(self.share) * self.memory.vote(vectors)

    def save(self, folder: Path) -> None:
        arrays = {"idf": self.features.idf}
        for number, layers in enumerate(self.layers):
            for name, values in vars(layers).items():
                arrays[f"{name}_{number}"] = values.astype(np.float16 if values.ndim == 2 else np.float32)
        np.savez(folder / _WEIGHTS, **arrays)  # type: ignore[arg-type]
        vocabulary = {"letters": self.features.letters, "words": self.features.vocabulary[0],
                      "runs": self.features.vocabulary[1]}  # fmt: skip
        (folder / _VOCABULARY).write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
        if self.memory is not None:
            how = np.array([self.memory.near, self.memory.sharpness, self.share, self.memory.codes.shape[1]])
            codes = self.memory.codes
            np.savez(folder / _MEMORY, vectors=self.memory.vectors.astype(np.float16), indices=codes.indices,
                     indptr=codes.indptr, how=how)  # fmt: skip

    @classmethod
    def load(cls, folder: Path) -> Network:
        """Reads numbers and texts only; nothing that could run."""
        said: Mapping[str, Any] = json.loads((folder / _VOCABULARY).read_text("utf-8"))
        with np.load(folder / _WEIGHTS, allow_pickle=False) as arrays:
            kept = {name: arrays[name].astype(np.float32) for name in arrays.files}
        names = ("first", "shift", "second", "prior", "meaning")
        count = sum(name.startswith("first_") for name in kept)
        layers = tuple(Layers(*(kept[f"{name}_{number}"] for name in names)) for number in range(count))
        features = Features(tuple(said["letters"]), (said["words"], said["runs"]), kept["idf"])
        if not (folder / _MEMORY).exists():
            return cls(features, layers)
        with np.load(folder / _MEMORY, allow_pickle=False) as arrays:
            vectors, (near, sharpness, share, codes) = arrays["vectors"].astype(np.float32), arrays["how"].tolist()
            indices, ends = arrays["indices"], arrays["indptr"]
        ones = np.ones(len(indices), np.float32)
        listed = sp.csr_matrix((ones, indices, ends), shape=(len(vectors), int(codes)))
        return cls(features, layers, Memory(vectors, listed, int(near), sharpness), share)


def _softmax(scores: Floats) -> Floats:
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


class _AdaGrad:
    """Steps of one array. ``by_row``: one length of step per row, which spares passes over a wide array."""

    def __init__(self, values: Floats, *, by_row: bool = False) -> None:
        self.values = values
        self.by_row = by_row
        self.seen = np.full((len(values), 1) if by_row else values.shape, 1e-6, np.float32)

    def step(self, gradient: Floats, length: float, rows: Any = slice(None)) -> None:
        """``gradient`` is used up."""
        if self.by_row:
            self.seen[rows] += np.einsum("ij,ij->i", gradient, gradient)[:, None] / np.float32(gradient.shape[1])
        else:
            self.seen[rows] += gradient * gradient
        gradient *= np.float32(length) / np.sqrt(self.seen[rows])
        self.values[rows] -= gradient


def _trained(
    rows: sp.csr_matrix, vectors: Floats | None, targets: sp.csr_matrix, how: Mapping[str, Any], seed: int
) -> Layers:
    random = np.random.default_rng(seed)
    (titles, width), codes, hidden = rows.shape, targets.shape[1], how["hidden"]
    first = _AdaGrad(
        random.standard_normal((width, hidden), dtype=np.float32) * np.float32((2 / hidden) ** 0.5), by_row=True
    )
    second = _AdaGrad(random.standard_normal((hidden, codes), dtype=np.float32) * np.float32(0.05))
    shift, prior = (_AdaGrad(np.zeros(size, np.float32)) for size in (hidden, codes))
    told = np.zeros((titles, 0), np.float32) if vectors is None else vectors
    # the components of a vector are small beside the few features of a title
    meaning = _AdaGrad(
        random.standard_normal((told.shape[1], hidden), dtype=np.float32) * np.float32(2 * (2 / hidden) ** 0.5)
    )
    for epoch in range(how["epochs"]):
        length = how["step"] * (1 - epoch / how["epochs"])
        for batch in np.array_split(random.permutation(titles), max(1, titles // how["batch"])):
            drawn, share = rows[batch], np.float32(1 / len(batch))
            drawn.data *= _kept(random, drawn.data.shape, how["drop_features"])
            touched, place = np.unique(drawn.indices, return_inverse=True)
            drawn = sp.csr_matrix((drawn.data, place, drawn.indptr), shape=(len(batch), len(touched)))
            signal = drawn @ first.values[touched] + shift.values
            heard = told[batch] * _kept(random, (len(batch), told.shape[1]), how["drop_vector"])
            signal += heard @ meaning.values
            mask = _kept(random, signal.shape, how["drop_hidden"]) * (signal > 0)
            signal *= mask
            error = (_softmax(signal @ second.values + prior.values) - targets[batch].toarray()) * share
            inner = (error @ second.values.T) * mask
            first.step(drawn.T @ inner, length, touched)
            meaning.step(heard.T @ inner, length)
            shift.step(inner.sum(axis=0), length)
            second.step(signal.T @ error, length)
            prior.step(error.sum(axis=0), length)
    return Layers(first.values, shift.values, second.values, prior.values, meaning.values)


def _kept(random: np.random.Generator, shape: tuple[int, ...], dropped: float) -> Floats:
    """0 for what is dropped; the rest grows, so that sums stay as they were."""
    return (random.random(shape, dtype=np.float32) >= dropped).astype(np.float32) / np.float32(1 - dropped)
