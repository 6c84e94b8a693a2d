"""Ways to send a mail for an order, as participants for the schedule search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class World:
    """What outlives its processes: two tables of the shop's, the queue, two tables of the mailer's."""

    orders: list[str] = field(default_factory=list[str])
    outbox: list[str] = field(default_factory=list[str])
    queue: list[str] = field(default_factory=list[str])
    inbox: list[str] = field(default_factory=list[str])
    mails: list[str] = field(default_factory=list[str])


def broken(world: World) -> str | None:
    """Return what is wrong in the end: each order has one mail, and no mail is without its order."""
    for order in {*world.orders, *world.mails}:
        if order not in world.orders:
            return "a mail for an order that is not there"
        if order not in world.mails:
            return "an order without its mail"
        if world.mails.count(order) > 1:
            return "two mails for one order"
    return None


def publishes_first(world: World) -> Iterator[str]:
    """Send, then commit. The visitor who ordered does not ask again."""
    if not world.queue and not world.orders and not world.mails:
        world.queue.append("order 1")
        yield "sending the event"
        world.orders.append("order 1")
        yield "committing the order"


def writes_twice(world: World) -> Iterator[str]:
    """Commit, then send."""
    if not world.orders:
        world.orders.append("order 1")
        yield "committing the order"
        world.queue.append("order 1")
        yield "sending the event"


def writes_outbox(world: World) -> Iterator[str]:
    """Commit the order and its event in one transaction."""
    if not world.orders:
        world.orders.append("order 1")
        world.outbox.append("order 1")
        yield "committing the order with its event"


def relays(world: World) -> Iterator[str]:
    """Send what is in the outbox, then remove it."""
    for event in list(world.outbox):
        world.queue.append(event)
        yield "sending the event"
        if event in world.outbox:
            world.outbox.remove(event)
        yield "clearing the outbox"


def removes_first(world: World) -> Iterator[str]:
    """Remove what is in the outbox, then send it."""
    for event in list(world.outbox):
        world.outbox.remove(event)
        yield "clearing the outbox"
        world.queue.append(event)
        yield "sending the event"


def acks_first(world: World) -> Iterator[str]:
    """Acknowledge, then mail."""
    while world.queue:
        event = world.queue.pop(0)
        yield "acknowledging"
        world.mails.append(event)
        yield "mailing"


def mails_first(world: World) -> Iterator[str]:
    """Mail, then acknowledge."""
    while world.queue:
        world.mails.append(world.queue[0])
        yield "mailing"
        world.queue.pop(0)
        yield "acknowledging"


def mails_once(world: World) -> Iterator[str]:
    """Mail unless the inbox has the event, note it there in the same transaction, then acknowledge."""
    while world.queue:
        event = world.queue[0]
        if event not in world.inbox:
            world.inbox.append(event)
            world.mails.append(event)
            yield "mailing and noting the event"
        world.queue.pop(0)
        yield "acknowledging"
