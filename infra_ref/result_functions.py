"""Functions that return results: of several results, and of calls that raise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import ParamSpec, TypeVar

from infra_ref.result import Err, Ok, Result

T = TypeVar("T")
E = TypeVar("E")
P = ParamSpec("P")
X = TypeVar("X", bound=Exception)


def collect(results: Iterable[Result[T, E]]) -> Result[list[T], E]:
    """Return `Ok` of all values in order, or the first `Err`; reads no further than that."""
    values: list[T] = []
    for result in results:
        if isinstance(result, Err):
            return result
        values.append(result.value)
    return Ok(values)


def partition(results: Iterable[Result[T, E]]) -> tuple[list[T], list[E]]:
    """Return all values and all errors, each in order."""
    values: list[T] = []
    errors: list[E] = []
    for result in results:
        if isinstance(result, Ok):
            values.append(result.value)
        else:
            errors.append(result.error)
    return values, errors


def catch(
    kind: type[X] | tuple[type[X], ...], call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> Result[T, X]:
    """Call, and turn an exception of the listed `kind` into an `Err`; all others pass through.

    >>> catch(KeyError, {"a": 1}.pop, "a")
    Ok(value=1)

    Raises TypeError for a `kind` that is no `Exception`, so cancellation always
    passes, and for a coroutine function, whose errors come later: `catch_async`.
    """
    _refuse_other_than_exceptions(kind)
    try:
        value = call(*args, **kwargs)
    except kind as error:
        return Err(error)
    if isinstance(value, Coroutine):
        value.close()
        raise TypeError("catch() does not await; write `await catch_async(...)`")
    return Ok(value)


async def catch_async(
    kind: type[X] | tuple[type[X], ...],
    call: Callable[P, Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Result[T, X]:
    """Await the call, and turn an exception of the listed `kind` into an `Err`, as `catch` does."""
    _refuse_other_than_exceptions(kind)
    try:
        return Ok(await call(*args, **kwargs))
    except kind as error:
        return Err(error)


def _refuse_other_than_exceptions(kind: object) -> None:
    for one in kind if isinstance(kind, tuple) else (kind,):
        if not (isinstance(one, type) and issubclass(one, Exception)):
            raise TypeError(f"catch() takes the Exceptions to expect, not {one!r}")
