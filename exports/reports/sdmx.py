"""The series of a report as SDMX-CSV 2.0 (sdmx-twg/sdmx-csv) and their structure as SDMX-ML 2.1.

Only figures that the report shows are in it, rounded as it shows them; what disclosure control hides is not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from exports.pages import environment
from exports.reports.breakdowns import OPEN_STOCKS, OPEN_TABLES
from exports.reports.content import Number, Report
from exports.reports.words import words

AGENCY, FLOW, VERSION = "LMI", "EMPLOYMENT_TRENDS", "1.0"
DIMENSIONS = ("FREQ", "INDICATOR", "REF_AREA", "SEASONAL_ADJUST")
ATTRIBUTES = ("UNIT_MEASURE", "OBS_STATUS", "CONF_STATUS")
#: mart or open table and column of a series -> frequency, adjustment, column of the period
_SERIES = {
    ("mart_employment_trends_daily", "value"): ("D", "N", "ref_date"),
    ("mart_employment_trends_monthly", "value"): ("M", "N", "ref_period"),
    ("mart_employment_trends_adjusted", "value_nsa"): ("M", "N", "ref_period"),
    ("mart_employment_trends_adjusted", "value_sa"): ("M", "Y", "ref_period"),
    **{(table, "OBS_VALUE"): ("M", "N", "TIME_PERIOD") for table in (OPEN_TABLES | OPEN_STOCKS).values()},
}
_OPEN = {table: indicator for indicator, table in (OPEN_TABLES | OPEN_STOCKS).items()}
_OTHERS = ("occupation_code", "industry_code", "sex", "age_group", "OCCUPATION", "ACTIVITY", "SEX", "AGE")
#: what SDMX takes for an identifier, beginning as no formula does
_ID = re.compile("[A-Za-z0-9_][A-Za-z0-9_@$-]*")
Labels = Mapping[str, Mapping[str, str]]


def observations(report: Report) -> list[dict[str, str]]:
    """One row per figure of a series by province, in the order of its key; a figure shown twice is there once, and one
    whose code cannot be an identifier is not."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for number in report.numbers:
        if number.value is None or number.per or (number.mart, number.column) not in _SERIES:
            continue
        key = dict(number.key)
        area = key.get("region_code") or key.get("REF_AREA", "_T")
        # the nation's count stands in the same report as it is known today
        if any(key.get(name, "_T") != "_T" for name in _OTHERS) or (number.mart in _OPEN and area == "_T"):
            continue
        freq, adjusted, period = _SERIES[number.mart, number.column]
        indicator = key.get("indicator") or _OPEN[number.mart]
        row = {
            "FREQ": freq,
            "INDICATOR": indicator,
            "REF_AREA": area,
            "SEASONAL_ADJUST": adjusted,
            "TIME_PERIOD": key[period] if freq == "D" else key[period][:7],
            "OBS_VALUE": _plain(number),
            "UNIT_MEASURE": report.indicators[indicator]["unit"],
            "OBS_STATUS": number.mark.upper() or "A",
            "CONF_STATUS": "F",
        }
        if all(_ID.fullmatch(row[name]) for name in DIMENSIONS):
            found[(*(row[name] for name in DIMENSIONS), row["TIME_PERIOD"])] = row
    return [found[key] for key in sorted(found)]


def _plain(number: Number) -> str:
    """In the unit of the indicator: a share shown in percent is written as a share."""
    rounded = number.rounded
    assert rounded is not None
    return f"{rounded / number.scale:f}"


def sdmx_csv(report: Report) -> bytes:
    """SDMX-CSV 2.0; every row replaces what was said of its key before (ACTION R)."""
    out = io.StringIO(newline="")
    columns = (*DIMENSIONS, "TIME_PERIOD", "OBS_VALUE", *ATTRIBUTES)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("STRUCTURE", "STRUCTURE_ID", "ACTION", *columns))
    for row in observations(report):
        writer.writerow(("dataflow", f"{AGENCY}:{FLOW}({VERSION})", "R", *(row[name] for name in columns)))
    return out.getvalue().encode()


def structure(report: Report) -> bytes:
    """SDMX-ML 2.1: the dataflow, its data structure, concepts and code lists with labels in both languages."""
    said = words()
    concepts = {name: said[f"concept_{name}"] for name in (*DIMENSIONS, "TIME_PERIOD", "OBS_VALUE", *ATTRIBUTES)}
    units = sorted({row["unit"] for row in report.indicators.values() if row["unit"]})
    lists: dict[str, Labels] = {
        "CL_FREQ": {"D": said["day"], "M": said["month"]},
        "CL_INDICATOR": {
            code: {"ko": row["label_ko"], "en": row["label_en"]} for code, row in sorted(report.indicators.items())
        },
        "CL_REF_AREA": report.areas,
        "CL_SEASONAL_ADJUST": {"N": said["nsa"], "Y": said["sa"]},
        "CL_UNIT_MEASURE": {unit: said[f"measure_{unit}"] for unit in units},
        "CL_OBS_STATUS": {"A": said["status_A"], "B": said["mark_b"], "P": said["mark_p"]},
        "CL_CONF_STATUS": {"F": said["status_F"]},
    }
    lists = {name: {code: label for code, label in of.items() if _ID.fullmatch(code)} for name, of in lists.items()}
    made = environment().get_template("structure.xml").render(
        agency=AGENCY, flow=FLOW, version=VERSION, flow_name=said["dataflow"], concepts=concepts, lists=lists,
        dimensions=DIMENSIONS, attributes=ATTRIBUTES, release_id=report.release_id, as_of=report.as_of,
    )  # fmt: skip
    return made.encode()
