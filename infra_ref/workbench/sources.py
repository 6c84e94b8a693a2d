"""Read a package by its syntax trees, so that nothing of it is imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Module:
    """One file: `name` as it is imported, `path` as it lies."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text, str(self.path))

    @property
    def lines(self) -> int:
        """How many lines the file has."""
        return len(self.text.splitlines())

    @property
    def says(self) -> str:
        """The first sentence of its docstring."""
        return first_sentence(self.tree)

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The classes at the top of the file."""
        return {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @cached_property
    def imported(self) -> dict[str, tuple[str, str]]:
        """The names that `from module import name` brings in, each with its module and its name there."""
        return {
            alias.asname or alias.name: (node.module, alias.name)
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    def needs(self) -> Iterator[str]:
        """Give the modules without which importing this one fails: not those in a function or a try."""
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


class Sources:
    """All files of the package in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def modules(self) -> dict[str, Module]:
        """Every module of the package but those of the workbench, by name and in order."""
        found: dict[str, Module] = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder).with_suffix("").parts
            if parts[0] == "workbench":
                continue
            name = ".".join((self.folder.name, *(part for part in parts if part != "__init__")))
            found[name] = Module(name, path)
        return found

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

    def third_parties(self, module: Module) -> list[str]:
        """Return the packages from elsewhere that importing `module` needs, through all it imports here."""
        own, seen, found = self.folder.name, {module.name}, set[str]()
        waiting = [module]
        while waiting:
            for needed in waiting.pop().needs():
                top = needed.partition(".")[0]
                if top == own:
                    if needed in self.modules and needed not in seen:
                        seen.add(needed)
                        waiting.append(self.modules[needed])
                elif top not in sys.stdlib_module_names:
                    found.add(top)
        return sorted(found)


def first_sentence(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the first paragraph of its docstring on one line, or nothing."""
    return " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())


def base_name(base: ast.expr) -> str:
    """Return the name of a base class: `Cache` of `Cache`, `port.Cache` and `Cache[V]`."""
    if isinstance(base, ast.Subscript):
        return base_name(base.value)
    if isinstance(base, ast.Attribute):
        return base.attr
    return base.id if isinstance(base, ast.Name) else ""
