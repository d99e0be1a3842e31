"""Errors as problem details (RFC 9457), in Korean or English by Accept-Language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
LANGUAGES = ("ko", "en")
#: code -> status, title and what to do, by language
PROBLEMS: dict[str, tuple[int, dict[str, tuple[str, str]]]] = {
    "malformed": (422, {
        "ko": ("요청 값이 올바르지 않습니다", "errors의 항목을 고쳐 다시 요청하십시오."),
        "en": ("The request is not valid", "Mend what `errors` names and ask again."),
    }),
    "unknown_occupation": (404, {
        "ko": ("그런 직업이 없습니다", "/v1/occupations에서 코드와 분류(scheme)를 찾으십시오."),
        "en": ("No such occupation", "Find codes and their scheme at /v1/occupations."),
    }),
    "unknown_page": (404, {
        "ko": ("그런 쪽이 없습니다", "같은 q로 받은 next_cursor를 그대로 쓰거나 cursor 없이 처음부터 요청하십시오."),
        "en": ("No such page", "Use the next_cursor of the same q as it is, or start again without a cursor."),
    }),
    "unknown_series": (404, {
        "ko": ("그런 통계표가 없습니다", "/v1/series에서 이름을 찾으십시오."),
        "en": ("No such series", "Find their names at /v1/series."),
    }),
    "unknown_file": (404, {
        "ko": ("그런 파일이 없습니다", "datapackage.json에 있는 경로를 쓰십시오."),
        "en": ("No such file", "Use a path that datapackage.json names."),
    }),
    "not_found": (404, {
        "ko": ("그런 주소가 없습니다", "/openapi.json에서 주소를 확인하십시오."),
        "en": ("No such address", "See /openapi.json for the addresses."),
    }),
    "method_not_allowed": (405, {
        "ko": ("읽기만 할 수 있습니다", "GET 또는 HEAD로 요청하십시오."),
        "en": ("This API only reads", "Use GET or HEAD."),
    }),
    "not_acceptable": (406, {
        "ko": ("그 형식으로는 제공하지 않습니다", "format=csv 또는 format=json을 쓰십시오."),
        "en": ("Not offered in that format", "Use format=csv or format=json."),
    }),
    "cursor_expired": (410, {
        "ko": ("목록이 새 릴리스로 바뀌었습니다", "cursor 없이 처음부터 다시 요청하십시오."),
        "en": ("The list has been renewed by another release", "Start again without a cursor."),
    }),
    "key_needed": (401, {
        "ko": ("API 키가 필요합니다", "운영자가 준 키를 X-API-Key 머리글로 보내십시오."),
        "en": ("An API key is needed", "Send the key that the operator gave you as the header X-API-Key."),
    }),
    "no_release": (503, {
        "ko": ("지금은 제공할 릴리스가 없습니다", "잠시 뒤에 다시 요청하십시오."),
        "en": ("No release can be served now", "Ask again in a little while."),
    }),
    "failure": (500, {
        "ko": ("서버에 문제가 생겼습니다", "잠시 뒤에 다시 요청하고, 계속되면 운영자에게 알리십시오."),
        "en": ("Something failed in the server", "Ask again later; tell the operator if it stays."),
    }),
}  # fmt: skip
#: what is wrong with a value, by the name that pydantic gives it, with the facts it tells
MISTAKES: dict[str, dict[str, str]] = {
    "extra_forbidden": {"ko": "그런 매개변수가 없습니다.", "en": "There is no such parameter."},
    "missing": {"ko": "값이 필요합니다.", "en": "A value is needed."},
    "int_parsing": {"ko": "정수여야 합니다.", "en": "It must be a whole number."},
    "greater_than_equal": {"ko": "{ge} 이상이어야 합니다.", "en": "It must be {ge} or more."},
    "less_than_equal": {"ko": "{le} 이하여야 합니다.", "en": "It must be {le} or less."},
    "string_too_long": {
        "ko": "{max_length}자 이하여야 합니다.",
        "en": "It must have {max_length} characters or fewer.",
    },
    "string_pattern_mismatch": {
        "ko": "허용되지 않은 문자나 길이입니다. 형식: {pattern}",
        "en": "Its characters or its length are not allowed. Pattern: {pattern}",
    },
    "literal_error": {"ko": "다음 가운데 하나여야 합니다: {expected}", "en": "It must be one of these: {expected}"},
}
#: what is said of any other
_MISTAKE = {"ko": "값이 올바르지 않습니다.", "en": "The value is not valid."}


def mistake(kind: str, facts: Mapping[str, object], lang: str) -> str:
    """What is wrong with a value, for its reader. ``facts``: what pydantic tells of the rule."""
    told = {name: _alternatives(str(fact)) if name == "expected" else fact for name, fact in facts.items()}
    return MISTAKES.get(kind, _MISTAKE)[lang].format_map(told)


def _alternatives(listed: str) -> str:
    """pydantic's ``'csv' or 'json'`` without its English word."""
    return listed.replace(" or ", ", ").replace("'", "")


@lru_cache(maxsize=256)
def language(header: str, default: str = "ko") -> str:
    """The better liked of ko and en in an Accept-Language header (RFC 9110, 12.5.4); ``default`` without a wish."""
    liked = {name: quality for name, quality in qualities(header).items() if quality > 0}
    for name in sorted(liked, key=lambda name: -liked[name]):
        if (base := name.split("-")[0]) in LANGUAGES:
            return base
        if name == "*":
            return default
    return default


def qualities(header: str) -> dict[str, float]:
    """What an Accept header lists, with its weight; 1 where none is given or it is no number, in the order written."""
    found: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p.partition("=")[2] for p in parameters if p.startswith("q=")), "1")
        try:
            found[name] = max(0.0, min(1.0, float(weight)))
        except ValueError:
            found[name] = 1.0
    return {name: weight for name, weight in found.items() if name}


def problem(
    code: str,
    lang: str,
    instance: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer to a request that fails. ``errors``: field and message of what is wrong with it."""
    status, texts = PROBLEMS[code]
    title, detail = texts[lang]
    document = {"type": f"urn:lmi:problem:{code}", "title": title, "status": status, "detail": detail}
    document |= {"instance": instance} | ({"errors": errors} if errors else {})
    shared = {"Content-Language": lang, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return Response(
        json.dumps(document, ensure_ascii=False).replace("<", "\\u003c"),
        status,
        {**shared, "X-Content-Type-Options": "nosniff", **(headers or {})},
        MEDIA_TYPE,
    )
