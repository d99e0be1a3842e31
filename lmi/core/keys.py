"""Keys for tokens and for the sealed zone.

Tokens are HMAC-SHA256, domain-separated, with the key version in the token. A plain hash of a resident number is not
pseudonymisation: there are only about 10^11 candidates (PIPA art. 28-2; design decision 9). Keys are random and live
outside the data folder; only the sandbox derives them from its seed, so that runs reproduce.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lmi.core.atomic import write_file
from lmi.core.settings import SettingError, Settings

_BLOCK = 64
_MAGIC = b"LMISEAL1"


@dataclass(frozen=True)
class KeyRing:
    """Token and sealing key of one home. ``version`` travels in each token (``p1_...``) and sealed file."""

    version: int
    token_key: bytes
    seal_key: bytes

    def __repr__(self) -> str:
        return f"KeyRing(version={self.version})"

    def token(self, domain: str, value: str) -> str:
        """Token of an already normalised value: first letter of the domain, key version, 32 hex digits."""
        digest = hmac.new(self.token_key, f"{domain}|{value}".encode(), hashlib.sha256).hexdigest()
        return f"{self.prefix(domain)}{digest[:32]}"

    def prefix(self, domain: str) -> str:
        return f"{domain[0]}{self.version}_"

    def hmac_pads(self) -> tuple[bytes, bytes]:
        """Inner and outer pad for HMAC in SQL: sha256(outer || unhex(sha256(inner || message)))."""
        key = self.token_key.ljust(_BLOCK, b"\0")
        return bytes(b ^ 0x36 for b in key), bytes(b ^ 0x5C for b in key)

    def seal(self, data: bytes, purpose: str) -> bytes:
        """AES-256-GCM; the purpose is authenticated, so a file sealed for one purpose opens for no other."""
        nonce = os.urandom(12)
        return _MAGIC + nonce + AESGCM(self.seal_key).encrypt(nonce, data, purpose.encode())

    def unseal(self, data: bytes, purpose: str) -> bytes:
        """Inverse of seal. Raises ValueError when the key, the purpose or a single bit is wrong."""
        if not data.startswith(_MAGIC):
            raise ValueError("not a sealed file")
        nonce, body = data[len(_MAGIC) : len(_MAGIC) + 12], data[len(_MAGIC) + 12 :]
        try:
            return AESGCM(self.seal_key).decrypt(nonce, body, purpose.encode())
        except InvalidTag as error:
            raise ValueError("sealed data does not open: wrong key, wrong purpose or damaged bytes") from error


def key_file(settings: Settings) -> Path:
    return settings.keys_dir / f"{settings.profile}.json"


def load_keys(settings: Settings, *, create: bool = False) -> KeyRing:
    """Keys of this home. ``create`` writes new random keys (mode 0600) when none are there.

    Raises SettingError when the keys are missing, readable by others or inside the data folder.
    """
    if settings.profile == "sandbox":
        root = hashlib.sha256(f"lmi sandbox {settings.sandbox_seed}".encode()).digest()
        return KeyRing(1, hashlib.sha256(root + b"token").digest(), hashlib.sha256(root + b"seal").digest())
    path = key_file(settings)
    if path.resolve().is_relative_to(settings.home.resolve()):
        raise SettingError(f"LMI_KEYS_DIR={settings.keys_dir} lies inside the data folder; keys must live elsewhere.")
    if not path.exists():
        if not create:
            raise SettingError(f"No keys at {path}. Run `lmi run` or `lmi doctor --create-keys`, or restore them.")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        ring = {"version": 1, "token_key": secrets.token_hex(32), "seal_key": secrets.token_hex(32)}
        write_file(path, json.dumps(ring).encode(), mode=0o600)
    if path.stat().st_mode & 0o077:
        raise SettingError(f"{path} can be read by others. Run: chmod 600 {path}")
    ring = json.loads(path.read_text())
    return KeyRing(ring["version"], bytes.fromhex(ring["token_key"]), bytes.fromhex(ring["seal_key"]))
