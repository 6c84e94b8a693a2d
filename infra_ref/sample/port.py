"""What the shop needs from the outside, in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from infra_ref.repository.query_service_port import QueryService
from infra_ref.sample.order import Order, OrderLine, OrderStatus
from infra_ref.sample.user import User

MOST_ORDERS = 1_000


@dataclass(frozen=True, slots=True)
class OrdersOf:
    """The question: which orders does this user have? The newest `limit` of them, 1 to MOST_ORDERS.

    Raises TypeError or ValueError for a question that has no answer.
    """

    user_id: str
    limit: int = 20

    def __post_init__(self) -> None:
        if not isinstance(self.user_id, str):
            raise TypeError(f"user_id is text; give a str, not a {type(self.user_id).__name__}")
        if type(self.limit) is not int:
            raise TypeError(f"limit is a whole number; give an int, not a {type(self.limit).__name__}")
        if not 1 <= self.limit <= MOST_ORDERS:
            raise ValueError(f"limit is 1 to {MOST_ORDERS}; got {self.limit}")


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """A line of the answer, as a page shows it. It is no entity and cannot be saved."""

    order_id: str
    customer: str
    status: str
    lines: int
    total_cents: int


class OrderOverview(QueryService[OrdersOf, list[OrderSummary]], Protocol):
    """The read side: a user's orders as a page shows them, the newest first."""


__all__ = [
    "Order",
    "OrderLine",
    "OrderOverview",
    "OrderStatus",
    "OrderSummary",
    "OrdersOf",
    "User",
]
