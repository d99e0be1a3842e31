"""XML answers: no document types or entities, no control characters, one element or many all the same."""

from __future__ import annotations

import re
from html.entities import html5

from lxml import etree

from ingest.delivery import FetchError

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*?\?>")
_DECLARED_ENCODING = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding=[\"']([A-Za-z0-9._-]+)[\"']")
_PROLOG = re.compile(r"\A(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_CHARACTER_REFERENCE = re.compile(r"&#(x[0-9A-Fa-f]{1,6}|[0-9]{1,7});")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30});")
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "cp949": "cp949"}


def _reference(match: re.Match[str]) -> str:
    number = int(match[1][1:], 16) if match[1][0] == "x" else int(match[1])
    return "" if number > 0x10FFFF or _CONTROL.match(chr(number)) else match[0]


def _entity(match: re.Match[str]) -> str:
    """HTML's named characters (``&nbsp;``) occur in postings although XML does not know them."""
    return html5.get(match[1] + ";", match[0])


def parse_xml(body: bytes, name: str) -> etree._Element:
    """Root element of an answer. Raises FetchError: bad_bytes, xml_dtd, bad_xml; no text of the answer in messages."""
    declared = _DECLARED_ENCODING.match(body)
    wanted = declared[1].decode("ascii").lower() if declared else "utf-8"
    encoding = _ENCODINGS.get(wanted)
    if encoding is None:
        raise FetchError("bad_bytes", f"{name}: is declared in encoding {wanted}, which no provider here uses.")
    try:
        text = body.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        raise FetchError("bad_bytes", f"{name}: byte {error.start} is not {encoding}. The answer is damaged.") from None
    text = _CONTROL.sub("", _DECLARATION.sub("", text, count=1))
    prolog = _PROLOG.match(text)
    if text[prolog.end() if prolog else 0 :].startswith("<!"):
        raise FetchError("xml_dtd", f"{name}: the answer declares a document type; refused (entity expansion).")
    text = _ENTITY.sub(_entity, _CHARACTER_REFERENCE.sub(_reference, text))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno if error.lineno else "?"
        raise FetchError("bad_xml", f"{name}: is no well-formed XML (line {line}). The answer is damaged.") from None


def children(element: etree._Element) -> dict[str, str]:
    """Tag -> text of an element's leaves; an empty element is ''. A tag that repeats keeps its first text."""
    found: dict[str, str] = {}
    for child in element:
        if isinstance(child.tag, str) and len(child) == 0:
            found.setdefault(child.tag, child.text or "")
    return found


def leaves(element: etree._Element) -> dict[str, str]:
    """Tag -> text of all leaves below an element, at any depth; the first of a tag counts."""
    found: dict[str, str] = {}
    for child in element.iter():
        if isinstance(child.tag, str) and len(child) == 0 and child is not element:
            found.setdefault(child.tag, child.text or "")
    return found


def number(element: etree._Element, path: str) -> int | None:
    """Whole number at a path, None when there is none."""
    text = (element.findtext(path) or "").strip().replace(",", "")
    return int(text) if text.isascii() and text.isdigit() else None
