from ingest.registry import load_registry
from ingest.source_docs import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(load_registry().values()), "run python -m ingest.source_docs"


def test_every_source_has_a_canonical_file_and_every_identifier_is_marked() -> None:
    text = page(load_registry().values())
    for source in load_registry().values():
        section = text.split(f"\n## {source.id}\n")[1].split("\n## ")[0]
        assert "File: `" in section
        assert section.count("**identifier**") == sum(c.is_direct for c in source.columns)
