"""What a target holds: every file of some items, where it goes, and its text as it is to be written there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from infra_ref.workbench.copying.layout import Layout
from infra_ref.workbench.copying.library import Library, Source
from infra_ref.workbench.copying.lock import Entry, Kit, hash_of
from infra_ref.workbench.copying.project_style import ProjectStyle
from infra_ref.workbench.copying.requirements import requirements
from infra_ref.workbench.copying.rewrite import Homes, Place, rewritten
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.source_file import parsed

AN_ITEM, NEEDED, FOR_ITS_TEST, A_TEST = "the item", "it needs this", "its test needs this", "its test"
PARTNER, PACKAGE = "it is of no use without", "it makes the folder a package"


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
) -> Plan:
    """Work out all files of `items`, with the tests of those that are in `tested`.

    `fresh` are those in question, all unless given. Raises Refused for an item that there is not,
    and where two files would be one.
    """
    wanted = [library.item(name) for name in items]
    parts = _Parts(library, wanted, set(tested), layout.kit)
    new = [one for one in wanted if fresh is None or one.item in set(fresh)]
    reached = _Parts(library, new, set(tested), layout.kit)
    plan = Plan(notes=list(reached.notes()))
    plan.fresh = {one.item for one in (*reached.code, *reached.kit)}
    drafts: dict[str, Planned] = {}
    for draft in _drafts(parts, library, layout):
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


class _Parts:
    """The sources of a plan: production code, what is for tests, and the ready tests.

    On which side a file goes depends on the file alone, so that two branches write the same.
    Production code brings what it imports. Tests have the kit, and fakes of their own, though an item
    may bring the same file into production; whatever else they import is production's.
    """

    def __init__(self, library: Library, wanted: Sequence[Source], tested: set[str], kit_is: Kit) -> None:
        self._library, self.wanted = library, wanted
        self.partners = [partner for one in wanted for partner in library.partners(one)]
        self.tests = {one: parsed(*one.read_test()) for one in wanted if one.item in tested and one.test}
        self._tested, self._kit_is = tested, kit_is
        self.strangers_of_tests = {name for tree in self.tests.values() for name in library.needs(tree)[1]}
        roots = [one for one in (*wanted, *self.partners) if not one.for_tests]
        kit = {one.name: one for one in wanted if one.for_tests}
        waiting = [*kit.values()]
        for source, tree in self.tests.items():
            brought = self.brought(source)
            for one in library.needs(tree)[0]:
                among_tests = one.for_tests or (one.name in library.fakes and one not in brought)
                (waiting if among_tests else roots).append(one)
        while waiting:
            one = waiting.pop()
            kit[one.name] = one
            for needed in library.needs_of(one)[0]:
                if not (needed.for_tests or needed.name in library.fakes):
                    roots.append(needed)
                elif needed.name not in kit:
                    waiting.append(needed)
        apart = self._apart(kit) if kit_is == "dependency" else set()
        self.kit = [kit[name] for name in sorted(kit.keys() - apart)]
        self.installed = [kit[name] for name in sorted(apart)]
        self.code = library.closure(roots)

    def brought(self, source: Source) -> list[Source]:
        """Return what an item brings into production by itself."""
        return self._library.closure([source, *self._library.partners(source)])

    def _apart(self, kit: dict[str, Source]) -> set[str]:
        """Return what tests can import from its package: what knows nothing of the files that are copied."""
        apart = {name for name, one in kit.items() if one.collection.distribution}
        while bound := {one for one in apart if any(n.name not in apart for n in self._needs(kit[one]))}:
            apart -= bound
        return apart

    def _needs(self, source: Source) -> list[Source]:
        return self._library.needs_of(source)[0]

    def notes(self) -> Iterator[str]:
        """Yield what does not come as one may expect."""
        for one in self.wanted:
            if one.item in self._tested and not one.test:
                yield f"No test comes with {one.item}: it has none of its own."
        if self._kit_is == "dependency" and self.kit:
            yield (
                f"{len(self.kit)} files of the kit are copied all the same: they compare classes of what is "
                "copied, and those of an installed infra-ref are others."
            )

    def why(self, source: Source) -> str:
        if source in self.wanted:
            return AN_ITEM
        return f"{PARTNER} one" if source in self.partners else NEEDED


def _drafts(parts: _Parts, library: Library, layout: Layout) -> Iterator[Planned]:
    """Yield every file with its imports changed, before the project's style."""
    packages = {one.tree.package: layout.package for one in library.collections}
    below = {one.name: _dotted(one.path) for one in parts.kit}
    installed = {one.name for one in parts.installed}
    package = f"{layout.package}." if layout.package else ""
    for source in parts.code:
        place = Place(f"{package}{_dotted(source.path)}", layout.imports, source.module.is_package)
        text, why = source.module.text, parts.why(source)
        yield _draft(source, layout.target, source.path, text, place, Homes(packages), why)
    for source in parts.kit:
        place = Place(_dotted(source.path), "relative", source.module.is_package, in_tests=True)
        homes = Homes(packages, below, installed)
        yield _draft(source, layout.tests, source.path, source.module.text, place, homes, FOR_ITS_TEST)
    for source in parts.tests:
        text, file = source.read_test()
        path = PurePosixPath(source.path.parts[0], file.name)
        place = Place(_dotted(path), "relative", in_tests=True)
        brought = {one.name for one in parts.brought(source)}
        homes = Homes(packages, {old: below[old] for old in below.keys() - brought}, installed - brought)
        yield _draft(source, layout.tests, path, text, place, homes, A_TEST)


def _draft(
    source: Source, folder: str, path: PurePosixPath, original: str, place: Place, homes: Homes, why: str
) -> Planned:
    whose = source.collection
    of = "the test of " if why == A_TEST else ""
    licence = f", {whose.licence} licence" if whose.licence else ""
    line = f"# From {whose.name} {whose.version}: {of}{source.path}{licence}.\n"
    text = rewritten(original if original.endswith("\n") else f"{original}\n", homes, place)
    entry = Entry(
        path=joined(folder, path.as_posix()),
        target="",
        kind="test" if place.in_tests else "code",
        collection=whose.name,
        item=source.item,
        version=whose.version,
        source=hash_of(original),
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
