"""Linkage against known pairs: FEBRL 4, the public half of historical figures, fake persons, and synthetic nations.

No label is seen by the linkage: the threshold is the one with the best F1 expected by the model's own probabilities.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.delivery import FetchContext
from ingest.landing import land
from ingest.registry import load_registry
from lmi.core.keys import load_keys
from lmi.core.settings import Settings
from sandbox.nation.generate import generate
from tests.evaluation.clients import client_list
from tests.evaluation.mentions import mentioned, workplaces
from tests.street import Street
from tests.validation.support import delivery_of
from validation.linkage.employers import link_employers
from validation.linkage.linker import Links, Register, link
from validation.linkage.persons import link_persons
from validation.run import validate

#: seeds of nations on which nothing was tuned
SEEDS = (404, 505, 606)
FOLDER = "record_linkage"

SECTION = """
## Linkage of persons

Persons found in a register without resident numbers ([linkage.md](linkage.md)). The linkage sees no label: its
threshold is the one with the best F1 that its own probabilities let expect, beside the F1 that came out.

FEBRL 4: 5,000 records and one spoilt copy of each, without the social security number. Which keys make
pairs was decided with an eye on the pairs missed in it, so it is no unseen set. `historical_figures_half` and
`fake_1000` are linked among themselves, ten and four records of a person on average, and every pair of a person counts:
two records that share a title and little else count as missed. Nations of {persons:,} persons, seeds {seeds}, none
tuned on: the clients of a private agency (`tests/evaluation/clients.py`; 15 % moved, most of them with a new telephone,
10 % of names with a slip, 8 % of birth dates swapped, mistyped or blank, a quarter nobody in the register) are found
among registered job seekers, through door, sealed zone and result file, among those who consent. The errors are ours,
so the figure is what to expect of such errors, not of a real agency's forms.

Employers of the same nations: workplaces as postings would name them, without a business number
(`tests/evaluation/mentions.py`: another legal form, half of the branches left out, a slip in 15 % of the names, 8 %
without a district and 8 % in another one), found by name and district in the register, which a fifth of the employers
have been taken out of.
"""


@dataclass(frozen=True)
class Linkage:
    """What came of one task. ``found`` pairs were called links, ``right`` of them are, of ``true`` there are."""

    name: str
    records: int
    threshold: float
    expected_f1: float
    found: int
    right: int
    true: int
    seconds: float

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.true) if self.found + self.true else 0.0


def missing(settings: Settings) -> bool:
    return settings.real_data is None or not (settings.real_data / FOLDER).is_dir()


def run_public(settings: Settings) -> list[Linkage]:
    """The public sets, below ``LMI_REAL_DATA``."""
    assert settings.real_data is not None
    folder = settings.real_data / FOLDER
    return [febrl(folder), historical_figures(folder), fake_persons(folder)]


def febrl(folder: Path) -> Linkage:
    """5,000 records against 5,000 spoilt copies, without the social security number."""

    def side(file: str) -> Register:
        frame = pd.read_csv(folder / file, skipinitialspace=True, dtype=str).fillna("")
        address = ["street_number", "address_1", "address_2", "suburb", "postcode", "state"]
        frame["name"] = frame["given_name"] + " " + frame["surname"]
        frame["address"] = frame[address].agg(" ".join, axis=1)
        kept = frame[["rec_id", "name", "date_of_birth", "address"]]
        columns = {"name": "name", "birth_date": "date_of_birth", "address": "address"}
        return Register(pa.Table.from_pandas(kept, preserve_index=False), "rec_id", columns)

    left, right = side("dataset4a.csv"), side("dataset4b.csv")
    clusters = {r: r.split("-")[1] for x in (left, right) for r in x.records["rec_id"].to_pylist()}
    started = time.process_time()
    links = link(left, right)
    return _judged("FEBRL 4", links, clusters, left.records.num_rows, time.process_time() - started)


def historical_figures(folder: Path) -> Linkage:
    """Records of persons, ten each on average, among themselves; place, postcode and occupation as an address."""
    frame = pd.read_parquet(folder / "historical_figures_half.parquet").fillna("")
    frame["address"] = frame[["birth_place", "postcode_fake", "occupation"]].agg(" ".join, axis=1)
    columns = {"name": "full_name", "birth_date": "dob", "sex": "gender", "address": "address"}
    return _among_themselves("historical_figures_half", frame, columns)


def fake_persons(folder: Path) -> Linkage:
    """The thousand fake persons of Splink's tutorial, their clusters as truth; city and e-mail as an address."""
    frame = pd.read_csv(folder / "fake_1000.csv", dtype=str).fillna("")
    frame["name"] = frame["first_name"] + " " + frame["surname"]
    frame["address"] = frame["city"] + " " + frame["email"]
    return _among_themselves("fake_1000", frame, {"name": "name", "birth_date": "dob", "address": "address"})


def _among_themselves(name: str, frame: pd.DataFrame, columns: dict[str, str]) -> Linkage:
    clusters = dict(zip(frame["unique_id"], frame["cluster"], strict=True))
    sizes = frame.groupby("cluster").size()
    table = pa.Table.from_pandas(frame[["unique_id", *columns.values()]], preserve_index=False)
    started = time.process_time()
    links = link(Register(table, "unique_id", columns))
    return _judged(name, links, clusters, int((sizes * (sizes - 1) // 2).sum()), time.process_time() - started)


def _judged(name: str, links: Links, clusters: dict[str, str], true: int, seconds: float) -> Linkage:
    chosen = links.chosen
    ends = zip(chosen["left"].to_pylist(), chosen["right"].to_pylist(), strict=True)
    right = sum(clusters[left] == clusters[other] for left, other in ends)
    return Linkage(name, len(clusters), links.threshold, links.expected_f1, chosen.num_rows, right, true, seconds)


def run_nation(folder: Path, seed: int, persons: int) -> Linkage:
    """A private agency's clients found among the registered job seekers, through door, sealed zone and result file."""
    clients, seekers = (load_registry()[name] for name in ("agency_clients", "seeker_registrations"))
    with Street(folder / f"link-home{seed}", folder / f"link-nation{seed}", persons, seed) as street:
        day = street.history_end
        street.deliver(day)
        street.land(day, [seekers.id])
        keys = load_keys(street.settings)
        listed, tokens = _clients(street, seed, keys)
        columns = [c.name for c in clients.columns if c.name in listed]
        rows = listed[columns].astype(object).where(listed.notna(), None).to_dict("records")
        now = datetime.now(UTC)
        context = FetchContext(street.settings, street.paths, keys)
        landed = land(delivery_of(clients, rows, delivery_date=day), context, now, "evaluation")
        outcome = validate(landed.folder, clients, street.settings, now=now)
        assert outcome.status == "accepted", outcome.reason
        started = time.process_time()
        linked = link_persons(
            clients, seekers, street.paths, keys, day, reader="evaluation", reason="evaluation of linkage", now=now
        )
        seconds = time.process_time() - started
        found = pq.read_table(linked.path).to_pylist()
        right = sum(tokens.get(row["record_id"]) == row["person_key"] for row in found)
        records = linked.records + _count(street)
    return Linkage(
        f"nation with seed {seed}", records, linked.threshold, linked.expected_f1, len(found), right, len(tokens),
        seconds,
    )  # fmt: skip


def _clients(street: Street, seed: int, keys: object) -> tuple[pd.DataFrame, dict[str, str]]:
    """The list, and the token of each client who is registered and, like the register, consents."""
    provider = street.settings.nation / "provider" / "seeker_registrations.parquet"
    with duckdb.connect() as con:
        people = con.execute(
            f"""
            WITH newest AS (
                SELECT resident_no, arg_max(address, updated_at) AS address,
                    arg_max(consent_statistics, updated_at) AS consents
                FROM read_parquet('{provider}') WHERE _delivery_date <= ? GROUP BY ALL
            )
            SELECT p.person_id, p.resident_no, p.name, p.birth_date, p.sex, p.phone, n.address, n.consents,
                n.resident_no IS NOT NULL AS is_registered
            FROM read_parquet('{street.truth}/persons.parquet') AS p LEFT JOIN newest AS n USING (resident_no)
            ORDER BY person_id
            """,
            [street.history_end],
        ).df()
    people["birth_date"] = pd.to_datetime(people["birth_date"]).dt.date
    registered, others = people[people["is_registered"]], people[~people["is_registered"]].copy()
    others["address"] = registered["address"].sample(len(others), replace=True, random_state=seed).to_numpy()
    listed = client_list(registered, others, seed, street.history_end)
    facts = listed.merge(people[["person_id", "resident_no", "consents"]], on="person_id")
    agreed = facts[facts["is_registered"] & (facts["consent_statistics"] == "Y") & (facts["consents"] == True)]  # noqa: E712
    numbers = agreed["resident_no"].str.replace("-", "")
    return listed, {c: keys.token("person", n) for c, n in zip(agreed["client_id"], numbers, strict=True)}  # type: ignore[attr-defined]


def run_employers(folder: Path, seed: int, persons: int) -> Linkage:
    """Mentions without business number found among the workplaces of a nation."""
    nation = folder / f"link-nation{seed}"
    if not (nation / "provider" / "workplaces.parquet").exists():
        generate(nation, persons, seed)
    mentions, register, truth = mentioned(workplaces(nation), seed)
    started = time.process_time()
    links = link_employers(mentions, register)
    seconds = time.process_time() - started
    chosen = links.chosen
    ends = list(zip(chosen["left"].to_pylist(), chosen["right"].to_pylist(), strict=True))
    right = sum(truth.get(mention) == number for mention, number in ends)
    return Linkage(
        f"employers of the nation with seed {seed}", mentions.num_rows + register.num_rows, links.threshold,
        links.expected_f1, len(ends), right, len(truth), seconds,
    )  # fmt: skip


def _count(street: Street) -> int:
    files = street.paths.accepted / "seeker_registrations"
    with duckdb.connect() as con:
        row = con.execute(f"SELECT count(*) FROM '{files}/*/accepted-*.parquet'").fetchone()
    return int(row[0]) if row else 0


def run(settings: Settings, folder: Path, persons: int) -> list[Linkage]:
    """All tasks whose data are at hand; each says its speed."""
    done = [] if missing(settings) else run_public(settings)
    done += [run_nation(folder, seed, persons) for seed in SEEDS]
    done += [run_employers(folder, seed, persons) for seed in SEEDS]
    for each in done:
        rate = each.records / max(each.seconds, 1e-9)
        sys.stdout.write(
            f"{each.name:40} {each.records:>8,} records {each.seconds:9.1f} s {rate:>8,.0f} records/s/core\n"
        )
    return done


def section(linkages: Sequence[Linkage], persons: int) -> str:
    """The part of docs/evaluation.md; empty when nothing was run."""
    if not linkages:
        return ""
    lines = [
        SECTION.format(persons=persons, seeds=", ".join(map(str, SEEDS))),
        "\n| task | records | true pairs | found | right | precision | recall | F1 | expected F1 | threshold |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    ]
    for each in linkages:
        lines.append(
            f"| {each.name} | {each.records:,} | {each.true:,} | {each.found:,} | {each.right:,}"
            f" | {each.precision:.4f} | {each.recall:.4f} | **{each.f1:.4f}** | {each.expected_f1:.4f}"
            f" | {each.threshold:.2f} |\n"
        )
    return "".join(lines)
