"""Titles written for the tests: some occupations of each scheme, each with titles of its own words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from validation.coding.coder import Coder, train
from validation.coding.corrections import in_force, read_corrections
from validation.coding.material import Known, Material
from validation.coding.schemes import SCHEMES

DAY = date(2026, 10, 1)
#: a network that is trained in a second, on words alone
SMALL: dict[str, Any] = {"hidden": 32, "epochs": 30, "batch": 16, "embedding": False}

_PLACES = ("hotel", "school", "hospital", "night shift", "part time", "senior", "trainee", "assistant", "city", "lead")
_WORK = {
    "35-2014": ("Cooks, Restaurant", ("cook", "line cook", "grill cook", "kitchen chef")),
    "29-1141": ("Registered Nurses", ("registered nurse", "ward nurse", "charge nurse", "RN")),
    "53-3032": ("Heavy Truck Drivers", ("truck driver", "lorry driver", "haul driver", "tanker driver")),
    "15-1252": ("Software Developers", ("software developer", "programmer", "backend coder", "app developer")),
    "37-2011": ("Janitors and Cleaners", ("janitor", "cleaner", "office cleaner", "custodian")),
}
KOREAN = {
    "5301": ("한식 조리사", ("한식조리사", "한식당 주방장", "국밥집 조리원", "찌개 조리원", "반찬 조리원")),
    "6221": ("화물차 운전원", ("화물차운전원", "트럭 운전원", "탑차 기사", "덤프트럭 기사", "윙바디 운전기사")),
    "3040": ("간호사", ("간호사", "병동간호사", "수간호사", "응급실 간호사", "수술실 간호사")),
}


def titles() -> list[tuple[str, str]]:
    """(code, title): 5 occupations × 4 titles × 11 variants. "Supervisor" belongs to two of them."""
    found = []
    for code, (_, names) in _WORK.items():
        for name in names:
            found += [(code, name), *((code, f"{place} {name}") for place in _PLACES)]
    return [*found, ("35-2014", "Supervisor"), ("37-2011", "Supervisor")]


def material() -> Material:
    made = Material(SCHEMES["SOC"])
    made.add(Known(code, title, _WORK[code][0]) for code, title in titles())
    return made


def trained(corrections: dict[str, str] | None = None) -> Coder:
    made = material()
    made.correct(corrections or {})
    return train(made, DAY, corrections, **SMALL)


def corrections_of(path: Path, text: str, scheme: str = "SOC", day: date = DAY) -> dict[str, str]:
    path.write_text(text, "utf-8")
    return in_force(read_corrections(path, day), scheme, day)
