"""What a settings model offers, for a page or a command: derived from the model, so never out of date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Secret

from infra_ref.configuration.settings import NESTED, Settings


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `default` is None where it must be set; `profiles` are the defaults by environment."""

    name: str
    variable: str
    kind: str
    default: str | None
    profiles: Mapping[str, str]
    says: str


def options(model: type[Settings]) -> Iterator[Option]:
    """Yield every option of `model`, nested ones as `pool.size`."""
    yield from _options(model, model, ())


def _options(root: type[Settings], model: type[BaseModel], above: tuple[str, ...]) -> Iterator[Option]:
    for name, field in model.model_fields.items():
        path = (*above, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _options(root, field.annotation, path)
            continue
        yield Option(
            name=".".join(path),
            variable=root.model_config.get("env_prefix", "") + NESTED.join(path).upper(),
            kind=_kind(field.annotation, field.metadata),
            default=None if field.is_required() else str(field.get_default(call_default_factory=True)),
            profiles={
                environment: str(given[name])
                for environment, given in root.profiles.items()
                if not above and name in given
            },
            says=field.description or "",
        )


def _kind(annotation: Any, metadata: list[Any]) -> str:
    """Return the type in words: `one of test, production`, `int, ge 0, le 65535`."""
    if values := getattr(annotation, "__args__", ()):
        return "one of " + ", ".join(map(str, values))
    name = getattr(annotation, "__name__", str(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Secret):
        name = {"SecretUrl": "URL"}.get(name, "secret text")
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    bounds = [
        f"{says} {getattr(one, sign)}"
        for one in metadata
        for sign, says in signs.items()
        if hasattr(one, sign)
    ]
    return ", ".join([name, *bounds])
