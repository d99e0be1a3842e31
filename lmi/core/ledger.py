"""The run ledger: what was tried, when, and what came of it. Manifests say what exists, the ledger what happened."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lmi.core.clock import utc_now

_SCHEMA = """
create table if not exists stages (
    id integer primary key,
    stage text not null,
    source text,
    working_day text not null,
    started_at text not null,
    seconds real,
    outcome text not null,
    detail text not null
);
create index if not exists stages_by_source on stages (source, working_day);
create table if not exists releases (
    release_id text not null,
    as_of text not null,
    at text not null,
    event text not null
);
"""

#: a stage that was started and never ended, because its process died
STARTED = "started"


@dataclass
class Stage:
    """One attempt at one stage. ``outcome`` and ``detail`` are filled in by the work inside ``Ledger.stage``."""

    stage: str
    source: str | None
    working_day: date
    outcome: str = "ok"
    detail: dict[str, Any] = field(default_factory=dict)


class Ledger:
    """SQLite file, one short transaction per write; safe from several processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as con, con:
            con.executescript(_SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        con = sqlite3.connect(self.path, timeout=30)
        con.row_factory = sqlite3.Row
        con.execute("pragma journal_mode = wal")
        return con

    @contextmanager
    def stage(self, stage: str, working_day: date, source: str | None = None) -> Iterator[Stage]:
        """Record one attempt: 'started' at once, the outcome at the end, 'failed' with the error when it raises."""
        entry, begun = Stage(stage, source, working_day), time.monotonic()
        with closing(self._connect()) as con, con:
            row = con.execute(
                "insert into stages (stage, source, working_day, started_at, outcome, detail)"
                " values (?, ?, ?, ?, ?, '{}')",
                (stage, source, working_day.isoformat(), utc_now().isoformat(), STARTED),
            ).lastrowid
        try:
            yield entry
        except BaseException as error:
            if entry.outcome == "ok":
                entry.outcome = "failed"
            entry.detail.setdefault("error", f"{type(error).__name__}: {error}")
            raise
        finally:
            with closing(self._connect()) as con, con:
                con.execute(
                    "update stages set seconds = ?, outcome = ?, detail = ? where id = ?",
                    (
                        round(time.monotonic() - begun, 3),
                        entry.outcome,
                        json.dumps(entry.detail, ensure_ascii=False, default=str),
                        row,
                    ),
                )

    def stages(self, since: datetime | None = None, source: str | None = None) -> list[dict[str, Any]]:
        """Attempts in the order they began, as dicts with ``detail`` decoded."""
        with closing(self._connect()) as con:
            rows = con.execute(
                "select * from stages where (? is null or started_at >= ?) and (? is null or source = ?) order by id",
                (since and since.isoformat(), since and since.isoformat(), source, source),
            ).fetchall()
        return [{**dict(row), "detail": json.loads(row["detail"])} for row in rows]

    def record_release(self, release_id: str, as_of: date, event: str) -> None:
        """``event``: published, rolled back to, pruned."""
        with closing(self._connect()) as con, con:
            con.execute(
                "insert into releases values (?, ?, ?, ?)",
                (release_id, as_of.isoformat(), utc_now().isoformat(), event),
            )

    def was_published(self, release_id: str) -> bool:
        with closing(self._connect()) as con:
            query = "select 1 from releases where release_id = ? and event = 'published'"
            return con.execute(query, (release_id,)).fetchone() is not None
