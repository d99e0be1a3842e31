"""What a failing dbt node costs: the release, or only a mart (design decision 2).

Identity, integrity and privacy checks stop the release. A failing mart is replaced by its last good version, labelled
stale with the date and the reason, and the rest goes out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FAILED = {"error", "fail", "runtime error"}
#: kinds of checks that no release survives, whichever table they look at
STOPPING_KINDS = {"identity", "integrity", "privacy"}


@dataclass(frozen=True)
class Verdict:
    """``stopping``: why nothing may be published. ``contained``: mart name -> why its last good version stands in."""

    stopping: list[str] = field(default_factory=list)
    contained: dict[str, str] = field(default_factory=dict)


def judge(manifest: dict[str, Any], results: dict[str, Any]) -> Verdict:
    """Verdict over one dbt run. A test says in its meta which ``mart`` it endangers and of which ``kind`` it is."""
    nodes = manifest.get("nodes", {}) | manifest.get("unit_tests", {})
    stopping, contained = [], {}
    for result in results.get("results", []):
        if result["status"] not in FAILED:
            continue
        node = nodes[result["unique_id"]]
        reason = f"{node['name']}: {result.get('message') or result['status']}"
        marts = _endangered(node, manifest)
        if marts:
            contained.update(dict.fromkeys(marts, reason))
        else:
            stopping.append(reason)
    built = {result["unique_id"].rsplit(".", 1)[-1] for result in results.get("results", [])}
    for mart in list(contained):
        for child in _marts_below(mart, manifest):
            if child in built:
                contained.setdefault(child, f"depends on {mart}: {contained[mart]}")
    return Verdict(stopping, contained)


def _endangered(node: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    """Marts that a failing node costs; empty when it costs the release."""
    if node["resource_type"] == "model":
        return [node["name"]] if node["name"].startswith("mart_") else []
    meta = node.get("config", {}).get("meta") or {}
    mart = str(meta.get("mart", ""))
    return [mart] if mart.startswith("mart_") and meta.get("kind") not in STOPPING_KINDS else []


def _marts_below(mart: str, manifest: dict[str, Any]) -> list[str]:
    children = manifest.get("child_map", {})
    start = [uid for uid in children if uid.startswith("model.") and uid.endswith(f".{mart}")]
    seen: list[str] = []
    while start:
        for child in children.get(start.pop(), []):
            name = child.rsplit(".", 1)[-1]
            if child.startswith("model.") and name not in seen:
                seen.append(name)
                start.append(child)
    return [name for name in seen if name.startswith("mart_")]
