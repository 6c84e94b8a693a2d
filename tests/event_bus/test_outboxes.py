"""Every outbox and every inbox keeps every rule of its contract, and so does the relay on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.inbox_contract import KEEP, REDELIVERY, InboxContract
from infra_ref.event_bus.contracts.outbox_contract import BACKOFF, BATCH, LEASE, OutboxContract, RelayContract
from infra_ref.event_bus.memory_inbox import MemoryInbox
from infra_ref.event_bus.memory_outbox import MemoryOutbox
from infra_ref.event_bus.relay import Relay
from infra_ref.event_bus.sql_inbox import SqlInbox
from infra_ref.event_bus.sql_outbox import SqlOutbox
from tests.event_bus.databases import OnMemory, OnPostgres, OnSqlite


class Boxes(Contract):
    """`outbox_kind` and `inbox_kind` are the classes under test."""

    open_database: Any
    outbox_kind: Any = SqlOutbox
    inbox_kind: Any = SqlInbox
    relay_kind: Any = Relay
    database: Any

    def now(self) -> float:
        return float(self.clock.now().timestamp())


class MakesOutbox(Boxes):
    @asynccontextmanager
    async def make(self, clock: FakeClock) -> AsyncIterator[Any]:
        async with self.open_database() as database:
            yield self.outbox_kind(database, now=self.now)


class MakesRelays(Boxes):
    @asynccontextmanager
    async def make(self, clock: FakeClock) -> AsyncIterator[Any]:
        async with self.open_database() as database:
            self.outbox = self.outbox_kind(database, now=self.now)
            yield lambda queue, letters, outbox: self.relay_kind(
                outbox, queue, letters, batch=BATCH, lease=LEASE, backoff=BACKOFF, clock=clock
            )


class MakesInbox(Boxes):
    @asynccontextmanager
    async def make(self, clock: FakeClock) -> AsyncIterator[Any]:
        async with self.open_database():
            yield self.inbox_of("mailer", KEEP, REDELIVERY)

    def inbox_of(self, group: str, keep: float, redelivery: float) -> Any:
        return self.inbox_kind(self.database, group, keep=keep, redelivery=redelivery, now=self.now)


class InMemory(OnMemory):
    outbox_kind = MemoryOutbox
    inbox_kind = MemoryInbox


class TestMemoryOutbox(InMemory, MakesOutbox, OutboxContract):
    pass


class TestRelayInMemory(InMemory, MakesRelays, RelayContract):
    pass


class TestMemoryInbox(InMemory, MakesInbox, InboxContract):
    pass


class TestSqliteOutbox(OnSqlite, MakesOutbox, OutboxContract):
    pass


class TestRelayOnSqlite(OnSqlite, MakesRelays, RelayContract):
    pass


class TestSqliteInbox(OnSqlite, MakesInbox, InboxContract):
    pass


class TestAsyncpgOutbox(OnPostgres, MakesOutbox, OutboxContract):
    pass


class TestRelayOnAsyncpg(OnPostgres, MakesRelays, RelayContract):
    pass


class TestAsyncpgInbox(OnPostgres, MakesInbox, InboxContract):
    pass


class TestRelayOnPsycopg(OnPostgres, MakesRelays, RelayContract):
    driver = "psycopg"


class TestPsycopgInbox(OnPostgres, MakesInbox, InboxContract):
    driver = "psycopg"
