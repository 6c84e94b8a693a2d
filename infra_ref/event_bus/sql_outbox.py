"""An outbox in a SQL database: SQLite or PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Text, select
from sqlalchemy.dialects import postgresql, sqlite

from infra_ref.event_bus.database_port import Database
from infra_ref.event_bus.delivery.event_codec import encode
from infra_ref.event_bus.outbox_port import Unsent
from infra_ref.event_bus.queue_port import Message
from infra_ref.events import DomainEvent

OUTBOX_TABLES = sa.MetaData()
OUTBOX = sa.Table(
    "outbox",
    OUTBOX_TABLES,
    Column(
        "position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("added", sa.Double, nullable=False),
    sa.Index("outbox_of_subject", "subject", "position"),
)
CLAIMS = sa.Table(
    "outbox_claims",
    OUTBOX_TABLES,
    Column("subject", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", sa.Double, nullable=False),
)


class SqlOutbox:
    """An `Outbox` in the tables of `OUTBOX_TABLES`.

    Subjects are claimed, not rows: with `SKIP LOCKED` on rows a second relay
    would send what stands behind a message that is not taken. `now` gives the
    seconds of the wall clock; relays on machines whose clocks differ by more than
    a lease send more often than they should, but never out of order.
    """

    def __init__(self, database: Database[Connection], *, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def add(self, handle: Connection, events: Sequence[DomainEvent], /) -> None:
        rows = [
            {"id": event.id, "subject": event.subject, "body": encode(event).decode(), "added": self._now()}
            for event in events
        ]
        if rows:
            handle.execute(sa.insert(OUTBOX), rows)

    async def claim(self, owner: str, *, seconds: float, limit: int) -> list[Unsent]:
        now = self._now()

        def work(handle: Connection) -> list[Unsent]:
            free = sa.or_(CLAIMS.c.until.is_(None), CLAIMS.c.until <= now)
            oldest = select(OUTBOX.c.subject).select_from(
                OUTBOX.outerjoin(CLAIMS, OUTBOX.c.subject == CLAIMS.c.subject)
            )
            subjects = set(handle.scalars(oldest.where(free).order_by(OUTBOX.c.position).limit(limit)))
            mine = [one for one in sorted(subjects) if _claim(handle, one, owner, now, now + seconds)]
            rows = select(OUTBOX).where(OUTBOX.c.subject.in_(mine)).order_by(OUTBOX.c.position).limit(limit)
            return [_unsent(row) for row in handle.execute(rows)] if mine else []

        return await self._database.write("claim from the outbox", work)

    async def sent(self, owner: str, unsent: Sequence[Unsent]) -> None:
        positions = [one.position for one in unsent]
        mine = (CLAIMS.c.owner == owner, CLAIMS.c.until > self._now())

        def work(handle: Connection) -> None:
            is_mine = sa.exists().where(CLAIMS.c.subject == OUTBOX.c.subject, *mine)
            handle.execute(sa.delete(OUTBOX).where(OUTBOX.c.position.in_(positions), is_mine))
            handle.execute(sa.delete(CLAIMS).where(CLAIMS.c.owner == owner))

        await self._database.write("clear the outbox", work)

    async def put_off(self, owner: str, subject: str, *, seconds: float) -> None:
        mine = (CLAIMS.c.subject == subject, CLAIMS.c.owner == owner)
        row = {"owner": "", "until": self._now() + seconds}
        await self._database.write(
            "put a subject off", lambda handle: handle.execute(sa.update(CLAIMS).where(*mine), row)
        )

    async def oldest(self) -> float | None:
        added = select(sa.func.min(OUTBOX.c.added))
        first = await self._database.read("look into the outbox", lambda handle: handle.scalar(added))
        return None if first is None else max(self._now() - first, 0.0)


def _claim(handle: Connection, subject: str, owner: str, now: float, until: float) -> bool:
    """Return whether the subject is the owner's now: it was free, or its claim had lapsed."""
    kinds: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
    row = {"subject": subject, "owner": owner, "until": until}
    taken = kinds[handle.dialect.name](CLAIMS).on_conflict_do_update(
        index_elements=["subject"], set_={"owner": owner, "until": until}, where=CLAIMS.c.until <= now
    )
    return handle.scalar(taken.returning(CLAIMS.c.subject), row) is not None


def _unsent(row: Any) -> Unsent:
    return Unsent(row.position, Message(id=row.id, key=row.subject, body=row.body.encode()))
