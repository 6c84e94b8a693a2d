"""The options that the sub-commands of copying share, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

Items = Annotated[list[str], typer.Argument(metavar="ITEM...", help="As `infra-ref list` has them.")]
SomeItems = Annotated[
    list[str] | None, typer.Argument(metavar="[ITEM...]", help="Items; all of them unless given.")
]
To = Annotated[
    Path | None, typer.Option("--to", help="The folder that was copied to; needed where there are several.")
]
From = Annotated[
    str | None,
    typer.Option("--from", help="Another collection: a folder, or one that an installed package offers."),
]
Json = Annotated[bool, typer.Option("--json", help="Print it for machines.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Package = Annotated[str | None, typer.Option(help="What the folder is imported as, where it is not plain.")]


Row = tuple[str, ...]
COLOURS = {"written": "green", "added": "green", "replaced": "green", "removed": "green", "edited": "yellow"}
"""Of the first word of a row; what asks for a look is red."""


def output(
    told: dict[str, Any], as_json: bool, lines: Callable[[dict[str, Any]], Iterable[str | list[Row]]]
) -> None:
    """Print a report: for machines, or as lines and tables."""
    if as_json:
        print(json.dumps(told, indent=1))
        return
    for one in lines(told):
        if isinstance(one, str):
            print(one)
        elif one:
            _draw(one)


def _draw(rows: list[Row]) -> None:
    """Draw a table without lines. What is piped is as wide as it needs."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=True)
    for first, *rest in rows:
        table.add_row(Text(f"  {first}", COLOURS.get(first, "")), *map(Text, rest))
    tty = sys.stdout.isatty()  # rich would also colour for FORCE_COLOR, which a kernel sets
    console = Console(highlight=False, force_terminal=tty, width=None if tty else 10_000)
    with console.capture() as drawn:
        console.print(table)
    print("\n".join(line.rstrip() for line in drawn.get().splitlines()))
