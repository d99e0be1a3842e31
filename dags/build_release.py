"""``build_release``: vacancies vetted, titles coded, one new warehouse file from all that was accepted, audited,
published by one flip.

It starts when every daily source has reported, and at 05:45 in any case: a late source never holds the others back.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, AssetAll, AssetOrTimeSchedule, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from dags.assets import RELEASE, SETTINGS, WORKING_DAY, accepted_asset, at, day_params, default_args
from dags.working_day import working_day
from ingest.registry import sources_of
from lmi.core import release
from lmi.core.settings import load_settings

SOURCES = sources_of(SETTINGS.profile, SETTINGS.sources).values()
DAILY = [s.id for s in SOURCES if s.schedule["every"] == "day"]
AT_LATEST = at(release.AT_LATEST)

with DAG(
    dag_id="build_release",
    schedule=AssetOrTimeSchedule(timetable=AT_LATEST, assets=AssetAll(*map(accepted_asset, DAILY)))
    if DAILY
    else AT_LATEST,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    params=day_params(),
    default_args=default_args(retry_minutes=2),
    tags=["release"],
    doc_md=__doc__,
) as build_release:

    @task(inlets=[accepted_asset(s.id) for s in SOURCES])
    def vet() -> None:
        """A decision with its reasons for every posting that has none. Fails the release: nothing unvetted goes out."""
        from validation.vetting.pipeline import vet as vet_postings
        from validation.vetting.postings import MappingError
        from validation.vetting.rules import RuleError

        try:
            vet_postings(load_settings(), working_day(get_current_context(), SETTINGS.tz))
        except (RuleError, MappingError) as wrong:
            raise AirflowFailException(f"Nothing is published before the vetting runs: {wrong}") from None

    @task(inlets=[accepted_asset(s.id) for s in SOURCES])
    def code_titles() -> None:
        """A code, or the word that there is none, for every title that came without an occupation."""
        from validation.coding.postings import code_postings

        code_postings(load_settings(), working_day(get_current_context(), SETTINGS.tz))

    @task(inlets=[accepted_asset(s.id) for s in SOURCES])
    def link() -> None:
        """Finds the persons of registers without resident numbers, and employers of postings without a valid number.

        Of persons, only token and probability leave the sealed zone.
        """
        from validation.linkage.mentions import link_mentions
        from validation.linkage.pipeline import link_clients

        day = working_day(get_current_context(), SETTINGS.tz)
        link_clients(load_settings(), day)
        link_mentions(load_settings(), day)

    @task
    def build() -> dict[str, Any]:
        """The plan of this release and, unless it is already published, its warehouse file."""
        from exports.pipeline import ReleaseStopped, build_warehouse

        try:
            return build_warehouse(load_settings(), working_day(get_current_context(), SETTINGS.tz))
        except ReleaseStopped as stop:
            raise AirflowFailException(str(stop)) from None

    @task(outlets=[RELEASE])
    def publish(built: dict[str, Any], *, outlet_events: Any = None) -> None:
        """Marts file, exports, manifest, audit, flip."""
        from exports.pipeline import ReleaseStopped, publish_release

        try:
            publish_release(load_settings(), built)
        except ReleaseStopped as stop:
            raise AirflowFailException(str(stop)) from None
        outlet_events[RELEASE].extra = {WORKING_DAY: built["as_of"], "release_id": built["release_id"]}

    built = build()
    [vet(), code_titles(), link()] >> built
    publish(built)  # type: ignore[arg-type]  # TaskFlow passes the value at run time
