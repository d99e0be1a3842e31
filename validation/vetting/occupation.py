"""Which occupation the duties of a posting speak of, by the coder of titles in force: what rule 32 compares with the
stated code. The coder (``validation.coding``) is imported where it is asked; without one there is no answer."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from ingest.typing_sql import literal
from validation.vetting.trained import Trained

if TYPE_CHECKING:
    from validation.coding.coder import Coder

#: what rules call the coder, as a register they ask
REGISTER = "occupation_model"
#: whose codes the postings carry
SCHEME = "KECO"


@lru_cache(maxsize=2)
def _coder(folder: Path) -> Coder:
    from validation.coding.coder import load

    return load(folder)


def predict_occupations(con: duckdb.DuckDBPyConnection, coder: Trained | None) -> None:
    """Writes ``occupation``: posting_no, predicted_occupation_code, predicted_probability (that the code is valid).

    Asked of postings that state duties and a code of the scheme; each distinct text is coded once. No row without a
    coder. Reads ``posting`` and its texts as ``reading.read_texts`` left them. Raises LandingError when the coder's
    files are damaged.
    """
    told = (
        "FROM said JOIN posting USING (posting_no) WHERE field = 'duties' AND occupation_code IS NOT NULL"
        f" AND occupation_scheme = {literal(SCHEME)}"
    )
    asked = []
    if coder:
        asked = con.execute(
            f"SELECT text_no, clean FROM viewed WHERE text_no IN (SELECT text_no {told}) ORDER BY text_no"
        ).fetchall()
    answers = _coder(coder.folder).code([(text, "") for _, text in asked]) if coder and asked else ()
    best = [answer["candidates"][0] if answer["candidates"] else {} for answer in answers]
    con.register("_told", pa.table({
        "text_no": pa.array([text_no for text_no, _ in asked], pa.int64()),
        "predicted_occupation_code": pa.array([one.get("code") for one in best], pa.string()),
        "predicted_probability": pa.array([one.get("confidence") for one in best], pa.float64()),
    }))  # fmt: skip
    con.execute(
        "CREATE OR REPLACE TABLE occupation AS SELECT posting_no, predicted_occupation_code, predicted_probability"
        f" FROM (SELECT posting_no, text_no {told}) JOIN _told USING (text_no)"
    )
    con.unregister("_told")
