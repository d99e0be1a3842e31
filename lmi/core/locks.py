"""One writer at a time, across processes, without leftovers: the kernel drops the lock when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lmi.core.clock import utc_now


class BusyError(Exception):
    """Somebody else holds the lock; the message names the holder (exit code 75)."""


@contextmanager
def exclusive(folder: Path, name: str, holder: str) -> Iterator[None]:
    """Hold the lock ``name`` for the block. Raises BusyError at once when another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.lock"
    with path.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise BusyError(f"{name} is busy: {_describe(handle.read())}. Wait for it to end or stop it.") from None
        handle.seek(0)
        handle.truncate()
        json.dump({"holder": holder, "pid": os.getpid(), "since": utc_now().isoformat(timespec="seconds")}, handle)
        handle.flush()
        try:
            yield
        finally:
            handle.seek(0)
            handle.truncate()


def _describe(text: str) -> str:
    try:
        note = json.loads(text)
        return f"held by '{note['holder']}' (process {note['pid']}) since {note['since']}"
    except (ValueError, KeyError):
        return "its holder has not yet written its name"
