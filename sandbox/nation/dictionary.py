"""An invented dictionary of occupations: what the nation's offices know of titles before a posting comes.

Made by rule from the labels of the nation's occupations: nothing is taken from a published dictionary. Of the titles
that employers write, the last of each occupation is left out, so that a coder meets some that it was never told.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from sandbox.nation.engine import read_yaml

NAME = "occupation_dictionary.csv"
_NUMBER = re.compile(r"<\w>")


def write_dictionary(folder: Path) -> Path:
    """Writes ``folder/occupation_dictionary.csv``: code (KECO, four digits), label, title, text; the file's path.

    One row per title, and one without a title whose text says what is done.
    """
    path = folder / NAME
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("code", "label", "title", "text"))
        for one in read_yaml("occupations"):
            code, label = one["code"], one["ko"]
            titles = [label, one["en"], *one["titles"][:-1]]
            rows.writerows((code, label, title, None) for title in dict.fromkeys(titles))
            rows.writerow((code, label, None, ". ".join(_NUMBER.sub("여러 ", duty) for duty in one["duties"])))
    return path
