"""What every `EventStore` promises, and a `SnapshotStore`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from infra_ref.contract import Contract, raised, rule, tool
from infra_ref.event_bus.delivery.event_codec import NotSerialisable
from infra_ref.event_bus.store_port import START, EventStore, Snapshot, SnapshotStore, WrongVersion
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def to_v2(event: DomainEvent) -> DomainEvent:
    """Upcast `price.set`, which had a price, to `price.set.v2`, which has cents."""
    return replace(event, type="price.set.v2", data={"cents": event.data["price"] * 100})


UPCASTS = {"price.set": to_v2}
"""What the store under test is made with."""


class EventStoreContract(Contract):
    """The store under test is empty, and knows `UPCASTS`."""

    port = EventStore

    slow_writer = tool("a writer that has appended an event of that subject and commits at the block's end")

    @rule("STORE-01", "a subject's events come back as they were saved, in order, numbered from 1")
    async def round_trip(self, store: EventStore) -> None:
        first = _event(
            "7", data={"n": [1, 2.5, None], "name": "Ädä"}, correlation_id="c", causation_id="d", source="/s"
        )
        second = _event("7")
        await store.save_event(first)
        await store.save_event(_event("8"))
        await store.save_event(second)
        assert await store.get_events("7") == [replace(first, version=1), replace(second, version=2)]

    @rule("STORE-02", "another version than expected writes nothing, and the error says which it is")
    async def wrong_version(self, store: EventStore) -> None:
        await store.save_events([_event("7"), _event("7")], expected_version=0)
        for wrong in (0, 1, 3):
            failure = await _refusal(store.save_events([_event("7"), _event("7")], expected_version=wrong))
            assert failure == WrongVersion("7", wrong, 2)
        assert len(await store.get_events("7")) == 2
        await store.save_event(_event("7"), expected_version=2)

    @rule("STORE-03", "of 50 that append at once and expect the same version, one wins")
    async def one_wins(self, store: EventStore) -> None:
        tries = [store.save_event(_event("7"), expected_version=0) for _ in range(50)]
        outcomes = await asyncio.gather(*tries, return_exceptions=True)
        assert outcomes.count(None) == 1
        assert all(isinstance(one, Refused) for one in outcomes if one is not None)
        assert len(await store.get_events("7")) == 1

    @rule("STORE-04", "events that are stored already are no error, and are stored once")
    async def saved_twice(self, store: EventStore) -> None:
        events = [_event("7"), _event("7")]
        for expected in (0, 0, None):
            await store.save_events(events, expected_version=expected)
        assert len(await store.get_events("7")) == 2

    @rule("STORE-05", "the events after a version begin with the next one")
    async def after(self, store: EventStore) -> None:
        await store.save_events([_event("7") for _ in range(4)])
        versions = {n: [one.version for one in await store.get_events_after("7", n)] for n in (0, 2, 4, 9)}
        assert versions == {0: [1, 2, 3, 4], 2: [3, 4], 4: [], 9: []}

    @rule("STORE-06", "an unknown subject has no events")
    async def unknown(self, store: EventStore) -> None:
        assert await store.get_events("nobody") == []
        assert await store.get_events_after("nobody", 3) == []

    @rule("STORE-07", "of events that are stored in part, and of one that is there twice, nothing is stored")
    async def all_or_none(self, store: EventStore) -> None:
        there, twice = _event("7"), _event("7")
        await store.save_event(there)
        for events in ([_event("7"), there], [twice, twice]):
            with raised(ValueError):
                await store.save_events(events)
        assert len(await store.get_events("7")) == 1

    @rule("STORE-08", "all events since a time: equal times and clocks that differ lose nothing", full=True)
    async def since(self, store: EventStore) -> None:
        late, early, same, also = (
            _event(subject, time=NOON + timedelta(seconds=n))
            for subject, n in (("7", 9), ("8", 0), ("7", 0), ("9", 0))
        )
        for event in (late, early, same, also):
            await store.save_event(event)
        assert _ids(await store.get_all_events(NOON)) == _ids([late, early, same, also])
        assert _ids(await store.get_all_events(NOON + timedelta(milliseconds=1))) == [late.id]
        assert _ids(await store.get_all_events()) == _ids([late, early, same, also])

    @rule("STORE-09", "who follows gets every event once, in the order of the store")
    async def followed(self, store: EventStore) -> None:
        saved: list[str] = []
        for n in range(7):
            event = _event(str(n % 2))
            await store.save_event(event)
            saved.append(event.id)
        seen, cursor = await _followed(store, START, 7)
        assert _ids(seen) == saved
        end = await store.follow(cursor)
        assert (end.events, end.cursor) == ((), cursor)
        await store.save_event(_event("later"))
        assert [one.subject for one in (await _followed(store, cursor, 1))[0]] == ["later"]

    @rule("STORE-10", "who follows never skips a writer that commits late")
    async def slower_writer(
        self, store: EventStore, slow_writer: Callable[[str], AbstractAsyncContextManager[Any]]
    ) -> None:
        await store.save_event(_event("first"))
        async with slow_writer("slow"):
            await store.save_event(_event("quick"))
            part = await store.follow()
        more, _ = await _followed(store, part.cursor, 3 - len(part.events))
        assert sorted(one.subject for one in (*part.events, *more)) == ["first", "quick", "slow"]

    @rule("STORE-11", "a cursor that the store did not give is refused", full=True)
    async def bad_cursor(self, store: EventStore) -> None:
        for cursor in ("x", "1;2", "-"):
            with raised(ValueError):
                await store.follow(cursor)

    @rule("STORE-12", "events of several subjects are not saved together; no events are no error", full=True)
    async def one_subject(self, store: EventStore) -> None:
        with raised(ValueError):
            await store.save_events([_event("7"), _event("8")])
        await store.save_events([])
        assert await store.get_all_events() == []

    @rule("STORE-13", "an event that has a version expects the one before it")
    async def own_version(self, store: EventStore) -> None:
        await store.save_event(replace(_event("7"), version=1))
        assert isinstance(await _refusal(store.save_event(replace(_event("7"), version=1))), WrongVersion)
        await store.save_events([replace(_event("7"), version=2), _event("7")])
        with raised(ValueError):
            await store.save_event(replace(_event("7"), version=9), expected_version=3)
        assert [one.version for one in await store.get_events("7")] == [1, 2, 3]

    @rule("STORE-14", "an old event is upcast when it is read, and one of an unknown type is kept as it is")
    async def evolves(self, store: EventStore) -> None:
        old = replace(_event("7"), type="price.set", data={"price": 3})
        strange = replace(_event("7"), type="of.the.future", data={"x": {"y": 1}})
        await store.save_events([old, strange])
        followed, _ = await _followed(store, START, 2)
        for events in (await store.get_events("7"), await store.get_all_events(), followed):
            assert [(one.type, one.data) for one in events] == [
                ("price.set.v2", {"cents": 300}),
                ("of.the.future", {"x": {"y": 1}}),
            ]

    @rule("STORE-15", "20 that append at once and expect nothing are all stored, without a gap")
    async def unexpecting(self, store: EventStore) -> None:
        await asyncio.gather(*(store.save_event(_event("7")) for _ in range(20)))
        assert [one.version for one in await store.get_events("7")] == list(range(1, 21))

    @rule("STORE-16", "an event that cannot be written is refused, and none of its batch is stored")
    async def bad_event(self, store: EventStore) -> None:
        failure = await _refusal(store.save_events([_event("7"), _event("7", data={"lock": asyncio.Lock()})]))
        assert isinstance(failure, NotSerialisable)
        assert await store.get_events("7") == []


class SnapshotStoreContract(Contract):
    """The store under test is empty."""

    port = SnapshotStore

    @rule("SNAP-01", "a snapshot comes back as it was saved, None where there is none")
    async def round_trip(self, store: SnapshotStore) -> None:
        saved = Snapshot("7", 3, {"total": 5, "lines": [{"sku": "ä"}]})
        await store.save_snapshot(saved)
        assert await store.get_snapshot("7") == saved
        assert await store.get_snapshot("8") is None

    @rule("SNAP-02", "the latest is kept, in whatever order they come")
    async def latest(self, store: SnapshotStore) -> None:
        for version in (3, 5, 4):
            await store.save_snapshot(Snapshot("7", version, {"n": version}))
        assert await store.get_snapshot("7") == Snapshot("7", 5, {"n": 5})


def _event(subject: str, **more: Any) -> DomainEvent:
    return replace(DomainEvent(type="user.renamed", subject=subject, time=NOON), **more)


def _ids(events: Sequence[DomainEvent]) -> list[str]:
    return [event.id for event in events]


async def _followed(store: EventStore, cursor: str, many: int) -> tuple[list[DomainEvent], str]:
    """Follow, three at a time, until that many are there: others who write there hold a store back."""
    seen: list[DomainEvent] = []
    while len(seen) < many:
        part = await store.follow(cursor, limit=3)
        seen, cursor = [*seen, *part.events], part.cursor
        await asyncio.sleep(0 if part.events else 0.01)
    return seen, cursor


async def _refusal(call: Any) -> Any:
    with raised(Refused) as errors:
        await call
    return errors[0].failure
