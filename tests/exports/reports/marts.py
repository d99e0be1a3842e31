"""A small release's marts, written by hand in the columns of the models' contracts: 60 days of five counts."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from lmi.core.settings import PROJECT_ROOT

AS_OF = date(2026, 10, 7)
MODELS = PROJECT_ROOT / "dbt_project" / "models"
COUNTS = {
    "openings_new": ("openings", "pes"),
    "registrations_new": ("registrations", "pes"),
    "ui_claims_new": ("claims", "benefits"),
    "acquisitions_reported": ("events", "insurance"),
    "losses_reported": ("events", "insurance"),
    "acquisitions": ("events", "insurance"),
    "losses": ("events", "insurance"),
}
_PLAIN = {
    "dim_source": "source_id varchar, entity varchar, every varchar, label_ko varchar, label_en varchar,"
    " licence_id varchar, latest_delivery_date date, delivery_status varchar",
    "dim_region": "region_code varchar, region_level varchar, name_ko varchar, name_en varchar, is_current boolean",
    "dim_calendar": "calendar_date date, holiday_name_ko varchar, holiday_name_en varchar, is_working_day boolean",
    "dim_indicator": "indicator varchar, label_ko varchar, label_en varchar, unit varchar, register varchar",
    "release": "release_id varchar, as_of date",
    "release_parts": "mart varchar, status varchar, as_of varchar, reason varchar",
}


def contract(mart: str) -> str:
    """Columns of a mart with their types, as its contract says."""
    (model,) = yaml.safe_load((MODELS / "marts" / f"{mart}.yml").read_text("utf-8"))["models"]
    return ", ".join(f'"{column["name"]}" {column["data_type"]}' for column in model["columns"])


def put(con: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    con.execute(
        f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
        list(row.values()),
    )


def write_marts(path: Path) -> Path:
    """The marts as of 7 October 2026: everything delivered; yesterday 6 openings against 9, one alert in Seoul."""
    with duckdb.connect(str(path)) as con:
        con.execute("begin")
        for table, columns in _PLAIN.items():
            con.execute(f"create table {table} ({columns})")
        for mart in ("trends_daily", "key_figures", "alerts"):
            con.execute(f"create table mart_employment_{mart} ({contract(f'mart_employment_{mart}')})")
        put(con, "release", release_id="20261007-abc", as_of=AS_OF)
        for mart in ("trends_daily", "key_figures", "alerts"):
            put(con, "release_parts", mart=f"mart_employment_{mart}", status="current", as_of="2026-10-07", reason="")
        for entity in ("vacancies", "registrations", "ui_claims", "insurance_events"):
            put(con, "dim_source", source_id=f"{entity}_daily", entity=entity, every="day", label_ko=f"{entity} 기관",
                label_en=f"Office of {entity}", licence_id="KR-administrative", latest_delivery_date=AS_OF,
                delivery_status="present")  # fmt: skip
        put(con, "dim_region", region_code="11", region_level="SIDO", name_ko="서울", name_en="Seoul", is_current=True)
        for back in range(60):
            day = AS_OF - timedelta(days=back)
            put(con, "dim_calendar", calendar_date=day, is_working_day=day.isoweekday() < 6,
                holiday_name_ko="개천절" if day == date(2026, 10, 3) else None,
                holiday_name_en="National Foundation Day" if day == date(2026, 10, 3) else None)  # fmt: skip
        for place, (indicator, (unit, register)) in enumerate(COUNTS.items()):
            _count(con, indicator, unit, register, place)
        put(con, "mart_employment_alerts", ref_date=date(2026, 10, 6), frequency="D", indicator="openings_new",
            region_code="11", value=32, expected=12.375, score=5.2597, threshold=4, is_alert=True, is_latest=True,
            history_figures=1130, history_alerts=74, false_alarm_rate=0.0654867257, unit="openings",
            as_of=AS_OF)  # fmt: skip
        con.execute("commit")
    return path


def _count(con: duckdb.DuckDBPyConnection, indicator: str, unit: str, register: str, place: int) -> None:
    """One count: its days, and its key figure. Events are 90 % reported up to the end of August only."""
    late = indicator in ("acquisitions", "losses")
    put(con, "dim_indicator", indicator=indicator, label_ko=f"{indicator} 건수", label_en=indicator, unit=unit,
        register=register)  # fmt: skip
    for back in range(60):
        day = AS_OF - timedelta(days=back)
        complete = 0 if back == 0 else 0.5 if late and day > date(2026, 8, 31) else 1
        put(con, "mart_employment_trends_daily", ref_date=day, indicator=indicator, region_code="_T",
            value=(7 * back + place) % 13, mean_7d=5 + place, value_weekday_year_before=8, completeness=complete,
            completeness_7d=complete, is_headline=complete >= 0.9, is_working_day=day.isoweekday() < 6, unit=unit,
            status="F" if complete == 1 else "P", as_of=AS_OF)  # fmt: skip
    told = date(2026, 8, 31) if late else date(2026, 10, 6)
    value = (7 * (AS_OF - told).days + place) % 13
    put(con, "mart_employment_key_figures", frequency="D", indicator=indicator, region_code="_T", ref_period=told,
        time_period=told.isoformat(), value=value, completeness=1, status="F",
        year_before_period=date(2025, 10, 14), value_year_before=9, change_year_before=value - 9, working_days=1,
        working_days_year_before=1, newest_time_period="2026-10-06", newest_value=1, newest_completeness=0.5,
        newest_status="P", periods_changed=13 if late else 0, change_since_day_before=17 if late else 0, unit=unit,
        as_of=AS_OF)  # fmt: skip
