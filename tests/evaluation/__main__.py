"""``make eval``: judge and score nations and real postings, code titles; writes docs/evaluation.md, prints speed.

A part can be measured by itself (``--only coding``); the others keep the figures of their last run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from lmi.core.settings import Settings, load_settings
from tests.evaluation import coded, disguises, linked, planted, real, unseen
from tests.evaluation.page import kept_part, page, rejected_of
from tests.evaluation.scored import Scored, score_fraud_set, score_nations
from validation.vetting.rules import load_rules

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evaluation.md"
PARTS = ("vetting", "coding", "linkage")


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when the vetting misses a target; what could not be run is said on the page and here."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation", description=__doc__)
    parser.add_argument("--persons", type=int, default=planted.PERSONS)
    parser.add_argument("--seeds", type=int, nargs="*", default=list(planted.SEEDS))
    parser.add_argument("--only", choices=PARTS, nargs="*", default=PARTS, help="parts to measure; all without it")
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    before = asked.page.read_text(encoding="utf-8") if asked.page.exists() else ""
    settings = load_settings(profile="real")
    written, absent, missed = [], [], []
    with tempfile.TemporaryDirectory(prefix="lmi-eval-") as name:
        for part in PARTS:
            text = None
            if part in asked.only:
                text, not_run, below = _measured(part, settings, Path(name), asked)
                absent += not_run
                missed += below
            written.append(kept_part(before, part) if text is None else text)
    asked.page.write_text("".join(written), encoding="utf-8")
    sys.stdout.write("".join(f"NOT RUN: {sentence}\n" for sentence in absent))
    sys.stdout.write("".join(f"BELOW TARGET: {sentence}\n" for sentence in missed) + f"wrote {asked.page}\n")
    return 1 if missed else 0


def _measured(
    part: str, settings: Settings, folder: Path, asked: argparse.Namespace
) -> tuple[str | None, list[str], list[str]]:
    """Text of one part, None where its data are absent; a sentence on each thing not run, and on each target missed."""
    if part == "vetting":
        return _vetting(settings, folder, asked)
    if part == "linkage":
        return linked.section(linked.run(settings, folder, asked.persons), asked.persons), [], []
    if lacking := coded.missing(settings.real_data):
        return None, [f"Coding of titles: LMI_REAL_DATA names no folder with {', '.join(lacking)}."], []
    return coded.section({name: coded.run(read(settings.real_data)) for name, read in coded.SETS.items()}), [], []


def _vetting(settings: Settings, folder: Path, asked: argparse.Namespace) -> tuple[str, list[str], list[str]]:
    rules = load_rules()
    alarms: list[real.Alarms] = []
    absent = []
    nations = []
    for seed in asked.seeds:
        nations.append(planted.run_nation(folder, seed, asked.persons, rules))
        say(f"nation with seed {seed}", nations[-1].judged)
    decided = [nation.decided for nation in nations if nation.decided]
    scored = Scored(nations=score_nations(decided) if decided else None)
    if lacking := real.missing(settings):
        absent.append(f"Real postings: LMI_REAL_DATA names no folder with {', '.join(lacking)}.")
    else:
        alarms = [
            *real.run_sources(folder, rules),
            *real.run_emscad(settings.real_data, rules),
            real.run_dictionary(settings.real_data, rules),
        ]
        scored = replace(scored, fraud=score_fraud_set(settings.real_data))
        for each in alarms:
            say(f"{each.name} ({each.profile})", each.judged)
    missed = planted.below_target(nations)
    rejected, postings = rejected_of(alarms)
    if postings and rejected / postings > planted.TARGETS["real"]:
        missed.append(f"real legitimate postings: {rejected} of {postings:,} rejected")
    words = unseen.run_unseen(rules)
    dressed = disguises.dressed(rules)
    text = page(rules, nations, asked.persons, words, alarms, absent, real.judgements(), scored, dressed)
    return text, absent, missed


def say(what: str, judged: real.Judged) -> None:
    """Postings per second of one core, all rules, context included."""
    rate = judged.postings / max(judged.seconds, 1e-9)
    sys.stdout.write(
        f"{what:40} {judged.postings:>8,} postings {judged.seconds:8.1f} s {rate:>8,.0f} postings/s/core\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
