"""What a caching client promises of the answers it gives again. The adapter is the constructor of one.

Section numbers are those of RFC 9111.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from typing import Any

from infra_ref.clock import EPOCH, FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.decorator_contract import DecoratorContract, Inner, failed, passing
from infra_ref.gateway.contracts.http_client_contract import failure, value
from infra_ref.gateway.decisions.kept_answers import KeptAnswers
from infra_ref.gateway.port import (
    BodyTooLarge,
    Disconnected,
    HttpOptions,
    NotModified,
    Rejected,
    Request,
    Response,
)
from infra_ref.result import Ok

URL = "http://peer.test/a"
MINUTE = "max-age=60"
V1 = '"v1"'


def answer(data: Any = 1, cache_control: str | None = MINUTE, **headers: str) -> Ok[Response]:
    """Return an answer with these headers, `_` standing for `-` in their names."""
    named = {"content-type": "application/json"} | ({"cache-control": cache_control} if cache_control else {})
    named |= {name.replace("_", "-"): text for name, text in headers.items()}
    return Ok(Response(200, named, json.dumps(data).encode(), data))


def unchanged(**headers: str) -> Any:
    """Return a 304 with these headers."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return failed(NotModified, headers=named)


def date(seconds: float = 0) -> str:
    """Return the moment so long after the clock's start, as a header."""
    return format_datetime(EPOCH + timedelta(seconds=seconds), usegmt=True)


def wanting(**headers: str) -> HttpOptions:
    """Return options with these request headers."""
    return HttpOptions(headers={name.replace("_", "-"): text for name, text in headers.items()})


class JumpingClock(FakeClock):
    """A clock whose time of day was set wrong, by so many seconds."""

    wrong = 0.0

    def now(self) -> datetime:
        """Return the wrong time."""
        return super().now() + timedelta(seconds=self.wrong)


class Reading(DecoratorContract):
    """What the contracts of caching share: to read, and to count the calls that it takes."""

    @cached_property
    def clock(self) -> JumpingClock:
        """The clock that the decorator is given."""
        return JumpingClock()

    async def calls(self, client: Any, inner: Inner, *options: HttpOptions) -> int:
        """Return how many calls it takes to read the URL once with each of these options."""
        before = len(inner.calls)
        for one in options or (HttpOptions(),):
            value(await client.get(URL, one))
        return len(inner.calls) - before

    async def lives(self, wrap: Any, given: Ok[Response], seconds: float, **more: Any) -> None:
        """Demand that an answer is given again for just so many seconds."""
        clock, inner, shown = JumpingClock(), Inner(given), dict(given.value.headers)
        client = wrap(inner, clock=clock, **more)
        await self.calls(client, inner)
        if seconds > 0:
            await clock.advance(seconds - 0.5)
            assert await self.calls(client, inner) == 0, f"{shown} is fresh for {seconds:g} s"
            await clock.advance(0.5)
        assert await self.calls(client, inner) == 1, f"{shown} is stale after {seconds:g} s"


class CachingContract(Reading):
    """`wrap` takes the inner client, the `answers` that are kept, and the `clock`."""

    @rule("HCACHE-01", "a fresh answer is given again without a call, with its Age")
    async def fresh(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Inner(answer({"id": 7}, etag=V1)), clock=clock)
        await client.get(URL)
        await clock.advance(59)
        again = value(await client.get(URL))
        assert (len(inner.calls), again.data, again.headers.get("etag")) == (1, {"id": 7}, V1)
        assert again.headers.get("age") == "59"

    @rule("HCACHE-02", "of a stale one it asks whether it still holds, and a 304 makes its headers new")
    async def revalidates(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(
            inner := Inner(
                answer(etag=V1, last_modified=date(-99), x_rate="5"),
                unchanged(etag=V1, x_rate="4", cache_control=MINUTE),
            ),
            clock=clock,
        )
        await client.get(URL, wanting(x_trace="t"))
        await clock.advance(60)
        renewed = value(await client.get(URL, wanting(x_trace="t")))
        asked = inner.calls[1].options.headers
        assert (asked.get("if-none-match"), asked.get("if-modified-since")) == (V1, date(-99))
        assert asked.get("x-trace") == "t"
        assert (renewed.data, renewed.headers.get("x-rate")) == (1, "4")
        await clock.advance(59)
        assert value(await client.get(URL)).headers.get("x-rate") == "4"
        assert len(inner.calls) == 2

    @rule("HCACHE-03", "a new answer takes the place of a stale one")
    async def replaces(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Inner(answer(1, etag=V1), answer(2, etag='"v2"')), clock=clock)
        await client.get(URL)
        await clock.advance(60)
        assert [value(await client.get(URL)).data for _ in range(2)] == [2, 2]
        assert len(inner.calls) == 2

    @rule("HCACHE-04", "a 304 that speaks of another answer, or another URL, is not believed")
    async def other_304(self, wrap: Any, clock: FakeClock) -> None:
        for told in (unchanged(etag='"v0"'), failed(NotModified, headers={"etag": V1}, redirected=True)):
            client = wrap(inner := Inner(answer(1, etag=V1), told, answer(2)), clock=clock)
            await client.get(URL)
            await clock.advance(60)
            assert value(await client.get(URL)).data == 2
            assert "if-none-match" not in inner.calls[2].options.headers

    @rule("HCACHE-05", "nothing is given twice unless the peer says for how long, and that makes sense")
    async def says_nothing(self, wrap: Any) -> None:
        garbage = "Sat, 99 Foo 99999 25:61:61"
        for cache_control in ("max-age=0", "max-age=soon", "max-age=60, no-cache", "max-age=60, no-store"):
            await self.lives(wrap, answer(cache_control=cache_control), 0)
        for headers in (
            {"last_modified": date(-1_000_000)},
            {"expires": date(-1000)},
            {"expires": "0"},
            {"expires": garbage, "date": garbage},
            {},
        ):
            await self.lives(wrap, answer(cache_control=None, **headers), 0)

    @rule("HCACHE-06", "it is fresh for s-maxage if shared, else max-age, else until Expires (4.2.1)")
    async def lifetimes(self, wrap: Any) -> None:
        both, year = "max-age=60, s-maxage=10", 365 * 86_400
        await self.lives(wrap, answer(cache_control=both), 10)
        await self.lives(wrap, answer(cache_control=both), 60, answers=KeptAnswers(shared=False))
        await self.lives(wrap, answer(cache_control='Max-Age = "60"', expires=date(20)), 60)
        await self.lives(wrap, answer(cache_control=None, date=date(), expires=date(20)), 20)
        await self.lives(wrap, answer(cache_control=None, date="yesterday", expires=date(year)), year)

    @rule("HCACHE-07", "how old it was when it came counts: by Age, by Date, by the time it took (4.2.3)")
    async def comes_old(self, wrap: Any, clock: FakeClock) -> None:
        await self.lives(wrap, answer(age="50"), 10)
        await self.lives(wrap, answer(age="61"), 0)
        await self.lives(wrap, answer(date=date(-40)), 20)

        async def slow(request: Request) -> Any:
            await clock.sleep(30)
            return answer()

        client = wrap(inner := Inner(slow), clock=clock)
        await passing(clock, client.get(URL), 30)
        await clock.advance(29)
        assert await self.calls(client, inner) == 0
        await clock.advance(1)
        await passing(clock, client.get(URL), 30)
        assert len(inner.calls) == 2

    @rule("HCACHE-08", "setting the clock, back or forth, changes the age of nothing that is kept")
    async def clock_set(self, wrap: Any, clock: JumpingClock) -> None:
        client = wrap(inner := Inner(answer(date=date())), clock=clock)
        await client.get(URL)
        for wrong in (-86_400, 86_400):
            clock.wrong = wrong
            assert await self.calls(client, inner) == 0
        clock.wrong = -86_400
        await clock.advance(60)
        assert await self.calls(client, inner) == 1

    @rule("HCACHE-09", "an error is not kept, and what is stale is not given in its place")
    async def errors(self, wrap: Any, clock: FakeClock) -> None:
        generous = "max-age=60, stale-if-error=3600, stale-while-revalidate=3600"
        gone = failed(Rejected, status=404)
        client = wrap(Inner(answer(1, generous), gone, failed(Disconnected), answer(2)), clock=clock)
        await client.get(URL)
        await clock.advance(60)
        assert await client.get(URL) is gone
        failure(await client.get(URL), Disconnected)
        assert value(await client.get(URL)).data == 2

    @rule("HCACHE-10", "a request that asks anew, or does a cache's work itself, is sent")
    async def asks_anew(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Inner(answer(1, etag=V1), unchanged(etag=V1), answer(2)), clock=clock)
        await client.get(URL)
        assert value(await client.get(URL, wanting(Cache_Control="no-cache"))).data == 1
        assert inner.calls[1].options.headers.get("if-none-match") == V1
        anew = wanting(cache_control="max-age=0"), wanting(pragma="no-cache")
        assert await self.calls(client, inner, *anew) == 2
        for own in (
            wanting(cache_control="no-store"),
            wanting(range="bytes=0-1"),
            wanting(If_None_Match=V1),
        ):
            value(await client.get(URL, own))
            assert inner.calls[-1].options is own
        value(await client.send(Request("GET", URL, {"a": "body"})))
        assert len(inner.calls) == 8

    @rule("HCACHE-11", "what `no-store` asks for is not kept")
    async def keeps_no_secret(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Inner(answer()), clock=clock)
        assert await self.calls(client, inner, wanting(cache_control="no-store"), HttpOptions()) == 2

    @rule("HCACHE-12", "max_body holds for what is kept too")
    async def limits(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(Inner(answer("x" * 98)), clock=clock)
        await client.get(URL)
        assert len(value(await client.get(URL, HttpOptions(max_body=100))).body) == 100
        assert failure(await client.get(URL, HttpOptions(max_body=99)), BodyTooLarge).limit == 99

    @rule("HCACHE-13", "an answer of another URL, by a redirect, is not kept")
    async def redirected(self, wrap: Any, clock: FakeClock) -> None:
        elsewhere = Ok(replace(answer().value, redirected=True))
        client = wrap(inner := Inner(elsewhere), clock=clock)
        assert await self.calls(client, inner, HttpOptions(), HttpOptions()) == 2

    @rule("HCACHE-14", "what is kept stays within its bounds, and what was asked for last stays")
    async def bounded(self, wrap: Any, clock: FakeClock) -> None:
        def numbered(request: Request) -> Any:
            return answer("x" * 1000, vary="x-number")

        for answers, most in ((KeptAnswers(max_entries=10), 10), (KeptAnswers(max_bytes=20_000), 19)):
            client = wrap(inner := Inner(numbered), answers, clock=clock)
            for number in range(100):
                await client.get(f"{URL}/{number}")
                await client.get(f"{URL}/0")
            assert len(inner.calls) == 100
            assert 1 < len(answers) <= most
        client = wrap(Inner(numbered), answers := KeptAnswers(), clock=clock)
        for number in range(100):
            await client.get(URL, wanting(x_number=str(number)))
        assert len(answers) < 20
