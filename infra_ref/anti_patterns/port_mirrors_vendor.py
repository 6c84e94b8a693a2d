"""A port that mirrors its vendor: the next adapter has to imitate the product."""

from __future__ import annotations

import inspect
from typing import Protocol

UNIT = "methods a second adapter must imitate"


class RedisBaskets(Protocol):
    """Baskets, as Redis has them."""

    async def hset(self, key: str, field: str, value: str) -> int:
        """Set a field of a hash."""
        ...

    async def hgetall(self, key: str) -> dict[str, str]:
        """Return a hash."""
        ...

    async def hdel(self, key: str, field: str) -> int:
        """Remove a field of a hash."""
        ...

    async def expireat(self, key: str, when: int) -> bool:
        """End a key at a moment."""
        ...


class Baskets(Protocol):
    """Baskets, as the shop needs them."""

    async def remember(self, user_id: str, basket: dict[str, str]) -> None:
        """Keep a basket for a week."""
        ...

    async def recall(self, user_id: str) -> dict[str, str]:
        """Return the basket, empty where there is none."""
        ...


bad, repaired = RedisBaskets, Baskets


async def measure(port: type) -> int:
    """Return how many of its methods have the name of a Redis command."""
    commands = {"hset", "hget", "hgetall", "hdel", "expireat", "lpush", "zadd", "setex"}
    return sum(name in commands for name, _ in inspect.getmembers(port, inspect.isfunction))
