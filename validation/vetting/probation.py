"""Which postings reduce the pay on probation, as Minimum Wage Act art. 5 (2) allows: nine tenths for the first three
months of a contract of a year or more. It must be said: a posting that is silent, or denies it, pays too little."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from ingest.typing_sql import literal
from validation.vetting.matching import text_hits
from validation.vetting.rules import load_rules

#: the rule whose words speak of probation
RULE = 11
#: without blanks and dots: a contract of a year or more
_YEAR = (
    "([1-9일이삼]|one)-?(년|year)(이상|간?(근로)?계약|contract)|계약기간[은이:]?[1-9일이삼]년|12개월이상|12-?months?"
    "|정규직(전환|채용)|무기계약|permanent|indefinite"
)
#: a year or more of experience, which is no contract
_EXPERIENCE = "(경력|경험|실무|근속|experience)[^0-9]{0,6}[1-9일이삼]년(이상)?"


def probation(con: duckdb.DuckDBPyConnection) -> None:
    """Writes ``probation(posting_no)``: postings of ``pay`` that may reduce it, by contract and words, and say so.

    The words are those that rule 11 quotes, so what it cannot quote stays with rule 9. Reads ``pay``, ``posting`` and
    its texts as ``reading.read_texts`` left them.
    """
    said = "regexp_replace(concat_ws(chr(10), title, duties, requirements), '[ \\t·ㆍ.*\\x{200b}]', '', 'g')"
    asked = con.execute(
        "SELECT posting_no FROM pay JOIN posting USING (posting_no) WHERE may_be_probation"
        " AND (coalesce(employment_type_code = '10', false)"
        f" OR regexp_matches(regexp_replace({said}, {literal(_EXPERIENCE)}, '', 'g'), {literal(_YEAR)}, 'i'))"
    ).fetchall()
    only = frozenset(posting_no for (posting_no,) in asked)
    words = [case.text for case in load_rules().by_number(RULE).cases if case.text]
    conditions = [(number, "", condition) for number, condition in enumerate(words)]
    spoken: set[int] = set()
    if only:
        hits = text_hits(con, conditions, {(number, ""): only for number, _, _ in conditions})
        spoken.update(hits["posting_no"].to_pylist())
    con.register("_spoken", pa.table({"posting_no": pa.array(sorted(spoken), pa.int64())}))
    con.execute("CREATE OR REPLACE TABLE probation AS SELECT posting_no FROM _spoken")
    con.unregister("_spoken")
