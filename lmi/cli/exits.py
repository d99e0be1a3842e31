"""Exit codes of every command, and the one place that turns errors into them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

OK = 0
DATA_FAILURE = 1
USAGE = 2
BUSY = 75

#: shown by ``lmi --help``
EXIT_CODES = (
    "Exit codes: 0 ok; 1 data failure (a load was refused, a check failed, a file is damaged);"
    " 2 usage or missing setting; 75 busy, with the holder's name."
)

out = Console()
err = Console(stderr=True)


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn the project's errors into one clear line on stderr and the documented exit code."""
    from ingest.delivery import FetchError
    from ingest.landing import LandingError
    from ingest.registry import RegistryError
    from lmi.core.locks import BusyError
    from lmi.core.release import ReleaseError
    from lmi.core.settings import SettingError

    try:
        yield
    except (SettingError, RegistryError) as error:
        _fail(str(error), USAGE)
    except BusyError as error:
        _fail(str(error), BUSY)
    except (ReleaseError, FetchError, LandingError, DataFailure) as error:
        _fail(str(error), DATA_FAILURE)
    except BrokenPipeError:
        sys.exit(OK)


class DataFailure(Exception):
    """A command found bad data; the message says what, where, why and what to do."""


def _fail(message: str, code: int) -> None:
    err.print(f"[bold red]lmi:[/] {message}", highlight=False, soft_wrap=True)
    sys.exit(code)
