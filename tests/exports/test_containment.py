from typing import Any

from exports.containment import judge


def node(name: str, resource: str = "model", **meta: Any) -> dict[str, Any]:
    return {"name": name, "resource_type": resource, "config": {"meta": meta}}


MANIFEST = {
    "nodes": {
        "model.lmi.fct_vacancies": node("fct_vacancies"),
        "model.lmi.mart_a": node("mart_a"),
        "model.lmi.mart_b": node("mart_b"),
        "test.lmi.grain_a": node("grain_a", "test", mart="mart_a", kind="grain"),
        "test.lmi.identity_a": node("identity_a", "test", mart="mart_a", kind="identity"),
        "test.lmi.unnamed": node("unnamed", "test"),
    },
    "child_map": {"model.lmi.mart_a": ["model.lmi.mart_b", "test.lmi.grain_a"], "model.lmi.mart_b": []},
}


def verdict(*failed: str):
    results = [{"unique_id": uid, "status": "fail", "message": "got 3 rows"} for uid in failed]
    return judge(MANIFEST, {"results": [*results, {"unique_id": "model.lmi.mart_b", "status": "skipped"}]})


def test_a_failing_fact_stops_the_release() -> None:
    found = verdict("model.lmi.fct_vacancies")
    assert found.stopping == ["fct_vacancies: got 3 rows"] and not found.contained


def test_a_failing_mart_costs_itself_and_what_depends_on_it() -> None:
    found = verdict("model.lmi.mart_a")
    assert not found.stopping
    assert found.contained == {"mart_a": "mart_a: got 3 rows", "mart_b": "depends on mart_a: mart_a: got 3 rows"}


def test_a_mart_that_is_not_built_here_is_not_missed() -> None:
    failed = {"unique_id": "model.lmi.mart_a", "status": "error", "message": "got 3 rows"}
    assert set(judge(MANIFEST, {"results": [failed]}).contained) == {"mart_a"}


def test_a_failing_check_costs_the_mart_it_names() -> None:
    assert set(verdict("test.lmi.grain_a").contained) == {"mart_a", "mart_b"}


def test_identity_and_unnamed_checks_stop_the_release() -> None:
    assert verdict("test.lmi.identity_a").stopping == ["identity_a: got 3 rows"]
    assert verdict("test.lmi.unnamed").stopping == ["unnamed: got 3 rows"]


def test_nothing_failed() -> None:
    found = verdict()
    assert not found.stopping and not found.contained
