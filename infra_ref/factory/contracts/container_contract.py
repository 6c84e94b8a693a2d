"""What every dependency injection container promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from infra_ref.contract import Contract, raised, rule
from infra_ref.factory.errors import ContainerClosed, WiringError
from infra_ref.factory.port import OpenContainer, Provider
from infra_ref.factory.testing.wired import (
    Chicken,
    Egg,
    Keeps,
    Mail,
    Mailer,
    Newsletter,
    Orders,
    Perhaps,
    Session,
    Store,
    Users,
    app,
    begin_journal,
    named,
    opened_session,
    opened_store,
    opened_users,
    per_request,
)


class ContainerContract(Contract):
    """`make` gives the function that opens containers."""

    port = OpenContainer

    @rule("DI-01", "what is missing fails at build, and the path to it is named")
    async def missing(self, opens: OpenContainer) -> None:
        said = await _refused(opens, app(Orders), app(Users))
        assert all(name in said for name in ("Orders", "Users", "Store"))

    @rule("DI-02", "a cycle fails at build, and is named")
    async def cyclic(self, opens: OpenContainer) -> None:
        said = await _refused(opens, app(Chicken), app(Egg))
        assert all(name in said for name in ("Chicken", "Egg"))

    @rule("DI-03", "a cycle through a port fails at build, and is named")
    async def cyclic_by_port(self, opens: OpenContainer) -> None:
        said = await _refused(opens, app(Newsletter), app(Mail, Mailer))
        assert all(name in said for name in ("Newsletter", "Mail"))

    @rule("DI-04", "what lives for a request and would be kept for ever fails at build, and is named")
    async def captive(self, opens: OpenContainer) -> None:
        said = await _refused(opens, app(Store), per_request(Session), app(Keeps))
        assert all(name in said for name in ("Keeps", "Session"))

    @rule("DI-05", "all problems of a wiring come in one report", needs="all_at_once")
    async def at_once(self, opens: OpenContainer) -> None:
        said = await _refused(opens, app(Orders), app(Chicken), app(Egg), app(Users), app(Users))
        assert "Store" in said
        assert "Chicken" in said
        assert "twice" in said

    @rule("DI-06", "what is given twice is refused")
    async def twice(self, opens: OpenContainer) -> None:
        assert "Store" in await _refused(opens, app(Store), app(Store, opened_store))

    @rule("DI-07", "of 10 concurrent first uses, one makes it")
    async def once(self, opens: OpenContainer) -> None:
        log = begin_journal()

        async def slow() -> Store:
            log.append("make")
            await asyncio.sleep(0.01)
            return Store()

        async with opens([app(Store, slow), app(Users)]) as container:
            got = await asyncio.gather(*(container.get(Users) for _ in range(10)))
        assert log == ["make"]
        assert len({id(users.store) for users in got}) == 1

    @rule("DI-08", "nothing is made before it is used")
    async def lazy(self, opens: OpenContainer) -> None:
        log = begin_journal()
        async with opens([app(Store, opened_store), app(Users, opened_users)]) as container:
            before = list(log)
            await container.get(Store)
        assert (before, log) == ([], ["open store", "close store"])

    @rule("DI-09", "what is needed is opened first, and closed last")
    async def in_order(self, opens: OpenContainer) -> None:
        log = begin_journal()
        async with opens([app(Users, opened_users), app(Store, opened_store)]) as container:
            await container.get(Users)
        assert log == ["open store", "open users", "close users", "close store"]

    @rule("DI-10", "one failure to close stops no other, and all are reported")
    async def fails_to_close(self, opens: OpenContainer) -> None:
        async def bad_store() -> AsyncIterator[Store]:
            yield Store()
            raise ConnectionError("store")

        async def bad_users(store: Store) -> AsyncIterator[Users]:
            yield Users(store)
            raise ConnectionError("users")

        failed: list[str] = []
        try:
            async with opens([app(Store, bad_store), app(Users, bad_users)]) as container:
                await container.get(Users)
        except Exception as error:  # noqa: BLE001 - a container has a group of its own kind
            failed = [str(one) for one in getattr(error, "exceptions", [])]
        assert sorted(failed) == ["store", "users"]

    @rule("DI-11", "a build that fails half way closes what it opened")
    async def half_way(self, opens: OpenContainer) -> None:
        async def fails(store: Store) -> Users:
            raise ConnectionError("no users")

        log = begin_journal()
        with raised(ConnectionError):
            async with opens([app(Store, opened_store), app(Users, fails)]) as container:
                await container.get(Users)
        assert log == ["open store", "close store"]

    @rule("DI-12", "each request has its own objects, and shares those of the container")
    async def isolated(self, opens: OpenContainer) -> None:
        async with opens([app(Store), per_request(Session)]) as container:

            async def handle() -> tuple[Session, Session]:
                async with container.request() as request:
                    first = await request.get(Session)
                    await asyncio.sleep(0.001)
                    return first, await request.get(Session)

            handled = await asyncio.gather(*(handle() for _ in range(10)))
        assert all(first is second for first, second in handled)
        assert len({id(first) for first, _ in handled}) == 10
        assert len({id(first.store) for first, _ in handled}) == 1

    @rule("DI-13", "an exception and a cancellation in a request close what it opened")
    async def ends(self, opens: OpenContainer) -> None:
        log = begin_journal()
        async with opens([app(Store), per_request(Session, opened_session)]) as container:

            async def handle(fails: bool) -> None:
                async with container.request() as request:
                    await request.get(Session)
                    if fails:
                        raise ConnectionError("lost")
                    await asyncio.sleep(60)

            with raised(ConnectionError):
                await handle(True)
            hanging = asyncio.create_task(handle(False))
            await asyncio.sleep(0.01)
            hanging.cancel()
            with suppress(asyncio.CancelledError):
                await hanging
        assert log == ["open session", "close session"] * 2

    @rule("DI-14", "use after close is refused")
    async def closed(self, opens: OpenContainer) -> None:
        async with opens([app(Store), per_request(Session)]) as container:
            async with container.request() as request:
                await request.get(Session)
            with raised(ContainerClosed):
                await request.get(Session)
        with raised(ContainerClosed):
            await container.get(Store)

    @rule("DI-15", "a default never hides what is given and cannot be made")
    async def default(self, opens: OpenContainer) -> None:
        async def away() -> Store:
            raise ConnectionError("away")

        async with opens([app(Perhaps), app(Store, away)]) as container:
            with raised(ConnectionError):
                await container.get(Perhaps)

    @rule("DI-16", "overrides nest, and end with their block", needs="override")
    async def nests(self, opens: OpenContainer) -> None:
        async with opens([app(Store)]) as container:
            names = [(await container.get(Store)).name]
            async with container.override(app(Store, named("one"))):
                names.append((await container.get(Store)).name)
                async with container.override(app(Store, named("two"))):
                    names.append((await container.get(Store)).name)
                names.append((await container.get(Store)).name)
            names.append((await container.get(Store)).name)
        assert names == ["store", "one", "two", "one", "store"]

    @rule("DI-17", "an override reaches what was made before, and asynchronously", needs="override")
    async def reaches(self, opens: OpenContainer) -> None:
        async with opens([app(Store), app(Users, opened_users), app(Orders)]) as container:
            before = await container.get(Orders)
            async with container.override(app(Store, named("one"))):
                assert (await container.get(Orders)).users.store.name == "one"
            assert await container.get(Orders) is before

    @rule("DI-18", "an override of what nothing gives is refused", needs="override")
    async def overrides_nothing(self, opens: OpenContainer) -> None:
        async with opens([app(Store)]) as container:
            with raised(WiringError) as errors:
                async with container.override(app(Egg)):
                    raise AssertionError("it was let be")
        assert "Egg" in str(errors[0])

    @rule("DI-19", "what lives for a request, and what nothing gives, cannot be had of the container")
    async def not_there(self, opens: OpenContainer) -> None:
        async with opens([app(Store), per_request(Session)]) as container:
            for kind in (Session, Egg):
                with raised(WiringError) as errors:
                    await container.get(kind)
                assert kind.__name__ in str(errors[0])


async def _refused(opens: OpenContainer, *providers: Provider) -> str:
    with raised(WiringError) as errors:
        async with opens(providers):
            raise AssertionError("it was opened")
    return str(errors[0])
