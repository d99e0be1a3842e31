"""Open tables month after month, as an office would have published them from what had been reported by then.

``python -m tests.vintages WAREHOUSE COMPILED [months]`` says of a built warehouse what was published, hidden and
recoverable over its last months; COMPILED is the folder of SQL that dbt compiled for it.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd

from exports.disclosure import publications
from exports.disclosure.export import Exported, export
from exports.disclosure.specs import Family, load_families

#: what had not been reported by a day, taken out of the facts
AS_REPORTED = {
    "fct_registration_spells": "from {fact} where first_received_date <= {day}",
    "fct_vacancies": "from {fact} where first_received_date <= {day}",
    "fct_ui_claims": "from {fact} where first_received_date <= {day}",
    "fct_insured_spells": "select * replace (case when loss_received_date <= {day} then loss_date end as loss_date)"
    " from {fact} where first_received_date <= {day}",
    "fct_service_episodes": "from {fact}",
}
#: relation of the family that is published by quarter
QUARTERLY = "int_placements__contributed"


@dataclass(frozen=True)
class Vintage:
    """What was published on ``day``, with everything published so far."""

    day: date
    done: Exported
    published: pd.DataFrame


def vintages(warehouse: Path, compiled: Path, months: int, families: list[Family]) -> Iterator[Vintage]:
    """Publish on the 16th of each of the last ``months`` months the two newest months whose reports were due."""
    models = {path.stem: path.read_text("utf-8") for path in compiled.rglob("models/open/*.sql")}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(warehouse, Path(folder) / "warehouse.duckdb"))
        with duckdb.connect(str(copy)) as con:
            con.execute("set threads = 1")
            con.execute("create schema reported")
            spine = "intermediate.int_months__spine"
            due = con.execute(f"select month_date from {spine} where status = 'F' order by 1").fetchall()[-months:]
            published = publications.none()
            for (month,) in due:
                day = (pd.Timestamp(month) + pd.offsets.MonthBegin(1)).date().replace(day=16)
                for fact, query in AS_REPORTED.items():
                    rows = query.format(fact=f"core.{fact}", day=f"date '{day}'")
                    con.execute(f"create or replace view reported.{fact} as {rows}")
                con.execute(
                    "create or replace table intermediate.int_months__open as select *, strftime(month_date, '%Y-%m')"
                    f" as time_period from {spine} where month_date between date '{month}' - interval 1 month and"
                    f" date '{month}'"
                )
                # quarters change more slowly: as many as there are, once
                told = [f for f in families if f.relation != QUARTERLY or month == due[-1][0]]
                for relation in {family.relation for family in told}:
                    sql = models[relation].replace('"core"."fct_', '"reported"."fct_')
                    sql = re.sub(r"limit \d+", f"limit {months // 3}", sql) if relation == QUARTERLY else sql
                    con.execute(f"create or replace table intermediate.{relation} as {sql}")
                at = datetime(day.year, day.month, day.day, tzinfo=UTC)
                done = export(con, told, published, f"{day:%Y%m%d}", at, "intermediate")
                published = pd.concat([published, done.record], ignore_index=True)
                yield Vintage(day, done, published)


def outcomes(found: list[Vintage]) -> Counter[str]:
    """Hidden cells of all periods and vintages by what the audit found of them."""
    total: Counter[str] = Counter()
    for vintage in found:
        for entry in vintage.done.logs:
            total.update(entry["audit"]["outcomes"])
    return total


def main(warehouse: str, compiled: str, months: str = "24") -> None:
    started, found = time.monotonic(), []
    for vintage in vintages(Path(warehouse), Path(compiled), int(months), list(load_families().values())):
        found.append(vintage)
        sys.stdout.write(
            f"{vintage.day}: {len(vintage.done.record)} cells recorded, {outcomes([vintage])['protected']} hidden cells"
            f" protected, withheld {vintage.done.withheld or 'nothing'} ({time.monotonic() - started:.0f} s)\n"
        )
        sys.stdout.flush()
    shown = found[-1].published["obs_value"].notna().mean()
    sys.stdout.write(f"{dict(outcomes(found))} over {len(found)} vintages, {shown:.0%} of recorded cells shown\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
