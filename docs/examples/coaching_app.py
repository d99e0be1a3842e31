"""A coaching app in a page: what a person sees of an occupation, kept fresh with few requests.

Written from `/openapi.json` and `datapackage.json` alone; needs nothing but Python's standard library.

    python coaching_app.py http://127.0.0.1:8090 간호 --language ko --cache ./cache
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

PACKAGE = "/exports/occupations/v1/"
#: Table Schema type -> value of a CSV cell
TYPES = {
    "string": str, "date": str, "integer": int, "number": float, "boolean": lambda cell: cell == "true",
    "array": json.loads,
}  # fmt: skip
WORDS = {
    "ko": {
        "wage": "월 임금 중위값", "openings": "신규구인(12개월)", "seekers": "구직자 1명당 구인",
        "skills": "요구 기술", "licences": "자격·면허", "mandatory": "법정 필수", "moves": "떠난 사람의 다음 직업",
        "outcome": "희망자의 여섯 달 뒤",
        "n": "표본", "as_of": "기준일", "unknown": "알려지지 않음",
    },
    "en": {
        "wage": "Median monthly wage", "openings": "New openings, 12 months", "seekers": "Openings per seeker",
        "skills": "Skills asked for", "licences": "Licences", "mandatory": "demanded by law",
        "outcome": "Of those who wish it, after six months", "moves": "Where people go next",
        "n": "n", "as_of": "As of", "unknown": "not known",
    },
}  # fmt: skip


class Api:
    """Reads the API; what was read before is asked for with its ETag, and 304 costs no body."""

    def __init__(self, base: str, cache: Path, language: str, key: str | None = None) -> None:
        self.base, self.cache, self.language, self.key = base.rstrip("/"), cache, language, key
        self.requests = self.unchanged = 0

    def read(self, path: str, **query: Any) -> bytes:
        """The body of an answer. Raises RuntimeError with the problem's title, in the reader's language."""
        url = self.base + path + (f"?{urlencode(query)}" if query else "")
        kept = self.cache / hashlib.sha256(url.encode()).hexdigest()
        tag = kept.with_suffix(".etag")
        headers = {"Accept": "application/json, */*;q=0.5", "Accept-Language": self.language}
        if self.key:
            headers["X-API-Key"] = self.key
        if tag.is_file():
            headers["If-None-Match"] = tag.read_text()
        self.requests += 1
        try:
            with urlopen(Request(url, headers=headers), timeout=30) as answer:  # noqa: S310
                body: bytes = answer.read()
                self.cache.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(body)
                tag.write_text(answer.headers["ETag"])
                return body
        except HTTPError as error:
            if error.code == 304:
                self.unchanged += 1
                return kept.read_bytes()
            problem = json.loads(error.read())
            raise RuntimeError(f"{problem['title']}: {problem['detail']}") from None

    def json(self, path: str, **query: Any) -> Any:
        return json.loads(self.read(path, **query))

    def search(self, words: str) -> Iterator[dict[str, Any]]:
        """Occupations with a matching title, page by page."""
        query: dict[str, Any] = {"q": words, "limit": 20}
        while True:
            page = self.json("/v1/occupations", **query)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def occupation(self, code: str, scheme: str) -> dict[str, Any]:
        found: dict[str, Any] = self.json(f"/v1/occupations/{quote(code, safe='')}", scheme=scheme)
        return found

    def table(self, name: str) -> list[dict[str, Any]]:
        """Rows of a table of the data package, typed by its schema and checked against its checksum."""
        described = self.json(PACKAGE + "datapackage.json")
        resource = next(r for r in described["resources"] if r["name"] == name)
        data = self.read(PACKAGE + resource["path"])
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != resource["hash"]:
            raise RuntimeError(f"{resource['path']} is not what datapackage.json describes; ask again.")
        types = {field["name"]: TYPES[field["type"]] for field in resource["schema"]["fields"]}
        return [
            {name: None if cell == "" else types[name](cell) for name, cell in row.items()}
            for row in csv.DictReader(io.StringIO(data.decode(resource["encoding"])))
        ]


def card(occupation: dict[str, Any], codes: dict[tuple[str, str], str], language: str) -> list[str]:
    """What a person reads of an occupation. A block or a value may be absent: then the reason is said."""
    words, name = WORDS[language], f"name_{language}"
    blocks = occupation["blocks"]
    lines = [f"{occupation['occupation_scheme']} {occupation['occupation_code']} {occupation[name]}"]
    for row in rows(blocks["profiles"]):
        market = codes["scope", row["scope"]]
        for label, value, reason in (
            ("wage", row["wage_month_p50"], row["wage_null_reason"]),
            ("openings", row["openings_new_12m"], row["openings_null_reason"]),
            ("seekers", row["openings_per_seeker_12m"], row["openings_per_seeker_null_reason"]),
        ):
            shown = f"{value:,.4g}" if isinstance(value, float) and value < 100 else f"{value:,.0f}" if value else ""
            shown = shown or codes.get(("null_reason", reason or ""), words["unknown"])
            lines.append(f"  {market} · {words[label]}: {shown} ({words['as_of']} {row['as_of']})")
    # a skill may be asked for in several markets: said once, where it stands out most
    skills = {row["skill_code"]: row for row in sorted(rows(blocks["skills"]), key=lambda row: row["lift"])}
    for row in sorted(skills.values(), key=lambda row: -row["lift"])[:5]:
        lines.append(f"  {words['skills']}: {row[f'skill_{name}']} {row['share']:.0%} ({words['n']} {row['n']})")
    for row in rows(blocks["licences"]):
        must = f" – {words['mandatory']}, {row[f'law_{language}']}" if row["is_mandatory"] else ""
        lines.append(f"  {words['licences']}: {row['licence_name']}{must}")
    likely = [row for row in rows(blocks["employability"]) if row["probability"] is not None]
    for row in sorted(likely, key=lambda row: -row["probability"])[:3]:
        found = [codes["firm_size", row["firm_size"]], codes["employment_type", row["employment_type"]]]
        shown = " · ".join(dict.fromkeys(found))  # no job is one outcome, said twice
        lines.append(f"  {words['outcome']}: {shown} {row['probability_low']:.0%}–{row['probability_high']:.0%}")
    for row in rows(blocks["transitions"]):
        to = row[f"to_{name}"] or codes.get(("to_code", row["to_code"]), row["to_code"])
        share = codes["null_reason", row["null_reason"]] if row["share"] is None else f"{row['share']:.0%}"
        lines.append(f"  {words['moves']}: {to} {share}")
    return lines


def rows(block: dict[str, Any] | None) -> list[dict[str, Any]]:
    return block["rows"] if block else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("words")
    parser.add_argument("--language", choices=sorted(WORDS), default="ko")
    parser.add_argument("--cache", type=Path, default=Path("cache"))
    asked = parser.parse_args()
    api = Api(asked.base, asked.cache, asked.language, os.environ.get("LMI_API_KEY"))
    try:
        codes = {(row["code_list"], row["code"]): row[f"label_{asked.language}"] for row in api.table("codes")}
        for found in api.search(asked.words):
            document = api.occupation(found["occupation_code"], found["occupation_scheme"])
            print("\n".join(card(document, codes, asked.language)))
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{api.requests} requests, {api.unchanged} unchanged", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
