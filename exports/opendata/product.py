"""The product ``open``: public tables after disclosure control with what describes them, below ``open/v<major>``.

``disclosure.json`` (rules, parameters, counts) and the record of what is new, which lands as the source
``publications``, stand beside the public folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from pathlib import Path

import duckdb

from exports.disclosure.export import Exported, export
from exports.disclosure.specs import Family, load_families
from exports.opendata.package import COMMON, open_package
from exports.package.changes import compare
from exports.package.codebook import codebook
from exports.package.descriptors import Edition, as_json, data_package, dcat, json_schema, meanings
from exports.package.promised import require_known_version
from exports.package.publisher import publisher
from exports.package.record import RECORD, published, write_record
from exports.package.rights import Rights
from exports.package.spec import Package
from exports.package.tables import BrokenPromise, make_table, write_table
from exports.render import Staged
from lmi.core.sql import scalar

LOG = "disclosure.json"
#: codes of classifications in force, totals and unknowns beside them; a province stands beside its districts
_CODES = """
    select 'region' as code_list, region_code as code, name_ko as label_ko, name_en as label_en
    from warehouse.core.dim_region where is_current
    union
    select 'occupation', occupation_code, name_ko, name_en
    from warehouse.core.dim_occupation where is_current and occupation_scheme = 'KECO'
    union
    select 'industry', industry_code, name_ko, name_en
    from warehouse.core.dim_industry where is_current and industry_scheme = 'KSIC'
    union
    select 'organisation', organisation_code, name_ko, name_en
    from warehouse.core.dim_organisation where is_current
    union
    select unnest(['region', 'occupation', 'industry', 'organisation', 'programme']), code, label_ko, label_en
    from warehouse.seeds.code_labels where code_list = 'total'
"""
_INDICATORS = "union select 'indicator', indicator, label_ko, label_en from marts.dim_indicator"


def render(staged: Staged, folder: Path) -> dict[str, str]:
    """Write every open table of the release; returns what is withheld with the reason.

    Raises BreakingChange for a schema that its version does not announce.
    """
    spec, families = open_package(), list(load_families().values())
    require_known_version(COMMON, spec)
    out = folder / spec.folder
    rights = Rights.of(staged.settings)
    with duckdb.connect() as con:
        con.execute("set threads = 1")  # bytes do not depend on timing
        con.execute(f"attach '{staged.marts}' as marts (read_only)")
        con.execute(f"attach '{staged.warehouse}' as warehouse (read_only)")
        allowed, withheld = _redistributable(families, rights)
        at = datetime.combine(staged.as_of, time(), staged.settings.tz)
        done = export(
            con, _built(con, allowed), published(con, staged), staged.release_id, at, "warehouse.intermediate"
        )
        withheld |= done.withheld
        marts = dict(con.execute("select mart, (status, as_of, reason) from marts.release_parts").fetchall())
        _make_tables(con, spec, rights, done, marts, _previous(staged, spec))
        base = f"{staged.settings.public_url.rstrip('/')}/exports/{spec.name}/{spec.folder}/"
        edition = Edition(
            spec, staged.release_id, staged.as_of, publisher(),
            base if staged.settings.public_url else "", _parts(families, done, staged) | _national(spec, marts),
            meanings(con, spec, "marts.data_dictionary"), rights,
        )  # fmt: skip
        _write(con, edition, out)
        write_record(con, done.record, folder / RECORD)
    log = {"release_id": staged.release_id, "families": done.logs, "withheld": withheld}
    (folder / LOG).write_bytes(as_json(log))
    return withheld


def _redistributable(families: Iterable[Family], rights: Rights) -> tuple[list[Family], dict[str, str]]:
    """Families whose sources let figures go out; the others with the reason."""
    withheld = {}
    for family in families:
        if closed := [s.id for s in rights.behind(family.entities) if not rights.passes(s, "figure")]:
            withheld[family.id] = f"no redistribution of {', '.join(closed)}"
    return [family for family in families if family.id not in withheld], withheld


def _built(con: duckdb.DuckDBPyConnection, families: Iterable[Family]) -> list[Family]:
    """Families whose relation this release holds."""
    there = {
        row[0]
        for row in con.execute(
            "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'intermediate'"
        ).fetchall()
    }
    return [family for family in families if family.relation in there]


def _previous(staged: Staged, spec: Package) -> Path | None:
    """Folder of the package of the release before; None where it had none in this major version."""
    found = staged.previous / "exports" / spec.name / spec.folder if staged.previous else None
    return found if found and found.is_dir() else None


def _make_tables(
    con: duckdb.DuckDBPyConnection,
    spec: Package,
    rights: Rights,
    done: Exported,
    marts: Mapping[str, tuple[str, str, str]],
    previous: Path | None,
) -> None:
    for table in spec.tables:
        if table.model in ("changes", "codes"):
            continue
        if table.name in done.tables:
            con.register("published", done.tables[table.name])
            con.execute(
                f"create temp table rows_{table.name} as select * replace (nullif(OBS_VALUE, 'nan') as OBS_VALUE)"
                " from published"
            )
            con.unregister("published")
            if hits := scalar(con, f"select count(*) from rows_{table.name} where OBS_VALUE <> round(OBS_VALUE)"):
                raise BrokenPromise(f"{table.name}: {hits} counts are no whole numbers. Mend the weights of its rows.")
        relation = f"rows_{table.name}" if table.name in done.tables else ""
        if table.model in marts and marts[table.model][0] != "missing":
            relation = f"marts.{table.model}"
        make_table(con, spec, table, rights, relation)
        if {"OBS_VALUE", "OBS_STATUS"} <= {column.name for column in table.columns}:
            con.execute(f"update {table.name} set OBS_STATUS = 'M' where OBS_VALUE is null")
    con.execute("create temp view redirects as select occupation_scheme, from_code from marts.dim_occupation_redirect")
    compare(con, spec, previous)
    indicators = con.execute("select count(*) from duckdb_tables() where table_name = 'dim_indicator'").fetchall()[0][0]
    con.execute(f"create temp table codes as {_CODES} {_INDICATORS if indicators else ''}")
    con.executemany(
        "insert into codes values (?, ?, ?, ?)",
        [[name, code, label["ko"], label["en"]] for name, codes in spec.codes.items() for code, label in codes.items()],
    )


def _parts(families: Iterable[Family], done: Exported, staged: Staged) -> dict[str, dict[str, str]]:
    """Table -> how it stands in this release. The reason is what anybody may know; the log says more."""
    found = {}
    for family in families:
        for table in family.tables:
            rows = done.tables.get(table.id)
            is_held = any(part.split(" ")[0] == family.id for part in done.withheld)
            if rows is None:
                part = {"status": "missing", "as_of": "", "reason": "nothing to publish"}
            elif is_held:
                last = str(max(rows["LAST_UPDATE"]))
                part = {"status": "stale", "as_of": last, "reason": "a newer version did not pass the audit"}
            else:
                part = {"status": "current", "as_of": staged.as_of.isoformat(), "reason": ""}
            found[table.id] = part
    return found


def _national(spec: Package, marts: Mapping[str, tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """Tables of marts -> how their mart stands in this release."""
    absent = ("missing", "", "not in this release")
    names = ("status", "as_of", "reason")
    return {
        table.name: dict(zip(names, marts.get(table.model, absent), strict=True))
        for table in spec.tables
        if table.model.startswith("mart_")
    }


def _write(con: duckdb.DuckDBPyConnection, edition: Edition, out: Path) -> None:
    for name in ("tables", "schemas"):
        (out / name).mkdir(parents=True)
    for table in edition.package.tables:
        write_table(con, table, out / "tables")
        (out / "schemas" / f"{table.name}.schema.json").write_bytes(as_json(json_schema(edition, table)))
    for language in ("ko", "en"):
        (out / f"codebook.{language}.html").write_text(codebook(edition, language), "utf-8")
    described = data_package(edition, out, sorted(out.glob("codebook.*.html")))
    (out / "datapackage.json").write_bytes(as_json(described))
    (out / "catalog.jsonld").write_bytes(as_json(dcat(edition, described)))
