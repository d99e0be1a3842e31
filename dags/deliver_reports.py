"""``deliver_daily_brief`` and ``deliver_monthly_report``: the reports of the release by e-mail, at their hour.

They go out on the calendar, not when a release is ready: without today's release the brief is made from the last one
and says so. A failed delivery is tried again; whoever has got the report is not sent it twice.
"""

from __future__ import annotations

from airflow.sdk import DAG, get_current_context, task

from dags.assets import RELEASE, SETTINGS, at, day_params, default_args
from dags.working_day import working_day
from lmi.core.settings import load_settings

#: the brief every morning; the report the day after the month's reports are due
HOURS = {"daily": ("deliver_daily_brief", "30 6 * * *"), "monthly": ("deliver_monthly_report", "0 9 16 * *")}


def deliver_dag(kind: str, dag_id: str, cron: str) -> DAG:
    """The DAG of one report."""
    with DAG(
        dag_id=dag_id,
        schedule=at(cron),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        params=day_params(),
        default_args=default_args(retry_minutes=5),
        tags=["reports"],
        doc_md=__doc__,
    ) as dag:

        @task(inlets=[RELEASE])
        def deliver() -> int:
            """How many recipients got the report; none where no addresses are set."""
            from exports.reports.deliver import deliver

            return len(deliver(load_settings(), kind, working_day(get_current_context(), SETTINGS.tz)))

        deliver()
    return dag


for _kind, (_dag_id, _cron) in HOURS.items():
    globals()[_dag_id] = deliver_dag(_kind, _dag_id, _cron)
