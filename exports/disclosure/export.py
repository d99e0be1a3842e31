"""Families of one release: each period protected and audited by itself, and put together with what was published of
other periods before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

from exports.disclosure import balance, publications
from exports.disclosure.audit import AuditFailed, Published
from exports.disclosure.balance import MissingFlows
from exports.disclosure.cells import CellError
from exports.disclosure.problem import Unprotectable
from exports.disclosure.protect import protect
from exports.disclosure.specs import Family


@dataclass
class Exported:
    """``tables``: table -> TIME_PERIOD, one column per dimension by its SDMX concept, OBS_VALUE (NULL where hidden),
    OBS_STATUS, CONF_STATUS, LAST_UPDATE (day of publication), of all periods published so far. ``record``: rows of the
    source ``publications`` that are new with this release. ``withheld``: family and period -> why it is not published
    anew. ``logs`` holds rules, parameters and counts, no value."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    record: pd.DataFrame = field(default_factory=publications.none)
    logs: list[dict[str, Any]] = field(default_factory=list)
    withheld: dict[str, str] = field(default_factory=dict)


def export(
    con: duckdb.DuckDBPyConnection,
    families: Iterable[Family],
    published: pd.DataFrame,
    release_id: str,
    published_at: datetime,
    schema: str | None = None,
) -> Exported:
    """Protect and audit every table of ``families``; ``schema`` holds their relations, which have ``time_period``.

    Periods are published when they are new, in their order, and with the newest one those before it are revised:
    figures that changed from day to day would tell of single persons. ``published`` (rows of the source
    ``publications``) and the periods before are what an outsider knows. A period that the audit can break, or that no
    pattern protects, is not published anew: what was published of it before stands. One whose cells did not change is
    not recorded again.
    """
    done, parts, record = Exported(), dict[tuple[str, str], Published](), published
    ordered = balance.in_order(families)
    by_id = {family.id: family for family in ordered}
    for family in ordered:
        relation = f"{schema}.{family.relation}" if schema else family.relation
        known = record[record["table_id"].isin([table.id for table in family.tables])]
        periods = _periods(con, relation)
        fresh = [period for period in periods if period not in set(known["time_period"])]
        revised = [period for period in periods if period not in fresh]
        for period in fresh + revised:
            is_out = periods[-1] in fresh and periods[-1] in set(known["time_period"])
            if period in revised and not is_out:
                continue
            con.execute(
                f"create or replace temp table disclosure_period as from {relation} where time_period = ?", [period]
            )
            before = balance.with_tied(publications.earlier(known, family, period), family, by_id, record, period)
            try:
                result = protect(con, family, "disclosure_period", before)
                result.finding.require()
                parts[family.id, period] = Published(family, result.tables, result.edges, result.truth, before.tables)
                if family.balance:
                    balance.audit_balance(family, parts, period, record).require()
            except (AuditFailed, CellError, MissingFlows, Unprotectable) as failed:
                done.withheld[f"{family.id} {period}"] = str(failed)
                continue
            done.logs.append({"time_period": period, **result.log})
            rows = publications.rows(result.tables, release_id, period, published_at)
            if not publications.is_known(rows, known):
                known = pd.concat([known, rows], ignore_index=True)
                record = pd.concat([record, rows], ignore_index=True)
                done.record = pd.concat([done.record, rows], ignore_index=True)
        for table in family.tables:
            newest = publications.newest(known, table.id)
            if len(newest):
                done.tables[table.id] = _with_concepts(family, newest)
    return done


def _periods(con: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    found = con.execute(f"select distinct cast(time_period as varchar) from {relation} order by 1").fetchall()
    return [str(row[0]) for row in found]


def _with_concepts(family: Family, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns by their SDMX concepts, the dimensions of the family that the table shows."""
    coded = publications.with_codes(family, rows)
    table = next(table for table in family.tables if table.id == rows["table_id"].iloc[0])
    shown = {"TIME_PERIOD": coded["time_period"]}
    shown |= {d.concept: coded[d.name] for d in family.dimensions if d.name in table.by}
    shown |= {
        "OBS_VALUE": coded["obs_value"], "OBS_STATUS": coded["obs_status"], "CONF_STATUS": coded["conf_status"],
        "LAST_UPDATE": coded["published_date"],
    }  # fmt: skip
    return pd.DataFrame(shown)
