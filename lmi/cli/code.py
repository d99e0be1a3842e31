"""``lmi code``: titles of occupations and industries coded to a classification."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lmi.cli.exits import EXIT_CODES, DataFailure, exit_codes, out
from lmi.cli.words import text
from lmi.core.settings import SettingError, load_settings

TITLES = "titles"


class TitlesFirst(TyperGroup):
    """``lmi code FILE`` is ``lmi code titles FILE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [TITLES, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=TitlesFirst,
    help="Titles as people write them, coded to KECO, SOC, ISCO or KSIC. `lmi code FILE --scheme SOC` codes the titles"
    f" of a file.\n\n{EXIT_CODES} Titles that are left to a person end with 0 too.",
    no_args_is_help=True,
)

SchemeName = Annotated[str, typer.Option("--scheme", help="KECO, SOC, ISCO or KSIC.")]
Profile = Annotated[str | None, typer.Option(help="sandbox, national or real: whose home; default LMI_PROFILE.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Working day; default today.")]


@contextmanager
def _coding_errors() -> Iterator[None]:
    from validation.coding.schemes import CodingError, SchemeError

    with exit_codes():
        try:
            yield
        except SchemeError as error:
            raise SettingError(str(error)) from error
        except CodingError as error:
            raise DataFailure(str(error)) from error


@app.command(TITLES)
def titles(
    file: Annotated[str, typer.Argument(help="UTF-8: a title per line, or NDJSON with title and text; - reads stdin.")],
    scheme: SchemeName,
    corrections: Annotated[
        Path | None, typer.Option(help="Corrections that hold beside those kept in the home (see `correct`).")
    ] = None,
    date: Day = None,
    profile: Profile = None,
) -> None:
    """Code the titles of a file; one line of JSON per title, in their order.

    Each has the best five codes with label and confidence (the probability that the code is valid), decision (coded or
    abstained), the code if it is coded, and basis: corrected (a reviewer said so), listed (the classification lists
    the title) or model.
    """
    from lmi.core.clock import today
    from lmi.core.paths import Paths
    from validation.coding.coder import coder_in_force
    from validation.coding.corrections import in_force, known_corrections, read_corrections
    from validation.coding.schemes import scheme_of
    from validation.coding.tool import code_lines
    from validation.coding.trained import latest_folder

    with _coding_errors():
        settings = load_settings(profile=profile)
        paths, day = Paths.of(settings), date.date() if date else today(settings)
        asked = scheme_of(scheme)
        given = [*known_corrections(settings, day), *(read_corrections(corrections, day) if corrections else [])]
        if latest_folder(paths, asked.id, day) is None:
            raise DataFailure(text("no_coder", settings.language, scheme=asked.id))
        coder = coder_in_force(paths, asked.id, day)
        for answer in code_lines(_lines(file), coder, in_force(given, asked.id, day)):
            typer.echo(json.dumps(answer, ensure_ascii=False))


def _lines(file: str) -> Iterator[str]:
    try:
        if file == "-":
            sys.stdin.reconfigure(encoding="utf-8") if hasattr(sys.stdin, "reconfigure") else None
            yield from sys.stdin
            return
        with Path(file).open(encoding="utf-8") as lines:
            yield from lines
    except OSError as error:
        raise DataFailure(f"{file}: cannot be read ({error.strerror}). Name a file that is there.") from None
    except UnicodeDecodeError as error:
        raise DataFailure(f"{file}: is not UTF-8 text ({error.reason} at byte {error.start}).") from None


@app.command()
def train(
    scheme: SchemeName,
    files: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Titles with codes beside those landed (docs/coding.md); may be repeated."),
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="Share of right codes among the coded that the threshold is for.")
    ] = 0.9,
    date: Day = None,
    profile: Profile = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for scripts, with the reliability table.")
    ] = False,
) -> None:
    """Train the coder of a scheme on what the home has landed, on files, and on the corrections of reviewers.

    The coder is kept in the home under models/coding, named by the hash of what it was trained on: nothing new, no new
    coder.
    """
    from lmi.core.clock import today
    from validation.coding.schemes import scheme_of
    from validation.coding.training import train_in

    with _coding_errors():
        settings = load_settings(profile=profile)
        day = date.date() if date else today(settings)
        coder, folder = train_in(settings, scheme_of(scheme), day, files or [], precision)
        facts = {**coder.facts, "threshold": coder.threshold, "folder": str(folder)}
        if as_json:
            typer.echo(json.dumps(facts, ensure_ascii=False))
            return
        held = facts["held_out"]
        left_out = "".join(f"\nLeft out: {count:,} rows ({why})." for why, count in facts["left_out"].items())
        out.print(
            f"Learnt {facts['titles']:,} titles and {facts['descriptions']:,} descriptions of {facts['codes']:,} codes,"
            f" {facts['corrections']:,} of them corrected by reviewers.{left_out}\n"
            f"Of titles not learnt the first code is right for {held['top_1']:.1%}, one of five for"
            f" {held['top_5']:.1%}; calibration error {held['calibration_error']:.3f}.\n"
            f"Codes from a confidence of {coder.threshold:.3f}: {held['coverage']:.1%} of them, for a precision of"
            f" {precision:.0%}; the rest is left to a person.\n"
            f"Coder {facts['version'][:16]} in {folder}",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def correct(
    file: Annotated[Path, typer.Argument(help="CSV or NDJSON with title, scheme, code, reviewer and date.")],
    profile: Profile = None,
) -> None:
    """Keep what reviewers say of titles. It wins over the model at once and is learnt by the next one."""
    from lmi.core.clock import today
    from lmi.core.paths import Paths
    from validation.coding.corrections import keep, read_corrections

    with _coding_errors():
        settings = load_settings(profile=profile)
        found = read_corrections(file, today(settings))
        kept = keep(Paths.of(settings), found)
        out.print(f"{len(found):,} corrections kept in {kept}", highlight=False, soft_wrap=True)
