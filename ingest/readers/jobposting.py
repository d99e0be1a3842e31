"""schema.org JobPosting as providers write it: a list here and one object there, text here and an object there."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import pyarrow as pa

from ingest.delivery import FetchError, MalformedRow
from ingest.readers.layout import Layout, Tally
from ingest.readers.ndjson_file import complete_lines
from ingest.readers.records import records_batch
from ingest.readers.text import Utf8Stream

DIALECTS = ("json-ld", "early")


def _one(value: Any) -> Any:
    """The element of a list of one; schema.org allows a list for every property."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _graph(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JobPosting of a JSON-LD graph, or the item itself."""
    for node in item.get("@graph") or []:
        if isinstance(node, Mapping):
            kind = node.get("@type")
            if "JobPosting" in (kind if isinstance(kind, list) else [kind]):
                return node
    return item


def normalised(item: Mapping[str, Any], dialect: str) -> Mapping[str, Any]:
    """A posting in one shape. Nothing is invented: early postings keep their names, JSON-LD's variants are levelled.

    JSON-LD: ``identifier`` as PropertyValue becomes its value, ``hiringOrganization`` as text becomes its name,
    ``jobLocation.address`` as text its street address, ``baseSalary.value`` as a number its lower and upper bound, and
    ``jobLocation`` with several places is the first (the rest are in the verbatim answer). Raises FetchError.
    """
    if dialect not in DIALECTS:
        raise FetchError("dialect", f"fetch.dialect '{dialect}' is unknown; use one of {', '.join(DIALECTS)}.")
    if dialect == "early":
        return item
    posting = dict(_graph(item))
    identifier = _one(posting.get("identifier"))
    if isinstance(identifier, Mapping):
        posting["identifier"] = identifier.get("value")
    organisation = _one(posting.get("hiringOrganization"))
    if isinstance(organisation, str):
        posting["hiringOrganization"] = {"name": organisation}
    place = posting.get("jobLocation")
    place = place[0] if isinstance(place, list) and place else place
    if isinstance(place, Mapping):
        address = _one(place.get("address"))
        posting["jobLocation"] = {**place, "address": {"streetAddress": address}} if isinstance(address, str) else place
    salary = _one(posting.get("baseSalary"))
    if isinstance(salary, Mapping):
        value = _one(salary.get("value"))
        if isinstance(value, (int, float, str)):
            value = {"minValue": value, "maxValue": value}
        elif isinstance(value, Mapping) and "value" in value and "minValue" not in value:
            rest = {k: v for k, v in value.items() if k != "value"}
            value = {**rest, "minValue": value["value"], "maxValue": value["value"]}
        posting["baseSalary"] = {**salary, "value": value}
    elif isinstance(salary, (int, float, str)):
        posting["baseSalary"] = {"value": {"minValue": salary, "maxValue": salary}}
    kind = posting.get("employmentType")
    if isinstance(kind, list):
        posting["employmentType"] = ",".join(str(k) for k in kind)
    return posting


def read_postings(
    raw: BinaryIO, name: str, layout: Layout, spec: Mapping[str, Any], tally: Tally
) -> Iterator[pa.RecordBatch]:
    """Batches of postings, one JSON object a line. ``spec``: dialect (json-ld), encoding (utf-8).

    A line that is no object goes to ``tally.malformed``; blank lines do not count.
    """
    text = cast(BinaryIO, io.BufferedReader(Utf8Stream(raw, spec.get("encoding", "utf-8"), name), 1 << 20))
    at = 0
    with text:
        for lines in complete_lines(text, name):
            records, rows = [], []
            for line in filter(bytes.strip, lines):
                at += 1
                try:
                    posting = json.loads(line)
                except (ValueError, RecursionError):
                    posting = None
                if isinstance(posting, Mapping):
                    records.append(normalised(posting, spec.get("dialect", "json-ld")))
                    rows.append(at)
                else:
                    tally.malformed.append(MalformedRow(1, at, "the line is no JSON object"))
            if records:
                yield records_batch(records, rows, 1, layout, tally)
