"""The product ``open``: public tables after disclosure control, with their code lists, below ``open/v1``."""

from __future__ import annotations

from pathlib import Path

import duckdb

from exports.opendata.files import write_table
from exports.render import Staged

#: folder of the schema's major version
VERSION = "v1"
#: code list -> its query on the marts; codes in force, so that every code of a table has its label
CODE_LISTS = {
    "codes_region": "select region_code as code, sido_code as parent_code, name_ko as label_ko, name_en as label_en"
    " from dim_region where is_current",
    "codes_occupation": "select occupation_scheme as scheme, occupation_code as code, parent_code, name_ko as label_ko,"
    " name_en as label_en from dim_occupation where is_current",
    "codes_industry": "select industry_scheme as scheme, industry_code as code, parent_code, name_ko as label_ko,"
    " name_en as label_en from dim_industry where is_current",
}


def render(staged: Staged, folder: Path) -> None:
    """Write every open table of the release below ``folder``."""
    with duckdb.connect() as con:
        con.execute("set threads = 1")  # bytes do not depend on timing
        con.execute(f"attach '{staged.marts}' as marts (read_only)")
        con.execute("use marts")
        for name, query in CODE_LISTS.items():
            con.execute(f"create temp view {name} as {query}")
            order = [row[0] for row in con.execute(f"describe {name}").fetchall()]
            write_table(con, f"temp.{name}", order, folder / VERSION / "codes", name)
