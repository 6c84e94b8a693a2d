"""A folder that was copied to: its layout, what the lock knows, and the library that its files came from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from infra_ref.workbench.copying import collection as collections
from infra_ref.workbench.copying import journal, lock
from infra_ref.workbench.copying.collection import Collection
from infra_ref.workbench.copying.formatting import same_but_for_format
from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.layout import Layout
from infra_ref.workbench.copying.library import Library
from infra_ref.workbench.copying.lock import Entry, Lock, base_path, hash_of
from infra_ref.workbench.copying.merge import MARK
from infra_ref.workbench.copying.safe_path import confined
from infra_ref.workbench.project_files import project_of
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.text_file import TextFile, read_text_file


@dataclass(slots=True)
class CopyTarget:
    """Where things are copied to, and what was copied there.

    `finished` is the number of files of a run that was cut short, `chosen` a collection that was
    named and takes the place of the one that the lock names, `followed` what was moved and found.
    """

    layout: Layout
    lock: Lock
    finished: int = 0
    chosen: Collection | None = None
    followed: tuple[str, ...] = ()

    @property
    def entries(self) -> list[Entry]:
        """The files of this target."""
        return self.lock.of(self.layout.target)

    def read(self, path: str) -> TextFile | None:
        """Return the file as it is, or None if it is missing."""
        return read_text_file(confined(self.layout.project, path))

    def base(self, entry: Entry) -> str:
        """Return the text as it was written. Raises Refused where the lock's folder has lost it."""
        if entry.written == hash_of(""):
            return ""
        file = self.read(base_path(entry.written))
        if file is None or hash_of(file.text) != entry.written:
            raise Refused(
                f"{base_path(entry.written)}, the base of {entry.path}, is missing or damaged: "
                "bring it back from version control."
            )
        return file.text

    def is_edited(self, entry: Entry) -> bool | None:
        """Return whether the owner changed more than the format of a file; None if it is missing."""
        path = confined(self.layout.project, entry.path)
        try:
            file = self.read(entry.path)
        except Refused:
            return path.exists()  # it is not even text any more
        if file is None:
            return None
        return hash_of(file.text) != entry.written and not same_but_for_format(self.base(entry), file.text)

    def has_conflict(self, entry: Entry) -> bool:
        """Return whether marks of a conflict are still in a file."""
        path = self.layout.project / entry.path
        return path.is_file() and f"\n{MARK}".encode() in b"\n" + path.read_bytes()

    def library(self) -> Library:
        """Return all collections that are concerned, the chosen one first."""
        known = [one for one in map(self.collection, self._names()) if one]
        library = Library(*([self.chosen] if self.chosen else []), *known, collections.own())
        library.preferred = {one.item: one.collection for one in self.entries if one.kind == "code"}
        return library

    def missing_collections(self) -> list[str]:
        """Return the names of the collections that are not to be found here."""
        return [name for name in self._names() if self.collection(name) is None]

    def _names(self) -> list[str]:
        return list(dict.fromkeys(one.collection for one in self.entries if one.collection))

    def collection(self, name: str) -> Collection | None:
        """Return a collection that the lock names, or None if it is not to be found here."""
        if self.chosen is not None and self.chosen.name == name:
            return self.chosen
        where = self.lock.folders.get(name)
        folder = (self.layout.project / where).resolve() if where else None
        if folder is not None and not folder.is_relative_to(self.layout.project):
            return None  # a lock is read, and may have been written by anybody
        try:
            return collections.named(str(folder) if folder else name)
        except Refused:
            return None  # it is not installed here any more: its files are withdrawn, and stay

    def put(self, entry: Entry, text: str, content: bytes | None) -> Iterator[Change]:
        """Note an entry, whose base is `text`, and yield its changes; without `content` the file stays."""
        self.lock.entries[entry.path] = entry
        if content is not None:
            yield self.change(entry.path, content)
        if text:
            yield self.change(base_path(entry.written), text.encode())

    def change(self, path: str, new: bytes | None) -> Change:
        """Return the change of a file into `new`, None to delete it."""
        return journal.change(self.layout.project, path, new)

    def commit(self, changes: Iterable[Change]) -> None:
        """Make all changes and write the lock, or do nothing of it."""
        project, entries = self.layout.project, self.lock.entries
        if not self.entries:
            self.lock.targets.pop(self.layout.target, None)
        used = {one.written for one in entries.values()}
        bases = (project / lock.BASE).glob("*") if (project / lock.BASE).is_dir() else ()
        stale = [self.change(base_path(one.name), None) for one in bases if one.name not in used]
        kept = {lock.NAME: self.lock.dumped(), f"{lock.FOLDER}/.gitattributes": lock.ATTRIBUTES.encode()}
        locks = [self.change(path, data if entries else None) for path, data in kept.items()]
        wanted = [
            one for one in changes if not one.path.startswith(f"{lock.BASE}/") or Path(one.path).name in used
        ]
        journal.commit(project, [*wanted, *stale, *locks])


def open_target(to: Path | None, from_: str | None = None) -> CopyTarget:
    """Return the target of the folder `to`, or the only one that the project has.

    `from_` names a collection that the lock cannot find by itself. What an interrupted run left
    is finished first. Raises Refused if nothing was copied, or to several folders.
    """
    from infra_ref.workbench.copying.moving import follow_all  # which opens targets too

    project = project_of((to or Path.cwd()).resolve())
    finished = journal.finish(project)
    followed = follow_all(project)
    known = lock.read(project)
    path = _named(to, project, known) if to is not None else _only(project, known)
    target = known.targets[path]
    _check_inside(project, target.tests)
    layout = Layout.of(project, target)
    chosen = collections.named(from_) if from_ else None
    return CopyTarget(layout, known, finished, chosen, followed)


def target_for(layout: Layout) -> CopyTarget:
    """Return the target of a layout, a new one or what it is already."""
    finished = journal.finish(layout.project)
    known = lock.read(layout.project)
    if layout.target in known.targets:
        opened = open_target(layout.folder)
        return replace(opened, finished=finished)
    known.targets[layout.target] = layout.known
    return CopyTarget(layout, known, finished)


def _named(to: Path, project: Path, known: Lock) -> str:
    path = os.path.relpath(to.resolve(), project).replace(os.sep, "/")
    if path not in known.targets:
        there = f"there are {', '.join(sorted(known.targets))}." if known.targets else _BEGIN
        raise Refused(f"Nothing was copied to {to}: {there}")
    return path


_BEGIN = "begin with `infra-ref add ITEM --to FOLDER`."


def _only(project: Path, known: Lock) -> str:
    here = Path.cwd().resolve()
    inside = [path for path in known.targets if here.is_relative_to(project / path) and path != "."]
    if len(inside or known.targets) == 1:
        return next(iter(inside or known.targets))
    if known.targets:
        raise Refused(
            f"There are several targets here ({', '.join(sorted(known.targets))}): say which with --to."
        )
    raise Refused(f"Nothing was copied into {project} yet: {_BEGIN}")


def _check_inside(project: Path, path: str) -> None:
    if not (project / path).resolve().is_relative_to(project):
        raise Refused(f"The lock names a tests' folder outside of {project}: {path}.")
