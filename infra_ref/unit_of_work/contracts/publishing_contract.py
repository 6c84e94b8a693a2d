"""What a unit of work promises of events: published once, after the commit, and only then."""

from __future__ import annotations

from infra_ref.contract import raised, rule
from infra_ref.unit_of_work.contracts.accounts_contract import Account, AccountsContract, get, seen, stored
from infra_ref.unit_of_work.port import EventsNotPublished, MakeUnit


class PublishingRules(AccountsContract):
    """What entities say has happened is told to others when it has."""

    @rule("UOW-18", "events are published once, after the commit, in the order of each entity")
    async def publishes(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            a = await get(unit, "a")
            for amount in (1, 2):
                a.pay(amount)
                await unit.flush()
                assert self.published == []
            a.pay(3)
            await unit.commit()
        assert [event.data["amount"] for event in self.published] == [1, 2, 3]
        assert a.events == []

    @rule("UOW-19", "events of what was rolled back, refused or undone are never published")
    async def keeps_quiet(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            (await get(unit, "a")).pay(1)
            await unit.flush()
        async with make_unit() as first, make_unit() as second:
            (await get(first, "a")).pay(2)
            (await get(second, "a")).pay(3)
            await first.commit()
            await second.commit()
        async with make_unit() as unit:
            a = await get(unit, "a")
            with raised(ZeroDivisionError):
                async with unit.savepoint():
                    a.pay(4)
                    raise ZeroDivisionError
            a.pay(5)
            await unit.commit()
        assert [event.data["amount"] for event in self.published] == [2, 5]

    @rule("UOW-20", "a publisher that fails is told as EventsNotPublished, and the commit stands")
    async def tells_of_lost_events(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("dumb"))
        async with make_unit() as unit:
            (await get(unit, "dumb")).pay(1)
            with raised(EventsNotPublished) as errors:
                await unit.commit()
            assert [event.subject for event in errors[0].events] == ["dumb"]
            assert isinstance(errors[0].__cause__, ConnectionError)
        assert await seen(make_unit) == {"dumb": -1}

    @rule("UOW-27", "what was removed is heard too, though its key was given anew in the same unit")
    async def publishes_of_the_removed(self, make_unit: MakeUnit) -> None:
        await stored(make_unit, Account("a"))
        async with make_unit() as unit:
            (await get(unit, "a")).pay(1)
            await unit.repository(Account).delete("a")
            await unit.repository(Account).create(Account("a"))
            await unit.commit()
        assert [event.data["amount"] for event in self.published] == [1]
