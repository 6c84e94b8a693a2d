"""What a settings model offers, for a page or a command: derived from the model, so never out of date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, Secret

from infra_ref.configuration.settings import SecretUrl, Settings
from infra_ref.configuration.sources import variable

_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


class Option(NamedTuple):
    """One option. `default` is None where it must be set; `profiles` are the defaults by environment."""

    name: str
    variable: str
    kind: str
    default: str | None
    profiles: Mapping[str, str]
    says: str


def options(model: type[Settings]) -> Iterator[Option]:
    """Yield every option of `model`, nested ones as `pool.size`."""
    for name, field in _fields(model):
        default = None if field.is_required() else str(field.get_default(call_default_factory=True))
        profiles = {env: str(given[name]) for env, given in model.profiles.items() if name in given}
        kind = _kind(field.annotation, field.metadata)
        yield Option(name, variable(model, name), kind, default, profiles, field.description or "")


def _fields(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, f"{above}{name}.")
        else:
            yield f"{above}{name}", field


def _kind(annotation: Any, metadata: list[Any]) -> str:
    """Return the type in words: `one of test, production`, `int, at least 0, at most 65535`."""
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(map(str, get_args(annotation)))
    name = getattr(annotation, "__name__", str(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Secret):
        name = "URL" if issubclass(annotation, SecretUrl) else "secret text"
    bounds = [(says, getattr(one, sign, None)) for one in metadata for sign, says in _BOUNDS.items()]
    return ", ".join([name, *(f"{says} {limit}" for says, limit in bounds if limit is not None)])
