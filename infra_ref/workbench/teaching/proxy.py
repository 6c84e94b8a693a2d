"""Stand between a port and its caller: every async method of an object, seen from outside."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Call:
    """One call under way. `answer` is set once it has been given."""

    answer: Any = None


class Around(Protocol):
    """What happens before and after a call; it may raise in its place."""

    def __call__(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> AbstractAsyncContextManager[Call]:
        """Return a context manager that lasts as long as the call, its answer or its items."""
        ...


def stand_between(inner: Any, around: Around) -> Any:
    """Return what behaves as `inner` does, with `around` about each of its async methods.

    An async function gives an async function. Everything that is not async passes
    through untouched; setting an attribute sets it on `inner`.
    """
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        return _between(inner, getattr(inner, "__name__", "call"), around)
    kind = type(inner)
    special = {
        name: _special(name, around)
        for name in _SPECIAL
        if inspect.iscoroutinefunction(getattr(kind, name, None))
    }
    return type(kind.__name__, (_Between,), special)(inner, around)


class _Between:
    __slots__ = ("_Between__around", "_Between__inner")

    def __init__(self, inner: Any, around: Around) -> None:
        object.__setattr__(self, "_Between__inner", inner)
        object.__setattr__(self, "_Between__around", around)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.__inner, name)
        if name.startswith("_") or not callable(found):
            return found
        return _between(found, name, self.__around)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__inner, name, value)

    def __repr__(self) -> str:
        return repr(self.__inner)


_SPECIAL = ("__aenter__", "__aexit__", "__call__")
"""What Python looks up on the type and not on the object."""


def _special(name: str, around: Around) -> Callable[..., Any]:
    async def method(self: _Between, *args: Any, **kwargs: Any) -> Any:
        inner = object.__getattribute__(self, "_Between__inner")
        answer = await _between(getattr(inner, name), name.strip("_"), around)(*args, **kwargs)
        return self if answer is inner else answer

    return method


def _between(method: Callable[..., Any], name: str, around: Around) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(method):

        @functools.wraps(method)
        async def stream(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            async with around(name, args, kwargs):
                async for item in method(*args, **kwargs):
                    yield item

        return stream
    if inspect.iscoroutinefunction(method):

        @functools.wraps(method)
        async def called(*args: Any, **kwargs: Any) -> Any:
            async with around(name, args, kwargs) as call:
                call.answer = await method(*args, **kwargs)
            return call.answer

        return called
    return method
