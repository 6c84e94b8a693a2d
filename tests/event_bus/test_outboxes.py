"""Outbox, relay and inbox keep every rule of their contracts on every database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.inbox_contract import KEEP, REDELIVERY, InboxContract
from infra_ref.event_bus.contracts.outbox_contract import LEASE, OutboxContract
from infra_ref.event_bus.contracts.relay_contract import BACKOFF, BATCH, RelayContract
from infra_ref.event_bus.relay import Relay
from infra_ref.event_bus.sql_inbox import SqlInbox
from infra_ref.event_bus.sql_outbox import SqlOutbox
from tests.event_bus.databases import OnPostgres, OnSqlite


class Boxes(Contract):
    open_database: Any
    database: Any

    def now(self) -> float:
        return float(self.clock.now().timestamp())


class Outboxes(Boxes):
    @asynccontextmanager
    async def make(self, clock: FakeClock) -> AsyncIterator[Any]:
        async with self.open_database() as database:
            yield SqlOutbox(database, now=self.now)


class Relays(Boxes):
    @asynccontextmanager
    async def make(self, clock: FakeClock) -> AsyncIterator[Any]:
        async with self.open_database() as database:
            self.outbox = SqlOutbox(database, now=self.now)
            yield lambda queue, letters, outbox: Relay(
                outbox, queue, letters, batch=BATCH, lease=LEASE, backoff=BACKOFF, sleep=clock.sleep
            )


class Inboxes(Boxes):
    @asynccontextmanager
    async def make(self, clock: FakeClock) -> AsyncIterator[Any]:
        async with self.open_database():
            yield self.inbox_of("mailer", KEEP, REDELIVERY)

    def inbox_of(self, group: str, keep: float, redelivery: float) -> Any:
        return SqlInbox(self.database, group, keep=keep, redelivery=redelivery, now=self.now)


class TestOutboxOnSqlite(Outboxes, OnSqlite, OutboxContract):
    pass


class TestRelayOnSqlite(Relays, OnSqlite, RelayContract):
    pass


class TestInboxOnSqlite(Inboxes, OnSqlite, InboxContract):
    pass


class TestOutboxOnAsyncpg(Outboxes, OnPostgres, OutboxContract):
    pass


class TestRelayOnAsyncpg(Relays, OnPostgres, RelayContract):
    pass


class TestInboxOnAsyncpg(Inboxes, OnPostgres, InboxContract):
    pass


class TestRelayOnPsycopg(Relays, OnPostgres, RelayContract):
    driver = "psycopg"


class TestInboxOnPsycopg(Inboxes, OnPostgres, InboxContract):
    driver = "psycopg"
