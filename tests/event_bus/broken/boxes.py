"""For every rule of outbox, relay and inbox, one that breaks just that one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from infra_ref.event_bus.delivery.event_codec import encode
from infra_ref.event_bus.errors import QueueUnavailable
from infra_ref.event_bus.memory_inbox import InboxRow, MemoryInbox
from infra_ref.event_bus.memory_outbox import MemoryOutbox, OutboxRow
from infra_ref.event_bus.outbox_port import Unsent
from infra_ref.event_bus.queue_port import Message
from infra_ref.event_bus.relay import Relay
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused
from tests.event_bus.broken.noting import noting

OUTBOXES: dict[str, Any] = {}
breaks_outbox = noting(OUTBOXES)
RELAYS: dict[str, dict[str, Any]] = {}
INBOXES: dict[str, Any] = {}
breaks_inbox = noting(INBOXES)


@breaks_outbox("OUTBOX-01")
class BySubject(MemoryOutbox):
    async def claim(self, owner: str, *, seconds: float, limit: int) -> list[Unsent]:
        claimed = await super().claim(owner, seconds=seconds, limit=limit)
        return sorted(claimed, key=lambda one: one.message.key)


@breaks_outbox("OUTBOX-02")
class OutsideTheTransaction(MemoryOutbox):
    kept: dict[int, OutboxRow]

    def add(self, handle: Any, events: Sequence[DomainEvent], /) -> None:
        bodies = [encode(event) for event in events]
        self.kept = getattr(self, "kept", {})
        for event, body in zip(events, bodies, strict=True):
            row = OutboxRow(Message(id=event.id, key=event.subject, body=body), self._now())
            self.kept[next(self._positions)] = row

    async def _rows(self) -> list[tuple[int, OutboxRow]]:
        return sorted(getattr(self, "kept", {}).items())

    async def sent(self, owner: str, unsent: Sequence[Unsent]) -> None:
        for one in unsent:
            if self._claims.get(one.message.key, ("", 0))[0] == owner:
                self.kept.pop(one.position, None)
        await super().sent(owner, unsent)


@breaks_outbox("OUTBOX-03")
class ClaimsRows(MemoryOutbox):
    async def claim(self, owner: str, *, seconds: float, limit: int) -> list[Unsent]:
        if owner == "other" and len(self._claims) == 1 and len(await self._rows()) == 3:
            _, *later = await self._rows()
            return [Unsent(position, row.message) for position, row in later]
        return await super().claim(owner, seconds=seconds, limit=limit)


@breaks_outbox("OUTBOX-04")
class StaysWithTheDead(MemoryOutbox):
    async def claim(self, owner: str, *, seconds: float, limit: int) -> list[Unsent]:
        return await super().claim(owner, seconds=1e9 if owner == "dead" else seconds, limit=limit)


@breaks_outbox("OUTBOX-05")
class RemovesTheSubject(MemoryOutbox):
    async def sent(self, owner: str, unsent: Sequence[Unsent]) -> None:
        gone = {one.message.key for one in unsent}
        rows = [Unsent(at, row.message) for at, row in await self._rows() if row.message.key in gone]
        await super().sent(owner, rows)


@breaks_outbox("OUTBOX-06")
class TakesLateWord(MemoryOutbox):
    async def sent(self, owner: str, unsent: Sequence[Unsent]) -> None:
        owners = {whose for whose, _ in self._claims.values()}
        await super().sent(owner if owner in owners or not owners else owners.pop(), unsent)


@breaks_outbox("OUTBOX-07")
class AllWait(MemoryOutbox):
    async def put_off(self, owner: str, subject: str, *, seconds: float) -> None:
        for one, (whose, _) in list(self._claims.items()):
            if whose == owner:
                await super().put_off(owner, one, seconds=seconds)


@breaks_outbox("OUTBOX-08")
class AnyonePutsOff(MemoryOutbox):
    async def put_off(self, owner: str, subject: str, *, seconds: float) -> None:
        await super().put_off(self._claims[subject][0], subject, seconds=seconds)


@breaks_outbox("OUTBOX-09")
class AgeOfTheNewest(MemoryOutbox):
    async def oldest(self) -> float | None:
        added = [row.added for _, row in await self._rows()]
        return self._now() - max(added) if added else None


@breaks_outbox("OUTBOX-10")
class SkipsTheBad(MemoryOutbox):
    def add(self, handle: Any, events: Sequence[DomainEvent], /) -> None:
        for event in events:
            try:
                super().add(handle, [event])
            except Refused:
                continue


class LateClaims(MemoryOutbox):
    """Gives all of a subject's messages, and the subjects one after the other, within the batch."""

    async def claim(self, owner: str, *, seconds: float, limit: int) -> list[Unsent]:
        claimed = await super().claim(owner, seconds=seconds, limit=limit)
        return sorted(claimed, key=lambda one: one.message.key)


RELAYS["RELAY-01"] = {"outbox_kind": LateClaims}


class GivesUp(Relay):
    async def _one_by_one(self, claimed: Sequence[Unsent]) -> list[Unsent]:
        done = await super()._one_by_one(claimed)
        for one in claimed:
            if self._failures.get(one.message.key, 0) > 10 and one not in done:
                await self._give_up(one, Refused(QueueUnavailable("send")))
                done.append(one)
        return done


RELAYS["RELAY-02"] = {"relay_kind": GivesUp}


class RowByRow(Relay):
    """What `FOR UPDATE SKIP LOCKED` on rows comes to: each message on its own."""

    async def _one_by_one(self, claimed: Sequence[Unsent]) -> list[Unsent]:
        done: list[Unsent] = []
        for one in claimed:
            done += await super()._one_by_one([one])
        return done


RELAYS["RELAY-03"] = {"relay_kind": RowByRow}


class NotesBeforeSending(Relay):
    """Marks the last of a batch as sent, and then sends it."""

    async def run_once(self) -> int:
        claimed = await self._outbox.claim(self._owner, seconds=self._lease, limit=self._batch)
        if not claimed:
            return 0
        try:
            await self._queue.send([one.message for one in claimed[:-1]])
        except Refused:
            done = await self._one_by_one(claimed)
            await self._outbox.sent(self._owner, done)
            return len(done)
        if len(claimed) == 1:
            await self._queue.send([claimed[-1].message])
            await self._outbox.sent(self._owner, claimed)
            return 1
        await self._outbox.sent(self._owner, claimed)
        await self._queue.send([claimed[-1].message])
        return len(claimed)


RELAYS["RELAY-04"] = {"relay_kind": NotesBeforeSending}


class NoClaims(MemoryOutbox):
    async def claim(self, owner: str, *, seconds: float, limit: int) -> list[Unsent]:
        self._claims = {one: claim for one, claim in self._claims.items() if claim[0] == ""}
        return await super().claim(owner, seconds=seconds, limit=limit)

    async def sent(self, owner: str, unsent: Sequence[Unsent]) -> None:
        for one in unsent:
            if self._claims.get(one.message.key, ("x", 0))[0] != "":
                self._claims[one.message.key] = owner, self._now() + 1
        await super().sent(owner, unsent)


RELAYS["RELAY-05"] = {"outbox_kind": NoClaims}


class NeverGivesUp(Relay):
    async def _give_up(self, one: Unsent, refused: Refused) -> None:
        raise Refused(QueueUnavailable("send")) from refused

    async def run_once(self) -> int:
        try:
            return await super().run_once()
        except Refused:
            return 0


RELAYS["RELAY-06"] = {"relay_kind": NeverGivesUp}

Effect = Callable[[Any, DomainEvent], None]


@breaks_inbox("INBOX-01")
class BySubjects(MemoryInbox):
    async def once(self, event: DomainEvent, effect: Effect) -> bool:
        twin = DomainEvent(type=event.type, subject=event.subject, id=event.subject)
        return await super().once(twin, lambda handle, _: effect(handle, event))


@breaks_inbox("INBOX-02")
class NotesFirst(MemoryInbox):
    async def once(self, event: DomainEvent, effect: Effect) -> bool:
        if not await super().once(event, lambda handle, event: None):
            return False
        await self._database.write("effect", lambda tables: effect(tables, event))
        return True


@breaks_inbox("INBOX-03")
class LooksThenActs(MemoryInbox):
    async def once(self, event: DomainEvent, effect: Effect) -> bool:
        key = self._group, event.id
        seen = await self._database.read("look", lambda tables: key in tables.get(InboxRow, {}))
        await asyncio.sleep(0)
        if seen:
            return False

        def work(tables: Any) -> None:
            tables.setdefault(InboxRow, {})[key] = InboxRow(self._now())
            effect(tables, event)

        await self._database.write("handle", work)
        return True


@breaks_inbox("INBOX-04")
class OneForAll(MemoryInbox):
    def __init__(self, database: Any, group: str, **more: Any) -> None:
        super().__init__(database, "all", **more)


@breaks_inbox("INBOX-05")
class ForgetsAll(MemoryInbox):
    async def purge(self) -> int:
        self._now = lambda now=self._now: now() + 1e6  # type: ignore[misc]
        return await super().purge()


@breaks_inbox("INBOX-06")
class ForgetsEarly(MemoryInbox):
    def __init__(self, database: Any, group: str, *, keep: float, redelivery: float, **more: Any) -> None:
        super().__init__(database, group, keep=keep, redelivery=0, **more)
