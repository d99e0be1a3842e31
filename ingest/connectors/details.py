"""Second calls for the rows of a list: few connections, answers in list order, verbatim answers kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from ingest.connectors.harvest import Harvest, Kept
from ingest.connectors.pull import BATCH_ROWS, Pull
from ingest.delivery import FetchError
from ingest.readers.layout import Layout
from ingest.readers.records import records_batch

PREFIX = "detail."
CONNECTIONS = 8
#: (list row) -> (name of the answer, its bytes, detail fields), or None when the record is gone by now
Detail = Callable[[Mapping[str, str]], tuple[str, bytes, Mapping[str, str]] | None]


def merged_batches(pull: Pull, harvest: Harvest, detail: Detail) -> Iterator[pa.RecordBatch]:
    """Batches of list rows with the contract's detail fields under ``detail.``; the rest of a detail is not contract.

    A row whose detail is gone keeps its list columns. Raises FetchError ``details_missing`` when all are gone: then the
    address is wrong rather than every record closed within minutes.
    """
    layout = Layout(pull.source)
    wanted = [w.removeprefix(PREFIX) for w in layout.columns if w.startswith(PREFIX)]
    kept, gone = harvest.all(), 0
    with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix=f"fetch-{pull.source.id}") as pool:
        for start in range(0, len(kept), BATCH_ROWS):
            part: Sequence[Kept] = kept[start : start + BATCH_ROWS]
            records = []
            for row, found in zip(part, pool.map(detail, [k.item for k in part]), strict=True):
                fields: dict[str, str] = {}
                if found is None:
                    gone += 1
                else:
                    name, body, all_fields = found
                    pull.answers.add(name, body)
                    fields = {w: all_fields[w] for w in wanted if w in all_fields}
                records.append({**row.item, "detail": fields})
            pages = [k.page for k in part]
            batch = records_batch(records, [k.row for k in part], 0, layout, pull.tally)
            yield batch.set_column(batch.schema.get_field_index("_page"), "_page", pa.array(pages, pa.int64()))
    if gone:
        if gone == len(kept):
            raise FetchError(
                "details_missing",
                f"{pull.source.id}: no record of {gone} has a detail. Check detail_path in the fetch entry.",
            )
        pull.tally.notes.append(f"{gone} records had no detail any more; their detail columns are empty")
