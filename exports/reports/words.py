"""What reports say besides their figures, in Korean and English: one key, both languages.

Korean lines are in the clipped style of bulletins (개조식), so that no particle hangs on a label or a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter

from exports.reports.content import Cell, Number, Sentence
from lmi.core.yaml import load_yaml

_FILE = Path(__file__).with_name("words.yml")
NO_BREAK = "\u00a0"
WEEKDAYS = {"ko": "월화수목금토일", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Every text by key and language."""
    return load_yaml(_FILE.read_text("utf-8"))


def text(key: str, lang: str, **facts: object) -> str:
    """The words of a key with its facts. Raises KeyError for a key, language or fact that is not there."""
    return words()[key][lang].format_map(facts)


def sentence(key: str, lang: str, **cells: object) -> Sentence:
    """The words of a key as a sentence that keeps its figures as ``Number``."""
    parts: list[Cell] = []
    for literal, name, _, _ in Formatter().parse(words()[key][lang]):
        if literal:
            parts.append(literal)
        if name:
            cell = cells[name]
            parts.append(cell if isinstance(cell, Number) else str(cell))
    return Sentence(tuple(parts))


def unit_word(unit: str, lang: str) -> str:
    """What follows a figure of this unit in a sentence; empty where the label says it."""
    return words().get(f"unit_{unit}", {}).get(lang, "")


def day_text(day: date, lang: str, *, year: bool = False) -> str:
    """10월 6일(화) or Tue 6 Oct, with the year where asked; on one line."""
    weekday = WEEKDAYS[lang][day.weekday()]
    if lang == "ko":
        return _unbroken(f"{f'{day.year}년 ' if year else ''}{day.month}월 {day.day}일({weekday})")
    return _unbroken(f"{weekday} {day.day} {MONTHS[day.month - 1]}{f' {day.year}' if year else ''}")


def month_text(day: date, lang: str) -> str:
    """2026년 9월 or Sep 2026; on one line."""
    return _unbroken(f"{day.year}년 {day.month}월" if lang == "ko" else f"{MONTHS[day.month - 1]} {day.year}")


def _unbroken(words: str) -> str:
    return words.replace(" ", NO_BREAK)


def direction(change: object, lang: str) -> str:
    """More, fewer or unchanged, from the sign of a change."""
    if not isinstance(change, Number) or change.value is None:
        return text("not_comparable", lang)
    return text("up" if change.value > 0 else "down" if change.value < 0 else "same", lang)
