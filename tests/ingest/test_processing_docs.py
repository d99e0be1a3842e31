"""The record of processing follows from the registry and says everything of every personal column."""

from ingest.processing_docs import PAGE, page
from ingest.registry import load_registry


def test_the_record_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(load_registry().values()), "run python -m ingest.processing_docs"


def test_every_personal_column_and_no_other_source_is_in_it() -> None:
    text = page(load_registry().values())
    for source in load_registry().values():
        personal = [column for column in source.columns if column.classification != "none"]
        sections = text.split(f"\n## {source.id}\n")
        assert len(sections) == 1 + bool(personal)
        for column in personal:
            section = sections[1].split("\n## ")[0]
            assert f"\n| {column.name} | {column.ko} / {column.en} | " in section
            assert f"| {source.retention['years']} years from delivery" in section
            if column.is_direct:
                assert "typed row" not in section.split(f"\n| {column.name} |")[1].split("\n")[0]
