"""Two lists of the same invented persons: found in spite of slips and moves, the same every time, silent on values."""

from __future__ import annotations

import random
from dataclasses import replace

import pyarrow as pa
import pytest

from validation.linkage import linker
from validation.linkage.linker import LinkageError, Register, link
from validation.linkage.model import PERSONS

COLUMNS = {f: f for f in ("name", "birth_date", "sex", "phone", "address")}
SURNAMES, GIVEN = "김이박최정강조윤장임한오서신권", "민서지현수영정은동성재준도하윤예혜미경상"
ROADS = ("중앙로", "시장길", "대학로", "역전로", "공원로", "산업로", "번영로", "평화로")


def person(n: int, draw: random.Random) -> dict[str, str]:
    return {
        "id": f"{n}",
        "name": draw.choice(SURNAMES) + draw.choice(GIVEN) + draw.choice(GIVEN),
        "birth_date": f"{draw.randrange(1955, 2005)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}",
        "sex": draw.choice("MF"),
        "phone": f"010-{draw.randrange(2000, 9999)}-{draw.randrange(10_000):04d}",
        "address": f"서울특별시 강남구 {draw.choice(ROADS)} {draw.randrange(1, 300)}",
    }


def register(rows: list[dict[str, str]]) -> Register:
    return Register(pa.Table.from_pylist(rows), "id", COLUMNS)


@pytest.fixture(scope="module")
def lists() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """400 persons; the first 300 stand in the other list too, the first 20 after a move, the next 20 with a slip."""
    draw = random.Random(5)
    left = [person(n, draw) for n in range(400)]
    right = [dict(row) for row in left[:300]] + [person(n, draw) for n in range(400, 500)]
    for row in right[:20]:
        row.update(phone="010-1111-" + row["phone"][-4:], address="부산광역시 중구 해변로 " + row["id"])
    for row in right[20:40]:
        year, month, day = row["birth_date"].split("-")
        row.update(birth_date=f"{year}-{day}-{month}", name=row["name"][0] + " " + row["name"][1:])
    draw.shuffle(right)
    return left, right


def found(links: object) -> set[tuple[str, str]]:
    chosen = links.chosen  # type: ignore[attr-defined]
    return set(zip(chosen["left"].to_pylist(), chosen["right"].to_pylist(), strict=True))


def test_persons_are_found_though_they_moved_or_slipped(lists: tuple[list, list]) -> None:
    links = link(register(lists[0]), register(lists[1]))
    pairs = found(links)
    right = {(a, b) for a, b in pairs if a == b}
    assert len(right) >= 297
    assert len(pairs) - len(right) <= 2
    assert len({a for a, _ in right if int(a) < 40}) >= 38
    assert 0.9 < links.expected_f1 <= 1


def test_the_same_lists_in_another_order_give_the_same_links(lists: tuple[list, list]) -> None:
    first = link(register(lists[0]), register(lists[1]), seed=3)
    again = link(register(lists[0][::-1]), register(lists[1][::-1]), seed=3)
    assert first.pairs.to_pylist() == again.pairs.to_pylist()
    assert first.weights.to_pylist() == again.weights.to_pylist()


def test_pairs_scored_in_parts_give_the_same_links(lists: tuple[list, list], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = link(register(lists[0]), register(lists[1]))
    monkeypatch.setattr(linker, "SCORED_PAIRS", whole.compared // 3)
    parts = link(register(lists[0]), register(lists[1]))
    assert parts.compared == whole.compared > 100
    assert parts.pairs.equals(whole.pairs)
    assert parts.threshold == whole.threshold


def test_versions_of_one_person_are_one_person(lists: tuple[list, list]) -> None:
    earlier = [
        {**row, "id": "v" + row["id"], "person": row["id"], "phone": "02-300-" + row["phone"][-4:]} for row in lists[0]
    ]
    rows = [*earlier, *({**row, "person": row["id"]} for row in lists[0])]
    links = link(register(lists[1]), Register(pa.Table.from_pylist(rows), "id", COLUMNS, person="person"))
    pairs = found(links)
    assert len(pairs & {(str(n), str(n)) for n in range(300)}) >= 297


def test_one_list_among_itself(lists: tuple[list, list]) -> None:
    rows = [*lists[0], *({**row, "id": "copy" + row["id"]} for row in lists[0][:150])]
    pairs = {frozenset(pair) for pair in found(link(register(rows)))}
    assert len(pairs & {frozenset((str(n), f"copy{n}")) for n in range(150)}) >= 148


def test_what_cannot_be_linked_is_said_without_a_name() -> None:
    one = [{**person(1, random.Random(1)), "name": "가온누리별", "phone": "", "address": ""}]
    other = [{**person(2, random.Random(2)), "name": "나래솔바람", "phone": "", "address": ""}]
    with pytest.raises(LinkageError, match="share a key") as caught:
        link(register(one), register(other))
    assert "가온누리별" not in str(caught.value)


def test_an_error_of_the_engine_is_not_passed_on(lists: tuple[list, list]) -> None:
    import traceback

    import duckdb

    def fails(*_: object) -> None:
        raise duckdb.ConversionException("Could not convert string '가온누리별' to INT32")

    with pytest.raises(LinkageError) as caught:
        link(register(lists[0]), register(lists[1]), replace(PERSONS, prepare=fails))
    assert "가온누리별" not in "".join(traceback.format_exception(caught.value))
