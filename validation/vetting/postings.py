"""The canonical posting: what rules can ask about a vacancy, whatever source it came from.

A registry entry with a ``vetting`` part says which canonical columns the source carries and from which landed column,
or DuckDB expression over landed columns, each comes. A column it does not name is *never carried*: rules that need it
do not apply to the source, which is not the same as a blank value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from ingest.registry import Source
from ingest.typing_sql import literal
from validation.accepted import AcceptedLoad, accepted_query

#: canonical column -> DuckDB type; wages in the currency of ``wage_currency``, hours per week, dates in local days
CANONICAL = {
    "posting_id": "VARCHAR",
    "submitted_date": "DATE",
    "channel_code": "VARCHAR",
    "title": "VARCHAR",
    "duties": "VARCHAR",
    "requirements": "VARCHAR",
    "employer_name": "VARCHAR",
    "business_no": "VARCHAR",
    "workplace_no": "VARCHAR",
    "industry_code": "VARCHAR",
    "occupation_scheme": "VARCHAR",
    "occupation_code": "VARCHAR",
    "region_code": "VARCHAR",
    "work_address": "VARCHAR",
    "country_code": "VARCHAR",  # ISO 3166 alpha-2 of the work place; of the provider where not stated
    "employment_type_code": "VARCHAR",  # 10 regular, 20 fixed term, 11 and 21 the same part-time, 4 by the day
    "wage_text": "VARCHAR",
    "wage_type_code": "VARCHAR",  # H, D, W, M, Y
    "wage_min": "DECIMAL(18, 2)",
    "wage_max": "DECIMAL(18, 2)",
    "wage_currency": "VARCHAR",
    "working_hours_text": "VARCHAR",
    "weekly_hours": "DECIMAL(6, 2)",
    "career_code": "VARCHAR",  # N none asked, E experienced, Z either
    "education_code": "VARCHAR",
    "openings": "BIGINT",
    "start_date": "DATE",
    "close_date": "DATE",
    "close_date_text": "VARCHAR",
    "has_image": "BOOLEAN",
    "has_contact_phone": "BOOLEAN",
    "has_contact_email": "BOOLEAN",
    "contact_phone_key": "VARCHAR",
    "requisition_id": "VARCHAR",  # the employer declares requisitions with different ids as distinct
    "overseas_report_no": "VARCHAR",
    "headcount": "BIGINT",
}
#: without these no posting can be found again or judged by the rules of its day
DEMANDED = ("posting_id", "submitted_date")


class MappingError(Exception):
    """The ``vetting`` part of a registry entry is wrong; the message names file, column and mend (exit code 2)."""


def vetted_sources(sources: Iterable[Source]) -> list[Source]:
    """Sources whose entries say how vetting reads them, by id."""
    return sorted((s for s in sources if s.vetting), key=lambda s: s.id)


def profile_of(source: Source) -> str:
    return str((source.vetting or {})["profile"])


def carried(source: Source) -> frozenset[str]:
    """Canonical columns the source carries; a closing date as text carries the date as well."""
    names = frozenset((source.vetting or {})["fields"])
    return names | {"country_code"} | ({"close_date"} if "close_date_text" in names else frozenset())


def check_mapping(source: Source) -> None:
    """Raises MappingError for a canonical column that does not exist, or an expression that does not run."""
    where = f"ingest/sources/{source.id}.yml: vetting.fields"
    fields = (source.vetting or {})["fields"]
    if unknown := sorted(set(fields) - set(CANONICAL)):
        raise MappingError(f"{where}: {unknown} are no canonical columns. Known: {', '.join(CANONICAL)}.")
    if missing := [name for name in DEMANDED if name not in fields]:
        raise MappingError(f"{where}: {missing} are missing. Name the landed column of each.")
    with duckdb.connect() as con:
        landed = accepted_query(source, [])
        for name, expression in fields.items():
            try:
                con.execute(f"SELECT TRY_CAST(({expression}) AS {CANONICAL[name]}) FROM ({landed})")
            except duckdb.Error as error:
                reason = str(error).splitlines()[0]
                raise MappingError(f"{where}.{name}: {expression} does not run: {reason}. Mend it.") from error


def parsed_date_sql(text: str) -> str:
    """Day in a provider's text (YY-MM-DD, YYYY-MM-DD, YYYYMMDD, YYMMDD, after words too); NULL when it names no end.

    The same reading as the macro ``parse_provider_date`` of the models, which dbt has to hold in its own language.
    """
    pattern = r"(\d{4}-\d{2}-\d{2}|\d{2}-\d{2}-\d{2}|\d{8}|\d{6})"
    digits = f"replace(regexp_extract({text}, '{pattern}', 1), '-', '')"
    return (
        f"CASE WHEN length({digits}) = 8 AND left({digits}, 4) < '2090' THEN try_strptime({digits}, '%Y%m%d')::DATE"
        f" WHEN length({digits}) = 6 THEN try_strptime('20' || {digits}, '%Y%m%d')::DATE END"
    )


def canonical_query(source: Source, loads: list[AcceptedLoad]) -> str:
    """Query for the distinct records of some loads in canonical columns, each as of the first load that held it.

    Beside the canonical columns: source_id, record_hash, load_id, delivery_date. Blank texts are NULL.
    """
    country = literal(source.provider["country"])
    return f"""
        SELECT {literal(source.id)} AS source_id, record_hash, load_id, delivery_date,
            * EXCLUDE (record_hash, load_id, delivery_date) REPLACE (
                coalesce(country_code, {country}) AS country_code,
                coalesce(close_date, {parsed_date_sql("close_date_text")}) AS close_date
            )
        FROM (
            SELECT _record_hash AS record_hash, _load_id AS load_id, _delivery_date AS delivery_date,
                {canonical_columns((source.vetting or {})["fields"])}
            FROM ({accepted_query(source, loads)})
            QUALIFY row_number() OVER (
                PARTITION BY _record_hash ORDER BY _delivery_date, _load_id, _page, _row
            ) = 1
        )
    """


def canonical_columns(fields: Mapping[str, str]) -> str:
    """Select list of the canonical columns; ``fields``: the expression of each that is there. Blank texts are NULL."""
    columns = []
    for name, kind in CANONICAL.items():
        value = f"TRY_CAST(({fields[name]}) AS {kind})" if name in fields else f"CAST(NULL AS {kind})"
        if kind == "VARCHAR" and name in fields:
            value = f"CASE WHEN trim({value}, ' \t\n\r') <> '' THEN {value} END"
        columns.append(f"{value} AS {name}")
    return ", ".join(columns)
