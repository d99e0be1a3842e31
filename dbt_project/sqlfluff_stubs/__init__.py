"""What the project's macros look like to sqlfluff: text of the same kind, without dbt. Used by .sqlfluff only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class dbt:
    """Cross-database macros the models use."""

    @staticmethod
    def date_trunc(part: str, value: str) -> str:
        return f"date_trunc('{part}', {value})"

    @staticmethod
    def hash(value: str) -> str:
        return f"md5({value})"

    @staticmethod
    def type_string() -> str:
        return "varchar"


def var(name: str) -> object:
    known: dict[str, object] = {
        "history_months": 60, "reporting_deadline_day": 15, "sources": [{}], "providers": {},
        "shrinkage_clients": 40, "adjustment_min_clients": 100, "small_n": 10,
        "beveridge_months": 60, "beveridge_months_least": 24, "parity_low": 0.8, "parity_high": 1.25,
        "score_individual": 50, "score_overall": 90,
        "hire_window_days": 90, "hire_occupation_digits": 3, "transition_min_persons": 10, "transition_months": 36,
        "adjusted_by_region": ["openings_new"], "adjusted_region_least": 25,
        "history_days": 400, "last_delay_days": 180,
        "headline_completeness": 0.9, "last_age_months": 12, "nowcast_months": 36, "nowcast_months_least": 12,
        "nowcast_backtests_least": 24, "revision_months": 36, "career_break_days": 180, "surge_score": 4,
        "verification_steps": ["S1_OFFICE", "S3_ALGORITHM", "S2_CALLCENTER", "S4_COHERENCE"],
    }  # fmt: skip
    return known.get(name, "2026-10-07")


def employability_outcomes() -> list[str]:
    return ["('NONE', 'NONE')"]


def has_source(source_id: str) -> bool:
    return True


def has_entity(entity: str) -> bool:
    return True


def as_of() -> str:
    return "cast('2026-10-07' as date)"


def first_quality_month() -> str:
    return "cast('2025-10-01' as date)"


def in_force() -> str:
    return "valid_to >= cast('2026-10-07' as date)"


def version_ends(relation: str, scheme: str) -> str:
    return f"select {scheme}, scheme_version, valid_to from {relation}"


def weighted_links(relation: str, code: Sequence[str], target: Sequence[str]) -> str:
    return f"select * from {relation}"


def text_literal(value: object) -> str:
    return "'text'"


def conformed_columns(entity: str, missing: Sequence[str] = ()) -> str:
    return "cast(some_id as varchar) as some_id"


def union_providers(entity: str) -> str:
    return "select 'source' as source_id"


def latest_versions(
    source_id: str, key: Sequence[str], provider_timestamp: str | None = None, received: str | None = None
) -> str:
    return "select 1 as some_id"


def posting_states() -> list[str]:
    return ["posted", "rejected"]


def concluded() -> str:
    return "(posted + rejected)"


def happening_days() -> dict[str, str]:
    return {"posted_in_month": "posted_on"}


def verification_counts() -> list[str]:
    return ["submitted", "decided"]


def cohort_counts() -> str:
    return "count(*) as submitted"


def period_counts(relation: str, keys: Sequence[str]) -> str:
    return f"select month_date, {', '.join(keys)} from {relation}"


def funnel_columns() -> str:
    return "cast(month_date as date) as ref_period"


def judgement_breakdowns() -> str:
    return "unnest(['total', 'source']) as breakdown_type, unnest(['_T', source_id]) as breakdown_code"


def judgement_counts() -> list[str]:
    return ["judged", "passed"]


def loss_reason_counts() -> dict[str, list[str]]:
    return {"losses_involuntary": ["22", "23"]}


def balance_series() -> list[str]:
    return ["sahin_above_regions", "sahin_below_regions"]


def trend_series() -> list[dict[str, object]]:
    return [
        {"relation": "some_cells", "needs": ["vacancies"], "crossed": ["openings_new"], "series": ["openings_open"]}
    ]


def has_entities(entities: Sequence[str]) -> bool:
    return True


def mart_need_rows() -> str:
    return "('mart', 'entity')"


def registry_sources() -> str:
    return "select 'source' as source_id"


def month_of(day: str) -> str:
    return f"cast(date_trunc('month', {day}) as date)"


def add_months(day: str, months: object) -> str:
    return f"cast({day} + to_months({months}) as date)"


def month_series(first_month: str, last_month: str, relation: str) -> str:
    return f"select {first_month} as month_date from {relation}"


def day_series(first_day: str, last_day: str) -> str:
    return f"select {first_day} as calendar_date"


def merged_stretches(relation: str, keys: Sequence[str]) -> str:
    return f"select * from {relation}"


def observed_until() -> str:
    return "cast('2026-08-31' as date)"


def time_period(frequency: str, first_day: str) -> str:
    return f"case {frequency} when 'A' then strftime({first_day}, '%Y') end"


def quarter_of(day: str, later: int = 0) -> str:
    return f"cast(date_trunc('quarter', {day}) as date)"


def performance_rates() -> list[dict[str, str]]:
    rate = {"indicator": "placement_rate_6m", "cohort": "start_date", "outcome": "is_placed_6m", "adjusted": "yes"}
    return [rate, rate | {"relation": "gains"}]


def performance_amounts() -> list[dict[str, str]]:
    return [{"indicator": "episodes_started", "cohort": "start_date", "members": "true", "numerator": "1"}]


def period_of(quarter_date: str, frequency: str, shift_months: str) -> str:
    return f"coalesce({quarter_date}, {frequency}, {shift_months})"


def performance_breakdowns() -> dict[str, list[str]]:
    names = ("total", "organisation_type", "organisation", "programme", "client_group")
    return {name: ["client_group"] for name in names}


def in_periods(relation: str) -> str:
    return f"select * from {relation}"


def coaching_indicators() -> dict[str, dict[str, str]]:
    return {"coaching_assessed": {"numerator": "1", "denominator": "1", "cohort": "true", "members": "true"}}


def by_breakdown(relation: str, aggregates: Sequence[str]) -> str:
    return f"select * from {relation}"


def known_by_age(indicators: Sequence[str], read_on_day: object, last_age: int) -> str:
    return "select 1 as age_months"


def insured_spells(relation: str, known_on: str | None = None) -> str:
    return f"select {known_on or 'spell_no'} from {relation}"


def _call(*arguments: object) -> str:
    return f"coalesce({', '.join(str(a) for a in arguments)})"


ratio = null_reason = exact_sqrt = coverage_note = age_group = wage_per_month = parse_provider_date = _call
business_no_is_valid = firm_size = employment_type = shrunk_probability = quality = quantile_type7 = ordered_list = (
    local_date
) = _call
third_of_month = age_group_5y = age_when_known = quantile_type7_exact = quantiles_type7 = quantile_of = _call
from_epoch_ms = ages_between = mended_punctuation = onet_code = _call


def date_at(instant: str, timezone: str) -> str:
    return f"cast({instant} as date)"


def json_text(json: str, path: str) -> str:
    return f"json_extract_string({json}, '{path}')"


def says_until_filled(text: str) -> str:
    return f"({text} = 'open')"


def tells_insured_pay(jobs: str) -> str:
    return f"{jobs}.weekly_hours > 0"


def reports_in(month_date: str) -> str:
    return f"cast({month_date} + 15 as date)"


def json_texts(json: str) -> str:
    return f"json_extract_string({json}, '$[*]')"


def json_facts(facts: Mapping[str, str]) -> str:
    return f"json_object({', '.join(facts.values())})"


def step_no(step_code: str) -> str:
    return f"length({step_code})"


def is_posting_decision(step_code: str, decision: str) -> str:
    return f"({decision} = 'PASS' and {step_code} = 'S3_ALGORITHM')"


def state_after(step_code: str, decision: str) -> str:
    return f"concat({step_code}, {decision})"


def filled_wording(wording: str, quote: str, facts: str) -> str:
    return f"concat({wording}, {quote}, {facts})"


def message_wording(wording: str, outcome: str, quote: str, facts: str) -> str:
    return f"concat({wording}, {outcome}, {quote}, {facts})"


def advice_wording(wording: str, outcome: str, profile: str, quote: str, facts: str) -> str:
    return f"concat({wording}, {outcome}, {profile}, {quote}, {facts})"


def reason_wording(code: str, label: str) -> str:
    return f"coalesce({label}, {code})"


def greedily_matched(openings: str, hires: str, days: int) -> str:
    return f"select {openings}.vacancy_key, {hires}.spell_no from {openings} inner join {hires} using (block)"


def kaplan_meier(relation: str, keys: Sequence[str]) -> str:
    return f"select {', '.join(keys)} from {relation}"


def outlasted_by(share: float) -> str:
    return f"min(duration) filter (where survival <= {share})"


def wilson(k: str, n: str, side: str) -> str:
    return f"least({k}, {n})"


def kappa(a: str, b: str, c: str, d: str) -> str:
    return f"least({a}, {b}, {c}, {d})"


def psi(pairs: Sequence[Sequence[str]], before_total: str, now_total: str) -> str:
    return f"least({', '.join(name for pair in pairs for name in pair)}, {before_total}, {now_total})"


def ratio_bound(k1: str, n1: str, k2: str, n2: str, side: str) -> str:
    return f"least({k1}, {n1}, {k2}, {n2})"


def null_reasons(reasons: Mapping[str, str]) -> str:
    return f"concat({', '.join(reasons)})"


def providers_of(entity: str) -> list[str]:
    return ["source"]


def occupation_levels() -> str:
    return "select 'KECO' as occupation_scheme, 2 as occupation_level"


def occupation_keys() -> list[str]:
    return ["scope", "occupation_scheme", "occupation_level", "occupation_code"]
