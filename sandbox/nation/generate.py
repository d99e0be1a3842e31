"""Generate the nation: truth, what each provider holds of it, and a dictionary of its occupations."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb

from sandbox.nation.dictionary import write_dictionary
from sandbox.nation.engine import Plan, nation_database, run_sql, write_parquet

FIRST_DAY = date(2021, 10, 1)
HISTORY_END = date(2026, 9, 30)
LAST_DAY = date(2026, 11, 9)
#: planted: what enrolling in training adds to the chance of being hired within 365 days after registration
TRAINING_EFFECT = 0.12
#: share of the vacancies of private partners that come with a title and no code of an occupation: their portals have
#: categories of their own. About a tenth of all that is submitted
UNCODED_SHARE = 0.6


@dataclass(frozen=True)
class BirthBreaks:
    """Planted: women who leave the job that they hold at a birth, mostly in their early thirties, and come back."""

    #: of all women, if they hold a job then
    break_share: float = 0.5
    #: of those who left; a year later or more
    return_share: float = 0.7
    #: until they are back
    mean_years_away: float = 4.0


#: most jobs one person can have; the numbers of reports leave room for no more
_ROUNDS = 29
#: provider files and truth tables with the unique key that orders them
PROVIDER_ORDER = {
    "insurance_events": "_delivery_date, event_no",
    "seeker_registrations": "_delivery_date, seeker_reg_no, updated_at",
    "vacancy_submissions": "_delivery_date, posting_id, updated_at",
    "vacancy_reviews": "_delivery_date, review_id",
    "referrals": "_delivery_date, referral_id, updated_at",
    "posting_reports": "_delivery_date, report_id",
    "training_enrolments": "_delivery_date, enrolment_no, updated_at",
    "service_episodes": "_delivery_date, episode_id, updated_at",
    "agency_clients": "_delivery_date, client_id, updated_at",
    "ui_claims": "_delivery_date, claim_no, updated_at",
    "ui_payments": "_delivery_date, payment_no",
    "work24_vacancies": "wanted_auth_no, _visible_from",
    "portal_vacancies": "posting_id, _visible_from",
    "hrdnet_courses": "trpr_id, trpr_degr, _visible_from",
    "nts_business_status": "business_no, _visible_from",
    "kcomwel_workplaces": "business_no, workplace_name, insurance_kind_code",
    "workplaces": "_delivery_date, workplace_no, updated_at",
    "organisations": "_delivery_date, organisation_code, updated_at",
    "assessments": "_delivery_date, assessment_id",
    "coaching_sessions": "_delivery_date, session_id, updated_at",
    "service_contacts": "_delivery_date, contact_id",
    "credentials": "_delivery_date, credential_no",
    "eligible_populations": "_delivery_date, period, client_group",
    "performance_targets": "_delivery_date, organisation_code, programme_code, period, indicator_code",
    "satisfaction_surveys": "_delivery_date, organisation_code, programme_code, period, respondent",
    "dictionary_titles": "_delivery_date, keco_code, title",
    "dictionary_summaries": "_delivery_date, keco_code",
    "qualifications": "_delivery_date, qualification_code",
    "wage_arrears": "_delivery_date, list_id, business_no",
    "agency_licences": "_delivery_date, licence_no",
}
TRUTH_ORDER = {
    "persons": "person_id",
    "planted_persons": "person_id",
    "employers": "employer_id",
    "workplaces": "workplace_no",
    "spells": "acq_event_no",
    "insurance_reports": "received_date, event_no",
    "vacancies": "posting_id",
    "vacancy_hires": "posting_id, hire_no",
    "vacancy_violations": "posting_id, rule_no",
    "vacancy_decoys": "posting_id",
    "portal_twins": "portal_id",
    "reviews": "review_id",
    "registrations": "received_date, seeker_reg_no, updated_at",
    "referrals": "referral_id",
    "enrolments": "enrolment_no",
    "episodes": "episode_id",
    "episode_reports": "episode_id, updated_at",
    "clients": "seeker_reg_no",
    "agency_clients": "client_id",
    "assessments": "assessment_id",
    "coaching_sessions": "session_id",
    "service_contacts": "contact_id",
    "credentials": "credential_no",
    "organisations": "organisation_code",
    "claims": "claim_no",
    "career_breaks": "person_id",
    "effects": "subject, code",
}


def generate(
    folder: Path,
    persons: int,
    seed: int,
    *,
    first_day: date = FIRST_DAY,
    history_end: date = HISTORY_END,
    last_day: date = LAST_DAY,
    threads: int = 2,
    memory_limit: str = "3GB",
    births: BirthBreaks | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, int]:
    """Write ``nation.json``, ``truth/*.parquet`` and ``provider/*.parquet`` under ``folder``, replacing what is there;
    beside them the dictionary of occupations. ``births`` are the career breaks planted.

    The content depends on ``persons``, ``seed`` and the days only, not on threads or memory. ``progress`` is called
    with the name of a finished stage and the seconds it took. Returns rows per provider file.
    Raises ValueError for a size or days that make no nation.
    """
    if not 200 <= persons <= 25_000_000:
        raise ValueError(f"persons is {persons}; a nation has between 200 and 25,000,000.")
    if not first_day < history_end < last_day:
        raise ValueError("first_day, history_end and last_day must follow one another.")
    plan = Plan(persons, seed, first_day, history_end, last_day)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nation.json").unlink(missing_ok=True)
    for part in ("truth", "provider"):
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir()
    with nation_database(folder, plan, threads, memory_limit) as con:
        rows = _stages(con, folder, births or BirthBreaks(), progress or (lambda stage, seconds: None))
    write_dictionary(folder)
    description = {
        "persons": persons, "seed": seed, "first_day": str(first_day), "history_end": str(history_end),
        "last_day": str(last_day), "built_with": f"duckdb {duckdb.__version__}", "rows": rows,
    }  # fmt: skip
    (folder / "nation.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return rows


def _stages(
    con: duckdb.DuckDBPyConnection, folder: Path, births: BirthBreaks, progress: Callable[[str, float], None]
) -> dict[str, int]:
    started = time.perf_counter()
    planted = {"training_effect": TRAINING_EFFECT} | asdict(births)
    texts = {name: str(value) for name, value in planted.items()}

    def done(stage: str) -> None:
        nonlocal started
        progress(stage, time.perf_counter() - started)
        started = time.perf_counter()

    run_sql(con, "people")
    done("people and employers")
    run_sql(con, "work_start", **texts)
    for _ in range(_ROUNDS):
        run_sql(con, "work_spells")
        run_sql(con, "work_gaps", **texts)
        if _count(con, "state") == 0:
            break
    run_sql(con, "work_more")
    done("employment spells")
    run_sql(con, "reports")
    done("insurance reports")
    run_sql(con, "vacancies")
    run_sql(con, "texts", uncoded_share=str(UNCODED_SHARE))
    for stage in ("reviews", "portals"):
        run_sql(con, stage)
    done("vacancies and their verification")
    run_sql(con, "seekers")
    run_sql(con, "agencies")
    run_sql(con, "coaching")
    run_sql(con, "services")
    done("registrations, services and training")
    rows: dict[str, int] = {}
    for stage in ("provider_registers", "provider_services", "provider_lists"):
        run_sql(con, stage)
    for source, order in PROVIDER_ORDER.items():
        file = folder / "provider" / f"{source}.parquet"
        rows[source] = write_parquet(con, f"FROM p_{source}", file, order)
        done(f"provider {source}")
    run_sql(con, "truth", **texts)
    for table, order in TRUTH_ORDER.items():
        file = folder / "truth" / f"{table}.parquet"
        write_parquet(con, f"FROM t_{table}", file, order)
    done("truth")
    return rows


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0
