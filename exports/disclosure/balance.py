"""Stocks beside the flows that change them: stock = stock before + gains - losses, cell by cell and period by period.

An outsider who sees three of the four knows the fourth. So a stock is shown only where every gain and loss since the
first one published is shown: then the balance holds no unknown. Where a flow is hidden the stock is hidden from that
period on, with at least the same cells in the same tables, so whatever change of the flows is possible is a possible
change of the stocks. A cell whose flows and stock before are all shown cannot be hidden by itself. A stock is published
once, when its flows are no longer revised: what is shown cannot be taken back when a flow is hidden later. The audit
holds the three against each other, as if the balance were exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from exports.disclosure.audit import Finding, Published, audit_tied
from exports.disclosure.publications import FREE, Earlier
from exports.disclosure.specs import Family


class MissingFlows(Exception):
    """A stock cannot be published without the flows of its period; the message names them."""


#: (family, period) -> what is published of it
Parts = Mapping[tuple[str, str], Published]


def in_order(families: Iterable[Family]) -> list[Family]:
    """Families with a balance after all others: theirs come first."""
    return sorted(families, key=lambda family: family.balance is not None)


def with_tied(
    before: Earlier, family: Family, flows: Mapping[str, Family], published: pd.DataFrame, period: str
) -> Earlier:
    """``before`` with the cells that the balance of ``family`` wants hidden in ``period``: hidden in an earlier stock,
    or in a flow since the first one. ``published``: rows of the source ``publications``."""
    own = _hidden(published, [family])
    periods = published.loc[published["table_id"].isin([table.id for table in family.tables]), "time_period"]
    if family.balance is None or not (periods < period).any():
        return before
    flow = _hidden(published, [flows[name] for name in (family.balance.gains, family.balance.losses)])
    since = flow[(flow["time_period"] > periods.min()) & (flow["time_period"] <= period)]
    tied = {*own.loc[own["time_period"] < period, "cell_id"], *since["cell_id"]}
    return replace(before, tied=frozenset(tied))


def _hidden(published: pd.DataFrame, families: Iterable[Family]) -> pd.DataFrame:
    ours = published[published["table_id"].isin([table.id for family in families for table in family.tables])]
    return ours.loc[ours["conf_status"] != FREE, ["time_period", "cell_id"]]


def audit_balance(family: Family, parts: Parts, period: str, published: pd.DataFrame) -> Finding:
    """The attempt on a stock and its flows together. ``published``: rows of the source ``publications``, of which an
    outsider takes the stock that ``period`` began with. Raises MissingFlows."""
    balance = family.balance
    assert balance is not None
    names = (family.id, balance.gains, balance.losses)
    if missing := [f"{name} {period}" for name in names if (name, period) not in parts]:
        raise MissingFlows(f"{', '.join(missing)} not published together with the stock they lead to.")
    used = {name: parts[name, period] for name in names}
    cells = [
        pd.concat([frame[["cell_id"]] for frame in used[name].tables.values()])
        .drop_duplicates()
        .assign(part=name, sign=sign)
        for name, sign in zip(names, (1, -1, 1), strict=True)
    ]
    ties = pd.concat(cells, ignore_index=True)
    ties["sum"] = "balance " + ties["cell_id"]
    own = published[published["table_id"].isin([table.id for table in family.tables])]
    last = own.loc[own["time_period"] < period, "time_period"].max()
    if not isinstance(last, str):
        return audit_tied(used, ties.iloc[:0])
    # a flow that is hidden after the last stock leaves the one that this period began with unknown
    flows = _hidden(published, [used[name].family for name in names[1:]])
    between = flows[(flows["time_period"] > last) & (flows["time_period"] < period)]
    then = _hidden(own[own["time_period"] == last], [family])
    return audit_tied(used, ties[~ties["cell_id"].isin([*then["cell_id"], *between["cell_id"]])])
