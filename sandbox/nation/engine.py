"""The generator's DuckDB: pseudo-random macros that depend on seed and key only, reference tables, ordered output.

Nothing here depends on the number of threads or on the order in which rows are read: a draw is a hash of
(row key, salt, seed), and every file is written in the order of a unique key.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from math import log
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from sandbox.plain import load_yaml

DATA = Path(__file__).parent / "data"
SQL = Path(__file__).parent / "sql"
REGION_SLOTS = 20_000
OCCUPATION_SLOTS = 1_000

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Plan:
    """What to generate. ``first_day``..``history_end`` is the history, then single days up to ``last_day``."""

    persons: int
    seed: int
    first_day: date
    history_end: date
    last_day: date


@contextmanager
def nation_database(folder: Path, plan: Plan, threads: int, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty working database in ``folder`` (deleted at the end) with macros and reference tables."""
    file = folder / ".generate.duckdb"
    for leftover in folder.glob(".generate.duckdb*"):
        if leftover.is_file():
            leftover.unlink()
    con = duckdb.connect(
        config={"threads": threads, "memory_limit": memory_limit, "temp_directory": str(folder / ".generate.tmp")}
    )
    try:
        # a scratch file to spill into: nobody opens it again, so neither log nor checkpoint is worth its time
        con.execute(f"ATTACH '{file}' AS nation (RECOVERY_MODE no_wal_writes)")
        con.execute("USE nation")
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
        con.execute("SET TimeZone = 'Asia/Seoul'")
        # Keys are drawn by hash, so the optimizer's guesses at sizes are wrong by magnitudes. Joins run as written:
        # the left side streams, the right side is the one held in memory.
        con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        con.execute("SET force_compression = 'uncompressed'")
        _macros(con, plan)
        _reference(con)
        yield con
    finally:
        con.close()
        file.unlink(missing_ok=True)
        (folder / ".generate.duckdb.wal").unlink(missing_ok=True)


def run_sql(con: duckdb.DuckDBPyConnection, name: str, **texts: str) -> None:
    """Execute all statements of ``sql/<name>.sql``; ``{{key}}`` is replaced by ``texts[key]``."""
    statement = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    for key, value in texts.items():
        statement = statement.replace("{{" + key + "}}", value)
    con.execute(statement)


def write_parquet(con: duckdb.DuckDBPyConnection, query: str, file: Path, order: str) -> int:
    """Query to one Parquet file in the order of ``order`` (must be unique for equal bytes). Returns the rows."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}")
    row = con.execute(
        f"COPY ({query} ORDER BY {order}) TO '{temporary}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    ).fetchone()
    temporary.replace(file)
    return int(row[0]) if row else 0


def _macros(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """u(key, salt) is uniform in [0, 1); the other draws build on it. ``hash`` twice: one round is too linear."""
    seed = int(plan.seed)
    con.execute(f"""
        CREATE MACRO u(id, salt) AS
            (hash(hash(id::BIGINT, salt::VARCHAR, {seed}::BIGINT)) >> 11)::DOUBLE / 9007199254740992.0;
        CREATE MACRO rnd(id, salt, n) AS floor(u(id, salt) * (n))::BIGINT;
        CREATE MACRO pick(items, id, salt) AS items[1 + rnd(id, salt, len(items))];
        -- item j of a walk through the list: distinct for j = 0, 1, 2
        CREATE MACRO walk(items, id, salt, j) AS
            items[1 + (rnd(id, salt, len(items)) + j * [1, 3, 7, 9][1 + rnd(id, salt || '/', 4)]) % len(items)];
        CREATE MACRO expo(id, salt, mean) AS -ln(1 - u(id, salt)) * (mean);
        CREATE MACRO normal(id, salt) AS
            sqrt(-2 * ln(1 - u(id, salt))) * cos(2 * pi() * u(id, salt || '~'));
        CREATE MACRO first_day() AS DATE '{plan.first_day}';
        CREATE MACRO history_end() AS DATE '{plan.history_end}';
        CREATE MACRO last_day_of_nation() AS DATE '{plan.last_day}';
        CREATE MACRO persons() AS {int(plan.persons)}::BIGINT;
        -- how many of what happens in the smallest nation already: one for each 20,000 persons
        CREATE MACRO copies() AS greatest(1, least(99, persons() // 20000));
        -- row counts as constants: a subquery in a join condition would turn the hash join into a nested loop
        CREATE MACRO n_of(name) AS getvariable('n_' || name)::BIGINT;
        -- word lists as constants: as columns of a joined table they would be copied into every row
        CREATE MACRO words(name) AS getvariable('words_' || name);
        CREATE MACRO digits(n, width) AS printf('%0' || width || 'd', (n)::BIGINT);
        CREATE MACRO at_office(d, id, salt) AS
            (d)::TIMESTAMP + to_seconds(32400 + rnd(id, salt, 32000));
        CREATE MACRO at_night(d, id, salt) AS (d)::TIMESTAMP + to_seconds(rnd(id, salt, 10000));
        CREATE MACRO check_digit(p) AS (10 - (
            substr(p, 1, 1)::INT + 3 * substr(p, 2, 1)::INT + 7 * substr(p, 3, 1)::INT + substr(p, 4, 1)::INT
            + 3 * substr(p, 5, 1)::INT + 7 * substr(p, 6, 1)::INT + substr(p, 7, 1)::INT
            + 3 * substr(p, 8, 1)::INT + 5 * substr(p, 9, 1)::INT + (5 * substr(p, 9, 1)::INT) // 10) % 10) % 10;
        CREATE MACRO business_number(prefix) AS (prefix)::VARCHAR || check_digit((prefix)::VARCHAR)::VARCHAR;
        CREATE MACRO phone_of(id) AS
            '02-' || digits(3000 + rnd(id, 'tel1', 6000), 4) || '-' || digits(rnd(id, 'tel2', 10000), 4);
        CREATE MACRO minimum_wage(d) AS CASE
            WHEN d >= DATE '2026-01-01' THEN 10320 WHEN d >= DATE '2025-01-01' THEN 10030
            WHEN d >= DATE '2024-01-01' THEN 9860 WHEN d >= DATE '2023-01-01' THEN 9620
            WHEN d >= DATE '2022-01-01' THEN 9160 ELSE 8720 END;
        -- the registers, which come once a month, know the employer by now, and it has neither closed nor paused
        CREATE MACRO is_trading(established_date, closed_date, suspended_from, d) AS
            established_date + 31 < d AND coalesce(closed_date > d, true) AND coalesce(suspended_from > d, true);
        -- hires of one occupation group at one workplace within six weeks: what one advertisement can bring
        CREATE MACRO intake(wno, occ_code, acq) AS
            (wno * 1000 + left(occ_code, 3)::BIGINT) * 100 + (acq - first_day()) // 42;
        -- the group under which an organisation reports a client
        CREATE MACRO client_group_of(pid, sex, age, has_claim) AS CASE
            WHEN has_claim THEN 'UI_BENEFICIARY' WHEN u(pid, 'disability') < 0.05 THEN 'DISABLED'
            WHEN age < 30 THEN 'YOUTH' WHEN age >= 55 THEN 'OLDER'
            WHEN sex = 'F' AND u(pid, 'break') < 0.22 THEN 'WOMEN_RETURN' ELSE 'GENERAL' END;
        CREATE MACRO code_at(code, recode, recode_date, d) AS
            CASE WHEN recode IS NOT NULL AND d >= recode_date THEN recode ELSE code END;
    """)


def _slots(weights: list[float], slots: int) -> list[int]:
    """Index of the item for each of ``slots`` equal slots, in proportion to the weights, each item at least once."""
    total = sum(weights)
    result: list[int] = []
    cumulated = 0.0
    for index, weight in enumerate(weights):
        cumulated += weight
        until = max(len(result) + 1, round(slots * cumulated / total))
        result += [index] * (until - len(result))
    return result[:slots] if len(result) >= slots else result + [len(weights) - 1] * (slots - len(result))


def _load(con: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]]) -> None:
    con.register("incoming", pa.Table.from_pylist(rows))
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
    con.unregister("incoming")


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of ``data/<name>.csv``."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_yaml(name: str) -> Any:
    """Content of ``data/<name>.yml``."""
    return load_yaml((DATA / f"{name}.yml").read_text(encoding="utf-8"))


def _unlikeness(one: dict[str, Any], other: dict[str, Any]) -> float:
    """How far the work of two occupations lies apart: pay, who does it, schooling, major group, industries."""
    mine, its = set(one["sections"]), set(other["sections"])
    return (
        2 * abs(log(one["pay"] / other["pay"]))
        + abs(one["women"] - other["women"])
        + 0.1 * abs(int(one["edu"]) - int(other["edu"]))
        + 0.3 * (one["code"][0] != other["code"][0])
        + 0.4 * (1 - len(mine & its) / len(mine | its))
    )


def _training_weight(occupation: dict[str, Any], kinds: dict[str, str]) -> float:
    return occupation["weight"] * (3 if any(kinds[name] == "S" for name in occupation["quals"]) else 1)


def _reference(con: duckdb.DuckDBPyConnection) -> None:
    regions = read_table("regions")
    recodes = {r["from_code"]: r for r in read_table("region_crosswalk")}
    sidos = sorted({r["sido_code"] for r in regions})
    _load(con, "region", [
        {
            "region_no": i, "region_code": r["region_code"], "sido_no": sidos.index(r["sido_code"]),
            "sido_code": r["sido_code"], "sido_short": r["sido_short"], "sido_name": r["sido_name"],
            "district": r["name"],
            "recode": recodes.get(r["region_code"], {}).get("to_code"),
            "recode_date": date.fromisoformat(recodes.get(r["region_code"], {}).get("valid_from", "2099-01-01")),
        }
        for i, r in enumerate(regions)
    ])  # fmt: skip
    slots = _slots([float(r["weight"]) for r in regions], REGION_SLOTS)
    _load(con, "region_slot", [{"slot": s, "region_no": i} for s, i in enumerate(slots)])

    industries = read_table("industries")
    _load(con, "industry", [
        {"industry_no": i, "industry_code": r["code"], "section": r["section"], "industry_name": r["name"],
         "suffixes": r["suffixes"].split("|")}
        for i, r in enumerate(industries)
    ])  # fmt: skip
    slots = _slots([float(r["weight"]) for r in industries], 1000)
    _load(con, "industry_slot", [{"slot": s, "industry_no": i} for s, i in enumerate(slots)])

    qualifications = read_table("qualifications")
    _load(con, "qualification", [dict(r) for r in qualifications])
    codes = {r["name"]: r["code"] for r in qualifications}
    kinds = {r["name"]: r["kind_code"] for r in qualifications}
    former = {r["name"]: r["former_name"] for r in qualifications if r["former_name"]}

    words = read_yaml("words")
    occupations = read_yaml("occupations")
    hours = {"DAY": "hours_day", "SHIFT": "hours_shift", "NIGHT": "hours_night", "FLEX": "hours_flex"}
    _load(con, "occupation", [
        {
            "occ_no": i, "occ_code": o["code"], "occ_name": o["ko"], "occ_name_en": o["en"], "pay": o["pay"] * 10_000,
            "women": o["women"], "edu": o["edu"], "sections": list(o["sections"]), "shift": o["shift"],
            "titles": o["titles"], "duties": o["duties"], "en_duties": o["en_duties"], "quals": ",".join(o["quals"]),
            "former_quals": ",".join(former.get(q, q) for q in o["quals"]) if former.keys() & set(o["quals"]) else None,
            "asks_by_law": any(kinds[q] == "S" for q in o["quals"]),
            "qual_codes": "|".join(codes[q] for q in o["quals"]) or None, "hours": words[hours[o["shift"]]],
        }
        for i, o in enumerate(occupations)
    ])  # fmt: skip
    for sex, share in (("M", lambda o: 1 - o["women"]), ("F", lambda o: o["women"])):
        slots = _slots([o["weight"] * max(share(o), 0.001) for o in occupations], OCCUPATION_SLOTS)
        _load(con, f"occupation_slot_{sex}", [{"slot": s, "occ_no": i} for s, i in enumerate(slots)])
    _load(con, "next_occupation", [
        {"occ_no": i, "next_no": min((_unlikeness(one, other), j) for j, other in enumerate(occupations) if j != i)[1]}
        for i, one in enumerate(occupations)
    ])  # fmt: skip
    # courses train for what many do, most of all for work that the law ties to a licence; the commonest come first
    trained = sorted(range(len(occupations)), key=lambda i: (-_training_weight(occupations[i], kinds), i))
    slots = _slots([_training_weight(occupations[i], kinds) for i in trained], OCCUPATION_SLOTS)
    _load(con, "training_slot", [{"slot": s, "occ_no": trained[place]} for s, place in enumerate(slots)])
    by_section: list[dict[str, Any]] = []
    for section in sorted({r["section"] for r in industries}):
        fitting = [i for i, o in enumerate(occupations) if section in o["sections"]] or [0]
        slots = _slots([float(occupations[i]["weight"]) for i in fitting], 200)
        by_section += [{"section": section, "slot": s, "occ_no": fitting[i]} for s, i in enumerate(slots)]
    _load(con, "section_occupation", by_section)

    violations = read_yaml("violations")
    planted = [
        {"rule_no": v["rule"], "rule_code": v["code"], "severity": v["severity"], "field": v["field"],
         "planted_text": text, "is_disguised": disguised, "weight": v["weight"] / len(v["plain"] + v["disguised"])}
        for v in violations
        for disguised, texts in ((False, v["plain"]), (True, v["disguised"]))
        for text in texts
    ]  # fmt: skip
    _load(con, "violation", [{k: x for k, x in p.items() if k != "weight"} | {"vno": i} for i, p in enumerate(planted)])
    slots = _slots([p["weight"] for p in planted], 2000)
    _load(con, "violation_slot", [{"slot": s, "vno": i} for s, i in enumerate(slots)])

    words["decoys"] = read_yaml("decoys")
    flat = {k: v for k, v in words.items() if k != "surnames"}
    flat["surnames"] = [name for name, weight in words["surnames"] for _ in range(weight)]
    con.register("incoming", pa.table({k: pa.array([v]) for k, v in flat.items()}))
    for name in flat:
        con.execute(f"SET VARIABLE words_{name} = (SELECT {name} FROM incoming)")
    con.unregister("incoming")
