"""Work out what `remove` deletes: only what nobody else needs, and nobody edited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.library import imported
from infra_ref.workbench.copying.lock import FOLDER, Entry
from infra_ref.workbench.copying.plan import tree_of
from infra_ref.workbench.copying.target import CopyTarget
from infra_ref.workbench.project_files import own_files
from infra_ref.workbench.refused import Refused


@dataclass(slots=True)
class Removed:
    """What goes, and what stays although it was asked to go, with the reason."""

    changes: list[Change] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    stays: dict[str, str] = field(default_factory=dict)


def prepare_remove(target: CopyTarget, names: Sequence[str], *, force: bool) -> Removed:
    """Work out what removing items deletes. With `force` edited files go too.

    Raises Refused for an item that was not copied here.
    """
    lock, where = target.lock, target.layout.target
    items = [_item(target, name) for name in names]
    files = _Files(target)
    lines = [one for one in lock.items.values() if one.target == where]
    left = {one.name for one in lines} - set(items)
    tested = {one.name for one in lines if one.test} - set(items)
    kept = files.kept(left, tested, force=force)
    done = Removed()
    for entry in target.entries:
        if entry.path not in kept and entry.kind != "package":
            _drop(target, entry, done)
        elif entry.item in items and entry.kind != "package":
            done.stays[entry.path] = kept[entry.path]
    for entry in target.entries:
        if entry.kind == "package" and not _in_use(target, entry, done):
            _drop(target, entry, done)
    for item in items:
        # What stays for its own sake, as an edited file does, can be removed by its name again.
        if not any(one.item == item and _is_root(kept, one) for one in target.entries):
            del lock.items[where, item]
    return done


def _item(target: CopyTarget, name: str) -> str:
    known = target.lock.items_of(target.layout.target)
    item = name.removesuffix(".py").strip("/")
    if item not in known:
        with suppress(Refused):  # it is none of the collection any more
            item = target.library().item(name).item
    if item not in known:
        raise Refused(f"{name} was not asked for here by name: there are {', '.join(known)}.")
    return item


def _is_root(kept: dict[str, str], entry: Entry) -> bool:
    return entry.path in kept and not kept[entry.path].endswith("needs it")


def _drop(target: CopyTarget, entry: Entry, done: Removed) -> None:
    del target.lock.entries[entry.path]
    done.removed.append(entry.path)
    done.changes.append(target.change(entry.path, None))


class _Files:
    """The files of a target, and what each of them imports as it is and as it was written."""

    def __init__(self, target: CopyTarget) -> None:
        self._target = target
        self._entries = {one.path: one for one in target.entries}
        self._by_name: dict[str, str] = {}
        for path, entry in self._entries.items():
            if entry.kind != "package":
                self._by_name[self._name(entry)] = path

    def kept(self, items: set[str], tested: set[str], *, force: bool) -> dict[str, str]:
        """Return the files that stay, each with the reason."""
        roots: dict[str, str] = {}
        for path, entry in self._entries.items():
            if entry.item in (tested if entry.is_ready_test else items if entry.kind == "code" else ()):
                roots[path] = f"{entry.item} was asked for by name"
            elif entry.kind != "package" and not force and self._target.is_edited(entry):
                roots[path] = "it was edited; --force deletes it"
        for file, name in self._imports_of_the_project():
            if name in self._by_name:
                roots.setdefault(self._by_name[name], f"{file} imports it")
        return self._closure(roots) | roots

    def _closure(self, roots: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        todo = [(path, "it was asked for") for path in roots]
        while todo:
            path, why = todo.pop()
            if path not in found:
                found[path] = why
                needs = {self._by_name[name] for name in self._imports(path) if name in self._by_name}
                todo += [(need, f"{path} needs it") for need in sorted(needs)]
        return found

    def _imports(self, path: str) -> Iterator[str]:
        target, entry = self._target, self._entries[path]
        name = self._name(entry)
        file = None if target.is_edited(entry) is None else target.read(path)
        for text in {target.base(entry), file.text if file else ""}:
            yield from _with_packages(imported(tree_of(text), name, is_package=path.endswith("__init__.py")))

    def _name(self, entry: Entry) -> str:
        layout = self._target.layout
        if entry.kind == "test":
            return _dotted(entry.path, layout.tests, _TESTS)
        return _dotted(entry.path, layout.target, layout.package)

    def _imports_of_the_project(self) -> Iterator[tuple[str, str]]:
        """Yield what the project's own files import, each with the file's path."""
        layout = self._target.layout
        for file in own_files(layout.project):
            path = file.relative_to(layout.project).as_posix()
            if path in self._entries or b"import" not in (data := file.read_bytes()):
                continue
            inside = Path(file.name)
            for root in (layout.root, layout.project):
                if file.is_relative_to(root):
                    inside = file.relative_to(root)
                    break
            name = _dotted(inside.as_posix(), ".", "")
            text = data.decode(errors="replace")
            for one in imported(tree_of(text), name, is_package=file.name == "__init__.py"):
                yield path, one


_TESTS = "<tests>"
"""Stands for the tests' folder in the names of what is in it, which is imported relatively alone."""


def _dotted(path: str, folder: str, package: str) -> str:
    inside = Path(path).relative_to(folder)
    parts = inside.parent.parts if inside.name == "__init__.py" else inside.with_suffix("").parts
    return ".".join([*([package] if package else []), *parts])


def _with_packages(names: Iterable[str]) -> Iterator[str]:
    """Yield each name and the packages above it, which run when a module is imported."""
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _in_use(target: CopyTarget, entry: Entry, done: Removed) -> bool:
    """Return whether the folder of an `__init__.py` holds anything that stays, or the file was written in."""
    if target.is_edited(entry):
        return True
    folder = (target.layout.project / entry.path).parent
    going = {target.layout.project / path for path in done.removed}
    here = {path for path in folder.rglob("*") if path.is_file()} - going
    here = {path for path in here if not {"__pycache__", FOLDER} & set(path.parts)}
    return any(path.name != "__init__.py" or path.stat().st_size for path in here)
