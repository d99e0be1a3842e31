"""Texts that do harm, planted in every name, title, note and code of a real release: every product is rendered from it,
and no file of any of them is live. A new product is covered by standing in ``PRODUCTS``.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from exports.render import PRODUCTS, Staged, render_products
from exports.reports.deliver import _message
from exports.reports.distribution import load_distribution
from exports.reports.product import KINDS
from lmi.core.release import Release, releases
from tests.payloads import PAYLOADS, live_below
from tests.truth.conftest import Told

pytestmark = pytest.mark.xdist_group("truth")
#: columns with text that people read, and columns whose codes come from outside
TEXT = re.compile("(^|_)(name|title|label|note|description|text|law|holiday_name|reason|institution)(_|$)")
CODE = re.compile("_(code|id|key)$")
#: text of our own lists, which products take apart or hold against a list
OURS = re.compile(
    "(null|break)_reason|^reasons?$|reason_code|table_name|column_name|title_sources|numerator_name|denominator_name"
)
ENDINGS = {"application/json": "json", "application/vnd.sdmx.data+csv; version=2.0.0": "csv"}


def plant(path: Path, schema: str) -> int:
    """Every text of every table is a payload, and of every outside code there are rows with each; texts planted."""
    planted = 0
    with duckdb.connect(str(path)) as con:
        con.execute("create temp table payloads (payload_no integer, payload varchar)")
        con.executemany("insert into payloads values (?, ?)", list(enumerate(PAYLOADS)))
        con.execute("begin")
        for table, names in _columns(con, schema):
            texts = [c for c in names if TEXT.search(c) and not OURS.search(c)]
            codes = [c for c in names if CODE.search(c) and not OURS.search(c)]
            if codes:
                many = ", ".join(f"payload as {code}" for code in codes)
                con.execute(
                    f"insert into {table} select one.* replace ({many}) from (from {table} limit 1) as one, payloads"
                )
            for text in texts:
                con.execute(
                    f"update {table} set {text} = payload from payloads"
                    f" where {table}.rowid % {len(PAYLOADS)} = payload_no and {text} is not null"
                )
            planted += len(texts) + len(codes)
        con.execute("commit")
    return planted


def _columns(con: duckdb.DuckDBPyConnection, schema: str) -> Iterator[tuple[str, list[str]]]:
    """Tables of a schema with their columns of plain text."""
    yield from con.execute(
        "select format('{}.{}', schema_name, table_name), list(column_name order by column_index) from duckdb_columns()"
        " join duckdb_tables() using (schema_name, table_name) where schema_name = ? and data_type = 'VARCHAR'"
        " and not duckdb_tables.temporary and table_name <> 'release' group by all order by 1",
        [schema],
    ).fetchall()


def plant_cells(path: Path) -> None:
    """Cells of the open tables with payloads for codes, large enough to be shown."""
    with duckdb.connect(str(path)) as con:
        con.execute("create temp table payloads (payload varchar)")
        # a bar parts the ids of cells: a family that has one is withheld
        con.executemany("insert into payloads values (?)", [[payload] for payload in PAYLOADS if "|" not in payload])
        for relation in ("registrations", "openings"):
            table = f"intermediate.int_{relation}__contributed"
            columns = dict(con.execute(f"select column_name, column_type from (describe {table})").fetchall())
            many = [f"400 as {name}" for name, kind in columns.items() if kind != "VARCHAR"]
            many += [f"payload as {name}" for name in columns if name in ("sido_code", "occupation_code")]
            con.execute(
                f"insert into {table} select one.* replace ({', '.join(many)})"
                f" from (from {table} limit 1) as one, payloads"
            )


@pytest.fixture(scope="module")
def planted(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    # the first one, of which every period is published anew
    release, folder = releases(told.street.paths)[0], tmp_path_factory.mktemp("planted") / "r"
    folder.mkdir()
    for file in (release.marts, release.warehouse):
        shutil.copy(file, folder)
    assert plant(folder / "marts.duckdb", "main") > 150
    assert plant(folder / "warehouse.duckdb", "seeds") > 10
    plant_cells(folder / "warehouse.duckdb")
    return Staged(folder, "r", release.as_of, replace(told.street.settings, products=()), None)


def test_no_product_and_no_message_is_live_with_what_was_planted(planted: Staged) -> None:
    rendered = render_products(planted, PRODUCTS)
    assert {name: (said["status"], said["stale"]) for name, said in rendered.items()} == dict.fromkeys(
        (one.name for one in PRODUCTS), ("current", None)
    )
    exports = planted.folder / "exports"
    for file in exports.rglob("*.parquet"):
        _unpack(file)
    assert live_below(exports) == []
    for name in rendered:
        files = [path.read_bytes() for path in (exports / name).rglob("*") if path.suffix in {".html", ".json"}]
        assert [data for data in files if b"lmi()" in data], f"nothing of what was planted reached {name}"
    settings = replace(planted.settings, mail_from="desk@example.org", public_url="https://lmi.example.org")
    release = Release(planted.release_id, planted.folder, {"as_of": planted.as_of.isoformat()})
    kinds = [kind for kind in KINDS if (exports / "reports" / f"{kind}.en.html").is_file()]
    assert {"daily", "monthly"} <= set(kinds)
    for kind, recipient in product(kinds, load_distribution()):
        message = _message(settings, kind, recipient, ["a@example.org"], exports / "reports", release, planted.as_of)
        (body,) = [part for part in message.walk() if part.get_content_type() == "text/plain"]
        said = f"{message['Subject']}\n{body.get_content()}"
        assert not [payload for payload in PAYLOADS if payload in said]
        assert all(str(part.get_filename()).startswith(f"{kind}-") for part in message.iter_attachments())


def _unpack(file: Path) -> None:
    """The prepared answers of the API as files of their own, so that they are looked at too."""
    if "media_type" in pq.read_schema(file).names:
        for number, answer in enumerate(pq.read_table(file, columns=["media_type", "identity"]).to_pylist()):
            (file.parent / f"{number}.{ENDINGS[answer['media_type']]}").write_bytes(answer["identity"])
