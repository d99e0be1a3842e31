"""Pay of a posting in comparable terms: what the texts say, the hours it pays, and the minimum wage of its day.

Minimum Wage Act: the rate in force on the day work starts counts, else that of the closing day, else of the submission;
compared is the lower bound, in the unit of the posting, with rate × paid hours of that unit (unrounded). Paid hours
include the weekly rest day from 15 hours a week on (Labour Standards Act art. 55; 209 hours a month at 40 hours). Act
art. 5 (2): nine tenths during the first three months of a contract of a year or more, not for elementary occupations.
"""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pyarrow as pa

from ingest.typing_sql import literal
from validation.vetting.hours import paid_hours_month_sql, weekly_hours_of
from validation.vetting.rules import TABLES_DIR
from validation.vetting.wage import NOT_STATED, RANGE_INVERTED, UNIT_MISSING, UNITS, parse_wage

#: a wage outside these multiples of the minimum per hour is taken for a wrong unit
SUSPECT_LOW, SUSPECT_HIGH = "0.5", "20"
#: cells of fewer postings than this have no top per cent; the next wider cell stands in
CELL = 100

_WAGES = pa.schema([
    ("text", pa.string()), ("type_code", pa.string()), ("text_currency", pa.string()), ("low", pa.decimal128(38, 10)),
    ("high", pa.decimal128(38, 10)), ("unit", pa.string()), ("currency", pa.string()), ("problem", pa.string()),
])  # fmt: skip
_HOURS = pa.schema([("text", pa.string()), ("hours", pa.decimal128(38, 10))])


def load_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Tables ``minimum_wage`` and ``simple_labour`` as versioned with the rules."""
    con.execute(
        "CREATE OR REPLACE TABLE minimum_wage AS SELECT valid_from::DATE AS valid_from, valid_to::DATE AS valid_to,"
        f" wage_krw_hour::DECIMAL(18, 2) AS wage_krw_hour FROM read_csv('{TABLES_DIR / 'minimum_wage.csv'}')"
    )
    con.execute(
        "CREATE OR REPLACE TABLE simple_labour AS SELECT occupation_scheme, code_prefix"
        f" FROM read_csv('{TABLES_DIR / 'simple_labour.csv'}', all_varchar = true)"
    )


def unit_hours_sql(unit: str, weekly: str) -> str:
    """Paid hours of one wage unit as SQL. A day is a fifth of the week and eight hours at most."""
    month = paid_hours_month_sql(weekly)
    day = f"least(coalesce({weekly}, 40), 40) / 5.0"
    return (
        f"CASE {unit} WHEN 'H' THEN 1.0 WHEN 'D' THEN {day} WHEN 'W' THEN {month} * 84 / 365"
        f" WHEN 'M' THEN {month} WHEN 'Y' THEN {month} * 12 END"
    )


def _parse_texts(con: duckdb.DuckDBPyConnection) -> None:
    """Tables ``parsed_wage`` and ``parsed_hours``: each distinct text is read once."""
    texts = con.execute(
        "SELECT DISTINCT wage_text, wage_type_code, wage_currency FROM posting WHERE wage_text IS NOT NULL"
    ).fetchall()
    wages = [(*key, parse_wage(key[0], unit=key[1], currency=key[2])) for key in texts]
    columns = {
        name: [_stored(getattr(w[3], name)) for w in wages] for name in ("low", "high", "unit", "currency", "problem")
    }
    keys = {name: [w[place] for w in wages] for place, name in enumerate(("text", "type_code", "text_currency"))}
    con.register("_wages", pa.table(keys | columns, schema=_WAGES))
    con.execute("CREATE OR REPLACE TEMP TABLE parsed_wage AS SELECT * FROM _wages")
    con.unregister("_wages")
    texts = con.execute(
        "SELECT DISTINCT working_hours_text FROM posting WHERE working_hours_text IS NOT NULL"
    ).fetchall()
    hours = {"text": [t for (t,) in texts], "hours": [weekly_hours_of(t) for (t,) in texts]}
    con.register("_hours", pa.table(hours, schema=_HOURS))
    con.execute("CREATE OR REPLACE TEMP TABLE parsed_hours AS SELECT * FROM _hours")
    con.unregister("_hours")


def _stored(part: str | Decimal | None) -> str | Decimal | None:
    """A part of a wage as the table holds it; an amount of more digits than any wage has is none."""
    return None if isinstance(part, Decimal) and part >= 10**16 else part


def pay(con: duckdb.DuckDBPyConnection) -> None:
    """Writes table ``pay``, a row per posting: wage_date, mw_hour, wage_unit, wage_low, wage_high (in their unit),
    wage_problem, text_hours, hours_week, is_hours_assumed, paid_hours_month, unit_hours, mw_in_unit, wage_low_hourly,
    is_unit_suspect, is_pay_incomparable (part-time by week, month or year without hours), is_simple_labour,
    may_be_probation (by pay and occupation, see ``probation``). Reads ``posting``, ``minimum_wage``, ``simple_labour``.

    The text counts before the fields of the wage; where it names no amount, an amount in the fields does. A unit that
    is none of the known ones is missing.
    """
    _parse_texts(con)
    units = ", ".join(literal(unit) for unit in UNITS)
    month = paid_hours_month_sql("coalesce(hours_week, 40)")
    con.execute(f"""
        CREATE OR REPLACE TABLE pay AS
        WITH stated AS (
            SELECT
                p.* REPLACE (CASE WHEN p.wage_type_code IN ({units}) THEN p.wage_type_code END AS wage_type_code),
                h.hours AS text_hours, coalesce(nullif(p.weekly_hours, 0), h.hours) AS hours_week,
                coalesce(p.start_date, p.close_date, p.submitted_date) AS wage_date,
                coalesce(w.low, w.high) IS NOT NULL AS has_text_amount,
                coalesce(nullif(p.wage_min, 0), nullif(p.wage_max, 0)) IS NOT NULL AS has_field_amount,
                w.low, w.high, w.unit, w.currency, w.problem
            FROM posting AS p
            LEFT JOIN parsed_wage AS w ON w.text = p.wage_text
                AND w.type_code IS NOT DISTINCT FROM p.wage_type_code
                AND w.text_currency IS NOT DISTINCT FROM p.wage_currency
            LEFT JOIN parsed_hours AS h ON h.text = p.working_hours_text
        ),

        chosen AS (
            SELECT
                posting_no, submitted_date, wage_date, text_hours, hours_week, country_code, employment_type_code,
                occupation_scheme, occupation_code,
                CASE WHEN has_text_amount THEN low ELSE nullif(wage_min, 0) END::DECIMAL(24, 4) AS wage_low,
                CASE WHEN has_text_amount THEN high ELSE nullif(wage_max, 0) END::DECIMAL(24, 4) AS wage_high,
                CASE WHEN has_text_amount THEN unit WHEN has_field_amount THEN coalesce(wage_type_code, unit) END
                    AS wage_unit,
                coalesce(CASE WHEN has_text_amount THEN currency END, wage_currency,
                    CASE country_code WHEN 'KR' THEN 'KRW' END) AS wage_in,
                CASE
                    WHEN has_text_amount THEN problem
                    WHEN has_field_amount THEN CASE
                        WHEN wage_min > wage_max AND wage_max > 0 THEN '{RANGE_INVERTED}'
                        WHEN coalesce(wage_type_code, unit) IS NULL THEN '{UNIT_MISSING}' END
                    ELSE coalesce(problem, '{NOT_STATED}')
                END AS wage_problem
            FROM stated
        ),

        rated AS (
            SELECT
                c.*, m.wage_krw_hour AS mw_hour,
                hours_week IS NULL AS is_hours_assumed,
                hours_week IS NULL AND coalesce(wage_unit IN ('W', 'M', 'Y'), false)
                    AND coalesce(employment_type_code IN ('11', '21'), false) AS is_pay_incomparable,
                {month} AS paid_hours_month,
                {unit_hours_sql("wage_unit", "coalesce(hours_week, 40)")} AS unit_hours,
                EXISTS (
                    SELECT 1 FROM simple_labour AS s
                    WHERE s.occupation_scheme = c.occupation_scheme AND starts_with(c.occupation_code, s.code_prefix)
                ) AS is_simple_labour
            FROM chosen AS c
            LEFT JOIN minimum_wage AS m ON c.wage_date BETWEEN m.valid_from AND m.valid_to
        ),

        compared AS (SELECT *, mw_hour * unit_hours AS mw_in_unit FROM rated)

        SELECT
            posting_no, wage_date, mw_hour, wage_unit, wage_low, wage_high, wage_in, wage_problem,
            text_hours::DECIMAL(6, 2) AS text_hours, hours_week::DECIMAL(6, 2) AS hours_week, is_hours_assumed,
            paid_hours_month, unit_hours, mw_in_unit,
            floor(100 * wage_low / unit_hours) / 100 AS wage_low_hourly,
            coalesce(wage_problem = '{RANGE_INVERTED}', false)
            OR coalesce(
                wage_in = 'KRW' AND (
                    (coalesce(wage_low, wage_high) < {SUSPECT_LOW} * mw_in_unit AND NOT is_pay_incomparable)
                    OR coalesce(wage_low, wage_high) > {SUSPECT_HIGH} * mw_in_unit
                ), false
            ) AS is_unit_suspect,
            is_pay_incomparable,
            is_simple_labour,
            coalesce(NOT is_simple_labour AND wage_low < mw_in_unit AND 10 * wage_low >= 9 * mw_in_unit, false)
                AS may_be_probation
        FROM compared
        ORDER BY posting_no
    """)


def usual_pay(con: duckdb.DuckDBPyConnection) -> None:
    """Writes ``usual_pay``: posting_no, wage_q99_hourly, the Q99 of advertised pay in the 12 months before its month.

    Cells, narrowest first: occupation group (2 digits) × province, occupation group, all; a cell of fewer than CELL
    postings passes to the next. NULL when even all are fewer. Reads ``posting`` and ``known_posting``.
    """
    hourly = f"(wage_min / {unit_hours_sql('wage_type_code', 'coalesce(nullif(weekly_hours, 0), 40)')})"
    con.execute(f"""
        CREATE OR REPLACE TABLE usual_pay AS
        WITH priced AS (
            SELECT
                date_trunc('month', submitted_date)::DATE AS month, {hourly} AS hourly,
                coalesce(left(occupation_code, 2), '') AS occupation, coalesce(left(region_code, 2), '') AS province
            FROM known_posting
            WHERE wage_min > 0 AND wage_currency = 'KRW' AND wage_type_code IS NOT NULL
        ),

        asked AS (
            SELECT DISTINCT date_trunc('month', submitted_date)::DATE AS month,
                coalesce(left(occupation_code, 2), '') AS occupation, coalesce(left(region_code, 2), '') AS province
            FROM posting
        ),

        months AS (SELECT DISTINCT month FROM asked),

        windows AS (
            SELECT m.month, p.occupation, p.province, p.hourly
            FROM months AS m
            JOIN priced AS p ON p.month >= m.month - INTERVAL 12 MONTH AND p.month < m.month
        ),

        cells AS (
            SELECT month, occupation, province, quantile_cont(hourly, 0.99) AS q99
            FROM windows
            GROUP BY GROUPING SETS ((month, occupation, province), (month, occupation), (month))
            HAVING count(*) >= {CELL}
        )

        SELECT
            p.posting_no,
            floor(100 * coalesce(a.q99, b.q99, c.q99)) / 100 AS wage_q99_hourly
        FROM posting AS p
        LEFT JOIN cells AS a ON a.month = date_trunc('month', p.submitted_date)::DATE
            AND a.occupation = coalesce(left(p.occupation_code, 2), '')
            AND a.province = coalesce(left(p.region_code, 2), '')
        LEFT JOIN cells AS b ON b.month = date_trunc('month', p.submitted_date)::DATE
            AND b.occupation = coalesce(left(p.occupation_code, 2), '') AND b.province IS NULL
        LEFT JOIN cells AS c ON c.month = date_trunc('month', p.submitted_date)::DATE
            AND c.occupation IS NULL AND c.province IS NULL
        ORDER BY p.posting_no
    """)
