"""`delivery`: events from the transaction that made them true to those who react, at least once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from infra_ref.event_bus.dead_letter_port import DeadLetterQueue
from infra_ref.event_bus.outbox_port import Outbox
from infra_ref.event_bus.port import EventBus
from infra_ref.event_bus.queue_bus import QueueBus
from infra_ref.event_bus.queue_port import MessageQueue
from infra_ref.event_bus.relay import Relay


@asynccontextmanager
async def delivery(
    outbox: Outbox[Any], queue: MessageQueue, dead_letters: DeadLetterQueue
) -> AsyncGenerator[EventBus]:
    """Give a bus to which a relay sends what is in `outbox`, while this is open.

    What is not sent at the end stays in the outbox for the next start.
    """
    async with QueueBus(queue, dead_letters) as bus:
        relaying = asyncio.create_task(Relay(outbox, queue, dead_letters).run())
        try:
            yield bus
        finally:
            relaying.cancel()
            await asyncio.wait({relaying})
            if not relaying.cancelled():
                relaying.result()  # it ended before its time: raise what it died of
