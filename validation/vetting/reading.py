"""The texts of postings, cleaned once for all who read them: the rules and the search for near-duplicates."""

from __future__ import annotations

import duckdb

from validation.vetting.text import view_texts

#: what rules may read words in
TEXTS = ("title", "duties", "requirements", "working_hours_text", "wage_text", "work_address", "employer_name")
#: what makes two postings the same job
JOB_TEXTS = ("title", "duties", "requirements")
#: the same as one text, as the score reads it
ORIGINAL = " || chr(10) || ".join(f"coalesce({name}, '')" for name in JOB_TEXTS)


def read_texts(con: duckdb.DuckDBPyConnection, table: str = "posting") -> None:
    """Tables ``viewed`` (see ``view_texts``) and ``said(posting_no, field, text_no)`` of a table of postings."""
    each = " UNION ALL ".join(
        f"SELECT posting_no, '{name}' AS field, {name} AS text FROM {table} WHERE {name} <> ''" for name in TEXTS
    )
    view_texts(con, f"SELECT text FROM ({each})")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE said AS SELECT posting_no, field, text_no"
        f" FROM ({each}) JOIN viewed USING (text) ORDER BY posting_no, field"
    )


def words_sql(text: str) -> str:
    """The words of a clean text. Bullets, punctuation and line breaks count as one blank: who copies a posting changes
    them first."""
    return f"trim(regexp_replace(lower({text}), '[^\\pL\\pN]+', ' ', 'g'))"


def job_words_sql(source: str, viewed: str = "viewed") -> str:
    """Query for the words of each job, '' where it says nothing: source_id, record_hash, words.

    ``source``: a table of postings; ``viewed``: where ``view_texts`` left its texts.
    """
    joins = " ".join(f"LEFT JOIN {viewed} AS {name} ON {name}.text = p.{name}" for name in JOB_TEXTS)
    said = f"concat_ws(' ', {', '.join(f'{name}.clean' for name in JOB_TEXTS)})"
    return f"SELECT p.source_id, p.record_hash, {words_sql(said)} AS words FROM {source} AS p {joins}"
