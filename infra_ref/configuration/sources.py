"""The sources of settings, each read into plain values: a TOML file, variables, a folder of secrets."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from infra_ref.configuration.errors import Problem
from infra_ref.configuration.settings import NESTED, Settings
from infra_ref.result import Err, Ok, Result


@dataclass(frozen=True, slots=True)
class Source:
    """What one source gives. `where` returns the place of an option in it, for people.

    `unknown` are its variables that have the prefix and are no option: pydantic-settings passes over them.
    """

    values: Mapping[str, Any]
    where: Callable[[str], str]
    unknown: tuple[Problem, ...] = ()


def variable(model: type[Settings], option: str) -> str:
    """Return the environment variable of an option such as `pool.size`."""
    return (str(model.model_config.get("env_prefix", "")) + option.replace(".", NESTED)).upper()


def toml(file: Path) -> Result[Source, Problem]:
    """Return what a TOML file holds."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8-sig"))  # some editors put a mark first
    except (OSError, ValueError) as error:
        return Err(_unreadable(file, error))
    return Ok(Source(values, lambda option: f"{option} in {file}"))


def variables(model: type[Settings], given: Mapping[str, str], folder: str = "") -> Result[Source, Problem]:
    """Return the options of `model` that are set in `given`; `folder` says where, if that is files."""
    source = EnvSettingsSource(cast("type[BaseSettings]", model))  # it asks no more than a model has
    source.env_vars = {name.lower(): value for name, value in given.items()}
    try:
        values = source()
    except SettingsError as error:  # its cause quotes the value
        return Err(Problem(folder or "the environment", f"{error}: write JSON for it"))
    prefix, known = variable(model, ""), [variable(model, name) for name in model.model_fields]
    tables = tuple(variable(model, f"{name}.") for name, value in values.items() if isinstance(value, dict))
    ours = {one for one in given if prefix and one.upper().startswith(prefix)}
    strange = sorted(one for one in ours if one.upper() not in known and not one.upper().startswith(tables))
    unknown = tuple(Problem(f"{folder}{one}", no_option(one.upper(), known)) for one in strange)
    return Ok(Source(values, lambda option: f"{folder}{variable(model, option)}", unknown))


def secret_files(model: type[Settings], folder: Path) -> Result[Source, Problem]:
    """Return the options that have a file in `folder`, named as their variable."""
    given, read = dict[str, str](), folder
    try:
        for read in sorted(folder.iterdir()):
            # What begins with a dot is Kubernetes' own, and other programs may have secrets here, too.
            if not read.name.startswith(".") and read.name.upper().startswith(variable(model, "")):
                given[read.name] = read.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        return Err(_unreadable(read, error))
    return variables(model, given, f"{folder}/")


def no_option(name: str, known: Iterable[str]) -> str:
    """Return what to say of a name that no option has."""
    near = get_close_matches(name, known, n=1)
    return f"there is no such option; did you mean {near[0]}?" if near else "there is no such option"


_UNREADABLE: dict[type[Exception], str] = {
    FileNotFoundError: "does not exist: create it, or name another",
    IsADirectoryError: "is a folder: name the file in it",
    NotADirectoryError: "is a file: name the folder that it is in",
    PermissionError: "may not be read by this user: change its permissions",
    UnicodeDecodeError: "is not UTF-8: save it as such",
    tomllib.TOMLDecodeError: "is not TOML: {}",
}


def _unreadable(place: Path, error: Exception) -> Problem:
    return Problem(str(place.absolute()), _UNREADABLE.get(type(error), "cannot be read: {}").format(error))
