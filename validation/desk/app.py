"""The desk as server-rendered pages. Works without scripts; ``static/desk.js`` adds the keys.

Every changing request is a form with the session's token, answered by a redirect. The contact numbers are answered
directly, so that they are in no address and no history; so is what the desk refuses, on the form's own page with what
was entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ingest.registry import Source
from lmi.core.keys import KeyRing
from lmi.core.paths import Paths
from validation.desk import queue, view, web, words
from validation.desk.contacts import contacts
from validation.desk.deliver import deliver_day
from validation.desk.store import (
    CALL_OUTCOMES,
    SESSION_HOURS,
    ClaimError,
    DeskError,
    MissingError,
    Reviewer,
    Row,
    Store,
    decisions_of,
)
from validation.vetting import guards
from validation.vetting.rules import RuleSet

HERE = Path(__file__).parent
#: rows of the queue shown at once; the last employer's are shown whole
SHOWN = 200
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Form = Annotated[web.Form, Depends(web.read_form)]


@dataclass(frozen=True)
class Desk:
    """What the pages work with. ``per_reviewer_day``: decisions one person makes a day, for the capacity shown."""

    store: Store
    paths: Paths
    keys: KeyRing
    rules: RuleSet
    sources: Mapping[str, Source]
    language: str = "ko"
    per_reviewer_day: int = 40
    hosts: frozenset[str] = LOCAL_HOSTS

    def code_labels(self, lang: str) -> dict[str, str]:
        """Reason code -> label of its rule; of the guard over a channel, its own."""
        by_rule = {case.code: rule.label[lang] for rule in self.rules.rules for case in rule.cases}
        return by_rule | {guards.CODE: guards.LABEL[lang]}


def create_app(desk: Desk) -> FastAPI:
    """The application; nothing is global, so several desks can run in one process (tests do)."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.middleware("http")(web.guard(desk.hosts))
    pages = _Pages(desk)
    _add_errors(app, pages)
    _add_session(app, pages)
    _add_queue(app, pages)
    _add_item(app, pages)
    _add_work(app, pages)
    return app


class _Pages:
    """Renders templates in the reader's language."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.store = desk, desk.store
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["time"] = self._time

    def _time(self, stamp: str) -> str:
        """An instant as day and time of the desk's zone; today's as time alone."""
        local = datetime.fromisoformat(stamp).astimezone(self.store.tz)
        return f"{local:%H:%M}" if local.date() == self.store.today() else f"{local:%m-%d %H:%M}"

    def lang(self, request: Request) -> str:
        return web.language(request, self.desk.language)

    def who(self, request: Request, form: web.Form | None = None) -> Reviewer:
        """The reviewer of a request; with a form, the form is theirs too."""
        found = web.reviewer(request, self.store)
        if form is not None:
            web.check_csrf(found, form)
        return found

    def show(
        self, request: Request, name: str, who: Reviewer | None = None, status: int = 200, **content: Any
    ) -> HTMLResponse:
        lang = self.lang(request)
        query = f"?{request.url.query}" if request.url.query else ""
        html = self._templates.get_template(name).render(
            {
                "t": words.words(lang), "lang": lang, "who": who, "today": self.store.today().isoformat(),
                "coded": lambda code: words.coded(code, lang), "keys": words.KEYS, "here": request.url.path + query,
                **content,
            }
        )  # fmt: skip
        return HTMLResponse(html, status_code=status)


def _add_errors(app: FastAPI, pages: _Pages) -> None:
    @app.exception_handler(web.SignInNeeded)
    def sign_in_needed(request: Request, error: Exception) -> Response:
        return web.go("/sign-in")

    @app.exception_handler(web.Forbidden)
    def forbidden(request: Request, error: Exception) -> Response:
        return PlainTextResponse("not from this desk", status_code=403)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: Exception) -> Response:
        return PlainTextResponse("no such page", status_code=404)

    @app.exception_handler(DeskError)
    def refused(request: Request, error: DeskError) -> Response:
        status = 404 if isinstance(error, MissingError) else _status(error)
        who = pages.store.signed_in(request.cookies.get(web.SESSION_COOKIE))
        return pages.show(request, "error.html", who, status, message=error.words[pages.lang(request)])


def _status(error: DeskError) -> int:
    return 409 if isinstance(error, ClaimError) else 400


def _add_session(app: FastAPI, pages: _Pages) -> None:
    @app.get("/")
    def home() -> Response:
        return web.go("/queue")

    @app.get("/sign-in")
    def sign_in_page(request: Request) -> Response:
        return pages.show(request, "sign_in.html", wrong=False, hours=SESSION_HOURS)

    @app.post("/sign-in")
    def sign_in(request: Request, form: Form) -> Response:
        key = pages.store.sign_in(form.get("token"))
        if key is None:
            return pages.show(request, "sign_in.html", status=403, wrong=True, hours=SESSION_HOURS)
        answer = web.go("/queue")
        web.start_session(answer, key)
        return answer

    @app.post("/sign-out")
    def sign_out(request: Request, form: Form) -> Response:
        pages.who(request, form)
        pages.store.sign_out(request.cookies[web.SESSION_COOKIE])
        answer = web.go("/sign-in")
        answer.delete_cookie(web.SESSION_COOKIE, path="/", httponly=True, samesite="strict")
        return answer

    @app.post("/language")
    def language(form: Form) -> Response:
        answer = web.go(form.get("back", "/queue"))
        if form.get("lang") in web.LANGUAGES:
            web.set_cookie(answer, web.LANG_COOKIE, form.get("lang"), max_age=365 * 24 * 3600)
        return answer


def _add_queue(app: FastAPI, pages: _Pages) -> None:
    store, desk = pages.store, pages.desk

    @app.get("/queue")
    def show_queue(
        request: Request, channel: str = "", code: str = "", employer: str = "", owner: str = ""
    ) -> Response:
        who = pages.who(request)
        items = queue.waiting(store, who.reviewer_id)
        filters = queue.Filters(channel, code, int(employer) if employer.isdigit() else None, owner)
        found = queue.filtered(items, filters)
        groups = queue.first_groups(queue.grouped(found), SHOWN)
        shown = sum(len(group.items) for group in groups)
        return pages.show(
            request, "queue.html", who, groups=groups, found=len(found), shown=shown,
            filters=filters, choices=queue.choices(items),
            labels=desk.code_labels(pages.lang(request)) | view.signal_labels(items, pages.lang(request)),
            capacity=queue.capacity(store, items, desk.per_reviewer_day),
        )  # fmt: skip

    @app.get("/queue.{form}")
    def export(request: Request, form: str) -> Response:
        who = pages.who(request)
        data = queue.export(queue.waiting(store, who.reviewer_id), form)
        disposition = f'attachment; filename="queue_{store.today():%Y%m%d}.{form}"'
        return Response(data, media_type=MEDIA[form], headers={"Content-Disposition": disposition})

    @app.get("/next")
    def next_item(request: Request) -> Response:
        who = pages.who(request)
        free = [i for i in queue.waiting(store, who.reviewer_id) if i["state"] == "open"]
        return web.go(f"/items/{free[0]['item_no']}" if free else "/queue")

    @app.get("/decided")
    def decided(request: Request) -> Response:
        who = pages.who(request)
        rows = store.rows(
            "SELECT item_no, posting_id, decision, decided_at, state, json_extract(posting, '$.title') AS title"
            " FROM review JOIN item USING (item_no) WHERE reviewer_id = ? ORDER BY decided_at DESC LIMIT ?",
            [who.reviewer_id, SHOWN],
        )
        return pages.show(request, "decided.html", who, rows=rows)


def _add_item(app: FastAPI, pages: _Pages) -> None:
    @app.get("/items/{item_no}")
    def show_item(request: Request, item_no: int, letter: str = "", done: str = "") -> Response:
        return item_page(pages, request, pages.who(request), item_no, letter=letter, done=done)

    @app.post("/items/{item_no}/contact")
    def show_contact(request: Request, item_no: int, form: Form) -> Response:
        who, desk = pages.who(request, form), pages.desk
        source = desk.sources.get(pages.store.item(item_no)["source_id"])
        purpose = form.get("purpose")[:200]
        try:
            found = contacts(desk.store, desk.paths, desk.keys, source, item_no, who.reviewer_id, purpose)
        except DeskError as error:
            return item_page(pages, request, who, item_no, refused=error)
        return item_page(pages, request, who, item_no, shown_contacts=found)


def item_page(
    pages: _Pages,
    request: Request,
    who: Reviewer,
    item_no: int,
    *,
    letter: str = "",
    done: str = "",
    shown_contacts: list[dict[str, str]] | None = None,
    refused: DeskError | None = None,
    written: web.Form | None = None,
    called: web.Form | None = None,
) -> Response:
    """The page of one posting. ``refused``: why a form of this page was not taken; ``written`` and ``called``: what the
    form of the decision or of the call held. Raises MissingError; ClaimError for the second slot of what this reviewer
    had."""
    store, desk, lang = pages.store, pages.desk, pages.lang(request)
    item = store.item(item_no)
    if not store.may_see(item, who.reviewer_id):
        raise ClaimError(
            f"Item {item_no} is for another reviewer. Take another.",
            f"{item_no}번은 다른 심사자의 몫입니다. 다른 구인을 맡으십시오.",
        )
    letter = letter if letter in web.LANGUAGES else "ko"
    found = view.reasons(item, desk.rules, lang)
    in_letter = view.reasons(item, desk.rules, letter)
    is_mine = item["is_claimed"] and item["claimed_by"] == who.reviewer_id
    others = [
        other
        for other in queue.waiting(store, who.reviewer_id)
        if other["employer_no"] == item["employer_no"]
        # of a posting only what else is asked of it: its second item is another reviewer's
        and (other["posting_id"], bool(other["signals"])) != (item["posting_id"], bool(item["signals"]))
    ]
    activity, decisions = store.activity(item_no), decisions_of(item)
    return pages.show(
        request, "item.html", who, _status(refused) if refused else 200,
        refused=refused.words[lang] if refused else "", written=written, called=called, item=item, reasons=found,
        texts=view.marked_texts(item, found),
        facts=view.register_facts(item, lang), registers=view.register_answers(item, lang), terms=_terms(item, lang),
        others=others[:10], is_mine=is_mine, claimed_by_other=item["is_claimed"] and not is_mine,
        own_codes=view.own_codes(item),
        labels=desk.code_labels(lang) | view.signal_labels([item, *others], lang), decisions=decisions,
        signals=view.signals(item, lang), outcomes=CALL_OUTCOMES, activity=activity,
        history=[row for row in item["history"] if row["posting_id"] != item["posting_id"]],
        letters={d: view.wording(item, in_letter, d, letter) for d in decisions}, letter=letter,
        contacts=shown_contacts, done=int(done) if done.isdigit() else None, fields=words.FIELDS,
        days=queue.waiting_days(item["submitted_date"], item["signals"], store.today()),
        # what is odd about a channel is no fault of the posting
        unsure={reason.code for reason in found if reason.outcome in ("warn", "undetermined")} | {guards.CODE},
        guard={"label": guards.LABEL[lang], "message": guards.MESSAGE[lang]} if guards.CODE in item["codes"] else None,
    )  # fmt: skip


def _terms(item: Row, lang: str) -> list[tuple[str, str]]:
    """(label, value) of the terms that are not texts."""
    found = []
    for name, label in words.FIELDS.items():
        value = item["posting"].get(name)
        if name not in view.TEXTS and value not in (None, ""):
            named = words.named(name, str(value), lang)
            text = {True: "✓", False: "–"}.get(value) if isinstance(value, bool) else str(value)
            if name in ("wage_min", "wage_max") and str(value).isdigit():
                text = f"{int(value):,}"
            found.append((label[lang], named or text or ""))
    return found


def _add_work(app: FastAPI, pages: _Pages) -> None:
    store, desk = pages.store, pages.desk

    @app.post("/items/{item_no}/claim")
    def claim(request: Request, item_no: int, form: Form) -> Response:
        store.claim(item_no, pages.who(request, form).reviewer_id)
        return web.go(f"/items/{item_no}")

    @app.post("/items/{item_no}/release")
    def release(request: Request, item_no: int, form: Form) -> Response:
        store.release(item_no, pages.who(request, form).reviewer_id)
        return web.go("/queue")

    @app.post("/items/{item_no}/call")
    def call(request: Request, item_no: int, form: Form) -> Response:
        who = pages.who(request, form)
        try:
            store.log_call(item_no, who.reviewer_id, form.get("outcome"), form.get("note")[:500])
        except DeskError as error:
            return item_page(pages, request, who, item_no, refused=error, called=form)
        return web.go(f"/items/{item_no}")

    @app.post("/items/{item_no}/decide")
    def decide(request: Request, item_no: int, form: Form) -> Response:
        who = pages.who(request, form)
        decision, letter = form.get("decision"), form.get("letter")
        known = desk.code_labels("en")
        codes = [code for code in [*form.all("reason"), *form.all("another")] if code in known]
        try:
            store.decide(
                item_no,
                who.reviewer_id,
                decision,
                codes,
                note=form.get("note")[:1000],
                message=form.get(f"message_{decision}"),
                message_lang=letter if letter in web.LANGUAGES else None,
            )
        except DeskError as error:
            return item_page(pages, request, who, item_no, letter=letter, refused=error, written=form)
        deliver_day(store, desk.paths, store.today())
        employer = store.item(item_no)["employer_no"]
        free = [i for i in queue.waiting(store, who.reviewer_id) if i["state"] == "open" and i["item_no"] != item_no]
        # the same employer first: one call settles what they have waiting
        free.sort(key=lambda i: i["employer_no"] != employer)
        return web.go(f"/items/{free[0]['item_no']}?done={item_no}" if free else "/queue")

    @app.post("/items/{item_no}/reopen")
    def reopen(request: Request, item_no: int, form: Form) -> Response:
        who = pages.who(request, form)
        if not store.may_see(store.item(item_no), who.reviewer_id):
            raise ClaimError(f"Item {item_no} is for another reviewer.", f"{item_no}번은 다른 심사자의 몫입니다.")
        store.reopen(item_no, who.reviewer_id)
        return web.go(f"/items/{item_no}")
