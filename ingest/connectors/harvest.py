"""Walking a paged list that moves while it is read, so that nothing is missed and nothing counts twice.

A pass over all pages is clean when its total stayed the same, no key came twice and as many keys came as declared.
If a pass is not clean the list is read again, until a pass is clean or two passes agree; otherwise it is partial.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.delivery import FetchError

Item = Mapping[str, Any]
PASSES = 4


@dataclass(frozen=True)
class Page:
    """One parsed page. ``total`` is what the provider declares for the whole list, None when it declares nothing."""

    items: list[Item]
    total: int | None
    last: bool = False  # the provider says that no page follows


@dataclass(frozen=True)
class Kept:
    """A row of the list and where it was read."""

    item: Item
    page: int
    row: int


#: (filter, page number from 1, whether a kept answer of an interrupted pull may be used) -> parsed page
Ask = Callable[[Mapping[str, str], int, bool], Page]
#: partitions of a filter that together hold everything it holds, or None when it cannot be cut further
Split = Callable[[Mapping[str, str]], Iterable[Sequence[Mapping[str, str]]]]


@dataclass
class Harvest:
    """Rows of a list, the newest version of each key."""

    rows: dict[Hashable, Kept] = field(default_factory=dict)
    nameless: list[Kept] = field(default_factory=list)
    declared: int = 0
    complete: bool = True
    pages: int = 0
    repeated: int = 0
    partitions: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def all(self) -> list[Kept]:
        return sorted([*self.rows.values(), *self.nameless], key=lambda k: (k.page, k.row))

    def absorb(self, other: Harvest, stamp: Callable[[Item], str]) -> None:
        """Adds the rows of another part of the same list."""
        for key, kept in other.rows.items():
            mine = self.rows.get(key)
            if mine is None or stamp(kept.item) > stamp(mine.item):
                self.rows[key] = kept
        self.nameless += other.nameless
        self.repeated += other.repeated
        self.partitions += other.partitions
        self.notes += other.notes
        self.complete &= other.complete
        self.pages = max(self.pages, other.pages)


@dataclass
class Harvester:
    """Reads a list through ``ask``. ``key`` gives None for a row without one; ``stamp`` orders versions of a row."""

    ask: Ask
    key: Callable[[Item], Hashable | None]
    stamp: Callable[[Item], str]
    page_size: int
    page_ceiling: int
    split: Split | None = None
    passes: int = PASSES
    _pages: int = 0

    def harvest(self, filters: Mapping[str, str]) -> Harvest:
        """Everything a filter holds, cut into partitions when it is more than the provider will page through.

        Raises FetchError ``too_many`` when it is more and cannot be cut.
        """
        first = self.ask(filters, 1, True)
        if (first.total or 0) <= self.page_size * self.page_ceiling:
            return self._list(filters, first)
        return self._partitioned(filters, first.total or 0)

    def _partitioned(self, filters: Mapping[str, str], total: int) -> Harvest:
        whole = Harvest(declared=total)
        for parts in self.split(filters) if self.split else ():
            for part in parts:
                whole.absorb(self.harvest(part), self.stamp)
            # a row without a region is in no region's list: the next way of cutting finds it
            if len(whole.rows) + len(whole.nameless) >= total:
                break
        if not whole.partitions:
            raise FetchError(
                "too_many",
                f"the provider has {total} rows for one filter and shows at most {self.page_size * self.page_ceiling};"
                " there is nothing left to cut by. Add partitions to the source's fetch entry.",
            )
        now = self.ask(filters, 1, False).total or total
        whole.declared = now
        whole.pages = self._pages
        if len(whole.rows) + len(whole.nameless) < min(total, now):
            whole.complete = False
            whole.notes.append(f"partitions hold {len(whole.rows)} rows, {now} are declared")
        return whole

    def _list(self, filters: Mapping[str, str], first: Page) -> Harvest:
        found = Harvest(partitions=[dict(filters)])
        before: set[Hashable] | None = None
        for attempt in range(1, self.passes + 1):
            keys, clean, total, nameless = self._pass(filters, found, first if attempt == 1 else None, attempt == 1)
            found.nameless, found.declared = nameless, total if total is not None else len(keys) + len(nameless)
            agrees = keys == before and len(keys) + len(nameless) == found.declared
            if clean or agrees:
                if gone := set(found.rows) - keys:
                    found.notes.append(f"{len(gone)} rows left the list while it was read")
                    found.rows = {k: v for k, v in found.rows.items() if k in keys}
                break
            before = keys
        else:
            # what came in any pass was open during the pull; it is complete only if the count agrees
            if len(found.rows) + len(found.nameless) != found.declared:
                found.complete = False
                found.notes.append(f"{len(found.rows)} rows in {self.passes} passes, {found.declared} declared")
        found.pages = self._pages
        return found

    def _pass(
        self, filters: Mapping[str, str], found: Harvest, first: Page | None, resume: bool
    ) -> tuple[set[Hashable], bool, int | None, list[Kept]]:
        """Reads all pages once into ``found``: keys seen, whether the pass was clean, last total, rows without key."""
        keys: set[Hashable] = set()
        nameless: list[Kept] = []
        totals: set[int | None] = set()
        page_number, repeated = 1, 0
        page = first or self.ask(filters, 1, resume)
        while True:
            self._pages += 1
            totals.add(page.total)
            for row, item in enumerate(page.items, start=1):
                kept = Kept(item, self._pages, row)
                key = self.key(item)
                if key is None:
                    nameless.append(kept)
                    continue
                repeated += key in keys
                keys.add(key)
                mine = found.rows.get(key)
                if mine is None or self.stamp(item) >= self.stamp(mine.item):
                    found.rows[key] = kept
            declared = max((t for t in totals if t is not None), default=None)
            short = len(page.items) < self.page_size if declared is None else page_number * self.page_size >= declared
            if page.last or not page.items or short or page_number >= self.page_ceiling:
                break
            page_number += 1
            page = self.ask(filters, page_number, resume)
        found.repeated += repeated
        total = page.total
        clean = not repeated and len(totals) == 1 and (total is None or total == len(keys) + len(nameless))
        return keys, clean, total, nameless
