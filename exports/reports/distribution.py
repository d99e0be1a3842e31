"""The distribution list of the reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lmi.core.yaml import load_yaml

_FILE = Path(__file__).with_name("distribution.yml")


@dataclass(frozen=True)
class Recipient:
    """``code``: names the setting that holds the addresses. ``pre_release``: sees reports before publication."""

    code: str
    label: dict[str, str]
    reports: tuple[str, ...]
    lang: str
    pre_release: bool


def load_distribution(path: Path = _FILE) -> list[Recipient]:
    """Everybody on the list, in its order."""
    return [
        Recipient(
            entry["code"],
            {"ko": entry["ko"], "en": entry["en"]},
            tuple(entry["reports"]),
            entry["lang"],
            entry["pre_release"],
        )
        for entry in load_yaml(path.read_text("utf-8"))
    ]
