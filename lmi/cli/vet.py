"""``lmi vet``: vacancies judged by rules, people and a score."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from lmi.cli.exits import DataFailure, exit_codes, out
from lmi.core.settings import load_settings

app = typer.Typer(help="Vetting of vacancies: rules, reviewers, the reliability score.", no_args_is_help=True)


@app.callback()
def vet() -> None:
    """Keeps ``train`` a command of its own while it is the only one."""


@app.command()
def train(
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Learn from decisions delivered up to this day; default today."),
    ] = None,
    profile: Annotated[str | None, typer.Option(help="sandbox or real; default LMI_PROFILE.")] = None,
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
        out.print(
            f"Learnt from {facts['bad']:,} postings confirmed bad and {facts['good']:,} confirmed good"
            f" ({facts['templates']:,} templates), decided up to {facts['trained_until']}.\n"
            f"Holds from a score of {model.threshold:.3f}: {facts['held_share']:.1%} of postings"
            f" ({facts['postings_per_day']:.1f} a day come in).\n"
            f"Model {model.version[:16]} in {folder}",
            highlight=False,
            soft_wrap=True,
        )
