"""Resources are closed in reverse, whatever goes wrong, and every failure is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from infra_ref.contract import raised, run
from infra_ref.factory.resources import Resources


@asynccontextmanager
async def resource(
    name: str, log: list[str], fails: BaseException | None = None, at: str = "close"
) -> AsyncGenerator[str]:
    if fails and at == "open":
        raise fails
    log.append(f"open {name}")
    try:
        yield name
    finally:
        log.append(f"close {name}")
        if fails:
            raise fails


def test_they_are_closed_in_reverse() -> None:
    async def story() -> list[str]:
        log: list[str] = []
        async with Resources() as resources:
            assert await resources.open(resource("a", log)) == "a"
            await resources.open(resource("b", log))
        return log

    assert run(story()) == ["open a", "open b", "close b", "close a"]


def test_one_that_cannot_be_opened_closes_those_before() -> None:
    async def story() -> list[str]:
        log: list[str] = []
        with raised(ConnectionError):
            async with Resources() as resources:
                await resources.open(resource("a", log))
                await resources.open(resource("b", log, ConnectionError(), at="open"))
        return log

    assert run(story()) == ["open a", "close a"]


def test_every_failure_to_close_is_told_beside_the_blocks_own_error() -> None:
    async def story() -> None:
        log: list[str] = []
        with raised(ExceptionGroup) as failed:
            async with Resources() as resources:
                for name in "abc":
                    await resources.open(resource(name, log, ConnectionError(name)))
                raise ZeroDivisionError
        assert [str(one) for one in failed[0].exceptions] == ["c", "b", "a"]
        assert isinstance(failed[0].__context__, ZeroDivisionError)

    run(story())


def test_the_blocks_own_error_comes_out_as_it_is() -> None:
    async def story() -> None:
        with raised(ZeroDivisionError):
            async with Resources() as resources:
                await resources.open(resource("a", []))
                raise ZeroDivisionError

    run(story())


def test_a_resource_that_raises_it_again_adds_no_second_error() -> None:
    class Raises:
        async def __aenter__(self) -> None: ...

        async def __aexit__(self, kind: object, error: BaseException | None, _: object) -> None:
            if error is not None:
                raise error

    async def story() -> None:
        with raised(ZeroDivisionError):
            async with Resources() as resources:
                await resources.open(Raises())
                raise ZeroDivisionError

    run(story())


def test_a_cancellation_while_closing_closes_the_others_and_stays_one() -> None:
    async def story() -> None:
        log: list[str] = []

        @asynccontextmanager
        async def slow() -> AsyncGenerator[None]:
            yield
            await asyncio.sleep(60)

        async def work() -> None:
            async with Resources() as resources:
                await resources.open(resource("a", log))
                await resources.open(slow())

        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert log == ["open a", "close a"]

    run(story())
