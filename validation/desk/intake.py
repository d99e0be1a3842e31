"""Fills the desk's queue from the vetted Parquet: held postings, and samples of those that passed; and from the current
release: posted ones with a signal of step 4 that somebody must ask the employer about.

Only the latest version of a posting waits; its older versions and what is decided, withdrawn or out of date leave the
queue. Samples are drawn by a keyed hash of source and posting id: the same posting is drawn or not whoever fills the
queue and however often, and a new version of it does not change the draw.

- *audit*: passed and warned postings at ``audit_rate``. Nobody at the desk can tell them from others: their risk, which
  gives them their place, is that of a held posting drawn by the same hash.
- *double*: held and audited postings at ``double_rate``, each as two items that no one reviewer gets both of.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from ingest.registry import Source
from lmi.core.paths import Paths
from validation.desk.employers import Employer, employer_key, employers_of
from validation.desk.signals import KEPT, STRENGTHS, load_signals
from validation.desk.store import SIGNAL_SLOT, Row, Store
from validation.desk.vetted import load_vetted
from validation.vetting.postings import CANONICAL, carried

#: a posting waits no longer than it is valid (Enforcement Rule art. 3: two months)
VALID_DAYS = 61
#: passes of so many days are drawn from
AUDIT_DAYS = 14
#: how much a finding adds to the risk of a posting without a score, by outcome
WEIGHTS = {"reject": 0.8, "hold": 0.5, "undetermined": 0.3, "warn": 0.1}
#: what ends a posting, and what people decide about a version of it (a returned one comes back as a new version)
_OVER = ("WITHDRAWN", "DUPLICATE", "EXPIRED", "EMPLOYER_CLOSED", "FILLED")
_DECISION = ("profile", "decision", "reasons", "rule_set", "context", "score", "score_reasons")
_DECIDED = ("CONFIRMED_OK", "CONFIRMED_BAD", "CORRECTED", "REFUSE", "RETURN", "DUPLICATE")


@dataclass(frozen=True)
class Sampling:
    """Shares of postings, 0 to 1, and the seed of the draw."""

    audit_rate: float = 0.02
    double_rate: float = 0.05
    seed: str = "desk"

    def draw(self, purpose: str, source_id: str, posting_id: str) -> float:
        """A number from 0 to below 1 that depends on nothing but its arguments and the seed."""
        text = f"{self.seed}|{purpose}|{source_id}|{posting_id}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def standing(finding: Mapping[str, Any]) -> str:
    """Outcome of a finding; a rule that could at most have warned weighs no more than a warning when not judged."""
    outcome = str(finding["outcome"])
    return "warn" if outcome == "undetermined" and finding["severity"] == "warn" else outcome


def risk_of(score: float | None, outcomes: Iterable[str], weights: Mapping[str, float] = WEIGHTS) -> float:
    """The score where there is one; else 1 − Π(1 − weight) over the findings, so that each further one adds less."""
    if score is not None:
        return round(min(1.0, max(0.0, score)), 4)
    clean = 1.0
    for outcome in outcomes:
        clean *= 1 - weights.get(outcome, 0.0)
    return round(1 - clean, 4)


@dataclass
class _Posting:
    """One latest version with its decision and findings."""

    row: Row
    decision: Row
    findings: list[Row]
    signals: list[Row] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return self.row["source_id"], self.row["posting_id"]

    @property
    def version(self) -> tuple[str, str]:
        return self.row["source_id"], self.row["record_hash"]


def refresh(store: Store, paths: Paths, sources: Mapping[str, Source], sampling: Sampling) -> dict[str, int]:
    """Brings the queue to what is vetted and decided by now; returns counts. Changes nothing when nothing is new."""
    today = store.today()
    with duckdb.connect() as con:
        load_vetted(con, paths, sources, today)
        load_signals(con, paths)
        appealed = {row["posting_id"] for row in store.rows("SELECT posting_id FROM appeal")}
        held, passed = _once_each(*_candidates(con, today, appealed), sources)
        signalled = _signalled(con, sources, store.tz.key)
        drawn = [p for p in passed if sampling.draw("audit", *p.key) < sampling.audit_rate]
        rows = [posting.row for posting in [*held, *drawn, *signalled]]
        employers = employers_of(con, paths, sources, today, rows)
        twins = _twins(con, [*held, *drawn])
    return _write(store, held, drawn, signalled, employers, twins, sampling)


def _candidates(
    con: duckdb.DuckDBPyConnection, today: date, appealed: Set[str]
) -> tuple[list[_Posting], list[_Posting]]:
    """(held or rejected with an appeal, passed) latest versions that are valid and that nobody has decided or ended."""
    con.register("_appealed", pa.table({"posting_id": pa.array(sorted(appealed), pa.string())}))
    con.execute(
        f"""
        CREATE TABLE candidate AS
        SELECT p.*, d.profile, d.decision, d.reasons, d.rule_set, d.context, d.score, d.score_reasons
        FROM posting AS p JOIN decision AS d USING (source_id, record_hash) JOIN book AS b USING (source_id)
        WHERE p.submitted_date > DATE '{today - timedelta(days=VALID_DAYS)}'
            AND p.submitted_date <= DATE '{today}'
            AND coalesce(p.close_date, DATE '9999-12-31') >= DATE '{today}'
            AND (d.decision = 'HOLD' OR (d.decision = 'REJECT' AND p.posting_id IN (SELECT posting_id FROM _appealed))
                OR (d.decision IN ('PASS', 'WARN')
                AND p.submitted_date > DATE '{today - timedelta(days=AUDIT_DAYS)}'))
            AND NOT EXISTS (
                SELECT 1 FROM verdict AS v WHERE v.book = b.book AND v.posting_id = p.posting_id AND (
                    (v.step_code = 'S4_COHERENCE' AND v.decision IN {_OVER})
                    OR (v.step_code <> 'S3_ALGORITHM' AND v.decision IN {_DECIDED}
                        AND v.decided_at >= coalesce(p.version_at, v.decided_at))
                )
            )
        """
    )
    findings: dict[tuple[str, str], list[Row]] = defaultdict(list)
    found = con.execute(
        "SELECT f.* FROM finding AS f SEMI JOIN candidate USING (source_id, record_hash)"
        " WHERE f.outcome NOT IN ('pass', 'not_applicable')"
        " ORDER BY rule_number, code, evidence_field NULLS LAST, span_start NULLS LAST, signal NULLS FIRST"
    ).to_arrow_table()
    for finding in found.to_pylist():
        findings[finding["source_id"], finding["record_hash"]].append(finding)
    held: list[_Posting] = []
    passed: list[_Posting] = []
    for row in con.execute("SELECT * FROM candidate ORDER BY source_id, posting_id").to_arrow_table().to_pylist():
        decision = {name: row.pop(name) for name in _DECISION}
        one = _Posting(row, decision, findings[row["source_id"], row["record_hash"]])
        (held if decision["decision"] in ("HOLD", "REJECT") else passed).append(one)
    return held, passed


def _signalled(con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], timezone: str) -> list[_Posting]:
    """Latest versions of the postings with signals that wait, unless somebody has ended them since the release.

    Of several sources with one number, that which tells most of the posting.
    """
    said = ", ".join(f"{name} := {name}" for name in KEPT)
    rows = con.execute(
        f"""
        WITH asked AS (
            SELECT vacancy_key, max(signal_date) AS last_date,
                list(struct_pack({said}) ORDER BY signal_date, signal) AS signals
            FROM signal GROUP BY vacancy_key
        )

        SELECT p.*, d.profile, d.decision, d.reasons, d.rule_set, d.context, d.score, d.score_reasons, a.vacancy_key,
            a.signals
        FROM posting AS p JOIN decision AS d USING (source_id, record_hash) JOIN book AS b USING (source_id)
        JOIN asked AS a ON a.vacancy_key = b.book || ':' || p.posting_id
        WHERE NOT EXISTS (
            SELECT 1 FROM verdict AS v WHERE v.book = b.book AND v.posting_id = p.posting_id
                AND v.step_code = 'S4_COHERENCE' AND v.decision IN {_OVER}
                AND (v.decided_at AT TIME ZONE '{timezone}')::DATE >= a.last_date
        )
        ORDER BY a.vacancy_key, p.source_id
        """
    ).to_arrow_table()
    kept: dict[str, _Posting] = {}
    for row in sorted(rows.to_pylist(), key=lambda row: -len(carried(sources[row["source_id"]]))):
        key, signals = row.pop("vacancy_key"), row.pop("signals")
        decision = {name: row.pop(name) for name in _DECISION} | {"score": None, "score_reasons": None}
        kept.setdefault(key, _Posting(row, decision | {"reasons": [s["signal"] for s in signals]}, [], signals))
    return list(kept.values())


def _once_each(
    held: list[_Posting], passed: list[_Posting], sources: Mapping[str, Source]
) -> tuple[list[_Posting], list[_Posting]]:
    """A posting that several sources deliver under one id and employer is one piece of work.

    It waits when any of them is held; the one kept is of the source that carries most of a posting, so that the
    reviewer sees most of it.
    """
    kept: dict[tuple[str, str], _Posting] = {}
    for posting in sorted(
        [*held, *passed],
        key=lambda p: (
            p.decision["decision"] in ("PASS", "WARN"),
            -len(carried(sources[p.row["source_id"]])),
            p.row["source_id"],
        ),
    ):
        kept.setdefault((posting.row["posting_id"], employer_key(posting.row)), posting)
    chosen = {id(posting) for posting in kept.values()}
    return [p for p in held if id(p) in chosen], [p for p in passed if id(p) in chosen]


def _twins(con: duckdb.DuckDBPyConnection, postings: Sequence[_Posting]) -> dict[tuple[str, str], list[Row]]:
    """The postings that duplicate findings point to, with their texts."""
    pointed: dict[tuple[str, str], dict[str, float | None]] = defaultdict(dict)
    for posting in postings:
        for finding in posting.findings:
            facts = json.loads(finding["facts"]) if finding["facts"] else {}
            if facts.get("duplicate_of"):
                pointed[posting.key][str(facts["duplicate_of"])] = facts.get("duplicate_similarity")
    if not pointed:
        return {}
    con.register("_pointed", pa.table({"posting_id": sorted({i for ids in pointed.values() for i in ids})}))
    texts = con.execute(
        "SELECT p.posting_id, p.submitted_date::VARCHAR AS submitted_date, p.title, p.duties, p.employer_name,"
        " d.decision FROM posting AS p LEFT JOIN decision AS d USING (source_id, record_hash) SEMI JOIN _pointed"
        " USING (posting_id)"
    ).to_arrow_table()
    con.unregister("_pointed")
    known = {row["posting_id"]: row for row in texts.to_pylist()}
    return {
        key: [{"posting_id": i, **known.get(i, {}), "similarity": similarity} for i, similarity in ids.items()]
        for key, ids in pointed.items()
    }


def _write(
    store: Store,
    held: list[_Posting],
    drawn: list[_Posting],
    signalled: list[_Posting],
    employers: Mapping[str, Employer],
    twins: Mapping[tuple[str, str], list[Row]],
    sampling: Sampling,
) -> dict[str, int]:
    risks = sorted(risk_of(p.decision["score"], map(standing, p.findings)) for p in held) or [0.5]
    current: set[tuple[str, str, bool]] = set()
    added = 0
    with store.change() as con:
        numbers = _write_employers(con, employers)
        for posting in [*held, *drawn]:
            selection = {"HOLD": "HELD", "REJECT": "REOPENED"}.get(posting.decision["decision"], "AUDIT")
            risk = risk_of(posting.decision["score"], map(standing, posting.findings))
            if selection == "AUDIT":
                risk = risks[int(sampling.draw("place", *posting.key) * len(risks))]
            is_double = selection != "REOPENED" and sampling.draw("double", *posting.key) < sampling.double_rate
            employer = numbers[employer_key(posting.row)]
            current.add((*posting.version, False))
            for slot in (1, 2) if is_double else (1,):
                added += _write_item(con, posting, slot, is_double, selection, risk, employer, twins)
        for posting in signalled:
            risk = risk_of(None, (s["strength"] for s in posting.signals), STRENGTHS)
            current.add((*posting.version, True))
            employer = numbers[employer_key(posting.row)]
            added += _write_item(con, posting, SIGNAL_SLOT, False, "SIGNAL", risk, employer, {})
        waiting = con.execute(
            "SELECT item_no, source_id, record_hash, slot FROM item WHERE selection_code <> 'REOPENED'"
            " AND (state = 'open' OR (state = 'claimed' AND claim_expires <= ?))",
            [store.now().isoformat(timespec="seconds")],
        ).fetchall()
        gone = [
            (row["item_no"],)
            for row in waiting
            if (row["source_id"], row["record_hash"], row["slot"] == SIGNAL_SLOT) not in current
        ]
        con.executemany(
            "UPDATE item SET state = 'superseded', claimed_by = NULL, claim_expires = NULL WHERE item_no = ?", gone
        )
    return {"added": added, "left": len(gone), "held": len(held), "audited": len(drawn), "signalled": len(signalled)}


def _write_employers(con: sqlite3.Connection, employers: Mapping[str, Employer]) -> dict[str, int]:
    for key, employer in sorted(employers.items()):
        con.execute(
            "INSERT INTO employer (employer_key, name, history, registers) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (employer_key) DO UPDATE SET name = excluded.name, history = excluded.history,"
            " registers = excluded.registers",
            [key, employer.name, _json(employer.history), _json(employer.registers)],
        )
    return {row["employer_key"]: row["employer_no"] for row in con.execute("SELECT * FROM employer")}


def _write_item(
    con: sqlite3.Connection,
    posting: _Posting,
    slot: int,
    is_double: bool,
    selection: str,
    risk: float,
    employer_no: int,
    twins: Mapping[tuple[str, str], list[Row]],
) -> int:
    """1 when the item is new. An item that waits follows a newer judgement; one that is claimed or decided stays, but a
    signal that came after the answer asks again.
    """
    row, decision = posting.row, posting.decision
    values: Row = {
        "source_id": row["source_id"],
        "record_hash": row["record_hash"],
        "slot": slot,
        "posting_id": row["posting_id"],
        "load_id": row["load_id"],
        "employer_no": employer_no,
        "submitted_date": row["submitted_date"].isoformat(),
        "channel_code": row["channel_code"] or row["source_id"],
        "selection_code": selection,
        "is_double": int(is_double),
        "machine_decision": decision["decision"],
        "rule_set": decision["rule_set"],
        "context": decision["context"],
        "score": decision["score"],
        "score_reasons": decision["score_reasons"] or "[]",
        "risk": risk,
        "codes": _json(list(dict.fromkeys(decision["reasons"] or ()))),
        "posting": _json({name: row[name] for name in CANONICAL} | {"profile": decision["profile"]}),
        "findings": _json([{k: v for k, v in f.items() if k not in ("source_id", "record_hash", "folder")}
                           for f in posting.findings]),
        "twins": _json(twins.get(posting.key, [])),
        "signals": _json(posting.signals),
        "state": "open",
    }  # fmt: skip
    known = con.execute(
        "SELECT item_no, state FROM item WHERE source_id = ? AND record_hash = ? AND slot = ?",
        [row["source_id"], row["record_hash"], slot],
    ).fetchone()
    if known is None:
        con.execute(
            f"INSERT INTO item ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", [*values.values()]
        )
        return 1
    asks_again = known["state"] == "decided" and _asks_again(con, known["item_no"], posting.signals)
    if known["state"] in ("open", "superseded") or asks_again:
        changed = {k: v for k, v in values.items() if k not in ("selection_code", "is_double")}
        changed |= {"claimed_by": None, "not_before": None} if asks_again else {}
        con.execute(
            f"UPDATE item SET {', '.join(f'{name} = ?' for name in changed)} WHERE item_no = ?",
            [*changed.values(), known["item_no"]],
        )
    return 0


def _asks_again(con: sqlite3.Connection, item_no: int, signals: Sequence[Row]) -> bool:
    answered = con.execute("SELECT max(decided_day) FROM review WHERE item_no = ?", [item_no]).fetchone()[0]
    return any(answered < signal["signal_date"].isoformat() for signal in signals)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_text)


def _text(value: object) -> str:
    """Days in ISO form, decimals without trailing zeros."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
