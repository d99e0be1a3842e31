"""Work per record that no SQL does: linkage, coding, signatures, scores, seasonal adjustment, by the rooms' own code.

The inputs are invented, of about the length and variety of real ones. What is made ready before (training, reading) is
not counted.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.bench.measure import Work, measured

_SURNAMES, _GIVEN = "김이박최정강조윤장임한오서신권황안송류홍", "민서지현수영정은동성재준도하윤예혜미경상태우진호연"
_ROADS = ("중앙로", "시장길", "대학로", "역전로", "공원로", "산업로", "번영로", "평화로", "강변로", "동산길")
_TOWNS = ("강남구", "관악구", "마포구", "서초구", "성동구", "송파구", "양천구", "종로구", "중랑구", "은평구")
_WORK = (
    "사출기를 조작합니다", "치수를 검사합니다", "전표를 입력합니다", "도면을 작성합니다", "설비를 점검합니다",
    "거래처와 상담합니다", "식재료를 손질합니다", "차량을 운전합니다", "재고를 조사합니다", "회의를 준비합니다",
    "당일지급 고수익 보장", "면접없이 문의하세요", "교대로 근무합니다", "제품을 포장합니다", "환자를 돌봅니다",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """``ready(count)`` prepares the work on ``count`` records, each a ``unit``."""

    count: int
    unit: str
    ready: Callable[[int], Work]


def _linkage(count: int) -> Work:
    from validation.linkage.linker import Register, link

    draw = random.Random(1)
    left = [_person(n, draw) for n in range(count)]
    right = [dict(row) for row in draw.sample(left, count * 3 // 4)] + [
        _person(count + n, draw) for n in range(count // 4)
    ]
    for row in right:
        if draw.random() < 0.15:
            row.update(phone=_phone(draw), address=_address(draw))
        if draw.random() < 0.1:
            row["name"] = row["name"][0] + draw.choice(_GIVEN) + row["name"][2]
    columns = {name: name for name in ("name", "birth_date", "sex", "phone", "address")}
    both = [Register(pa.Table.from_pylist(rows), "id", columns) for rows in (left, right)]

    def work() -> None:
        assert link(*both, threads=2).chosen.num_rows > count / 2

    return work


def _person(number: int, draw: random.Random) -> dict[str, str]:
    return {
        "id": str(number),
        "name": draw.choice(_SURNAMES) + draw.choice(_GIVEN) + draw.choice(_GIVEN),
        "birth_date": f"{draw.randrange(1955, 2005)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}",
        "sex": draw.choice("MF"), "phone": _phone(draw), "address": _address(draw),
    }  # fmt: skip


def _phone(draw: random.Random) -> str:
    return f"010-{draw.randrange(2000, 9999)}-{draw.randrange(10_000):04d}"


def _address(draw: random.Random) -> str:
    return f"서울특별시 {draw.choice(_TOWNS)} {draw.choice(_ROADS)} {draw.randrange(1, 300)}"


def _coding(count: int) -> Work:
    from tests.bench.facts import AS_OF
    from validation.coding.coder import train
    from validation.coding.material import Known, Material
    from validation.coding.schemes import SCHEMES

    draw = random.Random(2)
    material = Material(SCHEMES["KECO"])
    names = [f"{1 + n // 13:02d}{10 + n % 13:02d}" for n in range(450)]
    words = ["".join(draw.choice(_GIVEN + _SURNAMES) for _ in range(3)) for _ in range(900)]
    titles = [
        (code, f"{draw.choice(words)} {words[2 * n]} {words[2 * n + 1]}원")
        for n, code in enumerate(names)
        for _ in range(9)
    ]
    material.add(Known(code, title, code) for code, title in titles)
    # few rounds: how well it codes does not change how long it takes
    coder = train(material, AS_OF, epochs=2)
    asked = [(f"{draw.choice(words)} {draw.choice(titles)[1]}", "") for _ in range(count)]

    def work() -> None:
        assert sum(1 for _ in coder.code(asked)) == count

    return work


def _duties(count: int, sentences: int = 40) -> list[str]:
    draw = random.Random(3)
    return [". ".join(f"{draw.choice(_WORK)} {draw.randrange(1000)}" for _ in range(sentences)) for _ in range(count)]


def _signatures(count: int) -> Work:
    from validation.vetting.similar import signatures

    texts = pa.array(_duties(count))

    def work() -> None:
        assert len(signatures(texts)) == count

    return work


def _scores(count: int) -> Work:
    from tests.validation.vetting.test_score import postings_of
    from validation.vetting.score import Features, fit, score

    rows: list[dict[str, Any]] = [{"duties": text} for text in _duties(count)]
    learnt = postings_of(rows[:1_000])
    labels = np.array(["고수익" in row["duties"][:200] for row in rows[:1_000]], np.int64)
    model = fit(Features.of(learnt), labels, np.arange(1_000), {"version": "bench"})
    postings = postings_of(rows)

    def work() -> None:
        assert score(postings, model).num_rows == count

    return work


def _adjustment(count: int) -> Work:
    from dbt_project.seasonal import adjust

    draw = np.random.default_rng(4)
    months = np.tile(np.arange(1, 13), 5)
    feasts = draw.integers(0, 4, (60, 3)).astype(float)
    level = np.linspace(1_000, 1_200, 60) * (1 + 0.2 * np.sin(months))
    series = level * np.exp(0.01 * draw.standard_normal((count, 60)))

    def work() -> None:
        for values in series:
            adjust(values, months, feasts)

    return work


PIECES = {
    "linkage": Piece(20_000, "records, linked to as many", _linkage),
    "coding": Piece(20_000, "titles, 450 codes", _coding),
    "signatures": Piece(20_000, "texts of 600 characters", _signatures),
    "scores": Piece(20_000, "postings of 600 characters", _scores),
    "adjustment": Piece(500, "series of 60 months", _adjustment),
}


def measure_pieces() -> dict[str, Any]:
    """Linkage of persons, coding of titles, signatures and scores of postings, seasonal adjustment: one line each."""
    found = {}
    for name, piece in PIECES.items():
        found[name] = one = measured("piece", name, Path(), Path())
        if "error" in one:
            sys.stdout.write(f"{name:14} did not finish: {one['error']}\n")
            continue
        rate = piece.count / one["cpu"]
        cost = f"{one['cpu']:8.2f} CPU s{rate:>10,.0f} / CPU s{one['peak_mb']:>7,} MB"
        sys.stdout.write(f"{name:14}{piece.count:>8,} {piece.unit:30}{cost}\n")
        sys.stdout.flush()
    return found
