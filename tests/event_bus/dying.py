"""A process of the shop's that runs until it is killed.

    python -m tests.event_bus.dying ROLE DATABASE SOCKET NAME

`producer` commits orders with their events, `relay` sends them to a stream, `consumer` notes each event and
its order of arrival in the database. It says "." for each round that it has finished.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, func, insert, select

from infra_ref.backoff import Backoff
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.port import Handler
from infra_ref.event_bus.queue_bus import QueueBus
from infra_ref.event_bus.redis_dead_letters import RedisDeadLetters
from infra_ref.event_bus.redis_streams_queue import RedisStreamsQueue
from infra_ref.event_bus.relay import Relay
from infra_ref.event_bus.sql_inbox import INBOX_TABLES, SqlInbox
from infra_ref.event_bus.sql_outbox import OUTBOX_TABLES, SqlOutbox
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused
from tests.repository.databases import postgres_in, sqlite

TABLES = MetaData()
ORDERS = Table("orders", TABLES, Column("id", Text, primary_key=True), Column("subject", Text))
DELIVERIES = Table(
    "deliveries",
    TABLES,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("event_id", Text),
    Column("subject", Text),
    Column("is_first", Integer),
)
for metadata in (OUTBOX_TABLES, INBOX_TABLES):
    for table in metadata.sorted_tables:
        table.to_metadata(TABLES)

SUBJECTS, BATCH, LEASE = 5, 10, 1.0
QUICK = Backoff(base=0.01, longest=0.1)


@asynccontextmanager
async def database_at(place: str) -> AsyncIterator[Any]:
    opened = postgres_in(place, "asyncpg") if place.startswith("infra_ref_") else sqlite(Path(place), TABLES)
    async with opened as database:
        yield database


def round_done() -> None:
    print(".", end="", flush=True)


async def produce(database: Any) -> None:
    """Commit an order with its event, again and again; each subject's are numbered."""
    outbox = SqlOutbox(database)

    def place(handle: Connection, subject: str) -> None:
        number = handle.scalar(select(func.count()).where(ORDERS.c.subject == subject))
        event = DomainEvent(type="order.placed", subject=subject, id=f"{subject}-{number}")
        handle.execute(insert(ORDERS), {"id": event.id, "subject": subject})
        outbox.add(handle, [event])

    for n in itertools.count():
        await database.write("place an order", lambda handle, n=n: place(handle, f"s{n % SUBJECTS}"))
        round_done()
        await asyncio.sleep(0.01)  # so that the others, one by one, keep up


async def relay(database: Any, queue: Any, dead: Any) -> None:
    """Send what there is, again and again."""
    relay = Relay(SqlOutbox(database), queue, dead, batch=BATCH, lease=LEASE, backoff=QUICK)
    while True:
        try:
            if await relay.run_once():
                round_done()
            else:
                await asyncio.sleep(0.005)
        except Refused:
            await asyncio.sleep(0.02)


async def consume(database: Any, queue: Any, dead: Any) -> None:
    """Note each delivery, and whether it was the first of its event."""
    inbox = SqlInbox(database, "consumer", keep=3600, redelivery=60)

    async def handle(event: DomainEvent) -> None:
        def note(handle: Connection) -> None:
            first = inbox.is_first(handle, event.id)
            row = {"event_id": event.id, "subject": event.subject, "is_first": int(first)}
            handle.execute(insert(DELIVERIES), row)

        await database.write("note", note)
        round_done()

    retrying = Retrying(attempts=10, backoff=QUICK)
    async with QueueBus(queue, dead, retrying=retrying, batch=BATCH) as bus:
        await bus.subscribe("order.placed", Handler("order.placed", handle, id="consumer"))
        await asyncio.Event().wait()


async def main(role: str, place: str, socket: str, name: str) -> None:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(database_at(place))
        client = Redis(unix_socket_path=socket)
        stack.push_async_callback(client.aclose)
        queue = RedisStreamsQueue(client, name=name, lease=LEASE)
        dead = RedisDeadLetters(client, queue, name=name)
        work = {"producer": lambda: produce(database), "relay": lambda: relay(database, queue, dead)}
        await work.get(role, lambda: consume(database, queue, dead))()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
