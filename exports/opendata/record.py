"""The record of what was published goes to the drop folder, from which the source ``publications`` lands it: what left
the house comes back as an input like any other."""

from __future__ import annotations

import json
from datetime import timedelta

from ingest.registry import sources_of
from lmi.core.atomic import sha256_file, write_file
from lmi.core.paths import Paths
from lmi.core.release import Release
from lmi.core.settings import Settings

SOURCE = "publications"
#: below the product's folder, beside what is public
RECORD = "publications.parquet"


def hand_over(settings: Settings, release: Release) -> int:
    """Put the record of a published release into the drop folder, dated the day after; returns its rows.

    Doing so again changes nothing. Nothing is handed over where the source is switched off, and of a product that is
    not the release's own.
    """
    status = release.manifest.get("products", {}).get("open", {}).get("status")
    record = release.folder / "exports" / "open" / RECORD
    if status != "current" or not record.is_file() or SOURCE not in sources_of(settings.profile, settings.sources):
        return 0
    import pyarrow.parquet as pq

    rows = int(pq.read_metadata(record).num_rows)
    received = release.as_of + timedelta(days=1)
    file = Paths.of(settings).drop / SOURCE / f"{SOURCE}_{received:%Y%m%d}_{release.id}.parquet"
    if rows and not file.exists():
        # the control total first: a file without one counts as still on its way
        control = json.dumps({"rows": rows, "sha256": sha256_file(record)})
        write_file(file.with_name(file.name + ".ctl"), control.encode())
        write_file(file, record.read_bytes())
    return rows
