"""The series of a report, read back by sdmx1 with their own structure."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
import sdmx

from exports.reports.content import Report
from exports.reports.daily import daily_brief
from exports.reports.monthly import monthly_report
from exports.reports.reading import Marts
from exports.reports.sdmx import observations, sdmx_csv, structure
from tests.exports.reports.marts import write_marts


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    with Marts(write_marts(tmp_path_factory.mktemp("release") / "marts.duckdb"), "en") as marts:
        return {"daily": daily_brief(marts), "monthly": monthly_report(marts)}


@pytest.mark.parametrize("kind", ["daily", "monthly"])
def test_sdmx1_reads_back_structure_and_every_observation(
    reports: dict[str, Report], kind: str, tmp_path: Path
) -> None:
    report = reports[kind]
    read = sdmx.read_sdmx(io.BytesIO(structure(report)))
    flow = read.dataflow["EMPLOYMENT_TRENDS"]
    dimensions = [dimension.id for dimension in flow.structure.dimensions]
    assert dimensions == ["FREQ", "INDICATOR", "REF_AREA", "SEASONAL_ADJUST", "TIME_PERIOD"]
    file = tmp_path / "report.sdmx.csv"
    file.write_bytes(sdmx_csv(report))
    message = sdmx.read_sdmx(file, structure=flow.structure)
    told = [one for data in message.data for one in data.obs]
    expected = observations(report)
    assert len(told) == len(expected) > 20
    values = {tuple(str(one.dimension[name].value) for name in dimensions): Decimal(str(one.value)) for one in told}
    assert values == {tuple(row[name] for name in dimensions): Decimal(row["OBS_VALUE"]) for row in expected}
    for name in ("FREQ", "INDICATOR", "REF_AREA", "SEASONAL_ADJUST", "UNIT_MEASURE", "OBS_STATUS", "CONF_STATUS"):
        assert {row[name] for row in expected} <= set(read.codelist[f"CL_{name}"].items), name
    assert str(read.codelist["CL_REF_AREA"]["11"].name.localizations["ko"]) == "서울"


def test_what_disclosure_control_hides_is_not_there_and_provisional_is_marked(reports: dict[str, Report]) -> None:
    rows = observations(reports["monthly"])
    assert {row["REF_AREA"] for row in rows} == {"_T", "11"}
    assert {row["OBS_STATUS"] for row in rows if row["TIME_PERIOD"] == "2026-09"} == {"P"}
    adjusted = [row for row in rows if row["SEASONAL_ADJUST"] == "Y"]
    assert adjusted and all(row["TIME_PERIOD"] != "2026-09" for row in adjusted)
