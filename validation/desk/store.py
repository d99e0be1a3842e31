"""The desk's store: an SQLite file under the home folder, and every change of it as one transaction.

Two reviewers at once is the normal case: each change is one ``BEGIN IMMEDIATE`` transaction whose ``UPDATE`` states
what must hold (the claim is mine and has not run out), so that of two decisions on one claim exactly one is written.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from validation.desk.store_file import (
    SESSION_HOURS,
    ClaimError,
    DeskError,
    MissingError,
    Reviewer,
    Row,
    StoreFile,
    store_path,
)

__all__ = [
    "CALL_OUTCOMES",
    "DECISIONS",
    "SESSION_HOURS",
    "SIGNAL_DECISIONS",
    "SIGNAL_SLOT",
    "ClaimError",
    "DeskError",
    "MissingError",
    "Reviewer",
    "Row",
    "Store",
    "check_decision",
    "codes_of",
    "confirmed_codes",
    "decisions_of",
    "store_path",
]

DECISIONS = ("CONFIRMED_OK", "CONFIRMED_BAD", "CORRECTED", "UNREACHABLE")
#: answers to a signal of step 4: still open, filled, taken back by the employer, not reached
SIGNAL_DECISIONS = ("ACTIVE", "FILLED", "WITHDRAWN", "UNREACHABLE")
#: slot of the item that asks about a posting's signals
SIGNAL_SLOT = 0
CALL_OUTCOMES = ("REACHED", "NO_ANSWER", "BUSY", "WRONG_NUMBER", "CALL_BACK")


def review_id(source_id: str, record_hash: str, slot: int, turn: int) -> str:
    text = f"{source_id}|{record_hash}|{slot}|{turn}"
    return "D" + hashlib.sha256(text.encode()).hexdigest()[:16].upper()


class Store(StoreFile):
    """Claims, calls, looks at contacts and decisions."""

    # -- claims --------------------------------------------------------------------------------------------------

    def item(self, item_no: int) -> Row:
        """One item with its employer, JSON columns read. Raises DeskError when there is none."""
        found = self.rows(
            "SELECT item.*, employer.name AS employer_name, employer.history, employer.registers"
            " FROM item JOIN employer USING (employer_no) WHERE item_no = ?",
            [item_no],
        )
        if not found:
            raise MissingError(f"There is no item {item_no} in the queue.", f"대기열에 {item_no}번이 없습니다.")
        item = found[0]
        for name in ("codes", "posting", "findings", "twins", "signals", "history", "registers", "score_reasons"):
            item[name] = json.loads(item[name])
        item["is_claimed"] = self._is_claimed(item)
        return item

    def _is_claimed(self, item: Row) -> bool:
        return item["state"] == "claimed" and item["claim_expires"] > self._stamp()

    def may_see(self, item: Row, reviewer_id: str) -> bool:
        """False for the other slot of a doubly reviewed posting that this reviewer has, or decided, in the one."""
        return not self.rows(
            "SELECT 1 FROM item AS other LEFT JOIN review USING (item_no)"
            " WHERE other.source_id = ? AND other.record_hash = ? AND other.slot = 3 - ?"
            " AND (review.reviewer_id = ? OR (other.state = 'claimed' AND other.claimed_by = ?))",
            [item["source_id"], item["record_hash"], item["slot"], reviewer_id, reviewer_id],
        )

    def claim(self, item_no: int, reviewer_id: str) -> None:
        """The item is this reviewer's until the claim runs out; claiming again renews. Raises ClaimError."""
        until = self._stamp(timedelta(minutes=self.lock_minutes))
        with self.change() as con:
            done = con.execute(
                "UPDATE item SET state = 'claimed', claimed_by = :who, claim_expires = :until WHERE item_no = :item"
                " AND (state = 'open' OR (state = 'claimed' AND (claimed_by = :who OR claim_expires <= :now)))"
                " AND NOT EXISTS (SELECT 1 FROM item AS other LEFT JOIN review USING (item_no)"
                "  WHERE other.source_id = item.source_id AND other.record_hash = item.record_hash"
                "  AND other.slot = 3 - item.slot"
                "  AND (review.reviewer_id = :who OR (other.state = 'claimed' AND other.claimed_by = :who)))"
                # an appeal is for somebody who has not decided it before
                " AND NOT (selection_code = 'REOPENED' AND state = 'open' AND EXISTS (SELECT 1 FROM review"
                "  WHERE review.item_no = item.item_no AND review.reviewer_id = :who))",
                {"who": reviewer_id, "until": until, "now": self._stamp(), "item": item_no},
            )
            if done.rowcount != 1:
                raise ClaimError(
                    f"Item {item_no} is not free: somebody else has it or has decided it. Take another.",
                    f"{item_no}번은 다른 심사자가 맡았거나 이미 처리했습니다. 다른 구인을 맡으십시오.",
                )

    def release(self, item_no: int, reviewer_id: str) -> None:
        """Gives the claim back. Raises ClaimError when it is not this reviewer's."""
        with self.change() as con:
            self._demand(
                con,
                "UPDATE item SET state = 'open', claimed_by = NULL, claim_expires = NULL WHERE",
                item_no,
                reviewer_id,
            )

    def _demand(self, con: sqlite3.Connection, update: str, item_no: int, reviewer_id: str) -> None:
        """Runs the update on a claim in force of this reviewer, or raises ClaimError."""
        done = con.execute(
            f"{update} item_no = ? AND state = 'claimed' AND claimed_by = ? AND claim_expires > ?",
            [item_no, reviewer_id, self._stamp()],
        )
        if done.rowcount != 1:
            raise ClaimError(
                f"Item {item_no} is not claimed by you, or the claim has run out. Claim it again.",
                f"{item_no}번을 맡고 있지 않거나 맡은 시간이 지났습니다. 다시 맡으십시오.",
            )

    def _renew(self, con: sqlite3.Connection, item_no: int, reviewer_id: str) -> None:
        until = self._stamp(timedelta(minutes=self.lock_minutes))
        self._demand(con, f"UPDATE item SET claim_expires = '{until}' WHERE", item_no, reviewer_id)

    # -- what people do ------------------------------------------------------------------------------------------

    def log_call(self, item_no: int, reviewer_id: str, outcome: str, note: str | None) -> None:
        """One attempt to reach the employer; renews the claim. Raises ClaimError, DeskError."""
        if outcome not in CALL_OUTCOMES:
            raise DeskError(
                f"'{outcome}' is no outcome of a call. Use one of {', '.join(CALL_OUTCOMES)}.",
                f"'{outcome}'은(는) 통화 결과가 아닙니다. {', '.join(CALL_OUTCOMES)} 가운데 고르십시오.",
            )
        with self.change() as con:
            self._renew(con, item_no, reviewer_id)
            con.execute(
                "INSERT INTO call (item_no, reviewer_id, outcome, note, called_at) VALUES (?, ?, ?, ?, ?)",
                [item_no, reviewer_id, outcome, note or None, self._stamp()],
            )

    def log_contact_view(self, item_no: int, reviewer_id: str, purpose: str) -> Row:
        """Writes down who looks at whose numbers and what for, before anything is opened. The item; ClaimError."""
        item = self.item(item_no)
        with self.change() as con:
            self._renew(con, item_no, reviewer_id)
            con.execute(
                "INSERT INTO contact_view (item_no, posting_id, reviewer_id, purpose, viewed_at)"
                " VALUES (?, ?, ?, ?, ?)",
                [item_no, item["posting_id"], reviewer_id, purpose, self._stamp()],
            )
        return item

    def decide(
        self,
        item_no: int,
        reviewer_id: str,
        decision: str,
        reason_codes: Sequence[str],
        *,
        note: str | None = None,
        message: str | None = None,
        message_lang: str | None = None,
    ) -> str:
        """Writes the decision on a claim in force; returns the review's id. Raises ClaimError, DeskError."""
        check_decision(decision, reason_codes, decisions_of(self.item(item_no)))
        with self.change() as con:
            self._demand(con, "UPDATE item SET state = 'decided', claim_expires = NULL WHERE", item_no, reviewer_id)
            return self.write_review(
                con, item_no, reviewer_id, decision, reason_codes, note, message, message_lang, self.now()
            )

    def write_review(
        self,
        con: sqlite3.Connection,
        item_no: int,
        reviewer_id: str,
        decision: str,
        reason_codes: Sequence[str],
        note: str | None,
        message: str | None,
        message_lang: str | None,
        decided_at: datetime,
    ) -> str:
        """The review as a row of its own, inside the caller's transaction. Unreached employers are tried again."""
        item = con.execute("SELECT * FROM item WHERE item_no = ?", [item_no]).fetchone()
        turn = con.execute("SELECT coalesce(max(round), 0) + 1 FROM review WHERE item_no = ?", [item_no]).fetchone()[0]
        # a call belongs to the decision after it: of an employer who was tried again, each call counts once
        calls = con.execute(
            "SELECT count(*) FROM call WHERE item_no = :item AND reviewer_id = :who AND called_at > coalesce("
            "(SELECT max(decided_at) FROM review WHERE item_no = :item AND reviewer_id = :who), '')",
            {"item": item_no, "who": reviewer_id},
        ).fetchone()[0]
        number = review_id(item["source_id"], item["record_hash"], item["slot"], turn)
        day = decided_at.astimezone(self.tz).date()
        con.execute(
            "INSERT INTO review VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                number, item_no, turn, reviewer_id, item["selection_code"], decision,
                json.dumps(confirmed_codes(decision, codes_of(item, reason_codes))), note or None, message_lang,
                message or None, calls,
                decided_at.astimezone(UTC).isoformat(timespec="seconds"), day.isoformat(),
            ],
        )  # fmt: skip
        if decision == "UNREACHABLE":
            con.execute(
                "UPDATE item SET state = 'open', claimed_by = NULL, claim_expires = NULL, not_before = ?"
                " WHERE item_no = ?",
                [(day + timedelta(days=1)).isoformat(), item_no],
            )
        return number

    def reopen(self, item_no: int, reviewer_id: str) -> None:
        """Takes a decided item up again; the earlier decision stays as a row. Raises ClaimError.

        One's own decision only on its day (a slip); later it takes another person (an appeal).
        """
        until = self._stamp(timedelta(minutes=self.lock_minutes))
        with self.change() as con:
            last = con.execute(
                "SELECT reviewer_id, decided_day FROM review WHERE item_no = ? ORDER BY round DESC LIMIT 1", [item_no]
            ).fetchone()
            if last and last["reviewer_id"] == reviewer_id and last["decided_day"] != self.today().isoformat():
                raise ClaimError(
                    f"You decided item {item_no} on {last['decided_day']}. Another reviewer must take it up again.",
                    f"{item_no}번은 {last['decided_day']}에 직접 처리하셨습니다. 다른 심사자가 다시 보아야 합니다.",
                )
            done = con.execute(
                "UPDATE item SET state = 'claimed', claimed_by = ?, claim_expires = ?, not_before = NULL,"
                " selection_code = 'REOPENED' WHERE item_no = ? AND state = 'decided'",
                [reviewer_id, until, item_no],
            )
            if done.rowcount != 1:
                raise ClaimError(
                    f"Item {item_no} is not decided, so there is nothing to take up again.",
                    f"{item_no}번은 처리되지 않아 다시 열 것이 없습니다.",
                )

    def appeal(self, posting_id: str, note: str | None = None) -> int:
        """Notes that an employer disagrees; what of the posting was decided waits again. Returns how many items do.

        A posting that only the rules rejected enters the queue with the next ``refresh``.
        """
        with self.change() as con:
            con.execute("INSERT OR IGNORE INTO appeal VALUES (?, ?, ?)", [posting_id, self._stamp(), note])
            done = con.execute(
                "UPDATE item SET state = 'open', claimed_by = NULL, claim_expires = NULL, not_before = NULL,"
                " selection_code = 'REOPENED' WHERE posting_id = ? AND state = 'decided'",
                [posting_id],
            )
            return done.rowcount

    def activity(self, item_no: int) -> dict[str, list[Row]]:
        """Calls, looks at contact numbers and decisions of an item, oldest first."""
        calls = "SELECT reviewer_id, outcome, note, called_at FROM call WHERE item_no = ? ORDER BY call_no"
        views = "SELECT reviewer_id, purpose, viewed_at FROM contact_view WHERE item_no = ? ORDER BY view_no"
        reviews = "SELECT * FROM review WHERE item_no = ? ORDER BY round"
        found = {n: self.rows(q, [item_no]) for n, q in (("calls", calls), ("views", views), ("reviews", reviews))}
        for review in found["reviews"]:
            review["reason_codes"] = json.loads(review["reason_codes"])
        return found


def confirmed_codes(decision: str, reason_codes: Sequence[str]) -> list[str]:
    """Reasons that a decision confirms; one that finds nothing wrong, or reached nobody, confirms none."""
    confirms = ("CONFIRMED_BAD", "CORRECTED", "FILLED", "WITHDRAWN")
    return list(dict.fromkeys(reason_codes)) if decision in confirms else []


def codes_of(item: Mapping[str, Any] | sqlite3.Row, reason_codes: Sequence[str]) -> Sequence[str]:
    """Codes a decision on the item speaks of: those given, or of a posting with signals the signals themselves."""
    return [s["signal"] for s in json.loads(item["signals"])] if item["slot"] == SIGNAL_SLOT else reason_codes


def decisions_of(item: Mapping[str, Any] | sqlite3.Row) -> tuple[str, ...]:
    """What may be decided on an item: on a submission, or on the signals of a posting."""
    return SIGNAL_DECISIONS if item["slot"] == SIGNAL_SLOT else DECISIONS


def check_decision(decision: str, reason_codes: Sequence[str], allowed: Sequence[str]) -> None:
    """Raises DeskError for an unknown decision, or a refusal without a reason: the law demands one (Decree art. 5)."""
    if decision not in allowed:
        raise DeskError(
            f"'{decision}' is no decision. Use one of {', '.join(allowed)}.",
            f"'{decision}'은(는) 결정이 아닙니다. {', '.join(allowed)} 가운데 고르십시오.",
        )
    if decision == "CONFIRMED_BAD" and not reason_codes:
        raise DeskError(
            "CONFIRMED_BAD needs at least one reason code: a refusal must be explained.",
            "문제를 확인했다면 사유를 하나 이상 고르십시오. 거절에는 설명이 있어야 합니다(직업안정법 시행령).",
        )
