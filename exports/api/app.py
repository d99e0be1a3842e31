"""The read-only API: answers of the current release that were made with it, and nothing computed from microdata."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from exports.api import schemas
from exports.api.answers import JSON, SDMX_CSV
from exports.api.editions import Edition, Editions, read_cursor
from exports.api.front import EDITION, Deprecation, Front
from exports.api.messages import MEDIA_TYPE, PROBLEMS, language, mistake, problem
from exports.api.prepared import Prepared

ABOUT = """Curated tables by occupation, and public statistics, of the current release of the warehouse.

Every answer comes from one release, named in the header `X-Release-Id`. It has a strong `ETag`: ask again with
`If-None-Match` and get 304 until the next release. Answers are precompressed (`Accept-Encoding: zstd, gzip`). Errors
are problem details (RFC 9457), in Korean or English by `Accept-Language`. Tolerate NULL: blocks and values may be
absent; the reason stands beside them. Files named by `datapackage.json` are at `/exports/occupations/v1/`."""

HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "Strong validator of this answer in this encoding."},
    "Last-Modified": {"schema": {"type": "string"}, "description": "When the release was built."},
    "X-Release-Id": {"schema": {"type": "string"}, "description": "Release the answer is of."},
}


class ProblemError(Exception):
    """A request that fails with a problem of exports/api/messages.py."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoParameters(BaseModel):
    """A misspelt parameter is told, not passed over."""

    model_config = ConfigDict(extra="forbid")


class ListParameters(NoParameters):
    q: Annotated[
        str,
        Query(max_length=100, description="Words that a title holds, Korean or English.", examples=["간호", "nurse"]),
    ] = ""
    limit: Annotated[int, Query(ge=1, le=200, description="Occupations on a page.")] = 50
    cursor: Annotated[
        str | None, Query(max_length=600, pattern="^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before.")
    ] = None


class OccupationParameters(NoParameters):
    scheme: Annotated[
        str, Query(pattern="^[A-Z_]{2,20}$", description="Classification of the code.", examples=["KECO"])
    ] = "KECO"


class SeriesParameters(NoParameters):
    format: Annotated[
        Literal["csv", "json"] | None, Query(description="csv (SDMX-CSV 2.0) or json; by `Accept` without it.")
    ] = None


def create_app(
    editions: Editions,
    keys: frozenset[str] | None = None,
    deprecations: Iterable[Deprecation] = (),
    default_language: str = "ko",
) -> FastAPI:
    """The application on ``editions``; nothing is global. ``keys``: fingerprints of the keys; None asks for none."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(editions.watch())
        yield
        watching.cancel()

    app = FastAPI(
        title="Labour market information", description=ABOUT, version="1.0.0", docs_url=None, redoc_url=None,
        lifespan=lifespan, redirect_slashes=False,
    )  # fmt: skip
    app.add_middleware(
        Front, editions=editions, keys=keys, deprecations=tuple(deprecations), default_language=default_language
    )
    _add_errors(app, default_language)
    _add_occupations(app, editions)
    _add_series(app)
    _add_releases(app)
    _add_files(app)
    if keys is not None:
        _ask_for_key(app)
    return app


def _ask_for_key(app: FastAPI) -> None:
    made = app.openapi

    def with_key() -> dict[str, Any]:
        document = made()
        scheme = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
        document.setdefault("components", {}).setdefault("securitySchemes", {})["key"] = scheme
        for path, methods in document["paths"].items():
            if path != "/v1/health":
                methods["get"]["security"] = [{"key": []}]
                methods["get"]["responses"]["401"] = _problem("key_needed")
        return document

    app.openapi = with_key  # type: ignore[method-assign]


def edition_of(request: Request) -> Edition:
    """The one edition this request is answered from. Raises ProblemError."""
    edition: Edition | None = request.scope[EDITION]
    if edition is None:
        raise ProblemError("no_release")
    return edition


class Ready(Response):
    """A prepared answer as a response of a route."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared, self.status_code, self.background = prepared, 200, None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.prepared(scope, receive, send)


def _problem(code: str) -> dict[str, Any]:
    status, texts = PROBLEMS[code]
    title, detail = texts["en"]
    example = {"type": f"urn:lmi:problem:{code}", "title": title, "status": status, "detail": detail,
               "instance": "/v1/…"}  # fmt: skip
    return {"description": title, "content": {MEDIA_TYPE: {"schema": schemas.PROBLEM, "example": example}}}


def _answers(
    description: str, content: Mapping[str, tuple[dict[str, Any], Any]], *problems: str
) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route: media type -> (schema, example), 304 and the problems it may meet."""
    found: dict[int | str, dict[str, Any]] = {
        200: {
            "description": description,
            "headers": HEADERS,
            "content": {kind: {"schema": schema, "example": example} for kind, (schema, example) in content.items()},
        },
        304: {"description": "The reader has it already."},
    }
    for code in ("malformed", *problems, "no_release"):
        found[PROBLEMS[code][0]] = _problem(code)
    return found


def _add_errors(app: FastAPI, default_language: str) -> None:
    def wished(request: Request) -> str:
        return language(request.headers.get("accept-language", ""), default_language)

    def told(request: Request, code: str, errors: Any = None, headers: Mapping[str, str] | None = None) -> Response:
        return problem(code, wished(request), request.url.path, errors, dict(headers or {}))

    @app.exception_handler(ProblemError)
    def failed(request: Request, error: ProblemError) -> Response:
        return told(request, error.code)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        lang = wished(request)
        found = [
            {"field": str(wrong["loc"][-1]), "message": mistake(wrong["type"], wrong.get("ctx", {}), lang)}
            for wrong in error.errors()
        ]
        return told(request, "malformed", found)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        code = "method_not_allowed" if error.status_code == 405 else "not_found"
        return told(request, code, headers=error.headers)

    @app.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> Response:
        return told(request, "failure")


def _add_occupations(app: FastAPI, editions: Editions) -> None:
    @app.get(
        "/v1/occupations", tags=["occupations"], summary="List or search occupations", response_model=None,
        responses=_answers("A page", {JSON: (schemas.LIST, schemas.EXAMPLE_LIST)}, "unknown_page", "cursor_expired"),
    )  # fmt: skip
    async def occupations(request: Request, asked: Annotated[ListParameters, Query()]) -> Response:
        """All occupations in the order of their codes, or with `q` those with a matching title, the best first."""
        edition, start = edition_of(request), 0
        if asked.cursor is not None:
            try:
                release_id, query, start = read_cursor(asked.cursor)
            except ValueError:
                raise ProblemError("unknown_page") from None
            if query != asked.q:
                raise ProblemError("unknown_page")
            held = editions.held(release_id)
            if held is None:
                raise ProblemError("cursor_expired")
            if held is not edition:
                return Ready(await asyncio.to_thread(held.page, asked.q, start, asked.limit))
        # a search through many titles takes its time beside the other requests
        found = await asyncio.to_thread(edition.page, asked.q, start, asked.limit)
        edition.keep(request.url.path, request.scope["query_string"], found)
        return Ready(found)

    @app.get(
        "/v1/occupations/{code}", tags=["occupations"], summary="One occupation", response_model=None,
        responses=_answers("All blocks of the occupation", {JSON: (schemas.occupation(), schemas.example_occupation())},
                           "unknown_occupation"),
    )  # fmt: skip
    async def occupation(
        request: Request,
        code: Annotated[str, Path(max_length=80, description="Code of the occupation.", examples=["3040"])],
        asked: Annotated[OccupationParameters, Query()],
    ) -> Response:
        """Profile, wages, skills, licences, training, transitions, similar occupations and requirements."""
        found = edition_of(request).prepared.get((f"/v1/occupations/{code}", f"scheme={asked.scheme}".encode()))
        if found is None:
            raise ProblemError("unknown_occupation")
        return Ready(found)


def _add_series(app: FastAPI) -> None:
    @app.get(
        "/v1/series", tags=["series"], summary="List series", response_model=None,
        responses=_answers("Names and dimensions", {JSON: (schemas.SERIES_LIST, schemas.EXAMPLE_SERIES_LIST)},
                           "unknown_series"),
    )  # fmt: skip
    async def all_series(request: Request, asked: Annotated[NoParameters, Query()]) -> Response:
        """The public tables of the release, after disclosure control."""
        found = edition_of(request).prepared.get(("/v1/series", b""))
        if found is None:
            raise ProblemError("unknown_series")
        return Ready(found)

    @app.get(
        "/v1/series/{dataflow}", tags=["series"], summary="One series, whole", response_model=None,
        responses=_answers(
            "All observations",
            {SDMX_CSV: (schemas.TEXT, schemas.EXAMPLE_SDMX_CSV), JSON: (schemas.SERIES, schemas.EXAMPLE_SERIES)},
            "unknown_series", "not_acceptable",
        ),
    )  # fmt: skip
    async def series(
        request: Request,
        dataflow: Annotated[
            str, Path(max_length=80, description="Name from `/v1/series`.",
                      examples=["REGISTRATIONS_BY_REGION_OCCUPATION"])
        ],
        asked: Annotated[SeriesParameters, Query()],
    ) -> Response:  # fmt: skip
        """Observations with their SDMX concepts; a hidden value is empty and its CONF_STATUS says why."""
        form = asked.format or _wished(request.headers.get("accept", ""))
        found = edition_of(request).prepared.get((f"/v1/series/{dataflow}", f"format={form}".encode()))
        if found is None:
            raise ProblemError("unknown_series")
        return Ready(found)


def _wished(accept: str) -> str:
    """csv or json, whichever the reader likes better. Raises ProblemError when it likes neither."""
    liked = {"csv": 0.0, "json": 0.0}
    for part in accept.lower().split(",") if accept else ["*/*"]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        quality = float(weight) if weight.replace(".", "", 1).isdigit() else 1.0
        for form, names in (("csv", ("text/csv", "application/vnd.sdmx.data+csv", "text/*")), ("json", (JSON,))):
            if name in (*names, "*/*", "application/*"):
                liked[form] = max(liked[form], quality)
    if not any(liked.values()):
        raise ProblemError("not_acceptable")
    return max(liked, key=lambda form: liked[form])


def _add_releases(app: FastAPI) -> None:
    @app.get(
        "/v1/releases", tags=["releases"], summary="Releases that are kept", response_model=None,
        responses=_answers("Newest first", {JSON: (schemas.RELEASES, schemas.EXAMPLE_RELEASES)}),
    )  # fmt: skip
    async def releases(request: Request, asked: Annotated[NoParameters, Query()]) -> Response:
        """Working day, building time and state of the products; one of them is current."""
        return Ready(edition_of(request).prepared["/v1/releases", b""])

    @app.get(
        "/v1/health", tags=["releases"], summary="Whether the API can answer",
        responses={200: {"content": {JSON: {"schema": schemas.HEALTH, "example": schemas.EXAMPLE_HEALTH}}},
                   422: _problem("malformed")},
        response_model=None,
    )  # fmt: skip
    async def health(request: Request, asked: Annotated[NoParameters, Query()]) -> Response:
        """Never cached; `no_release` before the first release can be read."""
        edition: Edition | None = request.scope[EDITION]
        told = {
            "status": "ok" if edition else "no_release",
            "release_id": edition.id if edition else None,
            "as_of": edition.as_of if edition else None,
        }
        return JSONResponse(told, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _add_files(app: FastAPI) -> None:
    async def told(request: Request, path: str) -> Response:
        try:
            found = await asyncio.to_thread(edition_of(request).file, path)
        except OSError:
            raise ProblemError("no_release") from None
        if found is None:
            raise ProblemError("unknown_file")
        return Ready(found)

    @app.get("/exports/{path:path}", include_in_schema=False)
    async def file(request: Request, path: str) -> Response:
        """A file of a public product, as the release holds it."""
        return await told(request, path)

    @app.get("/board", include_in_schema=False)
    async def to_board() -> Response:
        """The pages link to each other by name, so that they need the stroke at the end."""
        return RedirectResponse("/board/", status_code=308)

    @app.get("/board/{page:path}", include_in_schema=False)
    async def board(request: Request, page: str) -> Response:
        """A page of the status board; the first one without a name."""
        return await told(request, f"board/{page or 'index.html'}")
