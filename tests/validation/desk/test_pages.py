"""Every page and form of the desk: who may, what is escaped, what is logged, what leaves."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from lxml import html

from tests.payloads import PAYLOADS, live_below
from tests.validation.desk.conftest import (
    FEE,
    SPOKE,
    TODAY,
    Home,
    Signed,
    finding,
    item_of,
    know_employer_1,
    posting_id,
    signal,
    submission,
)
from validation.desk import words
from validation.desk.app import create_app
from validation.desk.deliver import day_file
from validation.desk.queue import GENERAL, waiting
from validation.desk.store import SESSION_HOURS, SIGNAL_SLOT, Store
from validation.vetting import guards

SignIn = Callable[[str], Signed]
PAGES = ["/queue", "/queue.csv", "/queue.xlsx", "/queue.ndjson", "/next", "/decided", "/items/1"]
FORMS = ["claim", "release", "call", "contact", "decide", "reopen"]


class _Elements(HTMLParser):
    """All elements of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_nothing_opens_without_signing_in(home: Home, store: Store) -> None:
    client = TestClient(create_app(home.desk(store)))
    for page in PAGES:
        answer = client.get(page, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"], answer.text) == (303, "/sign-in", "")
    for form in FORMS:
        answer = client.post(f"/items/1/{form}", data={"csrf": ""}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    for page in ("/docs", "/redoc", "/openapi.json", "/items/x"):
        assert client.get(page, follow_redirects=False).status_code in (303, 404)


def test_a_wrong_token_is_refused_in_words_and_not_echoed(home: Home, store: Store) -> None:
    client = TestClient(create_app(home.desk(store)))
    answer = client.post("/sign-in", data={"token": "desk-wrong"})
    assert answer.status_code == 403 and words.WORDS["token_wrong"]["ko"] in answer.text
    assert "desk-wrong" not in answer.text and "set-cookie" not in answer.headers


def test_cookies_and_headers(home: Home, store: Store) -> None:
    client = TestClient(create_app(home.desk(store)))
    answer = client.post("/sign-in", data={"token": store.add_reviewer("가람")[1]}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    policy = client.get("/queue").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    for path in ("/queue", "/static/desk.js", "/items/999"):
        headers = client.get(path).headers
        assert (headers["cache-control"], headers["x-frame-options"]) == ("no-store", "DENY")


def test_signing_out_ends_the_session(sign_in: SignIn) -> None:
    who = sign_in("가람")
    assert who.post("/sign-out").status_code == 303
    assert who.client.get("/queue", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("form", FORMS)
def test_a_form_without_this_sessions_token_does_nothing(sign_in: SignIn, store: Store, form: str) -> None:
    who, other, item = sign_in("가람"), sign_in("나래"), item_of(store, 1)
    before = store.item(item)
    for stolen in ("", "x", other.csrf, "é"):
        answer = who.client.post(f"/items/{item}/{form}", data={"csrf": stolen, "decision": "CONFIRMED_OK"})
        assert answer.status_code == 403
    assert store.item(item) == before


def test_forms_from_elsewhere_and_other_host_names_are_refused(sign_in: SignIn, store: Store) -> None:
    who, path = sign_in("가람"), f"/items/{item_of(store, 1)}/claim"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert who.client.post(path, data={"csrf": who.csrf}, headers=headers).status_code == 403
    assert who.client.get("/queue", headers={"Host": "evil.example"}).status_code == 421
    good = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert who.client.post(path, data={"csrf": who.csrf}, headers=good, follow_redirects=False).status_code == 303


def test_the_queue_goes_by_risk_and_waiting_time_within_employers(sign_in: SignIn, store: Store) -> None:
    page = sign_in("가람").client.get("/queue").text
    order = [int(n) for n in re.findall(r'href="/items/(\d+)" data-open', page)]
    # 1: (1 - .5 x .9) x 7 days = 3.85; of one employer 2: .5 x 3 = 1.5 and 3: .75 x 2 = 1.5; 4: .3 x 3 = .9
    assert order == [item_of(store, n) for n in (1, 2, 3, 4)]
    assert page.count("<tbody>") == 3 and "두레상사" in page
    assert "<caption>" in page and 'scope="rowgroup"' in page
    assert "FEE_DEMAND" in page and "보증금 50만원을 입금" in page
    assert page.count('class="chip unsure" title="WAGE_NOT_STATED"') == page.count("판정 불가") == 1


def test_a_long_queue_is_cut_between_employers(sign_in: SignIn, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are shown: the second is one of two of an employer, which are not torn."""
    monkeypatch.setattr("validation.desk.app.SHOWN", 2)
    page = sign_in("가람").client.get("/queue").text
    order = [int(n) for n in re.findall(r'href="/items/(\d+)" data-open', page)]
    assert order == [item_of(store, n) for n in (1, 2, 3)] and "아래로 더 있음" in page
    monkeypatch.setattr("validation.desk.app.SHOWN", 4)
    assert "아래로 더 있음" not in sign_in("나래").client.get("/queue").text


def test_filters(sign_in: SignIn, store: Store) -> None:
    who = sign_in("가람")

    def shown(query: str) -> set[int]:
        return {int(n) for n in re.findall(r'href="/items/(\d+)" data-open', who.client.get(f"/queue?{query}").text)}

    one, two, three, four = (item_of(store, n) for n in (1, 2, 3, 4))
    assert shown("code=EMP_SUSPENDED") == {two, three}
    assert shown("channel=PARTNER_PRIVATE") == {three}
    employer = store.item(two)["employer_no"]
    assert shown(f"employer={employer}") == {two, three}
    who.post(f"/items/{four}/claim")
    assert shown("owner=mine") == {four}
    assert shown("owner=unclaimed") == {one, two, three}
    assert shown("code=NO_SUCH") == set()


def test_hostile_text_stays_text(sign_in: SignIn, store: Store) -> None:
    who, item = sign_in("가람"), item_of(store, 1)
    who.post(f"/items/{item}/claim")
    for page in ("/queue", f"/items/{item}", "/decided"):
        elements = _Elements(who.client.get(page).text).found
        scripts = [attrs for tag, attrs in elements if tag == "script"]
        assert scripts == [{"src": "/static/desk.js", "defer": None}], page
        assert not [attrs for _, attrs in elements if any(name.startswith("on") for name in attrs)], page
        assert not [attrs for _, attrs in elements if "style" in attrs], page
        assert not [1 for tag, _ in elements if tag == "b"], page
    html = who.client.get(f"/items/{item}").text
    assert "{{ 7*7 }}" in html
    assert "\u202e" not in re.sub(r"<textarea.*?</textarea>", "", html, flags=re.S)
    assert '<span class="control" title="보이지 않는 문자">U+202E</span>' in html


def test_the_page_marks_the_words_and_gives_rule_law_and_advice(sign_in: SignIn, store: Store) -> None:
    who, item = sign_in("가람"), item_of(store, 1)
    html = who.client.get(f"/items/{item}").text
    marked = "".join(re.findall(r"<mark[^>]*>(.*?)</mark>", html))
    assert "보증금 50만원을 입금" in marked.replace("&#34;", '"')
    assert 'href="#reason-1"' in html and 'id="reason-1"' in html and 'id="reason-2"' in html
    assert "직업안정법" in html and "고칠 점" in html and FEE in html
    english = who.client.get(f"/items/{item}", headers={"Cookie": _cookies(who) + "; desk_lang=en"}).text
    assert '<html lang="en">' in english and "Employment Security Act" in english and "What to change" in english


def _cookies(who: Signed) -> str:
    return "; ".join(f"{name}={value}" for name, value in who.client.cookies.items())


def test_register_history_twins_and_the_employers_other_postings(sign_in: SignIn, store: Store) -> None:
    html = sign_in("가람").client.get(f"/items/{item_of(store, 3)}").text
    for expected in ("국세청 조회일", "2026-10-06", "닮은 구인", posting_id(2), "0.93", "같은 사업체의 대기 구인",
                     "이 사업체의 이전 구인"):  # fmt: skip
        assert expected in html, expected


def test_the_page_says_what_the_registers_know_of_any_employer(home: Home, sign_in: SignIn, store: Store) -> None:
    who, number = sign_in("가람"), item_of(store, 1)
    assert "이 사업체의 등록 정보가 없습니다." in who.client.get(f"/items/{number}").text
    know_employer_1(home)
    home.fill(store)
    for lang, said in (
        ("ko", ("사업자 상태(국세청)", "<bdi>휴업</bdi>", "(기준일 2026-10-06)", "<bdi>1041</bdi>",
                "(기준일 2026-10-05)", "<bdi>2026-1</bdi>", "2026-09-01부터", "(기준일 2026-10-07)")),
        ("en", ("Business status (tax office)", "<bdi>suspended</bdi>", "(as of 2026-10-06)", "<bdi>2026-1</bdi>",
                "since 2026-09-01")),
    ):  # fmt: skip
        who.post("/language", lang=lang)
        page = who.client.get(f"/items/{number}").text
        assert [words for words in said if words not in page] == []
    assert "on no list" in who.client.get(f"/items/{item_of(store, 4)}").text
    # whom a signal asks about is called as well
    home.release(signal(5))
    home.fill(store)
    assert "on no list" in who.client.get(f"/items/{item_of(store, 5, SIGNAL_SLOT)}").text


def test_languages_switch_and_never_lead_away(sign_in: SignIn) -> None:
    who = sign_in("가람")
    answer = who.client.post("/language", data={"lang": "en", "back": "/queue?owner=mine"}, follow_redirects=False)
    assert answer.headers["location"] == "/queue?owner=mine" and "HttpOnly" in answer.headers["set-cookie"]
    assert '<html lang="en">' in who.client.get("/queue").text
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = who.client.post("/language", data={"lang": "ko", "back": elsewhere}, follow_redirects=False)
        assert answer.headers["location"] == "/queue"


def test_both_languages_have_every_word() -> None:
    for table in (words.WORDS, words.CODES, words.FIELDS, words.FACTS, words.REGISTERS):
        assert all(set(both) == {"ko", "en"} and all(both.values()) for both in table.values())
    assert set(words.WORDING["ko"]) == set(words.WORDING["en"])


def test_contact_numbers_only_for_the_claimer_and_every_look_is_logged(
    home: Home, sign_in: SignIn, store: Store
) -> None:
    who, other, item = sign_in("가람"), sign_in("나래"), item_of(store, 1)
    path, purpose = f"/items/{item}/contact", "임금 확인 통화"
    assert who.post(path, purpose=purpose).status_code == 409
    who.post(f"/items/{item}/claim")
    assert "010-1234" not in who.client.get(f"/items/{item}").text
    assert other.post(path, purpose=purpose).status_code == 409
    assert who.post(path, purpose=" ").status_code == 400
    assert not (home.paths.sealed / "access.ndjson").exists() and store.activity(item)["views"] == []

    answer = who.post(path, purpose=purpose)
    assert "010-1234-0001" in answer.text and "담당 1" in answer.text and "0002" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    views = store.rows("SELECT posting_id, reviewer_id, purpose, viewed_at FROM contact_view")
    assert views == [{"posting_id": posting_id(1), "reviewer_id": who.reviewer_id, "purpose": purpose,
                      "viewed_at": home.now.isoformat(timespec="seconds")}]  # fmt: skip
    (line,) = (home.paths.sealed / "access.ndjson").read_text().splitlines()
    logged = json.loads(line)
    assert logged["reader"] == f"desk {who.reviewer_id}" and purpose in logged["reason"]
    assert posting_id(1) in logged["reason"]
    assert "010-1234" not in line and b"010-1234" not in store.path.read_bytes()


def test_one_step_decides_delivers_and_goes_on_with_the_same_employer(
    home: Home, sign_in: SignIn, store: Store
) -> None:
    who, item = sign_in("가람"), item_of(store, 2)
    who.post(f"/items/{item}/claim")
    who.post(f"/items/{item}/call", outcome="REACHED", note="담당자와 통화")
    answer = who.post(
        f"/items/{item}/decide", decision="CONFIRMED_BAD", reason="EMP_SUSPENDED", another="FEE_DEMAND",
        note="휴업 확인", letter="ko", message_CONFIRMED_BAD="게시할 수 없습니다.", message_CONFIRMED_OK="다른 글",
    )  # fmt: skip
    assert answer.headers["location"] == f"/items/{item_of(store, 3)}?done={item}"
    (review,) = store.activity(item)["reviews"]
    assert review["reason_codes"] == ["EMP_SUSPENDED", "FEE_DEMAND"] and review["message"] == "게시할 수 없습니다."
    file = day_file(home.paths, store.today())
    (row,) = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert (row["posting_id"], row["decision"], row["decided_at"]) == (
        posting_id(2), "CONFIRMED_BAD", "2026-10-07T10:00:00+09:00",
    )  # fmt: skip
    assert row["reviewer_id"] == who.reviewer_id and "가람" not in json.dumps(row, ensure_ascii=False)
    after = who.client.get(answer.headers["location"]).text
    assert f"/items/{item}/reopen" in after
    assert who.post(f"/items/{item}/decide", decision="CONFIRMED_OK").status_code == 409
    assert who.post(f"/items/{item}/reopen").status_code == 303
    assert store.item(item)["is_claimed"]
    assert "문제 확인" in who.client.get("/decided").text


def test_what_cannot_be_done_is_said_in_words(sign_in: SignIn, store: Store) -> None:
    who, other, item = sign_in("가람"), sign_in("나래"), item_of(store, 1)
    who.post(f"/items/{item}/claim")
    taken = other.post(f"/items/{item}/claim")
    assert taken.status_code == 409 and "다른 심사자가 맡았거나" in taken.text
    assert other.post(f"/items/{item}/release").status_code == 409
    assert who.client.get("/items/999").status_code == 404
    bad = who.post(f"/items/{item}/decide", decision="CONFIRMED_BAD", another="NO_SUCH_CODE")
    assert bad.status_code == 400 and "사유를 하나 이상" in bad.text
    assert other.post(f"/items/{item}/decide", decision="CONFIRMED_OK", note="휴업 아님").text.count("휴업 아님") == 1
    assert who.post(f"/items/{item}/call", outcome="SANG").status_code == 400
    assert who.post(f"/items/{item}/call", outcome="REACHED", note="x" * 300_000).status_code == 400
    assert who.client.get("/queue.pdf").status_code == 400
    assert who.post(f"/items/{item}/release").headers["location"] == "/queue"


def test_what_is_refused_is_said_where_it_was_entered_and_nothing_is_lost(sign_in: SignIn, store: Store) -> None:
    who, item = sign_in("가람"), item_of(store, 2)
    who.post(f"/items/{item}/claim")
    entered = {"note": "전화로 <확인>", "letter": "ko", "message_CONFIRMED_BAD": "고친 글", "another": ""}
    answer = who.post(f"/items/{item}/decide", decision="CONFIRMED_BAD", **entered)
    page = html.fromstring(answer.content)
    (said,) = page.xpath("//main//*[@role='alert']")
    assert answer.status_code == 400 and "사유를 하나 이상" in said.text_content()
    assert page.xpath("string(//textarea[@id='note'])").strip() == "전화로 <확인>"
    assert page.xpath("string(//textarea[@id='message-CONFIRMED_BAD'])").strip() == "고친 글"
    assert page.xpath("//input[@name='reason']") and not page.xpath("//input[@name='reason'][@checked]")
    call = html.fromstring(who.post(f"/items/{item}/call", outcome="SANG", note="부재").content)
    assert call.xpath("//main//*[@role='alert']") and call.xpath("string(//input[@id='call-note']/@value)") == "부재"
    assert not store.activity(item)["reviews"] and not store.activity(item)["calls"]


def test_the_length_of_a_session_is_said_before_it_begins(home: Home, store: Store) -> None:
    page = TestClient(create_app(home.desk(store))).get("/sign-in").text
    assert f"{SESSION_HOURS}시간이 지나면 다시 들어와야" in page


def test_controls_have_labels_and_tables_captions(sign_in: SignIn, store: Store) -> None:
    who, item = sign_in("가람"), item_of(store, 3)
    who.post(f"/items/{item}/claim")
    for page in ("/queue", f"/items/{item}"):
        html = who.client.get(page).text
        elements = _Elements(html).found
        labelled = {attrs.get("for") for tag, attrs in elements if tag == "label"}
        ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
        assert len(ids) == len(set(ids)), page
        for tag, attrs in elements:
            if tag in ("select", "textarea") or (tag == "input" and attrs.get("type") not in ("hidden", "checkbox")):
                inside = re.search(rf'<label>[^<]*\s*<{tag} name="{attrs["name"]}"', html)
                assert attrs.get("id") in labelled or inside, (page, attrs)
        assert html.count("<table") == html.count("<caption")
        assert 'class="skip" href="#main"' in html and html.count("<h1") == 1
        # nothing from elsewhere
        for _, attrs in elements:
            for name in ("src", "href", "action"):
                assert (attrs.get(name) or "/").startswith(("/", "#")), attrs


def test_addresses_name_nobody(sign_in: SignIn, store: Store) -> None:
    who = sign_in("가람")
    links = [attrs.get("href") or "" for _, attrs in _Elements(who.client.get("/queue").text).found]
    assert all(re.fullmatch(r"[/#][\x21-\x7e]*|", link) for link in links)
    assert not any("2222222222" in link or "%" in link for link in links)


def test_every_style_and_script_is_a_file_of_ours(sign_in: SignIn) -> None:
    client = sign_in("가람").client
    for name in ("desk.css", "desk.js", "desk.svg"):
        text = client.get(f"/static/{name}").text
        assert text and not re.search(r"url\(|@import|eval\(|innerHTML|https?://(?!www\.w3\.org/2000/svg)", text), name
    assert client.get("/static/../app.py").status_code == 404


def test_the_second_slot_is_closed_to_who_had_the_first(home: Home, sign_in: SignIn, store: Store) -> None:
    home.fill(store, double=1.0)
    first, second = item_of(store, 1), item_of(store, 1, 2)
    who, other = sign_in("가람"), sign_in("나래")
    assert who.client.get(f"/items/{second}").status_code == 200
    who.post(f"/items/{first}/claim")
    who.post(f"/items/{first}/decide", decision="CONFIRMED_OK")
    assert who.client.get(f"/items/{second}").status_code == 409
    assert who.post(f"/items/{second}/reopen").status_code == 409
    page = other.client.get(f"/items/{second}").text
    assert "이상 없음" not in page and who.reviewer_id not in page


def test_what_spoke_loudest_in_the_score_is_shown_in_the_readers_language(sign_in: SignIn, store: Store) -> None:
    item = item_of(store, 4)
    with store.change() as con:
        con.execute("UPDATE item SET score = 0.871, score_reasons = ? WHERE item_no = ?", [SPOKE, item])
    page = sign_in("가람").client.get(f"/items/{item}").text
    assert "<strong>0.87</strong>" in page and "낱말 &#39;&lt;b&gt;즉시&lt;/b&gt;&#39;" in page


def test_a_sample_with_a_warning_looks_like_what_is_held(home: Home, store: Store, sign_in: SignIn) -> None:
    """Apart from what it says itself: the same chips, marks and headings, and no sentence that only samples have."""
    load = home.land([submission(60), submission(61)])
    spoke = {"evidence_field": "duties", "span_start": 0, "span_end": 2, "quote": "구인"}
    home.judge(load, {
        posting_id(60): ("HOLD", [finding("DISC_AGE", 25, "hold", **spoke)]),
        posting_id(61): ("WARN", [finding("DISC_AGE", 25, "warn", **spoke)]),
    })  # fmt: skip
    home.fill(store, audit=1.0)
    client = sign_in("가람").client
    held, sampled = (client.get(f"/items/{item_of(store, number)}").text for number in (60, 61))

    def built(page: str) -> list[tuple[str, str | None]]:
        return [(tag, attrs.get("class")) for tag, attrs in _Elements(page).found]

    assert built(held) == built(sampled)
    queue = client.get("/queue").text
    rows = [row for row in queue.split("<tr") if posting_id(60) in row or posting_id(61) in row]
    assert len(rows) == 2 and len({row.count('class="chip') for row in rows}) == 1
    nothing_noted = next(i for i in waiting(store) if i["codes"] == [GENERAL])
    plain = client.get(f"/items/{nothing_noted['item_no']}").text
    for page in (held, sampled, plain):
        assert words.WORDS["judge_whole"]["ko"] in page


def test_what_is_held_and_signalled_is_told_of_beside_the_other(home: Home, store: Store, sign_in: SignIn) -> None:
    """One call settles both. The second item of a doubly reviewed posting stays another reviewer's."""
    home.release(signal(2))
    home.fill(store, double=1.0)
    who = sign_in("가람")
    held, signalled = item_of(store, 2), item_of(store, 2, SIGNAL_SLOT)
    (double,) = [
        row["item_no"]
        for row in store.rows("SELECT item_no FROM item WHERE slot = 2 AND posting_id = ?", [posting_id(2)])
    ]
    page = who.client.get(f"/items/{held}").text
    assert f'href="/items/{signalled}"' in page and f'href="/items/{double}"' not in page
    assert f'href="/items/{held}"' in who.client.get(f"/items/{signalled}").text


def test_a_signal_is_shown_and_answered_in_both_languages(home: Home, store: Store, sign_in: SignIn) -> None:
    home.release(signal(5))
    home.fill(store)
    who, number = sign_in("가람"), item_of(store, 5, SIGNAL_SLOT)
    rows = who.client.get("/queue").text.split("<tr")[1:]
    assert [words.WORDS["published"]["ko"] in row for row in rows if "신호 REPORTED_FILLED" in row] == [True]
    assert sum('class="chip published"' in row for row in rows) == 1, "what is held is not published"
    who.post(f"/items/{number}/claim")
    for lang, said in (
        ("ko", ("신호 REPORTED_FILLED", "2026-10-06", "약함", "구직자 세 명의 신고", "세 번째 신고일", "채용됨: 마감")),
        ("en", ("Signal REPORTED_FILLED", "2026-10-06", "weak", "reports of three seekers", "Third report on",
                "Filled: close")),
    ):  # fmt: skip
        who.post("/language", lang=lang)
        page = who.client.get(f"/items/{number}").text
        assert [words for words in said if words not in page] == []
    buttons = [a["value"] for tag, a in _Elements(page).found if tag == "button" and a.get("name") == "decision"]
    assert buttons == ["ACTIVE", "FILLED", "WITHDRAWN", "UNREACHABLE"]
    assert 'name="reason"' not in page
    answer = who.post(f"/items/{number}/decide", decision="FILLED", message_FILLED="마감합니다", letter="ko")
    assert answer.status_code == 303
    (row,) = [json.loads(line) for line in gzip.decompress(day_file(home.paths, TODAY).read_bytes()).splitlines()]
    assert (row["step_code"], row["decision"], row["reason_codes"]) == ("S4_COHERENCE", "FILLED", ["REPORTED_FILLED"])
    assert store.rows("SELECT message FROM review") == [{"message": "마감합니다"}]


def test_a_posting_that_waits_with_its_channel_says_so(home: Home, sign_in: SignIn, store: Store) -> None:
    item = item_of(store, 2)
    codes = json.dumps(["EMP_SUSPENDED", guards.CODE])
    with store.change() as con:
        con.execute("UPDATE item SET codes = ? WHERE item_no = ?", [codes, item])
    who = sign_in("가람")
    page = who.client.get(f"/items/{item}").text
    assert guards.LABEL["ko"] in page
    assert guards.MESSAGE["ko"] in page
    assert guards.MESSAGE["ko"] not in who.client.get(f"/items/{item_of(store, 1)}").text
    who.post(f"/items/{item}/claim")
    assert f'value="{guards.CODE}">' in who.client.get(f"/items/{item}").text  # offered, not taken for granted
    who.post(f"/items/{item}/decide", decision="CONFIRMED_BAD", reason=guards.CODE, another="FEE_DEMAND")
    (review,) = store.activity(item)["reviews"]
    assert review["reason_codes"] == [guards.CODE, "FEE_DEMAND"]


def test_what_employers_write_is_live_on_no_page_and_in_no_list(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("validation.desk.app.SHOWN", 1000)
    names = {posting_id(100 + n): payload for n, payload in enumerate(PAYLOADS)}
    rows = [
        submission(100 + n, title=payload, company=payload, duties=f"x {payload}", contact_name=payload)
        for n, payload in enumerate(PAYLOADS)
    ]
    fee = {posting: finding("FEE_DEMAND", 16, "hold", text) for posting, text in names.items()}
    home.judge(home.land(rows), {posting: ("HOLD", [found]) for posting, found in fee.items()})
    store = home.store()
    home.fill(store)
    client = TestClient(create_app(home.desk(store)))
    client.post("/sign-in", data={"token": store.add_reviewer("가람")[1]})
    held = store.rows("SELECT item_no, posting_id FROM item WHERE posting_id >= ?", [min(names)])
    items = [f"/items/{item['item_no']}" for item in held]
    assert len(items) == len(PAYLOADS)
    for number, page in enumerate([*PAGES[:3], "/decided", *items]):
        ending = page.partition(".")[2] or "html"
        (tmp_path / f"{number}.{ending}").write_bytes(client.get(page).content)
    assert live_below(tmp_path) == []
