"""A swallowed exception: "not known" becomes "nothing", and nothing is shown as true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

UNIT = "of 10 customers saw a wrong balance"

Balance = Callable[[Callable[[str], Awaitable[int]], str], Awaitable[int | None]]


async def bad(read: Callable[[str], Awaitable[int]], account: str) -> int | None:
    """Return the balance in cents."""
    try:
        return await read(account)
    except Exception:  # noqa: BLE001
        return 0


async def repaired(read: Callable[[str], Awaitable[int]], account: str) -> int | None:
    """Return the balance in cents, None while the bank cannot be reached."""
    try:
        return await read(account)
    except ConnectionError:
        return None


async def measure(balance: Balance) -> int:
    """Return how many customers are shown a balance that is not theirs, with each second read failing."""
    reads = 0

    async def read(account: str) -> int:
        nonlocal reads
        reads += 1
        if reads % 2 == 0:
            raise ConnectionResetError(account)
        return 100

    shown = [await balance(read, f"a{n}") for n in range(10)]
    return sum(one not in (100, None) for one in shown)
