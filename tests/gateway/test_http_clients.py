"""The clients are held to their contract: the fake in memory, the real one on sockets of this machine."""

from __future__ import annotations

from functools import cached_property

import httpx

from infra_ref.contract import run
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.exchange.scripted_server import Answer, json_answer
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.testing.loopback_server import LoopbackServer
from infra_ref.result import Ok


class OnSockets(HttpClientContract):
    @cached_property
    def peer(self) -> LoopbackServer:
        return LoopbackServer()


def test_what_the_client_logs_in_with_itself_stays_at_its_origin() -> None:
    async def check() -> list[str | None]:
        async with LoopbackServer() as peer, httpx.AsyncClient(trust_env=False, auth=("ann", "pw")) as client:
            peer.answer("/old", Answer(302, b"", {"location": "/older"}))
            peer.answer("/older", Answer(302, b"", {"location": f"{peer.other_url}/new"}))
            peer.answer("/new", json_answer({}))
            assert isinstance(await HttpxHttpClient(client).get(f"{peer.url}/old"), Ok)
            return [one.headers.get("authorization") for one in peer.received]

    assert run(check()) == ["Basic YW5uOnB3"] * 2 + [None]
