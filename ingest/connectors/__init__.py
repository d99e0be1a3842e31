"""Connectors by the name that a source's registry entry uses; one per wire format."""

from __future__ import annotations

from ingest.connectors.file_drop import FileDrop
from ingest.connectors.hrdnet import HrdNet
from ingest.connectors.json_pages import JobPosting, JobTech, PagedJson, UsaJobs
from ingest.connectors.lookups import Kcomwel, NtsStatus
from ingest.connectors.work24 import Work24
from ingest.delivery import Connector

CONNECTORS: dict[str, Connector] = {
    "file_drop": FileDrop(),
    "work24": Work24(),
    "hrdnet": HrdNet(),
    "nts_status": NtsStatus(),
    "kcomwel": Kcomwel(),
    "paged_json": PagedJson(),
    "jobposting": JobPosting(),
    "jobtech": JobTech(),
    "usajobs": UsaJobs(),
}
