"""Every mart is recomputed by a test of this folder: a new one cannot come without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.truth import columns

HERE = Path(__file__).parent
MARTS = HERE.parents[1] / "dbt_project" / "models" / "marts"
#: mart -> tests that hold its figures against what they recompute
RECOMPUTED = {
    "mart_career_breaks": {"test_careers.test_breaks_and_returns"},
    "mart_coaching_funnel": {"test_coaching.test_coaching_funnel"},
    "mart_coverage": {"test_sources.test_registers_that_each_mart_needs"},
    "mart_employment_alerts": {"test_alerts.test_what_surges"},
    "mart_employment_beveridge": {"test_adjusted.test_shift_of_the_beveridge_curve"},
    "mart_employment_key_figures": {"test_key_figures.test_key_figures"},
    "mart_employment_nowcasts": {"test_vintages.test_nowcasts"},
    "mart_employment_revisions": {"test_vintages.test_revisions"},
    "mart_employment_trends_adjusted": {
        "test_adjusted.test_original_beside_adjusted_and_why_not",
        "test_adjusted.test_parts_of_an_adjusted_series_make_it_up",
        "test_adjusted.test_season_that_is_left_is_tested",
        "test_adjusted.test_season_of_the_insured_is_that_of_statsmodels",
        "test_adjusted.test_an_adjusted_ratio_is_that_of_adjusted_counts",
    },
    "mart_employment_trends_daily": {
        "test_daily.test_every_day_and_province", "test_columns.test_columns_beside_the_figures",
    },
    "mart_employment_trends_monthly": {
        "test_truth.test_employment_trends", "test_truth.test_mismatch_and_concentration",
    },
    "mart_employment_vintages": {
        "test_vintages.test_vintages_are_what_was_known_on_their_day",
        "test_vintages.test_a_vintage_of_the_stock_counts_the_persons_known_on_its_day",
    },
    "mart_occupation_coding": {"test_sources.test_where_the_occupations_of_vacancies_come_from"},
    "mart_occupation_employability": {"test_occupations.test_employability"},
    "mart_occupation_employability_quality": {
        "test_occupations.test_employability_is_tested_on_seekers_it_has_not_seen",
    },
    "mart_occupation_licence": {"test_occupations.test_licences_asked_for"},
    "mart_occupation_openings_monthly": {"test_occupations.test_openings_of_each_month"},
    "mart_occupation_profile": {
        "test_truth.test_occupation_series", "test_occupations.test_each_block_of_a_profile_says_how_good_it_is",
    },
    "mart_occupation_requirement": {"test_occupations.test_requirements"},
    "mart_occupation_similar": {"test_occupations.test_skills_and_similar_occupations"},
    "mart_occupation_skill": {"test_occupations.test_skills_and_similar_occupations"},
    "mart_occupation_training": {"test_occupations.test_training_outcomes"},
    "mart_occupation_transition": {"test_occupations.test_transitions"},
    "mart_occupation_wage": {"test_occupations.test_wages"},
    "mart_performance": {
        "test_performance.test_counts_and_ratios", "test_performance.test_medians",
        "test_performance.test_kaplan_meier", "test_performance.test_satisfaction_and_targets",
        "test_performance.test_targets_of_cells_are_weighted_with_clients",
        "test_guards.test_young_seekers_without_work_and_training",
        "test_guards.test_transitions_to_work_by_time_on_the_register",
        "test_performance.test_expected_rates_and_shrinkage", "test_guards.test_idle_cases_and_outlying_wages",
        "test_guards.test_outflow_to_work",
        "test_guards.test_creaming_compares_the_served_with_all_who_register",
        "test_guards.test_proportionality_needs_a_reference",
    },
    "mart_performance_parity": {"test_performance.test_parity_of_groups"},
    "mart_performance_scores": {"test_guards.test_scores_against_negotiated_levels"},
    "mart_reviewer_load": {"test_verification.test_what_people_decide_in_a_day"},
    "mart_source_quality_monthly": {
        "test_sources.test_what_was_delivered_and_what_became_of_it", "test_sources.test_delay_of_reports",
        "test_sources.test_records_that_found_their_counterpart",
    },
    "mart_vacancy_rejection_reasons": {"test_verification.test_why_submissions_are_refused"},
    "mart_vacancy_rule_coverage": {"test_verification.test_how_often_each_rule_could_be_asked"},
    "mart_vacancy_verification": {"test_truth.test_funnel_per_channel", "test_verification.test_whole_of_the_funnel"},
    "mart_vacancy_verification_detail": {"test_verification.test_detail_of_the_funnel"},
    "mart_vacancy_verification_quality": {"test_verification.test_how_well_step_3_judges"},
}  # fmt: skip


def test_each_mart_is_recomputed() -> None:
    assert set(RECOMPUTED) == {file.stem for file in MARTS.glob("mart_*.sql")}
    # the columns beside its figures, too; of this one every column is a figure
    assert set(columns.OF) == set(RECOMPUTED) - {"mart_occupation_employability_quality"}


@pytest.mark.parametrize("mart", RECOMPUTED)
def test_the_tests_are_there(mart: str) -> None:
    assert RECOMPUTED[mart]
    for name in RECOMPUTED[mart]:
        module, function = name.split(".")
        assert f"\ndef {function}(view: View" in (HERE / f"{module}.py").read_text("utf-8"), name
