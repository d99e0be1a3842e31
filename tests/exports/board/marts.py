"""The marts of a report by hand, with what only the board reads beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from exports.board.product import render
from exports.render import Staged
from lmi.core.settings import load_settings
from tests.exports.reports.marts import AS_OF, MONTHS, contract, put, write_marts

#: organisation -> clients, of them employed; two hidden: one for few clients, the next smallest with it
ORGANISATIONS = {"O1": (60, 45), "O2": (40, 10), "O3": (9, 6), "O4": (30, 20)}


def write_release(folder: Path) -> Path:
    """``marts.duckdb`` and the open tables of one release in ``folder``; returns the path of the marts."""
    folder.mkdir(parents=True, exist_ok=True)
    path = write_marts(folder / "marts.duckdb")
    with duckdb.connect(str(path)) as con:
        con.execute("begin")
        con.execute(
            "create table data_dictionary (table_name varchar, column_name varchar, label_ko varchar, label_en varchar)"
        )
        con.execute("alter table dim_source add column rows_delivered hugeint")
        con.execute("update dim_source set rows_delivered = 1234")
        con.execute(
            "create table dim_organisation (organisation_code varchar, name_ko varchar, name_en varchar,"
            " is_latest boolean)"
        )
        for mart in ("mart_employment_beveridge",):
            con.execute(f"create table {mart} ({contract(mart)})")
            put(con, "release_parts", mart=mart, status="current", as_of="2026-10-07", reason="")
        put(con, "data_dictionary", table_name="mart_vacancy_verification", column_name="submitted", label_ko="접수",
            label_en="Submitted")  # fmt: skip
        put(con, "mart_employment_beveridge", ref_period=MONTHS[-2], time_period="2026-08", u=0.09, v=0.02, months=60,
            shift=-0.0962, status="F", as_of=AS_OF)  # fmt: skip
        put(con, "dim_indicator", indicator="employment_rate_6m", label_ko="취업률", label_en="Employment rate",
            unit="ratio")  # fmt: skip
        for code, (clients, employed) in ORGANISATIONS.items():
            _organisation(con, code, clients, employed)
        _industries(con)
        con.execute("commit")
    return path


def _organisation(con: duckdb.DuckDBPyConnection, code: str, clients: int, employed: int) -> None:
    put(con, "dim_organisation", organisation_code=code, name_ko=f"고용센터 {code}", name_en=f"Centre {code}",
        is_latest=True)  # fmt: skip
    put(con, "dim_organisation", organisation_code=code, name_ko="옛 이름", name_en="Old name", is_latest=False)
    rate = Decimal(employed) / clients
    outside: dict[str, Any] = {"funnel_position": "below_998" if code == "O2" else "within"}
    put(con, "mart_performance", ref_period=date(2025, 1, 1), time_period="2025", frequency="A",
        indicator="employment_rate_6m", breakdown_type="organisation", organisation_type="JOB_CENTRE",
        organisation_code=code, programme_code="_T", client_group="_T", value=rate, numerator=employed,
        denominator=clients, expected_rate=0.7, limit_95_low=0.55, limit_95_high=0.85, limit_998_low=0.46,
        limit_998_high=0.94, is_small_n=clients < 10, rank_no=1, status="F", as_of=AS_OF, **outside)  # fmt: skip


def _industries(con: duckdb.DuckDBPyConnection) -> None:
    """Acquisitions of August by industry: C as published, F and the nation's since revised, P hidden."""
    totals = dict.fromkeys(("region_code", "occupation_code", "sex", "age_group"), "_T")
    for code, value in (("C", 50), ("F", 21), ("P", 4), ("_T", 75)):
        put(con, "mart_employment_trends_monthly", ref_period=MONTHS[-2], time_period="2026-08",
            indicator="acquisitions", breakdown_type="total" if code == "_T" else "industry", industry_code=code,
            value=value, unit="events", status="F", as_of=AS_OF, **totals)  # fmt: skip
    folder = Path(con.execute("select path from duckdb_databases() where not internal").fetchall()[0][0]).parent
    rows = [
        {"TIME_PERIOD": "2026-08", "REF_AREA": "_T", "ACTIVITY": code, "CONF_STATUS": status, "OBS_VALUE": value}
        for code, status, value in (("_T", "F", 74), ("C", "F", 50), ("F", "F", 20), ("P", "A", None))
    ]
    table = folder / "exports" / "open" / "v1" / "tables" / "acquisitions_by_region_industry.parquet"
    pq.write_table(pa.Table.from_pylist(rows), table)


def staged(marts: Path) -> Staged:
    home = marts.parent / "home"
    return Staged(marts.parent, "20261007-abc", AS_OF, load_settings({}, home=home), None)


def write_board(folder: Path) -> Path:
    """A release with its board; returns the board's folder."""
    marts = write_release(folder)
    out = folder / "exports" / "board"
    out.mkdir()
    render(staged(marts), out)
    return out
