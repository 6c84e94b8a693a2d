"""What the shop needs from the outside, in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from infra_ref.repository.port import QueryService, Schema
from infra_ref.sample.order import Order
from infra_ref.sample.user import User
from infra_ref.unit_of_work.port import MakeUnit

USER = Schema(User, unique=("email",))
ORDER = Schema(Order, references={"user_id": User})

MakeShopUnit: TypeAlias = MakeUnit
"""Makes units of work that have repositories of `User` and `Order`."""


@dataclass(frozen=True, slots=True)
class OrdersOf:
    """The question: which orders does this user have? The newest `limit` of them."""

    user_id: str
    limit: int = 20


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """A line of the answer, as a page shows it. It is no entity and cannot be saved."""

    order_id: str
    customer: str
    status: str
    lines: int
    total_cents: int


OrderOverview: TypeAlias = QueryService[OrdersOf, list[OrderSummary]]

__all__ = ["ORDER", "USER", "MakeShopUnit", "Order", "OrderOverview", "OrderSummary", "OrdersOf", "User"]
