"""Findings of the rules against the planted truth of synthetic nations.

A planted violation is *caught* when its rule raised it with the planted code and, where words were planted in title or
duties, a quoted span overlaps them. A rule that could not be judged has caught nothing. A posting is *innocent* when
nothing is planted in it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from tests.evaluation.judging import Judged, judge_accepted
from tests.evaluation.scored import Decided, decided_in
from tests.street import Street
from validation.vetting.context import REGISTERS
from validation.vetting.rules import RuleSet

#: seeds of nations that no rule was written on; the default of the sandbox is not among them
SEEDS = (101, 202, 303)
PERSONS = 5_000
#: what the rules need: the postings themselves and the registers they ask; look-ups come after what they ask about
SOURCES = (
    "vacancy_submissions", "workplaces", "wage_arrears", "agency_licences", "kcomwel_workplaces", "nts_business_status",
)  # fmt: skip
#: rules that ask a register or other postings are counted apart from those that read the posting alone
OUTSIDE = frozenset(REGISTERS) | {"earlier_postings"}
#: rules with a code for each form of a violation
_FORMS = {33: ("DUP_EXACT", "DUP_NEAR")}
_FIELDS = {"title": "title", "duties": "duties"}
RAISED = ("warn", "hold", "reject")
_HANGUL = "[가-힣]"
#: how each kind is known, the surest first
_SIGNS = {
    "zero-width": "[\u200b-\u200d\u2060\ufeff\u00ad]",
    "split jamo": "[ㄱ-ㅎㅏ-ㅣ\u1100-\u11ff]",
    "homoglyphs": r"[！-～Ⓐ-ⓩ○〇]|[0-9][OoIl][0-9]|\b[OoIl][0-9]",
    "digits between": f"{_HANGUL}[0-9]{_HANGUL}[0-9]?{_HANGUL}",
    "middle dots": f"{_HANGUL}[·ㆍ.*/,_-]{_HANGUL}(?:[·ㆍ.*/,_-]|$|[^가-힣])|{_HANGUL}[·ㆍ*/]{_HANGUL}",
    "spaces": f"(?<!{_HANGUL})(?:{_HANGUL} ){{2,}}|(?<!{_HANGUL}){_HANGUL} {_HANGUL}(?!{_HANGUL})|(?:[0-9] ){{2,}}",
    "Hangul numerals": "[일이삼사오육칠팔구십백]+ ?(?:만 ?원?|천 ?원|시간|세|퍼센트|프로|개월)",
}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """One nation: its violations with what came of them, its innocent postings, and the findings."""

    seed: int
    judged: Judged
    violations: pd.DataFrame
    innocent: pd.DataFrame
    #: what the registers hold beside what was planted
    facts: set[tuple[str, int]]
    #: what its call centre decided, for the score
    decided: Decided | None = None


def run_nation(folder: Path, seed: int, persons: int, rules: RuleSet) -> Planted:
    """Generate, land and judge one nation in ``folder``."""
    with Street(folder / f"home{seed}", folder / f"nation{seed}", persons, seed) as street:
        day = street.history_end
        street.deliver(day)
        street.land(day, (*SOURCES, "vacancy_reviews"))
        judged = judge_accepted(street.settings, rules, ["vacancy_submissions"], day)
        # what is planted against the Union's rules is judged as a posting there would be
        of_union = dataclasses.replace(rules, rules=tuple(r for r in rules.rules if r.profiles == ("EU",)))
        there = judge_accepted(street.settings, of_union, ["vacancy_submissions"], day, "EU")
        judged.finding = pd.concat([judged.finding, there.finding], ignore_index=True)
        truth, provider = street.truth, street.settings.nation / "provider"
        decided = decided_in(street.settings, truth)
    return Planted(
        seed,
        judged,
        score(judged, truth, provider),
        innocents(judged, truth, rules),
        register_facts(truth, provider),
        decided,
    )


def score(judged: Judged, truth: Path, provider: Path) -> pd.DataFrame:
    """Planted violations that reached the rules, a row each: rule_no, rule_code, disguised, field, planted_text,
    posting_id, is_raised (by its rule), has_code, has_words (NULL where no words were planted), is_caught."""
    with duckdb.connect() as con:
        con.register("decision", judged.decision)
        planted = con.execute(
            f"""
            SELECT v.*, p.title, p.duties FROM read_parquet('{truth}/vacancy_violations.parquet') AS v
            JOIN (SELECT posting_id, any_value(title) AS title, any_value(duties) AS duties
                FROM read_parquet('{provider}/vacancy_submissions.parquet') GROUP BY posting_id) AS p USING (posting_id)
            SEMI JOIN decision AS d ON d.posting_id = v.posting_id
            WHERE v.rule_no NOT IN (33, 34)
                OR (v.rule_no = 33 AND v.posting_id IN ({_true_duplicates(truth)}))
                OR (v.rule_no = 34 AND v.posting_id IN ({_true_mass_posters(provider)}))
            ORDER BY rule_no, posting_id
            """
        ).df()
    raised = judged.finding[judged.finding["outcome"].isin(RAISED)]
    found = {tuple(key): group for key, group in raised.groupby(["posting_id", "rule_number"])}
    rows = []
    for row in planted.itertuples():
        own = found.get((row.posting_id, row.rule_no))
        codes = _FORMS.get(row.rule_no, (row.rule_code,))
        right = None if own is None else own[own["code"].isin(codes)]
        has_words = None
        if row.field in _FIELDS:
            has_words = right is not None and _overlaps(right, row)
        has_code = right is not None and len(right) > 0
        rows.append(
            {
                "rule_no": row.rule_no, "rule_code": row.rule_code, "disguised": bool(row.disguised),
                "field": row.field, "planted_text": row.planted_text, "posting_id": row.posting_id,
                "is_raised": own is not None, "has_code": has_code, "has_words": has_words,
                "is_caught": has_code and has_words is not False,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _true_duplicates(truth: Path) -> str:
    """Duplicates whose original was still open, and whose texts no other planted violation made different."""
    return f"""
        SELECT d.posting_id FROM read_parquet('{truth}/vacancies.parquet') AS d
        JOIN read_parquet('{truth}/vacancies.parquet') AS o ON o.posting_id = d.twin_of
        LEFT JOIN (SELECT DISTINCT posting_id FROM read_parquet('{truth}/vacancy_violations.parquet')
            WHERE rule_no <> 33 AND (field IN ('title', 'duties') OR rule_no IN (14, 36))) AS changed
            ON changed.posting_id IN (d.posting_id, o.posting_id)
        WHERE d.kind = 'DUPLICATE' AND changed.posting_id IS NULL
            AND (o.is_open_ended OR o.close_date >= d.submitted_date)"""


def _true_mass_posters(provider: Path) -> str:
    """Postings of a telephone that three employers or more gave on one day."""
    file = f"read_parquet('{provider}/vacancy_submissions.parquet')"
    return f"""
        SELECT p.posting_id FROM {file} AS p JOIN {file} AS o
            ON o.contact_phone = p.contact_phone AND o.submitted_date = p.submitted_date
        GROUP BY p.posting_id HAVING count(DISTINCT o.business_no) >= 3"""


def register_facts(truth: Path, provider: Path) -> set[tuple[str, int]]:
    """(posting, rule) that hold by the registers without being planted: closed, suspended or listed on the day."""
    with duckdb.connect() as con:
        rows = con.execute(
            f"""
            WITH v AS (FROM read_parquet('{provider}/vacancy_submissions.parquet')),
            e AS (FROM read_parquet('{truth}/employers.parquet'))
            SELECT v.posting_id, 4 AS rule FROM v JOIN e USING (business_no) WHERE e.closed_date <= v.submitted_date
            UNION SELECT v.posting_id, 5 FROM v JOIN e USING (business_no)
                WHERE e.suspended_from IS NOT NULL
            UNION SELECT v.posting_id, 8 FROM v JOIN read_parquet('{provider}/wage_arrears.parquet') AS a
                ON a.business_no = v.business_no AND a.listed_from <= v.submitted_date
            """
        ).fetchall()
    return {(str(posting), int(rule)) for posting, rule in rows}


def _overlaps(findings: pd.DataFrame, row: object) -> bool:
    """Does a quoted span overlap the planted words? Masks at the door are as long as what they hide."""
    text, words = getattr(row, str(row.field)) or "", row.planted_text  # type: ignore[attr-defined]
    start = text.find(words)
    spans = findings[findings["evidence_field"] == _FIELDS[row.field]].dropna(subset=["span_start"])  # type: ignore[attr-defined]
    return start >= 0 and any(
        begin < start + len(words) and end > start
        for begin, end in zip(spans["span_start"], spans["span_end"], strict=True)
    )


def innocents(judged: Judged, truth: Path, rules: RuleSet) -> pd.DataFrame:
    """Innocent postings, a row each: posting_id, has_decoy, and the gravest outcome (``''``, warn, hold, reject) by
    rules that read the posting alone (``own``), by those that ask outside (``outside``), and because a rule could not
    be judged (``waits``)."""
    outside = {r.number for r in rules.rules if OUTSIDE.intersection(r.registers)}
    with duckdb.connect() as con:
        con.register("decision", judged.decision)
        con.register("finding", judged.finding)
        con.register("outside", pd.DataFrame({"rule_number": sorted(outside)}, dtype="int64"))

        def worst(condition: str) -> str:
            return (
                f"CASE max(f.rank) FILTER ({condition})"
                " WHEN 3 THEN 'reject' WHEN 2 THEN 'hold' WHEN 1 THEN 'warn' ELSE '' END"
            )

        raised = "f.outcome <> 'undetermined'"
        return con.execute(
            f"""
            SELECT d.posting_id, bool_or(y.posting_id IS NOT NULL) AS has_decoy,
                {worst(f"{raised} AND o.rule_number IS NULL")} AS own,
                {worst(f"{raised} AND o.rule_number IS NOT NULL")} AS outside,
                {worst("f.outcome = 'undetermined'")} AS waits
            FROM (SELECT DISTINCT posting_id FROM decision) AS d
            ANTI JOIN read_parquet('{truth}/vacancy_violations.parquet') AS v ON v.posting_id = d.posting_id
            LEFT JOIN read_parquet('{truth}/vacancy_decoys.parquet') AS y ON y.posting_id = d.posting_id
            LEFT JOIN (SELECT *, CASE severity WHEN 'reject' THEN 3 WHEN 'hold' THEN 2 ELSE 1 END AS rank FROM finding)
                AS f ON f.posting_id = d.posting_id
            LEFT JOIN outside AS o ON o.rule_number = f.rule_number
            GROUP BY d.posting_id ORDER BY d.posting_id
            """
        ).df()


def by_rule(nations: list[Planted]) -> pd.DataFrame:
    """Per rule: planted and caught, plain and disguised; raised on postings planted with it (true), on innocent ones
    (false), and on postings planted with something else (beside). True and false also by whether what is planted, or
    else the quoted words, are disguised; precision = true / (true + false)."""
    planted = pd.concat([n.violations for n in nations], ignore_index=True)
    planted["kind"] = planted["disguised"].map({False: "plain", True: "disguised"})
    counts = planted.groupby(["rule_no", "rule_code", "kind"])["is_caught"].agg(["size", "sum"]).unstack(fill_value=0)
    table = pd.DataFrame({
        f"{kind}_{name}": counts.get((column, kind), 0)
        for kind in ("plain", "disguised") for column, name in (("size", "planted"), ("sum", "caught"))
    }).reset_index()  # fmt: skip
    table = table.groupby("rule_no", as_index=False).agg(
        {"rule_code": lambda codes: "/".join(sorted(set(codes)))} | dict.fromkeys(table.columns[2:], "sum")
    )
    hits = pd.concat([_raised(nation) for nation in nations])
    for column, part in (
        *((where, hits["where"] == where) for where in ("true", "false", "beside")),
        *((f"{kind}_{where}", (hits["where"] == where) & (hits["is_disguised"] == (kind == "disguised")))
          for kind in ("plain", "disguised") for where in ("true", "false")),
    ):  # fmt: skip
        table = table.merge(
            hits[part].groupby("rule_no").size().rename(column).reset_index(), on="rule_no", how="outer"
        )
    numbers = [name for name in table.columns if name not in ("rule_no", "rule_code")]
    table[numbers] = table[numbers].fillna(0).astype(int)
    return table.sort_values("rule_no", ignore_index=True)


def _raised(nation: Planted) -> pd.DataFrame:
    """Postings that a rule raised, each once: rule_no, posting_id, where, is_disguised."""
    raised = nation.judged.finding
    raised = raised[raised["outcome"].isin(RAISED)]
    raised = raised.groupby(["rule_number", "posting_id"])["quote"].agg(lambda q: " ".join(q.dropna())).reset_index()
    planted = {(v.posting_id, v.rule_no): bool(v.disguised) for v in nation.violations.itertuples()}
    innocent = set(nation.innocent["posting_id"])
    rows = []
    for rule, posting, quote in raised.itertuples(index=False):
        key = (posting, rule)
        is_own = key in planted or key in nation.facts
        where = "true" if is_own else "false" if posting in innocent else "beside"
        rows.append((rule, posting, where, planted[key] if key in planted else bool(kinds_of(quote))))
    return pd.DataFrame(rows, columns=["rule_no", "posting_id", "where", "is_disguised"])


def by_kind(nations: Sequence[Planted]) -> pd.DataFrame:
    """Disguised violations by kind: planted, caught, and the raised on innocent postings whose quoted words wear it. A
    wording of two kinds counts in both."""
    planted = pd.concat([n.violations for n in nations], ignore_index=True)
    planted = planted[planted["disguised"]]
    planted = planted.assign(kind=planted["planted_text"].map(kinds_of)).explode("kind")
    table = planted.groupby("kind")["is_caught"].agg(planted="size", caught="sum")
    quotes = [
        quote
        for n in nations
        for quote in n.judged.finding[
            n.judged.finding["outcome"].isin(RAISED) & n.judged.finding["posting_id"].isin(n.innocent["posting_id"])
        ]["quote"].dropna()
    ]
    alarms = pd.Series([kind for quote in quotes for kind in kinds_of(quote)], dtype="object").value_counts()
    return table.assign(false=alarms.reindex(table.index).fillna(0).astype(int)).reset_index()


def kinds_of(text: str | None) -> list[str]:
    """Every kind of disguise that a text wears."""
    return [kind for kind, sign in _SIGNS.items() if text and re.search(sign, text)]


#: what the vetting must reach: least share caught of what was planted; most innocent postings rejected and held by the
#: rules that read the posting alone; most real legitimate postings rejected
TARGETS = {"plain": 0.98, "disguised": 0.95, "innocent rejected": 0.01, "innocent held": 0.05, "real": 0.01}


def below_target(nations: Sequence[Planted]) -> list[str]:
    """A sentence on each of ``TARGETS`` that the nations together miss."""
    planted = pd.concat([n.violations for n in nations], ignore_index=True)
    innocent = pd.concat([n.innocent for n in nations], ignore_index=True)
    caught = {"plain": planted[~planted["disguised"]], "disguised": planted[planted["disguised"]]}
    reached = {kind: float(rows["is_caught"].mean()) for kind, rows in caught.items() if len(rows)}
    found = [f"{kind}: {share:.2%} caught, target {TARGETS[kind]:.0%}" for kind, share in reached.items()
             if share < TARGETS[kind]]  # fmt: skip
    for kind, outcome in (("innocent rejected", "reject"), ("innocent held", "hold")):
        share = float((innocent["own"] == outcome).mean())
        if share > TARGETS[kind]:
            found.append(f"{kind}: {share:.2%}, target at most {TARGETS[kind]:.0%}")
    return found
