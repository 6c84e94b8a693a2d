"""What there is to copy, and what each file needs: read from its imports, never written down."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from infra_ref.workbench.copying.collection import Collection
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.sizes import partners
from infra_ref.workbench.source_file import Module, has_code, imported_from, parsed

SHOWN = 12
"""Names that a refusal shows where none is near."""
FOR_TESTS = {"contract", "contracts", "testing"}
"""Folders whose files only tests import."""


@dataclass(frozen=True, eq=False)
class Source:
    """One file of a collection."""

    collection: Collection
    module: Module

    @property
    def name(self) -> str:
        """Its dotted name."""
        return self.module.name

    @property
    def path(self) -> PurePosixPath:
        """Its place below the collection's root."""
        return PurePosixPath(*self.module.place.parts[1:])

    @cached_property
    def item(self) -> str:
        """The name that one types: `caching/redis_cache`."""
        return self.collection.tree.item(self.module)

    @property
    def is_promise(self) -> bool:
        """Whether it is a port, or a file that a port is spread over."""
        pattern = self.collection.tree.patterns.get(self.path.parts[0])
        return self.module.stem == "errors" or bool(pattern and self.module in pattern.promise)

    @property
    def for_tests(self) -> bool:
        """Whether nothing but tests has a use for it."""
        return bool(FOR_TESTS & set(self.path.parts[:-1]))

    def read_test(self) -> tuple[str, Path]:
        """Return the text of the ready test, and its file."""
        assert self.test is not None
        return self.test.read_text(encoding="utf-8"), self.test

    @cached_property
    def test(self) -> Path | None:
        """The ready test of an adapter, `test_redis_cache_contract.py`; None where there is none."""
        tests = self.collection.tests
        path = tests / self.path.parts[0] / f"test_{self.module.stem}_contract.py" if tests else None
        return path if path and path.is_file() else None


class Library:
    """Collections that may need one another; the first that has an item of a name is asked for it.

    `preferred` has the name of the collection for items that are known to be of one.
    """

    def __init__(self, *collections: Collection) -> None:
        self.collections = tuple({one.tree.package: one for one in collections}.values())
        self.preferred: dict[str, str] = {}
        self._sources: dict[str, Source | None] = {}
        self._needs: dict[str, tuple[list[Source], set[str]]] = {}

    def item(self, name: str) -> Source:
        """Return what `caching/redis_cache`, `RedisCache` or `redis-cache` names.

        Raises Refused, with the nearest names, if there is none, or several.
        """
        for collection in sorted(self.collections, key=lambda one: one.name != self.preferred.get(name)):
            found = [one for one in collection.tree.named(name) if has_code(one.tree)]
            if len(found) > 1:
                several = " or ".join(map(collection.tree.item, found))
                raise Refused(f"{name} is the name of several items: name {several}.")
            if found and (source := self.find(found[0].name)):
                return source
        known = self.items()
        if inside := [one for one in known if one.startswith(f"{name.strip('/')}/")]:
            raise Refused(f"{name} is a folder of items: name one or more of {', '.join(inside)}.")
        near = [one for one in self.collections[0].tree.nearest(name) if name]
        more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
        instead = (
            f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known[:SHOWN])}{more}."
        )
        raise Refused(f"There is no item {name}: {instead}")

    def items(self) -> list[str]:
        """Return the names of all items of the first collection."""
        return self.collections[0].tree.items()

    def find(self, module: str) -> Source | None:
        """Return the file of a dotted name, or None if it is none of these collections'."""
        if module not in self._sources:
            found = ((one, one.tree.modules.get(module)) for one in self.collections)
            files = (Source(one, here) for one, here in found if here and module != one.tree.package)
            self._sources[module] = next(files, None)
        return self._sources[module]

    def partners(self, source: Source) -> list[Source]:
        """Return what comes along with an item that is of no use alone."""
        found = (self.find(one.name) for one in partners(source.module, source.collection.tree))
        return [one for one in found if one]

    def goes_with(self, names: Iterable[str], have: set[str]) -> list[str]:
        """Return the commands that add what one will want beside items and does not have, as tables say."""
        found: list[str] = []
        for source in map(self.item, names):
            folder = source.path.parts[0]
            pattern = source.collection.tree.patterns.get(folder)
            named = pattern.table.get("goes_with", {}).get(source.module.stem, []) if pattern else []
            found += [name if "/" in name else f"{folder}/{name}" for name in named]
        return [f"infra-ref add {one}" for one in dict.fromkeys(found) if one not in have]

    def needs(self, tree: ast.Module, module: str = "", *, is_package: bool = False) -> _Needs:
        """Return the files of these collections that a tree imports, and the top names of third parties.

        Imports inside functions and for the type checker alone count: they are needed to run
        all of it, and to check it.
        """
        sources: dict[str, Source] = {}
        strangers: set[str] = set()
        for name in imported(tree, module, is_package=is_package):
            if any(
                name == one.tree.package or name.startswith(f"{one.tree.package}.")
                for one in self.collections
            ):
                for source in self._with_parents(name):
                    sources[source.name] = source
            elif (top := name.partition(".")[0]) not in sys.stdlib_module_names:
                strangers.add(top)
        return list(sources.values()), strangers

    def closure(self, sources: Iterable[Source]) -> list[Source]:
        """Return all of `sources` and what they need, and what that needs, in the order found."""
        found: dict[str, Source] = {}
        todo = list(sources)
        while todo:
            source = todo.pop(0)
            if source.name not in found:
                found[source.name] = source
                todo += self.needs_of(source)[0]
        return list(found.values())

    @cached_property
    def fakes(self) -> frozenset[str]:
        """What ready tests import besides the kit, their item and ports: caches in memory, a clock to set.

        What fakes need is with them, but for promises, for what the kit itself compares with, and for
        classes that a fake and the item of its test share.
        """
        every = [one for each in self.collections for name in each.tree.modules if (one := self.find(name))]
        compared = {needed.name for one in every if one.for_tests for needed in self.needs_of(one)[0]}
        waiting: list[Source] = []
        for source in (one for one in every if one.test):
            brought = self.closure([source, *self.partners(source)])
            named = [one for one in self.needs(parsed(*source.read_test()))[0] if one not in brought]
            waiting += named
            fakes = [one for one in named if not (one.for_tests or one.is_promise)]
            compared |= {one.name for one in self.closure(fakes) if one in brought and one.module.classes}
        found: set[str] = set()
        while waiting:
            one = waiting.pop()
            if not (one.for_tests or one.is_promise or one.name in found):
                found.add(one.name)
                waiting += [needed for needed in self.needs_of(one)[0] if needed.name not in compared]
        return frozenset(found)

    def strangers(self, sources: Iterable[Source]) -> set[str]:
        """Return the top names of the third parties that the files import."""
        return {name for source in sources for name in self.needs_of(source)[1]}

    def needs_of(self, source: Source) -> _Needs:
        """Return what `needs` does, for a file of these collections."""
        if source.name not in self._needs:
            one = source.module
            self._needs[source.name] = self.needs(one.tree, one.name, is_package=one.is_package)
        return self._needs[source.name]

    def _with_parents(self, name: str) -> Iterator[Source]:
        """Yield the file of `a.b.c`, and those of `a.b` that run when it is imported."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            source = self.find(".".join(parts[:end]))
            if source is not None and (not source.module.is_package or has_code(source.module.tree)):
                yield source


_Needs = tuple[list[Source], set[str]]


def imported(tree: ast.AST, module: str, *, is_package: bool = False) -> Iterator[str]:
    """Yield every dotted name that a tree imports; for `from a import b` both `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = imported_from(node, module, is_package=is_package)
            yield base
            if base.partition(".")[0] not in sys.stdlib_module_names:
                yield from (f"{base}.{alias.name}" for alias in node.names)
