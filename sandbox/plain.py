"""YAML as plain data; the sandbox stands outside the project and has its own reader."""

from __future__ import annotations

from typing import Any

import yaml

#: libyaml, ten times faster, where it is there
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str) -> Any:
    """What one YAML document holds; None when it is empty. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_SafeLoader)  # noqa: S506 plain data only
