"""The options that the sub-commands of copying share, and how they print."""

from __future__ import annotations

import json
from collections.abc import Callable
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


def output(told: dict[str, Any], as_json: bool, text: Callable[[dict[str, Any]], str]) -> None:
    """Print a report, for machines or as lines."""
    print(json.dumps(told, indent=1) if as_json else text(told))
