"""What the how-to on keeping HTTP answers says of hishel, which decides for it."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import fakeredis
import hishel
import httpx
import pytest
from hishel.httpx import AsyncCacheTransport

from infra_ref.contract import run
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.port import HttpOptions

ANN, BOB = {"authorization": "Bearer ann"}, {"authorization": "Bearer bob"}
MINUTE = "max-age=60"


def calls_of(answer: dict[str, str], *requests: dict[str, str], shared: bool = True) -> int:
    """Return how many of the requests reached the peer."""
    received = []

    def peer(request: httpx.Request) -> httpx.Response:
        received.append(request)
        return httpx.Response(200, json=7, headers=answer)

    async def ask() -> None:
        async with fakeredis.FakeAsyncRedis() as redis:
            options = hishel.CacheOptions(shared=shared)
            cached = AsyncCacheTransport(httpx.MockTransport(peer), hishel.AsyncRedisStorage(redis), options)
            async with httpx.AsyncClient(transport=cached) as client:
                http = HttpxHttpClient(client)
                for headers in requests:
                    assert (await http.get("http://shop.test/a", HttpOptions(headers=headers))).unwrap()

    run(ask())
    return len(received)


def test_it_keeps_what_the_peer_allows_and_tells_users_of_a_shared_cache_apart() -> None:
    assert calls_of({"cache-control": MINUTE}, {}, {}) == 1
    assert calls_of({}, {}, {}) == 2
    assert calls_of({"cache-control": MINUTE}, ANN, BOB) == 2
    assert calls_of({"cache-control": MINUTE}, {}, {"cache-control": "no-cache"}) == 2


@pytest.mark.parametrize(
    ("answer", "requests", "shared"),
    [
        ({"cache-control": MINUTE}, (ANN, BOB), False),
        ({"cache-control": "public, max-age=60"}, (ANN, BOB), True),
        ({"cache-control": MINUTE}, ({"cookie": "s=1"}, {"cookie": "s=2"}), True),
        ({"cache-control": MINUTE, "age": "100"}, ({}, {}), True),
        ({"cache-control": MINUTE, "set-cookie": "s=1"}, ({}, {}), True),
        ({"cache-control": MINUTE}, ({}, {"cache-control": "max-age=0"}), True),
        ({"last-modified": formatdate(0, usegmt=True)}, ({}, {}), True),
    ],
)
def test_what_the_how_to_warns_of(answer: dict[str, str], requests: Any, shared: bool) -> None:
    assert calls_of({"date": formatdate(usegmt=True), **answer}, *requests, shared=shared) == 1
