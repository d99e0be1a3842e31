"""Answers whose bytes and headers stand ready: the right encoding, or 304, is chosen and sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from starlette.types import Receive, Scope, Send

from exports.api.messages import qualities

#: encodings from the best liked when a reader likes several equally
ENCODINGS = ("zstd", "gzip", "identity")
Header = tuple[bytes, bytes]
#: asked for again at the latest after this; a release is made once a day
CACHE = b"public, max-age=300"


@dataclass(frozen=True)
class Representation:
    """One answer in one encoding. ``etag`` is strong: it differs between encodings (RFC 9110, 8.8.3)."""

    body: bytes
    etag: bytes
    start: dict[str, Any]
    not_modified: dict[str, Any]


@dataclass(frozen=True)
class Prepared:
    """One answer in every encoding that is worth sending. ``modified``: seconds since 1970."""

    by_encoding: Mapping[str, Representation]
    modified: float

    @classmethod
    def of(
        cls,
        bodies: Mapping[str, bytes | None],
        media_type: str,
        sha256: str,
        modified: str,
        extra: Iterable[Header] = (),
    ) -> Prepared:
        """``bodies``: encoding -> bytes, ``identity`` always among them. ``modified``: HTTP date of the release."""
        ready = {}
        for encoding, body in bodies.items():
            if body is None:
                continue
            etag = f'"{sha256[:32]}{"" if encoding == "identity" else f"-{encoding}"}"'.encode()
            kept: list[Header] = [
                (b"etag", etag), (b"last-modified", modified.encode()), (b"cache-control", CACHE),
                (b"vary", b"Accept, Accept-Encoding"), *extra,
            ]  # fmt: skip
            told: list[Header] = [
                (b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode()),
                (b"x-content-type-options", b"nosniff"), *kept,
            ]  # fmt: skip
            if encoding != "identity":
                told.append((b"content-encoding", encoding.encode()))
            ready[encoding] = Representation(
                body,
                etag,
                {"type": "http.response.start", "status": 200, "headers": told},
                {"type": "http.response.start", "status": 304, "headers": kept},
            )
        return cls(ready, parsedate_to_datetime(modified).timestamp())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer as ASGI: the best encoding that is there, nothing of it where the reader has it already."""
        accepted = matched = since = b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":
                matched = value
            elif name == b"if-modified-since":
                since = value
        chosen = next(self.by_encoding[e] for e in wished(accepted) if e in self.by_encoding)
        if (matched and has(matched, chosen.etag)) or (since and not matched and self._is_since(since)):
            await send(chosen.not_modified)
            await send({"type": "http.response.body", "body": b""})
            return
        await send(chosen.start)
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else chosen.body})

    def _is_since(self, since: bytes) -> bool:
        try:
            return self.modified <= parsedate_to_datetime(since.decode("latin-1")).timestamp()
        except (TypeError, ValueError):
            return False


@lru_cache(maxsize=512)
def wished(header: bytes) -> tuple[str, ...]:
    """Encodings to try in turn for an Accept-Encoding header; as it is comes last unless it is liked better."""
    liked = qualities(header.decode("latin-1"))
    rest = liked.get("*", 0.0)
    weight = {name: liked.get(name, rest) for name in ENCODINGS[:2]}
    weight["identity"] = liked.get("identity", 1e-6)
    named = sorted((name for name in ENCODINGS if weight[name] > 0), key=lambda name: -weight[name])
    return tuple(dict.fromkeys([*named, "identity"]))


def has(header: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match header holds the tag (weak comparison, RFC 9110, 13.1.2)."""
    if header == etag:
        return True
    tags = [tag.strip().removeprefix(b"W/") for tag in header.split(b",")]
    return b"*" in tags or etag in tags
