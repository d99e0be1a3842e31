"""What is known of a vacancy's occupation: the code that came with it or, where none came, what the coder says of its
title.

The coder is asked for it apart (``conftest``); what ``build_release`` keeps of its answers is not read.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

#: beside the truth, written by whoever asked the coder: title, code, decision, basis, confidence
FILE = "coded_titles.parquet"


@cache
def answers(truth: Path) -> pd.DataFrame:
    """By title: code, decision, basis, confidence. Nothing where no coder was asked."""
    file = truth.parent / FILE
    if not file.exists():
        return pd.DataFrame(columns=["code", "decision", "basis", "confidence"])
    return pd.read_parquet(file).set_index("title")


def known(truth: Path, stated: pd.Series, titles: pd.Series) -> list[str | None]:
    """The code of each vacancy that is stated or else answered for its title; None where nobody knows."""
    codes = answers(truth)["code"].dropna().to_dict()
    return [codes.get(title) if pd.isna(code) else code for code, title in zip(stated, titles, strict=True)]


@cache
def submitted_titles(truth: Path) -> pd.Series:
    """Title of each submission."""
    sent = pd.read_parquet(truth.parent / "provider" / "vacancy_submissions.parquet", columns=["posting_id", "title"])
    return sent.drop_duplicates("posting_id").set_index("posting_id")["title"]
