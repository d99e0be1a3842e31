"""Guards over whole batches of decisions: a channel that is suddenly refused much more, or much less, than usual waits.

Such a jump is seldom the employers' doing: a partner changed its form, a register was down, a rule was written badly.
The postings of that channel in that load are held until a person has looked and let them go on (``waive``); the other
channels go on. A waiver is part of the context, so the load is judged again and the first evaluation stays beside it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingest.typing_sql import literal
from lmi.core.atomic import write_file
from lmi.core.paths import Paths

#: reason code of what waits
CODE = "CHANNEL_GUARD"
LABEL = {"ko": "접수 경로의 거절률 이상", "en": "Unusual share of refusals in the channel"}
MESSAGE = {
    "ko": "이 공고와 함께 같은 경로로 들어온 구인의 거절률이 평소와 크게 다릅니다. 구인자의 잘못이 아닐 수 있어"
    " 담당자가 경로를 확인합니다.",
    "en": "Among the postings that came with this one through the same channel, the share refused is far from usual."
    " This is seldom the employer's doing; a person looks into the channel.",
}
#: the usual share is that of this many days before the delivery, counted on the day of submission
TRAILING_DAYS = 28
#: standard deviations from the usual share at which a channel waits
SIGMAS = 4.0
#: fewer days with postings, or fewer postings in the load, say nothing
LEAST_DAYS, LEAST_POSTINGS = 14, 20
WAIVERS = "waived.json"


@dataclass(frozen=True)
class Waiting:
    """A channel whose reject share in a load left its usual range. Shares between 0 and 1."""

    channel_code: str
    postings: int
    rejected: int
    share: float
    usual_share: float
    low: float
    high: float


def unusual_channels(con: duckdb.DuckDBPyConnection, earlier: Sequence[Path], day: date) -> list[Waiting]:
    """Channels of the load that was judged last whose reject share is unusual; by channel.

    Reads the judge's ``decision``, ``all_posting``, and ``earlier``: decision files of the source's
    loads delivered before ``day``. The standard deviation is that of a share among as many postings (binomial),
    widened by how much more than that the days differ from each other (Pearson's dispersion, never below one).
    """
    if not earlier:
        return []
    files = ", ".join(literal(str(path)) for path in earlier)
    rows = con.execute(
        f"""
        WITH daily AS (
            SELECT coalesce(p.channel_code, '_U') AS channel_code, d.submitted_date, count(*) AS n,
                count(*) FILTER (d.decision = 'REJECT') AS r
            FROM read_parquet([{files}]) AS d JOIN all_posting AS p USING (source_id, record_hash)
            WHERE d.submitted_date BETWEEN $first AND $last
            GROUP BY ALL
        ),

        usual AS (
            SELECT channel_code, count(*) AS days, (sum(r) + 1) / (sum(n) + 2) AS share FROM daily GROUP BY channel_code
        ),

        spread AS (
            SELECT channel_code, any_value(u.share) AS share,
                greatest(1, sum((d.r - d.n * u.share) ** 2 / (d.n * u.share * (1 - u.share))) / (count(*) - 1))
                    AS dispersion
            FROM daily AS d JOIN usual AS u USING (channel_code)
            WHERE u.days >= {LEAST_DAYS}
            GROUP BY channel_code
        ),

        present AS (
            SELECT coalesce(p.channel_code, '_U') AS channel_code, count(*) AS n,
                count(*) FILTER (d.decision = 'REJECT') AS r
            FROM decision AS d JOIN all_posting AS p USING (source_id, record_hash)
            GROUP BY ALL HAVING count(*) >= {LEAST_POSTINGS}
        ),

        ranged AS (
            SELECT channel_code, n, r, r / n AS now_share, share,
                {SIGMAS} * sqrt(share * (1 - share) / n * dispersion) AS reach
            FROM present JOIN spread USING (channel_code)
        )

        SELECT channel_code, n, r, round(now_share, 4), round(share, 4), round(greatest(0, share - reach), 4),
            round(least(1, share + reach), 4)
        FROM ranged
        WHERE abs(now_share - share) > reach
        ORDER BY channel_code
        """,
        {"first": day - timedelta(days=TRAILING_DAYS), "last": day - timedelta(days=1)},
    ).fetchall()
    return [Waiting(*row) for row in rows]


def hold_channels(con: duckdb.DuckDBPyConnection, waiting: Sequence[Waiting]) -> None:
    """Adds CHANNEL_GUARD to the reasons of every posting of these channels; what would have passed is held."""
    if not waiting:
        return
    channels = ", ".join(literal(one.channel_code) for one in waiting)
    con.execute(
        f"""
        CREATE OR REPLACE TABLE decision AS
        WITH guarded AS (
            SELECT source_id, record_hash, coalesce(channel_code, '_U') IN ({channels}) AS waits FROM all_posting
        )

        SELECT d.* REPLACE (
            CASE WHEN waits AND decision IN ('PASS', 'WARN') THEN 'HOLD' ELSE decision END AS decision,
            CASE WHEN waits AND decision IN ('PASS', 'WARN') THEN '{CODE}' ELSE primary_code END AS primary_code,
            CASE WHEN waits THEN list_append(reasons, '{CODE}') ELSE reasons END AS reasons
        )
        FROM decision AS d JOIN guarded USING (source_id, record_hash)
        ORDER BY record_hash
        """
    )


def waived_channels(paths: Paths, source_id: str, load_id: str) -> frozenset[str]:
    """Channels of a load that a person let go on."""
    return frozenset(entry["channel_code"] for entry in _waivers(paths, source_id, load_id))


def waive(paths: Paths, source_id: str, load_id: str, channel_code: str, *, by: str, now: datetime) -> None:
    """Lets a channel of a load go on. Doing it again changes nothing."""
    known = _waivers(paths, source_id, load_id)
    if any(entry["channel_code"] == channel_code for entry in known):
        return
    entry = {"channel_code": channel_code, "by": by, "at": now.isoformat()}
    file = _file(paths, source_id, load_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file, json.dumps([*known, entry], ensure_ascii=False, indent=1).encode())


def still_waiting(paths: Paths) -> list[dict[str, Any]]:
    """Channels that wait in the newest evaluation of a load and that nobody let go on; with source and load."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for file in paths.vetted.glob("*/*/*/manifest.json"):
        manifest = json.loads(file.read_text("utf-8"))
        key = (manifest["source"], manifest["load_id"])
        if key not in newest or manifest["vetted_at"] > newest[key]["vetted_at"]:
            newest[key] = manifest
    return [
        {"source": source, "load_id": load, **one}
        for (source, load), manifest in sorted(newest.items())
        for one in manifest.get("waiting", [])
        if one["channel_code"] not in waived_channels(paths, source, load)
    ]


def as_facts(waiting: Sequence[Waiting]) -> list[dict[str, Any]]:
    return [asdict(one) for one in waiting]


def _file(paths: Paths, source_id: str, load_id: str) -> Path:
    return paths.vetted / source_id / load_id / WAIVERS


def _waivers(paths: Paths, source_id: str, load_id: str) -> list[dict[str, str]]:
    file = _file(paths, source_id, load_id)
    return json.loads(file.read_text("utf-8")) if file.exists() else []
