"""The product ``api``: what the read-only API answers, made and compressed once when the release is made.

One Parquet file: the address of an answer, its media type, its bytes as they are, gzipped and zstandard-compressed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from exports.api.titles import normalised
from exports.render import NothingToRender, Staged
from lmi.core.inert import inert_json, inert_sql

FILE = "answers.parquet"
JSON = "application/json"
#: media type of the IANA registration of SDMX-CSV 2.0
SDMX_CSV = "application/vnd.sdmx.data+csv; version=2.0.0"
#: below this a compressed answer saves no packet
WORTH_COMPRESSING = 1000
TEXTS = ("address", "media_type", "sha256")
ENCODINGS = ("identity", "gzip", "zstd")
#: answers that the server works with and nobody asks for
TITLES = "titles"
#: maintenance agency and version of the data structures
AGENCY, STRUCTURE_VERSION = "LMI", "1.0"
#: value, what it is made of, and attributes of an observation
NOT_DIMENSIONS = ("OBS_", "CONF_", "LAST_", "UNIT_", "NUMERATOR", "DENOMINATOR", "INTERVAL_", "VALUE_")


class Made(NamedTuple):
    """``address``: what comes after ``/v1/``."""

    address: str
    media_type: str
    body: bytes


def render(staged: Staged, folder: Path) -> None:
    """Write ``answers.parquet`` from the products ``occupations`` and ``open`` of the same release.

    Raises NothingToRender where neither is there.
    """
    exports = folder.parent
    found = [*_occupations(exports / "occupations" / "v1"), *_series(exports / "open" / "v1", staged)]
    if not found:
        raise NothingToRender("The release holds neither occupation tables nor open data.")
    rows = [
        {"address": answer.address, "media_type": answer.media_type,
         "sha256": hashlib.sha256(answer.body).hexdigest(), **compressed(answer.body)}
        for answer in sorted(found)
    ]  # fmt: skip
    schema = pa.schema([(n, pa.string()) for n in TEXTS] + [(n, pa.large_binary()) for n in ENCODINGS])
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / FILE, compression="none")


def compressed(body: bytes) -> dict[str, bytes | None]:
    """Encoding -> bytes; None where the encoding saves nothing."""
    if len(body) < WORTH_COMPRESSING:
        return {"identity": body, "gzip": None, "zstd": None}
    # level 9 of each, equal bytes for equal input
    smaller = {
        "gzip": gzip.compress(body, 9, mtime=0),
        "zstd": bytes(pa.Codec("zstd", compression_level=9).compress(body, asbytes=True)),
    }
    return {"identity": body, **{name: data if len(data) < len(body) else None for name, data in smaller.items()}}


def _occupations(package: Path) -> Iterator[Made]:
    """A document per occupation, their list, and their titles for the search."""
    if not (package / "index.json").is_file():
        return
    index = json.loads((package / "index.json").read_text("utf-8"))
    summaries, titles, others = [], [], []
    for number, entry in enumerate(index["occupations"]):
        yield Made(
            f"occupations/{entry['occupation_scheme']}/{entry['occupation_code']}",
            JSON,
            (package / entry["path"]).read_bytes(),
        )
        names = [entry["name_ko"], entry["name_en"], entry["occupation_code"]]
        titles += [(normalised(name), number) for name in names if name]
        others += [(normalised(title), number) for title in entry["titles"]]
        shown = {name: value for name, value in entry.items() if name not in ("path", "titles", "equivalents")}
        summaries.append(shown)
    listed = {"release": index["release"], "occupations": summaries}
    yield Made("occupations", JSON, inert_json(json.dumps(listed, ensure_ascii=False).encode()))
    both = [pair for pair in dict.fromkeys([*titles, *others]) if pair[0]]
    searched = {"titles": [title for title, _ in both], "owners": [number for _, number in both]}
    yield Made(TITLES, JSON, json.dumps(searched, ensure_ascii=False).encode())


def _series(product: Path, staged: Staged) -> Iterator[Made]:
    """Every open table with observations, as SDMX-CSV 2.0 and as JSON."""
    release = {"release_id": staged.release_id, "as_of": staged.as_of.isoformat()}
    flows: list[dict[str, Any]] = []
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        for path in sorted(product.rglob("*.parquet")):
            columns = [row[0] for row in con.execute(f"describe from '{path}'").fetchall()]
            if not {"TIME_PERIOD", "OBS_VALUE"} <= set(columns):
                continue
            flow = path.stem.upper()
            dimensions = [c for c in columns if not c.startswith(NOT_DIMENSIONS)]
            flows.append({"dataflow": flow, "dimensions": dimensions})
            yield Made(f"series/{flow}.csv", SDMX_CSV, _sdmx_csv(con, path, flow, columns))
            rows = con.execute(
                f"select cast(to_json(list(o order by {', '.join(dimensions)})) as varchar) from '{path}' as o"
            ).fetchall()[0][0]
            head = json.dumps({"release": release, "dataflow": flow, "dimensions": dimensions})[:-1]
            yield Made(f"series/{flow}.json", JSON, inert_json(f'{head}, "observations": {rows or "[]"}}}'.encode()))
    if flows:
        yield Made("series", JSON, json.dumps({"release": release, "series": flows}).encode())


def _sdmx_csv(con: duckdb.DuckDBPyConnection, path: Path, flow: str, columns: list[str]) -> bytes:
    """SDMX-CSV 2.0 (sdmx-twg/sdmx-csv): structure, its id and the action before dimensions, value and attributes."""
    order = [c for c in columns if not c.startswith(NOT_DIMENSIONS)]
    rows = con.execute(
        f"select {', '.join(_cell(con, path, c) for c in columns)} from '{path}' order by {', '.join(order)}"
    ).fetchall()
    head = ",".join(["STRUCTURE", "STRUCTURE_ID", "ACTION", *columns])
    start = f"dataflow,{AGENCY}:{flow}({STRUCTURE_VERSION}),I,"
    return "".join([head, "\r\n", *(f"{start}{','.join(row)}\r\n" for row in rows)]).encode()


def _cell(con: duckdb.DuckDBPyConnection, path: Path, column: str) -> str:
    """SQL for one field of a CSV row, quoted where RFC 4180 asks for it."""
    kind = con.execute(f"select any_value(typeof(\"{column}\")) from '{path}'").fetchall()[0][0]
    text = f'cast("{column}" as varchar)'
    text = inert_sql(text) if kind == "VARCHAR" else text
    quoted = f"""'"' || replace({text}, '"', '""') || '"'"""
    return f"""coalesce(case when regexp_matches({text}, '[",\\r\\n]') then {quoted} else {text} end, '')"""
