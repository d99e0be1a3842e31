"""The client of docs/examples, as an app developer starts it, against the served API."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from exports.api.app import create_app
from exports.api.keys import fingerprint
from lmi.core.settings import PROJECT_ROOT
from tests.exports.api.conftest import editions_of, serving

CLIENT = PROJECT_ROOT / "docs" / "examples" / "coaching_app.py"


def start(address: str, words: str, cache: Path, language: str, key: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(CLIENT), address, words, "--language", language, "--cache", str(cache)],
        capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONIOENCODING": "utf-8", "LMI_API_KEY": key},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("ko", ["KECO 3040 간호사", "월 임금 중위값: 3,620,000", "구직자 1명당 구인: 0.8727",
                "중증도 분류 8% (표본 39)",
                "간호사 – 법정 필수, 의료법 제7조",
                "300명 이상 · 기간의 정함이 없는 전일제 17%–40%",
                "고용보험 이탈 67%"]),
        ("en", ["KECO 3040 Nurses", "Public employment service · Median monthly wage: 3,620,000",
                "Triage 8% (n 39)", "demanded by law, Medical Service Act art. 7",
                "after six months: No insured job within six months 33%–58%", "Left insured employment 67%"]),
    ],
)  # fmt: skip
def test_it_shows_an_occupation_and_asks_only_once(
    served: str, tmp_path: Path, language: str, lines: list[str]
) -> None:
    first = start(served, "nurse", tmp_path, language)
    assert first.returncode == 0, first.stderr
    for line in lines:
        assert line in first.stdout
    assert first.stdout.count("Triage" if language == "en" else "중증도 분류") == 1, "asked for in two markets"
    assert "4 requests, 0 unchanged" in first.stderr
    again = start(served, "nurse", tmp_path, language)
    assert again.stdout == first.stdout and "4 requests, 4 unchanged" in again.stderr


def test_it_says_why_a_value_is_absent_and_what_is_wrong(served: str, home: Path, tmp_path: Path) -> None:
    welders = start(served, "용접", tmp_path, "en")
    assert "Openings per seeker: Too few persons or employers to publish" in welders.stdout
    with serving(create_app(editions_of(home), frozenset([fingerprint("k")]))) as address:
        refused = start(address, "용접", tmp_path / "other", "en")
        assert refused.returncode == 1 and "An API key is needed" in refused.stderr
        assert start(address, "용접", tmp_path / "other", "en", key="k").stdout == welders.stdout
