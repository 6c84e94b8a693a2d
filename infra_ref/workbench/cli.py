"""The command `infra-ref`: wires the sub-commands, each of which is a file of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

import infra_ref
from infra_ref.workbench.check import check
from infra_ref.workbench.config_command import config
from infra_ref.workbench.copying import add_command
from infra_ref.workbench.copying import commands as copying
from infra_ref.workbench.demo_command import demo
from infra_ref.workbench.lab import lab
from infra_ref.workbench.linting.command import lint
from infra_ref.workbench.listing import listing
from infra_ref.workbench.progress import progress
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.reset import reset
from infra_ref.workbench.show import show
from infra_ref.workbench.sizes import sizes
from infra_ref.workbench.validate import validate

COMMANDS: dict[str, Callable[..., None]] = {
    "lab": lab,
    "reset": reset,
    "progress": progress,
    "validate": validate,
    "list": listing,
    "show": show,
    "sizes": sizes,
    "check": check,
    "lint": lint,
    "config": config,
    "demo": demo,
    "view": copying.view,
    "add": add_command.add,
    "status": copying.status,
    "diff": copying.diff,
    "update": copying.update,
    "remove": copying.remove,
    "adopt": add_command.adopt,
    "moved": copying.moved,
}
"""Every sub-command, in the order of the help: a function whose parameters are typer's."""

# The errors of the command line itself. typer brings click's in a package of its
# own or as a dependency, as its version will.
_Misused: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def application() -> typer.Typer:
    """Put the sub-commands together."""
    app = typer.Typer(
        name="infra-ref",
        help="Ports, adapters and the contracts that hold them: learn them, read them, check your own.",
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name, command in COMMANDS.items():
        app.command(name)(command)
    return app


def main() -> None:
    """Run the command line. Exits with 0, with 1 when a rule is broken, with 2 when it was refused."""
    try:
        status = application()(prog_name="infra-ref", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status)
    except BrokenPipeError:  # whoever reads, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Refused as refused:
        _refuse(str(refused))
    except _Misused as misused:
        _refuse(_one_sentence(misused))
    except typer.Abort:
        sys.exit(130)


def _version(asked: bool) -> None:
    if asked:
        print(f"infra-ref {infra_ref.__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


def _one_sentence(misused: Any) -> str:
    path = misused.ctx.command_path if getattr(misused, "ctx", None) else "infra-ref"
    return f"{misused.format_message().rstrip('.?')}: see `{path} --help`."


def _refuse(error: str) -> None:
    print(f"infra-ref: {error}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
