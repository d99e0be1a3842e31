"""What each source lets pass on, and what of a table is withheld for it.

A licence passes on everything (``open``), figures and names of codes (``aggregates``), or nothing (``none``). The
registry says which; the operator's setting ``redistribution`` says otherwise per source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from exports.package.spec import Column, PackageError, Table
from ingest.registry import Source, load_registry, sources_of
from lmi.core.settings import Settings

PASSES_ON = {
    "open": frozenset({"figure", "label", "record"}),
    "aggregates": frozenset({"figure", "label"}),
    "none": frozenset[str](),
}


@dataclass(frozen=True)
class Rights:
    """``redistribution``: source id -> open, aggregates or none."""

    sources: Mapping[str, Source]
    redistribution: Mapping[str, str]

    @classmethod
    def of(cls, settings: Settings) -> Rights:
        """Rights in force. Raises PackageError for a setting on an unknown source."""
        if unknown := sorted(set(settings.redistribution) - set(load_registry())):
            raise PackageError(
                f"LMI_REDISTRIBUTION__{unknown[0].upper()} names no source. Name one of `lmi sources list`."
            )
        sources = sources_of(settings.profile, settings.sources)
        said = {name: source.licence["redistribution"] for name, source in sources.items()}
        return cls(sources, said | {k: v for k, v in settings.redistribution.items() if k in sources})

    def behind(self, entities: Iterable[str]) -> list[Source]:
        """Sources of these entities, by id."""
        wanted = set(entities)
        return [self.sources[name] for name in sorted(self.sources) if self.sources[name].entity in wanted]

    def passes(self, source: Source, holds: str) -> bool:
        return holds in PASSES_ON[self.redistribution[source.id]]

    def withheld(self, table: Table, column: Column) -> list[Source]:
        """Sources whose part of the column may not be passed on."""
        return [s for s in self._sources(table, column) if not self.passes(s, column.holds)]

    def _sources(self, table: Table, column: Column) -> list[Source]:
        """Sources behind a column; of a table whose rows name their source, only those that can stand there."""
        found = self.behind(column.entities)
        if table.row_sources:
            return [s for s in found if s.id in table.row_sources.values()]
        return found

    def fields(self, table: Table, column: Column) -> list[dict[str, Any]]:
        """Source, licence and what is withheld of a column, for the descriptors."""
        return [
            {"source": s.id, "redistribution": self.redistribution[s.id], "withheld": not self.passes(s, column.holds),
             **licence(s)}
            for s in self._sources(table, column)
        ]  # fmt: skip


def licence(source: Source) -> dict[str, str]:
    """The source's licence: name, and path and attribution where it has them."""
    said = source.licence
    found = {"name": said["id"], "title": said["name"]}
    return found | {new: said[old] for old, new in (("url", "path"), ("attribution", "attribution")) if old in said}


def rows_of(table: Table, source: Source) -> str:
    """SQL condition for the rows of ``table`` that rest on ``source``; ``true`` where rows do not tell."""
    if table.rows_by is None:
        return "true"
    if table.rows_by == "market":
        columns = {column.name for column in table.columns}
        parts = [f"country = '{source.provider['country']}'"]
        if source.scope and "scope" in columns:
            parts.append(f"scope = '{source.scope}'")
        return " and ".join(parts)
    if table.row_sources:
        values = ", ".join(f"'{value}'" for value, name in table.row_sources.items() if name == source.id)
        return f"{table.rows_by} in ({values})" if values else "false"
    return f"{table.rows_by} = '{source.id}'"
