"""Four patterns as ports, and where they are used here."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)
Given_contra = TypeVar("Given_contra", contravariant=True)
Chosen_co = TypeVar("Chosen_co", covariant=True)


class Factory(Protocol[T_co]):
    """Makes an adapter from its URL: `make_cache`, and whatever a plug-in brings for a scheme."""

    def __call__(self, url: str, /, *, namespace: str) -> AbstractAsyncContextManager[T_co]:
        """Open it; the end of the block closes it. `namespace` sets it apart on a server that others use."""
        ...


class Strategy(Protocol[Given_contra, Chosen_co]):
    """One of several ways to decide, chosen from outside: a `CacheStrategy`'s `should_invalidate`."""

    def __call__(self, given: Given_contra, /) -> Chosen_co:
        """Decide."""
        ...


class Decorator(Protocol[T_co]):
    """The same port outside and in: `RetryingHttpClient`, `CountedCache`, `EncryptingCache`."""

    @property
    def inner(self) -> T_co:
        """The wrapped one."""
        ...


class Observer(Protocol[Given_contra]):
    """Learns what happened: the `handle` of an `EventHandler`, the `publish` of a unit of work."""

    def __call__(self, happened: Given_contra, /) -> Any:
        """Take note."""
        ...
