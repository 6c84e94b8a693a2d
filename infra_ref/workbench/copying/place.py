"""A target: its layout, its lock, and the library that its files came from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra_ref.workbench.copying import collection as collections
from infra_ref.workbench.copying import journal, lock_file
from infra_ref.workbench.copying.collection import Collection
from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.layout import Layout, own_files, project_of
from infra_ref.workbench.copying.library import Library
from infra_ref.workbench.copying.lock_file import Entry, Lock
from infra_ref.workbench.copying.on_disk import OnDisk, on_disk
from infra_ref.workbench.copying.safe_path import confined
from infra_ref.workbench.refused import Refused


@dataclass(slots=True)
class Place:
    """Where things are copied to, and what was copied there.

    `finished` is the number of files of a run that was cut short, `chosen` a
    collection that was named and takes the place of the one that the lock names.
    """

    layout: Layout
    lock: Lock
    finished: int = 0
    chosen: Collection | None = None

    def path(self, entry: Entry) -> str:
        """Return the path of an entry below the project."""
        folder = self.layout.tests if entry.kind == "test" else self.layout.target
        return _joined(folder, entry.path)

    def read(self, entry: Entry) -> OnDisk | None:
        """Return the file as it is, or None if it is missing."""
        return on_disk(confined(self.layout.project, self.path(entry)))

    def module(self, entry: Entry) -> str:
        """Return the dotted name that an entry is imported by."""
        parts = Path(entry.path).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        return ".".join([*([self.layout.package] if self.layout.package else []), *parts])

    def library(self) -> Library:
        """Return all collections that are concerned, the chosen one first."""
        known = [one for one in map(self.collection, self._names()) if one]
        library = Library(*([self.chosen] if self.chosen else []), *known, collections.own())
        entries = self.lock.entries.values()
        library.preferred = {one.source: one.collection for one in entries if one.kind == "item"}
        return library

    def missing(self) -> list[str]:
        """Return the names of the collections that are not to be found here."""
        return [name for name in self._names() if self.collection(name) is None]

    def _names(self) -> list[str]:
        return list(dict.fromkeys(one.collection for one in self.lock.entries.values() if one.collection))

    def collection(self, name: str) -> Collection | None:
        """Return a collection that the lock names, or None if it is not to be found here."""
        if self.chosen is not None and self.chosen.name == name:
            return self.chosen
        where = self.lock.folders.get(name)
        folder = (self.layout.folder / where).resolve() if where else None
        if folder is not None and not folder.is_relative_to(self.layout.project):
            return None  # a lock file is read, and may have been written by anybody
        try:
            return collections.named(str(folder) if folder else name)
        except Refused:
            return None  # it is not installed here any more: its files are withdrawn, and stay

    def commit(self, changes: Iterable[Change]) -> None:
        """Make all changes and write the lock, or do nothing of it."""
        path = _joined(self.layout.target, lock_file.NAME)
        wanted = self.lock.dumped() if self.lock.entries else None
        lock = journal.change(self.layout.project, path, wanted)
        journal.commit(self.layout.project, self.layout.target, [*changes, lock])

    def change(self, entry: Entry, new: bytes | None) -> Change:
        """Return the change of an entry's file into `new`, None to delete it."""
        return journal.change(self.layout.project, self.path(entry), new)


def open_place(to: Path | None, from_: str | None = None) -> Place:
    """Return the place of the folder `to`, or of the one lock file that is around here.

    `from_` names a collection that the lock cannot find by itself.

    What an interrupted run left is finished first. Raises Refused if there is no lock file, or several.
    """
    target = (to if to is not None else _only_target()).resolve()
    if not target.is_dir():
        raise Refused(f"{to} is no folder: name the one that you copied to with --to.")
    project = project_of(target)
    below = target.relative_to(project).as_posix()
    finished = journal.finish(project, below)
    lock = lock_file.read(target)
    tests = Path(os.path.normpath(target / lock.tests))
    if not tests.is_relative_to(project):
        raise Refused(f"{target / lock_file.NAME} names a tests' folder outside of {project}: {lock.tests}.")
    layout = Layout(project, below, tests.relative_to(project).as_posix(), lock.package, lock.imports)
    return Place(layout, lock, finished, collections.named(from_) if from_ else None)


def new_place(layout: Layout) -> Place:
    """Return the place of a target that has no lock file yet, finishing what an interrupted run left."""
    finished = journal.finish(layout.project, layout.target)
    if (layout.folder / lock_file.NAME).exists():
        return open_place(layout.folder)
    tests = os.path.relpath(layout.project / layout.tests, layout.folder).replace(os.sep, "/")
    return Place(layout, Lock(layout.package, layout.imports, tests), finished)


def _only_target() -> Path:
    here = Path.cwd().resolve()
    project = project_of(here)
    for folder in (here, *here.parents):
        if (folder / lock_file.NAME).exists():
            return folder
        if folder == project:
            break
    found = sorted(
        {path.parent for name in (lock_file.NAME, journal.JOURNAL) for path in _below(project, name)}
    )
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(str(one.relative_to(project)) for one in found)
        raise Refused(f"There are several targets here ({several}): say which with --to.")
    raise Refused(
        f"Nothing was copied into {project} yet, for there is no {lock_file.NAME}: "
        "begin with `infra-ref add ITEM --to FOLDER`."
    )


def _below(project: Path, name: str) -> list[Path]:
    return list(own_files(project, named=name))


def _joined(folder: str, path: str) -> str:
    return path if folder == "." else f"{folder}/{path}"
