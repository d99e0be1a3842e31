"""Every figure that a report of a real release prints is the figure of its marts."""

import pytest

from exports.reports.content import Chart
from exports.reports.html import page
from exports.reports.product import KINDS
from exports.reports.reading import Marts
from lmi.core.release import require_current
from lmi.core.settings import LANGUAGES
from tests.exports.reports.crawl import wrong_figures
from tests.truth.conftest import Told

pytestmark = pytest.mark.xdist_group("truth")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_of_a_report_is_that_of_the_release(told: Told, kind: str, lang: str) -> None:
    release = require_current(told.street.paths)
    with Marts(release.marts, lang) as marts:
        report = KINDS[kind][0](marts)
    charts = {part.name: "" for block in report.blocks for part in block.parts if isinstance(part, Chart)}
    found, wrong = wrong_figures(page(report, charts), release.marts)
    assert found > 300 and wrong == []
    assert {"key_figures"} < {table.name for table in report.tables} and report.sentences
