"""The contracts in ``ingest/sources/*.yml`` read as plain data: wire names, types, formats and paths.

The sandbox stands for the outside world and imports nothing of the product; the YAML files are all they share.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.plain import load_yaml

CONTRACTS = Path(__file__).resolve().parents[2] / "ingest" / "sources"
DETAIL = "detail."


class SetupError(Exception):
    """The server cannot start as asked. The message says what is wrong and what to do (exit code 2)."""


@dataclass(frozen=True)
class Column:
    """One column of a contract. ``wire`` is the provider's tag, without the ``detail.`` prefix."""

    name: str
    wire: str
    in_detail: bool
    logical_type: str
    formats: tuple[str, ...]

    @property
    def is_number(self) -> bool:
        return self.logical_type in {"integer", "number"}


@dataclass(frozen=True)
class Contract:
    """One source: its columns as the provider sends them. Columns without a wire name never leave the provider."""

    source: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    fetch: dict[str, Any]

    @property
    def list_columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if not c.in_detail)

    @property
    def detail_columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.in_detail)

    def column(self, name: str) -> Column:
        """Column by contract name. Raises KeyError when the contract has no such column on the wire."""
        return next(c for c in self.columns if c.name == name)


def load_contract(folder: Path, source: str, *, as_file: bool = False) -> Contract:
    """Contract of one source as its interface speaks it, or ``as_file``: a column without a wire name has its own.

    Raises SetupError when the file is absent or no column is ever sent.
    """
    path = folder / f"{source}.yml"
    try:
        entry = load_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"{path}: {error.strerror}. Name the folder of the contracts with --contracts.") from error
    columns = tuple(
        Column(
            name=c["name"],
            wire=c.get("wire", c["name"]).removeprefix(DETAIL),
            in_detail=c.get("wire", "").startswith(DETAIL),
            logical_type=c.get("logicalType", "string"),
            formats=tuple(c.get("formats", ())),
        )
        for c in entry["columns"]
        if as_file or "wire" in c
    )
    if not columns:
        raise SetupError(f"{path}: no column has a wire name, so nothing can be served. Give the columns a 'wire' key.")
    return Contract(source, columns, tuple(entry["key"]), entry["fetch"])
