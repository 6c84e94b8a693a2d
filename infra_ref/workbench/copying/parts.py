"""The parts of what is copied: production code, the kit that its tests need, and the ready tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from infra_ref.workbench.copying.library import Library, Source
from infra_ref.workbench.copying.lock import Kit
from infra_ref.workbench.source_file import parsed

AN_ITEM, NEEDED, FOR_ITS_TEST, A_TEST = "the item", "it needs this", "its test needs this", "its test"
PARTNER = "it is of no use without"


class Parts:
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
