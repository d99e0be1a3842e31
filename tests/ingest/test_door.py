"""The door: tokens equal those of the key ring, bad identifiers give none, personal numbers in text are starred out."""

from __future__ import annotations

import re
import string
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.door import birth_date_sql, email_sql, masked_text_sql, phone_sql, resident_no_sql, token_sql
from ingest.registry import Column
from ingest.typing_sql import cast_sql
from lmi.core.keys import load_keys
from lmi.core.settings import load_settings

KEYS = load_keys(load_settings({}, profile="sandbox"))
#: as published with the vetting rules
R30 = re.compile(r"(?<!\d)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[-\s]?[1-8]\d{6}(?!\d)")


def evaluated(expression: str, values: list[Any], **parameters: Any) -> list[Any]:
    """The SQL expression over ``x`` for each value."""
    given_values = pa.table({"n": range(len(values)), "x": pa.array(values, pa.string())})
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("given_values", given_values)
        found = con.execute(f"SELECT {expression} FROM given_values ORDER BY n", parameters or None).fetchall()
    return [row[0] for row in found]


def pads() -> dict[str, bytes]:
    inner, outer = KEYS.hmac_pads()
    return {"inner": inner, "outer": outer}


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text(min_size=1).filter(lambda t: "\0" not in t), min_size=1, max_size=20))
def test_token_in_sql_equals_hmac_in_python(values: list[str]) -> None:
    for domain in ("person", "phone", "email"):
        found = evaluated(token_sql(KEYS, domain, "x"), values, **pads())
        assert found == [KEYS.token(domain, value) for value in values]


def test_no_value_gives_no_token() -> None:
    assert evaluated(token_sql(KEYS, "person", "x"), [None], **pads()) == [None]


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("900101-1234567", "9001011234567"),
        ("900101 1234567", "9001011234567"),
        ("９００１０１－１２３４５６７", "9001011234567"),
        ("9001011234567", "9001011234567"),
        ("900101-123456", None),
        ("900101-12345678", None),
        ("900101-9234567", None),
        ("900101-0234567", None),
        ("홍길동", None),
    ],
)
def test_resident_numbers_are_normalised(written: str, normal: str | None) -> None:
    assert evaluated(resident_no_sql("x"), [written]) == [normal]


@pytest.mark.parametrize(
    ("digits", "born"),
    [
        ("9001011234567", date(1990, 1, 1)),
        ("0502294234567", None),  # 2005 had no 29 February
        ("0402294234567", date(2004, 2, 29)),
        ("8512315234567", date(1985, 12, 31)),
        ("0101017234567", date(2001, 1, 1)),
        ("9013011234567", None),
    ],
)
def test_the_seventh_digit_tells_the_century(digits: str, born: date | None) -> None:
    assert evaluated(birth_date_sql("x"), [digits]) == [born]


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("010-1234-5678", "01012345678"),
        ("+82 10-1234-5678", "01012345678"),
        ("+82 (0)10 1234 5678", "01012345678"),
        ("02) 312-4567", "023124567"),
        ("82-2-312-4567", "023124567"),
        ("０１０－１２３４－５６７８", "01012345678"),
        ("없음", None),
        ("0000", None),
    ],
)
def test_phones_are_normalised(written: str, normal: str | None) -> None:
    assert evaluated(phone_sql("x"), [written]) == [normal]


def test_emails_are_lower_cased_and_must_be_addresses() -> None:
    assert evaluated(email_sql("x"), ["Kim@Example.KR", "kim＠example．kr", "kim at example"]) == [
        "kim@example.kr",
        "kim@example.kr",
        None,
    ]


_PIECES = st.one_of(
    st.sampled_from(
        [
            "900101-1234567", "9001011234567", "900101 1234567", "9９0101-1234567", "010-1234-5678", "01012345678",
            "+82-10-1234-5678", "02)312-4567", "070.1234.5678", "kim@example.co.kr", " ", "-", "연락처 ",
            "8801234567890", "a", "2026년", "12,000,000원", "\u3000", "*", "@", ".",
        ]
    ),
    st.text(alphabet=string.digits + "-  ０１９٣홍@.a", max_size=16),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(_PIECES, max_size=8).map("".join), min_size=1, max_size=30))
@example(["900101-1234567 900101-1234567 900101-1234567", "900101-1234567\n010-1234-5678"])
def test_masking_keeps_length_and_leaves_no_resident_number(texts: list[str]) -> None:
    for text, masked in zip(texts, evaluated(masked_text_sql("x"), texts), strict=True):
        assert len(masked) == len(text)
        assert not R30.search(masked), (text, masked)
        assert all(m in (t, "*") for t, m in zip(text, masked, strict=True))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("주민 900101-1234567 제출", "주민 ******-******* 제출"),
        ("문의 010-1234-5678 또는 02)312-4567", "문의 ***-****-**** 또는 **)***-****"),
        ("지원은 kim.hr@example.co.kr 로", "지원은 ***.**@*******.**.** 로"),
        ("월급 2,500,000원, 2026-10-01부터", "월급 2,500,000원, 2026-10-01부터"),
        ("상품 12345678901234567890", "상품 12345678901234567890"),
        ("사업자 123-45-67890", "사업자 123-45-67890"),
        (None, None),
    ],
)
def test_what_is_masked_and_what_is_not(text: str | None, masked: str | None) -> None:
    assert evaluated(masked_text_sql("x"), [text]) == [masked]


_BETWEEN = st.sampled_from([" ", ".", "·", "-", "_", " . ", " - ", "\u3000", "\u200b", "－", "/"])
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_HANGUL = str.maketrans("0123456789", "공일이삼사오육칠팔구")


@st.composite
def disguised_telephones(draw: st.DrawFn) -> str:
    """A number of a telephone with its digits apart, in pairs, wide, in Hangul or with the number of the country."""
    groups = draw(
        st.sampled_from(["010", "011", "016", "019"]).flatmap(
            lambda head: st.tuples(st.just(head), *[st.from_regex(r"\A[0-9]{4}\Z")] * 2)
        )
    )
    country = draw(st.sampled_from(["", "", "+82 ", "+82-", "+82 (0)", "0082-", "8 2 ", "＋８２ "]))
    head, *rest = groups
    style = draw(st.sampled_from(["whole", "apart", "pairs", "hangul"]))
    gap, between = draw(_BETWEEN), draw(_BETWEEN)
    if style == "apart":
        head, rest = gap.join(head), [gap.join(group) for group in rest]
    elif style == "pairs":
        rest = [f"{group[:2]}{gap}{group[2:]}" for group in rest]
    elif style == "hangul":
        head, rest = head.translate(_HANGUL), [group.translate(_HANGUL) for group in rest]
    head = head[1:].lstrip("".join(gap)) if country else head
    number = country + between.join([head, *rest])
    return number.translate(_WIDE) if draw(st.booleans()) else number


@settings(max_examples=25, deadline=None)
@given(st.lists(disguised_telephones(), min_size=1, max_size=30), st.sampled_from([" ", "전화", "(", "T:", "\n"]))
@example(["0 1 0 . 1 2 3 4 . 5 6 7 8", "+82 10-1234-5678", "+82-(0)10-1234-5678", "O1O-1234-5678"], " ")
@example(["0 2 - 3 1 2 - 4 5 6 7", "0 3 1 . 1 2 3 4 . 5 6 7 8", "02-3 1 2-4 5 6 7", "+82 (0)2-312-4567"], " ")
def test_a_disguised_telephone_leaves_no_digit(numbers: list[str], before: str) -> None:
    texts = [f"연락{before}{number} 로 문의" for number in numbers]
    for number, text, masked in zip(numbers, texts, evaluated(masked_text_sql("x"), texts), strict=True):
        kept = masked.removeprefix(f"연락{before}").removesuffix(" 로 문의")
        assert len(masked) == len(text) and len(kept) == len(number), (text, masked)
        assert not re.search(r"[\dO공일이삼사오육칠팔구]", kept), (text, masked)
        assert all(m in (t, "*") for t, m in zip(number, kept, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "시급 10 030 원, 월 2 500 000 원", "일당 1 5 만원, 연 2 4 0 0 만원", "2026. 1. 15 ~ 2026. 12. 31 근무",
        "01.01.2026 - 31.12.2026", "접수 02. 01 - 02. 28 09.00-18.00", "사업자 010-12-34567 2명",
        "사업자 1 0 1 - 4 7 - 6 9 2 2 9", "우편번호 0 4 5 2 4", "(04524) 서울 중구 세종대로 110",
        "09 : 00 ~ 18 : 00, 주 5 일", "만족도 0 1 2 3 4 5 6 7 8 9 10 중 선택", "0 2 4 6 8 10 12 시간마다",
        "오전 10-12, 오후 1-5, 저녁 6-10", "공일 없는 주 5일, 일이 많은 날 구 층에서", "대표 1588-1234", "상품 0 1 2 3",
        "법인 110111-0 123456", "좌석 01 02 03 04 05 06 07 08",
    ],
)  # fmt: skip
def test_figures_that_are_no_telephone_stay(text: str) -> None:
    assert evaluated(masked_text_sql("x"), [text]) == [text]


def column(kind: str, *formats: str) -> Column:
    return Column("c", "c", "열", "column", logical_type=kind, formats=formats)


@pytest.mark.parametrize(
    ("kind", "formats", "text", "value"),
    [
        ("integer", (), "12", 12),
        ("integer", (), "-3", -3),
        ("integer", (), "1,000", None),
        ("integer", (), "1.5", None),
        ("integer", (), "1e3", None),
        ("number", (), "1.50", 1.5),
        ("number", (), "nan", None),
        ("number", (), "1_000", None),
        ("boolean", (), "Y", True),
        ("boolean", (), "f", False),
        ("boolean", (), "2", None),
        ("date", (), "2026-10-01", date(2026, 10, 1)),
        ("date", (), "2026-02-30", None),
        ("date", ("%y-%m-%d",), "26-10-01", date(2026, 10, 1)),
        ("date", ("%Y%m%d",), "20261001", date(2026, 10, 1)),
        ("timestamp", (), "2026-10-01 00:30:00", datetime(2026, 9, 30, 15, 30)),
        ("timestamp", (), "2026-10-01T00:30:00.5+00:00", datetime(2026, 10, 1, 0, 30, 0, 500_000)),
        ("timestamp", (), "2026-10-01T00:30:00Z", datetime(2026, 10, 1, 0, 30)),
        ("timestamp", (), "2026-10-01", None),
        ("timestamp", ("%Y%m%d%H%M",), "202610010030", datetime(2026, 9, 30, 15, 30)),
        ("json", (), '["a"]', '["a"]'),
        ("json", (), "{", None),
    ],
)
def test_values_are_cast_or_left_out(kind: str, formats: tuple[str, ...], text: str, value: Any) -> None:
    (found,) = evaluated(cast_sql(column(kind, *formats), "x", "Asia/Seoul"), [text])
    if isinstance(found, datetime):
        found = found.replace(tzinfo=None)
    assert found == value
