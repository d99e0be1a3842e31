"""Employers as postings name them: without business number, in another legal form, with slips and without the branch.
The nation's workplaces are the register; a part of the employers is taken out of it, so that some have no match.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import duckdb
import pyarrow as pa

from tests.evaluation.clients import _slipped_jamo

_FORMS = (
    "주식회사 {}",
    "{} 주식회사",
    "(주){}",
    "㈜{}",
    "㈜ {}",
    "{}(주)",
    "{}",
    "{}",
    "{} Co., Ltd.",
    "유한회사 {}",
    "（주）{}",
)
_FORM = re.compile(r"주식회사|유한회사|\(주\)|㈜")


def workplaces(nation: Path) -> pa.Table:
    """Every version of every workplace as the provider has it: workplace_id, business_no, employer_name, place."""
    file = nation / "provider" / "workplaces.parquet"
    with duckdb.connect() as con:
        return con.execute(
            f"""
            SELECT row_number() OVER (ORDER BY workplace_no, updated_at) AS workplace_id, business_no, workplace_no,
                employer_name, region_code
            FROM read_parquet('{file}') ORDER BY workplace_id
            """
        ).to_arrow_table()


def mentioned(register: pa.Table, seed: int) -> tuple[pa.Table, pa.Table, dict[str, str]]:
    """Mentions, what is left of the register (four of five employers), and the truth: mention -> number found in it."""
    draw = random.Random(seed)
    numbers = sorted(set(register["business_no"].to_pylist()))
    unregistered = set(draw.sample(numbers, len(numbers) // 5))
    newest = {row["workplace_no"]: row for row in register.to_pylist()}
    districts = sorted(set(register["region_code"].to_pylist()))
    rows, truth = [], {}
    for workplace_no in sorted(newest):
        row = newest[workplace_no]
        for _ in range(draw.randrange(0, 3)):
            mention = f"m{len(rows)}"
            rows.append(
                {
                    "mention_id": mention,
                    "employer_name": _name(row["employer_name"], draw),
                    "region_code": _place(row["region_code"], districts, draw),
                }
            )
            if row["business_no"] not in unregistered:
                truth[mention] = row["business_no"]
    kept = [number not in unregistered for number in register["business_no"].to_pylist()]
    return pa.Table.from_pylist(rows), register.filter(pa.array(kept)), truth


def _name(name: str, draw: random.Random) -> str:
    bare, *branch = _FORM.sub("", name).strip().split(" ", 1)
    if draw.random() < 0.15:
        bare = _slipped_jamo(bare, draw)
    if draw.random() < 0.15:
        at = draw.randrange(1, len(bare)) if len(bare) > 1 else 0
        bare = f"{bare[:at]} {bare[at:]}"
    said = draw.choice(_FORMS).replace("{}", bare.strip())
    if branch and draw.random() < 0.5:
        said = f"{said} {branch[0]}"
    return f"{said} (채용대행)" if draw.random() < 0.05 else said


def _place(code: str, districts: list[str], draw: random.Random) -> str | None:
    chance = draw.random()
    if chance < 0.08:
        return None
    return draw.choice(districts) if chance < 0.16 else code
