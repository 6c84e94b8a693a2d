"""The port of dependency injection: objects that need each other, put together by their types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Scope(Enum):
    """How long what was made is kept: as long as the container, or for one request."""

    APP = "app"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Provider:
    """How to come by one `gives`, a class or a Protocol.

    `make` is a class, a function, a coroutine function, or an async generator function that
    yields it once and then closes it. What it needs are its parameters, by their annotations;
    one whose type nothing gives keeps its default.
    """

    gives: type[Any]
    make: Callable[..., Any]
    scope: Scope = Scope.APP


class Objects(Protocol):
    """Gives objects by type, each made at its first use."""

    async def get(self, kind: type[T]) -> T:
        """Return the one of this scope.

        Raises WiringError for a type that nothing gives here, ContainerClosed after the end.
        """
        ...


class Container(Objects, Protocol):
    """Puts objects together, and closes them in reverse."""

    def request(self) -> AbstractAsyncContextManager[Objects]:
        """Open a scope of its own for one request."""
        ...

    def override(self, provider: Provider) -> AbstractAsyncContextManager[None]:
        """Within the block, make this type, and all that needs it, anew with another provider.

        Raises WiringError for a type that nothing gives, or where the other one cannot be wired.
        """
        ...


class OpenContainer(Protocol):
    """Makes containers."""

    def __call__(self, providers: Sequence[Provider], /) -> AbstractAsyncContextManager[Container]:
        """Check all providers and open; raises WiringError with every problem before anything is made."""
        ...
