"""The rules of the shop, which need nothing but the shop."""

from __future__ import annotations

from datetime import UTC, datetime

from infra_ref.result import Err, Ok
from infra_ref.sample.order import BadQuantity, NoLines, NotOpen, Order, OrderLine, OrderStatus
from infra_ref.sample.user import User, is_email

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_order_adds_up_its_lines() -> None:
    order = Order("o", "u", NOON)
    for quantity in (1, 2):
        assert order.add(OrderLine("pen", quantity, 150)) == Ok(None)
    assert order.add(OrderLine("pen", 1, 140)) == Ok(None)
    assert order.lines == [OrderLine("pen", 3, 150), OrderLine("pen", 1, 140)]
    assert order.total_cents == 590


def test_an_order_refuses_what_makes_no_sense() -> None:
    order = Order("o", "u", NOON)
    assert order.pay() == Err(NoLines())
    assert order.add(OrderLine("pen", 0, 150)) == Err(BadQuantity(0))
    assert order.lines == []
    assert order.events == []


def test_a_closed_order_stays_as_it_is() -> None:
    for close, status in ((Order.pay, OrderStatus.PAID), (Order.cancel, OrderStatus.CANCELLED)):
        order = Order("o", "u", NOON, lines=[OrderLine("pen", 1, 150)])
        assert close(order) == Ok(None)
        for change in (order.pay, order.cancel, lambda order=order: order.add(OrderLine("pen", 1, 150))):
            assert change() == Err(NotOpen(status))
        assert order.total_cents == 150
        assert len(order.events) == 1


def test_a_name_that_stays_is_no_event() -> None:
    user = User("u", "ada@example.org", "Ada")
    user.rename("Ada")
    assert user.events == []
    user.rename("Countess")
    assert [event.type for event in user.events] == ["user.renamed"]


def test_an_email_has_two_sides_and_no_spaces() -> None:
    assert [is_email(text) for text in ("a@b", "@b", "a@", "a b@c", "a@b@c", "")] == [True] + [False] * 5
