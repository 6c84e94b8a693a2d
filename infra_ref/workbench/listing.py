"""`infra-ref list`: what there is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

import infra_ref
from infra_ref.workbench.catalog import Adapter, PatternEntry, Port
from infra_ref.workbench.catalog_cache import cached_catalog
from infra_ref.workbench.shipped import PACKAGE, notebooks_folder


def listing(
    as_json: Annotated[bool, typer.Option("--json", help="Print it for machines, in full.")] = False,
) -> None:
    """List patterns, ports, adapters with what they need and what they lack, and contracts."""
    patterns = cached_catalog(PACKAGE, notebooks_folder())
    if as_json:
        described = [asdict(one) for one in patterns]
        print(json.dumps({"version": infra_ref.__version__, "patterns": described}, indent=1))
    elif sys.stdout.isatty():
        _draw(patterns)
    else:
        for pattern in patterns:
            print("\n".join(_lines(pattern)), end="\n\n")


def _lines(pattern: PatternEntry) -> Iterator[str]:
    yield f"{pattern.name}: {_about(pattern)} ({pattern.lines} lines{_and_notebook(pattern)})"
    names = [one.name for some in (pattern.ports, pattern.adapters, pattern.contracts) for one in some]
    width = max(map(len, names), default=0)
    wide = max((len(one.item) for one in pattern.adapters), default=0)
    for port in pattern.ports:
        yield f"  port      {port.name:<{width}}  {_asks(port, pattern)}"
    for adapter in pattern.adapters:
        details = "; ".join(_details(adapter))
        called = f"{adapter.name:<{width}}  {adapter.item:<{wide}}"
        yield f"  {_kind(adapter):<9} {called}  {', '.join(adapter.ports)}; {details}"
    for contract in pattern.contracts:
        yield f"  contract  {contract.name:<{width}}  {contract.port}; {_rules(len(contract.rules))}"


def _about(pattern: PatternEntry) -> str:
    title, _, rest = pattern.summary.partition(": ")
    return rest if title.lower().replace(" ", "_") == pattern.name else pattern.summary


def _asks(port: Port, pattern: PatternEntry) -> str:
    """Return its methods, those of the port that it extends by that one's name."""
    for base in pattern.ports:
        if port.extends and base.name == port.extends[0]:
            return " ".join([base.name, "+", *(one for one in port.methods if one not in base.methods)])
    return " ".join(port.methods)


def _details(adapter: Adapter) -> Iterator[str]:
    yield f"{adapter.lines} lines"
    if adapter.requirements:
        yield f"needs {', '.join(adapter.requirements)}"
    for what, why in adapter.lacks.items():
        yield "lacks what the one inside does" if what == "*" else f"lacks {what}: {why}"


def _kind(adapter: Adapter) -> str:
    return "decorator" if adapter.wraps else "adapter"


def _rules(count: int) -> str:
    return f"{count} rule{'s' if count != 1 else ''}"


def _and_notebook(pattern: PatternEntry) -> str:
    return f", notebook {pattern.notebook}" if pattern.notebook else ""


def _draw(patterns: tuple[PatternEntry, ...]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    for pattern in patterns:
        console.print(f"\n[bold]{pattern.name}[/]  {escape(_about(pattern))}", highlight=False)
        console.print(f"[dim]{pattern.lines} lines{_and_notebook(pattern)}[/]", highlight=False)
        table = Table(
            "",
            "",
            "infra-ref add",
            "for",
            "needs",
            "lines",
            "lacks",
            box=None,
            header_style="dim",
            padding=(0, 2, 0, 0),
        )
        for port in pattern.ports:
            methods = f"[dim]{_asks(port, pattern)}[/]"
            table.add_row("[cyan]port[/]", port.name, "", methods)
        for adapter in pattern.adapters:
            needs = escape("\n".join(adapter.requirements))
            lacks = escape("\n".join("as the one inside" if what == "*" else what for what in adapter.lacks))
            table.add_row(
                f"[green]{_kind(adapter)}[/]",
                adapter.name,
                adapter.item,
                "\n".join(adapter.ports),
                needs,
                str(adapter.lines),
                lacks,
            )
        for contract in pattern.contracts:
            table.add_row(
                "[magenta]contract[/]", contract.name, "", f"{contract.port}, {_rules(len(contract.rules))}"
            )
        console.print(table)
    console.print(
        "\n[dim]Why an adapter lacks something: infra-ref list --json. Its code: infra-ref show NAME.[/]"
    )
