"""`infra-ref show`: a file as it stands, or the reading order of a folder."""

from __future__ import annotations

import ast
import difflib
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from infra_ref.workbench.refused import Refused
from infra_ref.workbench.shipped import PACKAGE
from infra_ref.workbench.sources import Module, Sources


def _complete(incomplete: str) -> list[str]:
    return [name for name in _names(Sources(PACKAGE)) if name.startswith(incomplete)]


def show(
    name: Annotated[
        str,
        typer.Argument(help="caching/redis_cache, RedisCache, or caching alone.", autocompletion=_complete),
    ],
) -> None:
    """Show a file, by its path or by a class or function in it; of a folder, in which order to read it."""
    module = find(name, Sources(PACKAGE))
    if module.path.name == "__init__.py":
        print(_order(module))
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.syntax import Syntax

        console = Console()
        console.print(
            Syntax(module.text, "python", line_numbers=True, theme="ansi_dark", background_color="default")
        )
        console.print(f"[dim]{_short(module)}.py, {module.lines} lines[/]", highlight=False)
    else:
        sys.stdout.write(module.text)


def find(name: str, sources: Sources) -> Module:
    """Return the one file that `name` means. Raises Refused, with the nearest names, otherwise."""
    names = _names(sources)
    wanted = re.sub(r"\.py$", "", name.strip("/")).replace("/", ".").removeprefix(f"{sources.folder.name}.")
    found = names.get(wanted.replace(".", "/")) or names.get(name)
    if found is None:
        lower = {known.lower(): known for known in names}
        if (known := lower.get(wanted.replace(".", "/").lower())) is None:
            near = difflib.get_close_matches(wanted.replace(".", "/").lower(), lower, n=3, cutoff=0.5)
            hint = (
                f"did you mean {', '.join(lower[one] for one in near)}?"
                if near
                else "`infra-ref list` has all names."
            )
            raise Refused(f"There is nothing called {name}: {hint}")
        found = names[known]
    if len(found) > 1:
        raise Refused(f"{name} is in several files: show {' or '.join(_short(one) for one in found)}.")
    return found[0]


def _names(sources: Sources) -> dict[str, list[Module]]:
    """Return every name that can be shown: files, and the public classes and functions in them."""
    names: dict[str, list[Module]] = {}
    for module in sources.modules.values():
        names.setdefault(_short(module), []).append(module)
        pattern, *roles, stem = _short(module).split("/") if "/" in _short(module) else ("", "")
        if roles:
            names.setdefault(f"{pattern}/{stem}", []).append(module)
    for module in sources.modules.values():
        for node in module.tree.body:
            if (
                isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                and node.name[0] != "_"
            ):
                names.setdefault(node.name, []).append(module)
    return names


def _short(module: Module) -> str:
    """Return its name below the package, as a path: `caching/redis_cache`."""
    return "/".join(module.name.split(".")[1:]) or module.name


def _order(init: Module) -> str:
    """Return what a folder is, and its files in the order that its docstring names them."""
    text = ast.get_docstring(init.tree) or ""
    named = re.findall(r"`(\w+)`", text)
    found = [path for path in sorted(init.path.parent.rglob("*.py")) if path.stem != "__init__"]
    files = {
        path.relative_to(init.path.parent).with_suffix("").as_posix(): Module("", path) for path in found
    }
    order = sorted(files, key=lambda name: _place(name.rpartition("/")[2], named))
    width = max(map(len, files), default=0)
    lines = [f"  {name:<{width}}  {files[name].lines:>4}  {files[name].says}" for name in order]
    folder = Path(_short(init))
    hint = f"\nOne of them: infra-ref show {folder / order[0]}" if order and _short(init) != init.name else ""
    return "\n".join([text, "", *lines]) + hint


def _place(stem: str, named: list[str]) -> int:
    return named.index(stem) if stem in named else len(named)
