"""The ports of caching, and what can be relied on.

A cache forgets: an entry may vanish at any time, as a miss. What it must
never do is answer with something that was not stored, or that was deleted.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol, TypeAlias, TypeVar

from infra_ref.events import DomainEvent

V = TypeVar("V")
D = TypeVar("D")
V_contra = TypeVar("V_contra", contravariant=True)

Loader: TypeAlias = Callable[[], Awaitable[V]]
"""Asks the source for one value."""

MILLISECOND = 0.001
MAX_TTL = 100 * 365 * 24 * 3600.0
"""Seconds. A longer time to live is kept as this one, so that every store can count it."""


class Absent(Enum):
    """A remembered absence: the source was asked, and there is no such thing.

    A miss says "not known", `ABSENT` says "known not to be". A stored None is a
    third thing: a value. A cache that keeps absences is a `Cache[User | Absent]`.
    """

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to fill one key, as long as nobody has written or deleted it meanwhile.

    `token` means something only to the cache that gave it.
    """

    key: str
    token: object


class CacheUnavailable(Exception):
    """The store could not be reached, did not answer in time, or refused. Trying again later can help.

    `doing` says what was tried; the vendor's exception is the cause.
    """

    def __init__(self, doing: str) -> None:
        super().__init__(doing)
        self.doing = doing

    def __str__(self) -> str:
        return f"the cache could not {self.doing}: its store did not answer"


class UndecodableError(Exception):
    """A codec was given bytes that it did not write, or that an older version of it wrote."""


class Cache(Protocol[V]):  # pyright: ignore[reportInvalidTypeVarUse]  # V goes in and comes out
    """Keeps values for a while.

    Keys are any text that UTF-8 can hold. A time to live is in seconds: None is
    for as long as the cache likes, zero or less is over at once (the key is a
    miss), and anything above is at least a millisecond. What was given and what
    was got is never shared with what is kept: changing it changes nothing cached.

    Every method raises CacheUnavailable if the store cannot be reached in time,
    TypeError for a key that is not a str, ValueError for one that UTF-8 cannot hold.
    """

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        """Return the live value, or `default` once it is absent or expired."""
        ...

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        """Store, replacing what was there and its time to live.

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
        """Return the live ones of `keys`, in their order; the others are not in it."""
        ...

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        """Store all of them, each as `set` does. Not atomic: a failure may leave some stored."""
        ...

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        """Forget them; return how many were there."""
        ...

    async def invalidate_pattern(self, pattern: str) -> int:
        """Forget every key that `matching(pattern)` matches; return how many were there.

        Keys that are set while it runs may stay.
        """
        ...


class LeasingCache(DistributedCache[V], Protocol[V]):
    """A cache that can say who may fill a key, so that a late fill never undoes a delete.

    The idea is that of Nishtala et al., Scaling Memcache at Facebook, NSDI 2013, section 3.2.1.
    """

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        """Ask for the right to fill `key`; None if somebody else has it, or the key is live.

        It lapses after that many seconds, which are more than none. With `live`, ask for the right to
        replace a live value: that one does not lapse, several may have it, and
        the first fill wins.
        """
        ...

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        """Store, unless the key was set, deleted, cleared or invalidated since, or the lease lapsed.

        Returns whether it was stored.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Give the right back without filling; nothing happens if it is gone already."""
        ...


class LoadingCache(DistributedCache[V], Protocol[V]):
    """A cache that knows how to come by what it does not have."""

    async def get_or_load(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        """Return the live value, or what `loader` returns, which is then stored.

        However many ask at once, one load runs. The loader's error reaches all
        who wait for it and is not kept. If the store is down, the loader is asked.

        Raises TypeError if what was loaded cannot be stored, RuntimeError in a
        loader that asks for its own key.
        """
        ...

    async def refresh(self, key: str, loader: Loader[V], *, ttl: float | None = None) -> V:
        """Return what `loader` returns, and store it in place of a live value.

        Not stored if the key was set or deleted meanwhile. One load at a time, as above.
        """
        ...


class CacheStrategy(Protocol[V_contra]):
    """What to cache, for how long, under which key, and when to forget it."""

    def should_cache(self, key: str, value: V_contra) -> bool:
        """Return whether the value is worth keeping."""
        ...

    def get_ttl(self, key: str, value: V_contra) -> float | None:
        """Return for how many seconds; None for as long as the cache likes."""
        ...

    def get_key(self, prefix: str, identifier: str) -> str:
        """Return the key of the thing `identifier` among those of `prefix`; no two share one."""
        ...

    def should_invalidate(self, event: DomainEvent) -> bool:
        """Return whether something cached is out of date after the event."""
        ...


class Codec(Protocol[V]):
    """Turns values into bytes and back."""

    def encode(self, value: V) -> bytes:
        """Raises TypeError for a value that it cannot give back as it was."""
        ...

    def decode(self, data: bytes) -> V:
        """Raises UndecodableError for anything that it did not write."""
        ...


def checked_key(key: str) -> str:
    """Return `key` if it can be one: text that UTF-8 can hold.

    Raises TypeError or ValueError that says what to write instead.
    """
    if not isinstance(key, str):
        raise TypeError(f"a cache key is a str, not {type(key).__name__}: write str(...) around it")
    if not key.isascii():
        try:
            key.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"a cache key is text that UTF-8 can hold; {key!a} has half a character in it"
            ) from error
    return key


def checked_ttl(ttl: float | None) -> float | None:
    """Return the seconds to live for: None for no limit, 0 for over at once, else 0.001 to `MAX_TTL`.

    Raises ValueError for NaN, TypeError for what is not a number.
    """
    if ttl is None:
        return None
    if isinstance(ttl, bool) or not isinstance(ttl, (int, float)):
        raise TypeError(
            f"ttl is a number of seconds or None, not {type(ttl).__name__}; "
            "write .total_seconds() for a timedelta"
        )
    if MILLISECOND <= ttl <= MAX_TTL:
        return ttl
    if ttl <= 0:
        return 0.0
    if ttl > 0:
        return min(max(ttl, MILLISECOND), MAX_TTL)
    raise ValueError("ttl is a number of seconds or None, not NaN")


def checked_lease(seconds: float) -> float:
    """Return the seconds that a lease lasts, 0.001 to `MAX_TTL`.

    Raises ValueError for none, zero or less, and for NaN, TypeError for what is not a number.
    """
    if not (kept := checked_ttl(seconds)):
        raise ValueError(f"a lease lasts a number of seconds above zero, not {seconds!r}")
    return kept


def matching(pattern: str) -> re.Pattern[str]:
    r"""Return what matches the keys of `pattern`; use its `fullmatch`.

    `*` stands for any run of characters, `?` for one; `\` takes the next
    character as it is, and every other character stands for itself.

    >>> bool(matching("user:*").fullmatch("user:7"))
    True
    >>> bool(matching(r"what\?").fullmatch("whatever"))
    False
    """
    between = [""]
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        if part == "*":
            between.append("")
        else:
            between[-1] += "." if part == "?" else re.escape(part[-1])
    first, *more = between
    if not more:
        return re.compile(first, re.DOTALL)
    # Each piece where it first fits, for good: plain `.*` would try all ways, which can take for ever.
    fitted = "".join(f"(?>.*?{piece})" for piece in more[:-1])
    return re.compile(f"{first}{fitted}.*{more[-1]}", re.DOTALL)
