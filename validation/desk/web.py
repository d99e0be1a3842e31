"""What every request of the desk goes through: who may ask, from where, and what the browser may do with the answer.

No cookie is readable by scripts, no form is taken from another site, nothing is loaded from elsewhere, nothing is kept
in a cache. Addresses carry item and employer numbers of the desk only, never a name or a token.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from validation.desk.store import SESSION_HOURS, DeskError, Reviewer, Store

SESSION_COOKIE, LANG_COOKIE = "desk_session", "desk_lang"
LANGUAGES = ("ko", "en")
#: longest form taken, in bytes, and most fields in it
FORM_BYTES, FORM_FIELDS = 200_000, 200
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class SignInNeeded(Exception):
    """Nobody is signed in."""


class Forbidden(Exception):
    """A form that did not come from this desk's own page."""


class Form:
    """Fields of a submitted form, as text; a field may come several times."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self._fields = fields

    def get(self, name: str, default: str = "") -> str:
        return self._fields.get(name, [default])[0].strip()

    def all(self, name: str) -> list[str]:
        return [value for value in self._fields.get(name, []) if value]


async def read_form(request: Request) -> Form:
    """Raises DeskError for a form that is too long or no UTF-8."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_BYTES:
            raise DeskError("The form is too long. Shorten the text.", "입력이 너무 깁니다. 줄여 주십시오.")
    try:
        text = body.decode("ascii")
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=FORM_FIELDS, encoding="utf-8", errors="strict")
    except ValueError:
        raise DeskError("The form cannot be read. Load the page again.", "입력을 읽지 못했습니다.") from None
    return Form({name: [v.replace("\r\n", "\n") for v in values] for name, values in fields.items()})


def guard(hosts: frozenset[str]) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    """Middleware: only under our own host names, forms only from our own pages, the headers on every answer."""

    async def middleware(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        if host not in hosts:
            answer: Response = PlainTextResponse("unknown host", status_code=421)
        elif request.method not in ("GET", "HEAD") and not _own(request):
            answer = PlainTextResponse("not from this desk", status_code=403)
        else:
            answer = await call_next(request)
        for name, value in HEADERS.items():
            answer.headers[name] = value
        return answer

    return middleware


def _own(request: Request) -> bool:
    """Browsers say where a form comes from; what is neither said nor ours is refused by the session's own token."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    return origin in (None, "null") or urlsplit(origin or "").netloc == request.headers.get("host")


def language(request: Request, default: str) -> str:
    chosen = request.cookies.get(LANG_COOKIE, "")
    return chosen if chosen in LANGUAGES else default


def reviewer(request: Request, store: Store) -> Reviewer:
    """Who is signed in. Raises SignInNeeded."""
    found = store.signed_in(request.cookies.get(SESSION_COOKIE))
    if found is None:
        raise SignInNeeded
    return found


def check_csrf(who: Reviewer, form: Form) -> None:
    """Raises Forbidden unless the form carries the token of this session."""
    if not hmac.compare_digest(who.csrf.encode(), form.get("csrf").encode()):
        raise Forbidden


def go(path: str) -> RedirectResponse:
    """On to a page of this desk, by GET."""
    own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return RedirectResponse(path if own else "/queue", status_code=303)


def set_cookie(answer: Response, name: str, value: str, **more: Any) -> None:
    answer.set_cookie(name, value, httponly=True, samesite="strict", path="/", **more)


def start_session(answer: Response, key: str) -> None:
    set_cookie(answer, SESSION_COOKIE, key, max_age=SESSION_HOURS * 3600)
