"""Vet every accepted load of vacancies that has no evaluation yet: the first task of the ``build_release`` DAG."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.engine import connection
from ingest.registry import sources_of
from lmi.core.clock import utc_now
from lmi.core.ledger import Ledger
from lmi.core.locks import exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from lmi.core.steps import reached

if TYPE_CHECKING:
    from validation.accepted import AcceptedLoad
    from validation.vetting.context import Inputs
    from validation.vetting.rules import RuleSet
    from validation.vetting.trained import Trained

OUTCOMES = ("PASS", "WARN", "HOLD", "REJECT")


def vet(settings: Settings, day: date) -> dict[str, Any]:
    """Judge what was delivered up to ``day`` and is not judged by the present rules in its present context.

    Returns, by source: loads and postings judged now, decisions by kind, and the shares of rule results that were
    undetermined or not applicable. Doing it again does nothing. Raises RuleError and MappingError before anything is
    written; delivery dates judged until an error stay judged.
    """
    from validation.vetting.checkpoint import Checked
    from validation.vetting.context import Inputs, load_context, load_world
    from validation.vetting.decisions import due, evaluation_written, keep_signatures, read_signatures
    from validation.vetting.judge import check_conditions, judge
    from validation.vetting.outcome import Outcome
    from validation.vetting.postings import carried, profile_of
    from validation.vetting.rules import load_rules
    from validation.vetting.trained import in_force

    paths = Paths.of(settings)
    with exclusive(paths.locks, "vet", f"vetting for {day}"), Ledger(paths.ledger).stage("vet", day) as stage:
        rules = load_rules()
        inputs = Inputs.of(paths, sources_of(settings.profile, settings.sources), day)
        waiting = list(due(paths, inputs, rules))
        stage.detail |= {"rule_set": rules.digest, "sources": {}, "waiting": []}
        if not waiting:
            stage.outcome = "unchanged" if any(inputs.loads[s.id] for s in inputs.vetted) else "nothing delivered"
            return {"rule_set": rules.digest, "sources": {}}
        check_conditions(rules)
        held = 0  # by loads after a source's first: a history is no day's work
        with connection(settings, paths) as con:
            load_world(con, inputs)
            read_signatures(con, paths, inputs)
            reached("vet.world")
            # one delivery date is one batch: its evaluations appear when Great Expectations has seen every rule run
            for delivered, group in groupby(waiting, key=lambda entry: entry[1].delivery_date):
                with ExitStack() as written:
                    checked = Checked(con, rules, paths.data_docs)
                    for source_id, load, context in group:
                        source, outcome = inputs.sources[source_id], Outcome(con)
                        registers, known = inputs.registers_on(delivered), inputs.known_on(delivered)
                        for _ in load_context(con, source, load, coder=inputs.coder_on(delivered)):
                            judge(con, rules, profile_of(source), carried(source), registers, known)
                            checked.add()
                            _score(con, in_force(inputs.models, load.delivery_date), carried(source))
                            outcome.take()
                        outcome.whole()
                        waiting_channels = _guard(con, paths, inputs, rules, source_id, load)
                        facts = summary(con)
                        reached("vet.judged")
                        first = inputs.loads[source_id][0]
                        held += facts["hold"] if load.delivery_date > first.delivery_date else 0
                        noted = facts | {"waiting": waiting_channels}
                        written.enter_context(
                            evaluation_written(con, paths, source_id, load, rules, context, noted, now=utc_now())
                        )
                        keep_signatures(con, paths, source_id, load.load_id)
                        for one in waiting_channels:
                            stage.detail["waiting"].append({"source": source_id, "load_id": load.load_id, **one})
                        _add(stage.detail["sources"].setdefault(source_id, {}), facts)
                    checked.run(f"{delivered:%Y-%m-%d}")
        for facts in stage.detail["sources"].values():
            facts |= _shares(facts)
        capacity = settings.reviewers * settings.desk_decisions_per_day
        if held > capacity:
            stage.detail["alert"] = (
                f"{held:,} postings are held, more than the {capacity:,} people can decide in a day."
            )
        return {"rule_set": rules.digest, "sources": stage.detail["sources"]}


def _score(con: duckdb.DuckDBPyConnection, trained: Trained | None, carried: frozenset[str]) -> None:
    """Score, its reasons and the model on the decisions; NULL where no model is in force."""
    if trained is None:
        nothing = "NULL::DOUBLE AS score, NULL::VARCHAR AS score_reasons, NULL::VARCHAR AS model"
        con.execute(f"CREATE OR REPLACE TABLE decision AS SELECT *, {nothing} FROM decision")
        return
    from validation.vetting.score import add_score, load_model

    add_score(con, load_model(trained.folder), carried)


def _guard(
    con: duckdb.DuckDBPyConnection, paths: Paths, inputs: Inputs, rules: RuleSet, source_id: str, load: AcceptedLoad
) -> list[dict[str, Any]]:
    """Holds the channels whose reject share left its usual range, unless a person let them go on; which these are."""
    from validation.vetting.decisions import intact_evaluation
    from validation.vetting.guards import as_facts, hold_channels, unusual_channels

    earlier = [
        evaluation.path("decision")
        for other in inputs.loads[source_id]
        if other.delivery_date < load.delivery_date
        and (
            evaluation := intact_evaluation(
                paths, source_id, other.load_id, rules.digest, inputs.context_of(source_id, other)
            )
        )
    ]
    waived = inputs.waived.get((source_id, load.load_id), frozenset())
    waiting = [w for w in unusual_channels(con, earlier, load.delivery_date) if w.channel_code not in waived]
    hold_channels(con, waiting)
    return as_facts(waiting)


def summary(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Counts over one judged load: postings, decisions by kind, rule results by whether the rule could run."""
    decisions = dict(con.execute("SELECT decision, count(*) FROM decision GROUP BY ALL").fetchall())
    results = dict(con.execute("SELECT outcome, sum(postings)::BIGINT FROM coverage GROUP BY ALL").fetchall())
    return {
        "postings": sum(decisions.values()),
        **{name.lower(): decisions.get(name, 0) for name in OUTCOMES},
        "rule_results": sum(results.values()),
        "undetermined": results.get("undetermined", 0),
        "not_applicable": results.get("not_applicable", 0),
    }


def _add(total: dict[str, Any], facts: dict[str, int]) -> None:
    total["loads"] = total.get("loads", 0) + 1
    for name, count in facts.items():
        total[name] = total.get(name, 0) + count


def _shares(facts: dict[str, Any]) -> dict[str, float]:
    """Shares of all rule results, NULL-safe: without a posting there is none."""
    every = facts["rule_results"]
    return {
        f"{name}_share": round(facts[name] / every, 4) if every else 0.0 for name in ("undetermined", "not_applicable")
    }
