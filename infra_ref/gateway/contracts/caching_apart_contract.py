"""What a caching client promises of whose answer is whose. The adapter is the constructor of one."""

from __future__ import annotations

import logging
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.caching_contract import (
    MINUTE,
    URL,
    V1,
    Reading,
    answer,
    unchanged,
    wanting,
)
from infra_ref.gateway.contracts.decorator_contract import Inner
from infra_ref.gateway.contracts.http_client_contract import value
from infra_ref.gateway.decisions.kept_answers import KeptAnswers
from infra_ref.gateway.port import ApiKey, Basic, Bearer, HttpOptions, OnBehalfOf, Request


class CachingApartContract(Reading):
    """`wrap` takes the inner client, the `answers` that are kept, and the `clock`."""

    @rule(
        "HCACHE-21", "shared, it keeps what is private or asked for by somebody only if the peer allows (3.5)"
    )
    async def private(self, wrap: Any, clock: FakeClock) -> None:
        ann = HttpOptions(authentication=Bearer("ann"))
        for cache_control, shared, who, calls in (
            ("private, max-age=60", True, HttpOptions(), 2),
            ("private, max-age=60", False, HttpOptions(), 1),
            (MINUTE, True, ann, 2),
            (MINUTE, False, ann, 1),
            ("public, max-age=60", True, ann, 1),
            ("s-maxage=60", True, ann, 1),
        ):
            answers = KeptAnswers(shared=shared)
            client = wrap(inner := Inner(answer(cache_control=cache_control)), answers, clock=clock)
            assert await self.calls(client, inner, who, who) == calls, (cache_control, shared)

    @rule("HCACHE-22", "nobody gets what was asked for by somebody else, even where the peer calls it public")
    async def users_apart(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Inner(answer(cache_control="public, max-age=60")), clock=clock)
        users = [
            HttpOptions(authentication=kind(one)) for kind in (Bearer, ApiKey, OnBehalfOf) for one in "ab"
        ]
        users += [HttpOptions(authentication=Basic("ann", one)) for one in "ab"]
        users += [wanting(**{name: one}) for name in ("Authorization", "cookie") for one in "ab"]
        everybody = [HttpOptions(), *users]
        assert await self.calls(client, inner, *everybody) == len(everybody)
        assert await self.calls(client, inner, *everybody) == 0
        for user in ("ann:a", "ann:b"):
            await client.get(URL.replace("://", f"://{user}@"))
        assert len(inner.calls) == len(everybody) + 2

    @rule(
        "HCACHE-23", "requests that differ in what the answer Varies on are apart; `*` is never given unasked"
    )
    async def varies(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Inner(answer(vary="Accept-Encoding, X-Tongue")), clock=clock)
        tongues = wanting(x_tongue="de"), wanting(X_Tongue="en"), HttpOptions()
        assert await self.calls(client, inner, *tongues) == 3
        assert await self.calls(client, inner, *tongues, wanting(x_tongue="de", x_trace="t2")) == 0
        await self.lives(wrap, answer(vary="*"), 0)
        await self.lives(wrap, answer(vary="Accept, *"), 0)

    @rule("HCACHE-24", "a cookie that is set reaches who asked, and nobody else")
    async def sets_cookie(self, wrap: Any, clock: FakeClock) -> None:
        await self.lives(wrap, answer(cache_control="public, max-age=60", set_cookie="s=1"), 0)
        renews = unchanged(etag=V1, cache_control=MINUTE, set_cookie="s=1")
        client = wrap(Inner(answer(etag=V1), renews), clock=clock)
        await client.get(URL)
        await clock.advance(60)
        for _ in range(2):
            assert "set-cookie" not in value(await client.get(URL)).headers

    @rule("HCACHE-25", "methods are apart, and so is what they accept")
    async def forms_apart(self, wrap: Any, clock: FakeClock) -> None:
        client = wrap(inner := Inner(answer()), clock=clock)
        xml = HttpOptions(accept="*/*")
        for _ in range(2):
            await client.send(Request("HEAD", URL))
            assert value(await client.get(URL)).data == 1
            assert value(await client.get(URL, xml)).body == b"1"
        assert len(inner.calls) == 3

    @rule("HCACHE-26", "changing what was got changes nothing that is kept")
    async def apart_from_callers(self, wrap: Any, clock: FakeClock) -> None:
        given = answer({"names": ["Ann"]}, cache_control="max-age=60")
        client = wrap(Inner(given), clock=clock)
        for _ in range(3):
            got = value(await client.get(URL))
            assert (got.data, got.headers.get("cache-control")) == ({"names": ["Ann"]}, MINUTE)
            got.data["names"].append("Bob")
            got.headers["cache-control"] = "no-store"  # type: ignore[index]

    @rule("HCACHE-27", "no secret of a request is in a repr or in what is logged")
    async def hides(self, wrap: Any, clock: FakeClock) -> None:
        said: list[str] = []
        ear = logging.Handler()
        ear.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
        root = logging.getLogger()
        before = root.level
        root.addHandler(ear)
        root.setLevel(logging.DEBUG)
        try:
            answers = KeptAnswers()
            client = wrap(Inner(answer(cache_control="public, max-age=60")), answers, clock=clock)
            options = HttpOptions(authentication=Bearer("swordfish"))
            url = "http://ann:swordfish@peer.test/a?token=swordfish"
            for _ in range(2):
                await client.get(url, options)
                await clock.advance(60)
        finally:
            root.removeHandler(ear)
            root.setLevel(before)
        assert "swordfish" not in f"{said} {client!r} {answers!r} {vars(client)!r}"
