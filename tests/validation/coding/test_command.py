"""``lmi code``: training, coding and correcting from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from lmi.cli.main import app
from tests.validation.coding.support import SMALL, titles
from validation.coding import network

HEAD = "title,scheme,code,reviewer,date\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a coder of SOC."""
    folder = tmp_path_factory.mktemp("coding")
    rows = [{"code": code, "title": title, "label": f"Occupation {code}"} for code, title in titles()]
    (folder / "own.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setitem(network.PARAMETERS, name, value)
        done = lmi(folder, "train", "--scheme", "SOC", "--from", str(folder / "own.ndjson"), "--json")
        assert done.exit_code == 0, done.output
        facts = json.loads(done.stdout)
        assert (facts["codes"], facts["titles"]) == (5, 221)
        assert Path(facts["folder"]).is_relative_to(folder / "home" / "models" / "coding" / "SOC")
        again = lmi(folder, "train", "--scheme", "SOC", "--from", str(folder / "own.ndjson"))
        assert f"Coder {facts['version'][:16]}" in again.stdout
        assert "221 titles" in again.stdout
    return folder


def lmi(folder: Path, *arguments: str, stdin: str | None = None) -> Result:
    env = {"LMI_HOME": str(folder / "home"), "LMI_PROFILE": "sandbox", "LMI_KEYS_DIR": str(folder / "keys")}
    return CliRunner().invoke(app, ["code", *arguments], env=env, input=stdin)


def answers(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_titles_of_a_file_one_per_line(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "titles.txt"
    file.write_text("\ufeffairport line cook\n\nxx yy zz\n", "utf-8")
    cook, nothing = answers(lmi(home, str(file), "--scheme", "SOC"))
    assert (cook["title"], cook["decision"], cook["code"], cook["scheme"]) == (
        "airport line cook", "coded", "35-2014", "SOC",
    )  # fmt: skip
    assert cook["candidates"][0]["label"] == "Occupation 35-2014"
    assert len(cook["candidates"]) == 5
    assert (nothing["decision"], nothing["code"]) == ("abstained", None)


def test_titles_of_a_pipe_as_ndjson(home: Path) -> None:
    lines = '{"title": "ward nurse, pediatrics"}\n{"title": "staff", "text": "drives a tanker truck", "id": 7}\n'
    nurse, driver = answers(lmi(home, "-", "--scheme", "SOC", stdin=lines))
    assert nurse["code"] == "29-1141"
    assert driver["candidates"][0]["code"] == "53-3032"


def test_corrections_win_at_once(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "corrections.csv"
    file.write_text(HEAD + "xx yy zz,SOC,53-3032,kim,2026-01-02\n", "utf-8")
    (beside,) = answers(lmi(home, "-", "--scheme", "SOC", "--corrections", str(file), stdin="XX-YY zz\n"))
    assert (beside["decision"], beside["basis"], beside["code"]) == ("coded", "corrected", "53-3032")
    (without,) = answers(lmi(home, "-", "--scheme", "SOC", stdin="XX-YY zz\n"))
    assert without["basis"] == "model"
    assert lmi(home, "correct", str(file)).exit_code == 0
    (kept,) = answers(lmi(home, "-", "--scheme", "SOC", stdin="XX-YY zz\n"))
    assert kept["basis"] == "corrected"


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "said"),
    [
        (["-", "--scheme", "NOC"], "cook\n", 2, "KECO, SOC, ISCO, KSIC"),
        (["-"], "cook\n", 2, "--scheme"),
        (["-", "--scheme", "KSIC"], "cook\n", 1, "lmi code train --scheme KSIC"),
        (["none.txt", "--scheme", "SOC"], None, 1, "none.txt"),
        (["-", "--scheme", "SOC"], '{"title": "a"}\n{"title"\n', 1, "line 2 is no JSON"),
        (["-", "--scheme", "SOC"], '{"titel": "a"}\n', 1, "line 1 has no title"),
        (["-", "--scheme", "SOC"], '{"title": "a", "text": 3}\n', 1, "`text` is no text"),
        (["train", "--scheme", "KECO"], None, 1, "land keco_occupations"),
        (["train", "--scheme", "SOC", "--from", "none.csv"], None, 1, "none.csv"),
        (["train", "--scheme", "SOC", "--precision", "2"], None, 2, "precision"),
        (["correct", "none.csv"], None, 1, "none.csv"),
    ],
)
def test_what_is_wrong_is_said(home: Path, arguments: list[str], stdin: str | None, code: int, said: str) -> None:
    done = lmi(home, *arguments, stdin=stdin)
    assert done.exit_code == code
    assert said in done.stderr


@pytest.mark.parametrize(("language", "said"), [("ko", "학습되지 않았습니다"), ("en", "has been trained")])
def test_a_home_without_a_coder_says_so_in_the_readers_language(home: Path, language: str, said: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMI_LANGUAGE", language)
        done = lmi(home, "-", "--scheme", "KECO", stdin="cook\n")
    assert done.exit_code == 1 and said in done.stderr


def test_help_names_the_exit_codes() -> None:
    shown = CliRunner().invoke(app, ["code", "--help"]).stdout
    assert "Exit codes: 0 ok" in " ".join(shown.split())
