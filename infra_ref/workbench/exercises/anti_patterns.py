"""The exercises of the notebook on anti-patterns, each judged by its damage and by the linter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from infra_ref.anti_patterns import (
    business_logic_in_adapter,
    cache_without_ttl,
    cancellation_eaten,
    n_plus_one,
    publish_before_commit,
    retry_without_key,
)
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import EPOCH, FakeClock
from infra_ref.repository.schema import Schema
from infra_ref.result import UnwrapError
from infra_ref.sample.adapters.make_shop import make_shop
from infra_ref.sample.order import Order
from infra_ref.sample.user import User
from infra_ref.workbench.exercises.anti_patterns_leaks import LEAK
from infra_ref.workbench.exercises.linted import finds_nothing
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

__all__ = ["CANCEL", "KEY", "LEAK", "MANY", "OWN_UNIT", "PUBLISH", "RULE", "TTL"]

Mail = Callable[[str], Awaitable[None]]
LINT = Check("LINT", "the linter finds nothing in it", finds_nothing)


async def announces_what_is_stored(place: Any) -> None:
    """Check all twenty orders, of which every fourth is refused."""
    shop, bus = await make_shop(), publish_before_commit.Announcements()
    (await shop.users.create(User("ada", "ada@shop.test", "Ada"))).unwrap()
    for n in range(20):
        order = Order(f"o{n}", "nobody" if n % 4 == 3 else "ada", EPOCH)
        with suppress(UnwrapError):
            await place(partial(shop.make_unit, publish=bus.publish), bus, order)
    stored = [order.id for order in (await shop.orders.get_all()).unwrap()]
    assert len(stored) == 15
    assert sorted(event.subject for event in bus.sent) == sorted(stored)


PUBLISH = Exercise(
    id="anti_patterns/publish",
    title="Announce what is true",
    task="""
        Store the order, and announce it once that is certain. What an entity has in its list
        `events` is published by the unit of work itself, behind the commit.
    """,
    makes="place",
    given="from infra_ref.events import DomainEvent\nfrom infra_ref.sample.order import Order",
    frame="""
        async def place(make_unit, bus, order):
            placed = DomainEvent(type="order.placed", subject=order.id)
            async with make_unit() as unit:
                ____
    """,
    blank="""
        (await unit.repository(Order).create(order)).unwrap()
        await bus.publish([placed])
        (await unit.commit()).unwrap()
    """,
    solution="""
        order.events.append(placed)
        (await unit.repository(Order).create(order)).unwrap()
        (await unit.commit()).unwrap()
    """,
    wrong=(
        Wrong(
            "behind the commit, by hand",
            """
            (await unit.repository(Order).create(order)).unwrap()
            (await unit.commit()).unwrap()
            await bus.publish([placed])
            """,
            breaks=("LINT",),
            feedback="""
                It tells no lie any more. But a process that dies between the two lines has stored an
                order that nobody hears of. Let the unit have the event: `order.events.append(placed)`.
            """,
        ),
        Wrong(
            "never",
            """
            (await unit.repository(Order).create(order)).unwrap()
            (await unit.commit()).unwrap()
            """,
            breaks=("DAMAGE",),
            feedback="Nobody hears of the orders now. Give the event to the order before it is created.",
        ),
    ),
    hints=(
        "The unit publishes what its entities have in `events`, once the commit is certain.",
        "`order.events.append(placed)` in front of `create`; and no call of `bus.publish`.",
    ),
    notice="""
        The unit publishes from memory: a process that dies right behind the commit still loses the
        event. An outbox writes it in the same transaction.
    """,
    checks=(
        Check("DAMAGE", "just the stored orders are announced", announces_what_is_stored),
        LINT,
    ),
)


async def charges_once(charge: Any) -> None:
    """Check nine orders; each third answer is lost."""
    bank = retry_without_key.BankApiClient()
    orders = [f"o{n}" for n in range(9)]
    for order in orders:
        await charge(bank, order)
    assert bank.charges == orders
    assert bank.answered == orders, "an answer was lost and not asked for again"


KEY = Exercise(
    id="anti_patterns/key",
    title="A retry that charges once",
    task="""
        The bank loses answers, and the customer pays again. Send the header `Idempotency-Key`, the
        same with each attempt for one order, another for each order.
    """,
    makes="charge",
    frame="""
        async def charge(http, order):
            for attempt in range(3):
                try:
                    ____
                    return
                except TimeoutError:
                    if attempt == 2:
                        raise
    """,
    blank="""
        await http.post("/charges", order)
    """,
    solution="""
        key = {"Idempotency-Key": f"charge-{order}"}
        await http.post("/charges", order, headers=key)
    """,
    wrong=(
        Wrong(
            "a key for each attempt",
            """
            key = {"Idempotency-Key": f"{order}-{attempt}"}
            await http.post("/charges", order, headers=key)
            """,
            breaks=("DAMAGE",),
            feedback="The bank knows a repeat by its key. With another key it is another charge.",
        ),
        Wrong(
            "given up",
            """
            try:
                await http.post("/charges", order)
            except TimeoutError:
                return
            """,
            breaks=("DAMAGE", "LINT"),
            feedback="Nobody knows now whether a lost call was carried out. Ask again, under the same key.",
        ),
        Wrong(
            "one key for all",
            """
            key = {"Idempotency-Key": "charge"}
            await http.post("/charges", order, headers=key)
            """,
            breaks=("DAMAGE",),
            feedback="All customers share a key, so the second is taken for a repeat of the first.",
        ),
    ),
    hints=(
        "Any text can be a key. What is the same in all three attempts, and differs between orders?",
        "A key that is made of the order's id.",
    ),
    notice="A POST with a key may be retried; `RetryingHttpClient` in `gateway` retries no other.",
    checks=(Check("DAMAGE", "each order is charged once", charges_once), LINT),
)


async def registers_all(register: Any) -> None:
    """Check ten names."""
    shop = await make_shop()
    names = [f"user{n}" for n in range(10)]
    await register(shop.make_unit, names)
    assert sorted(user.id for user in (await shop.users.get_all()).unwrap()) == names


OWN_UNIT = Exercise(
    id="anti_patterns/own-unit",
    title="A unit for each task",
    task="""
        Ten registrations run at the same time, in one unit of work, which refuses that. Let `one`
        open a unit of its own, and commit it.
    """,
    makes="register",
    given="import asyncio\nfrom infra_ref.sample.user import User",
    frame="""
        async def register(make_unit, names):
            ____
    """,
    blank="""
        async with make_unit() as unit:

            async def one(unit, name):
                user = User(name, f"{name}@shop.test", name)
                await unit.repository(User).create(user)

            await asyncio.gather(*(one(unit, name) for name in names))
            await unit.commit()
    """,
    solution="""
        async def one(name):
            async with make_unit() as unit:
                user = User(name, f"{name}@shop.test", name)
                await unit.repository(User).create(user)
                await unit.commit()

        await asyncio.gather(*(one(name) for name in names))
    """,
    wrong=(
        Wrong(
            "no commit",
            """
            async def one(name):
                async with make_unit() as unit:
                    user = User(name, f"{name}@shop.test", name)
                    await unit.repository(User).create(user)

            await asyncio.gather(*(one(name) for name in names))
            """,
            breaks=("DAMAGE",),
            feedback="A unit that is left without a commit undoes its work. Each one needs its own.",
        ),
        Wrong(
            "one unit, entered outside",
            """
            async def one(unit, name):
                user = User(name, f"{name}@shop.test", name)
                await unit.repository(User).create(user)
                await unit.commit()

            async with make_unit() as unit:
                await asyncio.gather(*(one(unit, name) for name in names))
            """,
            breaks=("DAMAGE", "LINT"),
            feedback="They still share one unit. Move `async with make_unit()` into `one`.",
        ),
    ),
    hints=(
        "The inner function is what each task runs. What does it share with the others?",
        "`async with make_unit() as unit:` belongs into `one`, the commit too.",
    ),
    notice="""
        They are no longer all or nothing: where they belong together, await them one by one in one unit.
    """,
    checks=(Check("DAMAGE", "all ten are registered", registers_all), LINT),
)


async def shows_an_old_price_for_an_hour(price: Any) -> None:
    """Check a day behind a change whose delete was lost, and that the cache is used."""
    clock = FakeClock()
    cache, prices = MemoryCache[int](clock=clock), {"lamp": 40}
    assert await price(cache, prices, "lamp") == 40
    prices["lamp"] = 50
    await clock.advance(10)
    assert await price(cache, prices, "lamp") == 40, "the cache was not used"
    await clock.advance(cache_without_ttl.HOUR - 10)
    assert await price(cache, prices, "lamp") == 50


TTL = Exercise(
    id="anti_patterns/ttl",
    title="An entry that ends",
    task="""
        One delete was lost, and the old price stays for ever. Let no price be older than an hour,
        and keep using the cache.
    """,
    makes="price",
    frame="""
        async def price(cache, prices, sku):
            kept = await cache.get(sku)
            if kept is None:
                kept = prices[sku]
                ____
            return kept
    """,
    blank="""
        await cache.set(sku, kept)
    """,
    solution="""
        await cache.set(sku, kept, ttl=3600)
    """,
    wrong=(
        Wrong(
            "a little longer",
            "await cache.set(sku, kept, ttl=3601)",
            breaks=("DAMAGE",),
            feedback="An entry lives for `ttl` seconds, and an hour has 3600.",
        ),
        Wrong(
            "in milliseconds",
            "await cache.set(sku, kept, ttl=3_600_000)",
            breaks=("DAMAGE",),
            feedback="The time to live is in seconds: that is forty-one days.",
        ),
        Wrong(
            "not kept",
            "pass",
            breaks=("DAMAGE",),
            feedback="Never wrong, and never quick: the source is asked each time.",
        ),
        Wrong(
            "none, and said so",
            "await cache.set(sku, kept, ttl=None)",
            breaks=("DAMAGE",),
            feedback="The linter takes `ttl=None` for a decision. It is one, and the price stays wrong.",
        ),
    ),
    hints=("`set` takes a keyword that says how long to keep.", "`ttl` is in seconds."),
    notice="A time to live is the net under deletes: it bounds how wrong the cache can be.",
    checks=(Check("DAMAGE", "no price is older than an hour", shows_an_old_price_for_an_hour), LINT),
)


async def asks_twice(lines: Any) -> None:
    """Check the page of 30 orders."""
    shop = await make_shop("sqlite://")
    try:
        users = [User(f"u{n}", f"u{n}@shop.test", f"User {n}") for n in range(10)]
        (await shop.users.create_many(users)).unwrap()
        made = (Order(f"o{n}", f"u{n % 10}", EPOCH) for n in range(30))
        (await shop.orders.create_many(made)).unwrap()
        expected = await n_plus_one.bad(shop.orders, shop.users)
        sent = shop.watch()
        assert await lines(shop.orders, shop.users) == expected
        assert len(sent) <= 2, f"{len(sent)} statements"
    finally:
        await shop.close()


MANY = Exercise(
    id="anti_patterns/many",
    title="Two questions, not thirty-one",
    task="""
        Show each order with its customer's name, with two statements: one for the orders, one for
        all their customers. `where("id").is_in(keys)` is a specification.
    """,
    makes="lines",
    given="from infra_ref.repository.specification_port import where",
    frame="""
        async def lines(orders, user_repository):
            page = (await orders.get_all()).unwrap()
            ____
    """,
    blank="""
        shown = []
        for order in page:
            user = await user_repository.get_by_id(order.user_id)
            shown.append(f"{order.id} {user.unwrap().name}")
        return shown
    """,
    solution="""
        asked = where("id").is_in({order.user_id for order in page})
        found = await user_repository.find_by_specification(asked)
        names = {user.id: user.name for user in found.unwrap()}
        return [f"{order.id} {names[order.user_id]}" for order in page]
    """,
    wrong=(
        Wrong(
            "all at the same time",
            """
            import asyncio
            asked = [user_repository.get_by_id(one.user_id) for one in page]
            users = [user.unwrap() for user in await asyncio.gather(*asked)]
            return [f"{o.id} {u.name}" for o, u in zip(page, users)]
            """,
            breaks=("DAMAGE",),
            feedback="That is as many statements, now all at once: the pool runs dry instead.",
        ),
        Wrong(
            "remembered",
            """
            names, shown = {}, []
            for order in page:
                if order.user_id not in names:
                    user = await user_repository.get_by_id(order.user_id)
                    names[order.user_id] = user.unwrap().name
                shown.append(f"{order.id} {names[order.user_id]}")
            return shown
            """,
            breaks=("DAMAGE",),
            feedback="One for each customer instead of each order: eleven. Ask for all of them at once.",
        ),
    ),
    hints=(
        "Collect the keys first, then ask once.",
        '`found = await user_repository.find_by_specification(where("id").is_in(keys))`',
    ),
    notice="A page has a size; a loop over a page does not. Count statements in a test: `shop.watch()`.",
    checks=(Check("DAMAGE", "two statements at most, and the same page", asks_twice), LINT),
)


async def refuses_whoever_stores(register: Any) -> None:
    """Check both adapters, on both sides of the age."""
    for adapter in (
        business_logic_in_adapter.CustomerRepository,
        business_logic_in_adapter.ImportedCustomerRepository,
    ):
        customers = adapter(Schema(business_logic_in_adapter.Customer, version=None))
        for age in (17, 18, 40):
            customer = business_logic_in_adapter.Customer(f"c{age}", age)
            refused = False
            try:
                await register(customers, customer)
            except ValueError:
                refused = True
            assert refused == (age < 18), f"at {age}, who calls is told otherwise"
        assert [one.age for one in (await customers.get_all()).unwrap()] == [18, 40], adapter.__name__


RULE = Exercise(
    id="anti_patterns/rule",
    title="The rule in its place",
    task="""
        Only one of the two repositories refuses who is under 18. Let the use case refuse them, with
        a ValueError, whatever the repository.
    """,
    makes="let_in",
    frame="""
        async def let_in(customers, customer):
            ____
    """,
    blank="""
        await customers.create(customer)
    """,
    solution="""
        if customer.age < 18:
            raise ValueError("a customer is 18 or older")
        await customers.create(customer)
    """,
    wrong=(
        Wrong(
            "the day before",
            """
            if customer.age <= 18:
                raise ValueError("a customer is 18 or older")
            await customers.create(customer)
            """,
            breaks=("DAMAGE",),
            feedback="Who is 18 may register: `<`.",
        ),
        Wrong(
            "without a word",
            """
            if customer.age >= 18:
                await customers.create(customer)
            """,
            breaks=("DAMAGE",),
            feedback="The caller believes that everybody was let in. Say it, with a ValueError.",
        ),
        Wrong(
            "stored first",
            """
            await customers.create(customer)
            if customer.age < 18:
                raise ValueError("a customer is 18 or older")
            """,
            breaks=("DAMAGE",),
            feedback="Refused, and stored all the same. Look before you store.",
        ),
    ),
    hints=(
        "The use case sees every customer, whatever the repository.",
        "Compare `customer.age` before you call `create`.",
    ),
    notice="Then the rule can go from the repository, and each adapter is as simple as its port.",
    checks=(Check("DAMAGE", "nobody under 18 is stored, by either adapter", refuses_whoever_stores), LINT),
)


async def stops_when_told(send: Any) -> None:
    """Check a stop in the middle of the first mail, and a mail that fails."""
    returned: list[str] = []

    async def as_measured(
        mail: Callable[[str], Awaitable[None]], names: list[str], failed: list[str]
    ) -> None:
        await send(mail, names, failed)
        returned.append("as if nothing had happened")

    assert await cancellation_eaten.measure(as_measured) == 0
    assert returned == []
    sent: list[str] = []
    failed: list[str] = []

    async def mail(name: str) -> None:
        if name == "b":
            raise ConnectionError(name)
        sent.append(name)

    await send(mail, ["a", "b", "c"], failed)
    assert (sent, failed) == (["a", "c"], ["b"])


CANCEL = Exercise(
    id="anti_patterns/cancel",
    title="A stop that stops",
    task="""
        One mail that fails stops no other, and is noted in `failed`. A cancellation stops all of
        them at once.
    """,
    makes="send",
    frame="""
        async def send(mail, names, failed):
            for name in names:
                try:
                    await mail(name)
                ____
    """,
    blank="""
        except BaseException:
            failed.append(name)
    """,
    solution="""
        except Exception:
            failed.append(name)
    """,
    wrong=(
        Wrong(
            "nothing is caught",
            """
            finally:
                failed.append(name)
            """,
            breaks=("DAMAGE",),
            feedback="Now one mail that fails stops all. Catch what a mail raises: `Exception`.",
        ),
        Wrong(
            "a quiet end",
            """
            except asyncio.CancelledError:
                return
            except Exception:
                failed.append(name)
            """,
            breaks=("DAMAGE",),
            feedback="It stops, and looks as if it were done: a timeout around it never fires. Let it out.",
        ),
        Wrong(
            "both are caught",
            """
            except (Exception, asyncio.CancelledError):
                failed.append(name)
            """,
            breaks=("DAMAGE", "LINT"),
            feedback="That is BaseException under another name. A cancellation must get out.",
        ),
    ),
    given="import asyncio",
    hints=(
        "What is above Exception, and what beside it?",
        "CancelledError is a BaseException, and no Exception.",
    ),
    notice="So `except Exception` is safe in a coroutine; `except:` is not.",
    checks=(Check("DAMAGE", "a stop stops, a failure does not", stops_when_told), LINT),
)
