"""`load`: settings from all their sources, every problem at once.

Precedence, the later wins: defaults, the defaults of the environment (`profiles`), the TOML
file, environment variables, the secrets folder, arguments. Tables are merged, not replaced.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from infra_ref.configuration.errors import Misconfigured, Problem
from infra_ref.configuration.loading_port import Loaded
from infra_ref.configuration.settings import NESTED, Settings
from infra_ref.configuration.sources import (
    Layer,
    Unreadable,
    merged,
    names,
    secret_files,
    toml,
    variables,
)
from infra_ref.result import Err, Ok, Result

S = TypeVar("S", bound=Settings)


def load(
    model: type[S],
    *,
    file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    secrets: Path | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> Result[Loaded[S], Misconfigured]:
    """Read the settings from all sources; a source that is None gives nothing.

    `environ` is the machine's unless given. `secrets` is a folder with a file for each option,
    named as its variable. A named file or folder that is missing is a problem like any other.
    """
    environ = os.environ if environ is None else environ
    prefix = model.model_config.get("env_prefix", "")
    readers: list[Callable[[], Layer]] = [
        lambda: Layer(toml(file), str(file)),
        lambda: Layer(variables(model, environ), "", prefix),
        lambda: Layer(secret_files(model, secrets), f"{secrets}/", prefix),
        lambda: Layer(arguments or {}, "the arguments"),
    ]
    layers: list[Layer] = []
    problems: list[Problem] = []
    for read in readers:
        try:
            layers.append(read())
        except Unreadable as unreadable:
            problems.append(unreadable.problem)
    unknown = tuple(_unknown(model, environ, secrets))
    match _made(model, layers, problems):
        case Ok((settings, origins)):
            return Ok(Loaded(settings, origins, unknown))
        case Err(found):
            return Err(Misconfigured(problems=(*found, *unknown)))


def _made(
    model: type[S], layers: list[Layer], problems: list[Problem]
) -> Result[tuple[S, dict[str, str]], list[Problem]]:
    values: dict[str, Any] = {}
    for layer in layers:
        values = merged(values, layer.values)
    environment = str(values.get("environment"))
    origins = dict.fromkeys(model.profiles.get(environment, {}), f"default of {environment}")
    origins |= {path: layer.where(path) for layer in layers for path in layer.options()}
    try:
        settings = model(**values)
    except ValidationError as invalid:
        problems = problems + _problems(model, invalid, origins)
    else:
        if not problems:
            return Ok((settings, origins))
    return Err(problems)


def _problems(model: type[Settings], invalid: ValidationError, origins: Mapping[str, str]) -> list[Problem]:
    errors = invalid.errors(include_input=False, include_url=False)
    if any(error["loc"] == ("environment",) for error in errors):
        # Which options lack a default is not known before the environment is.
        waiting = {name for profile in model.profiles.values() for name in profile}
        errors = [one for one in errors if not (one["type"] == "missing" and one["loc"][0] in waiting)]
    return [_problem(model, one, origins) for one in errors]


def _problem(model: type[Settings], error: Any, origins: Mapping[str, str]) -> Problem:
    path = ".".join(map(str, error["loc"]))
    if error["type"] == "missing":
        variable = model.model_config.get("env_prefix", "") + path.upper().replace(".", NESTED)
        return Problem(variable, "is not set, and has no default here")
    where = origins.get(path, path or model.__name__)
    if error["type"] == "extra_forbidden":
        return Problem(where, _no_option(path, model.model_fields))
    return Problem(where, error["msg"].removeprefix("Value error, ").replace("Input should", "it should"))


def _unknown(model: type[Settings], environ: Mapping[str, str], secrets: Path | None) -> Iterator[Problem]:
    """Yield what has the prefix and is no option; pydantic-settings passes over it."""
    prefix = model.model_config.get("env_prefix", "").upper()
    known = [f"{prefix}{name.upper()}" for name in model.model_fields]
    files: list[str] = []
    if secrets and secrets.is_dir():
        files = names(secrets)
    for name, where in [*((one, one) for one in environ), *((one, f"{secrets}/{one}") for one in files)]:
        head = name.upper().partition(NESTED)[0]
        if prefix and head.startswith(prefix) and head not in known:
            yield Problem(where, _no_option(name.upper(), known))


def _no_option(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"there is no such option; did you mean {near[0]}?" if near else "there is no such option"
