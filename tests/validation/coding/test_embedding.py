"""Vectors of titles: as the published model gives them, the same in any company, from the published weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lmi.core.paths import Paths
from tests.validation.coding.support import DAY, SMALL, material
from validation.coding import embedding
from validation.coding.coder import load, save, train, version_of
from validation.coding.embedding import WIDTH, encoder
from validation.coding.schemes import CodingError

TITLES = ["software developer", "computer programmer", "registered nurse", "rn", "", "naive cafe waiter"]


def test_words_are_split_as_bert_splits_them() -> None:
    pieces = {number: piece for piece, number in encoder().vocabulary.items()}
    said = [pieces[number] for number in encoder().numbers("phlebotomist naïve 일")]
    assert said[:4] == ["[CLS]", "ph", "##le", "##bot"]
    assert "naive" in said and said[-1] == "[SEP]"
    assert len(encoder().numbers("word " * 500)) == 64


def test_titles_of_one_meaning_are_near_in_any_company() -> None:
    vectors = encoder().vectors(TITLES)
    assert vectors.shape == (len(TITLES), WIDTH)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    alike = vectors @ vectors.T
    assert alike[0, 1] > 0.6 > alike[0, 2] + 0.2
    alone = encoder().vectors(TITLES[2:3])[0]
    assert alone == pytest.approx(vectors[2], abs=1e-5)


def test_other_weights_are_refused_and_missing_ones_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    encoder.cache_clear()
    for name in ("model.safetensors", "vocab.txt"):
        (tmp_path / name).write_bytes(b"other")
    monkeypatch.setattr(embedding, "_file", lambda name: tmp_path / name)
    with pytest.raises(CodingError, match="differs from the published model"):
        encoder()
    monkeypatch.setattr(embedding, "_file", lambda name: None)
    with pytest.raises(CodingError, match="is not installed"):
        encoder()
    monkeypatch.undo()
    encoder.cache_clear()


def test_a_coder_with_vectors_knows_other_words_of_the_same_meaning_and_is_read_back(tmp_path: Path) -> None:
    how = SMALL | {"embedding": True, "near": 5}
    coder = train(material(), DAY, **how)
    assert version_of(material(), 0.9, **how) != version_of(material(), 0.9, **SMALL)
    titles = ["coding engineer", "lorry chauffeur", "nursing staff of a ward"]
    found = coder.network.predict(titles)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert [coder.codes[column] for column in found.argmax(axis=1)] == ["15-1252", "53-3032", "29-1141"]
    back = load(save(coder, Paths(tmp_path, tmp_path)))
    assert back.network.predict(titles) == pytest.approx(found, abs=0.01)
