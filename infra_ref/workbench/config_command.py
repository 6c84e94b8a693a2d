"""`infra-ref config`: the sample shop's settings: what they are, where they come from, what is wrong."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra_ref.workbench.refused import Refused
from infra_ref.workbench.requirements import install_command

if TYPE_CHECKING:
    from infra_ref.configuration.port import Loaded
    from infra_ref.sample.adapters.shop_settings import ShopSettings


class Action(StrEnum):
    """What to do with the settings."""

    SHOW = "show"
    EXPLAIN = "explain"
    CHECK = "check"


def config(
    action: Annotated[
        Action,
        typer.Argument(
            help="show: each option, its value and where it comes from; explain: what each option is; "
            "check: say every problem, and exit with 1 if there is one."
        ),
    ],
    file: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None,
    secrets: Annotated[
        Path | None, typer.Option(help="A folder with a file for each secret, named as its variable.")
    ] = None,
    env: Annotated[str | None, typer.Option(help="test, development or production.")] = None,
) -> None:
    """Show, explain or check the settings of the sample shop. Secrets are shown as stars."""
    try:
        found = _explained() if action is Action.EXPLAIN else _loaded(file, secrets, env)
    except ModuleNotFoundError as missing:
        raise Refused(f"{missing}: {install_command('pydantic_settings')}") from None
    if isinstance(found, str):
        print(found)
        return
    for problem in found.unknown:
        print(problem, file=sys.stderr)
    if action is Action.SHOW:
        print(_shown(found))
    elif found.unknown or not _can_be_opened(found.settings):
        raise typer.Exit(1)
    else:
        print("The settings are valid.")


def _loaded(file: Path | None, secrets: Path | None, env: str | None) -> Loaded[ShopSettings]:
    from infra_ref.configuration.loading import load
    from infra_ref.result import Err
    from infra_ref.sample.adapters.shop_settings import ShopSettings

    arguments = {"environment": env} if env else {}
    found = load(ShopSettings, file=file, secrets=secrets, arguments=arguments)
    if isinstance(found, Err):
        print(found.error, file=sys.stderr)
        raise typer.Exit(1)
    return found.value


def _can_be_opened(settings: ShopSettings) -> bool:
    from infra_ref import failures
    from infra_ref.factory.build import chosen

    try:
        chosen(settings)
    except failures.Refused as refused:
        print(refused, file=sys.stderr)
        return False
    return True


def _shown(loaded: Loaded[ShopSettings]) -> str:
    rows = [
        (name, str(getattr(loaded.settings, name)), loaded.origins.get(name, "default"))
        for name in type(loaded.settings).model_fields
    ]
    names, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{name:<{names}}  {value:<{values}}  {origin}" for name, value, origin in rows)


def _explained() -> str:
    from infra_ref.configuration.options import options
    from infra_ref.sample.adapters.shop_settings import ShopSettings

    lines: list[str] = []
    for one in options(ShopSettings):
        defaults = [f"default {one.default}"] if one.default is not None else []
        defaults += [f"{value} in {name}" for name, value in one.profiles.items()]
        lines += [f"{one.variable}  ({one.kind})", f"    {one.says}"]
        lines += [f"    {', '.join(defaults) or 'must be set'}"]
    return "\n".join(lines)
