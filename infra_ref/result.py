"""`Result`: an outcome that the caller must look at, as a value.

    >>> def port_of(text: str) -> Result[int, str]:
    ...     match catch(ValueError, int, text):
    ...         case Ok(port):
    ...             return Ok(port)
    ...         case Err(error):
    ...             return Err(f"{text!r} is no port: write a number")
    >>> port_of("8080")
    Ok(value=8080)
    >>> port_of("http").map(str)
    Err(error="'http' is no port: write a number")

`Ok` and `Err` are two classes and `Result` their union, so a type checker
reports a `match` that forgets one of them. A bug still raises: a `Result` is
for what the caller can choose about.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Generic, NoReturn, ParamSpec, TypeAlias, TypeVar

T = TypeVar("T")
U = TypeVar("U")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
P = ParamSpec("P")
X = TypeVar("X", bound=Exception)
T_co = TypeVar("T_co", covariant=True)
E_co = TypeVar("E_co", covariant=True)


class UnwrapError(Exception):
    """`unwrap` met an `Err`; `error` holds what was in it.

    The message names only the type of the error, for its text may hold a secret.
    """

    def __init__(self, error: object) -> None:
        super().__init__(
            f"unwrap() of an Err that holds {type(error).__name__}; match on it, or use unwrap_or()"
        )
        self.error = error

    def __reduce__(self) -> tuple[type[UnwrapError], tuple[object]]:
        return type(self), (self.error,)


@dataclass(frozen=True, slots=True)
class Ok(Generic[T_co]):
    """It worked; `value` is the outcome, and `None` is a value like any other."""

    value: T_co

    def map(self, change: Callable[[T_co], U]) -> Ok[U]:
        """Return an `Ok` of `change(value)`."""
        return Ok(change(self.value))

    def map_err(self, change: Callable[[NoReturn], object]) -> Ok[T_co]:
        """Return this same `Ok`: there is no error to change."""
        return self

    def and_then(self, step: Callable[[T_co], Result[U, F]]) -> Result[U, F]:
        """Return what `step(value)` returns."""
        return step(self.value)

    async def and_then_async(self, step: Callable[[T_co], Awaitable[Result[U, F]]]) -> Result[U, F]:
        """Return what awaiting `step(value)` returns."""
        return await step(self.value)

    def unwrap(self) -> T_co:
        """Return the value."""
        return self.value

    def unwrap_or(self, default: object) -> T_co:
        """Return the value; `default` is not needed."""
        return self.value

    def __bool__(self) -> NoReturn:
        raise TypeError("a Result is neither true nor false; match on Ok and Err")


@dataclass(frozen=True, slots=True)
class Err(Generic[E_co]):
    """It was refused or failed; `error` is the reason, as a value.

    Of an exception the repr names only the type, for its text may hold a secret.
    """

    error: E_co

    def __repr__(self) -> str:
        error = self.error
        shown = f"{type(error).__name__}(...)" if isinstance(error, BaseException) else repr(error)
        return f"{type(self).__name__}(error={shown})"

    def map(self, change: Callable[[NoReturn], object]) -> Err[E_co]:
        """Return this same `Err`: there is no value to change."""
        return self

    def map_err(self, change: Callable[[E_co], F]) -> Err[F]:
        """Return an `Err` of `change(error)`."""
        return Err(change(self.error))

    def and_then(self, step: Callable[[NoReturn], object]) -> Err[E_co]:
        """Return this same `Err`; `step` is not called."""
        return self

    async def and_then_async(self, step: Callable[[NoReturn], object]) -> Err[E_co]:
        """Return this same `Err`; `step` is not called."""
        return self

    def unwrap(self) -> NoReturn:
        """Raise `UnwrapError`, with the error as its cause where that is an exception."""
        raise UnwrapError(self.error) from (self.error if isinstance(self.error, BaseException) else None)

    def unwrap_or(self, default: D) -> D:
        """Return `default`."""
        return default

    def __bool__(self) -> NoReturn:
        raise TypeError("a Result is neither true nor false; match on Ok and Err")


Result: TypeAlias = Ok[T_co] | Err[E_co]


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
