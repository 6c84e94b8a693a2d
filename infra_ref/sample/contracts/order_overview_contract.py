"""What an `OrderOverview` must prove: a `QueryService` is held to a contract like any other port.

`make` gives one; `make_unit` makes units of work on the same database, which
starts empty.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.repository.errors import Unavailable
from infra_ref.result import Err, Ok
from infra_ref.sample.port import Order, OrderLine, OrderOverview, OrdersOf, OrderStatus, OrderSummary, User
from infra_ref.sample.use_cases import MakeShopUnit

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEN, INK = OrderLine("pen", 2, 150), OrderLine("ink", 1, 420)


class OrderOverviewContract(Contract):
    """The rules of `OrderOverview`, the read side of the sample shop."""

    port = OrderOverview
    make_unit: MakeShopUnit = tool("units of work of the shop whose orders are read")
    statements: Callable[[], int] = tool("a count of the statements that its store was sent so far")
    unreachable: OrderOverview = tool("the same overview, of a store that does not answer")

    @rule("OVERVIEW-01", "the newest order is first; of one moment, by key")
    async def shows_the_newest_first(self, overview: OrderOverview, make_unit: MakeShopUnit) -> None:
        days = {"b": 1, "c": 3, "a": 1, "B": 1, "d": 2}
        await stored(make_unit, *(order(key, day=day) for key, day in days.items()))
        assert await shown(overview) == ["c", "d", "B", "a", "b"]

    @rule("OVERVIEW-02", "it shows as many as asked for at the most, the newest")
    async def keeps_to_its_limit(self, overview: OrderOverview, make_unit: MakeShopUnit) -> None:
        await stored(make_unit, *(order(f"{n:02}", day=n) for n in range(25)))
        assert await shown(overview, limit=2) == ["24", "23"]
        assert len(await shown(overview)) == 20

    @rule("OVERVIEW-03", "a line tells customer, status, the number of lines, and the total in cents")
    async def sums_up(self, overview: OrderOverview, make_unit: MakeShopUnit) -> None:
        dear = OrderLine("yacht", 3_000_000, 2_000_000_000)
        paid = order("p", day=2, lines=[PEN, INK, dear], status=OrderStatus.PAID)
        await stored(make_unit, paid, order("o", day=1, lines=[PEN]))
        assert await overview.execute(OrdersOf("u1")) == Ok(
            [
                OrderSummary("p", "Ada", "paid", 3, 6_000_000_000_000_720),
                OrderSummary("o", "Ada", "open", 1, 300),
            ]
        )
        assert type((await overview.execute(OrdersOf("u1"))).unwrap()[0].status) is str

    @rule("OVERVIEW-04", "an order without lines is shown, and costs nothing")
    async def shows_empty_orders(self, overview: OrderOverview, make_unit: MakeShopUnit) -> None:
        await stored(make_unit, order("o", lines=[]))
        assert await overview.execute(OrdersOf("u1")) == Ok([OrderSummary("o", "Ada", "open", 0, 0)])

    @rule("OVERVIEW-05", "it shows the orders of this user alone; nobody's are none")
    async def shows_nobody_elses(self, overview: OrderOverview, make_unit: MakeShopUnit) -> None:
        await stored(make_unit, order("mine"), order("theirs", user="u2"))
        assert await shown(overview) == ["mine"]
        assert await overview.execute(OrdersOf("u9")) == Ok([])

    @rule("OVERVIEW-06", "it shows what was committed, at once, and nothing before", needs="concurrency")
    async def shows_what_is_committed(self, overview: OrderOverview, make_unit: MakeShopUnit) -> None:
        await stored(make_unit, order("old"))
        async with make_unit() as unit:
            await unit.repository(Order).create(order("new", day=1))
            (await unit.flush()).unwrap()
            assert await shown(overview) == ["old"]
            (await unit.commit()).unwrap()
        assert await shown(overview) == ["new", "old"]

    @rule("OVERVIEW-07", "it is one statement, however many orders there are", needs="statements")
    async def asks_once(
        self, overview: OrderOverview, make_unit: MakeShopUnit, statements: Callable[[], int]
    ) -> None:
        await stored(make_unit, *(order(f"{n}", lines=[PEN, INK]) for n in range(9)))
        await shown(overview)  # a new connection may be made ready first
        before = statements()
        assert len(await shown(overview)) == 9
        assert statements() - before == 1

    @rule("OVERVIEW-08", "a store that does not answer is Unavailable with its cause, and tells no values")
    async def tells_an_outage(self, overview: OrderOverview, unreachable: OrderOverview) -> None:
        refused = await unreachable.execute(OrdersOf("secret"))
        assert isinstance(refused, Err) and isinstance(refused.error, Unavailable)
        assert refused.error.cause is not None and "secret" not in repr(refused)


def order(
    key: str,
    *,
    day: int = 0,
    user: str = "u1",
    lines: list[OrderLine] | None = None,
    status: OrderStatus = OrderStatus.OPEN,
) -> Order:
    """Return an order of that day."""
    return Order(key, user, NOON + timedelta(days=day), status, [PEN] if lines is None else lines)


async def stored(make_unit: MakeShopUnit, *orders: Order) -> None:
    """Store two customers and orders, for a rule to begin with."""
    async with make_unit() as unit:
        users = [User("u1", "ada@example.org", "Ada"), User("u2", "eve@example.org", "Eve")]
        (await unit.repository(User).create_many(users)).unwrap()
        (await unit.repository(Order).create_many(orders)).unwrap()
        (await unit.commit()).unwrap()


async def shown(overview: OrderOverview, **more: Any) -> list[str]:
    """Return the keys of the orders that are shown for the first customer."""
    return [line.order_id for line in (await overview.execute(OrdersOf("u1", **more))).unwrap()]
