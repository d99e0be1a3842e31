"""What people decide at the desk today is what the next release says of the rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from ingest.registry import sources_of
from lmi.core.release import require_current
from tests.street import Street
from validation.desk.deliver import deliver_day
from validation.desk.files import decide_file
from validation.desk.intake import Sampling, refresh
from validation.desk.store import Store

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("remembered_suites")]

#: registers too, or every posting would wait for what could not be asked; look-ups come last
SOURCES = (
    "vacancy_submissions", "vacancy_reviews", "workplaces", "portal_vacancies", "wage_arrears", "agency_licences",
    "kcomwel_workplaces", "posting_reports", "nts_business_status",
)  # fmt: skip
MARTS = ("mart_vacancy_verification", "mart_vacancy_verification_detail", "mart_vacancy_verification_quality")
#: enough for a portal whose postings of the last days are both held and passed
PERSONS = 6_000
BAD, GOOD = "CONFIRMED_BAD", "CONFIRMED_OK"
#: of four held postings of the portal, what the two reviewers of each say, the second later
HELD = [(BAD, BAD), (BAD, BAD), (GOOD, BAD), (GOOD, GOOD)]
#: of five audited passes of the portal, what the first reviewer says
AUDITED = [BAD, GOOD, GOOD, GOOD, "CORRECTED"]


@dataclass(frozen=True)
class Releases:
    """Before people decided, and after."""

    quality: tuple[pd.DataFrame, pd.DataFrame]
    #: (signal, waits, answer, closed on, close reason) of the reported posting
    signals: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


def signals_of(street: Street, posting_id: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(require_current(street.paths).warehouse), read_only=True) as con:
        return con.execute(
            "select signal, is_waiting, answer, closed_on, close_reason from core.fct_posting_signal"
            " join core.fct_vacancies using (vacancy_key) where fct_posting_signal.posting_id = ?",
            [posting_id],
        ).fetchall()


def quality(street: Street) -> pd.DataFrame:
    """Figures of our rules by source over all months."""
    rows = street.query(
        "select * from mart_vacancy_verification_quality where judged_by = 'RULES' and time_period = '_T'"
        " and breakdown_type = 'source'"
    )
    return rows.set_index("breakdown_code")


def reported_filled(street: Street) -> str:
    """A posting that seekers reported as filled and that waits for a person; its id."""
    with duckdb.connect(str(require_current(street.paths).warehouse), read_only=True) as con:
        found = con.execute(
            "select min(posting_id) from core.fct_posting_signal where is_waiting and signal = 'REPORTED_FILLED'"
        ).fetchone()
    assert found and found[0]
    return str(found[0])


def work_list(store: Store, source: str, selection: str) -> list[str]:
    rows = store.rows(
        "SELECT DISTINCT posting_id FROM item WHERE source_id = ? AND selection_code = ? ORDER BY 1",
        [source, selection],
    )
    return [row["posting_id"] for row in rows]


def decide_all(street: Street, day: date, folder: Path, reported: str) -> None:
    """Everybody waits twice and every pass is audited, so that the sample below is there whatever the nation holds."""
    tz = street.settings.tz
    clock = [datetime.combine(day, time(9), tz)]
    store = Store(street.paths.home / "desk.sqlite", tz, lambda: clock[0])
    sources = sources_of(street.settings.profile, street.settings.sources)
    refresh(store, street.paths, sources, Sampling(audit_rate=1.0, double_rate=1.0, seed="desk"))
    signalled = work_list(store, "vacancy_submissions", "SIGNAL")
    assert reported in signalled
    first, second = (store.add_reviewer(name)[0] for name in ("가람", "나래"))
    held = work_list(store, "portal_vacancies", "HELD")[: len(HELD)]
    audited = work_list(store, "portal_vacancies", "AUDIT")[: len(AUDITED)]
    submitted = work_list(store, "vacancy_submissions", "HELD")[:1]
    assert (len(held), len(audited), len(submitted)) == (len(HELD), len(AUDITED), 1)
    rounds = [
        (first, {**dict(zip(held, (one for one, _ in HELD), strict=True)),
                 **dict(zip(audited, AUDITED, strict=True)), submitted[0]: BAD}),
        (second, dict(zip(held, (other for _, other in HELD), strict=True))),
    ]  # fmt: skip
    for reviewer, answers in rounds:
        clock[0] += timedelta(minutes=5)
        file = folder / f"{reviewer}.ndjson"
        rows = [
            {"posting_id": posting, "decision": answer, "reason_codes": "FEE_DEMAND" if answer == BAD else ""}
            for posting, answer in answers.items()
        ]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        assert decide_file(store, file, reviewer, frozenset({"FEE_DEMAND"}))["written"] == len(rows)
    file = folder / "signal.ndjson"
    file.write_text(json.dumps({"posting_id": reported, "decision": "FILLED"}) + "\n", "utf-8")
    assert decide_file(store, file, first, frozenset())["written"] == 1
    assert deliver_day(store, street.paths, day) == 2 * len(HELD) + len(AUDITED) + 2


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    """The release before people decided, and the next day's."""
    folder = tmp_path_factory.mktemp("desk_release")
    with Street(folder / "home", folder / "nation", PERSONS, seed=11, marts=MARTS) as street:
        day = street.history_end
        street.deliver(day)
        street.land(day, SOURCES)
        street.publish(day)
        reported = reported_filled(street)
        before, waited = quality(street), signals_of(street, reported)
        decide_all(street, day, folder, reported)
        street.land(day + timedelta(days=1), ["desk_reviews"])
        street.publish(day + timedelta(days=1))
        yield Releases((before, quality(street)), (waited, signals_of(street, reported)))


def test_the_portals_figures_are_those_of_the_sample(releases: Releases) -> None:
    before, after = (release.loc["portal_vacancies"] for release in releases.quality)
    assert [before[name] for name in ("flagged_labelled", "passes_audited", "both_bad")] == [0, 0, 0]
    assert before[["precision", "recall", "reviewer_kappa"]].isna().all()
    # three of four held ones are bad by the last word on each
    assert (after["flagged_labelled"], after["flagged_bad"], after["precision"]) == (4, 3, 0.75)
    # one of five audited passes is bad
    assert (after["passes_audited"], after["passes_bad"], after["miss_rate"]) == (5, 1, 0.2)
    caught, missed = after["flagged"] * 0.75, after["passes"] * 0.2
    assert after["recall"] == pytest.approx(caught / (caught + missed), abs=1e-9)
    # observed agreement 3/4; by chance (2 x 3 + 2 x 1) / 16 = 1/2
    pairs = ["both_bad", "only_first_bad", "only_second_bad", "both_good", "reviewer_kappa"]
    assert after[pairs].tolist() == [2, 0, 1, 1, 0.5]


def test_a_decision_on_a_submission_counts_beside_the_providers(releases: Releases) -> None:
    before, after = (release.loc["vacancy_submissions"] for release in releases.quality)
    assert before["flagged_labelled"] > 0, "what the provider's own call centre said"
    assert after["flagged_labelled"] == before["flagged_labelled"] + 1
    assert after["flagged_bad"] == before["flagged_bad"] + 1
    assert after["precision"] != before["precision"]


def test_an_answer_to_a_signal_closes_the_posting_in_the_next_release(releases: Releases) -> None:
    (before,), (after,) = releases.signals
    assert before == ("REPORTED_FILLED", True, None, None, None)
    assert after[:3] == ("REPORTED_FILLED", False, "FILLED")
    assert (after[3], after[4]) != (None, None) and after[4] == "FILLED"
