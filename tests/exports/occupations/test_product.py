"""The occupation tables of a release made by hand: shape, small numbers, licences, changes, and what others read."""

from __future__ import annotations

import filecmp
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import frictionless
import jsonschema
import pytest
from lxml import html

from exports.data_dictionary import MODELS
from exports.occupations.documents import file_name
from exports.occupations.product import package, render
from exports.package.rights import Rights
from exports.package.spec import PackageError
from exports.package.tables import BrokenPromise
from exports.render import NothingToRender, Staged
from ingest.registry import load_registry
from lmi.core.settings import SettingError, load_settings
from tests.exports import handmade
from tests.exports.handmade import release, rows, staged
from tests.payloads import live_below, planted


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return release(tmp_path_factory.mktemp("occupations"))


def v1(found: Staged) -> Path:
    return found.folder / "exports" / "occupations" / "v1"


def read(found: Staged, table: str) -> list[dict[str, Any]]:
    return json.loads((v1(found) / "tables" / f"{table}.json").read_text("utf-8"))


def changes(found: Staged) -> set[tuple[str, str, str, str]]:
    return {(r["table_name"], r["occupation_code"], r["change"], r["why"]) for r in read(found, "changes")}


def test_the_data_package_is_valid_with_all_its_data(made: Staged) -> None:
    with frictionless.system.use_context(trusted=True):
        report = frictionless.validate(str(v1(made) / "datapackage.json"))
    assert report.valid, report.flatten(["type", "rowNumber", "fieldName", "note"])[:5]
    assert len(report.tasks) == len(package().tables)


def test_a_wrong_value_makes_the_data_package_invalid(tmp_path: Path) -> None:
    found = release(tmp_path)
    table = v1(found) / "tables" / "skills.csv"
    table.write_text(table.read_text("utf-8").replace(",39,", ",many,"), "utf-8")
    with frictionless.system.use_context(trusted=True):
        assert not frictionless.validate(str(v1(found) / "datapackage.json")).valid


def test_every_table_fits_its_json_schema_and_says_the_same_in_three_formats(made: Staged) -> None:
    for table in package().tables:
        schema = json.loads((v1(made) / "schemas" / f"{table.name}.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(read(made, table.name), schema)
        base = v1(made) / "tables" / table.name
        with duckdb.connect() as con:
            n = [con.execute(f"select count(*) from '{base}.{form}'").fetchall()[0][0] for form in ("csv", "parquet")]
            described = con.execute(f"describe from '{base}.parquet'").fetchall()
        assert n == [len(read(made, table.name))] * 2
        assert [column.name for column in table.columns] == [row[0] for row in described]


def test_every_column_has_labels_in_both_languages_and_its_licences(made: Staged) -> None:
    described = json.loads((v1(made) / "datapackage.json").read_text("utf-8"))
    for resource in described["resources"]:
        for field in resource["schema"]["fields"]:
            assert field["title"] and field["title_ko"] and field["description"], (resource["name"], field["name"])
            assert all(source["name"] and source["title"] for source in field["sources"])
    profile = next(r for r in described["resources"] if r["name"] == "profiles")
    behind = {f["name"]: {s["source"] for s in f["sources"]} for f in profile["schema"]["fields"]}
    assert behind["registrations_new_12m"] == {"seeker_registrations"}
    assert behind["insured_wage_n"] == {"insurance_events"}
    assert "work24_vacancies" in behind["openings_new_12m"]


def test_figures_on_few_persons_are_null_with_a_reason_and_others_stand(made: Staged) -> None:
    profile = {row["occupation_code"]: row for row in read(made, "profiles")}
    assert set(profile) == {"3040", "8231"}  # no group of occupations: nothing can be subtracted
    assert profile["3040"]["registrations_new_12m"] == 55 and profile["3040"]["insured_wage_month_p50"] == 3_310_000
    few = profile["8231"]
    assert few["registrations_new_12m"] is None and few["openings_per_seeker_12m"] is None
    assert few["openings_per_seeker_null_reason"] == "few_persons" == few["insured_wage_null_reason"]
    assert few["insured_wage_n"] is None and few["openings_new_12m"] == 2
    wages = {(r["occupation_code"], r["region_code"], r["wage_source"]): r for r in read(made, "wages")}
    assert ("3040", "11", "insured") not in wages
    assert wages["8231", "_T", "insured"]["n"] is None
    assert wages["8231", "_T", "insured"]["wage_null_reason"] == "few_persons"
    moves = {(r["from_code"], r["to_code"]): r for r in read(made, "transitions")}
    assert moves["8231", "OTHER"]["null_reason"] == "few_persons" and moves["3040", "OTHER"]["null_reason"] is None


def test_reported_pay_is_told_in_units_and_the_codebook_says_so(made: Staged) -> None:
    """A quantile is the pay of one person. What vacancies advertise is public as it is."""
    (profile,) = (row for row in read(made, "profiles") if row["occupation_code"] == "3040")
    quantiles = [profile[f"insured_wage_month_{name}"] for name in ("p25", "p50", "p75")]
    assert quantiles == [2_900_000, 3_310_000, 3_780_000] and profile["wage_month_p50"] == 3_620_000
    medians = {row["wage_source"]: row["wage_month_p50"] for row in read(made, "wages") if row["wage_month_p50"]}
    assert medians == {"advertised": 3_620_000, "insured": 3_310_000}
    (move,) = (row for row in read(made, "transitions") if row["wage_after_p50"])
    assert (move["wage_before_p50"], move["wage_after_p50"], move["wage_change_p50"]) == (2_440_000, 2_510_000, 3)
    book = html.fromstring((v1(made) / "codebook.en.html").read_bytes()).text_content()
    assert "Told to the nearest 10,000 where wage_source = 'insured'." in book and "Told to the nearest 5." in book


def test_shares_of_outcomes_are_made_of_rounded_counts_and_hidden_below_the_threshold(made: Staged) -> None:
    """17 of 54 is told as 15 of 55 with the interval of these; three cases, none, and ten of four persons are not."""
    cells = {(row["firm_size"], row["employment_type"]): row for row in read(made, "employability")}
    assert {row["n"] for row in cells.values()} == {55} and len(cells) == 5
    large = cells["E_GE300", "REGULAR"]
    assert (large["numerator"], round(large["probability"], 6), large["null_reason"]) == (15, 0.272727, None)
    # (k + z²/2 ∓ z √(k (n - k) / n + z²/4)) / (n + z²), k = 15, n = 55, z = 1.96
    assert (round(large["probability_low"], 4), round(large["probability_high"], 4)) == (0.1728, 0.4023)
    for hidden in (("E5T29", "PART_TIME"), ("E_LT5", "REGULAR"), ("E30T99", "REGULAR")):
        figures = [cells[hidden][c] for c in ("numerator", "probability", "probability_low", "probability_high")]
        assert figures == [None] * 4 and cells[hidden]["null_reason"] == "few_persons"


#: figure of a table -> the column that says why it is NULL
REASONS = {
    "profiles": {
        "openings_new_12m": "openings_null_reason", "openings_per_seeker_12m": "openings_per_seeker_null_reason",
        "wage_month_p50": "wage_null_reason", "insured_wage_month_p50": "insured_wage_null_reason",
    },
    "wages": {"wage_month_p50": "wage_null_reason"},
    "licences": {"share": "null_reason"},
    "training": {"employment_rate_3m": "null_reason_3m", "employment_rate_6m": "null_reason_6m"},
    "transitions": {"n": "null_reason", "share": "null_reason"},
    "employability": {"n": "null_reason", "probability": "null_reason"},
}  # fmt: skip


def test_no_figure_is_null_without_a_reason(tmp_path: Path) -> None:
    portal = rows()
    portal["mart_occupation_profile"].append(
        portal["mart_occupation_profile"][0]
        | {"scope": "portal", "registrations_new_12m": None, "openings_per_seeker_12m": None, "wage_month_p50": None}
    )
    found = release(tmp_path, made_of=portal)
    silent = [
        (table, figure, row)
        for table, figures in REASONS.items()
        for row in read(found, table)
        for figure, reason in figures.items()
        if row[figure] is None and row[reason] is None
    ]
    assert silent == []
    asked = [row["openings_per_seeker_null_reason"] for row in read(found, "profiles") if row["scope"] == "portal"]
    assert asked == ["no_register_of_seekers"]


@pytest.mark.parametrize(
    ("contributors", "hidden"),
    [
        ({"3040": (50, 200, 2)}, {"insured_wage_n", "insured_wage_month_p50"}),
        ({"3040": (50, 4, 4)}, {"insured_wage_n", "insured_wage_month_p50"}),
        ({"3040": (4, 200, 90)}, {"registrations_new_12m", "openings_per_seeker_12m"}),
        ({}, {"insured_wage_n", "insured_wage_month_p50", "registrations_new_12m", "openings_per_seeker_12m"}),
    ],
)  # fmt: skip
def test_a_figure_of_many_jobs_but_few_persons_or_employers_is_hidden(
    tmp_path: Path, contributors: dict[str, tuple[int, int, int]], hidden: set[str]
) -> None:
    found = release(tmp_path, contributors=contributors)
    nurses = next(row for row in read(found, "profiles") if row["occupation_code"] == "3040")
    guarded = {"insured_wage_n", "insured_wage_month_p50", "registrations_new_12m", "openings_per_seeker_12m"}
    assert {name for name in guarded if nurses[name] is None} == hidden
    wage = next(r for r in read(found, "wages") if r["occupation_code"] == "3040" and r["wage_source"] == "insured")
    assert (wage["n"] is None) == ("insured_wage_n" in hidden)


def test_a_document_holds_all_blocks_of_an_occupation_and_null_for_absent_ones(made: Staged) -> None:
    nurse = json.loads((v1(made) / "occupations" / "KECO" / "3040.json").read_text("utf-8"))
    assert nurse["name_ko"] == "간호사" and nurse["titles"] == ["Registered nurse"]
    assert nurse["equivalents"] == [{"scheme": "ISCO", "version": "08", "code": "22", "weight": 1.0}]
    assert nurse["blocks"]["training"] is None
    assert nurse["blocks"]["skills"]["as_of"] == "2026-10-06" and nurse["blocks"]["skills"]["sources"]
    assert nurse["blocks"]["skills"]["rows"][0]["n"] == 39
    assert {row["to_code"] for row in nurse["blocks"]["transitions"]["rows"]} == {"OTHER", "LEFT_INSURED_EMPLOYMENT"}
    index = json.loads((v1(made) / "index.json").read_text("utf-8"))["occupations"]
    assert [entry["occupation_code"] for entry in index] == ["0111", "3040", "8231"]
    for entry in index:
        document = json.loads((v1(made) / entry["path"]).read_text("utf-8"))
        assert [name for name, block in document["blocks"].items() if block] == entry["blocks"]
    bulk = json.loads((v1(made) / "occupations.json").read_text("utf-8"))["occupations"]
    assert bulk[1] == nurse


def test_the_same_release_gives_the_same_bytes(made: Staged, tmp_path: Path) -> None:
    again = release(tmp_path)
    files = sorted(p.relative_to(v1(made)).as_posix() for p in v1(made).rglob("*") if p.is_file())
    assert len(files) > 50
    equal, different, missing = filecmp.cmpfiles(v1(made), v1(again), files, shallow=False)
    assert (different, missing, len(equal)) == ([], [], len(files))


def test_the_change_feed_says_what_changed_and_why(made: Staged, tmp_path: Path) -> None:
    later = rows()
    later["mart_occupation_profile"][0] |= {"registrations_new_12m": 3}
    later["mart_occupation_skill"][0] |= {"skill_name_en": "Triage in emergencies"}
    later["mart_occupation_similar"] = []
    later["mart_occupation_training"][0] |= {"course_id": "AIG2"}
    later["mart_occupation_requirement"][0] |= {"n": 21}
    later["mart_occupation_licence"][0] |= {"as_of": date(2026, 10, 7)}
    later["dim_occupation_redirect"] = [{"occupation_scheme": "KECO", "from_code": "0111", "to_code": "0112"}]
    later["dim_occupation"] = [r for r in later["dim_occupation"] if r["occupation_code"] != "0111"]
    found = release(tmp_path, "r2", made, made_of=later, day=date(2026, 11, 2))
    assert changes(made) == set()
    assert changes(found) == {
        ("occupations", "0111", "withdrawn", "code_withdrawn"),
        ("profiles", "3040", "changed", "threshold"),
        ("skills", "3040", "changed", "figures"),
        ("similar_occupations", "3040", "withdrawn", "no_longer_in_data"),
        ("training", "8231", "added", "new_in_data"),
        ("training", "8231", "withdrawn", "no_longer_in_data"),
        ("requirements", "3040", "changed", "figures"),
    }
    profile = next(r for r in read(found, "changes") if r["table_name"] == "profiles")
    assert json.loads(profile["row_key"]) == ["pes", "KR", "KECO", "3040"] and profile["previous_release_id"] == "r1"
    assert profile["columns"] == [
        "registrations_new_12m", "openings_per_seeker_12m", "openings_per_seeker_null_reason",
    ]  # fmt: skip


def test_a_mart_that_is_missing_leaves_an_empty_table_and_null_blocks(tmp_path: Path) -> None:
    found = release(tmp_path, made_of={k: v for k, v in rows().items() if k != "mart_occupation_skill"})
    assert read(found, "skills") == []
    nurse = json.loads((v1(found) / "occupations" / "KECO" / "3040.json").read_text("utf-8"))
    assert nurse["blocks"]["skills"] is None and nurse["blocks"]["wages"]
    described = json.loads((v1(found) / "datapackage.json").read_text("utf-8"))
    assert next(r for r in described["resources"] if r["name"] == "skills")["status"] == "missing"


def test_without_any_mart_there_is_nothing_to_render(tmp_path: Path) -> None:
    found = staged(tmp_path, made_of={k: v for k, v in rows().items() if k.startswith("dim_")})
    with pytest.raises(NothingToRender):
        render(found, tmp_path / "out")


def test_what_may_not_be_passed_on_is_withheld_and_said(tmp_path: Path, made: Staged) -> None:
    said = {"hrdnet_courses": "aggregates", "onet_alternate_titles": "none"}
    found = release(tmp_path, "r2", made, redistribution=said)
    course = read(found, "training")[0]
    assert course["title"] is None and course["fee_krw"] is None and course["employment_rate_3m"] == 0.4
    described = json.loads((v1(found) / "datapackage.json").read_text("utf-8"))
    fields = {f["name"]: f for r in described["resources"] if r["name"] == "training" for f in r["schema"]["fields"]}
    assert fields["title"]["sources"][0]["withheld"] and not fields["runs"]["sources"][0]["withheld"]
    gone = release(tmp_path, "r3", found, redistribution={"hrdnet_courses": "none"})
    assert read(gone, "training") == [] and read(found, "training")
    market = release(tmp_path, "r4", redistribution={"vacancy_submissions": "none"})
    assert read(market, "profiles") == [] and read(market, "transitions")


def test_a_title_with_two_short_forms_is_told_once(tmp_path: Path) -> None:
    twice = rows()
    title = twice["dim_occupation_title"][0]
    twice["dim_occupation_title"] = [title | {"short_title": short} for short in ("R.N.", "RN")]
    assert [row["short_title"] for row in read(release(tmp_path, made_of=twice), "titles")] == ["R.N."]


def test_every_classification_is_told_by_the_source_that_delivers_it() -> None:
    """Schemes that staging models name are those by which the licence of a row is found."""
    sources = package().table("occupations").row_sources
    for scheme, source in sources.items():
        model = next((MODELS / "staging" / source).glob("stg_*.sql"))
        assert f"'{scheme}' as occupation_scheme" in model.read_text("utf-8")
    delivered = {s.id for s in load_registry().values() if s.entity == "occupations"}
    assert set(sources.values()) == delivered


def test_titles_of_a_profile_without_their_source_pass_as_the_operators_own(made: Staged) -> None:
    rights = Rights.of(load_settings({}, profile="real"))
    titles = package().table("titles")
    assert [s.id for s in rights.behind(titles.entities)] == ["onet_alternate_titles"]
    assert rights.withheld(titles, titles.column("title")) == []
    occupations = package().table("occupations")
    assert {s.id for s in rights.withheld(occupations, occupations.column("description"))} == {
        "keco_occupations", "ksco_occupations",
    }  # fmt: skip


def test_a_wrong_redistribution_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="LMI_REDISTRIBUTION__HRDNET_COURSES='some'"):
        load_settings({"LMI_REDISTRIBUTION__HRDNET_COURSES": "some"})
    settings = load_settings({"LMI_REDISTRIBUTION__MOON": "none"})
    with pytest.raises(PackageError, match="LMI_REDISTRIBUTION__MOON names no source"):
        Rights.of(settings)


def test_a_code_outside_its_list_and_a_key_that_stands_twice_are_refused(tmp_path: Path) -> None:
    strange = rows()
    strange["mart_occupation_skill"][0] |= {"quality": "Z"}
    with pytest.raises(BrokenPromise, match=r"skills\.quality: Z not in the list quality"):
        release(tmp_path, "r1", made_of=strange)
    twice = rows()
    twice["mart_occupation_skill"] *= 2
    with pytest.raises(BrokenPromise, match="2 keys"):
        release(tmp_path, "r2", made_of=twice)


def test_two_releases_of_a_month_cannot_be_held_against_each_other(tmp_path: Path) -> None:
    """One person more registers, one more moves and one more is paid: only the month after tells."""
    first = release(tmp_path, "r1")
    more = rows()
    more["mart_occupation_profile"][0] |= {"registrations_new_12m": 58, "openings_new_12m": 49, "insured_wage_n": 228}
    more["mart_occupation_transition"][0] |= {"n": 13, "n_from": 31, "share": 0.4193548387}
    more["mart_occupation_transition"].append(more["mart_occupation_transition"][0] | {"to_code": "8231", "n": 11})
    more["mart_occupation_wage"][1] |= {"n": 228, "wage_month_p50": 3315000}
    more["mart_occupation_wage"][0] |= {"n": 28}
    insured = {"wages": lambda row: row["wage_source"] == "insured"}
    for day, is_told in ((date(2026, 10, 31), False), (date(2026, 11, 1), True)):
        found = release(tmp_path, f"r{day:%m%d}", previous=first, made_of=more, day=day)
        for table in ("transitions", "wages"):
            was, now = (
                [row | {"as_of": None} for row in read(made, table) if insured.get(table, bool)(row)]
                for made in (first, found)
            )
            assert (was != now) == is_told, table
        nurse = next(row for row in read(found, "profiles") if row["occupation_code"] == "3040")
        told = nurse["registrations_new_12m"], nurse["insured_wage_n"]
        assert told == ((60, 230) if is_told else (55, 225))
        assert nurse["openings_new_12m"] == 49, "vacancies tell of no person and are renewed daily"
        assert {row["n"] for row in read(found, "wages") if row["wage_source"] == "advertised"} == {28}


def test_payloads_in_names_titles_and_codes_reach_no_file_alive(tmp_path: Path) -> None:
    planted_rows = rows()
    for number, text in enumerate(planted("용접")):
        planted_rows["mart_occupation_training"].append(
            planted_rows["mart_occupation_training"][0]
            | {"course_id": f"{number} {text}", "title": text, "institution_name": text, "licence_text": text}
        )
        planted_rows["dim_occupation_title"].append(planted_rows["dim_occupation_title"][0] | {"title": text})
        planted_rows["dim_occupation"].append(
            planted_rows["dim_occupation"][1] | {"occupation_code": text, "name_ko": text, "description": text}
        )
        planted_rows["mart_occupation_skill"].append(
            planted_rows["mart_occupation_skill"][0] | {"occupation_code": text, "skill_name_ko": text}
        )
    found = release(tmp_path, made_of=planted_rows)
    assert live_below(v1(found)) == []
    assert len(read(found, "titles")) == 1 + len(planted("용접"))
    names = {path.name for path in (v1(found) / "occupations").rglob("*.json")}
    assert all(re.fullmatch(r"[0-9A-Za-z가-힣_.-]+", name) for name in names)
    assert file_name("../../etc/passwd").startswith("x") and file_name("3040") == "3040"


def test_the_codebook_is_accessible_and_names_every_column(made: Staged) -> None:
    for language in ("ko", "en"):
        page = html.parse(str(v1(made) / f"codebook.{language}.html")).getroot()
        assert page.get("lang") == language and page.xpath("//title/text()")
        assert len(page.xpath("//table")) == len(page.xpath("//table/caption"))
        assert not page.xpath("//th[not(@scope)]")
        named = set(page.xpath("//tbody/tr/th/text()"))
        assert {column.name for table in package().tables for column in table.columns} <= named
        targets = {link.lstrip("#") for link in page.xpath("//a/@href")}
        assert targets <= set(page.xpath("//@id"))


def test_the_catalogue_record_names_every_file_with_its_checksum(made: Staged) -> None:
    record = json.loads((v1(made) / "catalog.jsonld").read_text("utf-8"))
    dataset = record["dcat:dataset"]
    files = {d["dcat:downloadURL"]["@id"]: d["spdx:checksum"]["spdx:checksumValue"]["@value"]
             for d in dataset["dcat:distribution"]}  # fmt: skip
    described = json.loads((v1(made) / "datapackage.json").read_text("utf-8"))
    for resource in described["resources"]:
        for file in (resource, *resource["alternates"]):
            assert file["hash"] == f"sha256:{files[file['path']]}"
            assert (v1(made) / file["path"]).stat().st_size == file["bytes"]
    assert dataset["dct:modified"]["@value"] == "2026-10-06" and dataset["dcat:version"] == package().version


def test_the_address_of_the_operator_goes_into_the_catalogue(tmp_path: Path) -> None:
    found = release(tmp_path, public_url="https://lmi.example.kr/")
    record = json.loads((v1(found) / "catalog.jsonld").read_text("utf-8"))
    names = {name["@language"] for name in record["dct:publisher"]["foaf:name"]}
    assert names == {"ko", "en"} and record["dcat:dataset"]["dcat:contactPoint"]["vcard:hasEmail"]["@id"]
    first = record["dcat:dataset"]["dcat:distribution"][0]["dcat:downloadURL"]["@id"]
    assert first == "https://lmi.example.kr/exports/occupations/v1/tables/occupations.csv"


def test_the_hand_made_release_has_every_table_filled(made: Staged) -> None:
    assert all(read(made, table.name) for table in package().tables if table.name != "changes")
    assert handmade.DAY.isoformat() == read(made, "profiles")[0]["as_of"]
