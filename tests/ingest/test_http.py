"""The HTTP client: what it tries again, how long it waits, what it refuses, and that no key is ever told."""

from __future__ import annotations

import logging
import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from ingest.delivery import FetchError
from ingest.http import Clock, HttpClient, Policy, RateLimit, retry_after
from tests.ingest.connector_support import KEY, Asked, Reply, wire

NOW = datetime(2026, 10, 1, tzinfo=UTC)


class FakeTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.at, self.slept = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.at += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.at, self.sleep, lambda: NOW)


def client(port: int, fake: FakeTime, **policy: float) -> HttpClient:
    values = {"attempts": 3, "read_timeout": 0.2, "requests_per_second": 1e9, **policy}
    return HttpClient(f"http://127.0.0.1:{port}", Policy(**values), (KEY,), fake.clock(), random.Random(7))


def test_a_good_answer_comes_whole_over_one_connection():
    with wire(lambda a: a.path.encode()) as log, client(log.port, FakeTime()) as http:
        assert [http.get(f"/{n}").body for n in range(5)] == [b"/0", b"/1", b"/2", b"/3", b"/4"]
    assert log.connections == 1


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=500), "server_error"),
        (Reply(status=503), "server_error"),
        (Reply(status=429), "rate_limited"),
        (Reply(b'{"half":', declared=100), "truncated"),
        (Reply(b" \n<!DOCTYPE html><html></html>"), "html_answer"),
        (Reply(b"<!-- x --><HTML><body>wait</body></HTML>"), "html_answer"),
    ],
)
def test_what_may_pass_is_tried_again_and_then_refused_as_transient(reply, code):
    fake = FakeTime()
    with wire(lambda a: reply) as log, client(log.port, fake) as http, pytest.raises(FetchError) as caught:
        http.get("/list")
    assert (caught.value.code, caught.value.transient, len(log.asked)) == (code, True, 3)
    assert len(fake.slept) == 2
    assert 0.25 <= fake.slept[0] <= 0.5 <= fake.slept[1] <= 1.0  # doubles, with jitter


def test_it_recovers_when_the_trouble_passes():
    with wire(lambda a: Reply(status=500) if a.nth < 3 else b"ok") as log, client(log.port, FakeTime()) as http:
        answer = http.get("/list")
    assert (answer.body, answer.attempts) == (b"ok", 3)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413])
def test_other_statuses_are_final(status):
    with wire(lambda a: Reply(status=status, headers={"Location": "/x"})) as log:
        with client(log.port, FakeTime()) as http, pytest.raises(FetchError) as caught:
            http.get("/list")
    assert (caught.value.code, caught.value.transient, len(log.asked)) == (f"http_{status}", False, 1)


def test_gone_is_told_apart_from_an_error():
    with wire(lambda a: Reply(status=410)) as log, client(log.port, FakeTime()) as http:
        with pytest.raises(FetchError) as caught:
            http.get("/detail", gone=frozenset({404, 410}))
    assert caught.value.code == "gone"


def test_silence_is_a_timeout():
    release = threading.Event()
    with (
        wire(lambda a: Reply(hold=release)) as log,
        client(log.port, FakeTime(), attempts=1, read_timeout=0.05) as http,
    ):
        with pytest.raises(FetchError) as caught:
            http.get("/list")
        release.set()
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("drip", [(70_000, 0.04), (100, 0.04)])
def test_a_body_that_drips_for_ever_meets_the_deadline(drip):
    """Also one that would need 200 s for a single full piece."""
    policy = Policy(attempts=1, read_timeout=0.5, deadline=0.1, requests_per_second=1e9)
    begun = time.monotonic()
    with wire(lambda a: Reply(b"x" * 500_000, drip=drip)) as log:
        with HttpClient(f"http://127.0.0.1:{log.port}", policy) as http, pytest.raises(FetchError) as caught:
            http.get("/list")
        assert time.monotonic() - begun < 20
    assert caught.value.code == "timeout"


def test_no_connection_is_transient():
    with wire(lambda a: b"") as log:
        port = log.port
    with client(port, FakeTime(), attempts=1) as http, pytest.raises(FetchError) as caught:
        http.get("/list")
    assert (caught.value.code, caught.value.transient) == ("connection", True)


def test_a_body_above_the_limit_is_refused():
    with wire(lambda a: b"x" * 200_000) as log, client(log.port, FakeTime(), max_body=100_000) as http:
        with pytest.raises(FetchError) as caught:
            http.get("/list")
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("value", ["7", "Thu, 01 Oct 2026 00:00:07 GMT"])
def test_retry_after_is_honoured_in_both_forms(value):
    fake = FakeTime()
    script = lambda a: Reply(status=429, headers={"Retry-After": value}) if a.nth == 1 else b"ok"  # noqa: E731
    with wire(script) as log, client(log.port, fake) as http:
        assert http.get("/list").body == b"ok"
    assert fake.slept == [7.0]


def test_a_retry_after_beyond_the_cap_ends_the_pull():
    fake = FakeTime()
    with wire(lambda a: Reply(status=429, headers={"Retry-After": "86400"})) as log, client(log.port, fake) as http:
        with pytest.raises(FetchError, match="86400 s"):
            http.get("/list")
    assert fake.slept == []
    assert len(log.asked) == 1


def test_retry_after_values():
    assert retry_after(None, NOW) is None
    assert retry_after("soon", NOW) is None
    assert retry_after("Wed, 30 Sep 2026 23:59:00 GMT", NOW) == 0.0
    assert retry_after((NOW + timedelta(seconds=5)).strftime("%a, %d %b %Y %H:%M:%S -0000"), NOW) == 5.0


def test_the_rate_limit_spaces_starts_evenly():
    fake = FakeTime()
    limit = RateLimit(4.0, fake.clock())
    for _ in range(4):
        limit.wait()
    assert fake.slept == [0.25, 0.25, 0.25]


def test_no_key_in_messages_and_log_lines(caplog):
    caplog.set_level(logging.DEBUG)
    with client(1, FakeTime(), attempts=2) as http, pytest.raises(FetchError) as caught:
        http.get("/list", {"authKey": KEY})
    shown = str(caught.value) + repr(caught.value.__cause__) + caplog.text
    assert "/list" in shown
    assert KEY not in shown


def test_redaction_knows_encoded_and_unknown_keys():
    http = HttpClient("http://x", secrets=("a+b/c==",))
    assert http.redact("?k=a%2Bb%2Fc%3D%3D&x=a+b/c==") == "?k=***&x=***"
    assert http.redact("GET /p?serviceKey=zzz&page=2") == "GET /p?serviceKey=***&page=2"


def test_the_address_kept_in_manifests_has_no_user_and_no_parameters():
    assert HttpClient("https://user:secret@h.kr:8443/base").address("/list") == "https://h.kr:8443/base/list"


def test_a_proxy_of_the_environment_is_used_but_never_for_the_loopback(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with wire(lambda a: b"ok") as log, client(log.port, FakeTime()) as http:
        assert http.get("/").body == b"ok"
    with HttpClient("http://example.invalid", Policy(attempts=1)) as http, pytest.raises(FetchError) as caught:
        http.get("/")
    assert "ProxyError" in str(caught.value)


def test_parameters_and_json_reach_the_provider():
    def script(asked: Asked) -> bytes:
        assert asked.params == {"serviceKey": KEY}
        return asked.body

    with wire(script) as log, client(log.port, FakeTime()) as http:
        assert http.post("/status", {"b_no": ["1"]}, {"serviceKey": KEY}).body == b'{"b_no": ["1"]}'


def test_the_pace_is_the_contracts_and_none_on_loopback() -> None:
    fetch = {"requests_per_second": 3}
    assert Policy.of(fetch, "https://www.work24.go.kr").requests_per_second == 3
    assert Policy.of(fetch, "http://127.0.0.1:8080").requests_per_second == float("inf")
