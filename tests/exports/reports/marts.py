"""A small release's marts, written by hand in the columns of the models' contracts: 60 days of five counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from exports.reports.calendar import kept_dates, write_calendar
from exports.reports.source_quality import COLUMNS, DELAYS
from lmi.core.settings import PROJECT_ROOT, load_settings
from lmi.core.yaml import load_yaml

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
MARTS = (
    *(
        f"mart_employment_{name}"
        for name in ("trends_daily", "key_figures", "alerts", "trends_monthly", "trends_adjusted", "nowcasts",
                     "revisions", "vintages")
    ),
    "mart_coverage",
    "mart_vacancy_verification",
    "mart_source_quality_monthly",
    "mart_performance",
    "mart_occupation_training",
)  # fmt: skip
MONTHS = [date(2025 + month // 12, month % 12 + 1, 1) for month in range(7, 21)]
#: dimensions of the open tables of insured persons, and their cells: what was published of July 2025 and July 2026
INSURED_BY = {
    "insured_stock_by_region_industry": ("REF_AREA", "ACTIVITY"),
    "insured_stock_by_sex_age": ("SEX", "AGE"),
}
INSURED: dict[str, dict[tuple[str, str], tuple[int | None, int | None]]] = {
    "insured_stock_by_region_industry": {
        ("_T", "_T"): (100, 108), ("_T", "C"): (60, 66), ("_T", "A"): (20, 18), ("_T", "B"): (None, None),
        ("_T", "K"): (None, 24), ("11", "C"): (30, 34),
    },
    "insured_stock_by_sex_age": {
        ("_T", "_T"): (100, 108), ("F", "_T"): (45, 50), ("M", "_T"): (55, 58), ("_T", "Y_GE60"): (20, 24),
        ("_T", "Y40T49"): (None, None), ("_T", "_U"): (None, None), ("_T", "Y_LT30"): (40, 39), ("F", "Y_LT30"): (9, 9),
    },
}  # fmt: skip
#: month in which the series of Seoul breaks
BREAK = date(2026, 7, 1)
_PLAIN = {
    "dim_source": "source_id varchar, entity varchar, every varchar, label_ko varchar, label_en varchar,"
    " licence_id varchar, latest_delivery_date date, delivery_status varchar",
    "dim_region": "region_code varchar, region_level varchar, name_ko varchar, name_en varchar, is_current boolean,"
    " valid_to date",
    "dim_industry": "section_code varchar, industry_level integer, name_ko varchar, name_en varchar,"
    " is_current boolean",
    "dim_calendar": "calendar_date date, holiday_name_ko varchar, holiday_name_en varchar, is_working_day boolean",
    "dim_indicator": "indicator varchar, label_ko varchar, label_en varchar, unit varchar, register varchar",
    "release": "release_id varchar, as_of date",
    "release_parts": "mart varchar, status varchar, as_of varchar, reason varchar",
}


def contract(mart: str) -> str:
    """Columns of a mart with their types, as its contract says."""
    (model,) = load_yaml((MODELS / "marts" / f"{mart}.yml").read_text("utf-8"))["models"]
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
        for mart in MARTS:
            con.execute(f"create table {mart} ({contract(mart)})")
            put(con, "release_parts", mart=mart, status="current", as_of="2026-10-07", reason="")
        put(con, "release", release_id="20261007-abc", as_of=AS_OF)
        for entity in ("vacancies", "registrations", "ui_claims", "insurance_events"):
            put(con, "dim_source", source_id=f"{entity}_daily", entity=entity, every="day", label_ko=f"{entity} 기관",
                label_en=f"Office of {entity}", licence_id="KR-administrative", latest_delivery_date=AS_OF,
                delivery_status="present")  # fmt: skip
        put(con, "dim_region", region_code="26", region_level="SIDO", name_ko="부산", name_en="Busan", is_current=True)
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
        _months(con)
        _quality(con)
        con.execute("commit")
    _open_tables(path.parent / "exports" / "open" / "v1" / "tables")
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


def _months(con: duckdb.DuckDBPyConnection) -> None:
    """August 2025 to September 2026: September of employment insurance is half reported. Of the
    stock of August 110 are known at 94 %: fewer than the 112 of the year before, of which 100 were known at that age,
    when it was 108."""
    put(con, "dim_region", region_code="42", region_level="SIDO", name_ko="강원도", name_en="Gangwon", is_current=False,
        valid_to=date(2023, 6, 10))  # fmt: skip
    put(con, "dim_industry", section_code="C", industry_level=1, name_ko="제조업", name_en="Manufacturing",
        is_current=True)  # fmt: skip
    put(con, "mart_coverage", mart="mart_employment_nowcasts", entity="workplaces", status="stale", sources=1,
        note_ko="최근 전달이 늦음", note_en="The last delivery is late", as_of=AS_OF)  # fmt: skip
    named = {
        "insured_stock": "persons", "insured_growth_12m": "percent", "openings_per_seeker": "ratio",
        "beveridge_u_register": "ratio", "beveridge_v_register": "ratio",
    }  # fmt: skip
    for indicator, unit in named.items():
        put(con, "dim_indicator", indicator=indicator, label_ko=f"{indicator} 지표", label_en=indicator, unit=unit)
    for indicator, unit, value, before in (("insured_stock", "persons", 110, 112), ("openings_new", "openings", 6, 8),
                                           ("openings_per_seeker", "ratio", 0.4637, 0.54)):  # fmt: skip
        is_count = unit != "ratio"
        late = indicator == "insured_stock"
        put(con, "mart_employment_key_figures", frequency="M", indicator=indicator, region_code="_T",
            ref_period=MONTHS[-2] if late else MONTHS[-1], time_period="2026-08" if late else "2026-09", value=value,
            completeness=0.94 if late else 1, status="F" if late else "P", year_before_period=MONTHS[0],
            value_year_before=before, change_year_before=value - before,
            change_year_before_percent=100 * (value - before) / before if is_count else None, working_days=20,
            working_days_year_before=21, newest_time_period="2026-09", newest_value=7,
            newest_completeness=0.5 if late else 1, newest_status="P", periods_changed=0, change_since_day_before=0,
            unit=unit, as_of=AS_OF)  # fmt: skip
    for place, month in enumerate(MONTHS):
        status = "P" if month == MONTHS[-1] else "F"
        for indicator in ("openings_new", "insured_stock"):
            put(con, "mart_employment_trends_adjusted", ref_period=month, time_period=f"{month:%Y-%m}", sex="_T",
                region_code="_T", indicator=indicator, value_nsa=100 + place,
                value_sa=None if status == "P" else 101.4 + place,
                change_1m_percent=None if status == "P" else 0.25, status=status, as_of=AS_OF)  # fmt: skip
        for indicator in ("beveridge_u_register", "beveridge_v_register", "openings_new"):
            _cell(con, month, status, indicator, "total", 0.02 + place / 1000)
        for region, value in (("11", 30 + place), ("26", 2)):
            broken = "BOUNDARY_CHANGED" if (region, month) == ("11", BREAK) else None
            _cell(con, month, status, "openings_new", "region", value, broken, region_code=region)
    for sex in ("M", "F"):
        _cell(con, MONTHS[-2], "F", "insured_stock", "sex", 55, sex=sex)
    _cell(con, MONTHS[-2], "F", "insured_stock", "industry", 110, industry_code="C")
    put(con, "mart_employment_nowcasts", ref_period=MONTHS[-1], indicator="losses", region_code="_T", value_reported=20,
        completeness=0.5, value=40, interval_low=36, interval_high=45, as_of=AS_OF)  # fmt: skip
    put(con, "mart_employment_revisions", indicator="losses", region_code="_T", months_after=1, months=36,
        revision_sum=72, mean_revision=2, mean_absolute_revision=2.5, relative_mean_absolute_revision=0.0161,
        as_of=AS_OF)  # fmt: skip
    put(con, "mart_employment_vintages", ref_period=MONTHS[-2], indicator="openings_new", region_code="_T",
        vintage_date=date(2026, 9, 16), revision_no=0, value=9, as_of=AS_OF)  # fmt: skip
    for month, value in ((MONTHS[0], 100), (MONTHS[-2], 108)):
        put(con, "mart_employment_vintages", ref_period=month, indicator="insured_stock", region_code="_T",
            vintage_date=month.replace(month=9, day=16), revision_no=0, value=value, as_of=AS_OF)  # fmt: skip
    put(con, "mart_vacancy_verification", ref_period=MONTHS[-2], channel_code="_T", submitted=120, posted=80,
        rejected=16, concluded=109, posting_rate=0.7339449541, backlog=58)  # fmt: skip


def _quality(con: duckdb.DuckDBPyConnection) -> None:
    """September's deliveries: 59 of 60 came, one source lacks one of 30; the brief of the 6th came a day late."""
    settings = load_settings({})
    released = [(date(2026, 10, 5), date(2026, 10, 5)), (date(2026, 10, 7), date(2026, 10, 7))]
    write_calendar(con, "main", kept_dates(released, datetime(2026, 10, 7, 23, tzinfo=settings.tz), settings))
    units = {"quality_rows": "rows", "quality_refused_loads": "loads"} | dict.fromkeys(DELAYS, "days")
    for indicator in (*COLUMNS, *DELAYS, "quality_linked"):
        put(con, "dim_indicator", indicator=indicator, label_ko=f"{indicator} 지표", label_en=indicator,
            unit=units.get(indicator, "percent"), register="deliveries")  # fmt: skip
    for source, received, due in (("ui_claims_daily", 29, 30), ("vacancies_daily", 30, 30), ("_T", 59, 60)):
        _measure(con, source, "quality_deliveries", received, due)
        _measure(con, source, "quality_quarantined", 3, 1200)
    _measure(con, "ui_claims_daily", "quality_linked", 19, 20, "insured_persons")


def _measure(
    con: duckdb.DuckDBPyConnection, source: str, indicator: str, numerator: int, denominator: int, with_: str = "_Z"
) -> None:
    put(con, "mart_source_quality_monthly", ref_period=date(2026, 9, 1), time_period="2026-09", source_id=source,
        indicator=indicator, value=100 * numerator / denominator, numerator=numerator, denominator=denominator,
        linked_with=with_, unit="percent", as_of=AS_OF)  # fmt: skip


def _cell(
    con: duckdb.DuckDBPyConnection,
    month: date,
    status: str,
    indicator: str,
    breakdown: str,
    value: float,
    break_reason: str | None = None,
    **code: str,
) -> None:
    totals = dict.fromkeys(("region_code", "occupation_code", "industry_code", "sex", "age_group"), "_T")
    put(con, "mart_employment_trends_monthly", ref_period=month, time_period=f"{month:%Y-%m}", indicator=indicator,
        breakdown_type=breakdown, value=value, unit="openings", status=status, break_reason=break_reason, as_of=AS_OF,
        **(totals | code))  # fmt: skip


def _open_tables(folder: Path) -> None:
    """Openings by province up to August: the nation and Seoul are shown, the other province is hidden."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"TIME_PERIOD": f"{month:%Y-%m}", "REF_AREA": region, "OCCUPATION": occupation, "CONF_STATUS": status,
         "OBS_VALUE": Decimal(30 + place) if status == "F" else None}
        for place, month in enumerate(MONTHS[:-1])
        for region, status in (("_T", "F"), ("11", "F"), ("26", "A"))
        for occupation in ("_T", "01")
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "openings_by_region_occupation.parquet")
    for table, cells in INSURED.items():
        rows = [
            {"TIME_PERIOD": month, **dict(zip(INSURED_BY[table], codes, strict=True)),
             "CONF_STATUS": "A" if value is None else "F", "OBS_VALUE": value}
            for codes, values in cells.items()
            for month, value in zip(("2025-07", "2026-07"), values, strict=True)
        ]  # fmt: skip
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{table}.parquet")
