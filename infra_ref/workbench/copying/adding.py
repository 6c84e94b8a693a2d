"""Put items into a place: what is there already stays, and nothing is overwritten unasked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from infra_ref.workbench.copying import journal
from infra_ref.workbench.copying.collection import OWN, Collection
from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.lock_file import Entry, hash_of
from infra_ref.workbench.copying.place import Place
from infra_ref.workbench.copying.plan import Plan, make_plan
from infra_ref.workbench.copying.safe_path import confined
from infra_ref.workbench.copying.states import is_edited
from infra_ref.workbench.refused import Refused


@dataclass(slots=True)
class Added:
    """What is to be written, and what stays. `parents` are the packages on the way to the target."""

    plan: Plan
    changes: list[Change] = field(default_factory=list)
    writes: list[Entry] = field(default_factory=list)
    stays: list[Entry] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)


def prepare(place: Place, chosen: Collection, items: Sequence[str], *, tests: bool, force: bool) -> Added:
    """Work out what adding `items` changes, and note it in the place's lock; nothing is written yet.

    Raises Refused if a file is in the way, if what was copied before is of
    another version, or if a name would shadow a module.
    """
    place.chosen = chosen
    library = place.library()
    library.preferred = {}
    names = [library.item(name).item for name in items]
    plan = make_plan(library, names, names if tests else [], place.layout)
    _check_names(place, plan)
    added = Added(plan)
    in_the_way: list[str] = []
    for entry in plan.entries:
        known = place.lock.entries.get((entry.kind == "test", entry.path))
        path = confined(place.layout.project, place.path(entry))
        there = path.exists()
        if known is not None and known.collection != entry.collection and known.kind == "item":
            raise Refused(
                f"{place.path(entry)} is that of {known.collection}, and what is new needs that of "
                f"{entry.collection}: copy it to another folder."
            )
        if known is not None and known.source_hash != entry.source_hash and not force:
            raise Refused(
                f"{place.path(entry)} is of {known.collection} {known.version}, and what is new "
                f"needs it as it is in {entry.version}: run `infra-ref update` first."
            )
        if entry.kind == "package" and (there or known):
            continue
        as_it_was = known is not None and known.source_hash == entry.source_hash
        if there and known is not None and not (force and (is_edited(place, known) or not as_it_was)):
            added.stays.append(entry)
            continue
        if there and known is None and not force:
            mine = place.read(entry)
            if mine is None or hash_of(mine.text) != entry.hash:
                in_the_way.append(place.path(entry))
                continue
        added.writes.append(entry)
        added.changes.append(place.change(entry, entry.base.encode()))
        place.lock.put(entry)
    if in_the_way:
        raise Refused(
            f"{' and '.join(in_the_way)} would be overwritten, and infra-ref did not write "
            f"{'it' if len(in_the_way) == 1 else 'them'}: move away what you need, or give --force."
        )
    parents = _parents(place)
    added.changes += parents
    added.parents = [one.path for one in parents]
    _note(place, chosen, names, tests)
    return added


def _note(place: Place, chosen: Collection, names: list[str], tests: bool) -> None:
    lock = place.lock
    lock.items = sorted({*lock.items, *names})
    lock.with_tests = sorted({*lock.with_tests, *(names if tests else [])})
    if chosen.name != OWN and chosen.root.is_relative_to(place.layout.project):
        lock.folders[chosen.name] = os.path.relpath(chosen.root, place.layout.folder).replace(os.sep, "/")


def _parents(place: Place) -> list[Change]:
    """Return an empty `__init__.py` for each folder that is made on the way to the target."""
    project = place.layout.project
    return [
        journal.change(project, (folder / "__init__.py").relative_to(project).as_posix(), b"")
        for folder in place.layout.new_parents
    ]


def _check_names(place: Place, plan: Plan) -> None:
    """Refuse names that would hide a module: an installed one, or one of the project's own."""
    layout = place.layout
    tops = (
        {layout.package.split(".")[0]}
        if layout.package
        else {entry.path.split("/")[0].removesuffix(".py") for entry in plan.entries if entry.kind != "test"}
    )
    if hidden := sorted(tops & plan.imports):
        raise Refused(
            f"{layout.folder} would be imported as {hidden[0]}, and the items import a package of that name: "
            "give another folder."
        )
    for entry in plan.entries:
        if entry.kind == "test":
            continue
        path = layout.folder / entry.path
        twin = path.with_suffix("") if path.name != "__init__.py" else path.parent.with_suffix(".py")
        if (
            path.parent != layout.folder.parent
            and twin != layout.folder
            and twin.exists()
            and twin != path.parent
        ):
            raise Refused(
                f"{twin} and {path} would be modules of one name, and hide each other: move yours away."
            )
