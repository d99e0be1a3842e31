"""Registers of persons: values that slid into another column, and rows of nobody, leave no identity in typed rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from ingest.door import door_sql
from ingest.registry import sources_of
from lmi.core.keys import load_keys
from lmi.core.settings import load_settings

KEYS = load_keys(load_settings({}, profile="sandbox"))
SOURCE = sources_of("sandbox")["seeker_registrations"]
ROW = {
    "seeker_reg_no": "R000000000064", "resident_no": "730303-1013717", "name": "가온누리별", "reg_date": "2026-05-01",
    "status": "ACTIVE", "renewal_no": "2", "office_code": "O010003", "desired_occupation_code": "8711",
    "updated_at": "2026-05-01 10:00:00",
}  # fmt: skip


def through_the_door(**changes: str) -> dict[str, Any]:
    row = {c.name: (ROW | changes).get(c.name) for c in SOURCE.columns}
    arriving = pa.table(
        {name: pa.array([value], pa.string()) for name, value in row.items()} | {"_page": [1], "_row": [1]}
    )
    door = door_sql(
        SOURCE, "arriving", KEYS,
        delivery_date=date(2026, 10, 1), fetched_at=datetime(2026, 10, 1), timezone="Asia/Seoul",
    )  # fmt: skip
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("arriving", arriving)
        (landed,) = con.execute(door.sql, door.parameters).to_arrow_table().select(list(door.columns)).to_pylist()
    return landed


def test_a_right_row_is_kept_as_it_is() -> None:
    landed = through_the_door()
    for name in ("seeker_reg_no", "status", "office_code", "desired_occupation_code"):
        assert landed[name] == ROW[name]
    assert landed["renewal_no"] == 2
    assert landed["certified_date"] is None
    assert landed["_uncast"] is None


@pytest.mark.parametrize("value", ["RETIRED", "취업", "HIRED?"])
def test_an_unknown_code_stays_readable(value: str) -> None:
    """A provider's new code must be seen to be put into the contract, and replayed."""
    assert through_the_door(status=value)["status"] == value


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seeker_reg_no", "730303-1013717"),
        ("status", "7303031013717"),
        ("office_code", "010-0077-7101"),
        ("desired_occupation_code", "planted.seeker.1@inbox.example"),
        ("renewal_no", "7303031013717"),
        ("renewal_no", "01000777101"),
        ("reg_date", "010-0077-7101"),
    ],
)
def test_numbers_and_addresses_are_starred_out(column: str, value: str) -> None:
    landed = str(through_the_door(**{column: value}))
    for part in (value, "1013717", "7101'", "planted", "777101"):
        assert part not in landed


def test_in_a_row_of_nobody_only_what_the_contract_allows_stays() -> None:
    landed = through_the_door(
        resident_no="010-0077-7101", seeker_reg_no="가온누리별", office_code="서울특별시 종로구", reg_date="가온누리별"
    )
    assert landed["person_key"] is None
    assert (landed["seeker_reg_no"], landed["office_code"], landed["status"]) == ("***", "***", "ACTIVE")
    assert "가온" not in str(landed)
    assert "서울" not in str(landed)
