"""`infra-ref show`: a file as it stands, or a pattern in the order in which to read it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from infra_ref.workbench.pattern_folder import Pattern
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.shipped import package_tree
from infra_ref.workbench.source_file import Module
from infra_ref.workbench.source_tree import SourceTree


def _complete(incomplete: str) -> list[str]:
    return [name for name in package_tree().spellings() if name.startswith(incomplete)]


def show(
    name: Annotated[
        str,
        typer.Argument(help="caching/redis_cache, RedisCache, or caching alone.", autocompletion=_complete),
    ],
) -> None:
    """Show a file, by its path or by what it defines; of a pattern, the files of its reading path."""
    tree = package_tree()
    module = find(name, tree)
    pattern = tree.patterns.get(module.place.parent.name) if module.is_package else None
    if pattern:
        print("\n".join(_contents(pattern)), end="\n\n")
    for at, one in enumerate(files := pattern.reading_path if pattern else [module], start=1):
        if pattern:
            print(f"# {at} of {len(files)}: {one.place.as_posix()}", end="\n\n", flush=True)
        _print(one)


def find(name: str, tree: SourceTree) -> Module:
    """Return the one file that `name` means. Raises Refused, with the nearest names, otherwise."""
    found = tree.named(name)
    if not found:
        near = ", ".join(tree.nearest(name))
        hint = f"did you mean {near}?" if near else "`infra-ref list` has all names."
        raise Refused(f"There is nothing called {name}: {hint}")
    if len(found) > 1:
        raise Refused(f"{name} is in several files: name {' or '.join(map(tree.item, found))}.")
    return found[0]


def _contents(pattern: Pattern) -> Iterator[str]:
    """Give the pattern's sentence, its reading path, and what else its folder holds."""
    yield f"{pattern.title}: {pattern.sentence[:1].lower()}{pattern.sentence[1:]}."
    path = pattern.reading_path
    yield f"\nReading path, {sum(one.lines for one in path)} lines:"
    yield from _rows(pattern, path)
    if rest := [one for one in pattern.modules if one not in path and not one.is_package]:
        yield f"\nThe rest, each with `infra-ref show {pattern.name}/NAME`:"
        yield from _rows(pattern, rest)


def _rows(pattern: Pattern, modules: list[Module]) -> Iterator[str]:
    names = ["/".join(one.place.with_suffix("").parts[2:]) for one in modules]
    width = max(map(len, names), default=0)
    for name, module in zip(names, modules, strict=True):
        yield f"  {name:<{width}}  {module.lines:>4}  {module.sentence}"


def _print(module: Module) -> None:
    if not sys.stdout.isatty():
        sys.stdout.write(module.text)
        return
    from rich.console import Console
    from rich.syntax import Syntax

    console = Console()
    console.print(
        Syntax(module.text, "python", line_numbers=True, theme="ansi_dark", background_color="default")
    )
    console.print(f"[dim]{module.place.as_posix()}, {module.lines} lines[/]", highlight=False)
