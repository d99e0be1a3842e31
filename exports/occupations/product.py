"""The product ``occupations``: curated tables for coaching apps, and one JSON document per occupation.

Below ``v<major>``: ``tables``, ``schemas``, ``occupations/<scheme>/<code>.json``, ``index.json``, ``occupations.json``
(all documents), ``suitability``, ``datapackage.json``, ``catalog.jsonld``, ``codebook.ko.html``, ``codebook.en.html``.
"""

from __future__ import annotations

import shutil
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

import duckdb

from exports.occupations import vintages
from exports.occupations.documents import write_documents
from exports.package.changes import compare, hold, is_of_month
from exports.package.codebook import codebook
from exports.package.descriptors import Edition, as_json, data_package, dcat, json_schema, meanings
from exports.package.promised import require_known_version
from exports.package.publisher import publisher
from exports.package.record import RECORD, published, write_record
from exports.package.rights import Rights
from exports.package.spec import Package, Table, load_package
from exports.package.tables import make_table, write_table
from exports.render import NothingToRender, Staged
from exports.suitability import SCHEMA as RECORD_SCHEMA
from lmi.core.settings import PROJECT_ROOT

TABLES = Path(__file__).with_name("tables.yml")
#: worked answers of the suitability score
VECTORS = PROJECT_ROOT / "docs" / "suitability-vectors.json"
#: rows of the code list ``education`` and ``region``, which live in the warehouse
CODES = """
    select code_list, code, label_ko, label_en from warehouse.seeds.code_labels where code_list = 'education'
    union all
    select 'region', sido_code, name_ko, name_en from warehouse.seeds.sidos
    qualify row_number() over (partition by sido_code order by valid_from desc) = 1
"""


@cache
def package() -> Package:
    return load_package(TABLES)


def render(staged: Staged, folder: Path) -> None:
    """Write the package of one release below ``folder``.

    Raises NothingToRender without any occupation mart, BreakingChange for a schema that its version does not announce.
    """
    spec = package()
    require_known_version(TABLES, spec)
    out = folder / spec.folder
    with duckdb.connect() as con:
        con.execute("set threads = 1")  # bytes do not depend on timing
        con.execute(f"attach '{staged.marts}' as marts (read_only)")
        con.execute(f"attach '{staged.warehouse}' as warehouse (read_only)")
        parts = _parts(con, spec)
        if all(parts[t.name]["status"] == "missing" for t in spec.tables if t.model.startswith("mart_")):
            raise NothingToRender("The release holds no mart of occupations.")
        rights = Rights.of(staged.settings)
        previous = _previous(staged, spec)
        _make_tables(con, spec, rights, parts, previous, staged.as_of)
        if not is_of_month(previous, staged.as_of):
            at = datetime.combine(staged.as_of, time(), staged.settings.tz)
            told = vintages.settle(con, spec, published(con, staged), previous, staged.release_id, at)
            write_record(con, told, folder / RECORD)
        _compare(con, spec, previous)
        base = f"{staged.settings.public_url.rstrip('/')}/exports/{spec.name}/{spec.folder}/"
        edition = Edition(
            spec, staged.release_id, staged.as_of, publisher(),
            base if staged.settings.public_url else "", parts, meanings(con, spec, "marts.data_dictionary"), rights,
        )  # fmt: skip
        _write(con, edition, out)


def _parts(con: duckdb.DuckDBPyConnection, spec: Package) -> dict[str, dict[str, str]]:
    """Table -> whether its mart is current, stale or missing, as the release says."""
    known = {
        row[0] for row in con.execute("select table_name from duckdb_tables() where database_name = 'marts'").fetchall()
    }
    said = {
        mart: {"status": status, "as_of": as_of, "reason": reason}
        for mart, status, as_of, reason in con.execute("from marts.release_parts").fetchall()
    }
    (as_of,) = con.execute("select cast(as_of as varchar) from marts.release").fetchall()[0]
    current = {"status": "current", "as_of": as_of, "reason": ""}
    absent = {"status": "missing", "as_of": "", "reason": "not in this release"}
    return {
        table.name: said.get(table.model, current) if table.model in known else said.get(table.model, absent)
        for table in spec.tables
        if table.model not in ("changes", "codes")
    }


def _previous(staged: Staged, spec: Package) -> Path | None:
    """Folder of the package of the release before; None where it had none in this major version."""
    found = staged.previous / "exports" / spec.name / spec.folder if staged.previous else None
    return found if found and found.is_dir() else None


def _make_tables(
    con: duckdb.DuckDBPyConnection,
    spec: Package,
    rights: Rights,
    parts: dict[str, dict[str, str]],
    previous: Path | None,
    as_of: date,
) -> None:
    for table in spec.tables:
        if table.name in parts:
            is_there = parts[table.name]["status"] != "missing"
            make_table(con, spec, table, rights, _relation(con, table) if is_there else "")
            hold(con, table, previous, as_of)


def _compare(con: duckdb.DuckDBPyConnection, spec: Package, previous: Path | None) -> None:
    """Fill the tables that every package has."""
    redirects = "marts.dim_occupation_redirect"
    con.execute(f"create temp view redirects as select occupation_scheme, from_code from {redirects}")
    compare(con, spec, previous)
    con.execute(f"create temp table codes as select * from ({CODES})")
    con.executemany(
        "insert into codes values (?, ?, ?, ?)",
        [[name, code, label["ko"], label["en"]] for name, codes in spec.codes.items() for code, label in codes.items()],
    )


def _relation(con: duckdb.DuckDBPyConnection, table: Table) -> str:
    """The table's mart, beside the contributors of each row; without their model nobody is known to contribute."""
    if table.contributors is None:
        return f"marts.{table.model}"
    model, keys = table.contributors
    built = con.execute(
        "select count(*) from duckdb_tables() where database_name = 'warehouse' and table_name = ?", [model]
    ).fetchall()[0][0]
    counts = {name for guard in table.guards for name in (guard.persons, guard.employers) if name}
    absent = ", ".join(f"null as {name}" for name in sorted(counts))
    if not built:
        return f"(select *, {absent} from marts.{table.model})"
    return f"(from marts.{table.model} left join warehouse.intermediate.{model} using ({', '.join(keys)}))"


def _write(con: duckdb.DuckDBPyConnection, edition: Edition, out: Path) -> None:
    spec = edition.package
    for name in ("tables", "schemas", "suitability"):
        (out / name).mkdir(parents=True)
    for table in spec.tables:
        write_table(con, table, out / "tables")
        (out / "schemas" / f"{table.name}.schema.json").write_bytes(as_json(json_schema(edition, table)))
    shutil.copyfile(VECTORS, out / "suitability" / "vectors.json")
    shutil.copyfile(RECORD_SCHEMA, out / "suitability" / "record.schema.json")
    bulk = write_documents(con, edition, out)
    for language in ("ko", "en"):
        (out / f"codebook.{language}.html").write_text(codebook(edition, language), "utf-8")
    beside = [*bulk, *sorted((out / "suitability").iterdir()), *sorted(out.glob("codebook.*.html"))]
    described = data_package(edition, out, beside)
    (out / "datapackage.json").write_bytes(as_json(described))
    (out / "catalog.jsonld").write_bytes(as_json(dcat(edition, described)))
