"""``python -m tests.evaluation.costs``: how fast one core judges postings, and which step takes which share of it.

The rate is taken without the profiler, which slows Python more than DuckDB; the shares with it.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from tests.evaluation.judging import judge_accepted
from tests.evaluation.planted import SOURCES
from tests.street import Street
from validation.vetting import checkpoint
from validation.vetting.pipeline import vet
from validation.vetting.rules import load_rules

#: (file, function) of a step, and what it does; a step's time is without the steps named before it
STEPS = {
    ("employers.py", "employer_answers"): "the employer in the registers, likeness of names",
    ("pay.py", "pay"): "pay read from text, paid hours, minimum wage",
    ("pay.py", "usual_pay"): "what others pay for the occupation",
    ("reading.py", "read_texts"): "texts cleaned, two views",
    ("similar.py", "twins"): "near-duplicates and reposts",
    ("matching.py", "_candidates"): "texts in which a pattern may stand (RE2)",
    ("matching.py", "text_hits"): "spans, negations, quotes",
    ("judge.py", "judge"): "conditions on data, findings, decisions",
    ("context.py", "load_context"): "postings and registers of the day",
}


def main(arguments: list[str] | None = None) -> int:
    """Prints a table; exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.costs", description=__doc__)
    parser.add_argument("--persons", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=101)
    asked = parser.parse_args(arguments)
    rules = load_rules()
    with tempfile.TemporaryDirectory(prefix="lmi-costs-") as folder:
        street = Street(Path(folder) / "home", Path(folder) / "nation", asked.persons, asked.seed)
        street.deliver(street.history_end)
        street.land(street.history_end, SOURCES)
        judged = judge_accepted(street.settings, rules, SOURCES[:1], street.history_end)
        profile = cProfile.Profile(time.process_time)
        profile.runcall(judge_accepted, street.settings, rules, SOURCES[:1], street.history_end)
        checking = _expectations(street)
    cumulative = {
        (Path(file).name, function): seconds
        for (file, _, function), (_, _, _, seconds, _) in pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    }
    spent = {step: cumulative.get(step, 0.0) for step in STEPS}
    spent["matching.py", "text_hits"] -= spent["matching.py", "_candidates"]
    spent["judge.py", "judge"] -= spent["matching.py", "text_hits"] + spent["matching.py", "_candidates"]
    answers = cumulative["context.py", "answer"]
    spent["context.py", "load_context"] -= answers
    whole = sum(spent.values())
    for step, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        sys.stdout.write(f"{STEPS[step]:52} {seconds / whole:6.1%}\n")
    rate = judged.postings / judged.seconds
    sys.stdout.write(f"{judged.postings:,} postings in {judged.seconds:.2f} CPU s: {rate:,.0f} postings/s/core\n")
    sys.stdout.write(f"Great Expectations on what they came to, apart: {checking:.2f} CPU s, its pages included\n")
    return 0


def _expectations(street: Street) -> float:
    """CPU seconds of the suite ``vacancy_vetting`` in a vetting of the same postings."""
    spent = 0.0
    run = checkpoint.Checked.run

    def timed(checked: checkpoint.Checked, name: str) -> None:
        nonlocal spent
        begun = time.process_time()
        run(checked, name)
        spent += time.process_time() - begun

    with patch.object(checkpoint.Checked, "run", timed):
        vet(street.settings, street.history_end)
    return spent


if __name__ == "__main__":
    sys.exit(main())
