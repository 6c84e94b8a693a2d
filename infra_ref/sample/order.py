"""An order with its lines: one aggregate, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from infra_ref.events import DomainEvent
from infra_ref.failures import Failure
from infra_ref.result import Err, Ok, Result


class OrderStatus(StrEnum):
    """Where an order is."""

    OPEN = "open"
    PAID = "paid"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NotOpen(Failure):
    """The order cannot be changed any more."""

    status: OrderStatus


class NoLines(Failure):
    """There is nothing in the order to pay for."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BadQuantity(Failure):
    """A line has at least one of its thing."""

    quantity: int


OrderRefusal: TypeAlias = NotOpen | NoLines | BadQuantity


@dataclass(frozen=True, slots=True)
class OrderLine:
    """So many of one thing, at the price of one, in cents."""

    sku: str
    quantity: int
    price_cents: int


@dataclass(slots=True)
class Order:
    """What one user wants. It changes only while it is open, by the methods below."""

    id: str
    user_id: str
    placed_at: datetime
    status: OrderStatus = OrderStatus.OPEN
    lines: list[OrderLine] = field(default_factory=list[OrderLine])
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list[DomainEvent], compare=False, repr=False)

    @property
    def total_cents(self) -> int:
        """What it costs."""
        return sum(line.quantity * line.price_cents for line in self.lines)

    def add(self, line: OrderLine) -> Result[None, OrderRefusal]:
        """Put a line in; a line of the same thing at the same price becomes more of it."""
        if self.status is not OrderStatus.OPEN:
            return Err(NotOpen(self.status))
        if line.quantity < 1:
            return Err(BadQuantity(line.quantity))
        for n, held in enumerate(self.lines):
            if (held.sku, held.price_cents) == (line.sku, line.price_cents):
                self.lines[n] = OrderLine(line.sku, held.quantity + line.quantity, line.price_cents)
                return Ok(None)
        self.lines.append(line)
        return Ok(None)

    def pay(self) -> Result[None, OrderRefusal]:
        """Close it as paid."""
        if self.status is not OrderStatus.OPEN:
            return Err(NotOpen(self.status))
        if not self.lines:
            return Err(NoLines())
        self.status = OrderStatus.PAID
        self._happened("order.paid", total_cents=self.total_cents)
        return Ok(None)

    def cancel(self) -> Result[None, OrderRefusal]:
        """Close it unpaid."""
        if self.status is not OrderStatus.OPEN:
            return Err(NotOpen(self.status))
        self.status = OrderStatus.CANCELLED
        self._happened("order.cancelled")
        return Ok(None)

    def _happened(self, kind: str, **data: int) -> None:
        self.events.append(DomainEvent(type=kind, subject=self.id, data=data))
