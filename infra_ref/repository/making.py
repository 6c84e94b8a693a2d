"""How an object is made of its stored values: decided once, not again for each row."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


def maker(made: type[T], kinds: Mapping[str, type]) -> Callable[[Sequence[Any]], T]:
    """Return a function that makes an object of values that come in the order of `kinds`.

    Its values go by position where the class takes them in this order, else by
    name; a StrEnum is made of its text. Raises TypeError for a class that does
    not take one of these names, or must have more.
    """
    make = _calling(made, tuple(kinds))
    enums = [(n, kind) for n, kind in enumerate(kinds.values()) if issubclass(kind, StrEnum)]
    if not enums:
        return make

    def make_with_enums(values: Sequence[Any]) -> T:
        ready = list(values)
        for n, kind in enums:
            if ready[n] is not None:
                ready[n] = kind(ready[n])
        return make(ready)

    return make_with_enums


def _calling(made: type[T], names: tuple[str, ...]) -> Callable[[Sequence[Any]], T]:
    parameters = inspect.signature(made).parameters.values()
    if not any(one.kind is one.VAR_KEYWORD for one in parameters):
        taken = {one.name for one in parameters}
        for name in names:
            if name not in taken:
                raise TypeError(f"{made.__name__} has a stored field {name!r}, but is not made with it")
    for one in parameters:
        must = one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        if must and one.name not in names:
            raise TypeError(f"{made.__name__} cannot be made without {one.name!r}, which is not stored")
    by_position = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    if tuple(by_position[: len(names)]) == names:
        return lambda values: made(*values)
    return lambda values: made(**dict(zip(names, values, strict=True)))
