"""``lmi run --profile real`` through the DAGs to a published release, on few rows of our own in the dialects.

The real data lie outside the project (`tests/real` runs on them where they are); this shows the way they take.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.registry import sources_of
from lmi.core.paths import Paths
from lmi.core.release import require_current
from lmi.core.settings import Settings, load_settings
from sandbox.real import DROPS
from validation.accepted import manifests

pytestmark = pytest.mark.e2e

LMI = Path(sys.executable).parent / "lmi"
DAY = "2026-10-01"
#: one that lives on postings, one whose registers have no real data, and the one that says which are absent
MARTS = ("mart_occupation_profile", "mart_employment_trends_monthly", "mart_coverage")
REAL = sources_of("real")
#: what the outside world delivers; other files are dropped by whoever has them
DELIVERED = {drop.source for drop in DROPS} | {s.id for s in REAL.values() if s.connector != "file_drop"}

ANNOUNCEMENTS = [
    {
        "control_number": 900000001 + n, "year": 2026, "position_title": title, "department": "Department of Weather",
        "agency": "Bureau of Rain", "subagency": None, "appointment_type": "Permanent",
        "occupation_series": [series], "hiring_paths": ["The public"], "open_date": "2026-09-01",
        "close_date": "2026-09-30", "usajobs_url": f"https://www.usajobs.gov/job/{900000001 + n}",
    }
    for n, (title, series) in enumerate(
        [("Rain Gauge Reader", "1341 - Meteorological Technician"), ("Clerk", "0303 - Miscellaneous Clerk"),
         ("Snow Engineer", "0801 - General Engineering")]
    )
]  # fmt: skip
POSTINGS = [
    {
        "id": f"{n:032x}", "title": title, "jobDescription": f"Wanted: {title}.", "datePosted": "2026-08-20",
        "hiringOrganization": {"organizationName": "Oak & Sons", "organizationCode": "31"}, "numberOfOpenings": "2",
        "normalizedTitle": {"onetName": title, "onetCode": code}, "baseSalary": {"salary": 0.0, "minSalary": 20.5},
        "salaryCurrency": "USD", "jobLocation": {"address": {"countryCode": "US", "regionCode": "IL"}},
        "employmentType": [], "responsibilities": ["Sawing"], "positionPeriod": {"startDate": "", "endDate": ""},
    }
    for n, (title, code) in enumerate([("Carpenters", "47-2031.00"), ("Bakers", "51-3011.00")], start=1)
]  # fmt: skip


def jobtech_ad(number: str, headline: str) -> dict[str, Any]:
    return {
        "id": number, "headline": headline, "number_of_vacancies": 1, "description": {"text": "Ett arbete."},
        "application_deadline": "2026-09-30T23:59:59", "publication_date": "2026-09-01T00:00:00",
        "last_publication_date": "2026-09-30T23:59:59", "removed": False, "timestamp": 1_788_000_000_000,
        "employer": {"name": "Exempelbolaget", "organization_number": "5500000000", "email": "ingen@example.se"},
        "occupation_group": {"legacy_ams_taxonomy_id": "2512", "label": "Utvecklare"},
        "workplace_address": {"municipality_code": "0180", "region_code": "01"},
    }  # fmt: skip


IMPORT = {
    "annonsId": 300, "annonsrubrik": "Bagare", "annonstext": "Vi bakar.", "publiceringsdatum": "2026-09-01T00:00:00",
    "avpublicerad": False, "antalPlatser": 1, "arbetsgivareNamn": "Bageriet", "organisationsnummer": "5500000001",
    "yrkesroll": {"varde": "5325", "namn": "Bagare"}, "uppdateradTid": 1_788_000_000_000,
}  # fmt: skip
PROGRAMMES = [
    {
        "Provider ID": "1", "Campus ID": "11", "Program ID": str(100 + n), "Program Status": "Approved",
        "ProviderName": "Prairie College", "Institution Type": "Public", "Campus State": "TX", "Program Name": title,
        "Program Outcome": "Certificate", "Length: Contact Hours": hours, "Length: Weeks": "8",
        "Occupation Code (ONET 1)": code, "Required Cost: Tuition & Fees": "1200",
        "Program ETPL Start Date": "January 13, 2026 9:12 PM", "Program ETPL Last Update": "February 1, 2026 5:25 PM",
    }
    for n, (title, hours, code) in enumerate([("Carpentry", "320", "47203100"), ("Baking", "ERROR", "51301100")])
]  # fmt: skip
KECO = [("1", None), ("13", "1"), ("133", "13"), ("1332", "133")]
KSCO = [("2", None), ("22", "2"), ("222", "22"), ("2222", "222")]
KSIC = [("J", None), ("62", "J"), ("620", "62"), ("6201", "620"), ("62010", "6201")]


def tree(codes: Sequence[tuple[str, str | None]]) -> list[dict[str, Any]]:
    return [
        {"code": code, "name": f"이름 {code}", "level": level, "parent": parent}
        for level, (code, parent) in enumerate(codes, start=1)
    ]


def table(rows: Sequence[Mapping[str, str]], header: Sequence[str], **dialect: Any) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n", **dialect)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def made_up() -> dict[str, bytes]:
    """Content by file name below ``LMI_REAL_DATA``."""
    tabs = {"delimiter": "\t", "quoting": csv.QUOTE_MINIMAL}
    occupations = [("47-2031.00", "Carpenters"), ("51-3011.00", "Bakers")]
    hits = [{"hits": {"hits": [{"_source": jobtech_ad(f"{n}", "Utvecklare")}]}} for n in (100, 200)]
    code, title = "O*NET-SOC Code", "Title"
    return {
        "usajobs/jobs_a.json.gz": packed(written(ANNOUNCEMENTS[:2])),
        "usajobs/jobs_b.json.gz": packed(written(ANNOUNCEMENTS[2:])),
        "jobposting_schemaorg/50_sample.json.gz": packed(b"\n".join(map(written, POSTINGS))),
        "jobtech_se/platsannons_results_eng.json": written(hits[0]),
        "jobtech_se/platsannonser_expected_after_conversion.json": written(hits[1]),
        "jobtech_se/platsannonser_source_test_import.json": written({"testannonser": [IMPORT]}),
        "tx_training_programmes/programmes.csv.gz": packed(
            table(PROGRAMMES, [column.wire for column in REAL["tx_training_programmes"].columns])
        ),
        "onet_29_2/Occupation Data.txt.gz": packed(
            table([{code: c, title: t, "Description": f"{t} at work."} for c, t in occupations],
                  [code, title, "Description"], **tabs)
        ),
        "onet_29_2/All_Occupations.txt.gz": packed(
            table([{"Job Zone": "2", "Code": c, "Occupation": t, "Data-level": "Y"} for c, t in occupations],
                  ["Job Zone", "Code", "Occupation", "Data-level"], **tabs)
        ),
        "onet_29_2/Alternate Titles.txt.gz": packed(
            table([{code: c, "Alternate Title": f"Junior {t}", "Short Title": "n/a", "Source(s)": "08"}
                   for c, t in occupations], [code, "Alternate Title", "Short Title", "Source(s)"], **tabs)
        ),
        "kr_classifications/keco-tree.json": written(tree(KECO)),
        "kr_classifications/ksco-tree.json": written(tree(KSCO)),
        "kr_classifications/ksic-tree.json": written(tree(KSIC)),
        "kr_classifications/ksic_9_to_10.csv": table(
            [{"ksic9_cd": "62010", "ksic9_nm": "가", "ksic10_cd": "62010", "ksic10_nm": "가", "con": "1"}],
            ["ksic9_cd", "ksic9_nm", "ksic10_cd", "ksic10_nm", "con", "detail"],
        ),
        "kr_classifications/ksic-oldnew.json": written(
            [{"old": "62010", "oldName": "가", "new": "62010"}, {"old": "63112", "oldName": "나", "new": "60310"},
             {"old": "63112", "oldName": "나", "new": "60320"}]
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, subprocess.CompletedProcess[str]]:
    root = tmp_path_factory.mktemp("real")
    for name, content in made_up().items():
        (root / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "data" / name).write_bytes(content)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LMI_", "AIRFLOW"))}
    env |= {
        "LMI_REAL_DATA": str(root / "data"), "LMI_HOME": str(root / "home"), "LMI_KEYS_DIR": str(root / "keys"),
        "LMI_PROFILE": "real", "LMI_MARTS": ",".join(MARTS), "LMI_THREADS": "1",
        "LMI_LANGUAGE": "en", "COLUMNS": "300", "NO_COLOR": "1",
    }  # fmt: skip
    done = subprocess.run([LMI, "run", "--date", DAY], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return load_settings(env), done


def test_every_real_source_is_in_the_release(ran: tuple[Settings, subprocess.CompletedProcess[str]]) -> None:
    settings, done = ran
    assert f"Current release {require_current(Paths.of(settings)).id}" in done.stdout
    rows = {line.split("│")[1].strip(): line.split("│") for line in done.stdout.splitlines() if "│" in line}
    assert set(rows) >= DELIVERED
    for source in DELIVERED:
        fetched, accepted, quarantined, duplicates = (int(cell.strip()) for cell in rows[source][2:6])
        assert fetched == accepted > 0 and quarantined == duplicates == 0, source
        (manifest,) = manifests(Paths.of(settings), source)
        assert manifest["counts"]["fetched"] == fetched


def test_the_marts_hold_them_and_name_what_is_absent(
    ran: tuple[Settings, subprocess.CompletedProcess[str]],
) -> None:
    release = require_current(Paths.of(ran[0]))
    assert release.manifest["profile"] == "real" and not release.manifest["stale"]
    with duckdb.connect(str(release.marts), read_only=True) as con:
        profile = "select occupation_scheme, sum(vacancies_24m)::int from mart_occupation_profile group by 1"
        assert dict(con.execute(profile).fetchall()) == {"ONET": 2, "SE_AMS": 1, "SSYK": 2, "US_OPM": 3}
        listed = "select occupation_code from dim_occupation where occupation_scheme = 'KECO' and is_current order by 1"
        assert [code for (code,) in con.execute(listed).fetchall()] == [code for code, _ in KECO]
        split = "select to_code, weight::double from dim_industry_crosswalk where from_code = '63112' order by 1"
        assert con.execute(split).fetchall() == [("60310", 0.5), ("60320", 0.5)]
        hours = "select title, duration_hours, duration_null_reason from dim_training_programme order by 1"
        assert [row[:2] for row in con.execute(hours).fetchall()] == [("Baking", None), ("Carpentry", 320)]
        assert con.execute("select count(*) from mart_employment_trends_monthly where value > 0").fetchone() == (0,)
        absent = "select distinct entity from mart_coverage where status = 'absent'"
        found = {entity for (entity,) in con.execute(absent).fetchall()}
    assert {"insurance_events", "registrations"} <= found and "vacancies" not in found
