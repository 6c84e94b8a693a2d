"""An inbox in a SQL database: SQLite or PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, Double, MetaData, Table, Text, delete
from sqlalchemy.dialects import postgresql, sqlite

from infra_ref.event_bus.database_port import Database
from infra_ref.event_bus.outbox_port import checked_memory
from infra_ref.events import DomainEvent

INBOX_TABLES = MetaData()
INBOX = Table(
    "inbox",
    INBOX_TABLES,
    Column("group", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("time", Double, nullable=False, index=True),
)


class SqlInbox:
    """An `Inbox` of one group in the table `INBOX`.

    `keep` is for how many seconds an event is remembered, `redelivery` after how
    many it may come again at most: all its retries and the longest outage. `now`
    gives the seconds of the wall clock.
    """

    def __init__(
        self,
        database: Database[Connection],
        group: str,
        *,
        keep: float,
        redelivery: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database, self._group, self._now = database, group, now
        self._keep = checked_memory(keep, redelivery)

    async def once(self, event: DomainEvent, effect: Callable[[Connection, DomainEvent], None]) -> bool:
        def work(handle: Connection) -> bool:
            if not self.is_first(handle, event.id):
                return False
            effect(handle, event)
            return True

        return await self._database.write(f"handle event {event.id}", work)

    def is_first(self, handle: Connection, event_id: str) -> bool:
        """Note the event in the transaction of `handle`; return whether it was not noted before.

        A second transaction that asks for the same event waits for the end of the first.
        """
        kinds: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
        row = {"group": self._group, "event_id": event_id, "time": self._now()}
        noted = kinds[handle.dialect.name](INBOX).on_conflict_do_nothing().returning(INBOX.c.event_id)
        return handle.scalar(noted, row) is not None

    async def purge(self) -> int:
        old = delete(INBOX).where(INBOX.c.group == self._group, INBOX.c.time < self._now() - self._keep)
        return await self._database.write("purge the inbox", lambda handle: handle.execute(old).rowcount)
