"""The eight reference marts: which models make each, which columns of the facts they read, and what is compared.

The SQL is the project's own: dbt compiles the models, and what it compiled runs on generated facts. Only
``training_outcome`` is a statement of the bench. Each mart is made from the facts, whatever another has made of them.
``answer`` is what the other engines must give too: keys, then whole numbers (equal) or amounts (within 0.01).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

#: last day whose insurance reports are in (macro observed_until)
OBSERVED_UNTIL = date(2026, 9, 30)


@dataclass(frozen=True)
class Mart:
    """``reads`` is all the models may see: columns by fact. ``keys`` is how many columns of the answer name a row."""

    reads: Mapping[str, tuple[str, ...]]
    models: tuple[str, ...]
    answer: str
    keys: int


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MARTS = {
    "monthly_stock": Mart(
        {
            "fct_insured_spells": _columns(
                "spell_no person_id sex birth_year workplace_no acquisition_date loss_date is_headline is_inverted"
            ),
            "dim_workplace": _columns("workplace_no region_code industry_section"),
        },
        (
            "int_insured_jobs__placed",
            "int_insured_stretches",
            "int_insured_persons__changes",
            "int_insured_persons__monthly",
        ),
        """select breakdown_type,
            case breakdown_type when 'region' then region_code when 'industry' then industry_code
                when 'sex' then sex when 'age_group' then age_group else '_T' end as code,
            month_date, insured_stock::double as stock, insured_entries::double as entries,
            insured_exits::double as exits
        from intermediate.int_insured_persons__monthly""",
        3,
    ),
    "job_moves": Mart(
        {
            "fct_insured_spells": _columns(
                "spell_no person_id occupation_code workplace_no acquisition_date loss_date"
                " weekly_hours monthly_pay_krw is_headline is_inverted source_id"
            ),
        },
        ("int_occupations__main", "int_occupation_jobs", "int_occupation_moves"),
        """select left(from_code, 2) as from_group, coalesce(left(to_code, 2), 'LEFT') as to_group, count(*) as moves,
            count(wage_after / wage_before) as wages,
            round(quantile_cont(100.0 * wage_after / wage_before - 100, 0.5), 2)::double as wage_change
        from intermediate.int_occupation_moves group by all""",
        2,
    ),
    "tightness": Mart(
        {
            "fct_vacancies": _columns(
                "is_submission registered_date posting_state posted_from closed_on occupation_group region_code"
                " openings"
            ),
            "fct_registration_spells": _columns("reg_date ended_on status status_date occupation_group region_code"),
        },
        ("int_openings__monthly", "int_registrations__monthly", "int_labour_counts__monthly"),
        """select month_date, breakdown_type, region_code, occupation_code, openings_new::double as openings_new,
            openings_posted::double as openings_posted, openings_open_change::double as openings_open_change,
            registrations_new::double as registrations_new, placements::double as placements,
            registrations_open_new::double as registrations_open_new,
            registrations_open_change::double as registrations_open_change
        from intermediate.int_labour_counts__monthly""",
        4,
    ),
    "job_finding": Mart(
        {
            "int_episodes__described": _columns("episode_no person_key person_id start_date"),
            "fct_insured_spells": _columns(
                "person_id spell_no workplace_no acquisition_date loss_date monthly_pay_krw contract_end_ym is_headline"
                " is_inverted"
            ),
            "dim_workplace": _columns("workplace_no business_no"),
        },
        ("int_episode_jobs__first",),
        """select date_trunc('month', start_date)::date as month_date, count(*) as episodes,
            count(*) filter (where acquisition_date - start_date <= 180) as found_180_days,
            coalesce(sum(acquisition_date - start_date), 0)::bigint as days_to_job,
            count(*) filter (where is_open_ended) as open_ended, count(previous_monthly_pay_krw) as had_a_job,
            coalesce(sum(monthly_pay_krw), 0)::bigint as pay,
            coalesce(sum(previous_monthly_pay_krw), 0)::bigint as previous_pay
        from intermediate.int_episodes__described left join intermediate.int_episode_jobs__first using (episode_no)
        group by all""",
        1,
    ),
    "retention": Mart(
        {
            "int_episodes__described": _columns("episode_no person_key person_id start_date"),
            "fct_insured_spells": _columns(
                "person_id spell_no workplace_no acquisition_date loss_date monthly_pay_krw contract_end_ym is_headline"
                " is_inverted"
            ),
            "dim_workplace": _columns("workplace_no business_no"),
            "fct_registration_spells": _columns("person_key reg_date"),
        },
        ("int_episode_jobs__first", "int_episode_jobs__followed"),
        """select date_trunc('month', acquisition_date)::date as month_date, count(*) as placed,
            count(*) filter (where is_retained_6m) as retained_6m,
            count(*) filter (where is_retained_12m) as retained_12m,
            count(*) filter (where is_retained_employer_6m) as retained_employer_6m,
            count(*) filter (where is_retained_employer_12m) as retained_employer_12m,
            count(*) filter (where registered_again_date - acquisition_date <= 365) as registered_again
        from intermediate.int_episode_jobs__first join intermediate.int_episode_jobs__followed using (episode_no)
        group by all""",
        1,
    ),
    "training_outcome": Mart(
        {
            "fct_training_enrolments": _columns("person_id course_id ended_date status"),
            "fct_insured_spells": _columns("person_id acquisition_date is_headline is_inverted"),
        },
        (),
        (Path(__file__).parent / "training_outcome.sql")
        .read_text("utf-8")
        .format(observed_until=f"date '{OBSERVED_UNTIL}'"),
        1,
    ),
    "funnel": Mart(
        {
            "fct_vacancies": _columns(
                "vacancy_key posting_id is_submission registered_date channel_code office_code submission_source_id"
                " occupation_group region_code workplace_no posting_state posted_from closed_on inactive_from"
                " is_inactive_provisional"
            ),
            "fct_posting_review": _columns("vacancy_key is_machine step_code decision"),
            "fct_posting_status": _columns("vacancy_key state valid_from reason"),
            "int_vacancy_reviews__states": _columns("vacancy_key first_decided_date returns_or_holds"),
            "int_vacancies__filled": _columns(
                "vacancy_key openings openings_filled filled_on is_provisional referrals_filled_on"
            ),
        },
        ("int_submissions__measured",),
        """select month_date, channel_code, count(*) as submitted,
            count(*) filter (where posting_state = 'posted') as posted,
            count(*) filter (where posting_state = 'rejected') as rejected,
            count(*) filter (where is_first_pass) as first_pass, count(*) filter (where is_returned) as returned,
            count(*) filter (where is_held) as held, count(*) filter (where is_decided) as decided,
            coalesce(sum(waiting_days), 0)::bigint as waiting_days,
            count(*) filter (where taken_down_on <= posted_on + 30) as taken_down_30d, count(ended_on) as closed,
            coalesce(sum(openings_posted), 0)::bigint as openings_posted,
            coalesce(sum(openings_filled), 0)::bigint as openings_filled, count(first_filled_on) as filled
        from intermediate.int_submissions__measured group by all""",
        2,
    ),
    "wage_profile": Mart(
        {
            "fct_insured_spells": _columns(
                "spell_no person_id occupation_code workplace_no acquisition_date loss_date"
                " weekly_hours monthly_pay_krw is_headline is_inverted source_id"
            ),
            "dim_workplace": _columns("workplace_no region_code"),
            "fct_vacancies": _columns(
                "vacancy_key scope country occupation_scheme current_occupation_code region_code registered_date"
                " openings education_code career_months wage_currency posting_state is_submission wage_month_min"
                " wage_month_max"
            ),
        },
        _columns(
            "int_sidos__main int_occupations__main int_occupation_jobs int_occupation_jobs__placed"
            " int_occupation_vacancies mart_occupation_wage"
        ),
        """select scope, occupation_level, occupation_code, region_code, n, wage_month_p10::double as p10,
            wage_month_p25::double as p25, wage_month_p50::double as p50, wage_month_p75::double as p75,
            wage_month_p90::double as p90
        from marts.mart_occupation_wage""",
        4,
    ),
}
