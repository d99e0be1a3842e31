"""What a failing product costs: itself, or where privacy is at stake the release."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from exports.render import STALE, NothingToRender, Product, Staged, Unsafe, render_products
from lmi.core.settings import SettingError, load_settings

LABEL = {"ko": "시험", "en": "Test"}


def writes(text: str):
    def render(staged: Staged, folder: Path) -> None:
        (folder / "deep").mkdir()
        (folder / "deep" / "page.txt").write_text(text)

    return render


def fails(error: Exception):
    def render(staged: Staged, folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise error

    return render


def staged(home: Path, number: int, previous: Path | None = None, **chosen: object) -> Staged:
    folder = home / f"r{number}"
    folder.mkdir()
    return Staged(folder, f"r{number}", date(2026, 10, number), load_settings({}, home=home, **chosen), previous)


def published(found: Staged, products: list[Product]) -> dict[str, dict]:
    """Rendered, with a manifest as publishing writes it."""
    rendered = render_products(found, products)
    manifest = {"release_id": found.release_id, "as_of": found.as_of.isoformat(), "products": rendered}
    (found.folder / "manifest.json").write_text(json.dumps(manifest))
    return rendered


def test_a_failing_product_keeps_its_last_good_version_and_says_since_when(tmp_path: Path) -> None:
    good, other = Product("good", LABEL, writes("first")), Product("other", LABEL, writes("x"))
    first = staged(tmp_path, 1)
    assert published(first, [good, other])["good"] | {"seconds": 0} == {
        "label": LABEL, "status": "current", "files": 1, "bytes": 5, "seconds": 0, "stale": None,
        "withheld": {},
    }  # fmt: skip
    bad = Product("good", LABEL, fails(KeyError("moon")))
    second = staged(tmp_path, 2, first.folder)
    rendered = published(second, [bad, other])
    assert rendered["good"]["status"] == "stale" and rendered["other"]["status"] == "current"
    assert rendered["good"]["stale"] == {"as_of": "2026-10-01", "release_id": "r1", "reason": "KeyError: 'moon'"}
    exports = second.folder / "exports" / "good"
    assert sorted(p.name for p in exports.rglob("*.*")) == ["page.txt", STALE]
    assert json.loads((exports / STALE).read_text()) == {"as_of": "2026-10-01", "release_id": "r1"}
    third = staged(tmp_path, 3, second.folder)
    rendered = published(third, [bad, other])
    assert rendered["good"]["stale"]["release_id"] == "r1", "stale of the release that made it"
    fourth = staged(tmp_path, 4, third.folder)
    assert published(fourth, [good])["good"]["status"] == "current"
    assert not (fourth.folder / "exports" / "good" / STALE).exists()


def test_the_first_release_has_nothing_to_stand_in(tmp_path: Path) -> None:
    first = staged(tmp_path, 1)
    rendered = published(first, [Product("bad", LABEL, fails(ValueError("no"))), Product("good", LABEL, writes("x"))])
    assert rendered["bad"]["status"] == "missing" and rendered["bad"]["files"] == 0
    assert rendered["bad"]["stale"] == {"as_of": None, "release_id": None, "reason": "ValueError: no"}
    assert [p.name for p in (first.folder / "exports").iterdir()] == ["good"]


def test_what_a_release_holds_nothing_of_is_absent_and_no_old_version_stands_in(tmp_path: Path) -> None:
    first = staged(tmp_path, 1)
    published(first, [Product("page", LABEL, writes("x"))])
    second = staged(tmp_path, 2, first.folder)
    rendered = published(second, [Product("page", LABEL, fails(NothingToRender("no mart_x here")))])
    assert rendered["page"]["status"] == "absent" and rendered["page"]["stale"]["reason"] == "no mart_x here"
    assert not (second.folder / "exports" / "page").exists()


def test_what_is_unsafe_is_not_contained(tmp_path: Path) -> None:
    with pytest.raises(Unsafe, match="name"):
        render_products(staged(tmp_path, 1), [Product("page", LABEL, fails(Unsafe("a name")))])


def test_an_installation_chooses_its_products(tmp_path: Path) -> None:
    both = [Product("one", LABEL, writes("x")), Product("two", LABEL, writes("y"))]
    assert list(render_products(staged(tmp_path, 1, products=("two",)), both)) == ["two"]
    with pytest.raises(SettingError, match=r"LMI_PRODUCTS names moon, which is no product\. Known: one, two"):
        render_products(staged(tmp_path, 2, products=("moon", "one")), both)
