"""Two nations, landed and published through the real rooms; three published views to hold against the truth."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from exports.pipeline import publish_release
from lmi.cli import outside
from lmi.core.keys import KeyRing, load_keys
from lmi.core.paths import Paths
from lmi.core.settings import Settings
from tests.street import Street
from tests.truth import coding
from tests.truth.strays import deliver_strays, land_portal_stray
from validation.coding.coder import coder_in_force

#: what the marts of this folder read
REGISTERS = (
    "insurance_events", "workplaces", "vacancy_submissions", "vacancy_reviews", "seeker_registrations",
    "service_episodes", "organisations", "ui_claims", "ui_payments", "performance_targets", "satisfaction_surveys",
    "assessments", "coaching_sessions", "referrals", "training_enrolments", "service_contacts", "credentials",
    "eligible_populations", "agency_clients",
)  # fmt: skip
OCCUPATION_MARTS = (
    "openings_monthly", "wage", "transition", "skill", "similar", "licence", "training", "requirement", "employability",
    "employability_quality", "coding",
)  # fmt: skip
#: marts by the name of their field in a view
MARTS = {
    "trends": "mart_employment_trends_monthly", "daily": "mart_employment_trends_daily",
    "adjusted": "mart_employment_trends_adjusted", "beveridge": "mart_employment_beveridge",
    "breaks": "mart_career_breaks",
    "alerts": "mart_employment_alerts",
    "vintages": "mart_employment_vintages", "revisions": "mart_employment_revisions",
    "nowcasts": "mart_employment_nowcasts", "funnel": "mart_vacancy_verification",
    "performance": "mart_performance", "scores": "mart_performance_scores",
    "parity": "mart_performance_parity", "coaching": "mart_coaching_funnel",
    "profile": "mart_occupation_profile",
}  # fmt: skip
#: marts of the verification and of the sources, by name
OTHERS = (
    "mart_vacancy_verification_detail", "mart_vacancy_verification_quality", "mart_vacancy_rejection_reasons",
    "mart_vacancy_rule_coverage", "mart_reviewer_load", "mart_coverage", "mart_source_quality_monthly",
    "mart_employment_key_figures",
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """One published release: where truth and home are, keys, working day, the day of its last portal list, marts."""

    truth: Path
    home: Path
    settings: Settings
    keys: KeyRing
    as_of: date
    listed_on: date | None
    trends: pd.DataFrame
    daily: pd.DataFrame
    adjusted: pd.DataFrame
    beveridge: pd.DataFrame
    breaks: pd.DataFrame
    alerts: pd.DataFrame
    vintages: pd.DataFrame
    revisions: pd.DataFrame
    nowcasts: pd.DataFrame
    funnel: pd.DataFrame
    performance: pd.DataFrame
    scores: pd.DataFrame
    parity: pd.DataFrame
    coaching: pd.DataFrame
    profile: pd.DataFrame
    #: marts of occupations by what follows mart_occupation_
    occupations: dict[str, pd.DataFrame]
    #: OTHERS by name
    others: dict[str, pd.DataFrame]

    def mart(self, name: str) -> pd.DataFrame:
        """A mart by its full name."""
        fields = {mart: field for field, mart in MARTS.items()}
        if name in fields:
            return getattr(self, fields[name])
        return self.others[name] if name in self.others else self.occupations[name.removeprefix("mart_occupation_")]


def read_view(street: Street, as_of: date, listed_on: date | None) -> View:
    answers = {name: street.query(f"select * from {mart}") for name, mart in MARTS.items()}
    occupations = {name: street.query(f"select * from mart_occupation_{name}") for name in OCCUPATION_MARTS}
    others = {mart: street.query(f"select * from {mart}") for mart in OTHERS}
    for answer in (*answers.values(), *occupations.values(), *others.values()):
        assert set(answer["as_of"]) <= {pd.Timestamp(as_of)}
    return View(
        street.truth,
        street.paths.home,
        street.settings,
        load_keys(street.settings),
        as_of,
        listed_on,
        **answers,
        occupations=occupations,
        others=others,
    )


@dataclass(frozen=True)
class Told:
    """A street with two views of one nation, and a copy of what its last build left in the work folder."""

    street: Street
    past: View
    latest: View
    work: Path


def _ask_the_coder(settings: Settings, day: date) -> None:
    """Keeps beside the truth what the coder says of each title that comes without a code."""
    sent = pd.concat(
        pd.read_parquet(settings.nation / "provider" / f"{name}.parquet", columns=["title", "occupation_code"])
        for name in ("vacancy_submissions", "portal_vacancies")
    )
    titles = sorted(sent.loc[sent["occupation_code"].isna(), "title"].unique())
    coder = coder_in_force(Paths.of(settings), "KECO", day)
    said = pd.DataFrame(coder.code([(title, "") for title in titles], {}))
    said["confidence"] = [candidates[0]["confidence"] for candidates in said["candidates"]]
    said[["title", "code", "decision", "basis", "confidence"]].to_parquet(settings.nation / coding.FILE)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """History of everything, then four days of the registers in one go; published as of two days. A coder of titles has
    been trained, unlike in the other nation."""
    folder = tmp_path_factory.mktemp("told")
    with Street(folder / "home", folder / "nation", persons=2_500, seed=34, products=("open",)) as street:
        end = street.history_end
        street.deliver(end)
        street.land(end)
        outside.ensure_coder(street.settings, end)
        _ask_the_coder(street.settings, end)
        past, last = end + timedelta(days=2), end + timedelta(days=4)
        for n in range(1, 5):
            street.deliver(end + timedelta(days=n))
        deliver_strays(street, end + timedelta(days=3))
        street.land(last, (*REGISTERS, "work24_vacancies"))
        street.publish(past)
        past_view = read_view(street, past, listed_on=end)
        built = street.build(last)
        shutil.copytree(street.paths.work, folder / "work")
        publish_release(street.settings, built)
        land_portal_stray(street, last + timedelta(days=1))
        yield Told(street, past_view, read_view(street, last, listed_on=last), folder / "work")


@pytest.fixture(scope="session")
def other_nation(tmp_path_factory: pytest.TempPathFactory) -> View:
    """Only the registers of another nation, on the history's last day."""
    folder = tmp_path_factory.mktemp("other")
    with Street(folder / "home", folder / "nation", persons=1_200, seed=8_675_309, sources=REGISTERS) as street:
        end = street.history_end
        street.deliver(end)
        street.land(end)
        street.publish(end)
        return read_view(street, end, listed_on=None)


@pytest.fixture(scope="session", params=["latest", "past", "other nation"])
def view(request: pytest.FixtureRequest) -> View:
    if request.param == "other nation":
        return request.getfixturevalue("other_nation")
    return getattr(request.getfixturevalue("told"), request.param)
