"""Open tables month after month, as an office would have published them from what had been reported by then.

``make audit`` (``python -m tests.vintages [months] [family ...]``) takes the current release of ``LMI_HOME`` and says
of its last 24 months, family by family, what was published, hidden and recoverable.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from dbt_project.build import dbt, plan
from exports.disclosure import publications
from exports.disclosure.export import Exported, export
from exports.disclosure.specs import Family, load_families
from exports.disclosure.windows import betrayed
from exports.occupations.product import package
from exports.occupations.vintages import FIGURE, MONTHS, TABLE, WINDOW, settle
from exports.package.rights import Rights
from exports.package.tables import make_table, write_table
from lmi.core.paths import Paths
from lmi.core.release import current
from lmi.core.settings import load_settings

#: what had not been reported by a day, taken out of the facts
AS_REPORTED = {
    "fct_registration_spells": "from {fact} where first_received_date <= {day}",
    "fct_vacancies": "from {fact} where first_received_date <= {day}",
    "fct_ui_claims": "from {fact} where first_received_date <= {day}",
    "fct_insured_spells": "select * replace (case when loss_received_date <= {day} then loss_date end as loss_date)"
    " from {fact} where first_received_date <= {day}",
    "fct_service_episodes": "from {fact}",
    "fct_training_enrolments": "from {fact}",
    "fct_training_runs": "from {fact}",
}
#: relations of the families that are published by quarter
QUARTERLY = ("int_placements__contributed", "int_training__contributed")


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
                told = [f for f in families if f.relation not in QUARTERLY or month == due[-1][0]]
                for relation in {family.relation for family in told}:
                    sql = models[relation].replace('"core"."fct_', '"reported"."fct_')
                    sql = re.sub(r"limit \d+", f"limit {months // 3}", sql) if relation in QUARTERLY else sql
                    con.execute(f"create or replace table intermediate.{relation} as {sql}")
                at = datetime(day.year, day.month, day.day, tzinfo=UTC)
                done = export(con, told, published, f"{day:%Y%m%d}", at, "intermediate")
                published = pd.concat([published, done.record], ignore_index=True)
                yield Vintage(day, done, published)


def outcomes(found: Iterable[Vintage]) -> Counter[str]:
    """Hidden cells of all periods and vintages by what the audit found of them."""
    return sum(by_family(found).values(), Counter())


def by_family(found: Iterable[Vintage]) -> dict[str, Counter[str]]:
    """Family -> its hidden cells of all periods and vintages by what the audit found of them."""
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for vintage in found:
        for entry in vintage.done.logs:
            told[entry["family"]].update(entry["audit"]["outcomes"])
    return dict(told)


def shown(found: list[Vintage], family: Family) -> float:
    """Share of the cells of ``family`` that were shown when they were recorded."""
    rows = found[-1].published
    return float(rows.loc[rows["table_id"].isin([table.id for table in family.tables]), "obs_value"].notna().mean())


def occupations(counts: pd.DataFrame, vintages: int) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Registrations of 12 months as the occupation tables tell them month after month.

    ``counts``: occupations x months (``YYYY-MM``), at least 23 more than ``vintages``. Returns occupations x months:
    whether all vintages together give a month of few away, and whether it is one; and what was told.
    """
    spec, published = package(), publications.none()
    table, rights = spec.table(TABLE), Rights.of(load_settings({}))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        con.execute("set threads = 1")
        con.execute("attach ':memory:' as marts")
        for end in range(counts.shape[1] - vintages, counts.shape[1]):
            day = pd.Timestamp(counts.columns[end]) + pd.offsets.MonthBegin(1)
            seen = counts.iloc[:, end - 2 * WINDOW + 1 : end + 1]
            long = seen.rename_axis("occupation_code").reset_index().melt("occupation_code", var_name="time_period")
            con.register("given", long)
            market = "'pes' as scope, 'KR' as country, 'KECO' as occupation_scheme, 4 as occupation_level"
            con.execute(
                f"create or replace table marts.{MONTHS} as select {market}, occupation_code, time_period,"
                " value as registrations_new from given"
            )
            con.execute(f"create or replace temp view mart as {_profiles(seen.columns[WINDOW], day.date())}")
            con.execute(f"drop table if exists {TABLE}")
            make_table(con, spec, table, rights, "mart")
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
            record = settle(con, spec, published, Path(folder), f"{day:%Y%m%d}", at)
            published = pd.concat([published, record], ignore_index=True)
            (Path(folder) / "tables").mkdir(exist_ok=True)
            write_table(con, table, Path(folder) / "tables")
    wide = published.assign(code=published["cell_id"].str.removeprefix("occupation=")).set_index(
        ["code", "time_period"]
    )
    told = wide["obs_value"].astype(float).unstack().reindex(counts.index)
    is_told = wide["release_id"].notna().unstack(fill_value=False).reindex(counts.index)
    months = counts.iloc[:, -(vintages + WINDOW - 1) :].to_numpy(float)
    assert spec.rounding is not None
    gives_away = betrayed(months, told.to_numpy(), is_told.to_numpy(), spec.rounding, spec.min_persons)
    return gives_away, (months > 0) & (months < spec.min_persons), published


def _profiles(first: str, day: date) -> str:
    """Rows of the profile mart that hold registrations alone."""
    nothing = {c.name: f"cast(null as {c.type})" for c in package().table(TABLE).columns}
    told = {
        "scope": "'pes'", "country": "'KR'", "occupation_scheme": "'KECO'", "occupation_code": "occupation_code",
        "series_from": f"date '{first}-01'", "series_to": f"date '{day}'", "as_of": f"date '{day}'",
        FIGURE: f"sum(registrations_new) filter (where time_period >= '{first}')",
    }  # fmt: skip
    values = nothing | told | {"registration_persons": told[FIGURE], "pay_persons": "0", "pay_employers": "0"}
    columns = ", ".join(f"{value} as {name}" for name, value in values.items())
    return f"select {columns}, 4 as occupation_level from marts.{MONTHS} group by occupation_code"


def _registrations(warehouse: Path) -> pd.DataFrame:
    """Registrations by occupation at four digits and month, the months whose reports were due."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        rows = con.execute(
            "with wished as (select left(current_occupation_code, 4) as code, date_trunc('month', reg_date) as"
            " month_date from core.fct_registration_spells where length(current_occupation_code) >= 4)"
            " select wished.code, strftime(spine.month_date, '%Y-%m') as month, count(*) as n"
            " from intermediate.int_months__spine as spine left join wished on spine.month_date = wished.month_date"
            " where spine.status = 'F' group by all"
        ).df()
    return rows.pivot(index="code", columns="month", values="n").fillna(0).loc[lambda f: f.index.notna()]


def main(months: str = "24", *names: str) -> None:
    settings = load_settings()
    release = current(Paths.of(settings))
    if release is None:
        sys.exit(f"{settings.home} holds no release. Run `make run`, or name its folder in LMI_HOME.")
    families = [family for family in load_families().values() if not names or family.id in names]
    started, found = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(shutil.copy(release.warehouse, Path(folder) / "warehouse.duckdb"))
        work = Path(folder) / "dbt"
        done = dbt(settings, plan(settings, release.as_of), warehouse, work, "compile", "--select", "path:models/open")
        if not done.ok:
            sys.exit(done.log.read_text("utf-8"))
        for vintage in vintages(warehouse, work / "compiled", int(months), families):
            found.append(vintage)
            sys.stdout.write(
                f"{vintage.day}: {len(vintage.done.record)} cells recorded, {outcomes([vintage])['protected']} hidden"
                f" cells protected, withheld {vintage.done.withheld or 'nothing'}"
                f" ({time.monotonic() - started:.0f} s)\n"
            )
            sys.stdout.flush()
        gives_away, few, record = occupations(_registrations(warehouse), int(months))
    told = by_family(found)
    withheld = [part for vintage in found for part in vintage.done.withheld]
    for family in families:
        seen = dict(sorted(told.get(family.id, Counter()).items()))
        held = sum(part.split(" ")[0] == family.id for part in withheld)
        sys.stdout.write(f"{family.id}: {seen}, {shown(found, family):.0%} of recorded cells shown, {held} withheld\n")
    sys.stdout.write(f"all: {dict(outcomes(found))} over {len(found)} vintages, {len(withheld)} withheld\n")
    sys.stdout.write(
        f"occupation tables: of {few.sum()} months of few registrations {gives_away.sum()} can be worked out,"
        f" {record['obs_value'].notna().mean():.0%} of recorded figures shown\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
