import pytest

from exports.data_dictionary import PAGE, page, published


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m exports.data_dictionary"


@pytest.mark.parametrize("model", published(), ids=lambda model: model["name"])
def test_every_published_column_is_explained_in_both_languages(model: dict) -> None:
    assert model["description"].strip() and model["columns"]
    for column in model["columns"]:
        meta = (column.get("config") or {}).get("meta") or column.get("meta") or {}
        assert meta.get("label_ko") and meta.get("label_en") and column.get("description"), column["name"]
