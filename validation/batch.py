"""Checks of a load as a whole. One that fails refuses the load; the last good data stays and the reason is kept."""

from __future__ import annotations

import difflib
import statistics
from datetime import date
from functools import lru_cache
from typing import Any

import duckdb

from ingest.registry import Source
from ingest.typing_sql import ident
from validation.contracts import checks_of
from validation.messages import load_message

#: a column counts as retyped when more than this share of at least so many values does not cast
RETYPED_SHARE, RETYPED_VALUES = 0.5, 20
#: volumes are compared once this many earlier loads are there and their median is not tiny
VOLUME_LOADS, VOLUME_WINDOW, VOLUME_MEDIAN = 3, 28, 50
#: interfaces leave empty fields out, so in a smaller delivery an optional column may be absent by chance
ABSENCE_ROWS = 20
#: formats with a header, where an absent column is absent for certain
_HEADERS = ("csv", "xlsx", "parquet")
_ALIKE = 0.6


def drift(manifest: dict[str, Any], source: Source) -> tuple[list[dict[str, str]], list[str]]:
    """Missing, new and renamed columns of a delivery: (refusals, warnings)."""
    seen = set(manifest["columns_seen"])
    if not manifest["fetched"] and not seen:
        return [], []
    missing = [c for c in source.columns if c.name not in seen]
    # only names the landing contract did not know come as wire names, so anything else is new
    new = sorted(seen - set(source.column))
    warnings = []
    certain = source.fetch.get("format") in _HEADERS or manifest["fetched"] >= ABSENCE_ROWS
    if manifest["contract_digest"] != source.digest:
        certain = False  # the contract grew after this load came; what is required still is
    absent = [c for c in missing if c.required or c.name in source.key or certain]
    if uncertain := [c.name for c in missing if c not in absent]:
        warnings.append(f"optional columns absent: {', '.join(uncertain)}")
    refusals = []
    if absent:
        guesses = {c.name: _alike(c.name, c.wire, new) for c in absent}
        pairs = [f"{old} → {guess}" for old, guess in guesses.items() if guess]
        refusals.append(
            load_message(
                "column_missing",
                columns=", ".join(c.name for c in absent),
                renamed_ko=f" 이름이 바뀐 듯합니다: {', '.join(pairs)}." if pairs else "",
                renamed_en=f" Probably renamed: {', '.join(pairs)}." if pairs else "",
            )
        )
    if new and source.new_columns == "refuse":
        refusals.append(load_message("column_new", columns=", ".join(new)))
    elif new:
        warnings.append(f"columns not in the contract: {', '.join(new)}")
    return refusals, warnings


def _alike(name: str, wire: str, candidates: list[str]) -> str | None:
    """The new column that most looks like a missing one, if any does."""
    scored = [(max(_ratio(name, c), _ratio(wire, c)), c) for c in candidates]
    score, best = max(scored, default=(0.0, ""))
    return best if score >= _ALIKE else None


def _ratio(one: str, other: str) -> float:
    def plain(text: str) -> str:
        return text.lower().replace("_", "").replace("-", "")

    return difflib.SequenceMatcher(None, plain(one), plain(other)).ratio()


def cast_counts(con: duckdb.DuckDBPyConnection, source: Source) -> dict[str, tuple[int, int]]:
    """Per typed column of the view ``landed``: values that do not cast, values that do."""
    checks = [c for c in checks_of(source) if c.rule == "cast"]
    if not checks:
        return {}
    counts = []
    for c in checks:
        counts += [f"count(*) FILTER ({ident(c.subject)})", f"count({ident(c.column.name)})"]
    row = con.execute(f"SELECT {', '.join(counts)} FROM landed").fetchone() or ()
    return {c.column.name: (row[2 * n], row[2 * n + 1]) for n, c in enumerate(checks)}


def retyped(casts: dict[str, tuple[int, int]]) -> list[dict[str, str]]:
    """Columns of which most delivered values do not cast."""
    found = [
        f"{column} ({failed}/{failed + cast})"
        for column, (failed, cast) in casts.items()
        if failed + cast >= RETYPED_VALUES and failed / (failed + cast) > RETYPED_SHARE
    ]
    return [load_message("column_retyped", columns=", ".join(found))] if found else []


def control_total(manifest: dict[str, Any], uncast: set[str]) -> list[dict[str, str]]:
    """Rows and sums against what the provider declared; a partial sync declares more than it holds.

    ``uncast`` names columns with values that did not cast: their sums cannot be compared.
    """
    declared = manifest["provider_totals"] or {}
    if manifest["status"] == "partial" or not declared:
        return []
    differences = []
    if declared.get("rows") is not None and declared["rows"] != manifest["fetched"]:
        differences.append(f"rows {manifest['fetched']} ≠ {declared['rows']}")
    for column, total in (declared.get("sums") or {}).items():
        if column in uncast or column not in manifest["sums"]:
            continue
        counted = manifest["sums"][column]
        if abs(counted - total) > 1e-9 * max(1.0, abs(total)):
            differences.append(f"sum of {column} {counted} ≠ {total}")
    return [load_message("control_total", differences="; ".join(differences))] if differences else []


def volume(manifest: dict[str, Any], source: Source, earlier: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Size against the median of the last accepted loads of the same mode.

    Too much is measured against all days; too little, nothing at all included, only against days of the same kind,
    because registers rest on weekends and holidays. ``earlier`` are manifests of accepted, complete loads of earlier
    delivery dates.
    """
    rows = manifest["fetched"]
    if manifest["status"] == "partial" or (rows == 0 and source.empty == "refused"):  # then ``empty`` says it
        return []
    same = [m for m in earlier if m["mode"] == manifest["mode"]]
    country = source.provider["country"]
    kind = is_rest_day(date.fromisoformat(manifest["delivery_date"]), country)
    alike = [m for m in same if is_rest_day(date.fromisoformat(m["delivery_date"]), country) == kind]
    most, least = _median(same), _median(alike)
    low = least * source.volume.get("low", 0.0) if least is not None else None
    high = most * source.volume["high"] if most is not None and "high" in source.volume else None
    if (low is not None and rows < low) or (high is not None and rows > high):
        median = most if high is not None and rows > high else least
        return [
            load_message(
                "volume",
                rows=f"{rows:,}",
                median=f"{median:,.0f}",
                low=f"{(low or 0):,.0f}",
                high=f"{high:,.0f}" if high is not None else "∞",
            )
        ]
    return []


def _median(manifests: list[dict[str, Any]]) -> float | None:
    sizes = [m["counts"]["fetched"] for m in manifests[-VOLUME_WINDOW:]]
    if len(sizes) < VOLUME_LOADS:
        return None
    median = statistics.median(sizes)
    return median if median >= VOLUME_MEDIAN else None


@lru_cache(maxsize=8)
def _holidays(country: str) -> Any:
    import holidays

    return holidays.country_holidays(country) if country in holidays.list_supported_countries() else {}


def is_rest_day(day: date, country: str) -> bool:
    """Weekend or public holiday of the provider's country (ISO 3166 code)."""
    return day.weekday() >= 5 or day in _holidays(country)


def empty(manifest: dict[str, Any], source: Source) -> list[dict[str, str]]:
    return [load_message("empty")] if manifest["fetched"] == 0 and source.empty == "refused" else []
