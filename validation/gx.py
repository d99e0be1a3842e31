"""Great Expectations as this project uses it: silent, and without the work it repeats within one validation.

It is imported inside functions; importing it takes seconds and a DAG file must not pay for that.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


def great_expectations() -> Any:
    """The library, told to report nothing to its makers; importing it takes seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    return gx


@contextmanager
def without_repeats() -> Iterator[None]:
    """While it lasts, what Great Expectations (1.x) makes of an expectation again and again is made once.

    Within a validation nothing changes an expectation, yet for each of its metrics the library turns configuration
    into expectation and back some sixty times, and names every metric by a copy of its arguments converted value by
    value: three quarters of the time of a small batch. What it finds is the same.
    """
    from great_expectations.core.id_dict import IDDict
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    configuration: Any = Expectation.__dict__["configuration"]
    with (
        patch.object(Expectation, "configuration", property(_once(configuration.fget))),
        patch.object(ExpectationConfiguration, "to_domain_obj", _once(ExpectationConfiguration.to_domain_obj)),
        patch.object(IDDict, "to_id", _plain_id(IDDict.to_id)),
    ):
        yield


def _once(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # what it was made of is kept beside it: as long as it lives nobody else has its id
    known: dict[int, tuple[Any, Any]] = {}

    def once(self: Any) -> Any:
        if id(self) not in known:
            known[id(self)] = (self, make(self))
        return known[id(self)][1]

    return once


def _plain_id(converted: Callable[..., Any]) -> Callable[..., Any]:
    """An id from the arguments as they are, where they are what JSON writes; others are converted first as ever."""

    def to_id(self: Any, id_keys: Any = None, id_ignore_keys: Any = None) -> Any:
        if id_keys is None and id_ignore_keys is None and len(self) > 1 and not self._id_ignore_keys:
            try:
                return hashlib.md5(json.dumps(self, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
            except TypeError:
                pass
        return converted(self, id_keys, id_ignore_keys)

    return to_id
