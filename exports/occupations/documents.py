"""One JSON document per occupation: all its tables together, each block with its day, sources and state."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb

from exports.package.descriptors import Edition, as_json
from exports.package.spec import Package, Table
from lmi.core.inert import inert_json, segment

#: tables that are no block of an occupation
WITHOUT_BLOCK = ("occupations", "titles", "crosswalk", "changes", "codes")


def blocks_of(package: Package) -> list[Table]:
    """Tables that are a block of an occupation's document."""
    return [table for table in package.tables if table.name not in WITHOUT_BLOCK]


def write_documents(con: duckdb.DuckDBPyConnection, edition: Edition, out: Path) -> list[Path]:
    """Write a document per occupation, ``index.json`` and all in ``occupations.json``; returns the last two.

    Occupations: every code of the finest level of the classifications that the tables use, and every code in a table.
    """
    rows = {table.name: _rows(con, table) for table in blocks_of(edition.package)}
    heads = _heads(con, edition)
    release = {"release_id": edition.release_id, "as_of": edition.as_of.isoformat(), "version": edition.package.version}
    about = {table.name: _about(edition, table) for table in blocks_of(edition.package)}
    index, documents = [], []
    for head in heads:
        key = (head["occupation_scheme"], head["occupation_code"])
        found = {name: by_key[key] for name, by_key in rows.items() if key in by_key}
        parts = [
            f'"{name}":{{{about[name]},"rows":{found[name]}}}' if name in found else f'"{name}":null' for name in rows
        ]
        text = f'{json.dumps({"release": release, **head}, ensure_ascii=False)[:-1]},"blocks":{{{",".join(parts)}}}}}'
        data = inert_json(text.encode())
        path = Path("occupations") / file_name(key[0]) / f"{file_name(key[1])}.json"
        (out / path.parent).mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(data + b"\n")
        documents.append(data)
        index.append({**head, "path": path.as_posix(), "blocks": list(found)})
    bulk = b'{"release":' + json.dumps(release).encode() + b',"occupations":[\n' + b",\n".join(documents) + b"\n]}\n"
    (out / "occupations.json").write_bytes(bulk)
    (out / "index.json").write_bytes(as_json({"release": release, "occupations": index}))
    return [out / "index.json", out / "occupations.json"]


def file_name(code: str) -> str:
    """``code`` where it can stand in a path; otherwise a name made from its hash."""
    try:
        return segment(code)
    except ValueError:
        return f"x{hashlib.sha256(code.encode()).hexdigest()[:16]}"


def _rows(con: duckdb.DuckDBPyConnection, table: Table) -> dict[tuple[str, str], str]:
    """(scheme, code) -> its rows of the table as a JSON array."""
    names = {"occupation_scheme", table.occupation, "occupation_name_ko", "occupation_name_en"}
    shown = ", ".join(f"{c.name} := {c.name}" for c in table.columns if c.name not in names)
    return {
        (scheme, code): text
        for scheme, code, text in con.execute(
            f"select occupation_scheme, {table.occupation}, cast(to_json(list(struct_pack({shown})"
            f" order by {', '.join(table.key)})) as varchar) from {table.name} group by all"
        ).fetchall()
    }


def _heads(con: duckdb.DuckDBPyConnection, edition: Edition) -> list[dict[str, Any]]:
    """Code, names, place in the classification, counterparts and other titles of every occupation with a document."""
    used = " union ".join(
        f"select occupation_scheme, {t.occupation} as occupation_code from {t.name}" for t in blocks_of(edition.package)
    )
    found = con.execute(
        f"""
        with used as ({used}),
        finest as (
            select occupation_scheme, occupation_code from occupations as o
            where occupation_scheme in (select occupation_scheme from used)
            and (occupation_scheme, occupation_code) not in
                (select (occupation_scheme, parent_code) from occupations where parent_code is not null)
        ),
        wanted as (from used union from finest),
        equivalents as (
            select from_scheme, from_code, list(struct_pack(scheme := to_scheme, version := to_version, code := to_code,
                weight := weight) order by to_scheme, to_version, to_code) as listed
            from crosswalk where from_scheme <> to_scheme group by all
        ),
        named as (
            select occupation_scheme, occupation_code, list(distinct title order by title) as listed
            from titles group by all
        )
        select cast(to_json(struct_pack(
            occupation_scheme := wanted.occupation_scheme, occupation_code := wanted.occupation_code,
            scheme_version := o.scheme_version, occupation_level := o.occupation_level, parent_code := o.parent_code,
            name_ko := o.name_ko, name_en := o.name_en, description := o.description, job_zone := o.job_zone,
            titles := coalesce(named.listed, []), equivalents := coalesce(equivalents.listed, [])
        )) as varchar)
        from wanted
        left join occupations as o using (occupation_scheme, occupation_code)
        left join equivalents on wanted.occupation_scheme = equivalents.from_scheme
            and wanted.occupation_code = equivalents.from_code
        left join named on wanted.occupation_scheme = named.occupation_scheme
            and wanted.occupation_code = named.occupation_code
        order by wanted.occupation_scheme, wanted.occupation_code
        """
    ).fetchall()
    return [json.loads(text) for (text,) in found]


def _about(edition: Edition, table: Table) -> str:
    """Members of a block beside its rows: day, state, sources."""
    part = edition.parts[table.name]
    sources = sorted({field["source"] for column in table.columns for field in edition.rights.fields(table, column)})
    return json.dumps({**part, "sources": sources}, ensure_ascii=False)[1:-1]
