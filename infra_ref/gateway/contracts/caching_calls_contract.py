"""What a caching client promises of calls that meet: of the same thing at once, and of what changes it."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.caching_contract import URL, V1, answer, unchanged, wanting
from infra_ref.gateway.contracts.decorator_contract import DecoratorContract, Inner, failed, passing
from infra_ref.gateway.contracts.http_client_contract import failure, value
from infra_ref.gateway.port import (
    Bearer,
    HttpOptions,
    Redirected,
    Rejected,
    Request,
    Response,
    ServerFailed,
    TimedOut,
)
from infra_ref.result import Ok

PUBLIC = "public, max-age=60"


class Slow(Inner):
    """An `Inner` that takes so many seconds for each call; of `most` it had so many at once."""

    def __init__(self, clock: FakeClock, seconds: float, *answers: Any) -> None:
        super().__init__(*answers)
        self._clock, self._seconds, self.most = clock, seconds, 0

    async def send(self, request: Request) -> Any:
        """Wait, then do as an `Inner` does."""
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            await self._clock.sleep(self._seconds)
            return await super().send(request)
        finally:
            self.busy -= 1


class Written(Inner):
    """Answers with what was PUT last when it was asked, so many seconds later."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self._clock, self._seconds, self._data = clock, seconds, "old"

    async def send(self, request: Request) -> Any:
        """Take it, or give it."""
        if request.method == "PUT":
            self._data = request.data
            return answer()
        data = self._data
        await self._clock.sleep(self._seconds)
        return answer(data)


class CachingCallsContract(DecoratorContract):
    """`wrap` takes the inner client, the `answers` that are kept, and the `clock`."""

    @rule("HCACHE-31", "POST, PUT, PATCH and DELETE are sent each time, and drop what is kept of the URL")
    async def changes(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Inner(answer(cache_control=PUBLIC)), clock=clock)
        readers = [HttpOptions(), wanting(x_a="1"), HttpOptions(authentication=Bearer("ann"))]
        for change in (client.post, client.put, client.patch):
            for one in readers:
                value(await client.get(URL, one))
            await change("HTTP://peer.test:80/a#part", {})
        value(await client.get(URL))
        await client.delete(URL)
        await client.delete(URL)
        value(await client.get(URL))
        assert [one.method for one in inner.calls] == [
            *("GET", "GET", "POST", "GET", "GET", "PUT", "GET", "GET", "PATCH"),
            *("GET", "DELETE", "DELETE", "GET"),
        ]

    @rule("HCACHE-32", "and what the answer names by Location, if it is of the same origin (4.4)")
    async def changes_others(self, wrap: Any, clock: FakeClock) -> None:
        other = "http://other.test/a/7"

        def peer(request: Request) -> Any:
            if request.method == "GET":
                return answer()
            return Ok(Response(201, {"location": "/a/7", "content-location": other}, b"", None))

        client = wrap(inner := Inner(peer), clock=clock)
        for url in (f"{URL}/7", f"{URL}/8", other):
            await client.get(url)
        await client.post(URL, {})
        for url in (f"{URL}/7", f"{URL}/8", other):
            await client.get(url)
        assert [one.url for one in inner.calls[4:]] == [f"{URL}/7"]

    @rule("HCACHE-33", "a change that failed drops nothing; a redirect is not a failure")
    async def failed_change(self, wrap: Any, clock: FakeClock) -> None:
        for error, calls in (
            (failed(Rejected, status=409), 2),
            (failed(ServerFailed), 2),
            (failed(Redirected, status=303, location="/b"), 3),
        ):
            client = wrap(inner := Inner(answer(), error, answer()), clock=clock)
            await client.get(URL)
            assert await client.put(URL, {}) is error
            await client.get(URL)
            assert len(inner.calls) == calls

    @rule(
        "HCACHE-34",
        "what was asked for before a change is not kept after it, nor shared by who asks after it",
    )
    async def late(self, wrap: Any, clock: FakeClock) -> None:
        for how in (HttpOptions(), wanting(cache_control="no-cache")):
            for seconds in (0, 1):
                client = wrap(Written(clock, 1), clock=clock)
                early = asyncio.create_task(client.get(URL, how))
                await clock.advance(0.5)
                value(await client.put(URL, "new"))
                await clock.advance(seconds)
                assert value(await passing(clock, client.get(URL), 1)).data == "new"
                assert value(await early).data == "old"

    @rule(
        "HCACHE-35",
        "a hundred who ask for the same at once make one call, and each gets an answer of its own",
    )
    async def one_call(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Slow(clock, 1, answer([1], etag=V1), unchanged(etag=V1)), clock=clock)
        for calls in (1, 2):
            got = await passing(clock, _together(*(client.get(URL) for _ in range(100))), 1)
            for one in got:
                assert value(one).data == [1]
                value(one).data.append(2)
            assert len(inner.calls) == calls
            await clock.advance(60)

    @rule(
        "HCACHE-36", "one who asks may be cancelled, and the others get theirs; when all are, so is the call"
    )
    async def cancelled(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Slow(clock, 10, answer()), clock=clock)
        asking = [asyncio.create_task(client.get(URL)) for _ in range(3)]
        await clock.advance(1)
        asking[0].cancel()
        await clock.advance(9)
        assert asking[0].cancelled()
        assert [value(await one).data for one in asking[1:]] == [1, 1]
        asking = [asyncio.create_task(client.get(f"{URL}/b")) for _ in range(3)]
        await clock.advance(1)
        for one in asking:
            one.cancel()
        await clock.advance(0)
        assert all(one.cancelled() for one in asking)
        assert inner.busy == 0
        assert value(await passing(clock, client.get(f"{URL}/b"), 10)).data == 1

    @rule("HCACHE-37", "what may serve one caller alone, each asks for by itself, side by side")
    async def not_shared(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Slow(clock, 1, answer(cache_control="no-store")), clock=clock)
        await passing(clock, _together(*(client.get(URL) for _ in range(10))), 2)
        assert (len(inner.calls), inner.most) == (10, 9)
        # Now it is known, and nobody waits for a first one to come back.
        await passing(clock, _together(*(client.get(URL) for _ in range(10))), 1)
        assert len(inner.calls) == 20

    @rule("HCACHE-38", "only calls share that would wait as long, for as much, with the same headers")
    async def not_alike(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Slow(clock, 1, answer()), clock=clock)
        different = [HttpOptions(timeout=1), HttpOptions(deadline=9), HttpOptions(attempts=1)]
        different += [HttpOptions(max_body=9), wanting(x_a="1"), HttpOptions(authentication=Bearer("ann"))]
        await passing(clock, _together(*(client.get(URL, one) for one in (HttpOptions(), *different))), 1)
        assert len(inner.calls) == 1 + len(different)

    @rule("HCACHE-39", "an error reaches all who share the call, and the next to ask makes a new one")
    async def shared_error(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Slow(clock, 1, failed(TimedOut, seconds=1), answer()), clock=clock)
        for got in await passing(clock, _together(*(client.get(URL) for _ in range(10))), 1):
            failure(got, TimedOut)
        assert len(inner.calls) == 1
        value(await passing(clock, client.get(URL), 1))

    @rule("HCACHE-40", "a second call has what is left of the deadline")
    async def deadline(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Slow(clock, 4, answer(etag=V1), unchanged(etag='"v0"'), answer()), clock=clock)
        options = HttpOptions(deadline=10)
        await passing(clock, client.get(URL, options), 4)
        await clock.advance(60)
        await passing(clock, client.get(URL, options), 8)
        client = wrap(more := Slow(clock, 4, answer(cache_control=None)), clock=clock)
        await passing(clock, _together(client.get(URL, options), client.get(URL, options)), 8)
        assert [one.options.deadline for one in (*inner.calls, *more.calls)] == [10, 10, 6, 10, 6]


async def _together(*calls: Any) -> list[Any]:
    return list(await asyncio.gather(*calls))
