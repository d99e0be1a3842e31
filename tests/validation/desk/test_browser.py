"""The desk in a headless Chromium: a posting from the queue to the decision by keys alone, and without scripts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from lmi.core.settings import LANGUAGES
from tests.axe import violations
from tests.validation.desk.browser import CHROMIUM, DRIVER, ENTER, ESCAPE, Browser, chromium
from tests.validation.desk.conftest import Home, item_of, signal
from validation.desk.app import Desk, create_app
from validation.desk.store import SIGNAL_SLOT, Store

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="no Chromium here: apt-get install chromium chromium-driver. The pages are tested without it too.",
    ),
]


@pytest.fixture
def served(home: Home, store: Store) -> Iterator[str]:
    """Address of the desk on a free port of loopback."""
    made = home.desk(store)
    desk = Desk(made.store, made.paths, made.keys, made.rules, made.sources)
    server = uvicorn.Server(uvicorn.Config(create_app(desk), port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with chromium(tmp_path / "profile") as window:
        yield window


def enter(browser: Browser, served: str, token: str) -> None:
    browser.open(f"{served}/sign-in")
    browser.type("#token", token + ENTER)
    browser.wait("location.pathname === '/queue' && document.readyState === 'complete'")


def test_a_posting_is_decided_by_keys_alone(browser: Browser, served: str, store: Store) -> None:
    number, token = store.add_reviewer("가람")
    enter(browser, served, token)
    browser.press("j", "j", "k")
    assert browser.run("document.querySelectorAll('[data-row].current').length") == 1
    browser.press(ENTER)
    browser.wait(f"location.pathname === '/items/{item_of(store, 1)}'")
    browser.press("2")  # nothing to decide before it is claimed
    browser.press("c")
    browser.wait("document.querySelector('form.decide') !== null")
    assert browser.run("document.activeElement.tagName") == "BODY"
    browser.type("#note", "12 통화함")  # digits in a text decide nothing
    assert store.rows("SELECT * FROM review") == []
    browser.press(ESCAPE, "2")
    browser.wait("location.search.startsWith('?done=')")
    (review,) = store.rows("SELECT decision, reason_codes, note, reviewer_id, message FROM review")
    assert (review["decision"], review["note"], review["reviewer_id"]) == ("CONFIRMED_BAD", "12 통화함", number)
    assert review["reason_codes"] == '["FEE_DEMAND"]' and "직업안정법" in review["message"]
    browser.press("u")
    browser.wait("location.pathname === '/queue'")


def test_a_signal_is_answered_by_keys_alone(browser: Browser, served: str, home: Home, store: Store) -> None:
    home.release(signal(5))
    home.fill(store)
    number = item_of(store, 5, SIGNAL_SLOT)
    enter(browser, served, store.add_reviewer("가람")[1])
    browser.open(f"{served}/items/{number}")
    browser.wait("document.readyState === 'complete'")
    assert browser.run("document.querySelector('#h-signals').textContent") == "아직 열려 있습니까?"
    assert browser.run("document.querySelector('#h-why')") is None
    browser.press("c")
    browser.wait("document.querySelector('form.decide') !== null")
    assert browser.run("document.querySelector('#message-FILLED').value").startswith("주식회사 한결 5 귀하")
    browser.resize(500, 800)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    browser.press("2")
    browser.wait("location.search.startsWith('?done=')")
    (review,) = store.rows("SELECT decision, reason_codes FROM review")
    assert review == {"decision": "FILLED", "reason_codes": '["REPORTED_FILLED"]'}


def test_hostile_text_runs_nothing_and_nothing_comes_from_elsewhere(
    browser: Browser, served: str, store: Store
) -> None:
    enter(browser, served, store.add_reviewer("가람")[1])
    browser.open(f"{served}/items/{item_of(store, 1)}")
    browser.wait("document.readyState === 'complete'")
    assert browser.run("document.querySelectorAll('main script').length") == 0
    assert browser.run("document.querySelector('p.duties').textContent.includes('<script>alert')")
    assert browser.run("getComputedStyle(document.querySelector('mark')).borderBottomStyle") == "solid"
    loaded = browser.run("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert loaded and all(name.startswith(served) for name in loaded)
    assert browser.run("document.cookie") == ""
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_fits_a_narrow_window(browser: Browser, served: str, store: Store) -> None:
    enter(browser, served, store.add_reviewer("가람")[1])
    browser.resize(500, 800)
    for path in ("/queue", f"/items/{item_of(store, 1)}"):
        browser.open(served + path)
        browser.wait("document.readyState === 'complete'")
        assert browser.run("document.documentElement.scrollWidth <= innerWidth"), path


def test_keys_are_switched_off_and_stay_off(browser: Browser, served: str, store: Store) -> None:
    enter(browser, served, store.add_reviewer("가람")[1])
    browser.run("document.querySelector('details.keys').open = true")
    browser.run("document.querySelector('#keys-on').click()")
    browser.open(f"{served}/items/{item_of(store, 1)}")
    browser.wait("document.readyState === 'complete'")
    browser.press("j", "c", "u")
    assert browser.run("document.querySelector('form.decide')") is None
    assert browser.url == f"{served}/items/{item_of(store, 1)}"
    browser.run("document.querySelector('#keys-on').click()")
    browser.press("u")
    browser.wait("location.pathname === '/queue'")


def test_axe_finds_nothing_on_any_page_in_either_language(browser: Browser, served: str, store: Store) -> None:
    browser.open(f"{served}/sign-in")
    assert violations(browser) == [], "sign-in"
    enter(browser, served, store.add_reviewer("가람")[1])
    paths = ("/queue", f"/items/{item_of(store, 1)}", "/decided", "/items/999999")
    for _ in LANGUAGES:
        browser.open(f"{served}/queue")
        browser.run("document.querySelector('form[action=\"/language\"] button').click()")
        browser.wait("location.pathname === '/queue' && document.readyState === 'complete'")
        for path in paths:
            browser.open(served + path)
            browser.wait("document.readyState === 'complete'")
            assert violations(browser) == [], (path, browser.run("document.documentElement.lang"))
    browser.open(f"{served}/items/{item_of(store, 1)}")
    browser.press("c")
    browser.wait("document.querySelector('form.decide') !== null")
    assert violations(browser) == [], "a claimed posting with its form"
