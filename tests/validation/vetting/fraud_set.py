"""The public fraud set in canonical columns, with the traces of its two copies removed.

``provenance`` correlates with the label and the fraudulent half carries mojibake (UTF-8 read as cp1252), so a score
that separates the halves may have learnt the copy. Both halves get the same treatment: broken encodings are mended,
entities and tags resolved, everything outside ASCII folded away. Read from it recall on fraud and false alarms on
legitimate postings, nothing else.
"""

from __future__ import annotations

import csv
import gzip
import html
import io
import re
import unicodedata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

FILE = Path("fake_job_postings") / "dev.csv.gz"


def mended(text: str) -> str:
    """One text as both copies should have had it: decoded once, no entities, tags or signs outside ASCII."""
    for _ in range(2):
        try:
            text = text.encode("cp1252").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            break
    text = re.sub(r"<[^>]+>", " ", html.unescape(text))
    text = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0x2026: "..."})
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    text = re.sub(r"\s+(?=[.,;:!?])", "", text)
    # one copy lost its line breaks and wrote the sentences together
    text = re.sub(r"(?<=[a-z.!?;:)])(?=[A-Z])", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def fraud_set(real_data: Path) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Postings in canonical columns and labels (1 fraudulent). Only what both copies carry alike is read."""
    with gzip.open(real_data / FILE, "rb") as packed:
        rows = list(csv.DictReader(io.TextIOWrapper(packed, "utf-8", newline="")))
    postings = pa.table(
        {
            "posting_no": pa.array(range(len(rows)), pa.int64()),
            "posting_id": [str(number) for number in range(len(rows))],
            "title": [mended(row["title"]) for row in rows],
            "duties": [mended(f"{row['company_profile']} {row['description']}") for row in rows],
            "requirements": [mended(f"{row['requirements']} {row['benefits']}") for row in rows],
            "copy": [row["provenance"] for row in rows],  # no canonical column: nothing learns from it
        }
    )
    return postings, np.array([int(row["fraudulent"]) for row in rows], np.int64)
