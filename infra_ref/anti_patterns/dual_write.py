"""Dual write: the process dies between two systems, and the second never hears of the change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

UNIT = "of 10 stored orders were never announced"

Place = Callable[["Database", "Broker", str], Awaitable[None]]


class Died(Exception):
    """The process was killed at this point."""


class Database:
    """A store whose transaction holds orders and messages; it dies behind each third commit."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.outbox: list[str] = []
        self._waiting: list[tuple[list[str], str]] = []
        self._commits = 0

    def add(self, order: str) -> None:
        """Store an order with the commit."""
        self._waiting.append((self.orders, order))

    def add_message(self, order: str) -> None:
        """Store a message with the commit."""
        self._waiting.append((self.outbox, order))

    async def commit(self) -> None:
        """Make it last. Raises Died."""
        for rows, row in self._waiting:
            rows.append(row)
        self._waiting.clear()
        self._commits += 1
        if self._commits % 3 == 0:
            raise Died


class Broker:
    """What was published."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def publish(self, order: str) -> None:
        """Tell the others."""
        self.heard.append(order)


async def bad(database: Database, broker: Broker, order: str) -> None:
    """Write to the one, then to the other."""
    database.add(order)
    await database.commit()
    await broker.publish(order)


async def repaired(database: Database, broker: Broker, order: str) -> None:
    """Write both to one, in one transaction; the relay takes it from there."""
    database.add(order)
    database.add_message(order)
    await database.commit()


async def relay(database: Database, broker: Broker) -> None:
    """Send what waits in the outbox; sent twice after a crash rather than never."""
    for order in list(database.outbox):
        await broker.publish(order)
        database.outbox.remove(order)


async def measure(place: Place) -> int:
    """Return how many stored orders the broker never heard of, after a restart and a run of the relay."""
    database, broker = Database(), Broker()
    for n in range(10):
        try:
            await place(database, broker, f"o{n}")
        except Died:
            continue  # the supervisor starts it again
    await relay(database, broker)
    return len(set(database.orders) - set(broker.heard))
