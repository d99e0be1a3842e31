"""Where things are below the home folder. Nothing else in the project spells these names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lmi.core.settings import Settings


@dataclass(frozen=True)
class Paths:
    """Folders of one home. ``landing`` and ``accepted`` hold one folder per source, delivery date and load."""

    home: Path
    #: where providers deliver; theirs, and perhaps read only
    drop: Path

    @classmethod
    def of(cls, settings: Settings) -> Paths:
        return cls(settings.home, settings.drop)

    @property
    def own_drop(self) -> Path:
        """Where this installation delivers to itself: what it published, decisions of its desk, erasures."""
        return self.home / "drop"

    @property
    def landing(self) -> Path:
        """What providers delivered: verbatim bytes by raw policy and typed rows. The only incremental thing."""
        return self.home / "landing"

    @property
    def accepted(self) -> Path:
        """What validation made of each load: accepted rows and quarantine."""
        return self.home / "accepted"

    @property
    def models(self) -> Path:
        """Fitted models by kind and version; each is named by the hash of what it was trained on."""
        return self.home / "models"

    @property
    def vetted(self) -> Path:
        """What vetting made of each load of vacancies: decisions and findings by rule set and context."""
        return self.home / "vetted"

    @property
    def coded(self) -> Path:
        """Codes of the titles of postings that came without one, by scheme, coder and corrections."""
        return self.home / "coded"

    @property
    def linked(self) -> Path:
        """Persons found in registers without a resident number: record, token, probability; nothing else."""
        return self.home / "linked"

    @property
    def data_docs(self) -> Path:
        """Pages of Great Expectations on what vetting checked; they hold counts and outcomes, no value of a posting."""
        return self.home / "data_docs"

    @property
    def sealed(self) -> Path:
        """Encrypted zone for direct identifiers that linkage and reviewers need; every read is logged."""
        return self.home / "sealed"

    @property
    def proofs(self) -> Path:
        """What was deleted when, and that it is nowhere any more; names nobody."""
        return self.home / "proofs"

    @property
    def retiring(self) -> Path:
        """Orders of deletions under way; empty when none is."""
        return self.home / "retiring"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def current_release(self) -> Path:
        """Symlink that flips last."""
        return self.releases / "current"

    @property
    def issued(self) -> Path:
        """Reports as they were published, of releases that are gone, by release; briefs of days without a release."""
        return self.home / "issued"

    @property
    def work(self) -> Path:
        """Staging and scratch; outside every glob, safe to delete when nothing runs."""
        return self.home / "work"

    @property
    def locks(self) -> Path:
        return self.home / "locks"

    @property
    def ledger(self) -> Path:
        return self.home / "ledger.sqlite"

    @property
    def airflow(self) -> Path:
        return self.home / "airflow"
