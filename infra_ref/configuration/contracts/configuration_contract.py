"""What every `Configuration` promises."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.configuration.port import Configuration
from infra_ref.contract import Contract, rule, tool
from infra_ref.result import Err, Ok


class ConfigurationContract(Contract):
    """The settings have two options, `name` and `again`, which the source always gives the same value.

    At first it is "first".
    """

    port = Configuration
    write: Any = tool("a function that makes the source give `name` and `again` this value")
    spoil: Any = tool("a function that makes what the source holds invalid")

    @rule("CONF-01", "a reload puts the new settings in force, and says that they changed")
    async def reloads(self, configuration: Configuration[Any], write: Any) -> None:
        assert configuration.current.name == "first"
        write("second")
        assert await configuration.reload() == Ok(True)
        assert configuration.current.name == "second"

    @rule("CONF-02", "a snapshot that a reader holds never changes")
    async def keeps_snapshots(self, configuration: Configuration[Any], write: Any) -> None:
        held = configuration.current
        write("second")
        await configuration.reload()
        assert (held.name, held.again) == ("first", "first")

    @rule("CONF-03", "new settings that are not valid leave the old ones in force")
    async def keeps_the_old(self, configuration: Configuration[Any], spoil: Any) -> None:
        spoil()
        await configuration.reload()
        assert configuration.current.name == "first"

    @rule("CONF-04", "a refused reload says so, and `refused` goes on saying so until one succeeds")
    async def says_so(self, configuration: Configuration[Any], write: Any, spoil: Any) -> None:
        seen = [configuration.refused]
        spoil()
        refused = await configuration.reload()
        assert isinstance(refused, Err) and refused.error.problems
        seen.append(configuration.refused)
        write("first")
        await configuration.reload()
        seen.append(configuration.refused)
        assert seen == [None, refused.error, None]

    @rule("CONF-05", "each change calls the subscribers once, with the settings before and after")
    async def tells(self, configuration: Configuration[Any], write: Any) -> None:
        told: list[tuple[str, str]] = []
        configuration.subscribe(lambda before, after: told.append((before.name, after.name)))
        for name in ("second", "third"):
            write(name)
            await configuration.reload()
        assert told == [("first", "second"), ("second", "third")]

    @rule("CONF-06", "a subscriber sees the new settings in force")
    async def after_the_change(self, configuration: Configuration[Any], write: Any) -> None:
        seen: list[str] = []
        configuration.subscribe(lambda before, after: seen.append(configuration.current.name))
        write("second")
        await configuration.reload()
        assert seen == ["second"]

    @rule("CONF-07", "settings that are equal are no change, and nobody is called")
    async def equal(self, configuration: Configuration[Any], write: Any) -> None:
        told: list[str] = []
        configuration.subscribe(lambda before, after: told.append(after.name))
        write("first")
        assert await configuration.reload() == Ok(False)
        assert told == []

    @rule("CONF-08", "a subscriber that raises stops neither the others nor the reload")
    async def raising(self, configuration: Configuration[Any], write: Any) -> None:
        told: list[str] = []

        def fails(before: Any, after: Any) -> None:
            raise ZeroDivisionError

        configuration.subscribe(fails)
        configuration.subscribe(lambda before, after: told.append(after.name))
        write("second")
        await configuration.reload()
        assert (configuration.current.name, told) == ("second", ["second"])

    @rule("CONF-09", "who ended the subscription is not called, not even by the change under way")
    async def unsubscribes(self, configuration: Configuration[Any], write: Any) -> None:
        told: list[str] = []
        configuration.subscribe(lambda before, after: end())
        end = configuration.subscribe(lambda before, after: told.append(after.name))
        write("second")
        await configuration.reload()
        end()
        assert told == []

    @rule("CONF-10", "of two reloads at once, the last to start decides")
    async def in_order(self, configuration: Configuration[Any], write: Any) -> None:
        write("second")
        older = asyncio.create_task(configuration.reload())
        await asyncio.sleep(0)
        write("third")
        await configuration.reload()
        await older
        assert configuration.current.name == "third"

    @rule("CONF-11", "50 reloads under 100 readers never show half of one and half of another")
    async def whole(self, configuration: Configuration[Any], write: Any) -> None:
        done = False
        mixed: list[tuple[str, str]] = []

        async def read() -> None:
            while not done:
                held = configuration.current
                name = held.name
                await asyncio.sleep(0.001)  # not 0: a loop that never rests starves the thread that loads
                if held.again != name:
                    mixed.append((name, held.again))

        readers = [asyncio.create_task(read()) for _ in range(100)]
        try:
            for number in range(50):
                write(f"name {number}")
                await configuration.reload()
        finally:  # else they go on for ever where a reload raises, or takes too long
            done = True
        await asyncio.gather(*readers)
        assert mixed == []
        assert configuration.current.name == "name 49"

    @rule("CONF-12", "a reload that is cancelled leaves settings in force, and the next one works")
    async def cancelled(self, configuration: Configuration[Any], write: Any) -> None:
        write("second")
        reload = asyncio.create_task(configuration.reload())
        await asyncio.sleep(0)
        reload.cancel()
        await asyncio.wait({reload})
        assert configuration.current.name == configuration.current.again
        write("third")
        await configuration.reload()
        assert configuration.current.name == "third"
