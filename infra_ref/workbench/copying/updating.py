"""Bring copied files to the newest version, with the owner's edits kept: three-way, file by file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.lock_file import Entry
from infra_ref.workbench.copying.merge import MARK, merged
from infra_ref.workbench.copying.place import Place
from infra_ref.workbench.copying.plan import Plan, make_plan
from infra_ref.workbench.copying.safe_path import confined
from infra_ref.workbench.copying.states import is_edited
from infra_ref.workbench.refused import Refused


@dataclass(slots=True)
class Updated:
    """What becomes of each file: `replaced`, `merged` (with its conflicts), `added`, or left `missing`.

    `orphans` are files that no item needs any more; they stay until `remove`.
    """

    plan: Plan
    changes: list[Change] = field(default_factory=list)
    replaced: list[Entry] = field(default_factory=list)
    merged: dict[str, int] = field(default_factory=dict)
    added: list[Entry] = field(default_factory=list)
    missing: list[Entry] = field(default_factory=list)
    orphans: list[Entry] = field(default_factory=list)

    @property
    def conflicts(self) -> int:
        """How many places the owner has to decide."""
        return sum(self.merged.values())


def prepare(place: Place, items: Iterable[str]) -> Updated:
    """Work out the update of `items`, all for none, and note it in the place's lock; nothing is written yet.

    Raises Refused if an item is no more, if a new file is in the way, or if
    marks of an earlier conflict still stand in a file.
    """
    if missing := place.missing():
        raise Refused(f"The collection {missing[0]} is not to be found here: name its folder with --from.")
    lock, library = place.lock, place.library()
    wanted = [library.item(name).item for name in items] or lock.items
    if strangers := sorted(set(wanted) - set(lock.items)):
        raise Refused(f"{', '.join(strangers)} was not copied here: `infra-ref add` brings it.")
    plan = make_plan(library, wanted, [one for one in lock.with_tests if one in wanted], place.layout)
    updated = Updated(plan)
    for entry in plan.entries:
        known = lock.entries.get((entry.kind == "test", entry.path))
        if known is None:
            _bring(place, entry, updated)
        elif known.source_hash != entry.source_hash:
            _renew(place, known, entry, updated)
    planned = {(one.kind == "test", one.path) for one in plan.entries}
    if len(wanted) == len(lock.items):
        updated.orphans = [one for key, one in lock.entries.items() if key not in planned]
    return updated


def _bring(place: Place, entry: Entry, updated: Updated) -> None:
    path = confined(place.layout.project, place.path(entry))
    if path.exists():
        if entry.kind == "package":
            return
        raise Refused(f"{place.path(entry)} is needed now, and a file of yours is there: move it away.")
    updated.added.append(entry)
    updated.changes.append(place.change(entry, entry.base.encode()))
    place.lock.put(entry)


def _renew(place: Place, known: Entry, entry: Entry, updated: Updated) -> None:
    edited, file = is_edited(place, known), place.read(known)
    if file is None:
        updated.missing.append(known)
        return
    if MARK in file.text and MARK not in known.base:
        raise Refused(
            f"{place.path(known)} still has marks of a conflict ({MARK.strip()}): decide there first."
        )
    if edited or file.text != known.base:
        found = merged(file.text, known.base, entry.base, label=f"{entry.collection} {entry.version}")
        text = found.text
        if edited or found.conflicts:
            updated.merged[place.path(entry)] = found.conflicts
        else:
            updated.replaced.append(entry)
    else:
        text = entry.base
        updated.replaced.append(entry)
    updated.changes.append(place.change(entry, file.like(text)))
    place.lock.put(replace(entry, path=known.path))
