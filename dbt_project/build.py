"""From accepted Parquet to one new DuckDB file: the plan of a build, the landing views, and one ``dbt build``.

The warehouse is a pure function of accepted landing, the code and the as-of day (design decision 1), so a release id
is a hash of exactly these.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dbt_project.deliveries import create_deliveries
from dbt_project.erased import SOURCE, erased_after, without_erased
from dbt_project.judged import create_coding, create_vetting
from dbt_project.landing_sources import landing_sources_yaml
from dbt_project.links import create_links
from ingest.registry import Source, load_registry, sources_of
from lmi.core.atomic import write_file
from lmi.core.child import bound
from lmi.core.paths import Paths
from lmi.core.settings import SettingError, Settings
from lmi.core.steps import reached
from lmi.core.version import code_version
from validation.accepted import AcceptedLoad, LoadCheck, accepted_loads, accepted_query, load_checks, manifests
from validation.coding.postings import Asked, asked_on
from validation.linkage.mentions import Mentions, mentions_on
from validation.linkage.pipeline import LinkedSource, linked_on
from validation.vetting.context import Inputs
from validation.vetting.decisions import Evaluation, evaluations
from validation.vetting.rules import RuleSet, load_rules
from validation.vetting.wording import for_models

PROJECT = Path(__file__).parent
#: readable by the DuckDB inside analysts' tools; a newer default could not be opened by an older library
STORAGE_VERSION = "v1.5.0"
#: dbt's name of the parsed project, which it takes up again where models, variables and environment are the same
PARSED = "partial_parse.msgpack"
#: parsed projects kept, one for each set of variables
PARSED_KEPT = 12
#: a dbt process that waits for its command
_loaded: subprocess.Popen[str] | None = None


@dataclass(frozen=True)
class BuildPlan:
    """What a build reads. ``release_id`` is equal exactly when as-of, code, profile and inputs are equal."""

    as_of: date
    release_id: str
    sources: Mapping[str, Source]
    inputs: Mapping[str, list[AcceptedLoad]]
    #: what vetting made of the vacancies among the inputs, and the loads it has not judged as they stand now
    evaluations: list[Evaluation]
    unvetted: list[str]
    rules: RuleSet
    #: titles that came without an occupation code, by scheme
    coded: list[Asked]
    #: persons found in registers without a resident number
    linked: list[LinkedSource]
    #: employers found for postings without a valid business number
    mentions: Mentions | None = None
    #: what validation counted in every load, refused ones too
    checks: tuple[LoadCheck, ...] = ()
    #: of everybody who was erased, whenever that was: nobody comes back in a release of an earlier day
    tombstones: tuple[AcceptedLoad, ...] = ()


@dataclass(frozen=True)
class DbtOutcome:
    """``manifest`` and ``results`` are dbt's own artefacts; ``log`` is where its output went."""

    ok: bool
    manifest: dict[str, Any]
    results: dict[str, Any]
    log: Path


def plan(settings: Settings, as_of: date) -> BuildPlan:
    """Inputs are all accepted loads delivered up to ``as_of``; each file's hash is checked here.

    Evaluations are no part of the release id: they follow from inputs, rules (code), models
    and waivers.
    """
    paths = Paths.of(settings)
    sources = sources_of(settings.profile, settings.sources)
    validated = {source_id: manifests(paths, source_id) for source_id in sources}
    stones = tuple(accepted_loads(paths, SOURCE, date.max))  # whichever sources are switched on
    inputs = {source_id: accepted_loads(paths, source_id, as_of, known) for source_id, known in validated.items()}
    checks = tuple(check for source_id, known in validated.items() for check in load_checks(source_id, known))
    facts: dict[str, Any] = {
        "as_of": as_of.isoformat(),
        "code": code_version(),
        "profile": settings.profile,
        "timezone": settings.timezone,
        "marts": chosen_marts(settings),
        "products": sorted(settings.products),
        "published_by": [settings.public_url, sorted(settings.redistribution.items())],
        "inputs": {s: sorted([load.load_id, load.path.name] for load in loads) for s, loads in inputs.items()},
    }
    judged = Inputs.among(sources, inputs, paths)
    if judged.settled_by_people:
        facts["people"] = judged.settled_by_people
    coded = [asked for asked in asked_on(settings, as_of) if asked.files]
    if coded:
        facts["coded"] = [[asked.scheme, asked.folder.name] for asked in coded if asked.folder]
    linked = [one for one in linked_on(settings, as_of) if one.file.exists()]
    if linked:
        facts["linked"] = [one.file.name for one in linked]
    mentions = mentions_on(settings, as_of)
    if mentions and mentions.file.exists():
        facts["linked_employers"] = mentions.file.name
    else:
        mentions = None
    if later := erased_after(paths, as_of):  # what was issued for that day was made of more records
        facts["erased"] = [manifest["load_id"] for manifest in later]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
    rules = load_rules()
    vetted, unvetted = evaluations(paths, judged, rules)
    return BuildPlan(
        as_of,
        f"{as_of:%Y%m%d}-{digest}",
        sources,
        inputs,
        vetted,
        unvetted,
        rules,
        coded,
        linked,
        mentions,
        checks,
        stones,
    )


def chosen_marts(settings: Settings) -> list[str]:
    """Marts of this installation by name; empty when it builds all. Raises SettingError naming an unknown one."""
    known = {model.stem for model in (PROJECT / "models" / "marts").glob("mart_*.sql")}
    if unknown := sorted(set(settings.marts) - known):
        named, marts = ", ".join(unknown), ", ".join(sorted(known))
        raise SettingError(f"LMI_MARTS names {named}, which is no mart. Known: {marts}.")
    return sorted(settings.marts)


def create_warehouse(plan: BuildPlan, file: Path) -> None:
    """A new DuckDB file with one view per source in schema ``landing``; a source without loads is an empty view."""
    with duckdb.connect() as con:
        con.execute(f"attach '{file}' as warehouse (storage_version '{STORAGE_VERSION}')")
        con.execute("use warehouse")
        con.execute("create schema landing")
        create_vetting(con, plan.evaluations, plan.rules)
        create_coding(con, plan.coded)
        create_links(con, plan.linked, plan.mentions)
        con.execute("create table landing._release (as_of date)")
        con.execute("insert into landing._release values (?)", [plan.as_of])
        for source in plan.sources.values():
            rows = without_erased(con, source, accepted_query(source, plan.inputs[source.id]), plan.tombstones)
            con.execute(f'create view landing."{source.id}" as {rows}')
        con.execute(
            "create table landing._loads (source_id varchar, load_id varchar, delivery_date date,"
            " delivery_status varchar, rows bigint)"
        )
        listed = [
            [source_id, load.load_id, load.delivery_date, load.delivery_status, load.rows]
            for source_id, loads in plan.inputs.items()
            for load in loads
        ]
        if listed:
            con.executemany("insert into landing._loads values (?, ?, ?, ?, ?)", listed)


def dbt_variables(settings: Settings, plan: BuildPlan) -> dict[str, Any]:
    """What the models know about the outside: timezone, the registry's providers of each entity, words of the rules."""
    providers: dict[str, list[str]] = {}
    for source in plan.sources.values():
        providers.setdefault(source.entity, []).append(source.id)
    described = [
        {
            "source_id": source.id,
            "entity": source.entity,
            "register": source.register,
            "scope": source.scope,
            "delivery": source.delivery,
            "every": source.schedule["every"],
            "provider_code": source.provider["code"],
            "country": source.provider["country"],
            "label_ko": source.provider["ko"],
            "label_en": source.provider["en"],
            "licence_id": source.licence["id"],
            "licence_name": source.licence["name"],
            "redistribution": settings.redistribution.get(source.id, source.licence["redistribution"]),
        }
        for source in plan.sources.values()
    ]
    return {
        "timezone": settings.timezone,
        "providers": providers,
        "sources": described,
        "wording": for_models(plan.rules),
    }


def declare_sources() -> None:
    """Write dbt's source list when the registry has changed; the image does it when built and is read-only after.

    All sources of all profiles: a build of another profile that runs now reads the same file.
    """
    generated = PROJECT / "models" / "staging" / "_landing__generated.yml"
    text = landing_sources_yaml({"id": s.id, "description": s.description["en"]} for s in load_registry().values())
    if not generated.exists() or generated.read_text("utf-8") != text:
        write_file(generated, text.encode())


def load_dbt() -> None:
    """Start the process of the next dbt command, so that its libraries are loaded when the command comes."""
    global _loaded
    if _loaded is None or _loaded.poll() is not None:
        command = [sys.executable, "-P", str(PROJECT / "loaded_dbt.py")]
        _loaded = subprocess.Popen(bound(command), stdin=subprocess.PIPE, text=True, cwd=PROJECT)


def _take_loaded() -> subprocess.Popen[str]:
    """A process for exactly one command; begun now unless one waits."""
    global _loaded
    load_dbt()
    process, _loaded = _loaded, None
    assert process is not None
    return process


def dbt(settings: Settings, plan: BuildPlan, warehouse: Path, work: Path, *arguments: str) -> DbtOutcome:
    """Run one dbt command as a subprocess on ``warehouse``; its output goes to ``work/dbt.log``."""
    work.mkdir(parents=True, exist_ok=True)
    declare_sources()
    # from where the file lies: the parsed project of one home holds in another
    environment = {
        "LMI_WAREHOUSE": warehouse.name,
        "LMI_DBT_THREADS": str(settings.threads),
        "LMI_MEMORY_LIMIT": settings.memory_limit,
        "LMI_TIMEZONE": settings.timezone,
        "LMI_DBT_TEMP": os.path.relpath(work / "duckdb_temp", warehouse.parent),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    variables = json.dumps(dbt_variables(settings, plan), ensure_ascii=False)
    parsed = _parsed(settings, [environment, variables])
    if parsed.exists():
        shutil.copyfile(parsed, work / PARSED)
    command = [
        *arguments,
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
        "--target-path", str(work), "--log-path", str(work), "--no-use-colors",
        "--log-level-file", "none",  # dbt.log is what it prints; a second, finer log costs a tenth of the build
        "--vars", variables,
    ]  # fmt: skip
    log = work / "dbt.log"
    log.write_bytes(b"")
    task = {"arguments": command, "environment": environment, "folder": str(warehouse.parent), "log": str(log)}
    with _take_loaded() as process:
        try:
            process.communicate(json.dumps(task))
        except BaseException:  # such as the task's timeout
            process.kill()
            raise
    if (work / PARSED).exists():
        _keep_parsed(work / PARSED, parsed)
    return DbtOutcome(
        process.returncode == 0, _artefact(work / "manifest.json"), _artefact(work / "run_results.json"), log
    )


def _parsed(settings: Settings, facts: list[Any]) -> Path:
    """Where the parsed project for these variables is kept: beside the code, as long as that may be written."""
    folder = PROJECT / "target" if os.access(PROJECT, os.W_OK) else Paths.of(settings).work
    return folder / f"parsed-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]}.msgpack"


def _keep_parsed(made: Path, parsed: Path) -> None:
    parsed.parent.mkdir(parents=True, exist_ok=True)
    write_file(parsed, made.read_bytes())
    with suppress(FileNotFoundError):  # another build keeps order at the same time
        kept = sorted(parsed.parent.glob("parsed-*.msgpack"), key=lambda file: file.stat().st_mtime)
        for old in kept[:-PARSED_KEPT]:
            old.unlink()


def _artefact(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def dbt_work(folder: Path) -> Path:
    """Where dbt's target and log of the build in ``folder`` are; outside the release."""
    return folder.parent / f"{folder.name}.dbt"


def build_warehouse(settings: Settings, plan: BuildPlan, folder: Path) -> DbtOutcome:
    """Build ``folder/warehouse.duckdb`` and run every test on it: all marts, or facts and those chosen."""
    reached("build.inputs")
    warehouse = folder / "warehouse.duckdb"
    create_warehouse(plan, warehouse)
    with duckdb.connect(str(warehouse)) as con:
        create_deliveries(con, settings, plan.as_of, plan.sources, plan.inputs, plan.checks)
    reached("build.dbt_started")
    # unit tests have fixed inputs: they belong to the code's own tests, not to every day's data
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    if marts := chosen_marts(settings):
        # a test of two models runs only where both are built; products read code_labels, which no model does
        always = ["+path:models/core", "code_labels"]
        if not settings.products or "open" in settings.products:
            always.append("+path:models/open")
        elif "occupations" in settings.products:
            always += ["+int_occupations__contributed", "+int_employability__contributed"]
        arguments += ["--indirect-selection", "cautious", "--select", *always, *(f"+{m}" for m in marts)]
    outcome = dbt(settings, plan, warehouse, dbt_work(folder), *arguments)
    reached("build.dbt_done")
    return outcome
