"""Follow a target, or its tests, to the folder that the owner moved it to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from infra_ref.workbench.copying import lock
from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.layout import Layout, find_layout
from infra_ref.workbench.copying.lock import Entry, Lock, Target, hash_of
from infra_ref.workbench.copying.rewrite import Homes, Place, rewritten
from infra_ref.workbench.copying.target import CopyTarget
from infra_ref.workbench.project_files import own_files, project_of
from infra_ref.workbench.refused import Refused


def follow(old: Path, new: Path, package: str | None) -> str:
    """Note that a target, or the tests of one, is in another folder now, and return what was done.

    Imports in files that were not edited since are changed with the package's name. Raises Refused
    where nothing was copied to the old folder, or where its files are not in the new one.
    """
    project = project_of(new.resolve())
    known = lock.read(project)
    was, now = _below(project, old), _below(project, new)
    for path, target in list(known.targets.items()):
        if path == was:
            layout = find_layout(new, tests=project / target.tests, package=package, imports=target.imports)
            return _move(project, known, target, replace(target, path=now, package=layout.package))
        if target.tests == was:
            return _move(project, known, target, replace(target, tests=now))
    raise Refused(
        f"Nothing was copied to {old}: there are {', '.join(sorted(known.targets)) or 'no targets'}."
    )


def follow_all(project: Path) -> tuple[str, ...]:
    """Follow the targets that are not where they were, and return what was done for each.

    Their files are recognised by the first line, which says what they were copied from.
    """
    known = lock.read(project)
    found = ((path, _whereabouts(project, known, path)) for path in list(known.targets))
    return tuple(follow(project / old, project / new, None) for old, new in found if new)


def _whereabouts(project: Path, known: Lock, target: str) -> str | None:
    """Return the only folder that the files of a vanished target are in now, None where that is not plain."""
    code = [one for one in known.of(target) if one.kind == "code"]
    if not code or any((project / one.path).exists() for one in code):
        return None
    inside = Path(code[0].path).relative_to(target)
    begins = f"# From {code[0].collection} ".encode()
    found = [
        file.parents[len(inside.parts) - 1]
        for file in own_files(project, named=inside.name)
        if file.as_posix().endswith(f"/{inside.as_posix()}") and file.read_bytes().startswith(begins)
    ]
    return found[0].relative_to(project).as_posix() if len(found) == 1 else None


def _move(project: Path, known: Lock, was: Target, now: Target) -> str:
    layout = Layout.of(project, was)
    target = CopyTarget(layout, known)
    entries = target.entries
    pairs = {was.path: now.path, was.tests: now.tests}
    renamed = [path for one in entries if (path := _renamed(one.path, pairs)) != one.path]
    if not any((project / path).is_file() for path in renamed):
        old, new = (was.path, now.path) if was.path != now.path else (was.tests, now.tests)
        raise Refused(f"The files of {old} are not in {new}: move them first, then say so.")
    del known.targets[was.path]
    known.targets[now.path] = now
    for key in [key for key in known.items if key[0] == was.path]:
        item = known.items.pop(key)
        known.items[now.path, item.name] = replace(item, target=now.path)
    changes = [change for one in entries for change in _follow(target, one, was, now, pairs)]
    target.layout = replace(layout, target=now.path, tests=now.tests, package=now.package)
    target.commit(changes)
    return f"{was.path} is followed to {now.path}, imported as {now.package or 'top-level modules'}"


def _follow(
    target: CopyTarget, entry: Entry, was: Target, now: Target, pairs: dict[str, str]
) -> Iterator[Change]:
    path = _renamed(entry.path, pairs)
    base = target.base(entry)
    text = rewritten(base, Homes({was.package: now.package}), Place("")) if was.package else base
    moved = replace(entry, path=path, target=now.path, written=hash_of(text))
    del target.lock.entries[entry.path]
    file = target.read(path)
    content = None
    if file is not None and text != base:
        content = file.like(rewritten(file.text, Homes({was.package: now.package}), Place("")))
    yield from target.put(moved, text, content)


def _renamed(path: str, pairs: dict[str, str]) -> str:
    for old, new in sorted(pairs.items(), key=lambda pair: -len(pair[0])):
        if path.startswith(f"{old}/"):
            return f"{new}/{path.removeprefix(f'{old}/')}"
    return path


def _below(project: Path, folder: Path) -> str:
    try:
        return folder.resolve().relative_to(project).as_posix()
    except ValueError as error:
        raise Refused(f"{folder} is not in the project {project}.") from error
