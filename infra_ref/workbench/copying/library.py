"""What there is to copy, and what each file needs: read from its imports, never written down."""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from infra_ref.workbench.copying.collection import Collection
from infra_ref.workbench.refused import Refused

SHOWN = 12
"""Names that are told where none is near."""


@dataclass(frozen=True, eq=False)
class Source:
    """One file of a collection. `module` is its dotted name, `path` its place below the collection's root."""

    collection: Collection
    module: str
    path: PurePosixPath
    file: Path

    @cached_property
    def item(self) -> str:
        """The name that one types: `caching/stale_cache` for `caching/decorators/stale_cache.py`.

        The role's folder is named only where the pattern has two files of that name.
        """
        path = self.path.parent if self.is_package else self.path.with_suffix("")
        short = PurePosixPath(path.parts[0], path.name)
        alone = len(path.parts) > 2 and len(_in_roles(self.collection, short)) == 1
        return (short if alone else path).as_posix()

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__.py` of a folder."""
        return self.path.name == "__init__.py"

    @cached_property
    def text(self) -> str:
        """The file's text, with plain newlines and no byte order mark."""
        try:
            return self.file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused(f"{self.file} is not UTF-8: save it as UTF-8.") from error

    @cached_property
    def tree(self) -> ast.Module:
        """The file's syntax tree."""
        return parsed(self.text, self.file)


def parsed(text: str, file: Path) -> ast.Module:
    """Return the tree of a text. Raises Refused where it is not Python."""
    try:
        return ast.parse(text, str(file))
    except (SyntaxError, ValueError) as error:
        raise Refused(f"{file} is not Python as this interpreter knows it: {error}.") from error


class Library:
    """Collections that may need one another; the first that has an item of a name is asked for it.

    `preferred` has the name of the collection for items that are known to be of one.
    """

    def __init__(self, *collections: Collection) -> None:
        self.collections = tuple({one.package: one for one in collections}.values())
        self.fingerprints: dict[Path, str] = {}
        self.preferred: dict[str, str] = {}
        self._sources: dict[str, Source | None] = {}
        self._needs: dict[str, tuple[list[Source], set[str]]] = {}

    def item(self, name: str) -> Source:
        """Return what `caching/redis_cache` names. Raises Refused, with the nearest names, if none."""
        plain = name.removesuffix(".py").removesuffix("/__init__").strip("/")
        dotted = plain.replace("/", ".")
        for collection in sorted(self.collections, key=lambda one: one.name != self.preferred.get(plain)):
            found = self.find(f"{collection.package}.{dotted}") or self._in_a_role(collection, plain)
            if found is not None and (not found.is_package or has_code(found)):
                return found
        known = self.items()
        if inside := [one for one in known if one.startswith(f"{plain}/")]:
            raise Refused(f"{name} is a folder of items: name one or more of {', '.join(inside)}.")
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower()  # RedisCache is in redis_cache
        near = difflib.get_close_matches(plain, known, n=3) or [one for one in known if snake in one][:5]
        more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
        there = f"there are {', '.join(known[:SHOWN])}{more}."
        instead = f"did you mean {' or '.join(near)}?" if near else there
        raise Refused(f"There is no item {name}: {instead}")

    def _in_a_role(self, collection: Collection, name: str) -> Source | None:
        found = _in_roles(collection, PurePosixPath(name)) if name.count("/") == 1 else []
        dotted = ".".join(found[0].with_suffix("").parts) if len(found) == 1 else ""
        return self.find(f"{collection.package}.{dotted}")

    def items(self) -> list[str]:
        """Return the names of all items of the first collection."""
        first = self.collections[0]
        names = []
        for file in sorted(first.root.rglob("*.py")):
            relative = file.relative_to(first.root).with_suffix("")
            parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
            source = self.find(".".join((first.package, *parts))) if parts else None
            if source is not None and (not source.is_package or has_code(source)):
                names.append(source.item)
        return sorted(set(names))

    def find(self, module: str) -> Source | None:
        """Return the file of a dotted name, or None if it is none of these collections'."""
        if module not in self._sources:
            self._sources[module] = self._find(module)
        return self._sources[module]

    def _find(self, module: str) -> Source | None:
        for collection in self.collections:
            below = module.removeprefix(f"{collection.package}.")
            parts = below.split(".")
            if below == module or parts[0] in collection.hidden or not all(map(str.isidentifier, parts)):
                continue
            for path in (PurePosixPath(*parts).with_suffix(".py"), PurePosixPath(*parts, "__init__.py")):
                file = collection.root / path
                if file.is_file() and file.resolve().is_relative_to(collection.root.resolve()):
                    return Source(collection, module, path, file)
        return None

    def owner(self, module: str) -> Collection | None:
        """Return the collection that a dotted name belongs to, whether or not there is such a file."""
        for collection in self.collections:
            if module == collection.package or module.startswith(f"{collection.package}."):
                return collection
        return None

    def needs(
        self, tree: ast.Module, module: str = "", *, is_package: bool = False
    ) -> tuple[list[Source], set[str]]:
        """Return the files of these collections that a tree imports, and the top names of third parties.

        Imports inside functions and for the type checker alone count: they are needed to run
        all of it, and to check it. Raises Refused for an import that cannot be copied.
        """
        sources: dict[str, Source] = {}
        strangers: set[str] = set()
        for name in imported(tree, module, is_package=is_package):
            if self.owner(name) is None:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names:
                    strangers.add(top)
                continue
            for source in self._with_parents(name):
                sources[source.module] = source
        return list(sources.values()), strangers

    def needs_of(self, source: Source) -> tuple[list[Source], set[str]]:
        """Return what `needs` does, for a file of these collections."""
        if source.module not in self._needs:
            self._needs[source.module] = self.needs(source.tree, source.module, is_package=source.is_package)
        return self._needs[source.module]

    def _with_parents(self, name: str) -> Iterator[Source]:
        """Yield the file of `a.b.c`, and those of `a.b` that run when it is imported."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            source = self.find(".".join(parts[:end]))
            if source is not None and (not source.is_package or has_code(source)):
                yield source

    def closure(self, sources: Iterable[Source]) -> list[Source]:
        """Return all of `sources` and what they need, and what that needs, in the order found."""
        found: dict[str, Source] = {}
        todo = list(sources)
        while todo:
            source = todo.pop(0)
            if source.module not in found:
                found[source.module] = source
                todo += self.needs_of(source)[0]
        return list(found.values())

    def strangers(self, sources: Iterable[Source]) -> set[str]:
        """Return the top names of the third parties that the files import."""
        return {name for source in sources for name in self.needs_of(source)[1]}


def _in_roles(collection: Collection, name: PurePosixPath) -> list[PurePosixPath]:
    """Return the files of a pattern that have the last part of `name`, at whatever depth."""
    found = (collection.root / name.parts[0]).rglob(f"{name.name}.py")
    return [PurePosixPath(one.relative_to(collection.root).as_posix()) for one in sorted(found)]


def has_code(source: Source) -> bool:
    """Return whether a file holds more than a docstring."""
    body = source.tree.body
    return any(not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)) for one in body)


def imported(tree: ast.AST, module: str, *, is_package: bool = False) -> Iterator[str]:
    """Yield every dotted name that a tree imports; for `from a import b` both `a` and `a.b`."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield base
            if not _is_stdlib(base):
                yield from (f"{base}.{alias.name}" for alias in node.names)


def _is_stdlib(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in sys.stdlib_module_names
