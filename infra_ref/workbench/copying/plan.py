"""What some items come to in a certain place: every file, as it is to be written there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from infra_ref.workbench.copying.layout import Layout
from infra_ref.workbench.copying.library import Library, Source
from infra_ref.workbench.copying.lock_file import Entry, Kind, hash_of
from infra_ref.workbench.copying.ready_test import fingerprint, ready_test
from infra_ref.workbench.copying.requirements import requirements
from infra_ref.workbench.refused import Refused


@dataclass(frozen=True, slots=True)
class Plan:
    """The entries to be, each in its final text, and what must be installed for them.

    `why` says for each path why it is there; `test_requirements` are those of
    the tests alone; `imports` has the top names of all third parties.
    """

    entries: tuple[Entry, ...]
    why: dict[tuple[bool, str], str]
    requirements: tuple[str, ...]
    test_requirements: tuple[str, ...]
    untested: tuple[str, ...]
    imports: frozenset[str]


def make_plan(library: Library, items: Sequence[str], tested: Iterable[str], layout: Layout) -> Plan:
    """Work out all files of `items`, with the tests of those that are in `tested`.

    Raises Refused for an item that there is not, and where two files would be one.
    """
    wanted = [library.item(name) for name in items]
    code = library.closure(wanted)
    why = {(False, one.path.as_posix()): "the item" if one in wanted else "it needs this" for one in code}
    tests, untested = _tests(library, [library.item(name) for name in tested])
    trees = [ast.parse(text) for _, _, text in tests]
    beneath = library.closure(one for tree in trees for one in library.needs(tree)[0])
    for one in beneath:
        why.setdefault((False, one.path.as_posix()), "its test needs this")
    entries: dict[str, Entry] = {}
    for source in {one.module: one for one in (*code, *beneath)}.values():
        entry = _code(source, layout, library)
        if entries.setdefault(entry.path, entry) is not entry:
            raise Refused(
                f"{source.item} of {source.collection.name} and of {entries[entry.path].collection} "
                "would be one file: copy them to two folders."
            )
    made = [_test(source, path, text, layout, library) for source, path, text in tests]
    why |= {(True, one.path): "its test" for one in made}
    packages = list(_packages(entries.values(), layout))
    strangers = library.strangers(code)
    of_tests = {name for tree in trees for name in library.needs(tree)[1]} | library.strangers(beneath)
    asked = requirements(library.collections, strangers)
    later = requirements(library.collections, of_tests - strangers | ({"pytest"} if tests else set()))
    return Plan(
        (*packages, *entries.values(), *made),
        why,
        tuple(asked),
        tuple(one for one in later if one not in asked),
        tuple(untested),
        frozenset(strangers | of_tests),
    )


def newest(library: Library, entry: Entry) -> tuple[str, str] | None:
    """Return the hash of an entry's source as it is today, and its version; None if it is no more."""
    if entry.kind == "package":
        return entry.source_hash, entry.version
    try:
        source = library.item(entry.source)
    except Refused:
        return None
    if entry.kind == "item":
        return hash_of(source.text), source.collection.version
    if fingerprint(library, source) == entry.seen:
        return entry.source_hash, source.collection.version
    found = ready_test(library, source)
    return (hash_of(found.text), source.collection.version) if found else None


def _tests(library: Library, sources: Iterable[Source]) -> tuple[list[tuple[Source, str, str]], list[str]]:
    made, untested = [], []
    for source in sources:
        found = ready_test(library, source)
        if found is None:
            untested.append(source.item)
            continue
        name = f"test_{source.path.stem}{'_contract' if found.contract else ''}.py"
        made.append((source, (source.path.parent / name).as_posix(), found.text))
    return made, untested


def _code(source: Source, layout: Layout, library: Library) -> Entry:
    from infra_ref.workbench.copying.rewrite import rewritten  # libcst is slow to import

    parts = source.path.parent.parts if source.is_package else source.path.with_suffix("").parts
    module = ".".join([*([layout.package] if layout.package else []), *parts])
    text = rewritten(
        source.text, _homes(library, layout), module, layout.imports, is_package=source.is_package
    )
    return _entry(library, source, source.path.as_posix(), "item", text, source.text, source.path.as_posix())


def _test(source: Source, path: str, text: str, layout: Layout, library: Library) -> Entry:
    from infra_ref.workbench.copying.rewrite import rewritten

    here = rewritten(text, _homes(library, layout), "", "absolute")
    return _entry(library, source, path, "test", here, text, f"the test of {source.path.as_posix()}")


def _entry(
    library: Library, source: Source, path: str, kind: Kind, text: str, original: str, name: str
) -> Entry:
    whose = source.collection
    licence = f", {whose.licence} licence" if whose.licence else ""
    line = f"# From {whose.name} {whose.version}: {name}{licence}.\n"
    base = _with_line(text if text.endswith("\n") else f"{text}\n", line)
    seen = fingerprint(library, source) if kind == "test" else ""
    return Entry(path, kind, whose.name, source.item, whose.version, hash_of(original), base, seen)


def _with_line(text: str, line: str) -> str:
    """Put the line of provenance on top, below what must be the first."""
    lines = text.splitlines(keepends=True)
    at = 0
    while at < min(2, len(lines)) and (
        lines[at].startswith("#!") or ("coding" in lines[at][:20] and lines[at][0] == "#")
    ):
        at += 1
    return "".join([*lines[:at], line, *lines[at:]])


def _packages(entries: Iterable[Entry], layout: Layout) -> Iterator[Entry]:
    """Yield an empty `__init__.py` for each folder that has none of its own."""
    paths = {entry.path for entry in entries}
    folders = {folder for path in paths for folder in PurePosixPath(path).parents if folder.name}
    needed = {(folder / "__init__.py").as_posix() for folder in folders} - paths
    if layout.regular:
        needed.add("__init__.py")
    for path in sorted(needed):
        yield Entry(path, "package", "", "", "", "", "")


def _homes(library: Library, layout: Layout) -> dict[str, str]:
    return {one.package: layout.package for one in library.collections}
