"""What there is: ports, adapters and contracts of each pattern. Derived from the code alone, by syntax tree.

A port is a Protocol in a pattern's port files; an adapter is a public class elsewhere that
has every method of a port, none abstract; a contract is a class with a `port` and numbered rules.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra_ref.workbench.pattern_folder import Pattern
from infra_ref.workbench.requirements import requirement
from infra_ref.workbench.source_file import Module, base_name, is_protocol, left_abstract, summary
from infra_ref.workbench.source_tree import SourceTree

FROM_INNER = "as the one inside"
"""Stands for what an adapter lacks when that is found out only once it is made."""


@dataclass(frozen=True, slots=True)
class Port:
    """A Protocol, with the methods that it asks for, inherited ones included."""

    name: str
    summary: str
    file: str
    methods: tuple[str, ...]
    extends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A class that keeps `ports`. `lacks` maps what it declares missing to the reason; `add` takes `item`."""

    name: str
    item: str
    summary: str
    file: str
    lines: int
    ports: tuple[str, ...]
    wraps: bool
    lacks: dict[str, str]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractClass:
    """The rules of a port, inherited ones included, as pairs of number and sentence."""

    name: str
    file: str
    module: str
    port: str
    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PatternEntry:
    """All that a folder holds."""

    name: str
    summary: str
    lines: int
    notebook: str | None
    requirements: tuple[str, ...]
    ports: tuple[Port, ...]
    adapters: tuple[Adapter, ...]
    contracts: tuple[ContractClass, ...]


def catalog(tree: SourceTree, notebooks: Path | None = None) -> tuple[PatternEntry, ...]:
    """Describe every pattern of a tree that has a port."""
    found = [one for one in tree.patterns.values() if one.ports]
    ports = {one.name: tuple(_ports(one)) for one in found}
    return tuple(_pattern(one, ports, notebooks) for one in found)


def _pattern(pattern: Pattern, ports: dict[str, tuple[Port, ...]], notebooks: Path | None) -> PatternEntry:
    tree = pattern.tree
    bases = {
        found[1].name
        for one in pattern.modules
        for node in one.classes.values()
        for found in tree.lineage(one, node)[1:]
    }
    adapters = [
        adapter
        for module in sorted(pattern.modules, key=lambda one: one.name)
        if module not in pattern.ports and module not in pattern.contracts
        for adapter in _adapters(tree, module, ports, bases)
    ]
    notebook = pattern.notebook(notebooks)
    return PatternEntry(
        name=pattern.name,
        summary=pattern.about.summary if pattern.about else "",
        lines=sum(module.lines for module in pattern.modules),
        notebook=notebook.name if notebook else None,
        requirements=tuple(sorted({needed for adapter in adapters for needed in adapter.requirements})),
        ports=ports[pattern.name],
        adapters=tuple(adapters),
        contracts=tuple(sorted(_contracts(pattern), key=partial(_rank, ports[pattern.name]))),
    )


def _rank(ports: tuple[Port, ...], contract: ContractClass) -> tuple[bool, int]:
    """Put the contracts that are named for their port first, in the order of the ports."""
    order = [port.name for port in ports]
    place = order.index(contract.port) if contract.port in order else len(order)
    return contract.name != f"{contract.port}Contract", place


def _ports(pattern: Pattern) -> Iterator[Port]:
    for module in pattern.ports:
        for name in module.protocols:
            node = module.classes[name]
            line = pattern.tree.lineage(module, node)
            methods = dict.fromkeys(method for one in reversed(line) for method in _methods(one[1]))
            extends = tuple(one[1].name for one in line[1:])
            yield Port(name, summary(node), _file(module), tuple(methods), extends)


def _adapters(
    tree: SourceTree, module: Module, ports: dict[str, tuple[Port, ...]], bases: set[str]
) -> Iterator[Adapter]:
    known = [
        port
        for pattern, some in ports.items()
        for port in some
        if pattern == module.place.parts[1] or port.name in module.imported
    ]
    for name, node in module.classes.items():
        base = name in bases and name.lower() != module.path.stem.replace("_", "")
        if base or name.startswith("_") or is_protocol(node):
            continue
        line = tree.lineage(module, node)
        has = {attribute for _, one in line for attribute in _attributes(one)}
        kept = [port for port in known if port.methods and has.issuperset(port.methods)]
        if kept and not left_abstract(one for _, one in line):
            yield Adapter(
                name=name,
                item=tree.item(module),
                summary=summary(node),
                file=_file(module),
                lines=module.lines,
                ports=tuple(
                    port.name for port in kept if not any(port.name in other.extends for other in kept)
                ),
                wraps=any("inner" in _made_from(one) for _, one in line),
                lacks=_lacks([one for _, one in line]),
                requirements=tuple(map(requirement, tree.third_parties(module))),
            )


def _contracts(pattern: Pattern) -> Iterator[ContractClass]:
    for module in sorted(pattern.contracts, key=lambda one: one.name):
        for name, node in module.classes.items():
            line = [one for _, one in pattern.tree.lineage(module, node)]
            port = next((found for one in line if (found := _assigned(one, "port"))), None)
            rules = tuple(rule for one in reversed(line) for rule in _rules(one))
            own = any(_rules(node)) or _assigned(node, "port")  # else it fills in another's gaps
            if own and rules and isinstance(port, ast.Name) and not name.startswith("_"):
                yield ContractClass(name, _file(module), module.name, port.id, rules)


def _file(module: Module) -> str:
    return Path(*module.place.parts[1:]).as_posix()


def _rules(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for one in node.body:
        for call in getattr(one, "decorator_list", ()):
            if isinstance(call, ast.Call) and base_name(call.func) == "rule" and len(call.args) >= 2:
                number, says = call.args[:2]
                if isinstance(number, ast.Constant) and isinstance(says, ast.Constant):
                    yield str(number.value), str(says.value)


def _methods(node: ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and _public(one.name):
            yield one.name


def _attributes(node: ast.ClassDef) -> Iterator[str]:
    yield from _methods(node)
    for one in node.body:  # `get = fetch`; a field of the same name is no method
        if isinstance(one, ast.Assign):
            yield from (target.id for target in one.targets if isinstance(target, ast.Name))


def _public(name: str) -> bool:
    return not name.startswith("_") or (name.endswith("__") and name != "__init__")


def _made_from(node: ast.ClassDef) -> list[str]:
    """Return what a class is made from: the parameters of `__init__`, or the fields of a dataclass."""
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and one.name == "__init__":
            return [argument.arg for argument in (*one.args.args, *one.args.kwonlyargs)]
    return [
        one.target.id
        for one in node.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    ]


def _assigned(node: ast.ClassDef, name: str) -> ast.expr | None:
    for one in node.body:
        if isinstance(one, ast.Assign) and any(
            isinstance(to, ast.Name) and to.id == name for to in one.targets
        ):
            return one.value
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and one.target.id == name:
            return one.value
    return None


def _lacks(line: list[ast.ClassDef]) -> dict[str, str]:
    for node in line:
        if value := _assigned(node, "lacks"):
            return _as_mapping(value)
        if any(isinstance(one, ast.FunctionDef) and one.name == "lacks" for one in node.body):
            return {"*": FROM_INNER}
    return {}


def _as_mapping(value: ast.expr) -> dict[str, str]:
    """Return a mapping as it is written; what is not a plain text is given as its source."""
    if not isinstance(value, ast.Dict):
        return {"*": ast.unparse(value)}
    return {_plain(key): _plain(one) for key, one in zip(value.keys, value.values, strict=True)}


def _plain(node: ast.expr | None) -> str:
    if node is None:  # **others
        return "*"
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)
