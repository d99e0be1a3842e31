"""The vetting rules as data: one file per rule in ``validation/rules``, checked against ``rules.schema.json``.

Everything that cannot be said in JSON Schema is checked here, so that a wrong rule stops the start and not a posting:
numbers and names, regular expressions in both engines (Python finds the spans, DuckDB's RE2 the candidates), examples
of every kind, placeholders of messages. Errors name file, key and mend. Numbers and codes: section 3.3 of the domain
file; the set is complete when every number from 1 to ``RULES`` has its file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import yaml

from ingest.typing_sql import literal
from lmi.core.yaml import SafeLoader

RULES_DIR = Path(__file__).parents[1] / "rules"
TABLES_DIR = Path(__file__).parents[1] / "tables"
SCHEMA_FILE = Path(__file__).parents[1] / "rules.schema.json"

PROFILES = ("KR_PUBLIC", "KR_PRIVATE", "EU", "US")
#: how many rules there are; their numbers are 1 to this one
RULES = 41
#: examples every rule needs, by kind
EXAMPLES = {"positive": 3, "negative": 3, "exception": 1, "disguised": 1}
#: characters of the clean view that negations are looked for in, where a condition does not say
BEFORE, AFTER = 5, 15
#: how patterns are compiled: without regard to case, and \w \d \s \b as RE2 has them
FLAGS = re.IGNORECASE | re.ASCII
#: what of a text condition holds regular expressions
PATTERN_KEYS = {"clean", "squashed", "unless", "exceptions"}
_TERM = re.compile(r"\{([a-z][a-z0-9_]*)\}")
#: raised when a change in cleaning or matching changes what rules find; part of the digest
MATCHING_VERSION = "2"


class RuleError(Exception):
    """A rule file is wrong; the message names file, key and mend (exit code 2)."""


@dataclass(frozen=True)
class TextCondition:
    """Regular expressions on the cleaned views of texts; a condition without ``fields`` has only its ``when``."""

    fields: tuple[str, ...] = ()
    clean: tuple[str, ...] = ()
    squashed: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    before: int = BEFORE  # characters of the clean view
    after: int = AFTER
    exceptions: tuple[str, ...] = ()
    when: str | None = None


@dataclass(frozen=True)
class Case:
    """One condition with its severity: a text condition, or some of several signals, or SQL, or SQL with either."""

    code: str
    severity: str  # reject, hold, warn
    profiles: tuple[str, ...]
    text: TextCondition | None = None
    signals: Mapping[str, TextCondition] = field(default_factory=dict)
    at_least: int = 0
    when: str | None = None
    undetermined: str | None = None
    evidence: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()  # that this case asks beside those of the rule
    message: Mapping[str, str] | None = None  # instead of the rule's
    signal: str | None = None  # which case of several with one code it is; its findings carry it


def _covers(law: Mapping[str, Any], profile: str, severity: str | None) -> bool:
    of_severity = severity is None or severity in law.get("severities", (severity,))
    return of_severity and profile in law.get("profiles", PROFILES)


@dataclass(frozen=True)
class Rule:
    """One rule of section 3.3. ``valid_to`` is its last day in force."""

    id: str
    number: int
    version: str
    valid_from: date
    valid_to: date | None
    profiles: tuple[str, ...]
    label: Mapping[str, str]
    needs: tuple[tuple[str, ...], ...]
    registers: tuple[str, ...]
    cases: tuple[Case, ...]
    law: tuple[Mapping[str, Any], ...]  # ko, en; profiles and severities where it is not the law of all
    message: Mapping[str, str]
    advice: Mapping[str, str]
    examples: tuple[Mapping[str, Any], ...]

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def message_for(self, code: str, signal: str | None = None) -> Mapping[str, str]:
        """Wording of a finding with this code and signal."""
        own = (case for case in self.cases if case.code == code and case.signal in (None, signal))
        return next((case.message for case in own if case.message), self.message)

    def basis(self, profile: str, severity: str | None = None) -> tuple[Mapping[str, Any], ...]:
        """The law that holds in one profile; with ``severity`` that of a finding which is as grave."""
        return tuple(entry for entry in self.law if _covers(entry, profile, severity))


@dataclass(frozen=True)
class RuleSet:
    """All rules, by number. ``digest`` (64 hex) changes with anything that can change a decision or its explanation."""

    rules: tuple[Rule, ...]
    digest: str

    def by_number(self, number: int) -> Rule:
        for rule in self.rules:
            if rule.number == number:
                return rule
        raise RuleError(f"There is no rule {number}. Known: {', '.join(str(r.number) for r in self.rules)}.")


class _OneOfEach(SafeLoader):
    """YAML in which a key that appears twice is an error, not the last one wins."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = [key for key, times in Counter(map(str, keys)).items() if times > 1]
        if doubled:
            raise yaml.YAMLError(f"key '{doubled[0]}' appears twice (line {node.start_mark.line + 1})")
        return super().construct_mapping(node, deep)


def _plain(value: Any) -> Any:
    """Days as ISO text, so that a file means the same as its JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _read(path: Path) -> dict[str, Any]:
    try:
        entry = _plain(yaml.load(path.read_text(encoding="utf-8"), Loader=_OneOfEach))  # noqa: S506  # a safe one
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RuleError(f"{path.name}: not valid YAML: {error}. Mend the line it names.") from error
    if not isinstance(entry, dict):
        raise RuleError(f"{path.name}: is empty or no mapping. Start from another rule's file.")
    return entry


def _with_terms(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """The file with ``{country}`` in its patterns replaced by the words of the term ``country``."""
    terms: dict[str, list[str]] = entry.pop("terms", {})

    def spelt(pattern: str, blank: str) -> str:
        unknown = sorted(set(_TERM.findall(pattern)) - set(terms))
        if unknown:
            raise RuleError(f"{name}: terms: {unknown} are named by a pattern and not listed. Known: {sorted(terms)}.")
        words = {term: "|".join(re.escape(word).replace("\\ ", blank) for word in terms[term]) for term in terms}
        return _TERM.sub(lambda match: f"(?:{words[match[1]]})", pattern)

    for _, condition in _conditions(entry):
        for key in PATTERN_KEYS & condition.keys():
            blank = "" if key == "squashed" else " ?"
            condition[key] = [spelt(pattern, blank) for pattern in condition[key]]
    return entry


@lru_cache(maxsize=1)
def _validator() -> Any:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def _conditions(entry: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, text condition) of all cases of a file."""
    for index, case in enumerate(entry["cases"]):
        if "text" in case:
            yield f"cases/{index}/text", case["text"]
        for name, signal in case.get("signals", {}).items():
            yield f"cases/{index}/signals/{name}", signal


def _check_patterns(name: str, entry: Mapping[str, Any], engine: duckdb.DuckDBPyConnection) -> None:
    for where, condition in _conditions(entry):
        for key in PATTERN_KEYS & condition.keys():
            for index, pattern in enumerate(condition[key]):
                at = f"{name}: {where}/{key}/{index}"
                try:
                    compiled = re.compile(pattern, FLAGS)
                except re.error as error:
                    raise RuleError(f"{at}: no regular expression ({error}): {pattern}. Mend the pattern.") from error
                try:
                    engine.execute(f"SELECT regexp_matches('', {literal(pattern)}, 'i')")
                except duckdb.Error as error:
                    raise RuleError(
                        f"{at}: RE2 cannot run {pattern} ({str(error).splitlines()[0]}). "
                        "Say it without look-around and back-references."
                    ) from error
                if compiled.search(""):
                    raise RuleError(f"{at}: {pattern} matches the empty text. Make it demand at least one character.")
                if key == "squashed" and " " in re.sub(r"\[[^\]]*\]", "", pattern):
                    raise RuleError(f"{at}: the squashed view has no blanks: {pattern}. Take them out, or use 'clean'.")


def _check_examples(name: str, entry: Mapping[str, Any]) -> None:
    kinds = Counter(example["kind"] for example in entry["examples"])
    for kind, least in EXAMPLES.items():
        if kinds[kind] < least:
            raise RuleError(f"{name}: examples: {kinds[kind]} of kind '{kind}', at least {least} needed. Add some.")
    known = {(case["code"], case["severity"]) for case in entry["cases"]}
    for index, example in enumerate(entry["examples"]):
        at = f"{name}: examples/{index}"
        if "code" in example and (example["code"], example["severity"]) not in known:
            raise RuleError(f"{at}: no case gives {example['code']} as {example['severity']}. Known: {sorted(known)}.")
        if "words" in example and not any(example["words"] in str(text) for text in example["posting"].values()):
            raise RuleError(f"{at}: words: '{example['words']}' is in no column of the posting. Copy it from there.")
        if example.get("profile", entry["profiles"][0]) not in entry["profiles"] and not example.get("outcome"):
            raise RuleError(f"{at}: profile: the rule is not of {example['profile']}. Known: {entry['profiles']}.")


def _check(path: Path, entry: dict[str, Any], engine: duckdb.DuckDBPyConnection) -> None:
    """Raises RuleError for the first thing wrong with one file."""
    name = path.name
    errors = sorted(_validator().iter_errors(entry), key=lambda e: [str(step) for step in e.absolute_path])
    if errors:
        first = jsonschema.exceptions.best_match(errors)
        at = "/".join(str(step) for step in first.absolute_path) or "top level"
        raise RuleError(f"{name}: {at}: {first.message}. See validation/rules.schema.json for what is allowed.")
    entry = _with_terms(name, entry)
    if entry["rule"].lower() != path.stem:
        raise RuleError(f"{name}: rule: '{entry['rule']}' must equal the file name in capitals. Rename one of them.")
    for key in ("valid_from", "valid_to"):
        try:
            day = entry[key] and date.fromisoformat(entry[key])
        except ValueError as error:
            raise RuleError(f"{name}: {key}: {entry[key]} is no day ({error}). Write YYYY-MM-DD.") from error
    if day and day < date.fromisoformat(entry["valid_from"]):
        raise RuleError(f"{name}: valid_to: lies before valid_from. Swap or mend them.")
    for index, case in enumerate(entry["cases"]):
        at = f"{name}: cases/{index}"
        outside = sorted(set(case.get("profiles", ())) - set(entry["profiles"]))
        if outside:
            raise RuleError(f"{at}/profiles: {outside} are no profiles of the rule. Add them there or take them out.")
        if case.get("at_least", 0) > len(case.get("signals", ())):
            raise RuleError(f"{at}/at_least: more than there are signals. Lower it or add signals.")
    for case in entry["cases"]:
        for profile in case.get("profiles", entry["profiles"]):
            if not any(_covers(law, profile, case["severity"]) for law in entry["law"]):
                raise RuleError(
                    f"{name}: law: nothing holds in {profile} for what is '{case['severity']}'. Add the law of it."
                )
    allowed = {"quote"} | {column for case in entry["cases"] for column in case.get("evidence", ())}
    said = {f"cases/{index}/message": case["message"] for index, case in enumerate(entry["cases"]) if "message" in case}
    for key, texts in ({"message": entry["message"], "advice": entry["advice"]} | said).items():
        for lang, words in texts.items():
            unknown = sorted(set(re.findall(r"\{([^}]*)\}", words)) - allowed)
            if unknown:
                raise RuleError(
                    f"{name}: {key}/{lang}: placeholders {unknown} are not known. Known: {sorted(allowed)}."
                )
    _check_patterns(name, entry, engine)
    _check_examples(name, entry)


def _condition(entry: Mapping[str, Any]) -> TextCondition:
    window = entry.get("window", {})
    return TextCondition(
        fields=tuple(entry.get("fields", ())),
        clean=tuple(entry.get("clean", ())),
        squashed=tuple(entry.get("squashed", ())),
        unless=tuple(entry.get("unless", ())),
        before=window.get("before", BEFORE),
        after=window.get("after", AFTER),
        exceptions=tuple(entry.get("exceptions", ())),
        when=entry.get("when"),
    )


def _case(entry: Mapping[str, Any], profiles: tuple[str, ...]) -> Case:
    return Case(
        code=entry["code"],
        severity=entry["severity"],
        profiles=tuple(entry.get("profiles", profiles)),
        text=_condition(entry["text"]) if "text" in entry else None,
        signals={name: _condition(signal) for name, signal in entry.get("signals", {}).items()},
        at_least=entry.get("at_least", 0),
        when=entry.get("when"),
        undetermined=entry.get("undetermined"),
        evidence=tuple(entry.get("evidence", ())),
        registers=tuple(entry.get("registers", ())),
        message=entry.get("message"),
        signal=entry.get("signal"),
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    profiles = tuple(entry["profiles"])
    return Rule(
        id=entry["rule"],
        number=entry["number"],
        version=entry["version"],
        valid_from=date.fromisoformat(entry["valid_from"]),
        valid_to=date.fromisoformat(entry["valid_to"]) if entry["valid_to"] else None,
        profiles=profiles,
        label=entry["label"],
        needs=tuple(tuple(names) for names in entry["needs"]),
        registers=tuple(entry["registers"]),
        cases=tuple(_case(case, profiles) for case in entry["cases"]),
        law=tuple(entry["law"]),
        message=entry["message"],
        advice=entry["advice"],
        examples=tuple(entry["examples"]),
    )


def _digest(entries: list[dict[str, Any]], tables: Path) -> str:
    """Hash over rules (without their examples, which judge nothing) and the tables that rules read."""
    judged = [{key: value for key, value in entry.items() if key != "examples"} for entry in entries]
    digest = hashlib.sha256()
    digest.update(json.dumps([MATCHING_VERSION, judged], ensure_ascii=False, sort_keys=True).encode())
    for path in sorted(tables.glob("*.csv")):
        digest.update(f"\n{path.name}\n".encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


@lru_cache(maxsize=8)
def load_rules(folder: Path = RULES_DIR, tables: Path = TABLES_DIR, *, complete: bool = False) -> RuleSet:
    """Read and check all rule files of a folder. Every number must be there in ``RULES_DIR``, and where ``complete``
    says so. Raises RuleError.
    """
    entries: dict[int, dict[str, Any]] = {}
    with duckdb.connect() as engine:
        for path in sorted(folder.glob("*.yml")):
            entry = _read(path)
            _check(path, entry, engine)
            number = entry["number"]
            if number in entries:
                raise RuleError(f"{path.name}: number: {number} is that of {entries[number]['rule']}. Take a free one.")
            if number > RULES:
                raise RuleError(f"{path.name}: number: {number} is above {RULES}. Raise RULES in vetting/rules.py.")
            entries[number] = entry
    missing = [number for number in range(1, RULES + 1) if number not in entries]
    if missing and (complete or folder == RULES_DIR or not entries):
        raise RuleError(f"{folder}: number: rules {missing} have no file. Restore them, or end them by valid_to.")
    ordered = [entries[number] for number in sorted(entries)]
    return RuleSet(tuple(_rule(entry) for entry in ordered), _digest(ordered, tables))
