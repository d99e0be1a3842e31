"""Stocks beside their flows: what the balance tells is not hidden in vain, and what it would betray is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from exports.disclosure import publications
from exports.disclosure.export import Exported, export
from exports.disclosure.publications import Earlier
from exports.disclosure.specs import Family, SpecError, load_families
from tests.exports.disclosure.support import LABEL, spec

MONTHS = ("2026-05", "2026-06", "2026-07", "2026-08")


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> list[Family]:
    return list(load_families(written(tmp_path_factory.mktemp("balance"))).values())


def written(folder: Path, **stock: Any) -> Path:
    """Joiners, leavers and members by district and sex."""
    balance = {"balance": {"gains": "joiners", "losses": "leavers"}} | stock
    for name, more in (("joiners", {}), ("leavers", {}), ("members", balance)):
        tables = {f"{name}_by_region_sex": {"label": LABEL, "by": {"region": "sigungu", "sex": "sex"}}}
        more = {"relation": name, "contributors": {"persons": "jobs"}, "tables": tables} | more
        (folder / f"{name}.yml").write_text(yaml.safe_dump(spec(name, **more), allow_unicode=True), "utf-8")
    return folder


def nation() -> dict[str, pd.DataFrame]:
    """Flows of each month, one of them of two persons, and the stocks that follow."""
    rng = np.random.default_rng(3)
    cells = [(s, f"{s}{d}", sex) for s in ("11", "26") for d in range(3) for sex in "FM"]
    stock = rng.integers(200, 300, len(cells))
    rows: dict[str, list[tuple[Any, ...]]] = {"joiners": [], "leavers": [], "members": []}
    for number, month in enumerate(MONTHS):
        gained, lost = rng.integers(10, 30, (2, len(cells)))
        gained[4 * number % len(cells)] = 2
        stock = stock + gained - lost
        for name, counts in (("joiners", gained), ("leavers", lost), ("members", stock)):
            rows[name] += [(month, *cell, int(n)) for cell, n in zip(cells, counts, strict=True)]
    columns = ["time_period", "sido", "sigungu", "sex", "jobs"]
    return {name: pd.DataFrame(of, columns=columns) for name, of in rows.items()}


def months(families: list[Family], frames: dict[str, pd.DataFrame]) -> Iterator[Exported]:
    """Month after month: flows of two months, and the stock of the one before the newest."""
    published = publications.none()
    for number, month in enumerate(MONTHS):
        with duckdb.connect() as con:
            for name, frame in frames.items():
                shown = MONTHS[max(number - 1, 0) : number + (name != "members")]
                con.register(name, frame[frame["time_period"].isin(shown)])
            done = export(con, families, published, month, datetime(2026, number + 6, 16, tzinfo=UTC))
        published = pd.concat([published, done.record], ignore_index=True)
        yield done


def hidden(done: Exported, table: str, month: str) -> set[tuple[str, str]]:
    rows = done.tables[table]
    rows = rows[(rows["TIME_PERIOD"] == month) & (rows["CONF_STATUS"] != "F")]
    return set(zip(rows["REF_AREA"], rows["SEX"], strict=True))


def test_a_stock_is_hidden_where_a_flow_since_the_first_one_is(families: list[Family]) -> None:
    *_, last = (done for done in months(families, nation()) if not done.withheld)
    stocks = [hidden(last, "members_by_region_sex", month) for month in MONTHS[:-1]]
    flows = [
        hidden(last, "joiners_by_region_sex", month) | hidden(last, "leavers_by_region_sex", month)
        for month in MONTHS[:-1]
    ]
    assert stocks[0] == set(), "many in every cell, and nothing to hold the first stock against"
    assert stocks[1] == flows[1] and stocks[2] == flows[1] | flows[2] and flows[1] < stocks[2]


def test_stocks_beside_hidden_flows_are_caught(families: list[Family], monkeypatch: pytest.MonkeyPatch) -> None:
    """A suppression of the stocks that does not know of the flows: each table is safe alone, all three are not."""
    monkeypatch.setattr("exports.disclosure.balance.with_tied", lambda before, *_: before)
    withheld = [why for done in months(families, nation()) for why in done.withheld.items()]
    assert [name for name, _ in withheld] == ["members 2026-06", "members 2026-07"]
    assert all("can be worked out" in why for _, why in withheld)


def test_a_stock_without_its_flows_is_withheld(families: list[Family]) -> None:
    frames = nation()
    with duckdb.connect() as con:
        for name, frame in frames.items():
            con.register(name, frame[frame["time_period"] == (MONTHS[1] if name != "members" else MONTHS[0])])
        done = export(con, families, publications.none(), "r1", datetime(2026, 7, 16, tzinfo=UTC))
    assert "joiners 2026-05, leavers 2026-05 not published" in done.withheld["members 2026-05"]
    assert "members_by_region_sex" not in done.tables


def test_a_balance_of_other_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"members\.yml: balance: moon is no family"):
        load_families(written(tmp_path, balance={"gains": "moon", "losses": "leavers"}))


def test_nothing_is_tied_without_a_balance() -> None:
    assert Earlier({}, frozenset()).tied is None
