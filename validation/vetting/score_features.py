"""What the reliability score looks at: words by their letters, and how a posting is filled in.

Words enter as runs of two to four characters within word boundaries (char_wb), hashed into buckets, so that 당일지급
and 당일 지급 share most of their features and no vocabulary has to be kept. Because no run crosses a word boundary, the
share of each word in a score is exact. Entry channel, region, office, industry and size of the employer are left out
on purpose: by them false holds are compared.
"""

from __future__ import annotations

import string
from collections import Counter
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from ingest.typing_sql import literal
from validation.vetting.reading import ORIGINAL

#: part of the version of every model: raised when the same posting would get other features
FEATURES_VERSION = "1"
BUCKETS = 2**17
SHORTEST, LONGEST = 2, 4
_BATCH = 5_000  # texts of a batch: bounds the runs in memory
_BLANK = ord(" ")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Signal:
    """One property of the posting's form: DuckDB expression, the canonical columns it needs, wording of more and less.

    Wording is (ko, en); an empty one is never given as a reason.
    """

    name: str
    sql: str
    needs: tuple[str, ...]
    more: tuple[str, str]
    less: tuple[str, str] = ("", "")


_HOURS = "CASE wage_type_code WHEN 'H' THEN 1 WHEN 'D' THEN 8 WHEN 'W' THEN 48 WHEN 'M' THEN 209 WHEN 'Y' THEN 2508 END"
#: signs between words; counted by translate, which costs a tenth of a regular expression
_SIGNS = '!"#$%&()*+,-./:;<=>?@[]^_`{|}~·※★☆♥♡■□◆◇○●▶▷◀→⇒「」『』【】《》〈〉…'


def _number_of(characters: str) -> str:
    """Expression for how many of these characters the text has; ``body``: title, duties and requirements."""
    return f"(length(body) - length(translate(body, {literal(characters)}, '')))"


def _share_of(characters: str) -> str:
    return f"{_number_of(characters)} / greatest(length(body), 1)"


def _absent(column: str, ko: str, en: str) -> Signal:
    blank = f"({column} IS NULL OR trim({column}::VARCHAR) IN ('', '0'))::INT"
    return Signal(f"no_{column}", blank, (column,), (f"{ko} 적혀 있지 않음", f"{en} is not stated"))


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "text_length", "ln(1 + length(concat(duties, requirements)))", ("duties",),
        ("설명이 보통보다 긺", "the description is longer than usual"),
        ("설명이 보통보다 짧음", "the description is shorter than usual"),
    ),
    Signal(
        "title_length", "ln(1 + length(title))", ("title",),
        ("제목이 보통보다 긺", "the title is longer than usual"),
        ("제목이 보통보다 짧음", "the title is shorter than usual"),
    ),
    Signal(
        "lines", f"ln(1 + {_number_of(chr(10))})", ("duties",),
        ("줄바꿈이 많음", "many line breaks"), ("줄바꿈 없이 이어 씀", "written without line breaks"),
    ),
    Signal(
        "digits", _share_of("0123456789"), ("duties",),
        ("글에 숫자가 많음", "many digits in the text"), ("글에 숫자가 거의 없음", "hardly any digits in the text"),
    ),
    Signal("signs", _share_of(_SIGNS), ("duties",), ("기호가 많음", "many signs between the words")),
    Signal("latin", _share_of(string.ascii_letters), ("duties",), ("로마자가 많음", "much of it in Latin letters")),
    Signal(
        "exclamations", f"ln(1 + {_number_of('!！')})", ("title",),
        ("느낌표가 많음", "many exclamation marks"),
    ),
    Signal(
        "masked_numbers", "(contains(body, '***'))::INT", ("duties",),
        ("본문에 개인 번호나 주소가 있어 가려짐", "the text held personal numbers or addresses, now masked"),
    ),
    Signal(
        "wage_hour", f"CASE WHEN wage_currency = 'KRW' AND wage_min > 0 THEN ln((wage_min / ({_HOURS}))::DOUBLE) END",
        ("wage_min", "wage_type_code"),
        ("임금이 보통보다 높음", "pay is higher than usual"), ("임금이 보통보다 낮음", "pay is lower than usual"),
    ),
    Signal(
        "wage_range", "CASE WHEN wage_min > 0 AND wage_max >= wage_min THEN ln((wage_max / wage_min)::DOUBLE) END",
        ("wage_min", "wage_max"), ("임금 범위가 넓음", "the pay range is wide"),
    ),
    _absent("wage_min", "임금 액수가", "the amount of pay"),
    _absent("weekly_hours", "주 근로시간이", "the weekly hours"),
    _absent("work_address", "근무지 주소가", "the address of the work place"),
    _absent("business_no", "사업자등록번호가", "the business registration number"),
    _absent("duties", "직무 내용이", "what the work is"),
    Signal(
        "no_phone", "(NOT coalesce(has_contact_phone, false))::INT", ("has_contact_phone",),
        ("연락 전화가 없음", "there is no contact telephone"),
    ),
    Signal(
        "no_email", "(NOT coalesce(has_contact_email, false))::INT", ("has_contact_email",),
        ("연락 전자우편이 없음", "there is no contact e-mail"),
    ),
    Signal("image", "coalesce(has_image, false)::INT", ("has_image",), ("이미지가 붙어 있음", "an image is attached")),
    Signal(
        "hours", "weekly_hours::DOUBLE", ("weekly_hours",),
        ("근로시간이 보통보다 긺", "longer weekly hours than usual"),
        ("근로시간이 보통보다 짧음", "shorter weekly hours than usual"),
    ),
    Signal(
        "openings", "ln(1 + greatest(openings, 0))", ("openings",), ("모집 인원이 많음", "many openings"),
    ),
    Signal(
        "no_experience", "(coalesce(career_code, 'Z') <> 'E')::INT", ("career_code",),
        ("경력을 묻지 않음", "no experience asked"),
    ),
    Signal(
        "no_education", "(coalesce(education_code, '00') = '00')::INT", ("education_code",),
        ("학력을 묻지 않음", "no education asked"),
    ),
    Signal(
        "by_day", "(coalesce(employment_type_code, '') = '4')::INT", ("employment_type_code",),
        ("일용직임", "work by the day"),
    ),
    Signal(
        "part_time", "(coalesce(employment_type_code, '') IN ('11', '21'))::INT", ("employment_type_code",),
        ("시간제임", "part-time work"),
    ),
    Signal(
        "days_open", "greatest(-30, least(120, (close_date - submitted_date)))", ("close_date",),
        ("접수 기간이 긺", "open for long"), ("접수 기간이 짧음", "open for a short time"),
    ),
    Signal(
        "days_to_start", "greatest(-30, least(120, (start_date - submitted_date)))", ("start_date",),
        ("근무 시작이 늦음", "work starts late"), ("바로 일을 시작함", "work starts at once"),
    ),
)  # fmt: skip


def originals(postings: pa.Table) -> pa.Array:
    """What the words come from: title, duties and requirements as written, one text for each posting."""
    with duckdb.connect() as con:
        con.register("posting", postings.append_column("_no", pa.array(range(len(postings)), pa.int64())))
        found = con.execute(f"SELECT {ORIGINAL} AS original FROM posting ORDER BY _no").to_arrow_table()
    return found.column("original").combine_chunks()


def structure(postings: pa.Table, carried: frozenset[str] | None = None) -> Floats:
    """A row per posting and a column per signal; NaN where the source never carries what a signal needs."""
    known = frozenset(postings.column_names) if carried is None else carried & frozenset(postings.column_names)
    terms = [f"({s.sql if known.issuperset(s.needs) else 'NULL'})::DOUBLE AS {s.name}" for s in SIGNALS]
    table = postings.append_column("_no", pa.array(range(len(postings)), pa.int64()))
    for name in ("title", "duties", "requirements", "wage_currency", "submitted_date"):
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(len(table), pa.string()))
    with duckdb.connect() as con:
        con.register("posting", table)
        body = "concat_ws(chr(10), title, duties, requirements)"
        found = con.execute(
            f"SELECT {', '.join(terms)} FROM (SELECT *, {body} AS body FROM posting) ORDER BY _no"
        ).to_arrow_table()
    columns = [found.column(s.name).to_numpy().astype(np.float64) for s in SIGNALS]
    return np.column_stack(columns) if len(postings) else np.empty((0, len(SIGNALS)))


def word_counts(texts: pa.Array) -> sp.csr_matrix:
    """How often each bucket occurs in each text. ``texts`` are comparable texts (``similar.comparable``)."""
    parts = [_counts(texts.slice(start, _BATCH)) for start in range(0, len(texts), _BATCH)]
    return sp.vstack(parts, format="csr") if parts else sp.csr_matrix((0, BUCKETS))


def _counts(texts: pa.Array) -> sp.csr_matrix:
    values = [f" {text} " if text else "" for text in texts.to_pylist()]
    lengths = np.fromiter(map(len, values), np.int64, len(values))
    letters = np.frombuffer("".join(values).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    owner = np.repeat(np.arange(len(values)), lengths)
    blank = letters == _BLANK
    rows, buckets = [], []
    for size in range(SHORTEST, LONGEST + 1):
        window = len(letters) - size + 1
        if window <= 0:
            break
        # within a word: blanks at the ends of the run only, and never two of them next to each other
        kept = owner[:window] == owner[size - 1 :]
        for inner in range(1, size - 1):
            kept &= ~blank[inner : inner + window]
        if size == SHORTEST:
            kept &= ~(blank[:window] & blank[1:])
        hashes = np.full(window, size, np.uint64)
        for place in range(size):
            hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + letters[place : place + window]
        hashes = hashes[kept]
        hashes = (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        buckets.append((hashes >> np.uint64(64 - 17)).astype(np.int64))
        rows.append(owner[:window][kept])
    if not rows:
        return sp.csr_matrix((len(values), BUCKETS))
    row, bucket = np.concatenate(rows), np.concatenate(buckets)
    # the matrix adds up what falls on one place
    return sp.csr_matrix((np.ones(len(row)), (row, bucket)), shape=(len(values), BUCKETS))


def word_shares(text: str, weights: Floats) -> dict[str, float]:
    """What each word of one comparable text adds to a score, by the weight of one occurrence of each bucket."""
    words = Counter(text.split())
    once = _counts(pa.array(list(words), pa.string())) @ weights
    return {word: float(share * times) for (word, times), share in zip(words.items(), once, strict=True)}
