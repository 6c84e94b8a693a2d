"""A file as the rules see it: its tree, what its names stand for, and the functions in it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from infra_ref.workbench.linting.syntax import FUNCTIONS, AnyFunction, bindings, in_a_coroutine, is_self

N = TypeVar("N", bound=ast.AST)


@dataclass(eq=False)
class Function:
    """A function, with the nodes that are its own: those of functions inside it belong to them."""

    module: Module
    node: AnyFunction
    owner: ast.ClassDef | None
    nodes: list[ast.AST] = field(default_factory=list[ast.AST])

    @property
    def name(self) -> str:
        return self.node.name

    def all(self, kind: type[N]) -> Iterator[N]:
        """Give its own nodes of a kind, in the order of the source."""
        return (node for node in self.nodes if isinstance(node, kind))

    @cached_property
    def calls(self) -> list[ast.Call]:
        return list(self.all(ast.Call))

    @cached_property
    def parameters(self) -> list[ast.arg]:
        args = self.node.args
        return [*args.posonlyargs, *args.args, *args.kwonlyargs]

    @cached_property
    def types(self) -> dict[str, str]:
        """What its names are made from, or annotated with, as dotted names."""
        found = {one.arg: self.module.annotated(one.annotation) for one in self.parameters}
        for node in self.nodes:
            for target, value in bindings(node):
                if isinstance(target, ast.Name) and (made := self._made(value, found)):
                    found.setdefault(target.id, made)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found[node.target.id] = self.module.annotated(node.annotation)
        return found

    def _made(self, value: ast.expr, known: dict[str, str]) -> str:
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Name):
            return known.get(value.id, "")
        if isinstance(value, ast.Call):
            return self.module.made_by(value)
        return self.attribute_type(value)

    def attribute_type(self, node: ast.expr) -> str:
        """Return what `self.x` is, from the class's annotations and assignments."""
        if self.owner is None or not isinstance(node, ast.Attribute) or not is_self(node.value):
            return ""
        return self.module.fields(self.owner).get(node.attr, "")

    def type_of(self, node: ast.expr) -> str:
        """Return the dotted name of what an expression is an instance of, "" where unknown."""
        node = node.value if isinstance(node, ast.Await) else node
        if isinstance(node, ast.Call):
            return self.module.made_by(node)
        if isinstance(node, ast.Name):
            return self.types[node.id] if node.id in self.types else self.module.global_type(node.id)
        return self.attribute_type(node)

    def called(self, call: ast.Call) -> Function | None:
        """Return the function that is called: of this class, this file, or a file that it imports."""
        if isinstance(call.func, ast.Attribute) and is_self(call.func.value) and self.owner:
            return self.module.method(self.owner, call.func.attr)
        return self.module.function(self.module.full_name(call.func))


class Module:
    """A parsed file, or a notebook's `cell`. `others` gives another file by its dotted name, or None.

    Raises SyntaxError, ValueError, RecursionError or MemoryError for what cannot be parsed.
    """

    def __init__(
        self,
        text: str,
        *,
        name: str = "",
        role: str = "",
        cell: bool = False,
        others: Callable[[str], Module | None] = lambda _: None,
    ) -> None:
        self.text, self.name, self.role, self.others = text, name, role, others
        tree = ast.parse(text)
        self.top, self.tree = tree.body, in_a_coroutine(tree) if cell else tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self.functions: list[Function] = []
        self._by_kind: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        self._fields: dict[ast.ClassDef, dict[str, str]] = {}
        self._index()

    def _index(self) -> None:
        waiting: list[tuple[ast.AST, Function | None, ast.ClassDef | None]] = [(self.tree, None, None)]
        while waiting:
            node, function, owner = waiting.pop()
            self._by_kind[type(node)].append(node)
            if function is not None:
                function.nodes.append(node)
            inner, inner_owner = function, owner
            if isinstance(node, FUNCTIONS):
                inner, inner_owner = Function(self, node, owner), None
                self.functions.append(inner)
            elif isinstance(node, ast.ClassDef):
                inner, inner_owner = None, node
            elif isinstance(node, ast.Lambda):
                inner = None
            children = list(ast.iter_child_nodes(node))
            for child in reversed(children):
                self.parents[child] = node
                waiting.append((child, inner, inner_owner))

    def all(self, kind: type[N]) -> list[N]:
        """Return the nodes of exactly this kind, in the order of the source."""
        return [node for node in self._by_kind[kind] if isinstance(node, kind)]

    @cached_property
    def imports(self) -> dict[str, str]:
        """The names that imports bind, and the dotted names that they stand for."""
        found: dict[str, str] = {}
        for node in self.all(ast.Import):
            for one in node.names:
                found[one.asname or one.name.partition(".")[0]] = (
                    one.name if one.asname else one.name.partition(".")[0]
                )
        for origin in self.all(ast.ImportFrom):
            package = ".".join(self.name.split(".")[: -origin.level]) if origin.level else ""
            base = ".".join(part for part in (package, origin.module) if part)
            found |= {one.asname or one.name: f"{base}.{one.name}" for one in origin.names}
        return found

    @cached_property
    def packages(self) -> set[str]:
        """The top packages that it imports."""
        return {dotted.partition(".")[0] for dotted in self.imports.values()}

    @cached_property
    def globals(self) -> dict[str, str]:
        """What the names at the top of the file are made from."""
        bound = [pair for statement in self.top for pair in bindings(statement)]
        named = [(to.id, of) for to, of in bound if isinstance(to, ast.Name)]
        return {name: self.made_by(of) for name, of in named if isinstance(of, ast.Call)}

    def global_type(self, name: str) -> str:
        """Return what a name of this file, or one that it imports, is an instance of."""
        if name in self.globals:
            return self.globals[name]
        origin, _, attribute = self.imports.get(name, "").rpartition(".")
        other = self.others(origin) if origin else None
        return other.globals.get(attribute, "") if other else ""

    def full_name(self, node: ast.AST) -> str:
        """Return the dotted name of an expression, through imports; "" where it is no name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.imports.get(node.id, node.id), *reversed(parts)])

    def made_by(self, call: ast.Call) -> str:
        """Return what a call gives: a class by its name, of a function of the project its annotation."""
        name = self.full_name(call.func)
        if (function := self.function(name)) is not None and function.node.returns is not None:
            return function.module.annotated(function.node.returns)
        return name

    def annotated(self, node: ast.expr | None) -> str:
        """Return the class that an annotation names: of `Session | None`, and of `Annotated`, the first."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return ""
        if isinstance(node, ast.BinOp):
            return self.annotated(node.left) or self.annotated(node.right)
        if isinstance(node, ast.Subscript):
            name = self.full_name(node.value).rpartition(".")[2]
            first = node.slice.elts[:1] if isinstance(node.slice, ast.Tuple) else [node.slice]
            return self.annotated(*first) if name in {"Optional", "Annotated"} else self.full_name(node.value)
        return self._aliases.get(self.full_name(node), self.full_name(node)) if node is not None else ""

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """What `Users` stands for behind `Users = Repository[User]`."""
        bound = [pair for statement in self.top for pair in bindings(statement)]
        named = [(to.id, of) for to, of in bound if isinstance(to, ast.Name)]
        return {name: self.full_name(of.value) for name, of in named if isinstance(of, ast.Subscript)}

    def fields(self, owner: ast.ClassDef) -> dict[str, str]:
        """Return what the attributes of a class's instances are."""
        if owner not in self._fields:
            found = self._fields[owner] = {
                one.target.id: self.annotated(one.annotation)
                for one in owner.body
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            }
            for function in self.methods(owner):
                for node in function.nodes:
                    for target, value in bindings(node):
                        if isinstance(target, ast.Attribute) and is_self(target.value):
                            found.setdefault(target.attr, "")
                            found[target.attr] = found[target.attr] or function.type_of(value)
        return self._fields[owner]

    @cached_property
    def _methods(self) -> dict[ast.ClassDef, list[Function]]:
        found: dict[ast.ClassDef, list[Function]] = defaultdict(list)
        for one in self.functions:
            if one.owner is not None:
                found[one.owner].append(one)
        return found

    def methods(self, owner: ast.ClassDef) -> list[Function]:
        """Return the methods that a class of this file defines itself."""
        return self._methods[owner]

    def method(self, owner: ast.ClassDef, name: str) -> Function | None:
        """Return a method that a class of this file defines itself."""
        return next((one for one in self.methods(owner) if one.name == name), None)

    @cached_property
    def _named(self) -> dict[str, Function]:
        return {one.name: one for one in self.functions if self.parents[one.node] is self.tree}

    def function(self, full_name: str) -> Function | None:
        """Return a function by dotted name, from this file or one module further."""
        origin, _, name = full_name.rpartition(".")
        if not origin:
            return self._named.get(name)
        other = self.others(origin)
        return other._named.get(name) if other else None
