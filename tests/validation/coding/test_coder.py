"""The coder: what it says of titles, its confidence, corrections, determinism, and how it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ingest.landing import LandingError
from lmi.core.paths import Paths
from tests.validation.coding.support import DAY, KOREAN, SMALL, material, trained
from validation.coding.coder import (
    Coder,
    Examples,
    coder_in_force,
    held_out,
    load,
    probabilities_of,
    save,
    train,
    version_of,
)
from validation.coding.material import Known, Material
from validation.coding.schemes import SCHEMES, CodingError
from validation.coding.titles import cleaned, stem


@pytest.fixture(scope="module")
def coder() -> Coder:
    return trained()


def answers(coder: Coder, *titles: str, corrections: dict[str, str] | None = None) -> list[dict]:
    return list(coder.code([(title, "") for title in titles], corrections))


def test_clean_up_and_stem() -> None:
    assert cleaned("  Ｎurse’s   Aide/Helper (CNA) ") == "nurses aide helper cna"
    assert cleaned("**") == ""
    assert stem("Nurses, Registered (RN)") == stem("registered nurse")
    assert stem("Secretaries") == stem("Secretary")
    assert stem("Boss") != stem("Bos")
    assert stem("전기 용접원") == stem("전기용접사") == "전기용접"
    assert stem("(CNA)") == "cna"


def test_new_variants_of_a_title_are_coded_and_labelled(coder: Coder) -> None:
    (cook, driver) = answers(coder, "Grill Cook, Airport", "tanker truck driver")
    assert (cook["decision"], cook["code"], cook["basis"]) == ("coded", "35-2014", "model")
    assert driver["code"] == "53-3032"
    assert cook["candidates"][0]["label"] == "Cooks, Restaurant"
    assert len(cook["candidates"]) == 5
    sure = [candidate["confidence"] for candidate in cook["candidates"]]
    assert sure == sorted(sure, reverse=True)
    assert all(0 <= value <= 1 for value in sure)


def test_what_nobody_could_code_is_left_to_a_person(coder: Coder) -> None:
    for answer in answers(coder, "qqq zzz", "", "!!"):
        assert (answer["decision"], answer["code"]) == ("abstained", None)
    assert answers(coder, "!!")[0]["candidates"] == []


def test_a_listed_title_has_the_codes_it_is_listed_under(coder: Coder) -> None:
    (several, one) = answers(coder, "SUPERVISOR", "Line cook")
    assert {c["code"] for c in several["candidates"]} == {"35-2014", "37-2011"}
    assert sum(c["confidence"] for c in several["candidates"]) == pytest.approx(1, abs=1e-3)
    assert (one["basis"], one["code"], one["candidates"][0]["confidence"]) == ("listed", "35-2014", 1.0)


def test_a_correction_wins_over_list_and_model(coder: Coder) -> None:
    said = {"line cook": "37-2011", "qqq zzz": "29-1141"}
    for answer, code in zip(answers(coder, "Line-Cook", "QQQ zzz", corrections=said), said.values(), strict=True):
        assert (answer["decision"], answer["basis"], answer["code"]) == ("coded", "corrected", code)
        assert answer["candidates"] == [{"code": code, "label": coder.labels[code], "confidence": 1.0}]


def test_corrections_are_learnt_and_carried_by_the_next_coder() -> None:
    said = {f"{place} zamboni {word}": "53-3032" for place in ("ice", "rink", "arena") for word in ("man", "op")}
    before, after = trained(), trained(said)
    title = "zamboni attendant"
    confidence = [
        {c["code"]: c["confidence"] for c in answers(coder, title)[0]["candidates"]}["53-3032"]
        for coder in (before, after)
    ]
    assert confidence[1] > 1.5 * confidence[0]
    assert answers(after, "ice zamboni op")[0]["basis"] == "corrected"
    assert before.facts["version"] != after.facts["version"]


def test_equal_input_gives_the_equal_coder(coder: Coder) -> None:
    again = trained()
    assert again.facts == coder.facts
    assert answers(again, "airport cook", "qqq") == answers(coder, "airport cook", "qqq")
    assert version_of(material(), 0.9, **SMALL) == coder.facts["version"]
    assert version_of(material(), 0.8, **SMALL) != coder.facts["version"]
    grown = material()
    grown.add(iter([Known("35-2014", "wok cook")]))
    assert version_of(grown, 0.9, **SMALL) != coder.facts["version"]


def test_what_is_held_out_is_not_learnt() -> None:
    made = material()
    made.add(Known("35-2014", f"{title}s") for title, _ in sorted(made.titles))  # a plural is no other title
    examples = Examples.of(made)
    folds = examples.folds(5)
    stems: dict[str, set[int]] = {}
    for title, fold in zip(examples.titles, folds, strict=True):
        stems.setdefault(stem(title), set()).add(int(fold))
    assert all(len(found) == 1 for found in stems.values())
    asked, learnt = np.flatnonzero(folds == 0), np.flatnonzero(folds != 0)
    assert len(stems) < len(examples.titles)
    held = held_out(examples, learnt, asked, (3, 5), **SMALL)
    assert held.is_valid.shape == (len(asked), 5)
    assert held.is_valid.any(axis=1).all()  # five codes, five candidates: one is always right
    assert held.is_valid[:, 0].mean() > 0.5


def test_korean_titles_and_descriptions_of_work() -> None:
    made = Material(SCHEMES["KECO"])
    made.add(Known(code, title, label) for code, (label, names) in KOREAN.items() for title in names)
    coder = train(made, DAY, **SMALL, precision=0.6)
    assert [answer["candidates"][0]["code"] for answer in answers(coder, "카고트럭 운전원", "소아과간호사")] == [
        "6221",
        "3040",
    ]
    words, texts = ["직원", "직원", "직원"], ["", "트럭 운전원 모집", "..."]
    plain, told, empty = probabilities_of(coder.network, words, texts)[:, coder.codes.index("6221")]
    assert told > plain + 0.1
    assert empty == plain


def test_a_coder_is_kept_whole_and_read_back(tmp_path: Path, coder: Coder) -> None:
    paths = Paths(tmp_path, tmp_path)
    folder = save(coder, paths)
    assert folder == save(coder, paths)
    back = load(folder)
    for kept, fresh in zip(
        answers(back, "airport cook", "nurse"), answers(coder, "airport cook", "nurse"), strict=True
    ):
        assert kept["code"] == fresh["code"]
        for one, other in zip(kept["candidates"], fresh["candidates"], strict=True):
            assert one["confidence"] == pytest.approx(other["confidence"], abs=0.01)  # half precision on disk
    assert coder_in_force(paths, "SOC", DAY).facts == coder.facts
    with pytest.raises(CodingError, match="lmi code train"):
        coder_in_force(paths, "SOC", DAY.replace(year=2025))
    file = folder / "weights.npz"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(LandingError):
        load(folder)


def test_a_file_of_weights_may_hold_no_objects(tmp_path: Path, coder: Coder) -> None:
    coder.network.save(tmp_path)
    np.savez(tmp_path / "weights.npz", idf=np.array([{"run": "me"}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        type(coder.network).load(tmp_path)
    assert json.loads((tmp_path / "vocabulary.json").read_text("utf-8"))["letters"] == [3, 5]


def test_too_little_to_learn_from_is_said() -> None:
    made = Material(SCHEMES["SOC"])
    made.add(iter([Known("35-2014", "cook"), Known("29-1141", "cooks")]))
    with pytest.raises(CodingError, match="Too few titles"):
        train(made, DAY, **SMALL)
