"""``lmi serve``: the read-only API on the current release."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from lmi.cli.exits import DataFailure, err, out
from lmi.cli.words import text
from lmi.core.paths import Paths
from lmi.core.release import require_current
from lmi.core.settings import SettingError, Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

LOOPBACK = "127.0.0.1"


def application(settings: Settings) -> FastAPI:
    """The API of a home, with its current release read. Raises ReleaseError, DataFailure, SettingError."""
    from exports.api.app import create_app
    from exports.api.editions import Editions
    from exports.api.keys import read_keys

    paths = Paths.of(settings)
    release = require_current(paths)
    editions = Editions(paths)
    editions.refresh()
    if editions.current is None:
        raise DataFailure(text("serve_without_answers", settings.language, release=release.id))
    keys = read_keys(Path(settings.reader_keys)) if settings.reader_keys else None
    return create_app(editions, keys, default_language=settings.language)


def serve(settings: Settings, host: str, port: int) -> int:
    """Serve until interrupted; 0 at a regular end."""
    import uvicorn

    app = application(settings)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingError(f"{host}:{port} cannot be used: {error.strerror}. Choose another --port.") from None
    if not _is_loopback(host) and not settings.reader_keys:
        err.print(f"[yellow]{text('serve_open', settings.language, host=host)}[/]", highlight=False, soft_wrap=True)
    out.print(text("serve_at", settings.language, url=f"http://{host}:{port}"), highlight=False, soft_wrap=True)
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def add_key(settings: Settings, name: str) -> None:
    """Print a new key for the reader ``name`` and keep its hash. Raises SettingError."""
    from exports.api.keys import add_key as add

    if not settings.reader_keys:
        raise SettingError("LMI_READER_KEYS names no file. Set it to where the hashes of readers' keys are to stand.")
    key = add(Path(settings.reader_keys), name)
    out.print(
        text("serve_key", settings.language, name=name, file=settings.reader_keys), highlight=False, soft_wrap=True
    )
    print(key)
