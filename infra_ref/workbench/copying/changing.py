"""Work out what `add`, `adopt` and `update` change, file by file; nothing is written yet.

All three bring a target to a plan. A file that the owner edited is merged three-way; nothing is
overwritten unasked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from infra_ref.workbench.copying import journal
from infra_ref.workbench.copying.collection import OWN, Collection
from infra_ref.workbench.copying.hidden_names import refuse_hidden_names
from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.lock import Entry, Item, hash_of, newer
from infra_ref.workbench.copying.merge import merged
from infra_ref.workbench.copying.plan import Plan, Planned, make_plan
from infra_ref.workbench.copying.project_style import style_of
from infra_ref.workbench.copying.requirements import refuse_older_python
from infra_ref.workbench.copying.target import CopyTarget
from infra_ref.workbench.pyproject import read_pyproject
from infra_ref.workbench.refused import Refused


@dataclass(slots=True)
class Changes:
    """What becomes of each file.

    `merged` has the number of conflicts; `parents` are the packages made on the way to the target.
    """

    plan: Plan
    changes: list[Change] = field(default_factory=list)
    written: list[Planned] = field(default_factory=list)
    there: list[Planned] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    merged: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    not_needed: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)

    @property
    def conflicts(self) -> int:
        """How many places the owner has to decide."""
        return sum(self.merged.values())


def prepare_add(
    target: CopyTarget,
    chosen: Collection,
    names: Sequence[str],
    *,
    tests: bool,
    force: bool = False,
    adopt: bool = False,
) -> Changes:
    """Work out what adding items changes. With `adopt`, files of theirs that are there are taken for copies.

    Raises Refused if a file is in the way, if what was copied before is of another version, if
    the project's Python is too old, or if a name would hide a module.
    """
    target.chosen = chosen
    library, where, project = target.library(), target.layout.target, target.layout.project
    known, library.preferred = library.preferred, {}
    items = list(dict.fromkeys(library.item(name).item for name in names))
    library.preferred = known | dict.fromkeys(items, chosen.name)
    for item in items:
        test = tests or item in target.lock.tested(where)
        target.lock.items[where, item] = Item(item, where, test)
    plan = _plan(target, items)
    fresh = [one.entry.collection for one in plan.files.values() if one.entry.item in plan.fresh]
    used = (one for one in library.collections if one.name in fresh)
    refuse_older_python(read_pyproject(project), used)
    refuse_hidden_names(target, plan)
    done, in_the_way = Changes(plan), list[str]()
    for planned in plan.files.values():
        _add(target, planned, done, in_the_way, force=force, adopt=adopt)
    if in_the_way:
        it = "it" if len(in_the_way) == 1 else "them"
        raise Refused(
            f"{' and '.join(in_the_way)} would be overwritten, and infra-ref did not write {it}: move away "
            f"what you need, or give --force; to take {it} for copies, `infra-ref adopt`."
        )
    for folder in target.layout.new_parents:
        path = (folder / "__init__.py").relative_to(project).as_posix()
        done.parents.append(path)
        done.changes.append(journal.change(project, path, b""))
    if chosen.name != OWN and chosen.tree.folder.is_relative_to(project):
        target.lock.folders[chosen.name] = os.path.relpath(chosen.tree.folder, project).replace(os.sep, "/")
    return done


def prepare_update(target: CopyTarget, names: Iterable[str]) -> Changes:
    """Work out the update of items, all for none.

    Raises Refused if an item is no more, if a new file is in the way, if marks of an earlier
    conflict are still in a file, or if a file is of a newer version than this infra-ref has.
    """
    if missing := target.missing_collections():
        raise Refused(f"The collection {missing[0]} is not to be found here: name its folder with --from.")
    known, library = target.lock.items_of(target.layout.target), target.library()
    items = [library.item(name).item for name in names] or known
    if strangers := sorted(set(items) - set(known)):
        raise Refused(f"{', '.join(strangers)} was not copied here: `infra-ref add` brings it.")
    plan = _plan(target, items)
    done = Changes(plan)
    for planned in plan.files.values():
        if planned.entry.kind == "package" or planned.entry.item in plan.fresh:
            _update(target, planned, done)
    if set(items) == set(known):
        done.not_needed = [one.path for one in target.entries if one.path not in plan.files]
    return done


def _plan(target: CopyTarget, items: list[str]) -> Plan:
    """Plan all that the target is to hold; `items` are in question."""
    where = target.layout.target
    return make_plan(
        target.library(),
        target.lock.items_of(where),
        target.lock.tested(where),
        target.layout,
        style_of(target.layout),
        fresh=items,
        known=target.lock.entries,
    )


def _add(
    target: CopyTarget, planned: Planned, done: Changes, in_the_way: list[str], *, force: bool, adopt: bool
) -> None:
    entry = planned.entry
    known = target.lock.entries.get(entry.path)
    there = target.read(entry.path)
    if known is not None:
        _add_again(target, known, planned, done, force=force)
    elif there is None:
        _write(target, planned, done)
    elif entry.kind == "package":
        return
    elif adopt or hash_of(there.text) == entry.written:
        done.there.append(planned)
        done.changes += target.put(entry, planned.text, None)
    elif force:
        _write(target, planned, done)
    else:
        in_the_way.append(entry.path)


def _add_again(target: CopyTarget, known: Entry, planned: Planned, done: Changes, *, force: bool) -> None:
    entry, concerned = planned.entry, planned.entry.item in done.plan.fresh
    _refuse_mismatch(known, entry, force=force, concerned=concerned)
    missing = target.read(known.path) is None
    if known.source != entry.source and not (force and concerned):
        return  # older, and what is new does not need it
    elif missing or (force and target.is_edited(known) is not False):
        if concerned or entry.kind == "package":
            _write(target, planned, done)
    elif known.written != entry.written:  # the same text, for another place or style
        _renew(target, known, planned, done)
    elif concerned:
        done.there.append(planned)


def _update(target: CopyTarget, planned: Planned, done: Changes) -> None:
    entry = planned.entry
    known = target.lock.entries.get(entry.path)
    if known is None:
        if target.read(entry.path) is None:
            _write(target, planned, done)
        elif entry.kind != "package":
            raise Refused(f"{entry.path} is needed now, and a file of yours is there: move it away.")
        return
    if newer(known.version, entry.version):
        raise Refused(
            f"{known.path} is of {known.collection} {known.version}, newer than the {entry.version} here: "
            "update infra-ref first."
        )
    if target.has_conflict(known):
        raise Refused(f"{known.path} still has marks of a conflict: decide there first.")
    if known.written != entry.written or known.source != entry.source:
        if target.read(known.path) is None:
            done.missing.append(known.path)
        else:
            _renew(target, known, planned, done)


def _refuse_mismatch(known: Entry, entry: Entry, *, force: bool, concerned: bool) -> None:
    if known.collection != entry.collection and known.kind != "package":
        raise Refused(
            f"{known.path} is that of {known.collection}, and what is new needs that of "
            f"{entry.collection}: copy it to another folder."
        )
    if known.source != entry.source and concerned and not force:
        raise Refused(
            f"{known.path} is of {known.collection} {known.version}, and what is new "
            f"needs it as it is in {entry.version}: run `infra-ref update` first."
        )


def _write(target: CopyTarget, planned: Planned, done: Changes) -> None:
    done.written.append(planned)
    content = target.layout.new_file(planned.text)
    done.changes += target.put(planned.entry, planned.text, content)


def _renew(target: CopyTarget, known: Entry, planned: Planned, done: Changes) -> None:
    """Change a file from what was written to what is planned, with the owner's edits kept."""
    file, path = target.read(known.path), planned.entry.path
    assert file is not None
    label = f"{planned.entry.collection} {planned.entry.version}"
    found = merged(file.text, target.base(known), planned.text, label=label)
    if target.is_edited(known) or found.conflicts:
        done.merged[path] = found.conflicts
    else:
        done.replaced.append(path)
    done.changes += target.put(planned.entry, planned.text, file.like(found.text))
