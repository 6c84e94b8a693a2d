"""The map, from each line of the text to what stands for it here: `map.yml`, read and held to the tree.

- interface: ICache                        or  heading: / line: in our own words
  is: infra_ref.caching.port.Cache         the port
  methods: [get, set]                      the text's, in snake case
  at: [infra_ref/caching/redis_cache.py]   files or folders
  rules: [CACHE-01, LOAD-08..LOAD-10]      or HTTP-*: all that there are
  tests: [tests/caching]
  planned: repository                      a pattern that is still to be written
  missing: what is not there, said plainly
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from tree import ROOT, TREE, Module, contracted

MAP = ROOT / "site-src" / "map.yml"
KEYS = {"line", "interface", "is", "methods", "at", "rules", "tests", "notebook", "planned", "missing"}


@dataclass(frozen=True)
class Part:
    """A heading of the text and what it holds."""

    heading: str
    level: int
    entries: tuple[dict[str, Any], ...]


@cache
def parts() -> tuple[Part, ...]:
    """Return the map in the order of the text."""
    read = yaml.safe_load(MAP.read_text(encoding="utf-8"))
    return tuple(Part(one["heading"], one.get("level", 3), tuple(one.get("holds", ()))) for one in read)


def entries() -> Iterator[dict[str, Any]]:
    """Yield every entry of every part."""
    for part in parts():
        yield from part.entries


@cache
def rule_pages() -> dict[str, str]:
    """Return for each rule of a contract the place on the page that shows it."""
    found: dict[str, str] = {}
    for pattern in contracted().values():
        for source in pattern.contracts:
            for number in _numbers(source):
                found.setdefault(number, f"reference/{pattern.name}/contract.md#{number}")
    return found


def _numbers(source: Module) -> list[str]:
    return re.findall(r'@rule\(\s*"([A-Z0-9]+-\d+)"', source.text)


def spread(rules: list[str]) -> list[str]:
    """Return every number that `[CACHE-01, LOAD-01..LOAD-03, HTTP-*]` names."""
    found = []
    for one in rules:
        first, _, last = one.partition("..")
        if one.endswith("-*"):
            found += sorted(number for number in rule_pages() if number.startswith(one[:-1])) or [one]
            continue
        if not last:
            found.append(first)
            continue
        name, start = first.rsplit("-", 1)
        end = last.rsplit("-", 1)[-1]
        found += [f"{name}-{n:0{len(start)}d}" for n in range(int(start), int(end) + 1)]
    return found


def spelled(method: str | dict[str, str]) -> tuple[str, str]:
    """Return our name of a method and the text's: `get_multiple` and `getMultiple`."""
    if isinstance(method, dict):
        ((ours, theirs),) = method.items()
        return ours, theirs
    head, *rest = method.split("_")
    return method, head + "".join(word.capitalize() for word in rest)


def methods(one: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the methods of an entry, each as ours and the text's."""
    return [spelled(method) for method in one.get("methods", [])]


def aliases() -> dict[str, tuple[str, list[str]]]:
    """Return for each port's dotted name the text's name for it, and the methods that have another there."""
    found: dict[str, tuple[str, list[str]]] = {}
    for one in entries():
        if "interface" in one and "is" in one:
            found[one["is"]] = one["interface"], [text for ours, text in methods(one) if ours != text]
    return found


def complaints() -> Iterator[str]:
    """Yield what the map says and the tree does not."""
    for one in entries():
        name = one.get("interface") or one.get("line") or str(one)
        for what in _wrong(one):
            yield f"map.yml, {name}: {what}"


def _wrong(one: dict[str, Any]) -> Iterator[str]:
    if strange := set(one) - KEYS:
        yield f"knows no {', '.join(sorted(strange))}"
    if ("line" in one) == ("interface" in one):
        yield "is either a line or an interface"
    if not {"is", "at", "planned", "missing"} & set(one):
        yield "names nothing that stands for it, and does not say what is missing"
    named = [*one.get("at", []), *one.get("tests", [])]
    named += [f"notebooks/{one['notebook']}.ipynb"] if "notebook" in one else []
    yield from (f"there is no {path}" for path in named if not (ROOT / path).exists())
    numbers = spread(one.get("rules", []))
    yield from (f"no contract has a rule {number}" for number in numbers if number not in rule_pages())
    if "is" in one:
        yield from _wrong_port(one["is"], [ours for ours, _ in methods(one)])


def _wrong_port(dotted: str, named: list[str]) -> Iterator[str]:
    source, name = defined(dotted)
    if source is None or not source.defines(name):
        yield f"there is no {dotted}"
    else:
        there = _members(source, name)
        yield from (f"{name} has no {method}" for method in named if method not in there)


def defined(dotted: str) -> tuple[Module | None, str]:
    """Return the file that `infra_ref.caching.port.Cache` is in, if there is one, and its name in it."""
    module, _, name = dotted.rpartition(".")
    return TREE.modules.get(module), name


def _members(source: Module, name: str) -> set[str]:
    """Return the members of a class and of the classes of the same file that it builds on."""
    classes = {node.name: node for node in source.tree.body if isinstance(node, ast.ClassDef)}
    found: set[str] = set()
    waiting = [name]
    while waiting:
        if (node := classes.pop(waiting.pop(), None)) is None:
            continue
        for one in node.body:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(one.name)
            elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                found.add(one.target.id)
        waiting += [ast.unparse(base).partition("[")[0] for base in node.bases]
    return found
