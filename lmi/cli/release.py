"""``lmi release list | diff | rollback``."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import typer
from rich.table import Table

from lmi.cli.exits import out
from lmi.core import release as releases
from lmi.core.ledger import Ledger
from lmi.core.paths import Paths
from lmi.core.release import Release, ReleaseError
from lmi.core.settings import Settings
from lmi.core.sql import scalar


def _named(paths: Paths, release_id: str) -> Release:
    release = releases.read_release(paths.releases / release_id)
    if release is None:
        known = ", ".join(r.id for r in releases.releases(paths)) or "none"
        raise ReleaseError(f"Release {release_id} is not here. Kept: {known}.")
    return release


def list_releases(settings: Settings, as_json: bool) -> None:
    paths = Paths.of(settings)
    standing = releases.current(paths)
    rows = [
        {
            "release_id": r.id,
            "as_of": r.manifest["as_of"],
            "built_at": r.manifest["built_at"],
            "rows": sum(r.manifest["row_counts"].values()),
            "stale": sorted(r.manifest["stale"]),
            "current": standing is not None and r.id == standing.id,
        }
        for r in releases.releases(paths)
    ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table("release", "as of", "built at", "rows in marts", "stale marts", "")
    for row in rows:
        table.add_row(
            row["release_id"], row["as_of"], row["built_at"], f"{row['rows']:,}", ", ".join(row["stale"]) or "-",
            "current" if row["current"] else "",
        )  # fmt: skip
    out.print(table)


def compare(older: Release, newer: Release) -> list[dict[str, Any]]:
    """Rows of each mart that only one of two releases holds, both ways; ``as_of`` columns are left out."""
    result: list[dict[str, Any]] = []
    with duckdb.connect() as con:
        con.execute(f"attach '{older.marts}' as older (read_only)")
        con.execute(f"attach '{newer.marts}' as newer (read_only)")
        columns: dict[str, dict[str, list[str]]] = {"older": {}, "newer": {}}
        for side, table, column in con.execute(
            "select database_name, table_name, column_name from duckdb_columns()"
            " where database_name in ('older', 'newer') order by column_index"
        ).fetchall():
            columns[side].setdefault(table, []).append(column)
        for table in sorted(columns["older"] | columns["newer"]):
            if table in {"release", "release_parts", "release_calendar", "release_punctuality", "release_erasures"}:
                continue
            before, after = columns["older"].get(table), columns["newer"].get(table)
            if before is None or after is None:
                result.append({"table": table, "change": "added" if before is None else "removed"})
                continue
            shared = [c for c in before if c in after and c != "as_of"]
            names = ", ".join(f'"{c}"' for c in shared)
            query = "select count(*) from (select {n} from {a}.{t} except all select {n} from {b}.{t})"
            gone = scalar(con, query.format(n=names, a="older", b="newer", t=table))
            new = scalar(con, query.format(n=names, a="newer", b="older", t=table))
            result.append(
                {
                    "table": table,
                    "change": "same" if not gone and not new and before == after else "changed",
                    "rows_only_in_older": gone,
                    "rows_only_in_newer": new,
                    "columns_added": [c for c in after if c not in before],
                    "columns_removed": [c for c in before if c not in after],
                }
            )
    return result


def diff_releases(settings: Settings, older: str, newer: str | None, as_json: bool) -> None:
    paths = Paths.of(settings)
    changes = compare(_named(paths, older), _named(paths, newer) if newer else releases.require_current(paths))
    if as_json:
        typer.echo(json.dumps(changes))
        return
    table = Table("table", "change", "rows only in older", "rows only in newer", "columns")
    for change in changes:
        columns = [f"+{c}" for c in change.get("columns_added", [])] + [
            f"-{c}" for c in change.get("columns_removed", [])
        ]
        table.add_row(
            change["table"], change["change"], str(change.get("rows_only_in_older", "")),
            str(change.get("rows_only_in_newer", "")), ", ".join(columns),
        )  # fmt: skip
    out.print(table)


def roll_back(settings: Settings, to: str | None) -> None:
    """Point readers to ``to``, or to the release before the current one. The files are checked first."""
    paths = Paths.of(settings)
    standing = releases.require_current(paths)
    if to is None:
        kept = [r.id for r in releases.releases(paths)]
        position = kept.index(standing.id)
        if position == 0:
            raise ReleaseError(f"{standing.id} is the oldest release kept; there is none to go back to.")
        to = kept[position - 1]
    target = _named(paths, to)
    releases.verify(target)
    releases.point_to(paths, target)
    Ledger(paths.ledger).record_release(target.id, target.as_of, "rolled back to")
    out.print(f"Readers now see {target.id} (as of {target.as_of}) instead of {standing.id}.", highlight=False)
