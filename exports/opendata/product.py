"""The product ``open``: public tables after disclosure control with what describes them, below ``open/v1``.

``disclosure.json`` (rules, parameters, counts) and the record of what is new, which lands as the source
``publications``, stand beside the public folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from exports.disclosure import publications
from exports.disclosure.export import Exported, export
from exports.disclosure.specs import Family, load_families
from exports.inert import inert_json
from exports.opendata.files import write_table
from exports.opendata.metadata import catalogue, codebook, data_package
from exports.opendata.record import RECORD
from exports.opendata.schema import BESIDE, VERSION, check, schema
from exports.render import Staged

#: folder of the schema's major version; only what is in it is public
PUBLIC = f"v{VERSION.split('.')[0]}"
LOG = "disclosure.json"
SCHEMA = "schema.json"
_CODES = """
    select 'REF_AREA' as concept, 'KR' as scheme, region_code as code,
        case when region_level <> 'SIDO' then sido_code end as parent_code, name_ko as label_ko, name_en as label_en
    from warehouse.core.dim_region where is_current
    union all
    select 'OCCUPATION', occupation_scheme, occupation_code, parent_code, name_ko, name_en
    from warehouse.core.dim_occupation where is_current and occupation_scheme = 'KECO'
    union all
    select 'ACTIVITY', industry_scheme, industry_code, parent_code, name_ko, name_en
    from warehouse.core.dim_industry where is_current and industry_scheme = 'KSIC'
    union all
    select case code_list when 'age_group' then 'AGE' when 'total' then 'ANY' else upper(code_list) end, 'LMI', code,
        null, label_ko, label_en
    from warehouse.seeds.code_labels
    where code_list in ('sex', 'age_group', 'client_group', 'outcome', 'obs_status', 'conf_status', 'total')
"""


def render(staged: Staged, folder: Path) -> dict[str, str]:
    """Write every open table of the release; returns what is withheld with the reason.

    Raises BreakingChange when readers of the last release's version would break.
    """
    families = load_families()
    now = schema(families)
    before = staged.previous / "exports" / "open" / PUBLIC / SCHEMA if staged.previous else None
    if before and before.is_file():
        check(json.loads(before.read_text("utf-8")), now)
    public = folder / PUBLIC
    with duckdb.connect() as con:
        con.execute("set threads = 1")  # bytes do not depend on timing
        con.execute(f"attach '{staged.warehouse}' as warehouse (read_only)")
        sources = _sources(con)
        allowed, withheld = _redistributable(con, list(families.values()), sources)
        known = _published(con, staged)
        at = datetime.combine(staged.as_of, time(), staged.settings.tz)
        done = export(con, allowed, known, staged.release_id, at, "warehouse.intermediate")
        written = _write(con, done, allowed, known, public)
    used = {source for family in allowed for source in family.entities if family_tables(family, done)}
    package = data_package(
        written, allowed, [s for s in sources if s["entity"] in used], staged.release_id, staged.as_of
    )
    periods = {t: (f["TIME_PERIOD"].min(), f["TIME_PERIOD"].max()) for t, f in done.tables.items()}
    _write_json(public / "datapackage.json", package)
    _write_json(public / "catalog.jsonld", catalogue(package, periods))
    _write_json(public / SCHEMA, now)
    withheld |= done.withheld
    _write_json(folder / LOG, {"release_id": staged.release_id, "families": done.logs, "withheld": withheld})
    return withheld


def family_tables(family: Family, done: Exported) -> list[str]:
    """Tables of a family that were published so far."""
    return [table.id for table in family.tables if table.id in done.tables]


def _sources(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Sources of the release with their licences, by id."""
    found = con.execute(
        "select source_id, entity, licence_id, redistribution, label_ko, label_en from warehouse.core.dim_source"
        " order by source_id"
    )
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _redistributable(
    con: duckdb.DuckDBPyConnection, families: list[Family], sources: list[dict[str, Any]]
) -> tuple[list[Family], dict[str, str]]:
    """Families whose relation this release holds and whose sources let aggregates go out; the rest with the reason."""
    built = {
        row[0]
        for row in con.execute(
            "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'intermediate'"
        ).fetchall()
    }
    withheld = {}
    for family in families:
        closed = [s["source_id"] for s in sources if s["entity"] in family.entities and s["redistribution"] == "none"]
        if closed:
            withheld[family.id] = f"the licence of {', '.join(closed)} allows no redistribution"
    return [f for f in families if f.relation in built and f.id not in withheld], withheld


def _published(con: duckdb.DuckDBPyConnection, staged: Staged) -> pd.DataFrame:
    """Everything published before: as landed, and what the last release published and did not land yet."""
    frames = []
    names = ", ".join(publications.COLUMNS)
    landed = con.execute(
        "select count(*) from duckdb_views() where database_name = 'warehouse'"
        " and view_name = 'stg_publications__publications'"
    ).fetchall()
    if landed[0][0]:
        frames.append(con.execute(f"select {names} from warehouse.staging.stg_publications__publications").df())
    record = staged.previous / "exports" / "open" / RECORD if staged.previous else None
    if record and record.is_file():
        last = con.execute(f"select {names} from '{record}'").df()
        seen = set(frames[0]["release_id"]) if frames else set()
        frames.append(last[~last["release_id"].isin(seen)])
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return publications.none()
    found = pd.concat(frames, ignore_index=True)
    found["published_at"] = pd.to_datetime(found["published_at"], utc=True)
    found["published_date"] = pd.to_datetime(found["published_date"]).dt.date
    return found[found["release_id"] != staged.release_id].reset_index(drop=True)


def _write(
    con: duckdb.DuckDBPyConnection, done: Exported, families: list[Family], known: pd.DataFrame, public: Path
) -> dict[str, list[Path]]:
    """Every table in every format, and the record. Returns name -> files."""
    written = {}
    for table, frame in sorted(done.tables.items()):
        con.register("open_table", frame)
        con.execute(
            "create or replace temp table open_rows as select * replace (cast(round(nullif(OBS_VALUE, 'nan'), 4)"
            " as decimal(18, 4)) as OBS_VALUE, cast(LAST_UPDATE as date) as LAST_UPDATE) from open_table"
        )
        con.unregister("open_table")
        keys = [column for column in frame.columns if not column.startswith(("OBS_", "CONF_", "LAST_"))]
        written[table] = write_table(con, "open_rows", keys, public, table)
    con.execute(f"create or replace temp table codes as select distinct * from ({_CODES})")
    written["codes"] = write_table(con, "codes", ["concept", "scheme", "code"], public, "codes")
    for name, rows in (("codebook", codebook(families)), ("changes", publications.changes(done.record, known))):
        con.register("rows", rows)
        con.execute(f"create or replace temp table {name} as select {_typed(BESIDE[name])} from rows")
        con.unregister("rows")
        written[name] = write_table(con, name, list(BESIDE[name])[:3], public, name)
    con.register("rows", done.record.astype({"obs_value": float}))
    con.execute(
        "copy (select * replace (nullif(obs_value, 'nan') as obs_value, cast(published_date as date) as"
        " published_date, cast(published_at as timestamptz) as published_at) from rows"
        f" order by table_id, time_period, cell_id) to '{public.parent / RECORD}' (compression zstd)"
    )
    return written


def _typed(columns: Mapping[str, str]) -> str:
    """Columns by their types of Table Schema; pandas' NaN is NULL."""
    sql = {"number": "cast(nullif({0}, 'nan') as decimal(18, 4)) as {0}", "string": "cast({0} as varchar) as {0}"}
    return ", ".join(sql[kind].format(column) for column, kind in columns.items())


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_bytes(inert_json((json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()))
