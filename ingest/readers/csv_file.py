"""CSV of any length as record batches of text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.csv as pc

from ingest.delivery import FetchError, MalformedRow
from ingest.readers.layout import Layout, Tally, positions
from ingest.readers.text import Utf8Stream

_BLOCK = 4 << 20
_HEADER_LIMIT = 1 << 20


def _header(text: BinaryIO, delimiter: str, name: str) -> list[str]:
    """Fields of the first line; the stream stands behind it afterwards. A header holds no line break."""
    line = text.readline(_HEADER_LIMIT)
    if not line.strip():
        raise FetchError(
            "empty_file",
            f"{name}: is empty; even a day without rows has a header line.",
        )
    if not line.endswith(b"\n") and len(line) >= _HEADER_LIMIT:
        raise FetchError(
            "header",
            f"{name}: the first line is longer than {_HEADER_LIMIT} bytes; this is no CSV file.",
        )
    if b"\r" in line.rstrip(b"\r\n"):
        raise FetchError(
            "header",
            f"{name}: lines end in a lone carriage return. Ask for line feeds.",
        )
    return next(csv.reader([line.decode("utf-8").rstrip("\r\n")], delimiter=delimiter))


def read_csv(
    raw: BinaryIO, name: str, layout: Layout, spec: Mapping[str, Any], tally: Tally
) -> Iterator[pa.RecordBatch]:
    """Batches of a CSV stream. ``spec``: encoding (utf-8), delimiter (,), quoting (true).

    Rows with another number of fields go to ``tally.malformed``. Raises FetchError: bad_bytes, header, empty_file, csv.
    """
    delimiter = spec.get("delimiter", ",")
    decoded = Utf8Stream(raw, spec.get("encoding", "utf-8"), name)
    text = cast(BinaryIO, io.BufferedReader(decoded, 1 << 20))
    header = layout.header(_header(text, delimiter, name), name)
    tally.columns_seen |= layout.seen(header)

    def malformed(row: pc.InvalidRow) -> str:
        reason = f"{row.actual_columns} fields instead of {row.expected_columns}"
        tally.malformed.append(MalformedRow(1, row.number, reason))
        return "skip"

    wanted = [column for column in header if column in layout.columns]
    try:
        reader = pc.open_csv(
            text,
            read_options=pc.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=header),
            parse_options=pc.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if spec.get("quoting", True) else False,
                newlines_in_values=spec.get("quoting", True),
                invalid_row_handler=malformed,
            ),
            convert_options=pc.ConvertOptions(
                column_types={column: pa.string() for column in header},
                include_columns=wanted,
                strings_can_be_null=False,
                check_utf8=False,  # Utf8Stream decoded strictly
            ),
        )
        at = 0
        for batch in reader:
            if batch.num_rows == 0:
                continue
            rows = positions(at, batch.num_rows, (m.row for m in tally.malformed))
            at = int(rows[-1])
            tally.rows += batch.num_rows
            yield layout.batch({layout.columns[c]: batch.column(c) for c in wanted}, rows)
    except pa.ArrowInvalid as error:
        if decoded.error:
            raise decoded.error from None
        if "Empty CSV file" in str(error):
            return  # a header and no rows: an empty day
        raise FetchError(
            "csv",
            f"{name}: cannot be cut into rows near record {tally.fetched + 1}; a quotation mark is probably not closed."
            " Ask the provider for a correct file.",
        ) from None
    finally:
        text.close()
