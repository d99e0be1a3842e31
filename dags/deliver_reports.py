"""``deliver_daily_brief``, ``deliver_monthly_report``, ``deliver_quality_report``: reports by e-mail, on the calendar.

They go out on the calendar, not when a release is ready: without today's release the brief is made from the last one
and says so. A failed delivery is tried again; whoever has got the report is not sent it twice. The brief's DAG also
tells the operators what should have happened by its hour and did not.
"""

from __future__ import annotations

from datetime import datetime, time

from airflow.sdk import DAG, get_current_context, task

from dags.assets import RELEASE, SETTINGS, at, day_params, default_args
from dags.working_day import working_day
from exports.reports.calendar import Announced, load_calendar
from lmi.core.settings import load_settings


def deliver_dag(product: Announced) -> DAG:
    """The DAG of one product of the release calendar."""
    with DAG(
        dag_id=product.dag,
        schedule=at(product.cron),
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

            return len(deliver(load_settings(), product.product, working_day(get_current_context(), SETTINGS.tz)))

        @task
        def watch() -> list[str]:
            """What should have happened by the hour of the brief and did not; the operators get it by e-mail."""
            from exports.watch import alert

            day = working_day(get_current_context(), SETTINGS.tz)
            hour, minute = (int(part) for part in product.cron.split()[1::-1])
            return alert(load_settings(), datetime.combine(day, time(hour, minute), SETTINGS.tz))

        deliver()
        if product.period == "day":
            watch()
    return dag


for _product in load_calendar():
    globals()[_product.dag] = deliver_dag(_product)
