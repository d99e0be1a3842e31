"""Files of decisions: whole or not at all, the same bytes again, never overwritten, and what a build reads of them."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from dbt_project.build import create_warehouse, plan
from dbt_project.judged import VETTING_SHAPES
from exports.pipeline import ReleaseStopped, build_warehouse
from lmi.core.ledger import Ledger
from lmi.core.locks import BusyError, exclusive
from lmi.core.paths import Paths
from lmi.core.settings import Settings, load_settings
from tests.validation.vetting.accepted_support import accept, submission
from validation.vetting import context, decisions, pipeline, rules
from validation.vetting.decisions import FILES, NotVetted, vetted_evaluations
from validation.vetting.pipeline import vet
from validation.vetting.rules import RuleError, load_rules

SUBMISSIONS = "vacancy_submissions"
DAY, NEXT = date(2026, 3, 3), date(2026, 3, 4)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, home=tmp_path / "home", nation=tmp_path / "nation")


@pytest.fixture
def paths(settings: Settings) -> Paths:
    return Paths.of(settings)


def files(paths: Paths) -> dict[str, str]:
    """sha256 of every file of decisions, manifests aside: these note when it was done."""
    found = sorted(paths.vetted.rglob("*.parquet"))
    return {str(p.relative_to(paths.vetted)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def rows(settings: Settings, day: date, table: str) -> list[dict[str, Any]]:
    found = [str(e.path(table)) for e in vetted_evaluations(settings, day)]
    with duckdb.connect() as con:
        return con.execute("SELECT * FROM read_parquet(?)", [found]).to_arrow_table().to_pylist()


def deliver(paths: Paths) -> None:
    accept(
        paths,
        "nts_business_status",
        str(DAY),
        [{"business_no": "1014769229", "status_code": "01", "checked_date": str(DAY)}],
    )
    accept(paths, "workplaces", str(DAY), [
        {"workplace_no": "10147692290", "business_no": "1014769229", "employer_name": "한빛식품",
         "established_date": "2015-04-01"},
    ])  # fmt: skip
    wrong = submission(2, company="비공개", region_code="11110", work_address="서울 종로구 새길 1")
    accept(paths, SUBMISSIONS, str(DAY), [submission(1), wrong])


def test_a_day_is_vetted_once(settings: Settings, paths: Paths) -> None:
    deliver(paths)
    told = vet(settings, DAY)["sources"][SUBMISSIONS]
    assert (told["loads"], told["postings"], told["reject"]) == (1, 2, 1)
    assert told["rule_results"] == 2 * len(load_rules().rules)
    before = files(paths)
    assert vet(settings, DAY)["sources"] == {}
    assert files(paths) == before
    assert [s["outcome"] for s in Ledger(paths.ledger).stages()] == ["ok", "unchanged"]
    decided = {row["posting_id"][-1]: row for row in rows(settings, DAY, "decision")}
    assert decided["2"]["decision"] == "REJECT"
    assert decided["2"]["primary_code"] == "EMP_NAME_MISSING"
    assert {row["rule_set"] for row in decided.values()} == {load_rules().digest}


def test_the_same_again_gives_the_same_bytes(settings: Settings, tmp_path: Path) -> None:
    found = []
    for number, threads in enumerate((1, 2)):
        own = replace(settings, home=tmp_path / f"home{number}", threads=threads)
        deliver(Paths.of(own))
        many = [submission(n, wage_min_krw=1_500_000 + n, wage_text=None) for n in range(10, 400)]
        accept(Paths.of(own), SUBMISSIONS, str(NEXT), many)
        vet(own, NEXT)
        found.append(files(Paths.of(own)))
    assert len(found[0]) == 2 * 5, "four tables and the signatures of each load"
    assert found[0] == found[1]


def test_in_parts_or_at_once_the_same_bytes(
    settings: Settings, paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [submission(n, submitted_date=f"2026-02-{10 + n % 4}", duties="자재를 나릅니다." * n) for n in range(1, 9)]
    accept(paths, SUBMISSIONS, str(DAY), rows)
    told = vet(settings, DAY)
    before = files(paths)
    monkeypatch.setattr(context, "load_context", partial(context.load_context, at_once=3))
    shutil.rmtree(paths.vetted)
    assert vet(settings, DAY) == told
    assert files(paths) == before
    assert len(before) == 5, "four tables and the signatures"


def test_lost_signatures_are_made_again(settings: Settings, paths: Paths) -> None:
    deliver(paths)
    vet(settings, DAY)
    (kept,) = paths.vetted.glob("*/*/signatures-*.parquet")
    with duckdb.connect() as con:
        whole = con.execute("FROM read_parquet(?)", [str(kept)]).fetchall()
        con.execute(f"COPY (SELECT * FROM read_parquet('{kept}') LIMIT 0) TO '{kept}' (FORMAT parquet)")
    accept(paths, SUBMISSIONS, str(NEXT), [submission(1), submission(3)])
    vet(settings, NEXT)
    assert [row["kind"] for row in rows(settings, NEXT, "link")] == ["DUP_EXACT"]
    assert len(whole) == 2
    kept.unlink()
    shutil.rmtree(next(kept.parent.glob("*/")))
    vet(settings, NEXT)
    with duckdb.connect() as con:
        assert con.execute("FROM read_parquet(?)", [str(kept)]).fetchall() == whole


def test_a_register_that_comes_later_makes_an_evaluation_of_its_own(settings: Settings, paths: Paths) -> None:
    deliver(paths)
    vet(settings, DAY)
    first = files(paths)
    accept(paths, "wage_arrears", str(DAY), [
        {"list_id": "2026-01", "business_no": "1014769229", "listed_from": "2026-01-05"},
    ])  # fmt: skip
    with pytest.raises(NotVetted, match=r"1 loads are not vetted by the present rules: vacancy_submissions/.*lmi run"):
        vetted_evaluations(settings, DAY)
    vet(settings, DAY)
    both = files(paths)
    assert {name: both[name] for name in first} == first
    assert len(both) == len(first) + len(FILES), "the signatures are the same"
    assert {row["decision"] for row in rows(settings, DAY, "decision")} == {"REJECT"}


def test_another_rule_set_stands_beside(settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(paths)
    vet(settings, DAY)
    before = files(paths)
    gentler = replace(load_rules(), rules=load_rules().rules[1:], digest="f" * 64)
    for module in (rules, decisions):
        monkeypatch.setattr(module, "load_rules", lambda: gentler)
    vet(settings, DAY)
    assert {name: files(paths)[name] for name in before} == before
    assert {row["rule_set"] for row in rows(settings, DAY, "decision")} == {"f" * 64}


def test_only_the_new_load_is_judged_on_the_next_day(settings: Settings, paths: Paths) -> None:
    deliver(paths)
    vet(settings, DAY)
    accept(paths, SUBMISSIONS, str(NEXT), [submission(1), submission(3)])
    told = vet(settings, NEXT)["sources"][SUBMISSIONS]
    assert (told["loads"], told["postings"], told["reject"]) == (1, 1, 1), "the new one repeats the first"
    pairs = [(row["posting_id"][-1], row["twin_posting_id"][-1], row["kind"]) for row in rows(settings, NEXT, "link")]
    assert pairs == [("3", "1", "DUP_EXACT")]
    assert [e.load_id[:8] for e in vetted_evaluations(settings, NEXT)] == ["20260303", "20260304"]
    assert [e.load_id[:8] for e in vetted_evaluations(settings, DAY)] == ["20260303"]


def test_a_repost_is_kept_and_refused_nothing(settings: Settings, paths: Paths) -> None:
    deliver(paths)
    vet(settings, DAY)
    again = submission(4, submitted_date="2026-07-01", start_date="2026-07-20", close_date_text="2026-07-31")
    accept(paths, SUBMISSIONS, "2026-07-02", [again])
    vet(settings, date(2026, 7, 2))
    assert [(row["twin_posting_id"][-1], row["kind"], row["similarity"]) for row in rows(settings, date(2026, 7, 2),
        "link")] == [("1", "REPOST", 1.0)]  # fmt: skip
    decided = {row["posting_id"][-1]: row["reasons"] for row in rows(settings, date(2026, 7, 2), "decision")}
    assert not {"DUP_EXACT", "DUP_NEAR"}.intersection(decided["4"])


def test_an_evaluation_that_kept_less_is_made_again(settings: Settings, paths: Paths) -> None:
    deliver(paths)
    vet(settings, DAY)
    before = files(paths)
    manifest = next(paths.vetted.rglob("manifest.json"))
    told = json.loads(manifest.read_text("utf-8"))
    told["files"] = [file for file in told["files"] if file["path"] != "links.parquet"]
    manifest.write_text(json.dumps(told), "utf-8")
    with pytest.raises(NotVetted):
        vetted_evaluations(settings, DAY)
    vet(settings, DAY)
    assert files(paths) == before


def test_a_damaged_evaluation_is_made_again(settings: Settings, paths: Paths) -> None:
    deliver(paths)
    vet(settings, DAY)
    before = files(paths)
    victim = next(paths.vetted.rglob("findings.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(NotVetted):
        vetted_evaluations(settings, DAY)
    vet(settings, DAY)
    assert files(paths) == before


def test_an_error_leaves_nothing_half_written(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(paths)

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(decisions, "write_parquet", broken)
    with pytest.raises(OSError, match="disk full"):
        vet(settings, DAY)
    assert files(paths) == {}
    assert not list((paths.work / "vetting").iterdir())
    assert Ledger(paths.ledger).stages()[-1]["outcome"] == "failed"
    monkeypatch.undo()
    assert vet(settings, DAY)["sources"][SUBMISSIONS]["postings"] == 2


def test_a_wrong_rule_stops_before_anything_is_written(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(paths)
    first = load_rules().rules[0]
    bad = replace(first, cases=(replace(first.cases[0], when="no_such_column"),))
    monkeypatch.setattr(rules, "load_rules", lambda: rules.RuleSet((bad,), "e" * 64))
    with pytest.raises(RuleError, match="no_such_column"):
        vet(settings, DAY)
    assert not paths.vetted.exists()


def test_two_at_once(settings: Settings, paths: Paths) -> None:
    with exclusive(paths.locks, "vet", "another"), pytest.raises(BusyError, match="another"):
        vet(settings, DAY)


def test_a_build_reads_the_present_evaluations(settings: Settings, paths: Paths, tmp_path: Path) -> None:
    deliver(paths)
    planned = plan(settings, DAY)
    assert [load.split("/")[0] for load in planned.unvetted] == [SUBMISSIONS]
    with pytest.raises(ReleaseStopped, match="not vetted by the present rules"):
        build_warehouse(settings, DAY)
    vet(settings, DAY)
    vetted = plan(settings, DAY)
    assert vetted.unvetted == []
    assert vetted.release_id == planned.release_id, "decisions follow from inputs and rules: they are no input"
    accept(paths, "wage_arrears", str(DAY), [{"list_id": "1", "business_no": "1", "listed_from": "2026-01-05"}])
    vet(settings, DAY)
    create_warehouse(plan(settings, DAY), tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        counts = {table: con.execute(f"SELECT count(*) FROM landing.{table}").fetchone() for table in VETTING_SHAPES}
        assert counts["_vetting_decisions"] == (2,), "of two evaluations the present one"
        assert counts["_vetting_rules"] == (len(load_rules().rules),)
        severity, codes = con.execute(
            "SELECT severity, codes FROM landing._vetting_rules WHERE rule_number = 33"
        ).fetchone()  # type: ignore[misc]
        assert (severity, codes) == ("reject", ["DUP_EXACT", "DUP_NEAR"])


def test_without_vacancies_the_tables_are_there_and_empty(settings: Settings, tmp_path: Path) -> None:
    assert vet(settings, DAY)["sources"] == {}
    create_warehouse(plan(settings, DAY), tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        for table, shape in VETTING_SHAPES.items():
            found = con.execute(f"SELECT * FROM landing.{table}").to_arrow_table()
            assert (found.column_names, found.num_rows) == (list(shape), 0)


def test_what_is_told_of_a_day_adds_up(settings: Settings, paths: Paths) -> None:
    deliver(paths)
    told = pipeline.vet(settings, DAY)["sources"][SUBMISSIONS]
    assert told["pass"] + told["warn"] + told["hold"] + told["reject"] == told["postings"]
    coverage = rows(settings, DAY, "coverage")
    assert sum(row["postings"] for row in coverage) == told["rule_results"]
    never = sum(row["postings"] for row in coverage if row["outcome"] == "not_applicable")
    assert told["not_applicable_share"] == round(never / told["rule_results"], 4)


@dataclass(frozen=True)
class Sure:
    """A model that is sure of one thing: whoever looks for a night watchman is bad."""

    threshold: float = 0.5
    version: str = "f" * 64


def test_a_model_holds_what_the_rules_let_through_from_its_day_on(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(paths)
    vet(settings, DAY)
    before, plain = rows(settings, DAY, "decision"), plan(settings, NEXT).release_id
    assert {row["score"] for row in before} == {None}

    def scores(postings: pa.Table, model: Sure, carried: frozenset[str]) -> pa.Table:
        doubtful = [title.startswith("야간 경비") for title in postings["title"].to_pylist()]
        why = [[{"code": "WORD", "ko": "낱말", "en": "word", "weight": 1.0}] if bad else [] for bad in doubtful]
        columns = {"posting_no": postings["posting_no"], "score": [0.87654 if bad else 0.1 for bad in doubtful]}
        return pa.table(columns | {"reasons": why})

    folder = paths.models / "reliability" / "f"
    folder.mkdir(parents=True)
    facts = {"trained_until": str(NEXT), "version": Sure.version}
    (folder / "manifest.json").write_text(json.dumps({"files": [], "facts": facts}), "utf-8")
    monkeypatch.setattr("validation.vetting.score.load_model", lambda folder: Sure())
    monkeypatch.setattr("validation.vetting.score.score", scores)
    refused = submission(5, title="야간 경비원", company="비공개", region_code="11170")
    accept(paths, SUBMISSIONS, str(NEXT), [
        submission(3, title="야간 경비원 모집", region_code="11200"), submission(4, region_code="11215"), refused,
    ])  # fmt: skip
    assert plan(settings, NEXT).release_id != plain
    vet(settings, NEXT)
    after = {row["posting_id"][-1]: row for row in rows(settings, NEXT, "decision")}
    assert [after[row["posting_id"][-1]] for row in before] == before, "a later model judged an earlier load"
    assert (after["3"]["decision"], after["3"]["reasons"][-1]) == ("HOLD", "RELIABILITY_SCORE")
    assert (after["3"]["score"], after["3"]["model"]) == (0.8765, Sure.version)
    assert json.loads(after["3"]["score_reasons"])[0]["ko"] == "낱말"
    assert (after["4"]["score"], "RELIABILITY_SCORE" in after["4"]["reasons"]) == (0.1, False)
    assert (after["5"]["decision"], after["5"]["primary_code"]) == ("REJECT", "EMP_NAME_MISSING")
    assert "RELIABILITY_SCORE" in after["5"]["reasons"]
