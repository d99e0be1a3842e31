"""Links two registers without a common number: pairs of records with the probability that they are one person.

Splink (Fellegi and Sunter 1969, by expectation maximisation) on an in-memory DuckDB that never spills to disk. Nothing
is labelled: how often different persons agree is measured on pairs of different persons of one register, how often the
two records of one person agree is learnt from the pairs themselves. The same tables and seed give the same result.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.typing_sql import ident
from validation.linkage.choose import choose
from validation.linkage.model import PERSONS, Comparison, Model
from validation.linkage.normalise import install

#: pairs of different persons from which chance agreement is measured, and pairs of one training pass
CHANCE_PAIRS = 400_000
#: of a small register no more than this, or so many per record: they would tell the same again
CHANCE_PAIRS_SMALL, CHANCE_PAIRS_OF_RECORD = 100_000, 80
TRAINING_PAIRS = 400_000
#: pairs scored at once: memory follows from it, since nothing may spill
SCORED_PAIRS = 1_000_000
#: share of matching pairs taken for a level that no training pair reached
RAREST = 1e-4
#: where training starts; the final share of matches is learnt in ``choose``
PRIOR = 1e-4


class LinkageError(Exception):
    """The registers cannot be linked; the message holds no value of a person."""


class NothingShared(LinkageError):
    """No two records agree in anything, so nobody is found."""


@dataclass(frozen=True)
class Register:
    """Records of one register. ``columns``: field that the model prepares → column. ``key``: unique column.

    ``person``: column that says which records are of one person (several versions of a registration); by default each
    record is a person of its own.
    """

    records: pa.Table
    key: str
    columns: Mapping[str, str]
    person: str | None = None


@dataclass(frozen=True)
class Links:
    """``pairs``: left, right (key of the left record, person or key of the right), probability; the best first.

    ``threshold``: the probability from which on the expected F1 is best, ``expected_f1``, by the model's own
    probabilities. ``compared``: pairs looked at. ``weights``: what each level of each comparison adds to the logarithm
    (base 2) of the odds; no value of a person is in it.
    """

    pairs: pa.Table
    threshold: float
    expected_f1: float
    compared: int
    weights: pa.Table

    @property
    def chosen(self) -> pa.Table:
        return self.pairs.filter(pc.greater_equal(self.pairs["probability"], self.threshold))


def link(
    left: Register,
    right: Register | None = None,
    model: Model = PERSONS,
    *,
    one_to_one: bool = True,
    seed: int = 0,
    threads: int = 1,
    memory_limit: str = "2GB",
) -> Links:
    """Links ``left`` to ``right``, or the records of ``left`` among themselves when there is no other register.

    Each left record gets one person at most; with ``one_to_one`` each person one left record too. Rivals for the same
    record lower each other's probability. Raises LinkageError when nothing can be compared; its text
    names no value.
    """
    con = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit, "temp_directory": ""})
    logging.getLogger("splink").setLevel(logging.ERROR)
    try:
        return _link(con, left, right, model, one_to_one, seed)
    except (duckdb.Error, ValueError) as error:
        # the engine quotes the value that it stumbled on
        raise LinkageError(f"The registers could not be linked: {type(error).__name__}.") from None
    finally:
        con.close()


def _link(
    con: duckdb.DuckDBPyConnection, left: Register, right: Register | None, model: Model, one_to_one: bool, seed: int
) -> Links:
    con.execute("SET enable_progress_bar = false")
    install(con)
    sides = {"l": left} if right is None else {"l": left, "r": right}
    for side, register in sides.items():
        con.register("records", register.records)
        model.prepare(con, "records", register.columns, register.key, f"side_{side}")
        person = register.person or register.key
        con.execute(
            f"CREATE TEMP TABLE person_{side} AS"
            f" SELECT {ident(register.key)}::VARCHAR AS unique_id, {ident(person)}::VARCHAR AS person FROM records"
        )
        con.unregister("records")
    other = "l" if right is None else "r"
    compared = _candidates(con, model, other)
    if not compared:
        raise NothingShared("No two records share a key of the model: are the columns the right ones?")
    settings = _trained(con, model, _chance(con, model, other, seed), other)
    weighed = _weighed(con, settings, other, -(-compared // SCORED_PAIRS))
    left_persons, right_persons = (_count(con, f"SELECT count(DISTINCT person) FROM person_{s}") for s in ("l", other))
    possible = left_persons * right_persons if right else left_persons * (left_persons - 1) // 2
    # two registers: a left record is one person; among themselves, many records may be
    exclusive = frozenset() if right is None else frozenset(("left", "right") if one_to_one else ("left",))
    pairs, threshold, expected = choose(weighed, possible, exclusive)
    return Links(pairs, threshold, expected, compared, _weights(settings))


def _candidates(con: duckdb.DuckDBPyConnection, model: Model, other: str) -> int:
    """Creates ``candidates`` (the shape Splink scores) of pairs that share a key; returns how many."""
    within = other == "l"
    limits = ", ".join(f"({number}, {int(key.largest_block)})" for number, key in enumerate(model.keys))
    for side in {"l", other}:
        keys = " UNION ALL ".join(
            f"SELECT unique_id, {number} AS rule, unnest(list_distinct({key.expression})) AS key FROM side_{side}"
            for number, key in enumerate(model.keys)
        )
        con.execute(
            f"CREATE TEMP TABLE keys_{side} AS SELECT unique_id, rule, hash(rule, key) AS key FROM ({keys})"
            " WHERE key IS NOT NULL"
        )
    shared = (
        "SELECT rule, key, count(*) * (count(*) - 1) // 2 AS pairs FROM keys_l GROUP BY ALL"
        if within
        else "SELECT rule, key, nl * nr AS pairs FROM (SELECT rule, key, count(*) AS nl FROM keys_l GROUP BY ALL)"
        " JOIN (SELECT key, count(*) AS nr FROM keys_r GROUP BY ALL) USING (key)"
    )
    con.execute(f"""
        CREATE TEMP TABLE candidates AS
        WITH small AS (
            SELECT key FROM ({shared}) JOIN (VALUES {limits}) AS l(rule, largest) USING (rule)
            WHERE pairs BETWEEN 1 AND largest
        ),
        pairs AS (
            SELECT DISTINCT l.unique_id AS left_id, r.unique_id AS right_id
            FROM keys_l AS l JOIN small USING (key) JOIN keys_{other} AS r USING (key)
            {"WHERE l.unique_id < r.unique_id" if within else ""}
        )
        SELECT '0' AS match_key, {_splink_id("l", "left_id", within)} AS join_key_l,
            {_splink_id("r", "right_id", within)} AS join_key_r
        FROM pairs
    """)
    for side in {"l", other}:
        con.execute(f"DROP TABLE keys_{side}")
    return _count(con, "SELECT count(*) FROM candidates")


def _splink_id(side: str, column: str, within: bool) -> str:
    """The id by which Splink names a record: two tables prefix it with the table's name."""
    return column if within else f"'side_{side}-__-' || {column}"


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0


def _level_sql(comparison: Comparison) -> str:
    """Number of the level a pair reaches: the first level has the highest, 0 is none, -1 unknown (as Splink counts)."""
    steps = [f"WHEN {comparison.unknown} THEN -1"]
    steps += [f"WHEN {level.condition} THEN {len(comparison.levels) - n}" for n, level in enumerate(comparison.levels)]
    return f"CASE {' '.join(steps)} ELSE 0 END"


def _chance(con: duckdb.DuckDBPyConnection, model: Model, side: str, seed: int) -> list[list[float]]:
    """Share of pairs of different persons that reach each level, from the highest level to none, per comparison.

    Pairs are drawn by shifting the register, in an order the seed decides, against itself. Drawn between the registers
    they would hold matches, which makes agreement look like chance. Half a pair is added to each level, so that none is
    impossible.
    """
    con.execute(f"""
        CREATE TEMP TABLE shuffled AS
        SELECT s.*, p.person, row_number() OVER (ORDER BY hash(s.unique_id, {int(seed)}), s.unique_id) - 1 AS place
        FROM side_{side} AS s JOIN person_{side} AS p USING (unique_id)
    """)
    rows = _count(con, "SELECT count(*) FROM shuffled")
    enough = max(CHANCE_PAIRS_OF_RECORD, CHANCE_PAIRS_SMALL // max(rows, 1))
    shifts = max(1, min(rows // 2, enough, CHANCE_PAIRS // max(rows, 1)))
    taken = min(rows, CHANCE_PAIRS)
    both = ", ".join(f"l.{c} AS {c}_l, r.{c} AS {c}_r" for c in model.columns)
    levels = ", ".join(f"{_level_sql(c)} AS c{n}" for n, c in enumerate(model.comparisons))
    # joins as written: the optimizer would start with all pairs of different persons
    con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    con.execute(f"""
        CREATE TEMP TABLE chance AS
        WITH drawn AS (
            SELECT place, (place + shift) % {rows} AS other_place
            FROM range({taken}) AS p(place), range(1, {shifts + 1}) AS s(shift)
        ),
        pairs AS (
            SELECT {both} FROM drawn JOIN shuffled AS l ON l.place = drawn.place
            JOIN shuffled AS r ON r.place = drawn.other_place AND r.person <> l.person
        )
        SELECT {levels} FROM pairs
    """)
    con.execute("RESET disabled_optimizers")
    result = []
    for number, comparison in enumerate(model.comparisons):
        found = dict(con.execute(f"SELECT c{number}, count(*) FROM chance GROUP BY ALL").fetchall())
        counts = np.array([found.get(level, 0) + 0.5 for level in range(len(comparison.levels), -1, -1)])
        result.append([float(share) for share in counts / counts.sum()])
    con.execute("DROP TABLE chance")
    con.execute("DROP TABLE shuffled")
    return result


def _settings(model: Model, chance: list[list[float]], within: bool) -> dict[str, Any]:
    comparisons = []
    for comparison, shares in zip(model.comparisons, chance, strict=True):
        levels: list[dict[str, Any]] = [{"sql_condition": comparison.unknown, "is_null_level": True}]
        for level, share in zip(comparison.levels, shares, strict=False):
            entry = {"sql_condition": level.condition, "label_for_charts": level.name, "u_probability": share}
            if level.frequency:
                entry |= {"tf_adjustment_column": level.frequency, "tf_minimum_u_value": 1e-6}
            levels.append(entry | _known(level.among_matches))
        rest = (
            None
            if comparison.levels[0].among_matches is None
            else 1 - sum(level.among_matches or 0 for level in comparison.levels)
        )
        levels.append({"sql_condition": "ELSE", "label_for_charts": "none", "u_probability": shares[-1]} | _known(rest))
        comparisons.append({"output_column_name": comparison.name, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only" if within else "link_only",
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [],
        "probability_two_random_records_match": PRIOR,
        "retain_matching_columns": False,
        "max_iterations": 50,
    }


def _known(share: float | None) -> dict[str, Any]:
    return {} if share is None else {"m_probability": share, "fix_m_probability": True}


def _splink(con: duckdb.DuckDBPyConnection, settings: dict[str, Any], other: str) -> tuple[Any, Any]:
    """Splink's linker, and its interface to the database."""
    from splink import DuckDBAPI, Linker  # half a second

    api = DuckDBAPI(con)
    tables = [api.register(f"side_{side}", dataset_display_name=f"side_{side}") for side in dict.fromkeys(("l", other))]
    return Linker(tables, settings, log_level=None, validate_settings=False), api


def _trained(con: duckdb.DuckDBPyConnection, model: Model, chance: list[list[float]], other: str) -> dict[str, Any]:
    """Settings of the trained model. A level that no training pair reached is taken to be rare among matches."""
    settings = _settings(model, chance, other == "l")
    linker, _ = _splink(con, settings, other)
    once = " AND l.unique_id < r.unique_id" if other == "l" else ""
    for rule in model.training:
        if (
            _count(con, f"SELECT count(*) FROM (FROM side_l AS l JOIN side_{other} AS r ON {rule}{once} LIMIT 100)")
            < 100
        ):
            continue
        # a level that no match of these pairs reaches sinks until it underflows: the other pairs tell of it
        with suppress(ValueError):
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, max_pairs=TRAINING_PAIRS, record_sample_proportion=0.1, estimate_without_term_frequencies=True
            )
    trained = linker.misc.save_model_to_json()
    for comparison in trained["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for level in levels:
            level["m_probability"] = max(level.get("m_probability") or 0.0, RAREST)
        total = sum(level["m_probability"] for level in levels)
        for level in levels:
            level["m_probability"] /= total
    return trained


def _weighed(con: duckdb.DuckDBPyConnection, settings: dict[str, Any], other: str, parts: int) -> pa.Table:
    """left, right, weight of the pairs that tell more for than against one person: the best pair of each left record
    and person of the right register, without the prior. ``candidates`` are scored in ``parts``."""
    con.execute("CREATE TEMP TABLE weighed (left_person VARCHAR, right_person VARCHAR, weight DOUBLE)")
    for part in range(parts):
        con.execute(
            "CREATE OR REPLACE TEMP TABLE candidates_part AS"
            f" SELECT * FROM candidates WHERE hash(join_key_l) % {parts} = {part}"
        )
        linker, api = _splink(con, settings, other)
        linker.table_management.register_blocked_pairs_for_predict(api.register("candidates_part"))
        scored = linker.inference.predict(warning_mode="never").physical_name
        con.execute(f"INSERT INTO weighed {_by_person(scored, other)}")
        linker.table_management.delete_tables_created_by_splink_from_db()
    return con.execute("""
        SELECT left_person AS "left", right_person AS "right", max(weight) AS weight
        FROM weighed GROUP BY ALL ORDER BY ALL
    """).to_arrow_table()


def _by_person(scored: str, other: str) -> str:
    """SQL of the best pair of two persons among pairs with ``match_weight`` (base 2, prior included)."""
    prior = math.log2(PRIOR / (1 - PRIOR))
    return f"""
        SELECT l.person, r.person, max(round(match_weight - {prior!r}, 6))
        FROM {scored} AS s JOIN person_l AS l ON l.unique_id = s.unique_id_l
        JOIN person_{other} AS r ON r.unique_id = s.unique_id_r
        WHERE match_weight - {prior!r} > 0 AND ({other == "r"} OR l.person <> r.person)
        GROUP BY ALL
    """


def _weights(settings: dict[str, Any]) -> pa.Table:
    rows = [
        {"comparison": c["output_column_name"], "level": level["label_for_charts"],
         "same_person": level["m_probability"], "different_persons": level["u_probability"],
         "weight": math.log2(level["m_probability"] / level["u_probability"])}
        for c in settings["comparisons"] for level in c["comparison_levels"] if not level.get("is_null_level")
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)
