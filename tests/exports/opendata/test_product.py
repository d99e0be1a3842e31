"""The open tables of releases made by hand: shape, what stands, what is withheld, and what comes back as input."""

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
import pandas as pd
import pytest

from exports.data_dictionary import MODELS
from exports.disclosure.specs import load_families
from exports.occupations.product import package as occupations
from exports.opendata.package import open_package
from exports.opendata.product import LOG, render
from exports.opendata.where import PAGE, page, registry
from exports.package import record
from exports.package.record import RECORD, hand_over
from exports.render import Staged, render_products
from ingest.pipeline import fetch_and_land
from lmi.core.keys import load_keys
from lmi.core.paths import Paths
from lmi.core.release import Release
from lmi.core.settings import LANGUAGES, load_settings
from tests.exports import handmade
from tests.exports.reports.marts import contract, put
from tests.payloads import live_below, planted
from tests.vintages import AS_REPORTED
from validation.accepted import accepted_loads
from validation.pipeline import validate_loads

JULY, AUGUST = "2026-07", "2026-08"
#: what the warehouse holds of each family's rows
COLUMNS = {
    "int_registrations__contributed": "time_period, sido_code, occupation_code, sex, age_group, registrations_new,"
    " persons",
    "int_openings__contributed": "time_period, sido_code, occupation_code, industry_section, employer_key,"
    " openings_new",
}
TABLE = "registrations_by_region_occupation"


def registrations(period: str, few: int = 3) -> list[tuple[Any, ...]]:
    """Three provinces by three occupations and both sexes; in one of them few women and no man."""
    cells = [(a, o, s) for a in ("11", "26", "27") for o in ("13", "53", "61") for s in "FM"]
    full = [(period, *cell, "Y30T39", 20 + n, 20 + n) for n, cell in enumerate(cells) if cell[:2] != ("26", "53")]
    return [*full, (period, "26", "53", "F", "Y30T39", few, few)]


def staged(
    folder: Path, number: int, rows: list[tuple[Any, ...]], previous: Staged | None = None, **settings: Any
) -> Staged:
    found = handmade.staged(folder, f"r{number}", date(2026, 9, 15 + number), previous=previous, **settings)
    openings = [(JULY, "11", "13", "C", f"E{n}", 10 + n) for n in range(6)]
    with duckdb.connect(str(found.warehouse)) as con:
        con.execute("create schema if not exists intermediate")
        con.execute("create schema if not exists core")
        for relation, given in zip(COLUMNS, (rows, openings), strict=True):
            con.register("given", pd.DataFrame(given, columns=COLUMNS[relation].replace(" ", "").split(",")))
            con.execute(f"create table intermediate.{relation} as from given")
        for name, code in (
            ("region", "'11' as region_code"),
            ("occupation", "'13' as occupation_code, 'KECO' as occupation_scheme"),
            ("organisation", "'O1' as organisation_code"),
            ("industry", "'C' as industry_code, 'KSIC' as industry_scheme"),
        ):
            labels = "'=1+1' as name_ko, '<script>' as name_en, true as is_current"
            con.execute(f"create table core.dim_{name} as select {code}, {labels}")
    return found


def rendered(found: Staged) -> dict[str, str]:
    folder = found.folder / "exports" / "open"
    folder.mkdir(parents=True)
    return render(found, folder)


def v1(found: Staged) -> Path:
    return found.folder / "exports" / "open" / "v1"


def table(found: Staged, name: str = TABLE) -> list[dict[str, Any]]:
    return json.loads((v1(found) / "tables" / f"{name}.json").read_text("utf-8"))


def part(found: Staged, name: str = TABLE) -> dict[str, Any]:
    described = json.loads((v1(found) / "datapackage.json").read_text("utf-8"))
    return next(r for r in described["resources"] if r["name"] == name.replace("_", "-"))


def told(found: Staged) -> set[tuple[str, str, str]]:
    return {(r["table_name"], r["change"], r["why"]) for r in table(found, "changes")}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    found = staged(tmp_path_factory.mktemp("open"), 1, registrations(JULY))
    assert rendered(found) == {}
    return found


def test_hidden_cells_are_empty_and_say_why(first: Staged) -> None:
    cells = {(row["REF_AREA"], row["OCCUPATION"]): row for row in table(first)}
    total = cells["_T", "_T"]
    assert (total["OBS_VALUE"], total["CONF_STATUS"]) == (sum(row[5] for row in registrations(JULY)), "F")
    few = cells["26", "53"]
    assert (few["OBS_VALUE"], few["OBS_STATUS"], few["CONF_STATUS"]) == (None, "M", "A")
    inner = {key: row["CONF_STATUS"] for key, row in cells.items() if "_T" not in key}
    assert list(inner.values()).count("D") == 3 and len(inner) == 9, "two by two cells are hidden together"
    assert {row["LAST_UPDATE"] for row in cells.values()} == {"2026-09-16"}
    openings = {row["CONF_STATUS"] for row in table(first, "openings_by_region_occupation")}
    assert openings == {"F"}, "six employers of about equal size"
    log = json.loads((first.folder / "exports" / "open" / LOG).read_text("utf-8"))
    assert {entry["family"] for entry in log["families"]} == {"openings", "registrations"}
    assert str(total["OBS_VALUE"]) not in json.dumps([entry["tables"] for entry in log["families"]]), (
        "counts of cells, no value"
    )


def test_the_data_package_is_valid_with_all_its_data(first: Staged) -> None:
    with frictionless.system.use_context(trusted=True):
        report = frictionless.validate(str(v1(first) / "datapackage.json"))
    assert report.valid, report.flatten(["type", "rowNumber", "fieldName", "note"])[:5]
    assert len(report.tasks) == len(open_package().tables)
    for spec in open_package().tables:
        schema = json.loads((v1(first) / "schemas" / f"{spec.name}.schema.json").read_text("utf-8"))
        jsonschema.validate(table(first, spec.name), schema)
    assert part(first)["status"] == "current" and part(first, "losses_by_sex_age")["status"] == "missing"
    sources = {s["source"] for s in part(first)["schema"]["fields"][-4]["sources"]}
    assert sources == {"seeker_registrations"}
    catalogue = json.loads((v1(first) / "catalog.jsonld").read_text("utf-8"))
    assert catalogue["dcat:dataset"]["dct:accrualPeriodicity"]["@id"].endswith("frequency/MONTHLY")
    files = {found["dcat:downloadURL"]["@id"] for found in catalogue["dcat:dataset"]["dcat:distribution"]}
    assert {f"tables/{TABLE}.{form}" for form in ("csv", "json", "parquet")} <= files


def test_equal_input_gives_equal_bytes(first: Staged, tmp_path: Path) -> None:
    again = staged(tmp_path, 1, registrations(JULY))
    rendered(again)
    files = [p.relative_to(first.folder) for p in (first.folder / "exports").rglob("*") if p.is_file()]
    same, other, absent = filecmp.cmpfiles(first.folder, again.folder, files, shallow=False)
    assert len(same) == len(files) > 50 and not other and not absent


def test_texts_from_outside_are_inert(first: Staged, tmp_path: Path) -> None:
    assert live_below(first.folder / "exports") == []
    codes = [code for code in planted("13") if "|" not in code]
    rows = [(JULY, "11", code, "F", "Y30T39", 40 + n, 40 + n) for n, code in enumerate(codes)]
    found = staged(tmp_path, 1, rows)
    assert rendered(found) == {}
    assert live_below(found.folder / "exports") == []
    assert {row["OCCUPATION"] for row in table(found)} == {"_T", *codes}


def test_a_code_that_would_break_the_ids_of_cells_is_withheld(tmp_path: Path) -> None:
    found = staged(tmp_path, 1, [(JULY, "11", "=cmd|' /C calc'!A0", "F", "Y30T39", 40, 40)])
    assert "hold a |" in rendered(found)[f"registrations {JULY}"]
    assert table(found) == []


def test_older_periods_stand_and_changes_are_told(first: Staged, tmp_path: Path) -> None:
    same = staged(tmp_path, 2, registrations(JULY), first)
    rendered(same)
    assert told(same) == set() and table(same) == table(first)
    second = staged(tmp_path, 3, registrations(AUGUST, few=9), first)
    rendered(second)
    days = {(row["TIME_PERIOD"], row["LAST_UPDATE"]) for row in table(second)}
    assert days == {(JULY, "2026-09-16"), (AUGUST, "2026-09-18")}
    assert (TABLE, "added", "new_in_data") in told(second) and {change for _, change, _ in told(second)} == {"added"}
    more = [*registrations(JULY), (JULY, "11", "13", "F", "Y40T49", 9, 9)]
    daily = staged(tmp_path, 4, more, first)
    rendered(daily)
    assert told(daily) == set() and table(daily) == table(first), "no revision from day to day"
    revised = staged(tmp_path, 5, [*more, *registrations(AUGUST)], first)
    rendered(revised)
    assert {(change, why) for name, change, why in told(revised) if name == TABLE} == {
        ("added", "new_in_data"),
        ("changed", "figures"),
    }


def test_a_weakened_suppression_withholds_and_the_last_version_stands(
    first: Staged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It forgets the secondary cells: the audit works the sensitive one out."""
    monkeypatch.setattr("exports.disclosure.protect.suppress", lambda problem, cells: (problem.hidden, "primary only"))
    second = staged(tmp_path, 2, registrations(AUGUST), first)
    found = render_products(second)["open"]
    assert found["status"] == "current" and "recoverable" in found["withheld"][f"registrations {AUGUST}"]
    assert table(second) == table(first)
    assert (part(second)["status"], part(second)["as_of"]) == ("stale", "2026-09-16")
    assert "recoverable" not in (v1(second) / "datapackage.json").read_text("utf-8")
    with duckdb.connect() as con:
        assert con.execute(f"select count(*) from '{second.folder}/exports/open/{RECORD}'").fetchall() == [(0,)]


def test_what_may_not_be_redistributed_is_neither_written_nor_recorded(tmp_path: Path) -> None:
    found = staged(tmp_path, 1, registrations(JULY), redistribution={"seeker_registrations": "none"})
    why = "no redistribution of seeker_registrations"
    assert rendered(found) == {"registrations": why, "registrations_open": why}
    assert table(found) == [] and len(table(found, "openings_by_region_occupation"))
    with duckdb.connect() as con:
        tables = con.execute(f"select distinct table_id from '{found.folder}/exports/open/{RECORD}'").fetchall()
    assert sorted(tables) == [("openings_by_industry",), ("openings_by_region_occupation",)]


def test_every_table_of_every_family_is_promised() -> None:
    families = load_families()
    names = {table.name for table in open_package().tables if not table.model.startswith("mart_")}
    assert names - {"changes", "codes"} == {t.id for family in families.values() for t in family.tables}
    assert len(families) == 10


def test_every_mart_is_public_under_a_name_or_internal_for_a_reason() -> None:
    told = registry()
    assert set(told) == {path.stem for path in (MODELS / "marts").glob("mart_*.sql")}
    tables = {table.name: table.model for found in (open_package(), occupations()) for table in found.tables}
    for mart, said in told.items():
        assert said.keys() in ({"public"}, {"internal"})
        assert all(said["internal"][lang] for lang in LANGUAGES) if "internal" in said else said["public"]
        wrong = [name for name in said.get("public", []) if tables[name] not in (name, mart)]
        assert not wrong, f"{mart}: {wrong}"
    public = {mart for mart, said in told.items() if "public" in said}
    assert {model for model in tables.values() if model.startswith("mart_")} <= public
    named = {name for said in told.values() for name in said.get("public", [])}
    assert set(tables) - named == {"changes", "codes", "occupations", "titles", "crosswalk"}, "of no mart"
    assert PAGE.read_text("utf-8") == page(), "run python -m exports.opendata.where"


def test_the_audit_over_vintages_takes_every_fact_as_it_was_reported() -> None:
    models = [path.read_text("utf-8") for path in (MODELS / "open").glob("*.sql")]
    assert {fact for sql in models for fact in re.findall(r"ref\('(fct_\w+)'\)", sql)} == AS_REPORTED.keys()


def test_figures_of_the_country_are_those_of_the_mart_and_small_ones_are_hidden(tmp_path: Path) -> None:
    found = staged(tmp_path, 1, registrations(JULY))
    with duckdb.connect(str(found.marts)) as con:
        con.execute(f"create table mart_employment_trends_monthly ({contract('mart_employment_trends_monthly')})")
        con.execute("insert into release_parts values ('mart_employment_trends_monthly', 'current', '2026-09-16', '')")
        for indicator, value, numerator, denominator, status in (
            ("registrations_new", 305, 305, None, "P"), ("ui_exhaustions", 4, 4, None, "F"),
            ("placements", 0, 0, None, "F"), ("placement_rate", 0.25, 50, 200, "F"),
            ("loss_rate", 0.04, 4, 100, "F"), ("vacancy_fill_rate", 5, 15, 3, "F"), ("churning_rate", None, 6, 0, "P"),
        ):  # fmt: skip
            put(con, "mart_employment_trends_monthly", time_period=JULY, indicator=indicator, breakdown_type="total",
                value=value, numerator=numerator, denominator=denominator, unit="x", status=status,
                null_reason="zero_denominator" if value is None else None,
                as_of=date(2026, 9, 16))  # fmt: skip
    rendered(found)
    counts = {row["INDICATOR"]: (row["OBS_VALUE"], row["OBS_STATUS"], row["CONF_STATUS"])
              for row in table(found, "national_counts")}  # fmt: skip
    assert counts == {"registrations_new": (305, "P", "F"), "ui_exhaustions": (None, "M", "A"),
                      "placements": (0, "A", "F")}  # fmt: skip
    ratios = {row["INDICATOR"]: (row["OBS_VALUE"], row["NUMERATOR"], row["DENOMINATOR"], row["CONF_STATUS"])
              for row in table(found, "national_ratios")}  # fmt: skip
    assert ratios == {"placement_rate": (0.25, 50, 200, "F"), "loss_rate": (None, None, 100, "A"),
                      "vacancy_fill_rate": (None, 15, None, "A"), "churning_rate": (None, 6, 0, "F")}  # fmt: skip
    absent = {row["INDICATOR"]: (row["OBS_STATUS"], row["NULL_REASON"])
              for row in table(found, "national_ratios") if row["OBS_VALUE"] is None}  # fmt: skip
    assert absent == {"loss_rate": ("M", None), "vacancy_fill_rate": ("M", None),
                      "churning_rate": ("M", "zero_denominator")}  # fmt: skip
    assert part(found, "national_counts")["status"] == "current"
    assert part(found, "national_nowcasts")["status"] == "missing"


def test_a_count_is_a_whole_number(first: Staged) -> None:
    text = (v1(first) / "tables" / f"{TABLE}.csv").read_text("utf-8")
    assert "." not in text and f",{table(first)[-1]['OBS_VALUE']},A,F," in text


def test_the_record_lands_through_the_drop_folder_like_any_source(first: Staged, tmp_path: Path) -> None:
    (tmp_path / "theirs").touch()  # the providers' drop is no folder that could be written to
    settings = load_settings({}, home=tmp_path / "home", keys_dir=tmp_path / "keys", drop=tmp_path / "theirs")
    load_keys(settings, create=True)
    release = Release("r1", first.folder, {"as_of": "2026-09-16", "products": {"open": {"status": "current"}}})
    rows = hand_over(settings, release)
    file = settings.home / "drop" / record.SOURCE / "publications_20260917_r1.parquet"
    assert file.read_bytes() == (first.folder / "exports" / "open" / RECORD).read_bytes() and rows > 20
    before = file.stat().st_mtime_ns
    assert hand_over(settings, release) == rows and file.stat().st_mtime_ns == before
    day = date(2026, 9, 20)
    validate_loads(settings, record.SOURCE, fetch_and_land(settings, record.SOURCE, day), day)
    (load,) = accepted_loads(Paths.of(settings), record.SOURCE, day)
    assert (load.rows, load.delivery_date) == (rows, date(2026, 9, 17))
    stale = Release("r2", first.folder, {"as_of": "2026-09-17", "products": {"open": {"status": "stale"}}})
    assert hand_over(settings, stale) == 0 and len(list(file.parent.iterdir())) == 2
