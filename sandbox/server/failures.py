"""Failure modes by setting: which requests go wrong, how, and how often. Seeded, so a run can be repeated.

Grammar (also as a JSON list of objects with the same keys, ``at`` and ``mode`` first)::

    SPEC = RULE ; RULE ; ...          RULE = AT : MODE , KEY=VALUE , ...
    AT   = PROVIDER | PROVIDER.ENDPOINT       e.g. work24, work24.detail, nts.status, portal.list
         | SOURCE                             e.g. insurance_events: its delivered files (file_failures.py)
"""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.server.answers import Request
from sandbox.server.contracts import CONTRACTS, Column, Contract, SetupError
from sandbox.server.effects import BAD_BYTES, CONTROL_CHARACTER, Effects

ALWAYS = "always"
#: Retry-After as a date (one second ahead) and not as seconds
RETRY_AT_DATE = "date"
#: transport modes: how the answer travels. Option -> default.
TRANSPORT: dict[str, dict[str, str]] = {
    "http_429": {"retry_after": "0"},
    "http_500": {"status": "500"},
    "timeout": {"seconds": "30"},
    "slow_body": {"seconds": "2"},
    "truncated_body": {"keep": "0.5"},
    "html_200": {},
}
#: content modes: what the answer says. Those in _LASTING stay until switched off, the others happen once.
CONTENT: dict[str, dict[str, str]] = {
    "duplicate_page": {},
    "shifting_rows": {"by": "1"},
    "changing_total": {"by": "1"},
    "filter_ignored": {},
    "bad_bytes": {"column": ""},
    "control_characters": {"column": ""},
    "schema_new_column": {"column": "newFieldNm", "value": "신규"},
    "schema_missing_column": {"column": ""},
    "schema_renamed_column": {"column": "", "to": ""},
    "schema_retyped_column": {"column": ""},
    "empty_day": {},
    "tenfold_day": {},
}
_LASTING = {mode for mode in CONTENT if mode.startswith("schema_")} | {
    "empty_day",
    "tenfold_day",
    "bad_bytes",
    "control_characters",
}
_LATER_PAGES = {"duplicate_page", "shifting_rows"}
#: these change the population of a provider, so they hold for lists and details alike
_WHOLE_PROVIDER = {"empty_day", "tenfold_day", *TRANSPORT}
_ARRIVING = {"slow_body"}
_ALIASES = {"truncated": "truncated_body"}
_SELECTORS = ("page", "nth", "share", "times", "each")
_PAGE_PARAMETERS = ("startPage", "pageNum", "pageNo", "page")
_NUMBERS = {"share", "seconds", "keep", "retry_after"}
_WHOLE = {"by", "status"}

HELP = """\
failure modes (--failures, or PUT /_sandbox/failures {"failures": SPEC}):
  SPEC  = RULE;RULE;...     RULE = AT:MODE,KEY=VALUE,...     a JSON list of {"at":..., "mode":..., KEY: ...} also works
  AT    = work24 | work24.list | work24.detail | hrdnet[.list|.detail] | nts | kcomwel | portal,
          or the id of a source that is delivered as files, such as insurance_events
  which requests:   page=2 or page=2-4 (page asked), nth=3 or nth=3-5 (of the requests that fit, from 1),
                    share=0.2 (seeded by the request itself)
  how often:        times=N (in all), each=N (per distinct request), times=always
                    default: once; with share once per request; schema_*, bad_bytes, control_characters, *_day always
  travel:   http_429,retry_after=0 (seconds, or date)   http_500,status=500   timeout,seconds=30   slow_body,seconds=2
            truncated_body,keep=0.5   html_200
  content:  duplicate_page   shifting_rows,by=1 (negative: rows are skipped)   changing_total,by=1
            bad_bytes,column=   control_characters,column=   filter_ignored (kcomwel)   empty_day   tenfold_day
  schema:   schema_new_column,column=newFieldNm,value=신규   schema_missing_column,column=
            schema_renamed_column,column=,to=   schema_retyped_column,column=
            column is a wire or contract name, detail.X for a field of the detail; default: one picked by the seed
files:    bad_bytes   truncated   html   schema_* (as above)   empty_day   tenfold_day   wrong_control_total
          missing_control_total; day=2026-10-02 for that delivery only (default: each), column= for schema_*
example:  --failures 'ui_claims:truncated,day=2026-10-02;work24.list:http_429,page=2,retry_after=1'
"""


@dataclass(frozen=True)
class Rule:
    """One failure: where, what, on which requests, how often."""

    provider: str
    endpoint: str | None
    mode: str
    options: Mapping[str, str]
    pages: range | None = None
    nths: range | None = None
    share: float | None = None
    times: int | None = None
    each: int | None = None

    def number(self, option: str) -> float:
        return float(self.options[option])


@dataclass(frozen=True)
class Decision:
    """What happens to one request: at most one transport failure, any number of content failures."""

    transport: Rule | None
    effects: Effects
    modes: tuple[str, ...]


@dataclass
class _Counts:
    seen: int = 0
    hits: int = 0
    by_request: Counter[str] = field(default_factory=Counter)


def parse(spec: str | Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Settings of each rule as texts, from the grammar or from JSON. Raises SetupError when it is neither."""
    if not isinstance(spec, str):
        return [{str(k): str(v) for k, v in rule.items()} for rule in spec]
    if spec.lstrip().startswith("["):
        try:
            return parse(json.loads(spec))
        except (ValueError, AttributeError) as error:
            raise SetupError(f"--failures: not a JSON list of objects ({error}).") from error
    rules = []
    for text in filter(None, (part.strip() for part in spec.split(";"))):
        at, colon, rest = text.partition(":")
        mode, *settings = [part.strip() for part in rest.split(",")]
        if not colon or not mode or not all("=" in setting for setting in settings):
            raise SetupError(f"--failures: '{text}' is not AT:MODE,KEY=VALUE,... (see --help).")
        rules.append({"at": at.strip(), "mode": mode} | dict(setting.split("=", 1) for setting in settings))
    return rules


def is_about_files(settings: Mapping[str, str]) -> bool:
    """Whether a rule is about delivered files: it names a source, and no provider."""
    return (CONTRACTS / f"{settings.get('at', '')}.yml").is_file()


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def build_rule(settings: Mapping[str, str], providers: Mapping[str, Sequence[str]]) -> Rule:
    """A rule from its settings. ``providers`` maps a provider to its endpoints. Raises SetupError naming the mend."""
    provider, _, endpoint = settings.get("at", "").partition(".")
    mode = _ALIASES.get(settings.get("mode", ""), settings.get("mode", ""))
    defaults = TRANSPORT.get(mode, CONTENT.get(mode))
    if provider not in providers or (endpoint and endpoint not in providers[provider]):
        known = ", ".join(f"{p}.{e}" for p, endpoints in providers.items() for e in endpoints)
        raise SetupError(f"--failures: no provider '{settings.get('at', '')}'. Known: {known}.")
    if defaults is None:
        raise SetupError(f"--failures: no mode '{mode}'. Known: {', '.join([*TRANSPORT, *CONTENT])}.")
    given = {k: v for k, v in settings.items() if k not in {"at", "mode"}}
    unknown = set(given) - set(defaults) - set(_SELECTORS)
    if unknown:
        raise SetupError(f"--failures: {mode} has no setting {sorted(unknown)}. Known: {[*defaults, *_SELECTORS]}.")
    if mode == "filter_ignored" and provider != "kcomwel":
        raise SetupError("--failures: filter_ignored is a failure of kcomwel only.")
    try:
        for name, value in given.items():
            if name in _NUMBERS and (name, value) != ("retry_after", RETRY_AT_DATE):
                float(value)
            elif name in _WHOLE:
                int(value)
        share = float(given["share"]) if "share" in given else None
        times = None if given.get("times") in {None, ALWAYS} else int(given["times"])
        each = int(given["each"]) if "each" in given else None
        pages = _range(given["page"]) if "page" in given else None
        nths = _range(given["nth"]) if "nth" in given else None
    except ValueError as error:
        raise SetupError(f"--failures: {settings.get('at')}:{mode}: {error}. Give a number there.") from error
    if "times" not in given and each is None and mode not in _LASTING:
        times, each = (None, 1) if share is not None else (1, None)
    options = {**defaults, **{k: v for k, v in given.items() if k in defaults}}
    if not endpoint and mode not in _WHOLE_PROVIDER:
        endpoint = "detail" if options.get("column", "").startswith("detail.") else providers[provider][0]
    return Rule(provider, endpoint or None, mode, options, pages, nths, share, times, each)


class FailurePlan:
    """All rules in force, with their counters. Safe to ask from many threads."""

    def __init__(
        self,
        spec: str | Sequence[Mapping[str, Any]],
        contracts: Mapping[str, Contract],
        providers: Mapping[str, Sequence[str]],
        seed: int,
    ) -> None:
        self._seed = seed
        about_answers = [rule for rule in parse(spec) if not is_about_files(rule)]
        self._rules = [_with_column(build_rule(s, providers), contracts, seed) for s in about_answers]
        self._counts = [_Counts() for _ in self._rules]
        self._lock = threading.Lock()

    def decide(self, provider: str, endpoint: str, request: Request) -> Decision:
        """Failures of this request; counts it. Which of equal requests fails first depends only on their order.

        An answer that does not arrive whole uses up no content failure: the client never sees it.
        """
        transport = next((rule for rule, _ in self._hits(provider, endpoint, request, TRANSPORT)), None)
        if transport and transport.mode not in _ARRIVING:
            return Decision(transport, Effects(), (transport.mode,))
        effects, modes = Effects(), [transport.mode] if transport else []
        for rule, hit in self._hits(provider, endpoint, request, CONTENT):
            effects = _apply(effects, rule, hit)
            modes.append(rule.mode)
        return Decision(transport, effects, tuple(modes))

    def _hits(
        self, provider: str, endpoint: str, request: Request, modes: Collection[str]
    ) -> Iterator[tuple[Rule, int]]:
        """Rules among ``modes`` that this request meets, each with its hits so far."""
        page = next((int(v) for p in _PAGE_PARAMETERS if (v := request.get(p)).isdigit()), None)
        identity = _identity(request)
        for number, (rule, counts) in enumerate(zip(self._rules, self._counts, strict=True)):
            if rule.mode not in modes or rule.provider != provider or rule.endpoint not in {None, endpoint}:
                continue
            if rule.pages is not None and page not in rule.pages:
                continue
            if rule.mode in _LATER_PAGES and (page is None or page < 2):
                continue
            if rule.share is not None and _fraction(self._seed, number, identity) >= rule.share:
                continue
            with self._lock:
                counts.seen += 1
                if rule.nths is not None and counts.seen not in rule.nths:
                    continue
                if rule.times is not None and counts.hits >= rule.times:
                    continue
                if rule.each is not None and counts.by_request[identity] >= rule.each:
                    continue
                counts.hits += 1
                counts.by_request[identity] += 1
                hit = counts.hits
            yield rule, hit


def _identity(request: Request) -> str:
    """What makes two requests the same one: all but the key."""
    asked = sorted((k, v) for k, v in request.parameters.items() if k not in {"authKey", "serviceKey"})
    text = repr((request.method, request.path, asked)).encode() + request.body
    return hashlib.sha256(text).hexdigest()


def _fraction(seed: int, rule: int, identity: str) -> float:
    digest = hashlib.sha256(f"{seed}:{rule}:{identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _with_column(rule: Rule, contracts: Mapping[str, Contract], seed: int) -> Rule:
    """The rule with the wire name of the column it is about; one is picked by the seed when none is named."""
    if "column" not in rule.options or rule.mode == "schema_new_column":
        return rule
    contract = contracts[rule.provider]
    in_detail = rule.endpoint == "detail"
    columns = [c for c in contract.columns if c.in_detail == in_detail]
    named = rule.options["column"].removeprefix("detail.")
    if named:
        column = next((c for c in columns if named in {c.wire, c.name}), None)
        if column is None:
            raise SetupError(
                f"--failures: {rule.provider} has no column '{named}'. Known: {[c.wire for c in columns]}."
            )
    else:
        fitting = [c for c in columns if c.name not in contract.key and _fits(rule.mode, c)]
        column = random.Random(f"{seed}:{rule.provider}:{rule.mode}").choice(fitting)
    to = rule.options.get("to") or f"{column.wire}New"
    return replace(
        rule, options={**rule.options, "column": column.wire, **({"to": to} if "to" in rule.options else {})}
    )


def _fits(mode: str, column: Column) -> bool:
    if mode == "schema_retyped_column":
        return column.logical_type != "string"
    return column.logical_type == "string" if mode in {"bad_bytes", "control_characters"} else True


def _apply(effects: Effects, rule: Rule, hit: int) -> Effects:
    column = rule.options.get("column", "")
    match rule.mode:
        case "duplicate_page":
            return replace(effects, page_again=True)
        case "shifting_rows":
            return replace(effects, shift=int(rule.options["by"]))
        case "changing_total":
            return replace(effects, total_change=int(rule.options["by"]) * hit)
        case "filter_ignored":
            return replace(effects, filter_ignored=True)
        case "bad_bytes":
            return replace(effects, planted=(column, BAD_BYTES))
        case "control_characters":
            return replace(effects, planted=(column, CONTROL_CHARACTER))
        case "schema_new_column":
            return replace(effects, new_column=(column, rule.options["value"]))
        case "schema_missing_column":
            return replace(effects, missing=column)
        case "schema_renamed_column":
            return replace(effects, renamed=(column, rule.options["to"]))
        case "schema_retyped_column":
            return replace(effects, retyped=column)
        case "empty_day":
            return replace(effects, empty=True)
        case _:
            return replace(effects, tenfold=True)
