"""What every `Outbox` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from infra_ref.contract import Contract, Passing, raised, rule, tool
from infra_ref.event_bus.delivery.event_codec import NotSerialisable
from infra_ref.event_bus.outbox_port import Outbox, Unsent
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused

LEASE = 10.0


class OutboxContract(Contract):
    """The outbox under test is empty, and goes by `clock`."""

    port = Outbox

    database = tool("the database that the outbox keeps its rows in: `await database.write(doing, work)`")

    @rule("OUTBOX-01", "committed events can be claimed, in the order in which they were added")
    async def committed(self, outbox: Outbox[Any], database: Any) -> None:
        event = DomainEvent(type="order.placed", subject="ä/1", data={"n": 1})
        await database.write("add", partial(_added, outbox, [event]))
        await add(outbox, database, "b", "a")
        claimed = await outbox.claim("me", seconds=LEASE, limit=9)
        assert [one.message.key for one in claimed] == ["ä/1", "b", "a"]
        assert (claimed[0].message.id, b'"n":1' in claimed[0].message.body) == (event.id, True)
        assert [one.position for one in claimed] == sorted(one.position for one in claimed)

    @rule("OUTBOX-02", "after a rollback there is nothing to send")
    async def rolled_back(self, outbox: Outbox[Any], database: Any) -> None:
        def work(handle: Any) -> None:
            outbox.add(handle, [_event("a")])
            raise ZeroDivisionError

        with raised(ZeroDivisionError):
            await database.write("add", work)
        assert await outbox.claim("me", seconds=LEASE, limit=9) == []

    @rule(
        "OUTBOX-03", "a claimed subject is nobody else's, its later events included; other subjects are free"
    )
    async def claimed(self, outbox: Outbox[Any], database: Any) -> None:
        await add(outbox, database, "a")
        await outbox.claim("me", seconds=LEASE, limit=9)
        await add(outbox, database, "a", "b")
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["b"]

    @rule("OUTBOX-04", "a claim lapses, and another may have the subject")
    async def lapses(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        await add(outbox, database, "a")
        await outbox.claim("dead", seconds=LEASE, limit=9)
        await clock.advance(LEASE + 1)
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["a"]

    @rule("OUTBOX-05", "what was sent is removed, and the rest can be claimed at once")
    async def sent(self, outbox: Outbox[Any], database: Any) -> None:
        await add(outbox, database, "a", "a", "b", "c")
        claimed = await outbox.claim("me", seconds=LEASE, limit=3)
        await outbox.sent("me", claimed[:1])
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["a", "b", "c"]

    @rule("OUTBOX-06", "who lost a claim removes nothing")
    async def late(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        await add(outbox, database, "a")
        claimed = await outbox.claim("late", seconds=LEASE, limit=9)
        await clock.advance(LEASE + 1)
        await outbox.claim("owner", seconds=LEASE, limit=9)
        await outbox.sent("late", claimed)
        await clock.advance(LEASE + 1)
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["a"]

    @rule("OUTBOX-07", "a subject that is put off is nobody's until then, and no other waits with it")
    async def put_off(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        await add(outbox, database, "a", "b")
        await outbox.claim("me", seconds=LEASE, limit=9)
        await outbox.put_off("me", "a", seconds=5)
        await outbox.sent("me", [])
        assert _keys(await outbox.claim("me", seconds=LEASE, limit=9)) == ["b"]
        await clock.advance(6)
        assert _keys(await outbox.claim("me", seconds=LEASE, limit=9)) == ["a"]

    @rule("OUTBOX-08", "only its owner puts a subject off", full=True)
    async def not_his(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        await add(outbox, database, "a")
        await outbox.claim("me", seconds=LEASE, limit=9)
        await outbox.put_off("other", "a", seconds=99)
        await clock.advance(LEASE + 1)
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["a"]

    @rule("OUTBOX-09", "the age of the oldest unsent event is known, and None without one")
    async def age(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        assert await outbox.oldest() is None
        await add(outbox, database, "a")
        await clock.advance(3)
        await add(outbox, database, "b")
        assert round(await outbox.oldest() or 0, 3) == 3
        await outbox.sent("me", await outbox.claim("me", seconds=LEASE, limit=9))
        assert await outbox.oldest() is None

    @rule("OUTBOX-10", "an event that cannot be written takes its transaction with it")
    async def bad_event(self, outbox: Outbox[Any], database: Any) -> None:
        bad = DomainEvent(type="x", subject="a", data={"lock": asyncio.Lock()})
        with raised(Refused) as errors:
            await database.write("add", partial(_added, outbox, [_event("a"), bad]))
        assert isinstance(errors[0].failure, NotSerialisable)
        assert await outbox.oldest() is None


def _event(subject: str) -> DomainEvent:
    return DomainEvent(type="order.placed", subject=subject)


def _added(outbox: Outbox[Any], events: Sequence[DomainEvent], handle: Any) -> None:
    outbox.add(handle, events)


async def add(outbox: Any, database: Any, *subjects: str) -> list[str]:
    """Add an event for each subject, and return their ids."""
    events = [
        DomainEvent(type="order.placed", subject=subject, id=f"{subject}{n}")
        for n, subject in enumerate(subjects)
    ]
    await database.write("add", partial(_added, outbox, events))
    return [event.id for event in events]


def _keys(claimed: Sequence[Unsent]) -> list[str]:
    return [one.message.key for one in claimed]
