"""A cache in this process's memory: least recently used out first, bounded in entries and bytes."""

from __future__ import annotations

import copy
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from infra_ref.caching.decisions.arguments import checked_key, checked_lease, checked_ttl, matching
from infra_ref.caching.leasing_port import Lease
from infra_ref.clock import Clock

V = TypeVar("V")
D = TypeVar("D")


@dataclass(slots=True, eq=False)
class _Entry:
    value: Any
    expires: float
    weight: int


class MemoryCache(Generic[V]):
    """A `LeasingCache` for one process, and the fake for all others in tests.

    It keeps at most `max_entries`, and values of at most `max_bytes` in total as
    `weigh` counts them (None: no such bound); the least
    recently used go first. A value heavier than `max_bytes` is not kept. Leases are
    limited to `max_entries` too, and the oldest lapses early. Values go in and out
    as deep copies.
    """

    lacks: ClassVar[Mapping[str, str]] = {
        "another": "its memory belongs to one process and one instance",
        "outage": "memory does not go away",
        "wire": "there is no wire to memory",
        "neighbour": "its memory has one namespace",
        "plant": "memory holds values, not bytes that could be damaged",
    }

    def __init__(
        self,
        *,
        max_entries: int = 10_000,
        max_bytes: int | None = None,
        weigh: Callable[[V], int] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if max_entries < 1 or (max_bytes is not None and max_bytes < 1):
            raise ValueError(f"a bound is at least 1, not max_entries={max_entries}, max_bytes={max_bytes}")
        if (max_bytes is None) != (weigh is None):
            raise ValueError("max_bytes and weigh go together: write both, for instance weigh=len")
        self._max_entries, self._max_bytes = max_entries, max_bytes or math.inf
        self._weigh = weigh
        self._now = clock.monotonic if clock else time.monotonic
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._leases: dict[str, tuple[object, float]] = {}
        self._bytes = 0

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        entry = self._live(checked_key(key))
        return default if entry is None else self._hand_out(key, entry)

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        self._store(checked_key(key), self._entry(value, checked_ttl(ttl)))

    async def delete(self, key: str) -> bool:
        return self._forget(checked_key(key))

    async def exists(self, key: str) -> bool:
        return self._live(checked_key(key)) is not None

    async def clear(self) -> None:
        self._entries.clear()
        self._leases.clear()
        self._bytes = 0

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        found = {key: self._live(checked_key(key)) for key in keys}
        return {key: self._hand_out(key, entry) for key, entry in found.items() if entry is not None}

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        seconds = checked_ttl(ttl)
        entries = {checked_key(key): self._entry(value, seconds) for key, value in items.items()}
        for key, entry in entries.items():
            self._store(key, entry)

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        return sum([self._forget(key) for key in [checked_key(key) for key in keys]])

    async def invalidate_pattern(self, pattern: str) -> int:
        hit = matching(pattern).fullmatch
        return sum([self._forget(key) for key in {*self._entries, *self._leases} if hit(key)])

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        until = self._now() + checked_lease(seconds)
        entry = self._live(checked_key(key))
        if entry is not None:
            return Lease(key, entry) if live else None
        if self._leased(key) is not None:
            return None
        token = object()
        self._leases[key] = token, until
        if len(self._leases) > self._max_entries:
            del self._leases[next(iter(self._leases))]
        return Lease(key, token)

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        entry = self._entry(value, checked_ttl(ttl))
        if lease.token not in (self._leased(lease.key), self._live(lease.key)):
            return False
        self._store(lease.key, entry)
        return True

    async def release(self, lease: Lease) -> None:
        if self._leased(lease.key) is lease.token:
            del self._leases[lease.key]

    def _live(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is not None and entry.expires <= self._now():
            self._drop(key)
            return None
        return entry

    def _leased(self, key: str) -> object | None:
        token, until = self._leases.get(key, (None, math.inf))
        if until <= self._now():
            del self._leases[key]
            return None
        return token

    def _hand_out(self, key: str, entry: _Entry) -> Any:
        self._entries.move_to_end(key)
        return copy.deepcopy(entry.value)

    def _entry(self, value: V, ttl: float | None) -> _Entry | None:
        """Return what to keep, or None for what is over at once or too heavy."""
        try:
            kept = copy.deepcopy(value)
        except (RecursionError, copy.Error) as error:
            raise TypeError(
                f"this {type(value).__name__} cannot be copied: {type(error).__name__}"
            ) from error
        weight = self._weigh(kept) if self._weigh else 0
        if ttl == 0 or weight > self._max_bytes:
            return None
        return _Entry(kept, math.inf if ttl is None else self._now() + ttl, weight)

    def _store(self, key: str, entry: _Entry | None) -> None:
        self._leases.pop(key, None)
        self._drop(key)
        if entry is None:
            return
        self._entries[key] = entry
        self._bytes += entry.weight
        while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _forget(self, key: str) -> bool:
        known = self._leased(key) is not None or self._live(key) is not None
        self._leases.pop(key, None)
        self._drop(key)
        return known

    def _drop(self, key: str) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self._bytes -= entry.weight
