"""What there is: patterns, ports, adapters, contracts. Derived from the code alone, by syntax tree.

A pattern is a folder with a port file; a port is a Protocol in it; an adapter is a
public class elsewhere that has every method of a port; a contract is a class
with a `port` and numbered rules.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra_ref.workbench.requirements import requirement
from infra_ref.workbench.sources import Module, Sources, base_name, first_sentence

FROM_INNER = "as the one inside"
"""Stands for what an adapter lacks when that is found out only once it is made."""


@dataclass(frozen=True, slots=True)
class Port:
    """A Protocol, with the methods that it asks for, inherited ones included."""

    name: str
    says: str
    file: str
    methods: tuple[str, ...]
    extends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A class that keeps `ports`. `lacks` maps what it declares missing to the reason."""

    name: str
    says: str
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
class Pattern:
    """All that a folder holds."""

    name: str
    says: str
    lines: int
    notebook: str | None
    requirements: tuple[str, ...]
    ports: tuple[Port, ...]
    adapters: tuple[Adapter, ...]
    contracts: tuple[ContractClass, ...]


def catalog(package: Path, notebooks: Path | None = None) -> tuple[Pattern, ...]:
    """Read the package in the folder `package`. Imports none of it."""
    sources = Sources(package)
    folders = sorted({one.path.parent for one in sources.modules.values() if _is_port(one)})
    ports = {folder: tuple(_ports(sources, folder)) for folder in folders}
    return tuple(_pattern(sources, folder, ports, notebooks) for folder in folders)


def _is_port(module: Module) -> bool:
    return module.path.stem == "port" or module.path.stem.endswith("_port")


def _is_contract(module: Module) -> bool:
    return module.path.parent.name == "contracts" or module.path.stem == "contract"


def _within(sources: Sources, folder: Path) -> list[Module]:
    """Return the modules of a pattern by name, its main port first."""
    found = [module for module in sources.modules.values() if folder in module.path.parents]
    return sorted(found, key=lambda one: one.path.stem != "port")


def _file(sources: Sources, module: Module) -> str:
    return module.path.relative_to(sources.folder).as_posix()


def _pattern(
    sources: Sources, folder: Path, ports: dict[Path, tuple[Port, ...]], notebooks: Path | None
) -> Pattern:
    modules = _within(sources, folder)
    bases = {
        found[1].name
        for one in modules
        for node in one.classes.values()
        for found in sources.lineage(one, node)[1:]
    }
    adapters = [
        adapter
        for module in modules
        if not _is_port(module) and not _is_contract(module)
        for adapter in _adapters(sources, module, ports, bases)
    ]
    init = sources.modules.get(f"{sources.folder.name}.{folder.name}")
    return Pattern(
        name=folder.name,
        says=init.says.partition("Reading order")[0].strip() if init else "",
        lines=sum(module.lines for module in modules),
        notebook=next((path.name for path in sorted(notebooks.glob(f"*_{folder.name}.ipynb"))), None)
        if notebooks and notebooks.is_dir()
        else None,
        requirements=tuple(sorted({needed for adapter in adapters for needed in adapter.requirements})),
        ports=ports[folder],
        adapters=tuple(adapters),
        contracts=tuple(sorted(_contracts(sources, modules), key=partial(_rank, ports[folder]))),
    )


def _rank(ports: tuple[Port, ...], contract: ContractClass) -> tuple[bool, int]:
    """Put the contracts that are named for their port first, in the order of the ports."""
    order = [port.name for port in ports]
    place = order.index(contract.port) if contract.port in order else len(order)
    return contract.name != f"{contract.port}Contract", place


def _ports(sources: Sources, folder: Path) -> Iterator[Port]:
    for module in _within(sources, folder):
        if not _is_port(module):
            continue
        for name, node in module.classes.items():
            if name.startswith("_") or not any(base_name(base) == "Protocol" for base in node.bases):
                continue
            line = sources.lineage(module, node)
            methods = dict.fromkeys(method for one in reversed(line) for method in _methods(one[1]))
            extends = tuple(one[1].name for one in line[1:])
            yield Port(name, first_sentence(node), _file(sources, module), tuple(methods), extends)


def _adapters(
    sources: Sources, module: Module, ports: dict[Path, tuple[Port, ...]], bases: set[str]
) -> Iterator[Adapter]:
    known = [
        port
        for folder, some in ports.items()
        for port in some
        if folder in module.path.parents or port.name in module.imported
    ]
    for name, node in module.classes.items():
        own_file = name.lower() == module.path.stem.replace("_", "")
        if name.startswith("_") or (name in bases and not own_file):
            continue
        line = sources.lineage(module, node)
        if any(base_name(base) == "Protocol" for base in node.bases):
            continue
        has = {attribute for _, one in line for attribute in _attributes(one)}
        kept = [port for port in known if port.methods and has.issuperset(port.methods)]
        if kept:
            yield Adapter(
                name=name,
                says=first_sentence(node),
                file=_file(sources, module),
                lines=module.lines,
                ports=tuple(
                    port.name for port in kept if not any(port.name in other.extends for other in kept)
                ),
                wraps=any("inner" in _made_from(one) for _, one in line),
                lacks=_lacks([one for _, one in line]),
                requirements=tuple(map(requirement, sources.third_parties(module))),
            )


def _contracts(sources: Sources, modules: list[Module]) -> Iterator[ContractClass]:
    for module in modules:
        if not _is_contract(module):
            continue
        for name, node in module.classes.items():
            line = [one for _, one in sources.lineage(module, node)]
            port = next((found for one in line if (found := _assigned(one, "port"))), None)
            rules = tuple(rule for one in reversed(line) for rule in _rules(one))
            if rules and isinstance(port, ast.Name) and not name.startswith("_"):
                yield ContractClass(name, _file(sources, module), module.name, port.id, rules)


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
