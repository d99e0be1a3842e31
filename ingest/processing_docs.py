"""``docs/record-of-processing.md`` from the registry: what personal data is processed why, on what basis, how long, and
who receives it (PIPA art. 30; GDPR art. 30).

``python -m ingest.processing_docs`` writes the page; a test fails when it is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ingest.door import sealed_purpose
from ingest.registry import Column, Source, load_registry
from lmi.core.yaml import load_yaml

PAGE = Path(__file__).parents[1] / "docs" / "record-of-processing.md"
_SAID = Path(__file__).with_name("processing.yml")
_CLASSES = {
    "direct": "직접 식별 / direct",
    "quasi": "간접 식별 / quasi-identifier",
    "sensitive": "민감 / sensitive",
}

HEAD = """# Record of processing / 개인정보 처리 기록

This page is written by `python -m ingest.processing_docs` from the registry (`ingest/sources/*.yml`) and
`ingest/processing.yml`; `make docs` does it. Sources without personal data are not in it.
이 문서는 자료원 등록부에서 만들어짐. 개인정보가 없는 자료원은 싣지 않음.

Controller / 처리자: {controller}. Resident numbers are processed only where a statute says so (PIPA art. 24-2):
the door turns them into keyed tokens before anything is written. Names and contacts lie only in the sealed zone, where
every read is logged (`sealed/access.ndjson`). What is over its term goes with `retire_personal_data`, a person on
request with `lmi erase` ([privacy.md](privacy.md)).

주민등록번호는 법령이 정한 경우에만 받아 문에서 곧바로 토큰으로 바꾸며, 성명과 연락처는
봉인 구역에만 있고 읽을 때마다 기록됨.
"""


def page(sources: Iterable[Source]) -> str:
    """The whole page as Markdown."""
    said = load_yaml(_SAID.read_text("utf-8"))
    personal = [source for source in sources if _personal(source)]
    return HEAD.format(controller=_both(said["controller"])) + "".join(_section(source, said) for source in personal)


def _personal(source: Source) -> list[Column]:
    return [column for column in source.columns if column.classification != "none"]


def _both(text: Mapping[str, Any]) -> str:
    return f"{text['ko']} / {text['en']}"


def _section(source: Source, said: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {column.name} | {_both({'ko': column.ko, 'en': column.en})} | {_CLASSES[column.classification]} |"
        f" {_becomes(column)} |"
        for column in _personal(source)
    )
    retention = source.retention
    purpose = sealed_purpose(source)
    sealed = f"`sealed/{purpose}`" if purpose else "–"
    verbatim = {
        "plain": "as delivered / 원문 그대로",
        "encrypted": "encrypted / 암호화",
        "none": "not kept / 두지 않음",
    }
    return f"""
## {source.id}

{_both(source.description)}

| | |
|---|---|
| Why / 목적 | {_both(retention)} |
| Legal basis / 근거 | {_both(said["basis"][source.register])} |
| From / 제공 기관 | {_both(source.provider)} ({", ".join(source.profiles)}) |
| How long / 보유 기간 | {retention["years"]} years from delivery / 전달 뒤 {retention["years"]}년 |
| Who receives / 제공받는 자 | {_both(said["recipients"][source.licence["redistribution"]])} |
| Sealed zone / 봉인 구역 | {sealed} |
| Verbatim bytes / 원문 | {verbatim[source.raw]} |

| column | what / 항목 | class / 구분 | becomes / 처리 |
|---|---|---|---|
{rows}
"""


def _becomes(column: Column) -> str:
    door = column.door
    ways = []
    if door.token:
        ways.append(f"keyed token / 토큰 `{door.as_ or column.name + '_key'}`")
    if door.flag:
        ways.append(f"flag / 유무 `{door.flag}`")
    if door.derive:
        ways.append(f"derived / 파생 {', '.join(f'`{name}`' for name in door.derive)}")
    if door.seal:
        ways.append("sealed / 봉인")
    if door.mask:
        ways.append("personal numbers masked / 번호 가림")
    return "; ".join(ways) or "typed row / 행에 남음"


if __name__ == "__main__":
    PAGE.write_text(page(load_registry().values()), "utf-8")
    sys.stdout.write(f"{PAGE} written\n")
