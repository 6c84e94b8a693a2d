"""`Result`: an outcome that the caller must look at, as a value.

    >>> def port_of(text: str) -> Result[int, str]:
    ...     return Ok(int(text)) if text.isdecimal() else Err(f"{text!r} is no port: write a number")
    >>> port_of("8080")
    Ok(value=8080)
    >>> port_of("http").map(str)
    Err(error="'http' is no port: write a number")

`Ok` and `Err` are two classes and `Result` their union, so a type checker
reports a `match` that forgets one of them. A bug still raises: a `Result` is
for what the caller can choose about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeAlias, TypeVar

U = TypeVar("U")
D = TypeVar("D")
F = TypeVar("F")
T_co = TypeVar("T_co", covariant=True)
E_co = TypeVar("E_co", covariant=True)


class UnwrapError(Exception):
    """`unwrap` met an `Err`; `error` holds what was in it.

    The message names only the type of the error, for its text may hold a secret.
    """

    def __init__(self, error: object) -> None:
        super().__init__(f"unwrap() of an Err of {type(error).__name__}: match on it, or use unwrap_or()")
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

    def unwrap(self) -> NoReturn:
        """Raise `UnwrapError`, with the error as its cause where that is an exception."""
        raise UnwrapError(self.error) from (self.error if isinstance(self.error, BaseException) else None)

    def unwrap_or(self, default: D) -> D:
        """Return `default`."""
        return default

    def __bool__(self) -> NoReturn:
        raise TypeError("a Result is neither true nor false; match on Ok and Err")


Result: TypeAlias = Ok[T_co] | Err[E_co]
