"""Named steps of work that must survive a kill.

``LMI_KILL_AT=publish.renamed`` kills the process at that step, which is how the crash tests prove that the previous
release stays readable and the next run needs no help.
"""

from __future__ import annotations

import os
import signal

LANDING_STEPS = ("land.staged", "land.raw", "land.rows", "land.sealed", "land.renamed", "land.manifest")
VET_STEPS = ("vet.world", "vet.judged", "vet.files", "vet.renamed")
BUILD_STEPS = ("build.inputs", "build.dbt_started", "build.dbt_done")
PUBLISH_STEPS = ("publish.assembled", "publish.manifest", "publish.renamed", "publish.flipped", "publish.pruned")
#: of an erasure, and of the end of a retention
ERASE_STEPS = (
    "retire.ordered", "retire.tombstone", "retire.aside", "retire.accepted", "retire.sealed", "retire.landed",
    "retire.swept", "retire.unlisted", "retire.warehouses", "retire.proved",
)  # fmt: skip
EXPIRY_STEPS = ("retire.ordered", "retire.accepted_gone", "retire.landed_gone", "retire.warehouses", "retire.proved")


def reached(step: str) -> None:
    """Mark a named step as reached."""
    if os.environ.get("LMI_KILL_AT") == step:
        os.kill(os.getpid(), signal.SIGKILL)
