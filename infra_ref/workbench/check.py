"""`infra-ref check`: whether an adapter keeps its contract."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra_ref.workbench.refused import Refused
from infra_ref.workbench.shipped import PACKAGE, notebooks_folder

if TYPE_CHECKING:
    from collections.abc import Generator

    from infra_ref.contract import Progress, Report
    from infra_ref.workbench.checking import CheckResult

_COLOUR = {"holds": "green", "broken": "bold red", "exempt": "dim", "not tried": "yellow"}


def check(
    port: Annotated[
        str,
        typer.Argument(
            help="A pattern (caching), a port (Cache), or your own contract (shop.contract:StockContract)."
        ),
    ],
    factory: Annotated[
        str,
        typer.Argument(
            help="module:name of what gives an adapter and needs no argument: a class, a function (plain, "
            "async or an async context manager), or a contract that has `make` and what rules ask for. "
            "It may take `clock`."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report for machines.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CACHE-03", help="Only this rule; may be repeated.")
    ] = None,
    core: Annotated[bool, typer.Option("--core", help="Leave out the rules on rare corners.")] = False,
) -> None:
    """Check an adapter, yours or one of these, against the contract of its port.

    Exits with 1 when a rule is broken, or was not tried because one before it hung; with 2
    when none could be tried. The current folder can be imported from.
    """
    with contextlib.redirect_stdout(sys.stderr):  # what an adapter prints is not the report
        result = _check(port, factory, tuple(only or ()), core)
    if as_json:
        print(json.dumps(_plain(result, factory), indent=1))
    elif sys.stdout.isatty():
        _draw(result)
    else:
        for report in result.reports:
            print(report)
        for line in _others(result):
            print(line)
    if not result.tried:
        raise Refused(
            "No rule could be tried; above is what they ask for. Name, in place of the adapter, a subclass "
            f"of {result.reports[0].contract} that has it, and `make`."
        )
    if not result.holds:
        raise typer.Exit(1)


def _check(port: str, factory: str, only: tuple[str, ...], core: bool) -> CheckResult:
    from infra_ref.contract import run
    from infra_ref.workbench.catalog_cache import cached_catalog
    from infra_ref.workbench.checking import check_adapter, contracts_for
    from infra_ref.workbench.loading import load

    patterns = () if ":" in port else cached_catalog(PACKAGE, notebooks_folder())
    chosen = contracts_for(port, patterns)
    made_by = load(factory)
    with _shown() as progress:
        return run(check_adapter(chosen, made_by, only=only, core=core, progress=progress))


@contextlib.contextmanager
def _shown() -> Generator[Progress]:
    """Show the rule that is being tried on a terminal; elsewhere only those that take long."""
    from infra_ref.contract import Progress, Rule

    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:

        class Live(Progress):
            def starts(self, rule: Rule) -> None:
                status.update(f"{rule.number}  {rule.says}")

        yield Live()


def _plain(result: CheckResult, factory: str) -> dict[str, Any]:
    return {
        "factory": factory,
        "holds": result.holds,
        "reports": [report.to_dict() for report in result.reports],
        "not_applicable": [asdict(one) for one in result.not_applicable],
    }


def _others(result: CheckResult) -> list[str]:
    return [
        f"{one.contract} does not apply: it has no {', '.join(one.missing)}, which {one.port} asks for"
        if one.missing
        else f"{one.contract} promises more than {one.port}: name it in place of the pattern to be held to it"
        for one in result.not_applicable
    ]


def _draw(result: CheckResult) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for report in result.reports:
        console.print(_table(report))
        console.print(Text(report.summary, style="bold green" if report.holds else "bold red"))
    for line in _others(result):
        console.print(Text(line, style="dim"))


def _table(report: Report) -> Any:
    from rich.table import Table
    from rich.text import Text

    from infra_ref.contract.report import SIGN

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for verdict in report.verdicts:
        style = _COLOUR[verdict.outcome]
        reason = verdict.outcome if verdict.outcome in ("exempt", "not tried") else ""
        says = Text(verdict.rule.says, style="dim" if reason else "")
        seen = reason or "seen"
        for name, text in (("expected", verdict.expected), (seen, verdict.seen)):
            if text:
                says.append(f"\n{name} ", style="dim").append(text, style="" if seen == "seen" else "dim")
        table.add_row(Text(SIGN[verdict.outcome], style=style), Text(verdict.rule.number, style=style), says)
    return table
