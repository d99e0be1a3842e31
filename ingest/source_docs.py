"""``docs/sources.md`` from the registry: for each source, how an agency without an interface can deliver it as files.

``python -m ingest.source_docs`` writes the page; a test fails when it is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from ingest.connectors.file_drop import canonical_drop
from ingest.registry import Column, Source, load_registry

PAGE = Path(__file__).parents[1] / "docs" / "sources.md"

HEAD = """# Sources, and how to deliver each as a file

This page is written by `python -m ingest.source_docs` from the registry (`ingest/sources/*.yml`).

Every source can be delivered as a file, also those that are usually fetched from an interface. Put the file into
`drop/<source>/` of the home folder under the name given, and beside it its control total: the same name with `.ctl`
added, holding JSON such as `{"rows": 1250, "sha256": "…"}` (number of records; SHA-256 of the file as delivered;
`"sums": {"column": 123}` may be added for numeric columns). Write the file under a name that begins with a dot and
rename it when it is complete. `{date}` is the delivery date, YYYYMMDD; anything may follow it (`_history` for a bulk
delivery, `_2` for a redelivery). A delivery without its control total, or with one that does not match, is refused.
The next run picks up files up to seven days old (monthly sources: 35 days); older ones come in with `lmi backfill`.

Dates are `YYYY-MM-DD`, times `YYYY-MM-DD HH:MM:SS` in the provider's zone unless an offset is given, booleans `true`
and `false`, empty cells unknown. A column marked **identifier** never reaches typed rows: it becomes a keyed token, a
flag, or goes to the sealed zone.

Providers and licences below are those of the profiles `national` and `real`; in the profile `sandbox` everything is
synthetic data of this project.
"""


def page(sources: Iterable[Source]) -> str:
    """The whole page as Markdown."""
    return HEAD + "".join(_section(source) for source in sources)


def _section(source: Source) -> str:
    drop = canonical_drop(source)
    details = ", ".join(f"{name} {drop[name]!r}" for name in ("delimiter", "sheet", "items") if name in drop)
    rows = "\n".join(_row(column, source) for column in source.columns)
    written = ", ".join(filter(None, (drop["format"].upper(), drop.get("encoding", "binary"), details)))
    usual = f"usually by `{source.connector}`, every {source.schedule['every']}"
    return f"""
## {source.id}

{source.description["en"]}

{source.description["ko"]}

Provider {source.provider["en"]} ({source.provider["ko"]}); licence {source.licence["name"]}; contract
{source.version}; profile {", ".join(source.profiles)}; {usual}.
A delivery is {_delivery(source)}

File: `{drop["pattern"]}`, {written}.

| column | header | type | rule | 한국어 | English |
|---|---|---|---|---|---|
{rows}
"""


def _delivery(source: Source) -> str:
    kinds = {
        "incremental": "the records that are new or changed.",
        "snapshot": "the complete list of what is open that day.",
        "lookup": "the answers to what was asked.",
        "reference": "the whole code list.",
    }
    return f"{kinds[source.delivery]} Key: {', '.join(source.key)}."


def _row(column: Column, source: Source) -> str:
    rules = []
    if column.required:
        rules.append("required")
    if column.name in source.key:
        rules.append("key")
    if column.values:
        rules.append("one of " + ", ".join(column.values))
    if column.pattern:
        rules.append(f"`{column.pattern}`".replace("|", "\\|"))
    if column.minimum is not None:
        rules.append(f"from {column.minimum:g}")
    if column.maximum is not None:
        rules.append(f"to {column.maximum:g}")
    if column.formats:
        rules.append("written as " + " or ".join(f"`{f}`" for f in column.formats))
    if column.unit:
        rules.append(column.unit)
    if column.is_direct:
        rules.append("**identifier**")
    elif column.classification != "none":
        rules.append(column.classification)
    header = column.wire if source.connector == "file_drop" else column.name
    cells = [column.name, header, column.logical_type, "; ".join(rules), column.ko, column.en]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(load_registry().values()), "utf-8")
    sys.stdout.write(f"{PAGE} written\n")
