"""A wrong specification is refused with file, key and mend."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from exports.disclosure.specs import SpecError, load_families, load_family
from tests.exports.disclosure.support import LABEL, spec


def test_thresholds_come_from_the_product(tmp_path: Path) -> None:
    for product, persons in (("default", 5), ("equity", 10)):
        path = tmp_path / "jobs.yml"
        path.write_text(yaml.safe_dump(spec(product=product)), "utf-8")
        family = load_family(path)
        assert (family.min_persons, family.min_employers) == (persons, 3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"zeros": "perhaps"}, "zeros: 'perhaps' is not one of"),
        ({"extra": 1}, "the file: .*'extra'"),
        ({"product": "gold"}, "product: 'gold' is not in products.yml. Choose one of default, equity"),
        ({"family": "others"}, "family: 'others'. Name it as the file, 'jobs'"),
        (
            {
                "tables": {
                    "t": {"label": LABEL, "by": {"sex": "sex"}},
                    "u": {"label": LABEL, "by": {"region": "sido"}, "rounding": {"base": 3}},
                }
            },
            "tables: a cell cannot be hidden in one table and rounded in another",
        ),
        ({"zeros": "guarded"}, "zeros: guarded needs a dimension with `sensitive: true`"),
        ({"contributors": {"persons": "jobs"}, "p_percent": 15}, "contributors.employers: dominance and p_percent"),
        (
            {"tables": {"t": {"label": LABEL, "by": {"age": "age"}}}},
            "tables.t.by.age: no such dimension. Choose of region, sex",
        ),
        (
            {"tables": {"t": {"label": LABEL, "by": {"region": "dong"}}}},
            "tables.t.by.region: no level 'dong'. Choose of sido, sigungu",
        ),
    ],
)
def test_an_error_names_file_key_and_mend(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = tmp_path / "jobs.yml"
    path.write_text(yaml.safe_dump(spec(**changes)), "utf-8")
    with pytest.raises(SpecError, match=said) as raised:
        load_family(path)
    assert str(path) in str(raised.value)


def test_a_table_belongs_to_one_family(tmp_path: Path) -> None:
    for name in ("jobs", "others"):
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(spec(name)), "utf-8")
    with pytest.raises(SpecError, match="stands in two families"):
        load_families(tmp_path)
