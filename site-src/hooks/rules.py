"""What leads from a port to its rules and adapters and back, read from the code."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from map_page import page_name
from tree import NOTEBOOKS, PACKAGE, SAMPLE, TREE, Module, Pattern, patterns

from infra_ref.workbench.catalog import PatternEntry, catalog

INDENT = "    # "


@dataclass(frozen=True)
class Written:
    """A rule as it is written: its check's source, and the members of the adapter that the check uses."""

    number: str
    says: str
    full: bool
    source: str
    uses: frozenset[str]
    lines: slice


@cache
def written(pattern: str) -> dict[str, Written]:
    """Return the rules of a pattern's contract files by their numbers."""
    return {one.number: one for module in Pattern(TREE, pattern).contracts for one in _rules(module)}


def around(module: Module) -> str:
    """Return a contract's file without the checks; a comment names the rules where they were."""
    lines = module.text.splitlines()
    for check in sorted(_rules(module), key=lambda one: -one.lines.start):
        lines[check.lines] = [f"    # {check.number}"]

    def named(run: re.Match[str]) -> str:
        numbers = ", ".join(re.findall(r"[A-Z]+-\d+", run[0]))
        return textwrap.fill(f"see above: {numbers}", 78, initial_indent=INDENT, subsequent_indent=INDENT)

    return re.sub(r"    # [A-Z]+-\d+(?:\n+    # [A-Z]+-\d+)*$", named, "\n".join(lines), flags=re.M)


def _rules(module: Module) -> Iterator[Written]:
    lines = module.text.splitlines()
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.AsyncFunctionDef):
            continue
        for call in node.decorator_list:
            match call:
                case ast.Call(
                    func=ast.Name(id="rule"), args=[ast.Constant(value=number), ast.Constant(value=says)]
                ):
                    adapter = node.args.args[1].arg if len(node.args.args) > 1 else ""
                    uses = frozenset(
                        one.attr
                        for one in ast.walk(node)
                        if isinstance(one, ast.Attribute)
                        and isinstance(one.value, ast.Name)
                        and one.value.id == adapter
                    )
                    source = textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
                    full = any(one.arg == "full" for one in call.keywords)
                    whole = slice(node.decorator_list[0].lineno - 1, node.end_lineno)
                    yield Written(str(number), str(says), full, source, uses, whole)


@cache
def entries() -> dict[str, PatternEntry]:
    """Return what `infra-ref list` says, by pattern."""
    return {one.name: one for one in catalog(TREE, NOTEBOOKS)}


@dataclass(frozen=True)
class Promise:
    """A port: the contracts that hold adapters to it, its rules, and the adapters as (name, module)."""

    pattern: str
    page: str
    contracts: tuple[str, ...]
    rules: tuple[Written, ...]
    adapters: tuple[tuple[str, Module], ...]


@cache
def promises() -> dict[str, Promise]:
    """Return every port by its dotted name."""
    found = {}
    for entry in entries().values():
        for port in entry.ports:
            module = _module(port.file)
            held = [one for one in entry.contracts if one.port == port.name]
            numbers = dict.fromkeys(number for one in held for number, _ in one.rules)
            known = written(entry.name)
            found[f"{module.name}.{port.name}"] = Promise(
                entry.name,
                f"../../{entry.name}/{page_name(module)}/",
                tuple(one.name for one in held),
                tuple(known[number] for number in numbers if number in known),
                tuple(_keepers(port.name, entry.name)),
            )
    return found


def _keepers(port: str, pattern: str) -> Iterator[tuple[str, Module]]:
    extending = {one.name for one in entries()[pattern].ports if port in (one.name, *one.extends)}
    for entry in entries().values():
        for one in entry.adapters:
            module = _module(one.file)
            if extending & set(one.ports) and (entry.name == pattern or port in module.imported):
                yield one.name, module


@cache
def kept() -> dict[str, tuple[str, ...]]:
    """Return for each adapter's dotted name the ports that it keeps, inherited ones included."""
    found: dict[str, tuple[str, ...]] = {}
    for port, promise in promises().items():
        for name, module in promise.adapters:
            dotted = f"{module.name}.{name}"
            found[dotted] = (*found.get(dotted, ()), port)
    return found


@cache
def docstring(port: str, method: str) -> str | None:
    """Return what a port says of one of its own methods; None where it has no such method."""
    module, _, name = port.rpartition(".")
    for node in TREE.modules[module].classes[name].body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == method:
            return ast.get_docstring(node) or ""
    return None


def _module(file: str) -> Module:
    return TREE.modules[".".join([PACKAGE, *file.removesuffix(".py").split("/")])]


def adapter_page(module: Module) -> str:
    """Return the address of an adapter's page, from a page of any pattern."""
    return f"../../{module.place.parts[1]}/{page_name(module)}/"


def known_page(module: str) -> str:
    """Return the address of the page of a module that a test bench tried, "" where it has none."""
    here = TREE.modules.get(module)
    if here and here in SAMPLE.others:
        return f"../../sample/#{here.stem}"
    inside = here and any(here in one.others for one in patterns())
    return adapter_page(here) if here and inside else ""
