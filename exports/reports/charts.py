"""Charts as SVG: Vega-Lite specifications rendered by vl-convert with the one font that this project packages.

Colours are of Okabe and Ito (2008), told apart by the colour-blind; nothing is told by colour alone. Every line, bar
and point has a contrast of 3:1 and more against the page (WCAG 1.4.11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from exports.reports.content import Chart

BLUE, ORANGE, GREY, INK = "#0072b2", "#d55e00", "#767676", "#1b1b1b"
PALE_BLUE = "#569bc4"
#: NanumGothic (SIL OFL 1.1) first; whoever reads the HTML may have another Korean font
FONT = "NanumGothic, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', sans-serif"
_VEGA_LITE = "5.21"
_CONFIG: Mapping[str, Any] = {
    "font": "NanumGothic",
    "aria": False,
    "background": "white",
    "view": {"stroke": None},
    "axis": {"labelColor": INK, "titleColor": INK, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": 400,
             "gridColor": "#e3e3e3", "domainColor": GREY, "tickColor": GREY},
    "header": {"labelFontSize": 12, "labelFontWeight": 700, "labelColor": INK, "labelAnchor": "start", "title": None},
    "legend": {"labelFontSize": 11, "labelColor": INK, "orient": "top", "title": None, "symbolSize": 90},
    "title": {"fontSize": 12, "anchor": "start", "color": INK},
}  # fmt: skip


def font_folder() -> Path:
    """Folder of the NanumGothic files in the package that carries them."""
    spec = find_spec("koreanize_matplotlib")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package koreanize-matplotlib, which carries the font, is absent: `make install`.")
    return Path(spec.origin).parent / "fonts"


@cache
def _converter() -> Any:
    import vl_convert

    vl_convert.register_font_directory(str(font_folder()))
    return vl_convert


def draw(chart: Chart) -> str:
    """The chart as an inline SVG element: named in words, ids its own. Equal specifications give equal text."""
    return draw_spec(chart.name, chart.spec)


def draw_spec(name: str, spec: Mapping[str, Any]) -> str:
    """The same for a bare specification; ``name`` goes before its ids."""
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG, **spec}
    return _drawn(name, json.dumps(whole, ensure_ascii=False))


# what a language does not change, and what board and reports share, is drawn once
@lru_cache(maxsize=256)
def _drawn(name: str, spec: str) -> str:
    svg = str(_converter().vegalite_to_svg(spec, vl_version=_VEGA_LITE))
    svg = re.sub(r'\bid="([\w-]+)"', rf'id="{name}-\1"', svg)  # every chart calls its clip path clip0
    svg = re.sub(r"url\(#([\w-]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", svg)
    return svg.replace('font-family="NanumGothic"', f'font-family="{FONT}"')
