"""The record of what was published goes to the drop folder, from which the source ``publications`` lands it: what left
the house comes back as an input like any other."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd

from exports.disclosure import publications
from exports.render import Staged
from ingest.registry import sources_of
from lmi.core.atomic import sha256_file, write_file
from lmi.core.paths import Paths
from lmi.core.release import Release
from lmi.core.settings import Settings

SOURCE = "publications"
#: below a product's folder, beside what is public
RECORD = "publications.parquet"
#: products that record what they publish -> what the name of their file in the drop folder ends with
PRODUCTS = {"open": "", "occupations": "_occupations"}


def published(con: duckdb.DuckDBPyConnection, staged: Staged) -> pd.DataFrame:
    """Everything published before: as landed, and what the last release published and did not land yet. ``con`` has the
    staged warehouse attached as ``warehouse``."""
    frames = []
    names = ", ".join(publications.COLUMNS)
    landed = con.execute(
        "select count(*) from duckdb_views() where database_name = 'warehouse'"
        " and view_name = 'stg_publications__publications'"
    ).fetchall()
    if landed[0][0]:
        frames.append(con.execute(f"select {names} from warehouse.staging.stg_publications__publications").df())
    seen = set(frames[0]["release_id"]) if frames else set()
    for product in PRODUCTS:
        record = staged.previous / "exports" / product / RECORD if staged.previous else None
        if record and record.is_file():
            last = con.execute(f"select {names} from '{record}'").df()
            frames.append(last[~last["release_id"].isin(seen)])
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return publications.none()
    found = pd.concat(frames, ignore_index=True)
    found["published_at"] = pd.to_datetime(found["published_at"], utc=True)
    found["published_date"] = pd.to_datetime(found["published_date"]).dt.date
    return found[found["release_id"] != staged.release_id].reset_index(drop=True)


def write_record(con: duckdb.DuckDBPyConnection, record: pd.DataFrame, path: Path) -> None:
    """Write rows of the source ``publications``, equal bytes for equal rows."""
    con.register("record", record.astype({"obs_value": float}))
    con.execute(
        "copy (select * replace (nullif(obs_value, 'nan') as obs_value, cast(published_date as date) as"
        " published_date, cast(published_at as timestamptz) as published_at) from record"
        f" order by table_id, time_period, cell_id) to '{path}' (compression zstd)"
    )
    con.unregister("record")


def hand_over(settings: Settings, release: Release) -> int:
    """Put the records of a published release into the home's own drop folder, dated the day after; returns their rows.

    Doing so again changes nothing. Nothing is handed over where the source is switched off, and of a product that is
    not the release's own.
    """
    if SOURCE not in sources_of(settings.profile, settings.sources):
        return 0
    return sum(_hand_over(settings, release, product) for product in PRODUCTS)


def _hand_over(settings: Settings, release: Release, product: str) -> int:
    status = release.manifest.get("products", {}).get(product, {}).get("status")
    record = release.folder / "exports" / product / RECORD
    if status != "current" or not record.is_file():
        return 0
    import pyarrow.parquet as pq

    rows = int(pq.read_metadata(record).num_rows)
    received = release.as_of + timedelta(days=1)
    name = f"{SOURCE}_{received:%Y%m%d}_{release.id}{PRODUCTS[product]}.parquet"
    file = Paths.of(settings).own_drop / SOURCE / name
    if rows and not file.exists():
        # the control total first: a file without one counts as still on its way
        control = json.dumps({"rows": rows, "sha256": sha256_file(record)})
        write_file(file.with_name(file.name + ".ctl"), control.encode())
        write_file(file, record.read_bytes())
    return rows
