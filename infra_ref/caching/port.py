"""The port of caching, and what can be relied on.

A cache forgets: an entry may vanish at any time, as a miss. What it must
never do is answer with something that was not stored, or that was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import ClassVar, Final, Protocol, TypeVar

V = TypeVar("V")
D = TypeVar("D")


class Absent(Enum):
    """A remembered absence: the source was asked, and there is no such thing.

    A miss means "not known", `ABSENT` "known not to exist"; a stored None is a
    third thing, a value. A cache that keeps absences is a `Cache[User | Absent]`.
    """

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


ABSENT: Final = Absent.ABSENT


class CacheUnavailable(Exception):
    """The store could not be reached, did not answer in time, or refused, while `doing` something."""

    retryable: ClassVar[bool] = True
    retry_after: float | None = None  # a store gives no time

    def __init__(self, doing: str) -> None:
        super().__init__(doing)
        self.doing = doing

    @property
    def cause(self) -> BaseException | None:
        """The vendor's exception, for a debugger: its text may hold secrets."""
        return self.__cause__

    def __str__(self) -> str:
        return f"the cache could not {self.doing}: its store did not answer"


class Cache(Protocol[V]):  # pyright: ignore[reportInvalidTypeVarUse]  # V goes in and comes out
    """Keeps values for a while.

    Keys are any text that UTF-8 can hold. A time to live is in seconds: None is
    for as long as the cache likes, zero or less is over at once (the key is a
    miss), and anything above is at least a millisecond. Values are never shared:
    changing what you stored or received changes nothing cached.

    Every method raises CacheUnavailable if the store cannot be reached in time,
    TypeError for a key that is not a str, ValueError for one that UTF-8 cannot hold.
    """

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        """Return the live value, or `default` once it is absent or expired."""
        ...

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        """Store, replacing the previous value and its time to live.

        Raises TypeError if the value cannot be stored or `ttl` is not a number, ValueError if it is NaN.
        """
        ...

    async def delete(self, key: str) -> bool:
        """Forget the key, and void a lease on it; return whether there was either."""
        ...

    async def exists(self, key: str) -> bool:
        """Return whether the key is live; a stored None and `ABSENT` are."""
        ...

    async def clear(self) -> None:
        """Forget every key of this cache's own namespace, and no other."""
        ...


class DistributedCache(Cache[V], Protocol[V]):
    """A `Cache` that takes many keys in one trip."""

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        """Return the live ones among `keys`, in their order."""
        ...

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        """Store all of them, each as `set` does. Not atomic: a failure may leave some stored."""
        ...

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        """Forget them; return how many were there."""
        ...

    async def invalidate_pattern(self, pattern: str) -> int:
        r"""Forget every key that matches; return how many there were.

        `*` matches any run of characters, `?` one; `\` takes the next character
        literally, and so is every other character. Keys set while it runs may stay.
        """
        ...
