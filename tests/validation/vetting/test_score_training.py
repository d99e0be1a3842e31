"""Training of the reliability score: what people decided, read from accepted loads, and the command for it."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest.registry import load_registry
from lmi.cli.main import app
from tests.validation.support import NOW, context_in, good_row, landed_in
from tests.validation.vetting.test_score import BAIT, WORK, postings_of
from validation.run import validate
from validation.vetting.score import ModelError, score
from validation.vetting.score_training import decided_postings, train

VACANCIES, REVIEWS, DESK = (
    load_registry()[name] for name in ("vacancy_submissions", "vacancy_reviews", "desk_reviews")
)


def vacancy(number: int, duties: str) -> dict[str, str | None]:
    return good_row(VACANCIES, number) | {
        "posting_id": f"K{number:015d}", "duties": duties, "submitted_date": "2026-09-10", "title": "직원 모집",
    }  # fmt: skip


def review(number: int, posting: int, decision: str, **changed: str) -> dict[str, str | None]:
    return good_row(REVIEWS, number) | {
        "review_id": f"V{number:011d}", "posting_id": f"K{posting:015d}", "step_code": "S2_CALLCENTER",
        "decision": decision, "decided_date": "2026-09-15", "decided_at": "2026-09-15 10:00:00",
        "reason_codes": "[]", **changed,
    }  # fmt: skip


def test_training_reads_what_people_decided(tmp_path: Path) -> None:
    context = context_in(tmp_path)

    def arrived(source: Any, rows: list[dict[str, str | None]], day: date) -> None:
        landed = landed_in(context, source, rows, delivery_date=day)
        assert validate(landed.folder, source, context.settings, now=NOW).status == "accepted"

    rng = random.Random(5)
    texts = [". ".join(f"{task} {rng.randint(1, 999)}" for task in rng.sample(WORK, 4)) for _ in range(80)]
    for number in range(0, 80, 4):
        texts[number] += ". " + BAIT[number // 4 % len(BAIT)]
    arrived(VACANCIES, [vacancy(n, text) for n, text in enumerate(texts)], date(2026, 9, 11))
    # a later version of posting 1, delivered after its review: what was judged is the first
    arrived(VACANCIES, [vacancy(1, "나중에 고친 글입니다 " * 5)], date(2026, 9, 30))
    decisions = [
        review(n, n, "CONFIRMED_BAD" if n % 4 == 0 else "CORRECTED" if n % 4 == 1 else "CONFIRMED_OK")
        for n in range(60)
    ]
    decisions += [
        review(100, 60, "UNREACHABLE"),
        review(101, 2, "CONFIRMED_BAD", decided_at="2026-09-14 10:00:00"),  # overtaken by the decision of the 15th
        review(102, 61, "CONFIRMED_OK", step_code="S3_ALGORITHM"),
        review(103, 999, "CONFIRMED_BAD"),  # of a posting that never came
    ]
    arrived(REVIEWS, decisions, date(2026, 9, 20))
    said = good_row(DESK, 1) | {
        "step_code": "S2_CALLCENTER", "decision": "CONFIRMED_OK", "decided_at": "2026-09-19 10:00:00",
        "decided_date": "2026-09-19", "reason_codes": "[]", "record_hash": "0",
    }  # fmt: skip
    desk = [
        said | {"review_id": f"D{1:016X}", "posting_id": f"K{0:015d}", "vacancy_source": "portal_vacancies"},
        said | {"review_id": f"D{2:016X}", "posting_id": f"K{4:015d}", "vacancy_source": "vacancy_submissions"},
    ]
    arrived(DESK, desk, date(2026, 9, 20))

    decided = decided_postings(context.settings, date(2026, 10, 1))
    ids = [posting_id[-2:] for posting_id in decided.postings.column("posting_id").to_pylist()]
    assert ids == [f"{n:02d}" for n in range(60)]
    # the desk's word on posting 4 is the last; a portal's posting of the number of posting 0 is another posting
    assert decided.labels.tolist() == [int(n % 4 == 0 and n != 4) for n in range(60)]
    assert decided.postings.column("duties")[1].as_py() == texts[1]
    assert len(decided.reference) == 20
    assert decided.postings_per_day == pytest.approx(80 / 28)
    assert "duties" in decided.carried

    model, folder = train(context.settings, date(2026, 10, 1))
    assert (model.facts["bad"], model.facts["good"]) == (14, 46)
    fresh = postings_of([{"duties": BAIT[0] + ". " + WORK[0]}, {"duties": WORK[1] + ". " + WORK[0]}])
    bad, good = score(fresh, model, frozenset({"title", "duties"})).column("score").to_pylist()
    assert bad > 2 * good

    with pytest.raises(ModelError, match="Too few decisions"):
        train(context.settings, date(2026, 9, 19))  # the decisions had not come

    env = {"LMI_HOME": str(context.settings.home), "LMI_PROFILE": "sandbox", "LMI_KEYS_DIR": str(tmp_path / "keys")}
    again = CliRunner().invoke(app, ["vet", "train", "--date", "2026-10-01", "--json"], env=env)
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["version"] == model.version
    assert json.loads(again.stdout)["folder"] == str(folder)
    said = CliRunner().invoke(app, ["vet", "train", "--date", "2026-10-01"], env=env | {"LMI_LANGUAGE": "en"})
    assert "14 postings confirmed bad and 46 confirmed good" in said.stdout
    refused = CliRunner().invoke(app, ["vet", "train", "--date", "2026-09-19"], env=env)
    assert refused.exit_code == 1
    assert "Let reviewers decide" in refused.stderr
