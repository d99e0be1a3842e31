"""The paper version: WeasyPrint on the same page, tagged as PDF/UA-1, with the packaged font inside.

WeasyPrint needs Pango from the system. Without it the HTML is published and the PDF reported missing.
"""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from typing import Any

from exports.reports.charts import font_folder

#: Debian's packages of what WeasyPrint loads
DEBIAN = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class NoPdf(Exception):
    """The PDF cannot be made on this machine; the message says how to mend it."""


@cache
def _weasyprint() -> Any:
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        import weasyprint
    except OSError as error:
        raise NoPdf(f"Pango is absent, so no PDF: apt-get install {DEBIAN}. ({str(error).splitlines()[0]})") from None
    return weasyprint


@cache
def _fonts() -> tuple[Any, Any]:
    """Style sheet that names the font files, and the configuration that knows them; read once."""
    from weasyprint.text.fonts import FontConfiguration

    configuration = FontConfiguration()
    folder = font_folder()
    faces = "".join(
        f"@font-face {{ font-family: NanumGothic; font-weight: {weight}; src: url('{(folder / file).as_uri()}') }}"
        for weight, file in ((400, "NanumGothic.ttf"), (700, "NanumGothicBold.ttf"))
    )
    return _weasyprint().CSS(string=faces, font_config=configuration), configuration


def pdf(html: str) -> bytes:
    """The page as PDF/UA-1; its dates are those of its metadata, so equal pages give equal bytes. Raises NoPdf."""
    weasyprint = _weasyprint()
    css, fonts = _fonts()
    # whatever a report's text says, nothing is fetched but the images inside it
    inside = weasyprint.urls.URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
    document = weasyprint.HTML(string=html, url_fetcher=inside)
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    made: bytes = document.write_pdf(
        stylesheets=[css], font_config=fonts, pdf_variant="pdf/ua-1", pdf_identifier=identifier
    )
    return made
