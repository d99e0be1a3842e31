"""``lmi vet``: vacancies judged by rules, people and a score."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from typer.core import TyperGroup

from lmi.cli import desk
from lmi.cli.exits import DataFailure, exit_codes, out
from lmi.cli.words import text
from lmi.core.settings import SettingError, load_settings

JUDGE = "judge"


class FileFirst(TyperGroup):
    """``lmi vet FILE`` is ``lmi vet judge FILE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "--install-completion"):
            args = [JUDGE, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The group's help, then that of ``judge``: its options are those of ``lmi vet FILE``."""
        super().format_help(ctx, formatter)
        command = self.commands[JUDGE]
        command.format_help(type(ctx)(command, info_name=JUDGE, parent=ctx), formatter)


app = typer.Typer(
    cls=FileFirst,
    help="Vetting of vacancies: rules, reviewers, the reliability score. `lmi vet FILE` is `lmi vet judge FILE`.",
    no_args_is_help=True,
)


@app.command(JUDGE)
def judge(
    file: Annotated[Path, typer.Argument(help="NDJSON or CSV in the columns of `lmi vet schema`, or Work24's XML.")],
    profile: Annotated[str, typer.Option(help="KR_PUBLIC, KR_PRIVATE, EU or US: whose rules.")] = "KR_PUBLIC",
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of submission where a posting names none; default today."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            help="Add a letter to the employer (ko, en); labels, facts and versions of rules; why rules did not run."
        ),
    ] = False,
    model: Annotated[Path | None, typer.Option(help="Folder of a reliability model; without one, no score.")] = None,
) -> None:
    """Judge the postings of a file without a warehouse; one line of JSON per posting.

    Each reason names the code, the rule, its severity, the field, the span and the words of the original text, the law,
    and in Korean and English what to tell the employer and what to change. Exit code 0 whatever the decisions are.
    """
    from lmi.core.clock import today
    from validation.vetting.rules import PROFILES, RuleError, load_rules
    from validation.vetting.score import ModelError, load_model
    from validation.vetting.tool import NothingToJudge, ToolError, judge_file

    with exit_codes():
        if profile not in PROFILES:
            raise SettingError(f"--profile {profile} is unknown; use one of {', '.join(PROFILES)}.")
        day = date.date() if date else today(load_settings())
        try:
            scorer = load_model(model) if model else None
            for result in judge_file(file, load_rules(), profile, day, model=scorer, explain=explain):
                typer.echo(json.dumps(result, ensure_ascii=False))
        except (RuleError, NothingToJudge) as error:
            raise SettingError(str(error)) from error
        except (ToolError, ModelError) as error:
            raise DataFailure(str(error)) from error


@app.command()
def schema() -> None:
    """The columns `lmi vet FILE` reads, as a JSON Schema of one posting."""
    from validation.vetting.input_form import input_schema

    typer.echo(json.dumps(input_schema(), ensure_ascii=False, indent=1))


@app.command()
def rules(
    rule: Annotated[str | None, typer.Argument(help="Number, id or reason code of a rule to explain.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> None:
    """List the rules, or explain one: what it looks for, by which law, what the employer is told."""
    from lmi.cli.rule_page import facts, page
    from validation.vetting.rules import RuleError, load_rules

    with exit_codes():
        settings = load_settings()
        try:
            known = load_rules()
        except RuleError as error:
            raise SettingError(str(error)) from error
        named = rule.upper() if rule else None
        found = [r for r in known.rules if named in (None, r.id, str(r.number), *(case.code for case in r.cases))]
        if not found:
            raise SettingError(f"There is no rule or reason code {rule}. `lmi vet rules` lists them.")
        if as_json:
            described = [facts(r) for r in found]
            typer.echo(json.dumps({"rule_set": known.digest, "rules": described}, ensure_ascii=False, indent=1))
        elif rule is None:
            lang = settings.language
            heads = [text(key, lang) for key in ("rule", "severity", "what")]
            table = Table(heads[0], "id", *heads[1:], title=text("rule_set", lang, digest=known.digest[:12]))
            for r in found:
                severities = " ".join(dict.fromkeys(case.severity for case in r.cases))
                table.add_row(str(r.number), r.id, severities, r.label[settings.language])
            out.print(table)
        else:
            for r in found:
                out.print(page(r, settings.language), highlight=False, soft_wrap=True, markup=False)


@app.command("let-go")
def let_go(
    source: Annotated[str, typer.Argument(help="Source of the load.")],
    load: Annotated[str, typer.Argument(help="Load id; `lmi status` names what waits.")],
    channel: Annotated[str, typer.Argument(help="Channel that waits, such as PARTNER_PRIVATE.")],
    by: Annotated[str, typer.Option(help="Who looked into it; kept with the waiver.")],
    profile: Annotated[str | None, typer.Option(help="sandbox, national or real; default LMI_PROFILE.")] = None,
) -> None:
    """Let a channel go on that waits because its reject share is unusual. The next release judges the load again."""
    from lmi.core.clock import utc_now
    from lmi.core.paths import Paths
    from validation.vetting.guards import still_waiting, waive

    with exit_codes():
        settings = load_settings(profile=profile)
        paths = Paths.of(settings)
        waiting = [(w["source"], w["load_id"], w["channel_code"]) for w in still_waiting(paths)]
        if (source, load, channel) not in waiting:
            named = "; ".join(" ".join(entry) for entry in waiting) or "nothing"
            raise DataFailure(f"{source} {load} {channel} does not wait. Waiting: {named}.")
        waive(paths, source, load, channel, by=by, now=utc_now())
        said = text("goes_on", settings.language, channel=channel, load=f"{source}/{load}")
        out.print(said, highlight=False)


@app.command()
def train(
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Learn from decisions delivered up to this day; default today."),
    ] = None,
    profile: Annotated[str | None, typer.Option(help="sandbox, national or real; default LMI_PROFILE.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> None:
    """Train the reliability score on the decisions that came back from reviewers.

    The model is kept in the home folder under models/, named by the hash of what it was trained on: nothing new
    decided, no new model. Postings scored from then on are held when their score reaches the threshold, which follows
    from what the reviewers can call in a day.
    """
    from lmi.core.clock import today
    from validation.vetting.score import ModelError
    from validation.vetting.score_training import train as fit_and_keep

    with exit_codes():
        settings = load_settings(profile=profile)
        try:
            model, folder = fit_and_keep(settings, date.date() if date else today(settings))
        except ModelError as error:
            raise DataFailure(str(error)) from error
        facts = {**model.facts, "threshold": model.threshold, "folder": str(folder)}
        if as_json:
            typer.echo(json.dumps(facts))
            return
        said = text(
            "learnt", settings.language, bad=facts["bad"], good=facts["good"], templates=facts["templates"],
            until=facts["trained_until"], threshold=model.threshold, share=facts["held_share"],
            per_day=facts["postings_per_day"], version=model.version[:16], folder=folder,
        )  # fmt: skip
        out.print(said, highlight=False, soft_wrap=True)


desk.register(app)
