"""What every `Inbox` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from infra_ref.contract import Contract, Passing, raised, rule, tool
from infra_ref.event_bus.outbox_port import Inbox
from infra_ref.events import DomainEvent

KEEP, REDELIVERY = 100.0, 50.0
"""What the inbox under test is made with, in seconds."""


class InboxContract(Contract):
    """The inbox under test is empty, and goes by `clock`; its group is "mailer"."""

    port = Inbox

    effect = tool("an effect in the inbox's database: `effect(handle, event)`")
    effects = tool("gives the ids of the events whose effect is committed: `await effects()`")
    inbox_of = tool("makes an inbox on the same store: `inbox_of(group, keep, redelivery)`")

    @rule("INBOX-01", "however often an event comes, its effect is there once")
    async def once(self, inbox: Inbox[Any], effect: Any, effects: Any) -> None:
        one, two = _event(), _event()
        ran = [await inbox.once(event, effect) for event in (one, two, one, one)]
        assert ran == [True, True, False, False]
        assert await effects() == [one.id, two.id]

    @rule("INBOX-02", "an effect that fails leaves no trace, and runs when the event comes again")
    async def failed(self, inbox: Inbox[Any], effect: Any, effects: Any) -> None:
        def half(handle: Any, event: DomainEvent) -> None:
            effect(handle, event)
            raise ZeroDivisionError

        event = _event()
        with raised(ZeroDivisionError):
            await inbox.once(event, half)
        assert await effects() == []
        assert await inbox.once(event, effect) is True
        assert await effects() == [event.id]

    @rule("INBOX-03", "of 20 deliveries at once, one runs the effect")
    async def at_once(self, inbox: Inbox[Any], effect: Any, effects: Any) -> None:
        event = _event()
        ran = await asyncio.gather(*(inbox.once(event, effect) for _ in range(20)))
        assert sorted(ran)[-2:] == [False, True]
        assert await effects() == [event.id]

    @rule("INBOX-04", "each group has the effect of its own")
    async def groups(self, inbox: Inbox[Any], effect: Any, inbox_of: Callable[..., Inbox[Any]]) -> None:
        event = _event()
        assert await inbox.once(event, effect) is True
        assert await inbox_of("biller", KEEP, REDELIVERY).once(event, lambda handle, event: None) is True
        assert await inbox_of("mailer", KEEP, REDELIVERY).once(event, effect) is False

    @rule("INBOX-05", "a purge forgets what is older than it keeps, and nothing else")
    async def purged(self, inbox: Inbox[Any], effect: Any, clock: Passing) -> None:
        old, young = _event(), _event("8")
        await inbox.once(old, effect)
        await clock.advance(KEEP * 0.6)
        await inbox.once(young, effect)
        assert await inbox.purge() == 0
        await clock.advance(KEEP * 0.6)
        assert await inbox.purge() == 1
        assert await inbox.once(young, effect) is False

    @rule("INBOX-06", "an inbox that forgets before the last redelivery is refused when it is made")
    async def remembers_long_enough(self, inbox: Inbox[Any], inbox_of: Callable[..., Inbox[Any]]) -> None:
        for keep in (REDELIVERY, REDELIVERY / 2):
            with raised(ValueError) as errors:
                inbox_of("mailer", keep, REDELIVERY)
            assert "keep longer" in str(errors[0])


def _event(subject: str = "7") -> DomainEvent:
    return DomainEvent(type="order.placed", subject=subject)
