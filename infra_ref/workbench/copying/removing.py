"""Take items out again: only what nobody else needs, and nobody edited."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.layout import own_files
from infra_ref.workbench.copying.library import imported
from infra_ref.workbench.copying.lock_file import Entry
from infra_ref.workbench.copying.place import Place
from infra_ref.workbench.copying.states import is_edited
from infra_ref.workbench.refused import Refused

Key = tuple[bool, str]


@dataclass(slots=True)
class Removed:
    """What goes, and what stays although it was asked to go, with the reason."""

    changes: list[Change] = field(default_factory=list)
    goes: list[Entry] = field(default_factory=list)
    stays: dict[str, str] = field(default_factory=dict)


def prepare(place: Place, items: Sequence[str], *, force: bool) -> Removed:
    """Work out what removing `items` deletes, and note it in the place's lock; nothing is deleted yet.

    With `force` edited files go too. Raises Refused for an item that was not copied here.
    """
    lock = place.lock
    names = [name.removesuffix(".py").strip("/") for name in items]
    if strangers := sorted(set(names) - set(lock.items)):
        known = ", ".join(lock.items)
        raise Refused(f"{', '.join(strangers)} was not asked for here by name: there are {known}.")
    left = set(lock.items) - set(names)
    kept = _kept(place, left, set(lock.with_tests) - set(names), force=force)
    removed = Removed()
    concerned = set(_closure(place, [key for key, one in lock.entries.items() if one.source in names]))
    for key in sorted(set(lock.entries)):
        entry = lock.entries[key]
        if key not in kept and entry.kind != "package":
            _drop(place, entry, removed)
        elif key in concerned and entry.source in names:
            removed.stays[place.path(entry)] = kept[key]
    for key in sorted(key for key, one in lock.entries.items() if one.kind == "package"):
        if not _in_use(place, lock.entries[key], removed):
            _drop(place, lock.entries[key], removed)
    here = {one.source for one in lock.entries.values() if place.path(one) in removed.stays}
    lock.items = sorted(left | {name for name in names if name in here and _is_root(place, name, kept)})
    lock.with_tests = [name for name in lock.with_tests if name in lock.items]
    return removed


def _drop(place: Place, entry: Entry, removed: Removed) -> None:
    del place.lock.entries[entry.kind == "test", entry.path]
    removed.goes.append(entry)
    removed.changes.append(place.change(entry, None))


def _kept(place: Place, items: set[str], tested: set[str], *, force: bool) -> dict[Key, str]:
    """Return the files that stay, each with the reason."""
    roots: dict[Key, str] = {}
    by_module = {place.module(one): key for key, one in place.lock.entries.items() if one.kind != "test"}
    for key, entry in place.lock.entries.items():
        if entry.source in (tested if entry.kind == "test" else items) and entry.kind != "package":
            roots[key] = f"{entry.source} was asked for by name"
        elif entry.kind != "package" and not force and is_edited(place, entry):
            roots[key] = "it was edited; --force deletes it"
    for file, name in _owners_imports(place):
        if name in by_module:
            roots.setdefault(by_module[name], f"{file} imports it")
    return _closure(place, roots) | roots


def _closure(place: Place, roots: Sequence[Key] | dict[Key, str]) -> dict[Key, str]:
    """Return what `roots` need, by the imports of the files as they were written and as they are."""
    entries = place.lock.entries
    by_module = {place.module(one): key for key, one in entries.items() if one.kind != "test"}
    found: dict[Key, str] = {}
    todo = [(key, "it was asked for") for key in roots]
    while todo:
        key, why = todo.pop()
        if key in found:
            continue
        found[key] = why
        needs = {by_module[name] for name in _imports(place, entries[key]) if name in by_module}
        todo += [(need, f"{place.path(entries[key])} needs it") for need in sorted(needs)]
    return found


def _imports(place: Place, entry: Entry) -> Iterator[str]:
    name = "" if entry.kind == "test" else place.module(entry)
    file = None if is_edited(place, entry) is None else place.read(entry)
    for text in {entry.base, file.text if file else ""}:
        for one in imported(_tree(text), name, is_package=entry.path.endswith("__init__.py")):
            # The packages above run when a module is imported.
            yield from (one[:end] for end in (*_dots(one), len(one)))


def _dots(name: str) -> list[int]:
    return [at for at, character in enumerate(name) if character == "."]


def _owners_imports(place: Place) -> Iterator[tuple[str, str]]:
    """Yield what the project's own files import, each with the file's path."""
    layout = place.layout
    ours = {layout.project / place.path(one) for one in place.lock.entries.values()}
    for file in own_files(layout.project):
        if file in ours or b"import" not in (data := file.read_bytes()):
            continue
        inside = (
            file.relative_to(layout.root).with_suffix("")
            if file.is_relative_to(layout.root)
            else Path(file.stem)
        )
        package = file.name == "__init__.py"
        module = ".".join(inside.parts[:-1] if package else inside.parts)
        for name in imported(_tree(data), module, is_package=package):
            yield file.relative_to(layout.project).as_posix(), name


def _tree(text: str | bytes) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def _in_use(place: Place, entry: Entry, removed: Removed) -> bool:
    """Return whether the folder of an `__init__.py` holds anything that stays, or the file was written in."""
    if is_edited(place, entry):
        return True
    folder = (place.layout.project / place.path(entry)).parent
    going = {place.layout.project / place.path(one) for one in removed.goes}
    here = {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    lock = {one for one in here if one.name.startswith(("infra-ref.lock", ".infra-ref."))}
    return bool({one for one in here - going - lock if one.name != "__init__.py" or one.stat().st_size})


def _is_root(place: Place, name: str, kept: dict[Key, str]) -> bool:
    return any(
        one.source == name and not kept.get(key, "").endswith("needs it")
        for key, one in place.lock.entries.items()
    )
