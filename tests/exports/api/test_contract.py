"""Schemathesis on the served API: examples, boundary values and bounded random requests, every check it knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ASKED = "examples,coverage,fuzzing"


def test_requests_are_answered_as_the_openapi_document_says(served: str, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{served}/openapi.json", "--phases", ASKED,
         "--max-examples", "20", "--generation-deterministic", "--no-color"],
        capture_output=True, text=True, timeout=120, cwd=tmp_path,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-4000:] + told.stderr[-1000:]
    assert "6 selected / 6 total" in told.stdout
