"""Readers: delivered files as Arrow record batches of text in contract columns, streaming, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from ingest.delivery import FetchError
from ingest.guards import Limits, open_stream
from ingest.readers.csv_file import read_csv
from ingest.readers.jobposting import read_postings
from ingest.readers.layout import Layout, Tally
from ingest.readers.ndjson_file import read_ndjson
from ingest.readers.parquet_file import read_parquet
from ingest.readers.records import read_json
from ingest.readers.xlsx_file import read_xlsx

Reader = Callable[[BinaryIO, str, Layout, Mapping[str, Any], Tally], Iterator[pa.RecordBatch]]

READERS: dict[str, Reader] = {
    "csv": read_csv,
    "ndjson": read_ndjson,
    "json": read_json,
    "jobposting": read_postings,
    "xlsx": read_xlsx,
    "parquet": read_parquet,
}


def read_file(path: Path, layout: Layout, spec: Mapping[str, Any], tally: Tally) -> Iterator[pa.RecordBatch]:
    """Batches of one delivered file, unpacked by its suffix (.gz, .zip) under guards. Raises FetchError."""
    reader = READERS.get(spec["format"])
    if reader is None:
        raise FetchError(
            "format",
            f"{layout.source.id}: fetch.format '{spec['format']}' is unknown; use one of {list(READERS)}.",
        )
    return reader(open_stream(path, Limits.of(spec)), path.name, layout, spec, tally)
