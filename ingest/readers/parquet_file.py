"""Parquet as record batches of text."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.delivery import FetchError
from ingest.guards import Limits, read_all
from ingest.readers.layout import Layout, Tally


def as_text(array: pa.Array) -> pa.Array:
    """Text of any column: dates and timestamps ISO, timestamps with a zone in UTC with offset, nested as JSON."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return as_text(array.dictionary_decode())
    if pa.types.is_nested(kind):
        texts = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in array.to_pylist()]
        return pa.array(texts, pa.string())
    if pa.types.is_timestamp(kind):
        if kind.tz:  # strftime writes local time
            kind = pa.timestamp(kind.unit, "UTC")
            array = array.cast(kind)
        seconds = array.cast(pa.timestamp("s", kind.tz), safe=False)
        whole = pc.all(pc.equal(seconds.cast(kind), array), skip_nulls=True).as_py() is not False
        text = pc.strftime(
            seconds if whole else array.cast(pa.timestamp("us", kind.tz), safe=False),
            "%Y-%m-%d %H:%M:%S",
        )
        return pc.binary_join_element_wise(text, "+00:00", "") if kind.tz else text
    if pa.types.is_floating(kind):
        # 3.0 in a column of whole numbers is how tools write integers with gaps
        if pc.all(pc.equal(pc.floor(array), array), skip_nulls=True).as_py() is not False:
            try:
                return array.cast(pa.int64()).cast(pa.string())
            except pa.ArrowInvalid:
                pass
        return array.cast(pa.string())
    return array.cast(pa.string())


def read_parquet(
    raw: BinaryIO, name: str, layout: Layout, spec: Mapping[str, Any], tally: Tally
) -> Iterator[pa.RecordBatch]:
    """Batches of a Parquet file. Raises FetchError ``parquet`` when it is damaged or a column has no text form."""
    with raw:
        # an unpacked file on disk is read in place; an archive member has no seek and is read into memory
        source = (
            raw if raw.seekable() and name.endswith(".parquet") else io.BytesIO(read_all(raw, name, Limits.of(spec)))
        )
        try:
            file = pq.ParquetFile(source)
            delivered = layout.header(file.schema_arrow.names, name)
            tally.columns_seen |= layout.seen(delivered)
            wanted = [c for c in file.schema_arrow.names if c.strip() in layout.columns]
            at = 0
            for batch in file.iter_batches(batch_size=50_000, columns=wanted):
                if batch.num_rows == 0:
                    continue
                arrays = {layout.columns[c.strip()]: as_text(batch.column(c)) for c in wanted}
                rows = np.arange(at + 1, at + 1 + batch.num_rows)
                at += batch.num_rows
                tally.rows += batch.num_rows
                yield layout.batch(arrays, rows)
        except (pa.ArrowException, OSError) as error:
            raise FetchError(
                "parquet",
                f"{name}: is damaged or holds a column without a text form ({type(error).__name__}).",
            ) from None
