"""One Python file, read by its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from infra_ref.workbench.refused import Refused


@dataclass(frozen=True)
class Module:
    """One file: `name` as it is imported, `path` as it lies, `place` from the package's parent folder."""

    name: str
    path: Path
    place: Path

    @cached_property
    def text(self) -> str:
        """The source, with plain newlines and no byte order mark."""
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused(f"{self.path} is not UTF-8: save it as UTF-8.") from error

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return parsed(self.text, self.path)

    @property
    def lines(self) -> int:
        """How many lines the file has."""
        return len(self.text.splitlines())

    @property
    def stem(self) -> str:
        """The file's name: `redis_cache`."""
        return self.path.stem

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__.py` of a folder."""
        return self.path.name == "__init__.py"

    @property
    def role(self) -> str:
        """The folder inside the pattern: `decorators`, "" at its top."""
        return "/".join(self.place.parts[2:-1])

    @property
    def docstring(self) -> str:
        """The whole docstring."""
        return ast.get_docstring(self.tree) or ""

    @property
    def summary(self) -> str:
        """The first paragraph of the docstring, on one line."""
        return summary(self.tree)

    @property
    def sentence(self) -> str:
        """The first sentence of the docstring, without its full stop."""
        return re.split(r"(?<=[.!?])\s", self.summary)[0].rstrip(".")

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The classes at the top of the file."""
        return {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @property
    def protocols(self) -> list[str]:
        """The public classes that are Protocols."""
        named = self.classes.items()
        return [name for name, node in named if is_protocol(node) and not name.startswith("_")]

    @cached_property
    def imported(self) -> dict[str, tuple[str, str]]:
        """The names that `from module import name` brings in, each with its module and its name there."""
        return {
            alias.asname or alias.name: (node.module, alias.name)
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    @property
    def public(self) -> list[str]:
        """The names that it defines for others, in their order."""
        return [name for name in _defined(self.tree.body) if not name.startswith("_")]

    def defines(self, name: str) -> bool:
        """Return whether `name`, or `Class.member`, is defined at its top."""
        head, _, member = name.partition(".")
        if not member:
            return head in self.public
        body = self.classes[head].body if head in self.classes else []
        return any(getattr(one, "name", None) == member for one in body)

    def needs(self) -> Iterator[str]:
        """Give the modules without which importing this one fails: not those in a function or a try."""
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parsed(text: str, path: Path) -> ast.Module:
    """Return the tree of a text. Raises Refused where it is not Python."""
    try:
        return ast.parse(text, str(path))
    except (SyntaxError, ValueError) as error:
        raise Refused(f"{path} is not Python as this interpreter knows it: {error}.") from error


def has_code(tree: ast.Module) -> bool:
    """Return whether a file holds more than a docstring."""
    return any(not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)) for one in tree.body)


def imported_from(node: ast.ImportFrom, module: str, *, is_package: bool = False) -> str:
    """Return the absolute dotted name of what `from ... import` imports from, in the module `module`."""
    if not node.level:
        return node.module or ""
    package = module.split(".") if is_package else module.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def summary(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the first paragraph of its docstring on one line, or nothing."""
    return " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())


def is_protocol(node: ast.ClassDef) -> bool:
    """Return whether a class names Protocol as its base."""
    return any(base_name(base) == "Protocol" for base in node.bases)


def left_abstract(line: Iterable[ast.ClassDef]) -> set[str]:
    """Return the methods that a class, given with its bases, leaves to its subclasses."""
    marked: dict[bool, set[str]] = {True: set(), False: set()}
    for one in (method for node in line for method in node.body):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            marked["abstractmethod" in map(base_name, one.decorator_list)].add(one.name)
    return marked[True] - marked[False]


def base_name(base: ast.expr) -> str:
    """Return the name of a base class: `Cache` of `Cache`, `port.Cache` and `Cache[V]`."""
    if isinstance(base, ast.Subscript):
        return base_name(base.value)
    if isinstance(base, ast.Attribute):
        return base.attr
    return base.id if isinstance(base, ast.Name) else ""


def _defined(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not _is_type_variable(value):
                yield name
            case _:
                pass


def _is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in {"TypeVar", "ParamSpec"}
