"""Near-duplicates on written pairs: exact similarity, the pairs proposed, and what a pair means."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validation.vetting.reading import read_texts
from validation.vetting.shingles import BANDS, comparable, jaccard, signatures
from validation.vetting.similar import twins

COLUMNS = {
    "posting_no": "BIGINT", "source_id": "VARCHAR", "record_hash": "VARCHAR", "posting_id": "VARCHAR",
    "submitted_date": "DATE", "title": "VARCHAR", "duties": "VARCHAR", "requirements": "VARCHAR",
    "employer_name": "VARCHAR", "business_no": "VARCHAR", "occupation_scheme": "VARCHAR", "occupation_code": "VARCHAR",
    "working_hours_text": "VARCHAR", "wage_text": "VARCHAR",
    "region_code": "VARCHAR", "work_address": "VARCHAR", "country_code": "VARCHAR", "requisition_id": "VARCHAR",
    "close_date": "DATE",
}  # fmt: skip
DAY = date(2026, 3, 2)
TASKS = (
    "사출기 조작과 금형 교체를 맡습니다",
    "완성품의 치수를 재고 불량을 골라냅니다",
    "자재를 창고에서 생산 라인으로 나릅니다",
    "주문서를 확인하여 택배를 포장합니다",
    "거래처 전화를 받고 견적서를 작성합니다",
    "매장 진열과 재고 파악을 합니다",
    "어르신의 식사와 이동을 돕고 기록을 남깁니다",
    "급식 조리와 주방 정리를 함께 합니다",
    "보일러와 냉난방 설비를 점검합니다",
    "도면을 읽고 배관을 용접합니다",
    "회계 전표를 입력하고 부가세 신고를 준비합니다",
    "홈페이지 글과 사진을 새로 올립니다",
    "건물 출입을 관리하고 순찰을 돕니다",
    "화물차로 정해진 노선을 배송합니다",
    "어린이집 등하원 차량에 함께 탑니다",
)
PERKS = (
    "4대 보험과 퇴직연금에 가입하고 통근 버스와 중식을 제공하며 명절 상여와 경조금을 드립니다."
    " 방문 접수 또는 우편 접수."
)


def posting(posting_id: str, **changed: Any) -> dict[str, Any]:
    return {
        "source_id": "offices", "record_hash": posting_id, "posting_id": posting_id, "submitted_date": DAY,
        "title": "생산직 사원을 모집합니다", "duties": f"{TASKS[0]}. {TASKS[1]}. {TASKS[2]}. {PERKS}",
        "requirements": None, "employer_name": "㈜한빛정밀", "business_no": "123-45-67891", "occupation_scheme": "KECO",
        "occupation_code": "851100", "region_code": "41130", "work_address": "경기도 성남시 둔촌대로 10",
        "country_code": "KR", "requisition_id": None, "close_date": DAY + timedelta(30),
    } | changed  # fmt: skip


def related(*new: dict[str, Any], earlier: tuple[dict[str, Any], ...] = ()) -> list[tuple[Any, ...]]:
    """Posting id, twin's source and id, similarity and kind of what ``twins`` finds."""
    con = duckdb.connect()
    for table, rows, extra in (("posting", new, {}), ("earlier_posting", earlier, {"closed_date": "DATE"})):
        kinds = COLUMNS | extra
        con.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
        for number, row in enumerate(rows, 1):
            key = {"posting_no": number, "record_hash": f"{table} {number}"}
            values = [(row | key).get(name) for name in kinds]
            con.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(kinds))})", values)
    read_texts(con)
    twins(con)
    return con.execute(
        "SELECT posting_id, twin_source_id, twin_posting_id, similarity, kind FROM twin JOIN posting USING (posting_no)"
        " ORDER BY ALL"
    ).fetchall()


def kinds_of(older: dict[str, Any], newer: dict[str, Any]) -> list[str]:
    """Kinds when the older was accepted before; the same must come out when both are of one load."""
    apart = [row[4] for row in related(newer, earlier=(older,))]
    if "closed_date" not in older:
        together = [row[4] for row in related(older, newer) if row[0] == newer["posting_id"]]
        if older["source_id"] == newer["source_id"]:
            assert together == apart
    return apart


def shingles(text: str) -> set[str]:
    text = text.ljust(5)
    return {text[i : i + 5] for i in range(len(text) - 4)}


@given(st.lists(st.text(st.sampled_from("가나다라 a1é😀"), max_size=30), min_size=2, max_size=8))
@settings(max_examples=150, deadline=None)
def test_similarity_is_that_of_the_shingle_sets(texts: list[str]) -> None:
    pairs = [(i, j) for i in range(len(texts)) for j in range(len(texts))]
    left, right = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    wanted = [
        len(shingles(texts[i]) & shingles(texts[j])) / len(shingles(texts[i]) | shingles(texts[j])) for i, j in pairs
    ]
    assert jaccard(pa.array(texts), left, right).tolist() == wanted


def test_similarity_by_hand() -> None:
    texts = pa.array(["가나다라마바", "가나다라마사", "가나", ""])  # shingles: 2 and 2, one of them shared; 1; 1
    left, right = np.array([0, 0, 2, 3]), np.array([1, 0, 3, 3])
    assert jaccard(texts, left, right).tolist() == [1 / 3, 1, 0, 1]


def test_a_signature_depends_on_its_text_alone() -> None:
    texts = [" ".join(TASKS[i:]) for i in range(len(TASKS))] + ["", None, "짧다"]
    whole = signatures(pa.array(texts, pa.string()))
    assert {len(keys) for keys in whole.to_pylist()} == {BANDS}
    for number in (0, 7, len(texts) - 1):
        assert signatures(pa.array([texts[number]], pa.string()))[0] == whole[number]
    assert len(signatures(pa.array([], pa.string()))) == 0


def test_bands_propose_what_is_similar_and_little_else() -> None:
    rng = random.Random(5)
    alphabet = [chr(c) for c in range(ord("가"), ord("가") + 400)]
    near = far = 0
    pairs = 300
    for _ in range(pairs):
        text = [rng.choice(alphabet) for _ in range(240)]
        edited = text.copy()
        edited[rng.randrange(100)] = "x"
        edited[rng.randrange(120, 240)] = "y"  # two letters: similarity about .92
        half = text[:150] + [rng.choice(alphabet) for _ in range(90)]  # about .45
        keys = signatures(pa.array(["".join(text), "".join(edited), "".join(half)])).to_pylist()
        near += any(a == b for a, b in zip(keys[0], keys[1], strict=True))
        far += any(a == b for a, b in zip(keys[0], keys[2], strict=True))
    assert near == pairs
    assert far < pairs * 0.15


def test_disguises_do_not_make_another_text() -> None:
    plain = posting("A")
    duties = plain["duties"].replace("4대", "４대").replace("보험", "보\u200b험").replace(". ", ".\n- ")
    texts = [plain["title"] + "\n" + plain["duties"], "  생산직　사원을\n모집합니다 \n" + duties]
    a, b = comparable(pa.array(texts)).to_pylist()
    assert a == b


OLDER = posting("A")
NEXT_DAY = {"submitted_date": DAY + timedelta(3)}


@pytest.mark.parametrize(
    ("older", "newer", "kinds"),
    [
        ({}, {}, ["DUP_EXACT"]),
        ({}, {"duties": OLDER["duties"] + " 감사합니다."}, ["DUP_NEAR"]),
        ({}, {"title": "(재등록) " + OLDER["title"]}, ["DUP_NEAR"]),
        ({}, {"duties": f"{TASKS[3]}. {TASKS[4]}. {PERKS}"}, []),
        # the older one had closed: by its own date, by two months of validity, by an event
        ({"close_date": DAY + timedelta(2)}, {}, ["REPOST"]),
        ({"close_date": DAY + timedelta(3)}, {}, ["DUP_EXACT"]),
        ({"close_date": None}, {"submitted_date": date(2026, 5, 2)}, ["DUP_EXACT"]),
        ({"close_date": None}, {"submitted_date": date(2026, 5, 3)}, ["REPOST"]),
        ({"close_date": date(9999, 12, 31)}, {"submitted_date": date(2026, 5, 3)}, ["REPOST"]),
        ({"close_date": DAY - timedelta(5)}, {}, ["DUP_EXACT"]),  # a close before the start says nothing
        ({"closed_date": DAY + timedelta(1)}, {}, ["REPOST"]),
        ({"close_date": DAY}, {"submitted_date": DAY + timedelta(180), "close_date": None}, ["REPOST"]),
        ({"close_date": DAY}, {"submitted_date": DAY + timedelta(181), "close_date": None}, []),
        ({"closed_date": None}, {}, ["DUP_EXACT"]),
        # place
        ({}, {"region_code": "26350", "work_address": "부산광역시 해운대구 센텀로 1"}, []),
        ({}, {"work_address": "경기도 성남시 둔촌대로 388"}, []),
        ({}, {"work_address": "경기도 성남시, 둔촌대로 10"}, ["DUP_EXACT"]),
        ({}, {"work_address": None}, ["DUP_EXACT"]),
        ({"region_code": "42110"}, {"region_code": "51110"}, ["DUP_EXACT"]),  # one address, the district was recoded
        ({"region_code": None, "work_address": None}, {"region_code": None, "work_address": None}, []),
        # requisition
        ({"requisition_id": "R-1"}, {"requisition_id": "R-2"}, []),
        ({"requisition_id": "R-1", "close_date": DAY}, {"requisition_id": "R-2"}, []),
        ({"requisition_id": "R-1"}, {"requisition_id": "R-1"}, ["DUP_EXACT"]),
        ({"requisition_id": "R-1"}, {"requisition_id": " "}, ["DUP_EXACT"]),
        # employer and occupation
        ({}, {"business_no": "1234567891"}, ["DUP_EXACT"]),
        ({}, {"business_no": "987-65-43210"}, []),
        ({}, {"business_no": None, "employer_name": "주식회사 한빛정밀"}, ["DUP_EXACT"]),
        ({}, {"business_no": "0000000000"}, ["DUP_EXACT"]),
        ({"business_no": "0000000000"}, {"business_no": "0000000000", "employer_name": "한별정밀"}, []),
        ({"business_no": None}, {"business_no": None, "employer_name": "한별정밀"}, []),
        ({"business_no": None, "employer_name": "비공개"}, {"business_no": None, "employer_name": "비공개"}, []),
        ({}, {"occupation_code": "852300"}, []),
        # a text that says nothing proves nothing
        ({"duties": None}, {"duties": None}, ["DUP_NEAR"]),
        ({"duties": "상세 내용은 이미지 참조"}, {"duties": "상세 내용은 이미지 참조"}, ["DUP_NEAR"]),
        # another source: a link, whoever came first and however it codes occupations
        ({"source_id": "portal", "occupation_scheme": "PORTAL"}, {}, ["SAME_JOB"]),
        ({"source_id": "portal", **NEXT_DAY}, {"submitted_date": DAY}, ["SAME_JOB"]),
        ({"source_id": "portal", "close_date": DAY}, {}, []),
        ({"source_id": "portal", "submitted_date": DAY + timedelta(90), "close_date": None}, {}, []),
        # a later version of the same posting
        ({"posting_id": "B"}, {}, []),
    ],
)  # fmt: skip
def test_what_a_pair_means(older: dict[str, Any], newer: dict[str, Any], kinds: list[str]) -> None:
    assert kinds_of(OLDER | older, posting("B") | NEXT_DAY | newer) == kinds


def test_the_older_is_never_the_duplicate() -> None:
    late = posting("A")  # submitted first, delivered after the copy
    assert related(late, earlier=(posting("B") | NEXT_DAY,)) == []


def test_one_twin_for_each_relation() -> None:
    closed = posting("A", submitted_date=date(2025, 9, 1), close_date=date(2025, 9, 30))
    near = posting("B", duties=OLDER["duties"] + " 감사합니다.")
    first, second = posting("C"), posting("D", submitted_date=DAY + timedelta(1))
    portal = posting("P", source_id="portal")
    found = related(posting("E") | NEXT_DAY, earlier=(closed, near, second, first, portal))
    assert [(row[1:3], row[4]) for row in found] == [
        (("offices", "A"), "REPOST"),
        (("offices", "C"), "DUP_EXACT"),
        (("portal", "P"), "SAME_JOB"),
    ]


def test_kept_signatures_are_used_and_what_lacks_one_gets_it() -> None:
    con = duckdb.connect()
    for table in ("posting", "earlier_posting"):
        con.execute(f"CREATE TABLE {table} ({', '.join(f'{n} {k}' for n, k in COLUMNS.items())})")
    for table, row in (
        ("earlier_posting", OLDER),
        ("posting", posting("B") | NEXT_DAY | {"duties": OLDER["duties"] + " 감사합니다.", "posting_no": 1}),
    ):
        con.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(COLUMNS))})", [row.get(n) for n in COLUMNS])
    read_texts(con)
    twins(con)
    assert con.execute("SELECT kind FROM twin").fetchall() == [("DUP_NEAR",)]
    assert con.execute("SELECT record_hash FROM posting_signature ORDER BY ALL").fetchall() == [("A",), ("B",)]
    # signatures that share no band propose nothing: the kept ones are what is read
    con.execute(
        "UPDATE posting_signature SET signature = list_transform(range(16), lambda i: (100 * ascii(record_hash) + i)::"
        "UBIGINT)"
    )
    twins(con)
    assert con.execute("SELECT kind FROM twin").fetchall() == []
    con.execute("DELETE FROM posting_signature WHERE record_hash = 'A'")
    con.execute("UPDATE posting_signature SET signature = list_transform(signature, lambda x: x + 1)")
    twins(con)
    assert con.execute("SELECT count(*), count(DISTINCT signature) FROM posting_signature").fetchone() == (2, 2)


def labelled_pairs(rng: random.Random) -> list[tuple[dict[str, Any], dict[str, Any], bool]]:
    """Older, newer, and whether the newer is a duplicate of the older while that is open. Each of its own employer."""
    pairs: list[tuple[dict[str, Any], dict[str, Any], bool]] = []
    for number in range(420):
        tasks = rng.sample(TASKS, 6)
        duties = "\n".join(f"- {task} (담당 {rng.randint(10, 99)}명)" for task in tasks[:5]) + "\n" + PERKS
        title = f"{tasks[0][:8]} 담당 {rng.choice(('신입', '경력', '정규직'))} 모집"
        firm = {
            "business_no": f"{1000000000 + 7919 * number}", "employer_name": f"가람{number}산업",
            "region_code": f"{41110 + number % 9}", "work_address": f"중앙로 {number}",
        }  # fmt: skip
        older = posting(f"O{number}", title=title, duties=duties, **firm)
        newer = older | {"posting_id": f"N{number}", "submitted_date": DAY + timedelta(rng.randint(1, 20))}
        words = duties.split(" ")
        spot = rng.randrange(len(words))
        one_word = " ".join([*words[:spot], "성실히", *words[spot:]])
        renumbered = "\n".join(
            line if i > 1 else f"{line.split('담당')[0]}담당 {rng.randint(10, 99)}명)"
            for i, line in enumerate(duties.split("\n"))
        )
        swapped = "\n".join(f"- {task} (담당 {rng.randint(10, 99)}명)" for task in rng.sample(TASKS, 5)) + "\n" + PERKS
        changes: tuple[tuple[dict[str, Any], bool], ...] = (
            ({}, True),
            ({"duties": duties + " 감사합니다."}, True),
            ({"title": "(재등록) " + title}, True),
            ({"duties": one_word}, True),
            ({"duties": duties.replace("\n- ", " · ")}, True),
            ({"duties": renumbered}, True),
            ({"title": title + "!!", "duties": one_word + " 감사합니다."}, True),
            ({"duties": duties.replace(tasks[4], tasks[5])}, False),  # one duty is another: not the same job
            ({"region_code": "26110", "work_address": "해안로 3"}, False),
            ({"duties": swapped}, False),  # one title twice in a firm
            ({"requisition_id": f"R{number}-2"}, False),
            ({"work_address": f"중앙로 {number + 1}"}, False),
            ({"business_no": f"{2000000000 + 7919 * number}", "employer_name": f"다른{number}산업"}, False),
            ({"occupation_code": "611100"}, False),
            ({"submitted_date": DAY + timedelta(70)}, False),
        )  # fmt: skip
        change, is_duplicate = changes[number % len(changes)]
        if "requisition_id" in change:
            older["requisition_id"] = f"R{number}-1"
        pairs.append((older, newer | change, is_duplicate))
    return pairs


def test_precision_and_recall_with_hard_negatives() -> None:
    pairs = labelled_pairs(random.Random(20260302))
    rows = [row for older, newer, _ in pairs for row in (older, newer)]
    random.Random(1).shuffle(rows)
    found = {(twin, new) for new, _, twin, _, kind in related(*rows) if kind.startswith("DUP")}
    truth = {(older["posting_id"], newer["posting_id"]) for older, newer, duplicate in pairs if duplicate}
    precision, recall = len(found & truth) / len(found), len(found & truth) / len(truth)
    print(f"precision {precision:.3f}, recall {recall:.3f} on {len(truth)} duplicates among {len(pairs)} pairs")
    assert precision >= 0.98
    assert recall >= 0.88
