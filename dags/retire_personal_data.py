"""``retire_personal_data``: deletes personal data whose retention (registry) is over, and what providers delivered
again of persons who were erased; writes a proof and puts its hash into the ledger.

It runs at 01:00, before the night's deliveries.
"""

from __future__ import annotations

from airflow.sdk import DAG, get_current_context, task

from dags.assets import RELEASE, SETTINGS, at, day_params, default_args
from dags.working_day import working_day
from lmi.core.settings import load_settings

with DAG(
    dag_id="retire_personal_data",
    schedule=at("0 1 * * *"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    params=day_params(),
    default_args=default_args(retry_minutes=10),
    tags=["privacy"],
    doc_md=__doc__,
) as retire_personal_data:
    # driven by `lmi run` it comes after the release
    @task(inlets=[RELEASE])
    def retire() -> str | None:
        """File of the proof; none where there was nothing to delete."""
        from lmi.core.clock import utc_now
        from validation.retirement import retire

        proof = retire(load_settings(), working_day(get_current_context(), SETTINGS.tz), utc_now())
        return str(proof["file"]) if proof else None

    retire()
