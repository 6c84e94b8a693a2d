"""`infra-ref sizes`: how much there is to read, and how much an item brings into a project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from infra_ref.workbench.pattern_folder import Pattern
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.shipped import package_tree
from infra_ref.workbench.source_file import Module
from infra_ref.workbench.source_tree import SourceTree


@dataclass(frozen=True, slots=True)
class Row:
    """Files and lines of one thing; `at_most` is its budget in lines, None where it has none."""

    pattern: str
    what: str
    files: int
    lines: int
    at_most: int | None


def sizes(as_json: Annotated[bool, typer.Option("--json", help="Print it for machines.")] = False) -> None:
    """Print what each pattern's items bring besides tests, and what its reading path asks for, in lines."""
    found = list(rows(package_tree()))
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("pattern", "what", box=None, padding=(0, 2, 0, 0))
    for head in ("files", "lines", "at most"):
        table.add_column(head, justify="right")
    for one in found:
        limit = "" if one.at_most is None else f"{one.at_most:,}"
        style = "red" if limit and one.lines > (one.at_most or 0) else ""
        table.add_row(one.pattern, one.what, str(one.files), f"{one.lines:,}", limit, style=style)
    Console(highlight=False).print(table)


def rows(tree: SourceTree) -> Iterator[Row]:
    """Yield for each pattern its reading path, and what its table asks to be measured."""
    for pattern in tree.patterns.values():
        if pattern.reading_path:
            yield _row(pattern, "reading path", pattern.reading_path, budget(pattern, "reading path", 600))
        for what, asked in pattern.table.get("sizes", {}).items():
            measured = brought(pattern, asked["items"]) if "items" in asked else pattern.modules
            yield _row(pattern, what, measured, asked["at_most"])


def budget(pattern: Pattern, what: str, usual: int) -> int:
    """Return the lines that a pattern may have for this, as its table or else the house says."""
    return int(pattern.table.get("budgets", {}).get(what, usual))


def brought(pattern: Pattern, names: Iterable[str]) -> list[Module]:
    """Return the files that `infra-ref add` brings for items of a pattern, tests aside.

    Raises Refused for a name that the tree does not have.
    """
    found = list[Module]()
    for name in names:
        module = pattern.named(name) or next(iter(pattern.tree.named(name)), None)
        if module is None:
            raise Refused(f"{pattern.name}/pattern.toml names {name}, which there is not: name a file of it.")
        found.append(module)
    return pattern.tree.closure(
        [*found, *(partner for one in found for partner in partners(one, pattern.tree))]
    )


def partners(module: Module, tree: SourceTree) -> list[Module]:
    """Return what comes along with an item that is of no use alone, as its pattern's table says."""
    pattern = tree.patterns.get(module.place.parts[1])
    named = pattern.table.get("brings", {}).get(module.stem, []) if pattern else []
    return [found for name in named if pattern and (found := pattern.named(name))]


def _row(pattern: Pattern, what: str, modules: list[Module], at_most: int | None) -> Row:
    return Row(pattern.name, what, len(modules), sum(one.lines for one in modules), at_most)
