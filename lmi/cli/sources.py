"""``lmi sources list | contract``."""

from __future__ import annotations

import json

import typer
import yaml
from rich.table import Table

from ingest.odcs import to_odcs
from ingest.registry import RegistryError, Source, load_registry, sources_of
from lmi.cli.exits import out
from lmi.core.settings import Settings


def list_sources(settings: Settings, as_json: bool) -> None:
    sources = sources_of(settings.profile, settings.sources).values()
    if as_json:
        fields = ("id", "version", "entity", "register", "connector", "delivery", "raw")
        rows = [
            {f: getattr(s, f) for f in fields} | {"licence": dict(s.licence), "cron": s.schedule["cron"]}
            for s in sources
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("source", "provider", "register", "connector", "schedule", "licence", "persons")
    for s in sources:
        table.add_row(
            s.id, s.provider[settings.language], s.register, s.connector, s.schedule["cron"], s.licence["id"],
            "tokenised" if s.holds_persons else "-",
        )  # fmt: skip
    out.print(table)


def _source(settings: Settings, source_id: str) -> Source:
    """The source as in the profile of the settings; of another profile as its entry has it."""
    registry = {**load_registry(), **sources_of(settings.profile)}
    if source_id not in registry:
        raise RegistryError(f"Unknown source {source_id}. Known: {', '.join(registry)}.")
    return registry[source_id]


def print_contract(settings: Settings, source_id: str) -> None:
    typer.echo(yaml.safe_dump(to_odcs(_source(settings, source_id)), allow_unicode=True, sort_keys=False))


def print_suite(settings: Settings, source_id: str) -> None:
    from validation.contracts import suite_json  # Great Expectations takes seconds to import

    typer.echo(json.dumps(suite_json(_source(settings, source_id)), ensure_ascii=False, indent=1))
