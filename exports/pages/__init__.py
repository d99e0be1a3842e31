"""One set of templates for everything that is read in a browser or on paper: reports and the status board."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """Templates with everything escaped, whatever their ending; an unknown name is an error."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def style(name: str = "pages") -> str:
    """A style sheet, put into each page: a page needs no other file."""
    return (_TEMPLATES / f"{name}.css").read_text("utf-8")


@cache
def script(name: str) -> str:
    """A script, put into the page likewise."""
    return (_TEMPLATES / f"{name}.js").read_text("utf-8")
