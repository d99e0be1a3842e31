"""The codebook of a package: every column with label, meaning, unit, codes, sources and licence, in one language."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exports.package.descriptors import Edition
from exports.package.spec import Column, Table

WORDS = {
    "ko": {
        "codebook": "코드북", "version": "판", "release": "릴리스", "as_of": "기준일", "key": "키", "column": "열",
        "type": "형식", "label": "이름", "unit": "단위", "meaning": "뜻", "codes": "코드", "sources": "출처·이용 허락",
        "code": "코드", "required": "항상 있음", "nullable": "비어 있을 수 있음", "withheld": "미제공",
        "own": "자체 작성", "small": "{persons}명 미만, 사업주 {employers}개 미만에 근거한 값은 비우고 사유를 밝힌다.",
        "content": "표",
    },
    "en": {
        "codebook": "Codebook", "version": "Version", "release": "Release", "as_of": "As of", "key": "Key",
        "column": "Column", "type": "Type", "label": "Label", "unit": "Unit", "meaning": "Meaning", "codes": "Codes",
        "sources": "Sources and licences", "code": "Code", "required": "always there", "nullable": "may be NULL",
        "withheld": "withheld", "own": "own work",
        "small": "A figure that rests on fewer than {persons} persons or {employers} employers is NULL, with a reason.",
        "content": "Tables",
    },
}  # fmt: skip


def codebook(edition: Edition, language: str) -> str:
    """The page as HTML; ``language`` ko or en. Every text from data is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    package = edition.package
    words = WORDS[language]
    return environment.get_template("codebook.html").render(
        lang=language,
        t=words,
        small=words["small"].format(persons=package.min_persons, employers=package.min_employers),
        package=package,
        edition=edition,
        tables=[(table, [_row(edition, table, column, language) for column in table.columns])
                for table in package.tables],
    )  # fmt: skip


def _row(edition: Edition, table: Table, column: Column, language: str) -> dict[str, object]:
    meaning = edition.meanings[table.name][column.name]
    return {
        "name": column.name,
        "type": column.type,
        "required": column.is_required,
        "label": meaning.ko if language == "ko" else meaning.en,
        "unit": meaning.unit,
        "meaning": meaning.description,
        "codes": column.codes,
        "sources": edition.rights.fields(table, column),
    }
