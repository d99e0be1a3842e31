"""What the desk's store stands on: its file, its transactions, and who may come in.

Each change is one ``BEGIN IMMEDIATE`` transaction. Time and randomness are the caller's: ``now`` gives an aware
instant, ``randomness`` n random bytes as text.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lmi.core.paths import Paths

SCHEMA_FILE = Path(__file__).with_name("schema.sql")
#: a signed-in page stays so for a working day
SESSION_HOURS = 10

Row = dict[str, Any]


class DeskError(Exception):
    """What was asked for cannot be done; the message says why and what to do instead, in both languages."""

    def __init__(self, en: str, ko: str | None = None) -> None:
        super().__init__(en)
        self.words = {"en": en, "ko": ko or en}


class MissingError(DeskError):
    """There is no such item."""


class ClaimError(DeskError):
    """The posting is not, or no longer, this reviewer's to decide."""


@dataclass(frozen=True)
class Reviewer:
    """Who is signed in. ``csrf`` must come back with every form of the session."""

    reviewer_id: str
    name: str
    csrf: str = ""


def store_path(paths: Paths) -> Path:
    return paths.home / "desk.sqlite"


def _hash(secret: str) -> str:
    """Tokens and session keys have 192 random bits, so a plain hash cannot be searched; it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def system_time() -> datetime:
    return datetime.now(UTC)


class StoreFile:
    """One desk. ``lock_minutes``: how long a claim holds without any action of its owner."""

    def __init__(
        self,
        path: Path,
        tz: ZoneInfo,
        now: Callable[[], datetime] = system_time,
        *,
        lock_minutes: int = 30,
        randomness: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self.path, self.tz, self.lock_minutes = path, tz, lock_minutes
        self._now, self._randomness = now, randomness
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with self.connect() as con:
            con.executescript(SCHEMA_FILE.read_text("utf-8"))
            # a desk that was begun before these came to it
            for table, column in (("item", "signals"), ("employer", "registers")):
                if column not in {row["name"] for row in con.execute(f"PRAGMA table_info({table})")}:
                    con.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT '[]'")

    # -- plumbing ------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self._now().astimezone(UTC)

    def today(self) -> date:
        return self.now().astimezone(self.tz).date()

    def _stamp(self, after: timedelta = timedelta()) -> str:
        return (self.now() + after).isoformat(timespec="seconds")

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading, closed at the end; each thread takes its own."""
        con = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        con.row_factory = sqlite3.Row
        con.execute("PRAGMA foreign_keys = ON")
        try:
            yield con
        finally:
            con.close()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its first statement; an error undoes all of it."""
        with self.connect() as con:
            con.execute("BEGIN IMMEDIATE")
            try:
                yield con
            except BaseException:
                con.execute("ROLLBACK")
                raise
            con.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        with self.connect() as con:
            return [dict(row) for row in con.execute(sql, values)]

    def meta(self, name: str) -> str | None:
        found = self.rows("SELECT value FROM meta WHERE name = ?", [name])
        return str(found[0]["value"]) if found else None

    # -- who may come in -----------------------------------------------------------------------------------------

    def add_reviewer(self, name: str) -> tuple[str, str]:
        """(working number, token). The token is shown once; only its hash is kept."""
        if not name.strip():
            raise DeskError(
                "A reviewer needs a name. Say --add-reviewer NAME.", "심사자 이름이 필요합니다. --add-reviewer 이름"
            )
        token = "desk-" + self._randomness(24)
        with self.change() as con:
            taken = con.execute("SELECT count(*) FROM reviewer").fetchone()[0]
            number = f"R{taken + 1:03d}"
            con.execute(
                "INSERT INTO reviewer (reviewer_id, name, token_hash, added_at) VALUES (?, ?, ?, ?)",
                [number, name.strip(), _hash(token), self._stamp()],
            )
        return number, token

    def remove_reviewer(self, reviewer_id: str) -> None:
        """The token and all sessions end, claims go back; what was decided stays. Raises DeskError when unknown."""
        with self.change() as con:
            found = con.execute("UPDATE reviewer SET is_active = 0 WHERE reviewer_id = ?", [reviewer_id])
            if not found.rowcount:
                raise DeskError(
                    f"There is no reviewer {reviewer_id}. `lmi vet desk --reviewers` lists them.",
                    f"{reviewer_id} 심사자가 없습니다. `lmi vet desk --reviewers`로 확인하십시오.",
                )
            con.execute("DELETE FROM session WHERE reviewer_id = ?", [reviewer_id])
            con.execute(
                "UPDATE item SET state = 'open', claimed_by = NULL, claim_expires = NULL"
                " WHERE state = 'claimed' AND claimed_by = ?",
                [reviewer_id],
            )

    def reviewers(self) -> list[Row]:
        return self.rows("SELECT reviewer_id, name, added_at, is_active FROM reviewer ORDER BY reviewer_id")

    def sign_in(self, token: str) -> str | None:
        """Key of a new session, None when nobody active has the token."""
        key = self._randomness(24)
        with self.change() as con:
            found = con.execute(
                "SELECT reviewer_id FROM reviewer WHERE token_hash = ? AND is_active = 1", [_hash(token.strip())]
            ).fetchone()
            con.execute("DELETE FROM session WHERE expires_at <= ?", [self._stamp()])
            if found is None:
                return None
            con.execute(
                "INSERT INTO session VALUES (?, ?, ?, ?)",
                [_hash(key), found[0], self._randomness(24), self._stamp(timedelta(hours=SESSION_HOURS))],
            )
        return key

    def sign_out(self, key: str) -> None:
        with self.change() as con:
            con.execute("DELETE FROM session WHERE session_hash = ?", [_hash(key)])

    def signed_in(self, key: str | None) -> Reviewer | None:
        if not key:
            return None
        found = self.rows(
            "SELECT reviewer_id, name, csrf FROM session JOIN reviewer USING (reviewer_id)"
            " WHERE session_hash = ? AND expires_at > ? AND is_active = 1",
            [_hash(key), self._stamp()],
        )
        return Reviewer(**found[0]) if found else None
