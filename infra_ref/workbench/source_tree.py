"""The one reader of the package: its files, their imports and names, by syntax tree, with nothing imported.

The command line, copying, the site and the guards all read the package through it.
"""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from infra_ref.workbench.pattern_folder import Pattern
from infra_ref.workbench.source_file import Module, base_name, has_code, imported_from

NO_PATTERN = frozenset({"contract", "sample", "workbench"})
"""Folders of the package that are no pattern."""

HIDDEN = ("workbench", "anti_patterns")
"""Folders of the package that hold nothing to be copied."""


class SourceTree:
    """All files of the package in `folder`; `hidden` folders at its top are left out.

    `package` is what the folder is imported as, where that is more than its name.
    """

    def __init__(
        self,
        folder: Path,
        *,
        hidden: Iterable[str] = HIDDEN,
        package: str | None = None,
    ) -> None:
        self.folder, self.package = folder, package or folder.name
        self._hidden = frozenset(hidden)

    @cached_property
    def modules(self) -> dict[str, Module]:
        """Every module by its dotted name, in order."""
        found: dict[str, Module] = {}
        root = self.folder.resolve()
        for path in sorted(self.folder.rglob("*.py")):
            place = path.relative_to(self.folder.parent)
            if place.parts[1] in self._hidden:
                continue
            parts = place.parent.parts if path.name == "__init__.py" else place.with_suffix("").parts
            name = ".".join([self.package, *parts[1:]])
            if all(map(str.isidentifier, parts)) and path.resolve().is_relative_to(root):
                found[name] = Module(name, path, place)
        return found

    @cached_property
    def patterns(self) -> dict[str, Pattern]:
        """The folders of the package that are patterns."""
        tops = {
            module.place.parts[1]: None for module in self.modules.values() if len(module.place.parts) > 2
        }
        return {name: Pattern(self, name) for name in sorted(set(tops) - NO_PATTERN)}

    def shared(self) -> list[Module]:
        """Return the modules at the top, and the folder `contract`: what every pattern may import."""
        tops = [
            one for one in self.modules.values() if len(one.place.parts) == 2 and one.name != self.package
        ]
        machinery = self.modules.get(f"{self.package}.contract")
        return [*tops, *([machinery] if machinery else [])]

    def within(self, folder: str) -> list[Module]:
        """Return the files in a folder of the package, at any depth."""
        return [one for one in self.modules.values() if one.place.parts[1:-1][:1] == (folder,)]

    # Imports

    def imports(self, module: Module) -> set[str]:
        """Return the dotted names that a file imports anywhere in it, for the type checker alone too.

        `from a import b` is `a.b` where that is a module of this tree, else `a`.
        """
        found: set[str] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = imported_from(node, module.name, is_package=module.is_package)
                members = {f"{base}.{alias.name}" for alias in node.names}
                inner = members & (self.modules.keys() | self._namespaces)
                found |= inner if len(inner) == len(members) else inner | {base}
        return found

    @cached_property
    def _namespaces(self) -> set[str]:
        return {name.rpartition(".")[0] for name, one in self.modules.items() if not one.is_package}

    def imports_here(self, module: Module) -> list[str]:
        """Return the modules of this package that a file imports, those of its own folder first."""
        own = [name for name in self.imports(module) if name.startswith(f"{self.package}.")]
        return sorted(own, key=lambda name: (not name.startswith(module.name.rpartition(".")[0]), name))

    def strangers(self, module: Module) -> list[str]:
        """Return the top names of the third parties that a file imports itself."""
        tops = {name.partition(".")[0] for name in self.imports(module)}
        return sorted(tops - sys.stdlib_module_names - {self.package})

    def third_parties(self, module: Module) -> list[str]:
        """Return the packages from elsewhere that importing `module` needs, through all it imports here."""
        seen, found, waiting = {module.name}, set[str](), [module]
        while waiting:
            for needed in waiting.pop().needs():
                top = needed.partition(".")[0]
                if top == self.package and needed in self.modules and needed not in seen:
                    seen.add(needed)
                    waiting.append(self.modules[needed])
                elif top != self.package and top not in sys.stdlib_module_names:
                    found.add(top)
        return sorted(found)

    def closure(self, modules: Iterable[Module]) -> list[Module]:
        """Return `modules` and all files with code that they import, and what those import."""
        found: dict[str, Module] = {}
        waiting = list(modules)
        while waiting:
            module = waiting.pop(0)
            if module.name in found:
                continue
            found[module.name] = module
            for name in sorted(self.imports(module)):
                ends = (name[:end] for end in [*_dots(name), len(name)])
                waiting += [self.modules[one] for one in ends if one in self.modules]
        return [one for one in found.values() if not one.is_package or has_code(one.tree)]

    # Classes

    def resolve(self, module: Module, name: str) -> tuple[Module, ast.ClassDef] | None:
        """Find the class that `name` means in `module`; None where it is not of this package."""
        for _ in range(8):  # from one module to the next, never in a circle
            if name in module.classes:
                return module, module.classes[name]
            if name not in module.imported or module.imported[name][0] not in self.modules:
                return None
            where, name = module.imported[name]
            module = self.modules[where]
        return None

    def lineage(self, module: Module, node: ast.ClassDef) -> list[tuple[Module, ast.ClassDef]]:
        """Return the class and those of this package that it inherits from, the nearest first."""
        line = [(module, node)]
        for base in node.bases:
            name = base_name(base)
            if (found := self.resolve(module, name)) and found not in line and found[1] is not node:
                line += [one for one in self.lineage(*found) if one not in line]
        return line

    # Names that a person types

    def item(self, module: Module) -> str:
        """Return the name that one types: `caching/stale_cache` for `caching/decorators/stale_cache.py`.

        The folder of the role is named only where the pattern has two files of that name.
        """
        parts = _inside(module)
        short = "/".join([*parts[:1], *parts[-1:]]) if len(parts) > 2 else "/".join(parts)
        return short if self._paths.get(_key(short)) == [module] else "/".join(parts)

    def items(self) -> list[str]:
        """Return every name that `add` takes: the files with code that no test alone has a use for."""
        from_tests = {"contracts", "testing", "contract"}
        return sorted(
            self.item(one)
            for one in self.modules.values()
            if has_code(one.tree) and one.name != self.package and not from_tests & set(one.place.parts[1:-1])
        )

    def named(self, name: str) -> list[Module]:
        """Return the files that `caching/redis_cache`, `redis-cache`, `RedisCache` or `caching` may mean."""
        key = _key(re.sub(r"\.py$", "", name.strip("/")).removeprefix(f"{self.package}."))
        whole = self.modules.get(self.package)
        if key == _key(self.package) and whole:
            return [whole]
        for names in (self._paths, self._stems):
            if key in names:
                return names[key]
        return self._symbols.get(key, [])

    def spellings(self) -> Iterator[str]:
        """Yield what `named` knows: what the files define, and the files."""
        for module in self.modules.values():
            yield from module.public
            yield self.item(module)

    def nearest(self, name: str) -> list[str]:
        """Return up to three names that are like an unknown one."""
        shown = {_key(one): one for one in self.spellings()}
        return [shown[one] for one in difflib.get_close_matches(_key(name), shown, n=3, cutoff=0.5)]

    @cached_property
    def _paths(self) -> dict[str, list[Module]]:
        found: dict[str, list[Module]] = {}
        for module in self.modules.values():
            parts = _inside(module)
            for path in {"/".join(parts), "/".join([*parts[:1], *parts[-1:]])}:
                found.setdefault(_key(path), []).append(module)
        for key, some in found.items():  # the file of exactly that path, else those in folders of roles
            exact = [one for one in some if _key("/".join(_inside(one))) == key]
            found[key] = exact or some
        return found

    @cached_property
    def _stems(self) -> dict[str, list[Module]]:
        found: dict[str, list[Module]] = {}
        for module in self.modules.values():
            if not module.is_package:
                found.setdefault(_key(module.stem), []).append(module)
        return found

    @cached_property
    def _symbols(self) -> dict[str, list[Module]]:
        found: dict[str, list[Module]] = {}
        for module in self.modules.values():
            for name in module.public:
                found.setdefault(_key(name), []).append(module)
        return found


def _inside(module: Module) -> list[str]:
    """Return its name below the package, in parts; none for the package itself."""
    path = module.place.parent if module.is_package else module.place.with_suffix("")
    return list(path.parts[1:])


def _key(name: str) -> str:
    """Return what all spellings of a name have in common: `RedisCache`, `redis-cache`, `redis_cache`."""
    return re.sub(r"[-_]", "", name).replace(".", "/").lower()


def _dots(name: str) -> list[int]:
    return [at for at, character in enumerate(name) if character == "."]
