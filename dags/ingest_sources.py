"""One DAG per registry entry: ``ingest_<source>`` fetches, lands and validates one working day."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from dags.assets import SETTINGS, WORKING_DAY, accepted_asset, at, day_params, default_args
from dags.working_day import working_day
from ingest.registry import Source, sources_of
from lmi.core.settings import load_settings


def ingest_dag(source: Source) -> DAG:
    """The DAG of one source. Retries cover what may pass (network); a refused delivery fails at once."""
    with DAG(
        dag_id=f"ingest_{source.id}",
        schedule=at(source.schedule["cron"]),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        params=day_params(),
        default_args=default_args(retry_minutes=5) | {"retry_exponential_backoff": True},
        tags=["ingest", source.register, source.entity, source.connector],
        doc_md=(
            f"### {source.id}\n{source.description['en']}\n\n{source.description['ko']}\n\n"
            f"Provider: {source.provider['en']}. Licence: {source.licence['name']}. Contract {source.version}."
        ),
    ) as dag:
        # a look-up asks about what another source delivered, so that one lands first
        asked = [accepted_asset(source.fetch["ask"]["source"])] if "ask" in source.fetch else []

        @task(inlets=asked)
        def fetch_and_land() -> list[str]:
            """Folders of the loads of this day, new or already there."""
            from ingest.pipeline import DeliveryRefused, fetch_and_land

            try:
                return fetch_and_land(load_settings(), source.id, working_day(get_current_context(), SETTINGS.tz))
            except DeliveryRefused as refusal:
                raise AirflowFailException(str(refusal)) from None

        @task(outlets=[accepted_asset(source.id)], trigger_rule="all_done")
        def validate(loads: list[str] | None, *, outlet_events: Any = None) -> None:
            """Check the contract; accepted rows and quarantine with reasons. One refused delivery holds up no other:
            what landed beside it is validated, and the run fails all the same."""
            from validation.pipeline import LoadRefused, validate_loads

            day = working_day(get_current_context(), SETTINGS.tz)
            try:
                validate_loads(load_settings(), source.id, loads or [], day)
            except LoadRefused as refusal:
                raise AirflowFailException(str(refusal)) from None
            if loads is None:
                raise AirflowFailException("fetch_and_land failed; its log says why. What landed is validated.")
            outlet_events[accepted_asset(source.id)].extra = {WORKING_DAY: day.isoformat()}

        validate(fetch_and_land())  # type: ignore[arg-type]  # TaskFlow passes the value at run time
    return dag


for _source in sources_of(SETTINGS.profile, SETTINGS.sources).values():
    globals()[f"ingest_{_source.id}"] = ingest_dag(_source)
