import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from ingest.connectors import CONNECTORS
from ingest.odcs import to_odcs
from ingest.readers import READERS
from ingest.registry import SCHEMA_FILE, RegistryError, load_registry, parse_source, sources_of

REGISTRY = load_registry()


def entry(**changes: Any) -> dict[str, Any]:
    base = {
        "source": "toy", "version": "1.0.0", "entity": "toys", "register": "training", "profiles": ["sandbox"],
        "description": {"ko": "장난감", "en": "Toys"},
        "provider": {"code": "TOY", "country": "KR", "ko": "장난감", "en": "Toys"},
        "licence": {"id": "synthetic", "name": "Synthetic", "redistribution": "open"},
        "connector": "file_drop", "fetch": {"pattern": "toy_{date}.csv", "format": "csv"},
        "schedule": {"cron": "0 4 * * *", "every": "day"}, "delivery": "incremental", "empty": "allowed",
        "key": ["toy_id"], "raw": "plain", "retention": {"years": 1, "ko": "시험", "en": "Test"},
        "columns": [{"name": "toy_id", "ko": "번호", "en": "Id", "required": True}],
    }  # fmt: skip
    return base | changes


DIRECT = {"name": "resident_no", "ko": "주민등록번호", "en": "Resident number", "classification": "direct"}
LISTED = {"list_path": "/list", "detail_path": "/detail", "key": "work24"}
NOTE = {"name": "note", "ko": "메모", "en": "Note", "door": {"mask": "personal_numbers"}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"connector": "telepathy"}, r"toy.yml: connector: 'telepathy' is not one of"),
        ({"key": ["nothing"]}, r"toy.yml: key: \['nothing'\] are no columns"),
        ({"event_date": "day"}, r"toy.yml: event_date: 'day' is no column"),
        ({"colour": "red"}, r"toy.yml: \(top level\): .*'colour' was unexpected"),
        ({"columns": [{"name": "toy_id", "ko": "번호"}]}, r"toy.yml: columns.0: 'en' is a required property"),
        ({"columns": [*entry()["columns"], *entry()["columns"]]}, r"\['toy_id'\] appear twice"),
        ({"columns": [*entry()["columns"], DIRECT]}, r"'plain' would keep direct identifiers"),
        ({"columns": [*entry()["columns"], DIRECT], "raw": "none"}, r"without a door"),
        ({"columns": [*entry()["columns"], NOTE]}, r"toy.yml: raw: 'plain' would keep .* of note\. Use"),
        ({"schedule": {"cron": "nonsense", "every": "day"}}, r"toy.yml: schedule.cron: 'nonsense' .* such as '30 3"),
        ({"columns": [entry()["columns"][0] | {"pattern": "("}]}, r"toy.yml: columns.toy_id.pattern: '\(' .* Mend it"),
        (
            {"fetch": {"pattern": "toy.csv", "format": "csv"}},
            r"toy.yml: fetch.pattern: 'toy.csv' does not match",
        ),
        ({"fetch": {"pattern": "toy_{date}.csv", "format": "fax"}}, r"toy.yml: fetch.format: 'fax' is not one of"),
        ({"fetch": {"pattern": "toy_{date}.csv"}}, r"toy.yml: fetch: 'format' is a required property. See ingest/reg"),
        ({"fetch": {**entry()["fetch"], "colour": 1}}, r"toy.yml: fetch: .*'colour' was unexpected"),
        *(
            ({"connector": connector, "fetch": {}}, rf"toy.yml: fetch: '{missing}' is a required property")
            for connector, missing in (
                ("work24", "list_path"),
                ("hrdnet", "list_path"),
                ("nts_status", "path"),
                ("kcomwel", "path"),
                ("paged_json", "path"),
                ("jobposting", "path"),
                ("jobtech", "path"),
                ("usajobs", "path"),
            )
        ),
        ({"connector": "work24", "fetch": {**LISTED, "page_sise": 9}}, r"toy.yml: fetch: .*'page_sise' was unexpected"),
        (
            {"connector": "work24", "fetch": {**LISTED, "page_size": "9"}},
            r"toy.yml: fetch.page_size: '9' is not of",
        ),
        ({"connector": "work24", "fetch": {**LISTED, "http": {"retries": 3}}}, r"toy.yml: fetch.http: .*'retries'"),
        (
            {"connector": "kcomwel", "fetch": {"path": "/a", "key": "k", "ask": {}}},
            r"toy.yml: fetch.ask: 'source' is",
        ),
        (
            {"connector": "usajobs", "fetch": {"path": "/a", "paging": {"kind": "next"}}},
            r"fetch.paging: 'next' is a",
        ),
    ],
)
def test_a_wrong_entry_is_refused_with_file_key_and_mend(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RegistryError, match=said):
        parse_source(entry(**changes), "toy.yml")


def test_a_new_pace_is_no_new_contract_but_a_new_rule_is() -> None:
    fetch = {"pattern": "toy_{date}.csv", "format": "csv", "lookback_days": 9}
    assert parse_source(entry(), "toy.yml").digest == parse_source(entry(fetch=fetch), "toy.yml").digest
    stricter = [{**entry()["columns"][0], "pattern": "^T"}]
    assert parse_source(entry(), "toy.yml").digest != parse_source(entry(columns=stricter), "toy.yml").digest


def test_the_file_name_is_the_source_id(tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text(yaml.safe_dump(entry()))
    with pytest.raises(RegistryError, match=r"other.yml: source: 'toy' must equal the file name"):
        load_registry(tmp_path)


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(RegistryError, match="Unknown source nope"):
        sources_of("sandbox", ("nope",))


@pytest.mark.parametrize("source", REGISTRY.values(), ids=lambda s: s.id)
def test_direct_identifiers_never_reach_landed_columns(source: Any) -> None:
    landed = {c.name for c in source.landed_columns}
    assert not landed & {c.name for c in source.columns if c.is_direct}
    assert set(source.landed_key) <= landed


@pytest.mark.parametrize("source", REGISTRY.values(), ids=lambda s: s.id)
def test_every_contract_reads_as_odcs(source: Any) -> None:
    document = yaml.safe_dump(to_odcs(source), allow_unicode=True)
    contract = OpenDataContractStandard.from_string(document)
    assert contract.id == source.id
    assert [p.name for p in contract.schema_[0].properties] == [c.name for c in source.columns]
    assert [p.name for p in contract.schema_[0].properties if p.primaryKey] == [
        c.name for c in source.columns if c.name in source.key
    ]


def test_a_look_up_asks_about_a_landed_column_of_a_source_of_its_profiles() -> None:
    look_ups = [source for source in REGISTRY.values() if "ask" in source.fetch]
    assert {source.id for source in look_ups} >= {"nts_business_status", "kcomwel_workplaces"}
    for source in look_ups:
        asked = REGISTRY[source.fetch["ask"]["source"]]
        assert source.fetch["ask"]["column"] in {c.name for c in asked.landed_columns}
        assert set(source.profiles) <= set(asked.profiles)


def test_how_vetting_reads_a_source_is_no_part_of_its_contract() -> None:
    mapped = entry(vetting={"profile": "KR_PUBLIC", "fields": {"title": "title"}})
    assert parse_source(mapped, "toy.yml").vetting == mapped["vetting"]
    assert parse_source(mapped, "toy.yml").digest == parse_source(entry(), "toy.yml").digest


def test_every_connector_and_format_says_what_fetch_holds() -> None:
    """A connector that the schema forgets would take any ``fetch``."""
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    assert set(schema["properties"]["connector"]["enum"]) == set(CONNECTORS)
    assert set(schema["$defs"]["file"]["properties"]["format"]["enum"]) == set(READERS)
    for connector in CONNECTORS:
        with pytest.raises(RegistryError, match=r"toy.yml: fetch: '\w+' is a required property"):
            parse_source(entry(connector=connector, fetch={}), "toy.yml")


def test_provider_and_licence_are_those_of_the_profile() -> None:
    """Synthetic data say so, in the sandbox and nowhere else; the operator's own records are its own everywhere."""
    for profile in ("national", "real"):
        for source in sources_of(profile).values():
            said = f"{source.provider} {source.licence}".lower()
            assert "synthetic" not in said and "합성" not in said, source.id
    sandbox = sources_of("sandbox")
    own = {source.id for source in sandbox.values() if source.licence["id"] == "own"}
    assert own == {source.id for source in sources_of("national").values() if source.licence["id"] == "own"}
    for source in sandbox.values():
        if source.id not in own:
            assert source.licence["id"] == "synthetic", source.id
            assert source.provider["en"].endswith(" (synthetic nation)") and source.provider["ko"].endswith(
                "(합성 국가)"
            )
    work24 = REGISTRY["work24_vacancies"]
    assert sources_of("national")["work24_vacancies"] == work24
    assert sandbox["work24_vacancies"].licence["redistribution"] == work24.licence["redistribution"]
    assert sandbox["work24_vacancies"].digest == work24.digest
