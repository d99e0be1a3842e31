"""``lmi quarantine list | show | replay``."""

from __future__ import annotations

import json

import typer
from rich.table import Table

from ingest.registry import RegistryError, sources_of
from lmi.cli.exits import out
from lmi.core.clock import utc_now
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from validation import run as validation


def _split(settings: Settings, load: str) -> tuple[str, str | None]:
    source, _, load_id = load.partition("/")
    if source not in sources_of(settings.profile):
        raise RegistryError(f"Unknown source {source} in profile {settings.profile}. See `lmi sources list`.")
    return source, load_id or None


def list_rows(settings: Settings, sources: list[str], as_json: bool) -> None:
    """Counts of quarantined rows per source, load, rule and column."""
    rows = validation.quarantine_counts(Paths.of(settings), sources or list(sources_of(settings.profile)))
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    if not rows:
        out.print("Nothing is in quarantine.")
        return
    table = Table("load", "rule", "severity", "column", "rows")
    for row in rows:
        table.add_row(
            f"{row['source']}/{row['load_id']}",
            row["rule"],
            row["severity"],
            row["column_name"] or "-",
            f"{row['rows']:,}",
        )
    out.print(table)
    for row in rows:
        if row["severity"] == "refused":
            out.print(f"{row['source']}/{row['load_id']}: {row['reason'][settings.language]}", highlight=False)
    out.print("See rows with `lmi quarantine show SOURCE`; after mending a contract, `lmi quarantine replay`.")


def show_rows(settings: Settings, load: str, limit: int, as_json: bool) -> None:
    """Rows with the reason in words, in the language of the settings."""
    source, load_id = _split(settings, load)
    rows = validation.quarantine_rows(Paths.of(settings), source, load_id, limit)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    table = Table("load", "page/row", "rule", "column", "value", "what is wrong")
    for row in rows:
        table.add_row(
            row["_load_id"], f"{row['_page']}/{row['_row']}", row["rule"], row["column_name"] or "-",
            row["value"] or "-", row[f"message_{settings.language}"],
        )  # fmt: skip
    out.print(table)


def replay_rows(settings: Settings, load: str | None, waive: frozenset[str]) -> None:
    """Validate again under the present contract and say what changed."""
    source, load_id = _split(settings, load) if load else (None, None)
    changed = validation.replay(settings, source, load_id, now=utc_now(), waive=waive)
    if not changed:
        out.print("Nothing changed: the present contracts come to the same rows.")
    for entry in changed:
        out.print(
            f"{entry['source']}/{entry['load_id']}: {entry['accepted_before']:,} accepted before, now"
            f" {entry['accepted']:,}; {entry['quarantined_before']:,} quarantined before, now {entry['quarantined']:,}",
            highlight=False,
        )
    if changed:
        out.print("The next `lmi run` publishes them.")
