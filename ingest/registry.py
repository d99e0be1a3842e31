"""The source registry: one declarative file per source in ``ingest/sources``.

Everything else reads it: connectors, the door, landing, Great Expectations suites, dbt staging, DAGs, docs.
The schema (``registry.schema.json``) is checked on load; an error names file, key and mend.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from croniter import croniter

from lmi.core.yaml import load_yaml

SOURCES_DIR = Path(__file__).parent / "sources"
SCHEMA_FILE = Path(__file__).parent / "registry.schema.json"
PROFILES_FILE = Path(__file__).parent / "profiles.yml"
#: licence of what the operator records itself, in every profile
OWN_RECORDS = "own"

#: ODCS logical type -> DuckDB type of landed rows
DUCKDB_TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "json": "VARCHAR",
}
#: parts of an entry that decide what a row means or whether it is accepted; a new pace or label is no new contract
CONTRACT_PARTS = frozenset(
    {"source", "version", "key", "columns", "provider_timestamp", "event_date", "received_date", "timezone", "delivery",
     "empty", "volume", "new_columns", "raw"}
)  # fmt: skip
#: what the door can derive from a resident number
DERIVED_TYPES = {"birth_year": "SMALLINT", "sex": "VARCHAR"}


class RegistryError(Exception):
    """A registry file is wrong; the message names file, key and mend (exit code 2)."""


@dataclass(frozen=True)
class Door:
    """What happens to a column before typed rows are written (design decision 9)."""

    token: str | None = None  # HMAC domain: person, phone, email
    as_: str | None = None  # name of the token column
    flag: str | None = None  # boolean column: was there a value
    seal: bool = False  # value goes to the sealed zone
    derive: tuple[str, ...] = ()  # birth_year, sex from a resident number
    mask: str | None = None  # personal_numbers: masked inside free text


@dataclass(frozen=True)
class Column:
    """One column of a contract. ``wire`` is the provider's name (dotted path for nested answers)."""

    name: str
    wire: str
    ko: str
    en: str
    logical_type: str = "string"
    required: bool = False
    values: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    formats: tuple[str, ...] = ()
    unit: str | None = None
    classification: str = "none"
    door: Door = field(default_factory=Door)

    @property
    def is_direct(self) -> bool:
        return self.classification == "direct"

    @property
    def duckdb_type(self) -> str:
        return DUCKDB_TYPES[self.logical_type]


@dataclass(frozen=True)
class LandedColumn:
    """A column of landed rows: what is left of the contract's columns after the door."""

    name: str
    duckdb_type: str
    contract: Column


@dataclass(frozen=True)
class Source:
    """One registry entry."""

    id: str
    version: str
    entity: str
    register: str
    profiles: tuple[str, ...]
    description: Mapping[str, str]
    provider: Mapping[str, str]
    licence: Mapping[str, str]
    connector: str
    fetch: Mapping[str, Any]
    schedule: Mapping[str, str]
    delivery: str  # incremental | snapshot | lookup | reference
    empty: str  # allowed | refused
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    raw: str  # plain | encrypted | none
    retention: Mapping[str, Any]
    scope: str | None = None
    provider_timestamp: str | None = None
    event_date: str | None = None
    received_date: str | None = None
    timezone: str | None = None
    volume: Mapping[str, float] = field(default_factory=lambda: {"low": 0.1, "high": 5.0})
    new_columns: str = "refuse"  # refuse | warn
    #: how vetting reads its rows: rule profile, and canonical column -> landed column or SQL expression
    vetting: Mapping[str, Any] | None = None
    #: how linkage reads its persons: field -> column, the column of consent, whether a person stands in it once
    linkage: Mapping[str, Any] | None = None
    digest: str = ""

    @cached_property
    def column(self) -> Mapping[str, Column]:
        return {c.name: c for c in self.columns}

    @cached_property
    def landed_columns(self) -> tuple[LandedColumn, ...]:
        """Columns of typed rows, in order: direct identifiers are gone; tokens, flags and derived values are there."""
        landed: list[LandedColumn] = []
        for c in self.columns:
            if not c.is_direct:
                landed.append(LandedColumn(c.name, c.duckdb_type, c))
            if c.door.token:
                landed.append(LandedColumn(c.door.as_ or f"{c.name}_key", "VARCHAR", c))
            if c.door.flag:
                landed.append(LandedColumn(c.door.flag, "BOOLEAN", c))
            landed += [LandedColumn(d, DERIVED_TYPES[d], c) for d in c.door.derive]
        return tuple(landed)

    @cached_property
    def landed_key(self) -> tuple[str, ...]:
        """Key columns by their landed names."""
        return tuple((self.column[k].door.as_ or f"{k}_key") if self.column[k].is_direct else k for k in self.key)

    @property
    def holds_persons(self) -> bool:
        """Has a direct identifier: no verbatim bytes unless ``raw: encrypted``."""
        return any(c.is_direct for c in self.columns)

    @property
    def sealed_columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.door.seal)


def _column(entry: Mapping[str, Any]) -> Column:
    door = dict(entry.get("door", {}))
    return Column(
        name=entry["name"],
        wire=entry.get("wire", entry["name"]),
        ko=entry["ko"],
        en=entry["en"],
        logical_type=entry.get("logicalType", "string"),
        required=entry.get("required", False),
        values=tuple(entry.get("values", ())),
        pattern=entry.get("pattern"),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        formats=tuple(entry.get("formats", ())),
        unit=entry.get("unit"),
        classification=entry.get("classification", "none"),
        door=Door(
            token=door.get("token"),
            as_=door.get("as"),
            flag=door.get("flag"),
            seal=door.get("seal", False),
            derive=tuple(door.get("derive", ())),
            mask=door.get("mask"),
        ),
    )


@lru_cache(maxsize=1)
def _validator() -> Any:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def parse_source(entry: Mapping[str, Any], where: str) -> Source:
    """Source from a registry document. ``where`` (file name) goes into the error. Raises RegistryError."""
    # what is wrong with a key makes that key unexpected as well: the wrong value is said first
    errors = sorted(
        _validator().iter_errors(entry), key=lambda e: (e.validator == "unevaluatedProperties", list(e.absolute_path))
    )
    if errors:
        first = errors[0]
        at = ".".join(str(p) for p in first.absolute_path) or "(top level)"
        raise RegistryError(f"{where}: {at}: {first.message}. See ingest/registry.schema.json for what is allowed.")
    if not croniter.is_valid(entry["schedule"]["cron"]):
        raise RegistryError(
            f"{where}: schedule.cron: '{entry['schedule']['cron']}' is no schedule."
            " Write minute, hour, day, month, weekday, such as '30 3 * * *'."
        )
    columns = tuple(_column(c) for c in entry["columns"])
    for column in columns:
        try:
            re.compile(column.pattern or "")
        except re.error as error:
            raise RegistryError(
                f"{where}: columns.{column.name}.pattern: '{column.pattern}' is no pattern: {error}. Mend it."
            ) from None
    names = [c.name for c in columns]
    for role in ("provider_timestamp", "event_date", "received_date"):
        if entry.get(role) and entry[role] not in names:
            raise RegistryError(f"{where}: {role}: '{entry[role]}' is no column. Name one of: {', '.join(names)}.")
    if missing := [k for k in entry["key"] if k not in names]:
        raise RegistryError(f"{where}: key: {missing} are no columns. Name columns of this contract.")
    if doubled := {n for n in names if names.count(n) > 1}:
        raise RegistryError(f"{where}: columns: {sorted(doubled)} appear twice. Keep one of each.")
    if entry["raw"] == "plain" and any(c.is_direct for c in columns):
        raise RegistryError(f"{where}: raw: 'plain' would keep direct identifiers verbatim. Use 'encrypted' or 'none'.")
    if entry["raw"] == "plain" and (guarded := [c.name for c in columns if c.door != Door()]):
        raise RegistryError(
            f"{where}: raw: 'plain' would keep verbatim what the door takes out of {', '.join(guarded)}."
            " Use 'encrypted' or 'none'."
        )
    if bare := [c.name for c in columns if c.is_direct and not (c.door.token or c.door.seal or c.door.flag)]:
        raise RegistryError(f"{where}: columns {bare} are direct identifiers without a door: add token, seal or flag.")
    promise = {name: value for name, value in entry.items() if name in CONTRACT_PARTS}
    promise["columns"] = [{k: v for k, v in c.items() if k not in {"ko", "en"}} for c in entry["columns"]]
    digest = hashlib.sha256(json.dumps(promise, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
    known = {k: v for k, v in entry.items() if k not in {"source", "columns", "key", "profiles"}}
    return Source(
        id=entry["source"], columns=columns, key=tuple(entry["key"]), profiles=tuple(entry["profiles"]),
        digest=digest, **known,
    )  # fmt: skip


@lru_cache(maxsize=8)
def load_registry(folder: Path = SOURCES_DIR) -> Mapping[str, Source]:
    """All sources by id, in file-name order. Raises RegistryError on the first wrong file."""
    registry: dict[str, Source] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            entry = load_yaml(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise RegistryError(f"{path.name}: not valid YAML: {error}") from error
        if not isinstance(entry, dict):
            raise RegistryError(f"{path.name}: is empty or no mapping. Start from another source's file.")
        source = parse_source(entry, path.name)
        if source.id != path.stem:
            raise RegistryError(f"{path.name}: source: '{source.id}' must equal the file name '{path.stem}'.")
        registry[source.id] = source
    return registry


@lru_cache(maxsize=1)
def _profiles() -> Mapping[str, Any]:
    return dict(load_yaml(PROFILES_FILE.read_text(encoding="utf-8")))


def _as_in(profile: str, source: Source) -> Source:
    """The source with the provider and the licence that it has in the profile (``profiles.yml``)."""
    said = _profiles().get(profile)
    if said is None or source.licence["id"] == OWN_RECORDS:
        return source
    names = {language: text % source.provider[language] for language, text in said["provider"].items()}
    licence = {**said["licence"], "redistribution": source.licence["redistribution"]}
    return replace(source, provider={**source.provider, **names}, licence=licence)


@lru_cache(maxsize=8)
def _profile(profile: str, folder: Path) -> Mapping[str, Source]:
    return {s.id: _as_in(profile, s) for s in load_registry(folder).values() if profile in s.profiles}


def sources_of(profile: str, only: tuple[str, ...] = (), folder: Path = SOURCES_DIR) -> dict[str, Source]:
    """Sources of one profile, optionally only those named. Raises RegistryError for a name that is not of it."""
    registry = load_registry(folder)
    if unknown := [name for name in only if name not in registry]:
        raise RegistryError(f"Unknown source {', '.join(unknown)}. Known: {', '.join(registry)}.")
    if foreign := [name for name in only if profile not in registry[name].profiles]:
        named = "; ".join(f"{name} is of {', '.join(registry[name].profiles)}" for name in foreign)
        raise RegistryError(f"Not of profile {profile}: {named}. Set LMI_PROFILE or name other sources.")
    return {name: source for name, source in _profile(profile, folder).items() if not only or name in only}
