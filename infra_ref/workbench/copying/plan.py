"""What a target holds: every file of some items, where it goes, and its text as it is to be written there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath

from infra_ref.workbench.copying.layout import Layout
from infra_ref.workbench.copying.library import Library, Source
from infra_ref.workbench.copying.lock import Entry, hash_of
from infra_ref.workbench.copying.parts import A_TEST, FOR_ITS_TEST, Parts
from infra_ref.workbench.copying.project_style import ProjectStyle
from infra_ref.workbench.copying.requirements import requirements
from infra_ref.workbench.copying.rewrite import Homes, Place, rewritten
from infra_ref.workbench.refused import Refused

PACKAGE = "it makes the folder a package"


@dataclass(frozen=True, slots=True)
class Planned:
    """One file as it is to be, why it is there, and how many lines it has where it comes from."""

    entry: Entry
    text: str
    why: str
    lines: int = 0


@dataclass(slots=True)
class Plan:
    """All files of some items, and what must be installed for them.

    `fresh` has every item that those in question need; the requirements, and `notes` on what does not
    come as one may expect, are of these alone. `test_requirements` are those of the tests alone;
    `imports` has the top names of all third parties.
    """

    files: dict[str, Planned] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    requirements: list[str] = field(default_factory=list)
    test_requirements: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)


def make_plan(
    library: Library,
    items: Iterable[str],
    tested: Iterable[str],
    layout: Layout,
    style: ProjectStyle,
    *,
    fresh: Iterable[str] | None = None,
    known: Mapping[str, Entry] | None = None,
) -> Plan:
    """Work out all files of `items`, with the tests of those that are in `tested`.

    `fresh` are those in question, all unless given. A file of `known` whose source is as it was keeps
    its version, so that an update changes what has changed. Raises Refused for an item that there is not,
    and where two files would be one.
    """
    wanted = [library.item(name) for name in items]
    parts = Parts(library, wanted, set(tested), layout.kit)
    new = [one for one in wanted if fresh is None or one.item in set(fresh)]
    reached = Parts(library, new, set(tested), layout.kit)
    plan = Plan(notes=list(reached.notes()))
    plan.fresh = {one.item for one in (*reached.code, *reached.kit)}
    drafts: dict[str, Planned] = {}
    for draft in _drafts(parts, library, layout, known or {}):
        other = drafts.setdefault(draft.entry.path, draft)
        if other is not draft:
            raise Refused(
                f"{draft.entry.item} of {draft.entry.collection} and of {other.entry.collection} "
                "would be one file: copy them to two folders."
            )
    styled = style.styled({path: one.text for path, one in drafts.items()})
    for path in [*styled, *_packages(drafts, layout)]:
        one = drafts.get(path) or Planned(Entry(path, "", "package", "", "", "", "", ""), "", PACKAGE)
        text = styled.get(path, "")
        entry = replace(one.entry, target=layout.target, written=hash_of(text))
        plan.files[path] = replace(one, text=text, entry=entry)
    own = library.strangers(reached.code)
    of_tests = reached.strangers_of_tests | library.strangers([*reached.kit, *reached.installed])
    plan.imports = own | of_tests
    plan.requirements = requirements(library.collections, own)
    later = requirements(library.collections, of_tests - own | ({"pytest"} if reached.tests else set()))
    packages = {
        f"{one.distribution}>={one.version}" for one in (source.collection for source in reached.installed)
    }
    plan.test_requirements = sorted(packages | {one for one in later if one not in plan.requirements})
    return plan


def _drafts(parts: Parts, library: Library, layout: Layout, known: Mapping[str, Entry]) -> Iterator[Planned]:
    """Yield every file with its imports changed, before the project's style."""
    packages = {one.tree.package: layout.package for one in library.collections}
    below = {one.name: _dotted(one.path) for one in parts.kit}
    installed = {one.name for one in parts.installed}
    package = f"{layout.package}." if layout.package else ""
    draft = partial(_draft, known)
    for source in parts.code:
        place = Place(f"{package}{_dotted(source.path)}", layout.imports, source.module.is_package)
        text, why = source.module.text, parts.why(source)
        yield draft(source, layout.target, source.path, text, place, Homes(packages), why)
    for source in parts.kit:
        place = Place(_dotted(source.path), "relative", source.module.is_package, in_tests=True)
        homes = Homes(packages, below, installed)
        yield draft(source, layout.tests, source.path, source.module.text, place, homes, FOR_ITS_TEST)
    for source in parts.tests:
        text, file = source.read_test()
        path = PurePosixPath(source.path.parts[0], file.name)
        place = Place(_dotted(path), "relative", in_tests=True)
        brought = {one.name for one in parts.brought(source)}
        homes = Homes(packages, {old: below[old] for old in below.keys() - brought}, installed - brought)
        yield draft(source, layout.tests, path, text, place, homes, A_TEST)


def _draft(
    known: Mapping[str, Entry],
    source: Source,
    folder: str,
    inside: PurePosixPath,
    original: str,
    place: Place,
    homes: Homes,
    why: str,
) -> Planned:
    whose, path, hashed = source.collection, joined(folder, inside.as_posix()), hash_of(original)
    there = known.get(path)
    version = there.version if there and there.source == hashed else whose.version
    of = "the test of " if why == A_TEST else ""
    licence = f", {whose.licence} licence" if whose.licence else ""
    line = f"# From {whose.name} {version}: {of}{source.path}{licence}.\n"
    text = rewritten(original if original.endswith("\n") else f"{original}\n", homes, place)
    entry = Entry(
        path=path,
        target="",
        kind="test" if place.in_tests else "code",
        collection=whose.name,
        item=source.item,
        version=version,
        source=hashed,
        written="",
    )
    return Planned(entry, _with_line(text, line), why, len(original.splitlines()))


def _with_line(text: str, line: str) -> str:
    """Put the line of provenance on top, below what must be the first."""
    lines = text.splitlines(keepends=True)
    at = 0
    while at < min(2, len(lines)) and (
        lines[at].startswith("#!") or ("coding" in lines[at][:20] and lines[at][0] == "#")
    ):
        at += 1
    return "".join([*lines[:at], line, *lines[at:]])


def _packages(paths: Iterable[str], layout: Layout) -> list[str]:
    """Return an `__init__.py` for each folder that is to have one and has none of its own."""
    found = set(paths)
    needed: set[str] = set()
    for root, itself in ((layout.target, layout.regular), (layout.tests, True)):
        inside = [PurePosixPath(one) for one in found if PurePosixPath(one).is_relative_to(root)]
        folders = {folder for one in inside for folder in one.parents if folder.is_relative_to(root)}
        needed |= {joined(str(one), "__init__.py") for one in folders if itself or str(one) != root}
    return sorted(needed - found)


def _dotted(path: PurePosixPath) -> str:
    parts = path.parent.parts if path.name == "__init__.py" else path.with_suffix("").parts
    return ".".join(parts)


def joined(folder: str, path: str) -> str:
    """Return a path below a folder of the project, which may be the project itself."""
    return path if folder == "." else f"{folder}/{path}"


def tree_of(text: str) -> ast.Module:
    """Return the tree of a copied file, an empty one where the owner broke it."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])
