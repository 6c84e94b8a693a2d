"""`check`: every problem in how providers need each other, before anything is made."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

from infra_ref.factory.errors import WiringError
from infra_ref.factory.port import Provider, Scope


def needs(provider: Provider, known: Mapping[type[Any], object]) -> Iterator[tuple[str, Any]]:
    """Yield the parameters that are to be given, and their types: all but those left to their default."""
    made: Any = provider.make
    try:
        hints = get_type_hints(made.__init__ if inspect.isclass(made) else made)
    except NameError as error:
        raise WiringError([f"{_name(made)}: {error}: import it where it is annotated, at run time"]) from None
    for name, parameter in inspect.signature(made).parameters.items():
        kind = _plain(hints.get(name))
        if kind in known or (parameter.default is parameter.empty and parameter.kind not in _VARIADIC):
            yield name, kind


def check(providers: Sequence[Provider]) -> list[str]:
    """Return the problems: what is given twice, missing, cyclic, or kept longer than what it needs."""
    known: dict[type[Any], Provider] = {}
    problems: dict[object, str] = {}  # by what is wrong, so that each is told once
    for one in providers:
        if one.gives in known:
            problems[one.gives] = f"{_name(one.gives)} is given twice: override it, or leave one out"
        known[one.gives] = one
    walked: set[type[Any]] = set()

    def walk(kind: type[Any], path: tuple[type[Any], ...]) -> None:
        if kind in path:
            cycle = path[path.index(kind) :]
            problems.setdefault(frozenset(cycle), f"{_path(*cycle, kind)}: they need each other in a circle")
        elif kind not in known:
            problems[path[-1], kind] = f"{_path(*path, kind)}: nothing gives {_name(kind)}"
        elif kind not in walked:
            for _, one in needs(known[kind], known):
                if one in known and (known[kind].scope, known[one].scope) == (Scope.APP, Scope.REQUEST):
                    problems[kind, one] = (
                        f"{_path(*path, kind, one)}: {_name(one)} lives for one request, and {_name(kind)} "
                        "would keep it for ever"
                    )
                walk(one, (*path, kind))
            walked.add(kind)

    needed = {kind for one in providers for _, kind in needs(one, known)}
    for one in sorted(providers, key=lambda one: one.gives in needed):  # who needs most first: longer paths
        walk(one.gives, ())
    return list(problems.values())


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _plain(hint: Any) -> Any:
    """Return X of `X | None`."""
    if get_origin(hint) in (Union, types.UnionType):
        rest = [one for one in get_args(hint) if one is not type(None)]
        return rest[0] if len(rest) == 1 else hint
    return hint


def _path(*kinds: Any) -> str:
    return " -> ".join(map(_name, kinds))


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))
