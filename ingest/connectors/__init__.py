"""Connectors by the name that a source's registry entry uses; one per wire format."""

from __future__ import annotations

from ingest.connectors.file_drop import FileDrop
from ingest.delivery import Connector

CONNECTORS: dict[str, Connector] = {
    "file_drop": FileDrop(),
}
