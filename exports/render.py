"""Products of a release: what is rendered inside its folder before the pointer flips.

A product that fails costs only itself: its last good version stands in, labelled with its date and the reason (design
decision 2). Where privacy is at stake a product raises ``Unsafe`` and the release stops.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lmi.core.atomic import write_file
from lmi.core.release import read_release
from lmi.core.settings import SettingError, Settings

#: in the folder of a product that stands in from an earlier release: its release and day
STALE = "stale.json"
#: chosen instead of a product: none at all
NONE = "none"


class Unsafe(Exception):
    """Something would leave the house that must not; no release is published. The message never holds the value."""


class NothingToRender(Exception):
    """This release holds nothing the product is made of, as where its marts were not chosen; the message says what."""


@dataclass(frozen=True)
class Staged:
    """A release being made. ``folder`` holds ``warehouse.duckdb`` (all layers) and ``marts.duckdb``; ``previous`` is
    the folder of the release that readers have so far, None for the first."""

    folder: Path
    release_id: str
    as_of: date
    settings: Settings
    previous: Path | None

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        return self.folder / "marts.duckdb"


@dataclass(frozen=True)
class Product:
    """``name``: folder below ``exports``. ``render`` writes its files below the given folder, equal bytes for equal
    input, and may return parts it withholds with the reason; heavy imports stand inside it."""

    name: str
    label: dict[str, str]
    render: Callable[[Staged, Path], Mapping[str, str] | None]


def _open(staged: Staged, folder: Path) -> Mapping[str, str]:
    from exports.opendata.product import render

    return render(staged, folder)


def _occupations(staged: Staged, folder: Path) -> None:
    from exports.occupations.product import render

    render(staged, folder)


def _api(staged: Staged, folder: Path) -> None:
    from exports.api.answers import render

    render(staged, folder)


def _reports(staged: Staged, folder: Path) -> Mapping[str, str]:
    from exports.reports.product import render

    return render(staged, folder)


def _board(staged: Staged, folder: Path) -> None:
    from exports.board.product import render

    render(staged, folder)


PRODUCTS: tuple[Product, ...] = (
    Product("open", {"ko": "공개 데이터", "en": "Open data"}, _open),
    Product("occupations", {"ko": "직업별 표", "en": "Occupation tables"}, _occupations),
    Product("reports", {"ko": "보고서", "en": "Reports"}, _reports),
    Product("board", {"ko": "상황판", "en": "Status board"}, _board),
    # made of the files of those before it
    Product("api", {"ko": "API 응답", "en": "Answers of the API"}, _api),
)


def chosen_products(settings: Settings, products: Sequence[Product] = PRODUCTS) -> list[Product]:
    """Products of this installation; all without a choice. Raises SettingError naming an unknown one."""
    if settings.products == (NONE,):
        return []
    known = [product.name for product in products]
    if unknown := sorted(set(settings.products) - set(known)):
        raise SettingError(f"LMI_PRODUCTS names {', '.join(unknown)}, which is no product. Known: {', '.join(known)}.")
    return [product for product in products if not settings.products or product.name in settings.products]


def render_products(staged: Staged, products: Sequence[Product] = PRODUCTS) -> dict[str, dict[str, Any]]:
    """Render every chosen product below ``exports``: name -> {label, status, files, bytes, seconds, stale, withheld}.

    ``status``: current, stale (an earlier version stands in), missing (failed, and there is no earlier one) or absent
    (the release holds nothing it is made of). ``stale``: {as_of, release_id, reason} of what stands in, else None.
    ``withheld``: part -> why it is not published anew. Raises Unsafe.
    """
    return {product.name: _rendered(staged, product) for product in chosen_products(staged.settings, products)}


def _rendered(staged: Staged, product: Product) -> dict[str, Any]:
    folder = staged.folder / "exports" / product.name
    folder.mkdir(parents=True)
    started = time.monotonic()
    status, stale, withheld = "current", None, {}
    try:
        withheld = dict(product.render(staged, folder) or {})
    except Unsafe:
        raise
    except NothingToRender as nothing:
        shutil.rmtree(folder)
        status, stale = "absent", {"as_of": None, "release_id": None, "reason": str(nothing)}
    except Exception as error:  # whatever it is, the other products go out
        shutil.rmtree(folder)
        stale = _last_good(staged, product, folder) | {"reason": f"{type(error).__name__}: {error}"}
        status = "stale" if stale["release_id"] else "missing"
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return {
        "label": product.label,
        "status": status,
        "files": len(files),
        "bytes": sum(path.stat().st_size for path in files),
        "seconds": round(time.monotonic() - started, 2),
        "stale": stale,
        "withheld": withheld,
    }


def _last_good(staged: Staged, product: Product, folder: Path) -> dict[str, Any]:
    """Copy the product of the previous release; its release and day, None for both when it has none."""
    last = read_release(staged.previous) if staged.previous else None
    kept = last.folder / "exports" / product.name if last else None
    if last is None or kept is None or not kept.is_dir():
        return {"as_of": None, "release_id": None}
    before = last.manifest.get("products", {}).get(product.name, {}).get("stale") or {}
    found = {"as_of": before.get("as_of") or last.manifest["as_of"], "release_id": before.get("release_id") or last.id}
    shutil.copytree(kept, folder)
    write_file(folder / STALE, json.dumps(found).encode())
    return found
