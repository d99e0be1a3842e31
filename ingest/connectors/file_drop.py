"""Files that a provider puts into a drop folder, each with a control total beside it.

``drop/<source>/<name with YYYYMMDD>`` and ``<the same name>.ctl``: ``{"rows": n, "sha256": "...", "sums": {...}}``.
The canonical file drop of sources that have an interface works the same way, with contract names as column names.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from ingest.connected import drop_folder
from ingest.delivery import Delivery, FetchContext, FetchError, RawFile
from ingest.readers import read_file
from ingest.readers.layout import Layout, Tally
from ingest.registry import Source
from lmi.core.atomic import sha256_file
from lmi.core.paths import Paths

#: how far back a run looks for files that did not land yet, by how often the source delivers; beyond: ``lmi backfill``
LOOKBACK_DAYS = {"day": 7, "week": 14, "month": 35, "halfyear": 190, "year": 370, "release": 370, "once": 370}


@dataclass(frozen=True)
class DropFile:
    """One delivered file; ``day`` is the delivery date in its name."""

    path: Path
    day: date

    @cached_property
    def sha256(self) -> str:
        return sha256_file(self.path)

    @property
    def control(self) -> Path:
        return self.path.with_name(self.path.name + ".ctl")


def pattern_regex(pattern: str) -> re.Pattern[str]:
    """Regular expression of a ``fetch.pattern``: ``{date}`` is YYYYMMDD, ``*`` any characters."""
    parts = re.split(r"(\{date\}|\*)", pattern)
    return re.compile("".join({"{date}": r"(?P<day>\d{8})", "*": "[^/]*"}.get(p, re.escape(p)) for p in parts))


def drop_files(folder: Path, pattern: str, first: date, last: date) -> list[DropFile]:
    """Files of a drop folder dated from ``first`` to ``last``, oldest first. Raises FetchError for a false date."""
    regex = pattern_regex(pattern)
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        match = regex.fullmatch(path.name)
        if not match or path.name.startswith(".") or path.name.endswith(".ctl") or not path.is_file():
            continue
        try:
            day = datetime.strptime(match["day"], "%Y%m%d").date()
        except ValueError:
            raise FetchError(
                "file_name",
                f"{path.name}: '{match['day']}' is no date (YYYYMMDD). Rename the file.",
            ) from None
        if first <= day <= last:
            if not path.resolve().is_relative_to(folder.resolve()):
                raise FetchError(
                    "link",
                    f"{path.name}: is a link that leaves the drop folder. Copy the file instead.",
                )
            found.append(DropFile(path, day))
    return sorted(found, key=lambda f: (f.day, f.path.name))


def landed_files(paths: Paths, source_id: str) -> set[tuple[date, str]]:
    """Delivery date and sha256 of files that have landed.

    Imported late: landing imports the interface that this module implements.
    """
    from ingest.landing import landed_files as of_landing

    return of_landing(paths, source_id)


@dataclass
class Control:
    """Declared totals of a file and how they compare with what was read."""

    name: str
    declared: Mapping[str, Any]
    _sums: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, file: DropFile) -> Control:
        """Raises FetchError control_missing or control_unreadable."""
        try:
            declared = json.loads(file.control.read_text(encoding="utf-8-sig"))
            if not isinstance(declared, dict) or not isinstance(declared.get("rows"), int):
                raise FetchError(
                    "control_unreadable",
                    f"{file.control.name}: has no whole number 'rows'.",
                )
        except FileNotFoundError:
            raise FetchError(
                "control_missing",
                f"{file.path.name}: no control total {file.control.name} beside it. The file may still be on its way;"
                " otherwise ask the provider for it.",
            ) from None
        except ValueError as error:
            raise FetchError(
                "control_unreadable",
                f'{file.control.name}: must be JSON like {{"rows": 1, "sha256": "…"}}. {error}',
            ) from None
        return cls(file.path.name, declared)

    def check_file(self, file: DropFile) -> None:
        if self.declared.get("sha256", file.sha256).lower() != file.sha256:
            raise FetchError(
                "control_total",
                f"{self.name}: its bytes are not those the control total declares (sha256 differs). The transfer broke"
                " off or the file was changed; ask for it again.",
            )

    def add(self, batch: pa.RecordBatch) -> None:
        for column in self.declared.get("sums", {}):
            if column in batch.schema.names:
                values = pc.utf8_trim_whitespace(batch.column(column))
                numeric = pc.match_substring_regex(values, r"^[+-]?(\d+(\.\d*)?|\.\d+)$")
                total = pc.sum(pc.cast(values.filter(numeric), pa.float64())).as_py() or 0.0
                self._sums[column] = self._sums.get(column, 0.0) + total

    def check_rows(self, fetched: int) -> None:
        """Raises FetchError control_total when rows or sums differ from the declared ones."""
        if fetched != self.declared["rows"]:
            raise FetchError(
                "control_total",
                f"{self.name}: {fetched} rows read, {self.declared['rows']} declared. Ask for the file again.",
            )
        for column, declared in self.declared.get("sums", {}).items():
            if not math.isclose(
                self._sums.get(column, 0.0),
                float(declared),
                rel_tol=1e-9,
                abs_tol=0.005,
            ):
                raise FetchError(
                    "control_total",
                    f"{self.name}: the sum of {column} is not the declared one. Ask the provider for the file again.",
                )


def file_delivery(source: Source, file: DropFile, spec: Mapping[str, Any], by: Literal["wire", "name"]) -> Delivery:
    """Delivery of one file. What is wrong with the file is raised while its batches are read, never here."""
    tally = Tally()
    required = spec.get("control", "required") == "required"
    delivery = Delivery(
        source,
        file.day,
        iter(()),
        columns_seen=tally.columns_seen,
        malformed=tally.malformed,
        notes=tally.notes,
        raw_files=[RawFile(file.path.name, file.path)],
        request={"file": file.path.name, "sha256": file.sha256},
    )

    def batches() -> Iterator[pa.RecordBatch]:
        control = Control.read(file) if required or file.control.exists() else None
        if control:
            control.check_file(file)
            delivery.provider_totals = {k: v for k, v in control.declared.items() if k in {"rows", "sums"}}
        for batch in read_file(file.path, Layout(source, by), spec, tally):
            if control:
                control.add(batch)
            yield batch
        if control:
            control.check_rows(tally.fetched)

    delivery.batches = batches()
    return delivery


def dropped(
    source: Source,
    day: date,
    context: FetchContext,
    spec: Mapping[str, Any],
    by: Literal["wire", "name"] = "wire",
) -> Iterator[Delivery]:
    """Deliveries of files dated in the lookback that have not landed, oldest first."""
    usual = LOOKBACK_DAYS[source.schedule["every"]]
    lookback = timedelta(days=int(source.fetch.get("lookback_days", usual)))
    files = drop_files(drop_folder(context.paths, source), spec["pattern"], day - lookback, day)
    landed = landed_files(context.paths, source.id) if files else set()
    for file in files:
        if (file.day, file.sha256) not in landed:
            yield file_delivery(source, file, spec, by)


class FileDrop:
    """Connector ``file_drop``: ``fetch`` holds pattern, format and what the format's reader takes."""

    def fetch(self, source: Source, day: date, context: FetchContext) -> Iterator[Delivery]:
        return dropped(source, day, context, source.fetch)


def canonical_drop(source: Source) -> Mapping[str, Any]:
    """How the source is delivered as files: a dropped source's own way, what the entry declares, or NDJSON."""
    if source.connector == "file_drop":
        return source.fetch
    default = {"pattern": f"{source.id}_{{date}}*.ndjson.gz", "format": "ndjson", "encoding": "utf-8"}
    return source.fetch.get("canonical_drop", default)


def canonical_files(source: Source, day: date, context: FetchContext) -> tuple[list[Delivery], bool]:
    """Canonical files to land, and whether the working day itself has one (then the interface is not called)."""
    spec = canonical_drop(source)
    today = drop_files(drop_folder(context.paths, source), spec["pattern"], day, day)
    return list(dropped(source, day, context, spec, "name")), bool(today)
