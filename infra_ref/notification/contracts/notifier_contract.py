"""What every `Notifier` promises. The adapter is what makes one of named channels."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, raised, rule
from infra_ref.notification.errors import Rejected
from infra_ref.notification.notifier_port import Delivered, Notice, Notifier
from infra_ref.result import Err, Ok

NOTICE = Notice("The lamps are out", "All of them.", "alert 7")
HOURS = 10_000.0


class Spy:
    """A channel that does what it is told: gives a result, raises an exception, or hangs."""

    def __init__(self, does: Delivered | Exception | None = Ok(None)) -> None:  # noqa: B008 - it is frozen
        self._does = does
        self.seen: list[Notice] = []
        self.busy = 0

    async def deliver(self, notice: Notice) -> Delivered:
        """Note it, and do so."""
        self.seen.append(notice)
        self.busy += 1
        try:
            await asyncio.sleep(0)
            if self._does is None:
                await asyncio.Event().wait()
            if isinstance(self._does, Exception):
                raise self._does
            assert self._does is not None
            return self._does
        finally:
            self.busy -= 1


class NotifierContract(Contract):
    """The rules of a `Notifier`. `make(channels, clock=...)` makes one; time is a `FakeClock`."""

    port = Notifier

    @cached_property
    def clock(self) -> FakeClock:
        """The clock that the notifier is given."""
        return FakeClock()

    @rule("NOTIFY-01", "a notice goes to every channel as it is, and each has a result by its name")
    async def reaches_all(self, make: Any, clock: FakeClock) -> None:
        channels = {"mail": Spy(), "sms": Spy()}
        assert await make(channels, clock=clock).notify(NOTICE) == {"mail": Ok(None), "sms": Ok(None)}
        assert [one.seen for one in channels.values()] == [[NOTICE], [NOTICE]]

    @rule("NOTIFY-02", "a channel that refuses stops no other, and its refusal is its result")
    async def one_refuses(self, make: Any, clock: FakeClock) -> None:
        refusal = Err(Rejected(recipient="ann@shop.test", code=550))
        channels = {"mail": Spy(refusal), "sms": Spy()}
        assert await make(channels, clock=clock).notify(NOTICE) == {"mail": refusal, "sms": Ok(None)}

    @rule("NOTIFY-03", "a channel that raises stops no other, and its result holds what it raised")
    async def one_raises(self, make: Any, clock: FakeClock) -> None:
        bug = ZeroDivisionError()
        seen = await make({"mail": Spy(bug), "sms": Spy()}, clock=clock).notify(NOTICE)
        assert seen["sms"] == Ok(None)
        assert isinstance(seen["mail"], Err)
        assert seen["mail"].error.cause is bug

    @rule(
        "NOTIFY-04", "a channel that hangs delays no other, is given up in time and left with nothing running"
    )
    async def one_hangs(self, make: Any, clock: FakeClock) -> None:
        channels = {"mail": Spy(None), "sms": Spy()}
        notifying = asyncio.create_task(make(channels, clock=clock).notify(NOTICE))
        await clock.advance(0)
        assert (len(channels["sms"].seen), channels["sms"].busy) == (1, 0)
        await clock.advance(HOURS)
        assert notifying.done()
        seen = await notifying
        assert [type(seen[name]) for name in ("mail", "sms")] == [Err, Ok]
        assert channels["mail"].busy == 0

    @rule("NOTIFY-05", "when it is cancelled, so are its channels, and nothing goes on")
    async def cancelled(self, make: Any, clock: FakeClock) -> None:
        channels = {"mail": Spy(None), "sms": Spy(None)}
        notifying = asyncio.create_task(make(channels, clock=clock).notify(NOTICE))
        await clock.advance(0)
        notifying.cancel()
        await asyncio.wait({notifying})
        assert notifying.cancelled()
        assert [one.busy for one in channels.values()] == [0, 0]

    @rule("NOTIFY-06", "a notifier of no channels is refused when it is made")
    async def nobody(self, make: Any, clock: FakeClock) -> None:
        with raised(ValueError):
            make({}, clock=clock)
