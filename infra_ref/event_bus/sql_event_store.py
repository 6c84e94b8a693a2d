"""An event store in a SQL database: SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Text
from sqlalchemy.exc import IntegrityError

from infra_ref.event_bus.database_port import Database
from infra_ref.event_bus.delivery.event_codec import Upcast, decode, encode
from infra_ref.event_bus.store_port import START, Slice, WrongVersion, expected
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused

STORE = sa.MetaData()
_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by INTEGER alone
EVENTS = sa.Table(
    "events",
    STORE,
    Column("position", _POSITION, primary_key=True, autoincrement=True),
    Column("subject", Text, nullable=False),
    Column("version", sa.BigInteger, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("time", sa.Double, nullable=False),
    Column("body", Text, nullable=False),
    Column("writer", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("subject", "version"),
    sa.Index("events_in_order", "writer", "position"),
)

# PostgreSQL numbers rows before their writers commit, and a writer may commit late. So the order is by the
# writer's transaction, and a reader stops below the oldest that is still running.
_WRITER: sa.ColumnElement[int] = sa.literal_column("CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
_OLDEST_RUNNING = sa.text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
_IN_ORDER = (EVENTS.c.writer, EVENTS.c.position)


class SqlEventStore:
    """An `EventStore` in the tables of `STORE`.

    A transaction that stays open, even one that writes elsewhere in the same
    PostgreSQL, holds `follow` back until it ends.
    """

    def __init__(
        self, database: Database[Connection], *, upcasts: Mapping[str, Upcast] | None = None
    ) -> None:
        self._database, self._upcasts = database, upcasts or {}

    async def save_event(self, event: DomainEvent, *, expected_version: int | None = None) -> None:
        await self.save_events([event], expected_version=expected_version)

    async def save_events(
        self, events: Sequence[DomainEvent], *, expected_version: int | None = None
    ) -> None:
        wanted, ids = expected(events, expected_version), [event.id for event in events]
        while events:
            try:
                await self._database.write("save events", lambda handle: append(handle, events, wanted))
                return
            except Refused as refused:
                if not isinstance(refused.failure, WrongVersion):
                    raise
                known = await self._database.read("look for events", lambda handle: stored(handle, ids))
                if known == set(ids):
                    return
                if known or len(set(ids)) < len(ids):
                    raise ValueError(
                        f"only some of these events are stored already: {sorted(known)}"
                    ) from refused
                if wanted is not None:
                    raise

    async def get_events(self, aggregate_id: str) -> list[DomainEvent]:
        return await self.get_events_after(aggregate_id, 0)

    async def get_events_after(self, aggregate_id: str, version: int) -> list[DomainEvent]:
        of_subject = (EVENTS.c.subject == aggregate_id, EVENTS.c.version > version)
        rows = sa.select(EVENTS.c.body).where(*of_subject).order_by(EVENTS.c.version)
        return await self._read(rows)

    async def get_all_events(self, from_timestamp: datetime | None = None) -> list[DomainEvent]:
        rows = sa.select(EVENTS.c.body).order_by(*_IN_ORDER)
        since = from_timestamp and from_timestamp.timestamp()
        return await self._read(rows if since is None else rows.where(EVENTS.c.time >= since))

    async def follow(self, after: str = START, *, limit: int = 1000) -> Slice:
        writer, position = _cursor(after)

        def work(handle: Connection) -> Sequence[Any]:
            rows = sa.select(*_IN_ORDER, EVENTS.c.body).order_by(*_IN_ORDER).limit(limit)
            rows = rows.where(sa.tuple_(*_IN_ORDER) > sa.tuple_(writer, position))
            if handle.dialect.name == "postgresql":
                rows = rows.where(EVENTS.c.writer < handle.scalar(_OLDEST_RUNNING))
            return handle.execute(rows).all()

        found = await self._database.read("follow events", work)
        events = tuple(decode(row.body.encode(), self._upcasts) for row in found)
        return Slice(events, f"{found[-1].writer}-{found[-1].position}" if found else after)

    async def _read(self, rows: Any) -> list[DomainEvent]:
        bodies = await self._database.read("read events", lambda handle: handle.scalars(rows).all())
        return [decode(body.encode(), self._upcasts) for body in bodies]


def append(handle: Connection, events: Sequence[DomainEvent], wanted: int | None) -> None:
    """Append in the transaction of `handle`. Raises Refused with WrongVersion, also where an id is taken."""
    subject = events[0].subject
    writer = _WRITER if handle.dialect.name == "postgresql" else sa.literal_column("0")
    newest = sa.select(sa.func.max(EVENTS.c.version), writer).where(EVENTS.c.subject == subject)
    known, number = handle.execute(newest).one()
    version: int = known or 0
    if wanted not in (None, version):
        raise Refused(WrongVersion(subject, wanted or 0, version))
    rows = [
        {
            "subject": subject,
            "version": version + n,
            "id": event.id,
            "time": event.time.timestamp(),
            "body": encode(event, version=version + n).decode(),
            "writer": number,
        }
        for n, event in enumerate(events, 1)
    ]
    try:
        handle.execute(sa.insert(EVENTS), rows)
    except IntegrityError as error:  # another writer was quicker, or the events are there
        raise Refused(WrongVersion(subject, version, version + 1, cause=error)) from error


def stored(handle: Connection, ids: Sequence[str]) -> set[str]:
    """Return which of the ids are stored."""
    return set(handle.scalars(sa.select(EVENTS.c.id).where(EVENTS.c.id.in_(ids))))


def _cursor(after: str) -> tuple[int, int]:
    if after == START:
        return -1, 0
    writer, _, position = after.partition("-")
    if not (writer.isdecimal() and position.isdecimal()):
        raise ValueError(f"{after!r} is no cursor of this store: begin with START")
    return int(writer), int(position)
