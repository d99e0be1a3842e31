"""Keys of readers: a file with a name and the SHA-256 of each key. A key itself is shown once and kept nowhere."""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path

from lmi.core.atomic import write_file
from lmi.core.settings import SettingError

HEADER = b"x-api-key"


def fingerprint(key: str) -> str:
    """A key is 256 random bits, so a plain hash cannot be reversed by trying keys."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_keys(path: Path) -> frozenset[str]:
    """Fingerprints of the keys that are valid. Raises SettingError."""
    try:
        entries = json.loads(path.read_text("utf-8"))["keys"]
        return frozenset(entry["sha256"] for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingError(
            f"LMI_READER_KEYS={path} is no file of keys ({type(error).__name__})."
            " Make it with `lmi serve --add-key NAME`."
        ) from None


def add_key(path: Path, name: str) -> str:
    """Add a random key for the reader ``name``; returns it. Raises SettingError for a damaged file or a name in use."""
    entries = []
    if path.is_file():
        read_keys(path)
        entries = json.loads(path.read_text("utf-8"))["keys"]
    if name in [entry["name"] for entry in entries]:
        raise SettingError(f"{path} has a key of {name} already. Choose another name or take the entry out.")
    key = secrets.token_urlsafe(32)
    entries.append({"name": name, "sha256": fingerprint(key)})
    write_file(path, json.dumps({"keys": entries}, ensure_ascii=False, indent=1).encode(), mode=0o600)
    return key
