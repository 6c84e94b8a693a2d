"""`load`: settings from all their sources, every problem at once.

Precedence, the later wins: defaults, the defaults of the environment (`profiles`), the TOML
file, environment variables, the secrets folder, arguments. Tables are merged, not replaced.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from infra_ref.configuration.errors import Misconfigured, Problem
from infra_ref.configuration.port import Loaded
from infra_ref.configuration.settings import Settings
from infra_ref.configuration.sources import Source, no_option, secret_files, toml, variable, variables
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
    """Read the settings from all sources, as `LoadSettings` says."""
    nothing = Ok(Source({}, str))
    read = (
        toml(file) if file else nothing,
        variables(model, os.environ if environ is None else environ),
        secret_files(model, secrets) if secrets else nothing,
        Ok(Source(arguments or {}, lambda option: f"{option} in the arguments")),
    )
    sources = [one.value for one in read if isinstance(one, Ok)]
    problems = [one.error for one in read if isinstance(one, Err)]
    values: dict[str, Any] = reduce(_merged, (one.values for one in sources), {})
    environment = str(values.get("environment"))
    origins = dict.fromkeys(model.profiles.get(environment, {}), f"default of {environment}")
    for source in sources:
        origins |= {option: source.where(option) for option in _options(source.values)}
    unknown = tuple(one for source in sources for one in source.unknown)
    try:
        settings = model(**values)
    except ValidationError as invalid:
        problems += _problems(model, invalid, origins)
    else:
        if not problems:
            return Ok(Loaded(settings, origins, unknown))
    return Err(Misconfigured(problems=(*problems, *unknown)))


def _problems(model: type[Settings], invalid: ValidationError, origins: dict[str, str]) -> Iterator[Problem]:
    errors = invalid.errors(include_input=False, include_url=False)
    waiting: set[str] = set()
    if any(error["loc"] == ("environment",) for error in errors):
        # Which options lack a default is not known before the environment is.
        waiting = {name for profile in model.profiles.values() for name in profile}
    for error in errors:
        path = ".".join(map(str, error["loc"]))
        where = origins.get(path, path or model.__name__)
        if error["type"] == "extra_forbidden":
            yield Problem(where, no_option(path, model.model_fields))
        elif error["type"] != "missing":
            says = error["msg"].removeprefix("Value error, ").replace("Input should", "it should")
            yield Problem(where, says)
        elif path not in waiting:
            yield Problem(variable(model, path), "is not set, and has no default here")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both; of an option in both, the value of `above`, and of tables in both, their options."""
    both = {**below, **above}
    for name in below.keys() & above.keys():
        if isinstance(below[name], Mapping) and isinstance(above[name], Mapping):
            both[name] = _merged(below[name], above[name])
    return both


def _options(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the options that have a value, nested ones as `pool` and `pool.size`."""
    for name, value in values.items():
        yield f"{above}{name}"
        if isinstance(value, Mapping):
            yield from _options(value, f"{above}{name}.")
