"""What the shop needs from the outside, in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from infra_ref.repository.port import QueryService, Schema, check_limit
from infra_ref.sample.order import Order, OrderLine, OrderStatus
from infra_ref.sample.user import User
from infra_ref.unit_of_work.port import MakeUnit

USER = Schema(User, unique=("email",))
ORDER = Schema(Order, references={"user_id": User})

MakeShopUnit: TypeAlias = MakeUnit
"""Makes units of work that have repositories of `User` and `Order`."""


@dataclass(frozen=True, slots=True)
class OrdersOf:
    """The question: which orders does this user have? The newest `limit` of them.

    Raises WrongType for a key that no user can have, and OutOfRange for a limit that no query may set.
    """

    user_id: str
    limit: int = 20

    def __post_init__(self) -> None:
        USER.check_key(self.user_id)
        check_limit(self.limit)


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """A line of the answer, as a page shows it. It is no entity and cannot be saved."""

    order_id: str
    customer: str
    status: str
    lines: int
    total_cents: int


OrderOverview: TypeAlias = QueryService[OrdersOf, list[OrderSummary]]

__all__ = [
    "ORDER",
    "USER",
    "MakeShopUnit",
    "Order",
    "OrderLine",
    "OrderOverview",
    "OrderStatus",
    "OrderSummary",
    "OrdersOf",
    "User",
]
