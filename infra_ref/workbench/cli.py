"""The command `infra-ref`: wires the sub-commands, each of which is a file of its own."""

from __future__ import annotations

import ast
import importlib
import os
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer

import infra_ref
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.source_file import parsed, summary
from infra_ref.workbench.standard_streams import prepare

COMMANDS = {
    "lab": "lab:lab",
    "reset": "reset:reset",
    "progress": "progress:progress",
    "validate": "validate:validate",
    "list": "listing:listing",
    "show": "show:show",
    "sizes": "sizes:sizes",
    "check": "check:check",
    "lint": "linting.command:lint",
    "config": "config_command:config",
    "demo": "demo_command:demo",
    "dead-letters": "dead_letters:dead_letters",
    "view": "copying.commands:view",
    "add": "copying.add_command:add",
    "status": "copying.commands:status",
    "diff": "copying.commands:diff",
    "update": "copying.commands:update",
    "remove": "copying.commands:remove",
    "adopt": "copying.add_command:adopt",
    "moved": "copying.commands:moved",
}
"""Every sub-command, in the order of the help: a function of the workbench whose parameters are typer's."""

INTERRUPTED = 130
"""Typer's status after Ctrl-C."""
LONGEST = 300
"""Letters of a name that are repeated in a refusal."""

# The errors of the command line itself. typer brings click's in a package of its
# own or as a dependency, as its version will.
_Misused: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def application(wanted: Collection[str] | None = None) -> typer.Typer:
    """Put the sub-commands together. Those that are not `wanted` are there for the help alone, unloaded."""
    app = typer.Typer(
        name="infra-ref",
        help="Ports, adapters and the contracts that hold them: learn them, read them, check your own.",
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich takes longer to import than the rest of the help
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name, where in COMMANDS.items():
        if wanted is None or name in wanted:
            module, _, function = where.partition(":")
            loaded = importlib.import_module(f"infra_ref.workbench.{module}")
            app.command(name)(getattr(loaded, function))
        else:
            app.command(name, help=_summary(where))(_unloaded)
    return app


def _summary(where: str) -> str:
    """Return the first paragraph of a command's docstring, read from its file."""
    module, _, function = where.partition(":")
    path = Path(__file__).parent.joinpath(*module.split(".")).with_suffix(".py")
    body = parsed(path.read_text(encoding="utf-8"), path).body
    return next(summary(one) for one in body if isinstance(one, ast.FunctionDef) and one.name == function)


def _unloaded() -> None:
    raise AssertionError("a command that was asked for is loaded")


def main() -> None:
    """Run the command line. Exits with 0, with 1 when a rule is broken, with 2 when it was refused."""
    prepare()
    try:
        completing = "_INFRA_REF_COMPLETE" in os.environ
        app = application(None if completing else sys.argv[1:2])
        status = app(prog_name="infra-ref", standalone_mode=False)
        sys.stdout.flush()
        if status == INTERRUPTED:
            print(f"\ninfra-ref: interrupted. {_after_interrupt()}", file=sys.stderr)
        sys.exit(status)
    except Refused as refused:
        _refuse(str(refused))
    except _Misused as misused:
        _refuse(_one_sentence(misused))
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except OSError as error:  # a name that is too long, a disk that cannot be written to
        _refuse(f"{error.strerror or error}: {error.filename}.")


def _after_interrupt() -> str:
    from infra_ref.workbench.copying.journal import is_unfinished

    if is_unfinished(Path.cwd()):
        return "Some files are written and some are not: `infra-ref status` finishes it."
    return "No file is half written."


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
    shown = re.sub(rf"\S{{{LONGEST},}}", lambda word: f"{word[0][:LONGEST]}...", error)
    print(f"infra-ref: {shown}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
