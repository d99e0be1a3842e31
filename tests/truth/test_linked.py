"""Clients without resident number, employers without business number: who is found, who must not be, what leaves."""

from __future__ import annotations

import json

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.truth import agencies
from tests.truth.conftest import Told
from tests.truth.recompute import table
from validation.linkage.persons import COLUMNS
from validation.linkage.pipeline import link_clients, linked_on

pytestmark = pytest.mark.xdist_group("truth")


def test_registered_clients_are_found_and_strangers_are_not(told: Told) -> None:
    view = told.latest
    found = agencies.links(view.home, view.truth, view.keys, view.as_of)
    listed = pd.read_parquet(view.truth.parent / "provider" / "agency_clients.parquet")
    listed = listed[pd.to_datetime(listed["received_date"]) <= pd.Timestamp(view.as_of)]
    known = table(view.truth, "registrations")
    until = pd.Timestamp(linked_on(told.street.settings, view.as_of)[0].until)
    registered = set(known.loc[known["received_date"] <= until, "person_id"])
    truth = table(view.truth, "agency_clients").set_index("client_id").loc[listed["client_id"].unique()]
    asked = truth[truth["consent_statistics"] & truth["person_id"].isin(registered)]
    right = (found == truth["person_id"].reindex(found.index)).sum()
    assert len(asked) > 150 and len(truth) - len(asked) > 50
    # who is registered and has not agreed there is among those asked for: it costs recall
    assert 2 * right / (len(found) + len(asked)) >= 0.93
    assert right / len(found) >= 0.97


def test_who_has_not_consented_is_not_looked_for(told: Told) -> None:
    view = told.latest
    found = agencies.links(view.home, view.truth, view.keys, view.as_of)
    refused = table(view.truth, "agency_clients").query("not consent_statistics")["client_id"]
    assert len(refused) > 10 and not set(refused) & set(found.index)
    register = pd.read_parquet(view.truth.parent / "provider" / "seeker_registrations.parquet")
    register = register[pd.to_datetime(register["received_date"]) <= pd.Timestamp(view.as_of)]
    numbers = register.loc[~register["consent_statistics"], "resident_no"].unique()
    persons = table(view.truth, "persons").set_index("resident_no")["person_id"]
    assert len(numbers) > 10 and not set(persons.reindex(numbers)) & set(found)


def test_only_token_and_probability_leave_and_each_look_is_on_record(told: Told) -> None:
    (linked,) = linked_on(told.street.settings, told.latest.as_of)
    assert tuple(pq.read_schema(linked.file).names) == COLUMNS
    log = [json.loads(line) for line in (told.street.paths.sealed / "access.ndjson").read_text().splitlines()]
    opened = [entry for entry in log if entry["purpose"] == "linkage"]
    assert [(e["reader"], e["source"]) for e in opened] == [("lmi", "agency_clients"), ("lmi", "seeker_registrations")]
    release = told.street.paths.current_release
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select match_probability, person_key is null as is_nobody, exclusion_reason from core.fct_service_episodes"
            " where source_id = 'agency_clients'"
        ).df()
    assert ((rows["match_probability"] == 0) == rows["is_nobody"]).all() and rows["match_probability"].max() > 0.9
    assert (rows.loc[rows["is_nobody"], "exclusion_reason"] == "NOT_LINKED").all()


def test_what_is_linked_stays_until_another_list_comes(told: Told) -> None:
    """Both releases read the same links: no list came between them, though registrations did."""
    past, latest = (linked_on(told.street.settings, view.as_of) for view in (told.past, told.latest))
    assert past == latest
    written = latest[0].file.stat().st_mtime_ns
    assert link_clients(told.street.settings, told.latest.as_of) == {}
    assert latest[0].file.stat().st_mtime_ns == written


def test_employers_of_postings_without_a_number_are_found(told: Told) -> None:
    with duckdb.connect(str(told.street.paths.current_release / "warehouse.duckdb"), read_only=True) as con:
        postings = con.execute(
            "select posting_id, business_no, employer_no, employer_match_probability as probability"
            " from core.fct_vacancies where book = 'portal_vacancies'"
        ).df()
    twins = table(told.latest.truth, "portal_twins").rename(columns={"posting_id": "original"})
    truth = table(told.latest.truth, "vacancies").rename(columns={"posting_id": "original"})
    employers = twins.merge(truth, on="original").set_index("portal_id")["workplace_no"].str[:10]
    postings["true_no"] = postings["posting_id"].map(employers)
    unnumbered = postings[postings["business_no"].isna()]
    assert len(unnumbered) > 40 and unnumbered["probability"].notna().mean() > 0.9
    assert (unnumbered["employer_no"] == unnumbered["true_no"]).mean() > 0.95
    stated = postings[postings["probability"].isna() & postings["employer_no"].notna()]
    assert len(stated) > 200 and (stated["employer_no"] == stated["business_no"]).all()
