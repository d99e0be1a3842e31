"""One polite HTTP client for all providers: deadlines, retries, Retry-After, rate limit, whole bodies, no keys told.

5xx, 429, timeouts, cut-off bodies and HTML pages with status 200 are tried again; any other 4xx is final.
"""

from __future__ import annotations

import email.utils
import logging
import math
import os
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit
from urllib.request import getproxies, proxy_bypass

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError as TransportError

from ingest.delivery import FetchError
from lmi.core.clock import utc_now

log = logging.getLogger(__name__)
_SECRET_PARAMS = re.compile(r"((?:authKey|serviceKey|api[-_]?key|access_token|token)=)[^&\s'\"]+", re.IGNORECASE)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HTML = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True)
class Policy:
    """How patient and how polite. Times in seconds; a registry entry overrides them under ``fetch.http``."""

    connect_timeout: float = 10.0
    read_timeout: float = 30.0  # between two pieces of a body
    deadline: float = 120.0  # one attempt, body included
    attempts: int = 5
    backoff: float = 0.5  # first wait; doubles
    backoff_cap: float = 60.0
    retry_after_cap: float = 300.0
    max_body: int = 256 << 20
    requests_per_second: float = 5.0
    connections: int = 8

    @classmethod
    def of(cls, fetch: Mapping[str, Any], base_url: str) -> Policy:
        """Policy of a registry entry's ``fetch``. On loopback there is nobody to spare, so no pace is kept there."""
        if urlsplit(base_url).hostname in _LOOPBACK:
            rate = {"requests_per_second": math.inf}
        else:
            rate = {"requests_per_second": float(fetch.get("requests_per_second", cls.requests_per_second))}
        return cls(**{**rate, **fetch.get("http", {})})


@dataclass
class Clock:
    """Time as the client sees it; tests put their own in and wait for nothing."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = utc_now


class RateLimit:
    """At most ``per_second`` starts, evenly spaced, over all threads."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._gap, self._clock, self._next, self._lock = 1.0 / per_second, clock, 0.0, threading.Lock()

    def wait(self) -> None:
        with self._lock:
            now = self._clock.monotonic()
            start = max(now, self._next)
            self._next = start + self._gap
        if start > now:
            self._clock.sleep(start - now)


@dataclass(frozen=True)
class Answer:
    """A whole body with status 200."""

    body: bytes
    content_type: str
    attempts: int = 1


class _Again(Exception):
    """This attempt failed in a way that may pass."""

    def __init__(self, code: str, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.code, self.wait = code, wait


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or HTTP date), None when absent or unreadable."""
    if not value:
        return None
    if re.fullmatch(r"\s*\d+\s*", value):
        return float(value)
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


@dataclass
class HttpClient:
    """Client of one provider; safe to use from several threads. ``secrets`` never appear in a message or log line."""

    base: str
    policy: Policy = field(default_factory=Policy)
    secrets: tuple[str, ...] = ()
    clock: Clock = field(default_factory=Clock)
    random: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # no credentials from .netrc, no proxy between us and the loopback
        host = urlsplit(self.base).hostname or ""
        if host not in _LOOPBACK and not proxy_bypass(host):
            self._session.proxies.update(getproxies())
        if bundle := os.environ.get("REQUESTS_CA_BUNDLE"):  # a ministry's own certificate authority
            self._session.verify = bundle
        self._session.headers.update({"User-Agent": "lmi-warehouse", "Accept-Encoding": "gzip, deflate"})
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=self.policy.connections, pool_block=True)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._rate = RateLimit(self.policy.requests_per_second, self.clock)
        self._pause_until = 0.0

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def address(self, path: str) -> str:
        """URL of a path for manifests: without user, password and parameters."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{path}"

    def redact(self, text: str) -> str:
        """Text without keys, also in their percent-encoded forms and in unknown key parameters."""
        for secret in self.secrets:
            for form in {secret, quote(secret, safe=""), quote_plus(secret), quote(secret)}:
                if form:
                    text = text.replace(form, "***")
        return _SECRET_PARAMS.sub(r"\1***", text)

    def get(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        return self.request("GET", path, params=params, **options)

    def post(self, path: str, json: Any, params: Mapping[str, Any] | None = None, **options: Any) -> Answer:
        return self.request("POST", path, params=params, json=json, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        gone: frozenset[int] = frozenset(),
    ) -> Answer:
        """A whole answer with status 200. Statuses in ``gone`` raise FetchError ``gone`` at once.

        Raises FetchError: rate_limited, server_error, timeout, connection, truncated, html_answer, too_large,
        http_<status>, gone. The message names path and status, never parameters.
        """
        for attempt in range(1, self.policy.attempts + 1):
            self._wait_turn()
            try:
                body, kind = self._attempt(method, path, params, json, headers, gone)
                return Answer(body, kind, attempt)
            except _Again as again:
                reason = self.redact(str(again))
                if attempt == self.policy.attempts:
                    raise FetchError(
                        again.code,
                        f"{path}: {reason}, {attempt} times. The provider is not answering; the next run tries again.",
                        transient=True,
                    ) from None
                wait = self._backoff(attempt, again)
                log.info("%s: %s; attempt %d in %.1f s", path, reason, attempt + 1, wait)
                if again.wait is not None:  # the provider asked for it: all threads wait
                    self._pause_until = max(self._pause_until, self.clock.monotonic() + wait)
                self.clock.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _wait_turn(self) -> None:
        if (pause := self._pause_until - self.clock.monotonic()) > 0:
            self.clock.sleep(pause)
        self._rate.wait()

    def _backoff(self, attempt: int, again: _Again) -> float:
        if again.wait is not None:
            if again.wait > self.policy.retry_after_cap:
                raise FetchError(
                    "rate_limited",
                    f"the provider asks to wait {again.wait:.0f} s, longer than {self.policy.retry_after_cap:.0f} s."
                    " The quota of the day is probably used up; the next run tries again.",
                    transient=True,
                )
            return again.wait
        ceiling = min(self.policy.backoff_cap, self.policy.backoff * 2 ** (attempt - 1))
        return ceiling * (0.5 + self.random.random() / 2)

    def _attempt(
        self, method: str, path: str, params: Any, json: Any, headers: Mapping[str, str] | None, gone: frozenset[int]
    ) -> tuple[bytes, str]:
        started = self.clock.monotonic()
        timeouts = (self.policy.connect_timeout, self.policy.read_timeout)
        try:
            with self._session.request(
                method, self.base + path, params=params, json=json, headers=headers, timeout=timeouts, stream=True,
                allow_redirects=False,
            ) as response:  # fmt: skip
                self._check_status(response, gone, path)
                body = self._read(response, started)
        except (requests.Timeout, TimeoutError):
            raise _Again("timeout", "no answer in time") from None
        except requests.RequestException as error:
            raise _Again("connection", f"the connection failed ({type(error).__name__})") from None
        except TransportError as error:
            code = "timeout" if "Timeout" in type(error).__name__ else "truncated"
            raise _Again(code, f"the body broke off ({type(error).__name__})") from None
        if _HTML.match(body[:4096]):
            raise _Again("html_answer", "an HTML page came instead of data")
        return body, response.headers.get("Content-Type", "")

    def _check_status(self, response: requests.Response, gone: frozenset[int], path: str) -> None:
        status = response.status_code
        if status == 200:
            return
        wait = retry_after(response.headers.get("Retry-After"), self.clock.now())
        if status == 429:
            raise _Again("rate_limited", "too many requests (429)", wait)
        if status >= 500 or status == 408:
            raise _Again("server_error", f"status {status}", wait)
        if status in gone:
            raise FetchError("gone", f"{path}: status {status}; the record is gone.")
        advice = "Check key and permissions" if status in {401, 403} else "Check endpoint and fetch entry of the source"
        raise FetchError(f"http_{status}", f"{path}: status {status}. {advice}; trying again would not help.")

    def _read(self, response: requests.Response, started: float) -> bytes:
        """The whole body. A piece arrives before the read timeout, all of it before the deadline."""
        parts: list[bytes] = []
        size = 0
        # what has come so far, not a full piece: of a body that drips, the clock must be looked at in between
        while part := response.raw.read1(64 << 10, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self.policy.max_body:
                raise FetchError(
                    "too_large", f"the answer is larger than {self.policy.max_body} bytes. Ask for smaller pages."
                )
            if self.clock.monotonic() - started > self.policy.deadline:
                raise _Again("timeout", f"the body took longer than {self.policy.deadline:g} s")
        declared = response.headers.get("Content-Length")
        if declared is not None and declared.isdigit() and response.raw.tell() < int(declared):
            raise _Again("truncated", f"{response.raw.tell()} of {declared} bytes came")
        return b"".join(parts)
