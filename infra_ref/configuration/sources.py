"""The sources of settings, each read into plain values: a TOML file, variables, a folder of secrets."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_settings import (
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsError,
)

from infra_ref.configuration.errors import Problem
from infra_ref.configuration.settings import NESTED, Settings


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source gives. With a `prefix`, it goes by the names of variables."""

    values: Mapping[str, Any]
    source: str
    prefix: str | None = None

    def where(self, option: str) -> str:
        """Return the place of an option in this source, for people."""
        if self.prefix is None:
            return f"{option} in {self.source}"
        return f"{self.source}{self.prefix}{option.upper().replace('.', NESTED)}"

    def options(self) -> Iterator[str]:
        """Yield the options that are given here, nested ones as `pool.size`."""
        yield from _paths(self.values)


class Unreadable(Exception):
    """A source cannot be read at all; `problem` says which, and why."""

    def __init__(self, where: str, says: str) -> None:
        super().__init__(f"{where}: {says}")
        self.problem = Problem(where, says)


def toml(file: Path | None) -> dict[str, Any]:
    """Return what a TOML file holds. Raises Unreadable."""
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(str(file), f"is not TOML: {error}") from None
    except UnicodeDecodeError:
        raise Unreadable(str(file), "is not UTF-8: save it as such") from None
    except OSError as error:
        raise Unreadable(str(file.absolute()), _why(error, "file")) from None


def variables(model: type[Settings], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of `model` that are set in `environ`. Raises Unreadable."""
    source = EnvSettingsSource(model)
    source.env_vars = {name.lower(): value for name, value in environ.items()}
    return _read(source, "the environment")


def secret_files(model: type[Settings], folder: Path | None) -> dict[str, Any]:
    """Return the options that have a file in `folder`, named as their variable. Raises Unreadable."""
    if folder is None:
        return {}
    names(folder)  # pydantic-settings only warns of a folder that is missing
    return _read(SecretsSettingsSource(model, folder), str(folder))


def names(folder: Path) -> list[str]:
    """Return the names in `folder`. Raises Unreadable."""
    try:
        return sorted(one.name for one in folder.iterdir())
    except OSError as error:
        raise Unreadable(str(folder.absolute()), _why(error, "folder")) from None


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both; of an option in both, the value of `above`, and of tables in both, their options."""
    both = {**below, **above}
    for name in below.keys() & above.keys():
        if isinstance(below[name], Mapping) and isinstance(above[name], Mapping):
            both[name] = merged(below[name], above[name])
    return both


def _read(source: PydanticBaseSettingsSource, where: str) -> dict[str, Any]:
    try:
        return source()
    except SettingsError as error:  # its cause quotes the value
        raise Unreadable(where, f"{error}: write JSON for it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(where, f"cannot be read ({type(error).__name__})") from None


def _why(error: OSError, wanted: str) -> str:
    match error:
        case FileNotFoundError():
            return f"there is no such {wanted}: create it, or name another"
        case IsADirectoryError():
            return "is a folder: name the file in it"
        case NotADirectoryError():
            return "is no folder: name the folder that the files are in"
        case PermissionError():
            return f"the {wanted} may not be read by this user: change its permissions"
        case _:
            return f"the {wanted} cannot be read: {error.strerror}"


def _paths(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{above}{name}.")
