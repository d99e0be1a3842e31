"""Every real source lands whole, and what real data hold that nobody would make up is dealt with."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.pipeline import fetch_and_land
from ingest.registry import sources_of
from sandbox.real import DROPS
from tests.leaks import find_leaks
from tests.real.conftest import DAY, NEXT_DAY, Real

pytestmark = pytest.mark.real_data

#: fetched, accepted, quarantined
EXPECTED = {
    "jobposting_schemaorg": (50, 50, 0),
    "jobtech_ads": (3, 3, 0),
    "jobtech_imports": (2, 2, 0),
    "keco_occupations": (677, 677, 0),
    "ksco_occupations": (1_999, 1_999, 0),
    "ksic_crosswalk_10_11": (1_231, 1_231, 0),
    "ksic_crosswalk_9_10": (1_377, 1_377, 0),
    "ksic_industries": (2_038, 2_038, 0),
    "onet_alternate_titles": (53_507, 53_507, 0),
    "onet_job_zones": (1_016, 1_016, 0),
    "onet_occupations": (1_016, 1_016, 0),
    "tx_training_programmes": (6_245, 6_244, 1),
    "usajobs_announcements": (17_963, 17_963, 0),
}
OVER_HTTP = ("jobposting_schemaorg", "jobtech_ads", "jobtech_imports", "usajobs_announcements")


def _scalar(sql: str) -> Any:
    row = duckdb.connect().execute(sql).fetchone()
    assert row is not None
    return row[0]


def _announcements(data: Path) -> list[dict[str, Any]]:
    return [
        row for file in (data / "usajobs").glob("*.json.gz") for row in json.loads(gzip.decompress(file.read_bytes()))
    ]


def test_expectations_name_what_the_outside_world_delivers() -> None:
    """A source that is added is dropped by whoever has it; its rows are nobody's to expect here."""
    over_http = {source.id for source in sources_of("real").values() if source.connector != "file_drop"}
    assert set(EXPECTED) == over_http | {drop.source for drop in DROPS}


@pytest.mark.parametrize("source_id", EXPECTED)
def test_all_rows_land_and_are_accounted_for(real: Real, source_id: str) -> None:
    counts = real.manifest(source_id)["counts"]
    assert (counts["fetched"], counts["accepted"], counts["quarantined"]) == EXPECTED[source_id]
    assert counts["fetched"] == counts["accepted"] + counts["quarantined"] + counts["duplicates"]


def test_the_quarantined_programme_says_why(real: Real) -> None:
    rules = [r for r in real.manifest("tx_training_programmes")["rules"] if r["failed"]]
    assert [(r["rule"], r["column"], r["failed"]) for r in rules] == [("pattern", "campus_state", 1)]


@pytest.mark.parametrize("source_id", EXPECTED)
def test_a_delivery_of_each_date_lands_once(real: Real, source_id: str) -> None:
    for day in (DAY, NEXT_DAY):
        (folder,) = real.landed[source_id, day]
        assert day.isoformat() in folder


@pytest.mark.parametrize("source_id", OVER_HTTP)
def test_the_same_day_again_adds_nothing(real: Real, source_id: str) -> None:
    assert fetch_and_land(real.settings, source_id, DAY) == real.landed[source_id, DAY]
    assert len(list((real.paths.landing / source_id / DAY.isoformat()).iterdir())) == 1


def test_a_control_number_used_twice_is_two_postings(real: Real) -> None:
    used = Counter(row["control_number"] for row in _announcements(real.settings.real_data))
    again = [number for number, times in used.items() if times > 1]
    assert len(again) == 1
    found = f"{real.accepted('usajobs_announcements')} where control_number = {again[0]}"
    assert _scalar(f"select count(distinct open_date) from {found}") == used[again[0]] == 2


def test_landing_loses_no_sign_and_adds_no_broken_one(real: Real) -> None:
    packed = (real.settings.real_data / "tx_training_programmes" / "programmes.csv.gz").read_bytes()
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode(), newline="")))
    broken = sum(row["Provider Description"].count("\ufffd") for row in rows)
    assert broken > 0, "the source was mended; drop what the docs say about it"
    kept = "length(provider_description) - length(replace(provider_description, chr(65533), ''))"
    assert _scalar(f"select sum({kept}) from {real.accepted('tx_training_programmes')}") == broken
    for source_id in ("keco_occupations", "ksco_occupations", "ksic_industries"):
        assert (
            _scalar(f"select count(*) from {real.accepted(source_id)} where not regexp_matches(name, '[가-힣]')") == 0
        )


def test_a_quoted_field_loses_its_quotes(real: Real) -> None:
    assert _scalar(f"""select count(*) from {real.accepted("onet_job_zones")} where title like '%"%'""") == 0
    assert _scalar(f"select count(*) from {real.accepted('onet_job_zones')} where title like '%,%'") > 0


def test_dates_in_words_become_instants_of_texas(real: Real) -> None:
    landed = real.accepted("tx_training_programmes")
    assert _scalar(f"select count(*) from {landed} where listed_at is null or updated_at is null") == 0
    first = f"select listed_at at time zone 'America/Chicago' from {landed} where program_id = '32211'"
    assert str(_scalar(first)) == "2021-02-12 16:06:00"


def test_contacts_stand_nowhere_outside_the_sealed_zone(real: Real) -> None:
    folder = real.settings.real_data / "jobtech_se"
    needles = set()
    for file in ("platsannons_results_eng.json", "platsannonser_expected_after_conversion.json"):
        for hit in json.loads((folder / file).read_text("utf-8"))["hits"]["hits"]:
            ad = hit["_source"]
            needles |= {ad["employer"]["phone_number"], ad["employer"]["email"], ad["application_details"]["email"]}
    for ad in json.loads((folder / "platsannonser_source_test_import.json").read_text("utf-8"))["testannonser"]:
        needles.add(ad.get("ansokningssattEpost"))
    needles.discard(None)
    assert len(needles) == 8
    assert find_leaks(real.paths.home, needles) == []
    assert any(real.paths.sealed.rglob("*.sealed"))
