"""The ``lmi`` command."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lmi.cli import code, vet
from lmi.cli.exits import EXIT_CODES, exit_codes, out
from lmi.core.settings import Settings, load_settings

app = typer.Typer(
    help=f"Labour market information warehouse.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
release_app = typer.Typer(help="Published releases: list, compare, go back.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Rows that broke their contract: list, show, replay.", no_args_is_help=True)
sandbox_app = typer.Typer(help="The synthetic nation and its provider servers.", no_args_is_help=True)
sources_app = typer.Typer(help="The source registry and its contracts.", no_args_is_help=True)
app.add_typer(release_app, name="release")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(sources_app, name="sources")
app.add_typer(vet.app, name="vet")
app.add_typer(code.app, name="code")

Profile = Annotated[
    str | None, typer.Option(help="sandbox (synthetic nation), national (its registers) or real; default LMI_PROFILE.")
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Working day, YYYY-MM-DD.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Sources = Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be repeated.")]


def _settings(profile: str | None = None, **overrides: Any) -> Settings:
    return load_settings(profile=profile, **overrides)


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


@app.command()
def run(
    date: Day = None,
    source: Sources = None,
    profile: Profile = None,
    failures: Annotated[
        str | None,
        typer.Option(help="Failure modes of the sandbox, servers and files (see `lmi sandbox serve --help`)."),
    ] = None,
) -> None:
    """Fetch, validate, build and publish.

    Without --date the sandbox loads its history and runs seven days; the last two end with a release.
    """
    from lmi.cli.run import run_days, run_default

    with exit_codes():
        settings = _settings(profile, sources=tuple(source) if source else None)
        day = _day(date)
        code = run_days(settings, [day], failures=failures) if day else run_default(settings, failures)
        raise typer.Exit(code)


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First working day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last working day.")],
    source: Sources = None,
    profile: Profile = None,
) -> None:
    """Land a range of days, oldest first, then build one release."""
    from lmi.cli.run import backfill_days

    with exit_codes():
        if last < first:
            raise typer.BadParameter("--to lies before --from")
        settings = _settings(profile, sources=tuple(source) if source else None)
        raise typer.Exit(backfill_days(settings, first.date(), last.date()))


@app.command()
def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page on 127.0.0.1.")] = 8080,
    profile: Profile = None,
) -> None:
    """A local Airflow with its page on this home: scheduler, API server, DAG processor, triggerer; until Ctrl-C."""
    from lmi.cli.up import up as run_up

    with exit_codes():
        raise typer.Exit(run_up(_settings(profile), port))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at; the default only this machine can reach.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = 8090,
    add_key: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Print a new key for this reader, keep its hash in LMI_READER_KEYS, and end."
        ),
    ] = None,
    profile: Profile = None,
) -> None:
    """The read-only API on the current release, until Ctrl-C; a new release is taken up as it is published."""
    from lmi.cli import serve as server

    with exit_codes():
        settings = _settings(profile)
        if add_key is not None:
            server.add_key(settings, add_key)
        else:
            raise typer.Exit(server.serve(settings, host, port))


@app.command()
def docs(profile: Profile = None) -> None:
    """Data Docs of the home: what the contracts and the vetting rules checked, a page per load; counts, no values."""
    from ingest.registry import sources_of
    from lmi.core.paths import Paths
    from validation.contract_docs import write_pages

    with exit_codes():
        settings = _settings(profile)
        paths = Paths.of(settings)
        made = write_pages(paths, sources_of(settings.profile, settings.sources).values())
        out.print(f"{made} new pages: {paths.data_docs / 'index.html'}", highlight=False, soft_wrap=True)


@app.command()
def status(
    profile: Profile = None,
    as_json: AsJson = False,
    alert: Annotated[
        bool, typer.Option("--alert", help="Mail the operators what should have happened and did not; for cron.")
    ] = False,
) -> None:
    """Freshness and last outcome per source, current release, runs that should have started and did not."""
    from lmi.cli.status import print_status, report, send_alert

    with exit_codes():
        settings = _settings(profile)
        if alert:
            send_alert(settings)
            return
        found = report(settings)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False, indent=1, default=str))
        else:
            print_status(settings, found)


@app.command()
def calendar(profile: Profile = None, as_json: AsJson = False) -> None:
    """Release calendar of the next twelve months, punctuality so far (TP1, TP3), and what is overdue."""
    from lmi.cli.calendar import print_calendar, report

    with exit_codes():
        settings = _settings(profile)
        found = report(settings)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False, indent=1, default=str))
        else:
            print_calendar(settings, found)


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT on the tables of the current release.")],
    format: Annotated[str, typer.Option(help="table, csv or json.")] = "table",
    limit: Annotated[int, typer.Option(help="Rows shown in a table; 0 shows all.")] = 50,
    profile: Profile = None,
) -> None:
    """Read-only SQL on the marts of the current release."""
    from lmi.cli.query import run_query

    with exit_codes():
        run_query(_settings(profile), sql, format, limit)


@app.command()
def board(
    to_open: Annotated[bool, typer.Option("--open", help="Open it in this machine's browser, too.")] = False,
    profile: Profile = None,
) -> None:
    """Where the status board of the current release is: pages for a browser, without a server."""
    from lmi.cli.board import address

    with exit_codes():
        page = address(_settings(profile))
        typer.echo(page)
        if to_open:
            typer.launch(page.as_uri())


@app.command()
def report(
    kind: Annotated[str, typer.Argument(help="daily, monthly or quality.")],
    as_of: Day = None,
    lang: Annotated[str | None, typer.Option(help="ko or en; default LMI_LANGUAGE.")] = None,
    to: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
    region: Annotated[str | None, typer.Option(help="Code of a province: its page of the monthly report.")] = None,
    bom: Annotated[bool, typer.Option(help="Begin the CSV with a byte order mark, for spreadsheets.")] = False,
    profile: Profile = None,
) -> None:
    """Write a report of a kept release again, from its marts: the same bytes as the release published."""
    from lmi.cli.report import print_files

    with exit_codes():
        settings = _settings(profile)
        print_files(settings, kind, _day(as_of), lang or settings.language, to, region, bom=bom)


@app.command()
def erase(
    basis: Annotated[str, typer.Option(help="Legal basis, kept with the tombstone.")] = "PIPA art. 36",
    profile: Profile = None,
) -> None:
    """Erase one person on request: asks for the resident number, or reads it from standard input."""
    from lmi.cli.erase import run

    with exit_codes():
        run(_settings(profile), basis)


@app.command()
def doctor(
    profile: Profile = None,
    as_json: AsJson = False,
    create_keys: Annotated[bool, typer.Option(help="Create random keys when none are there.")] = False,
) -> None:
    """Check the installation, print the settings in force and say what to do."""
    from lmi.cli.doctor import examine, print_findings

    with exit_codes():
        findings = examine(_settings(profile), create_keys=create_keys)
        if as_json:
            typer.echo(json.dumps(findings, ensure_ascii=False, indent=1, default=str))
        else:
            print_findings(findings)
        raise typer.Exit(2 if any(check["outcome"] == "fail" for check in findings["checks"]) else 0)


@app.command()
def backup(to: Annotated[Path, typer.Argument(help="New file, such as backup.tar.")], profile: Profile = None) -> None:
    """Write landing, validation outcomes, sealed zone, ledger and keys into one file that only you can read."""
    from lmi.cli.backup import write_backup

    with exit_codes():
        write_backup(_settings(profile), to)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="File written by `lmi backup`.")], profile: Profile = None
) -> None:
    """Put a backup into an empty home; the next run rebuilds the release from it."""
    from lmi.cli.backup import restore_backup

    with exit_codes():
        restore_backup(_settings(profile), source)


@app.command()
def clean(
    profile: Profile = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Free disk space down to the budget: scratch, logs, old releases. Landing, keys and the current release stay."""
    from lmi.cli.clean import clean_home

    with exit_codes():
        freed = clean_home(_settings(profile), dry_run=dry_run)
        typer.echo(json.dumps(freed, default=str)) if as_json else out.print(freed["text"])


@release_app.command("list")
def release_list(profile: Profile = None, as_json: AsJson = False) -> None:
    """Releases kept, oldest first; the current one is marked."""
    from lmi.cli.release import list_releases

    with exit_codes():
        list_releases(_settings(profile), as_json)


@release_app.command("diff")
def release_diff(
    older: Annotated[str, typer.Argument(help="Release id.")],
    newer: Annotated[str | None, typer.Argument(help="Release id; default the current one.")] = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """What changed between two releases: rows added, removed and changed per mart."""
    from lmi.cli.release import diff_releases

    with exit_codes():
        diff_releases(_settings(profile), older, newer, as_json)


@release_app.command("rollback")
def release_rollback(
    to: Annotated[str | None, typer.Argument(help="Release id; default the one before the current.")] = None,
    profile: Profile = None,
) -> None:
    """Point readers to an earlier release, in one step."""
    from lmi.cli.release import roll_back

    with exit_codes():
        roll_back(_settings(profile), to)


@quarantine_app.command("list")
def quarantine_list(source: Sources = None, profile: Profile = None, as_json: AsJson = False) -> None:
    """Counts per source, rule and column."""
    from lmi.cli.quarantine import list_rows

    with exit_codes():
        list_rows(_settings(profile), source or [], as_json)


@quarantine_app.command("show")
def quarantine_show(
    load: Annotated[str, typer.Argument(help="SOURCE or SOURCE/LOAD_ID from `lmi quarantine list`.")],
    limit: Annotated[int, typer.Option(help="Rows shown.")] = 20,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Rows with rule, column, value (masked if personal) and what to do, in the language of the settings."""
    from lmi.cli.quarantine import show_rows

    with exit_codes():
        show_rows(_settings(profile), load, limit, as_json)


@quarantine_app.command("replay")
def quarantine_replay(
    load: Annotated[str | None, typer.Argument(help="SOURCE or SOURCE/LOAD_ID; default everything.")] = None,
    waive: Annotated[
        list[str] | None,
        typer.Option(help="A refusal you have looked into and overrule, such as volume; may be repeated."),
    ] = None,
    profile: Profile = None,
) -> None:
    """Validate landed rows again under the present contract; rows that now pass are in the next release."""
    from lmi.cli.quarantine import replay_rows

    with exit_codes():
        replay_rows(_settings(profile), load, frozenset(waive or ()))


@sources_app.command("list")
def sources_list(profile: Profile = None, as_json: AsJson = False) -> None:
    """Sources of the profile: provider, connector, schedule, licence."""
    from lmi.cli.sources import list_sources

    with exit_codes():
        list_sources(_settings(profile), as_json)


@sources_app.command("contract")
def sources_contract(source: Annotated[str, typer.Argument(help="Source id.")]) -> None:
    """The contract of one source as an Open Data Contract Standard (ODCS v3) document."""
    from lmi.cli.sources import print_contract

    with exit_codes():
        print_contract(_settings(), source)


@sources_app.command("suite")
def sources_suite(source: Annotated[str, typer.Argument(help="Source id.")]) -> None:
    """The Great Expectations suite that is generated from the contract, as JSON."""
    from lmi.cli.sources import print_suite

    with exit_codes():
        print_suite(_settings(), source)


@sandbox_app.command("generate")
def sandbox_generate(
    persons: Annotated[int | None, typer.Option(help="Size of the nation.")] = None,
    seed: Annotated[int | None, typer.Option(help="Equal seed and size give the same nation.")] = None,
) -> None:
    """Generate the synthetic nation (LMI_NATION)."""
    from lmi.cli import outside

    with exit_codes():
        settings = _settings(sandbox_persons=persons, sandbox_seed=seed)
        with out.status(f"Generating {settings.sandbox_persons:,} persons"):
            facts = outside.ensure_nation(settings)
        out.print(f"Nation of {facts['persons']:,} persons (seed {facts['seed']}) in {settings.nation}")


@sandbox_app.command(
    "serve", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def sandbox_serve(context: typer.Context) -> None:
    """Serve the providers on loopback until stopped; all options go to `python -m sandbox serve`."""
    import os
    import sys

    from lmi.core.settings import PROJECT_ROOT

    with exit_codes():
        settings = _settings()
        arguments = context.args if "--nation" in context.args else ["--nation", str(settings.nation), *context.args]
        os.chdir(PROJECT_ROOT)
        # in the place of this process, so that whoever ends it ends the servers
        os.execv(sys.executable, [sys.executable, "-m", "sandbox", "serve", *arguments])  # noqa: S606


def main() -> None:
    """Entry point of the ``lmi`` command."""
    app()


if __name__ == "__main__":
    main()
