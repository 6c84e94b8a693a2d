"""What is particular to the client on aiohttp."""

from __future__ import annotations

import aiohttp
import pytest

from infra_ref.contract import run
from infra_ref.gateway.aiohttp_http_client import AiohttpHttpClient
from infra_ref.gateway.exchange.scripted_server import Answer, json_answer
from infra_ref.gateway.port import HttpOptions
from infra_ref.gateway.testing.loopback_server import LoopbackServer


def test_what_the_session_adds_stays_with_its_origin() -> None:
    async def check() -> None:
        key = {"x-api-key": "swordfish", "authorization": "Bearer swordfish", "user-agent": "shop"}
        async with LoopbackServer() as peer, aiohttp.ClientSession(headers=key) as session:
            peer.answer("/old", Answer(302, b"", {"location": "/older"}))
            peer.answer("/older", Answer(302, b"", {"location": f"{peer.other_url}/new"}))
            peer.answer("/new", Answer(302, b"", {"location": "/newest"}))
            peer.answer("/newest", json_answer({}))
            (await AiohttpHttpClient(session, base_url=peer.url).get("/old")).unwrap()
        assert [seen.headers.get("x-api-key") for seen in peer.received] == ["swordfish"] * 2 + [None] * 2
        assert "swordfish" not in str([seen.headers for seen in peer.received[2:]])
        assert [seen.headers["user-agent"] for seen in peer.received] == ["shop"] * 4
        assert peer.received[2].headers["host"] == peer.other_url.removeprefix("http://")

    run(check())


def test_what_is_no_url_is_a_bug_and_shows_no_secret() -> None:
    async def check() -> None:
        async with aiohttp.ClientSession() as session:
            http = AiohttpHttpClient(session)
            for url in ("/a", "users", "ftp://a.test/", "http://", "http://ann:swordfish@/?k=swordfish"):
                with pytest.raises(ValueError, match="is no") as caught:
                    await http.get(url)
                assert "swordfish" not in str(caught.getrepr(style="value"))

    run(check())


def test_several_headers_of_one_name_are_one() -> None:
    async def check() -> None:
        async with LoopbackServer() as peer, aiohttp.ClientSession() as session:
            peer.answer(
                "/a", json_answer({}, headers={"content-type": "application/json", "Vary": "a", "vary": "b"})
            )
            answer = (await AiohttpHttpClient(session).get(f"{peer.url}/a")).unwrap()
            assert answer.headers["vary"] == "a, b"

    run(check())


def test_a_long_body_goes_out_whole() -> None:
    async def check() -> None:
        async with LoopbackServer() as peer, aiohttp.ClientSession() as session:
            peer.answer("/a", json_answer({}))
            options = HttpOptions(headers={"content-type": "image/png"})
            (await AiohttpHttpClient(session).put(f"{peer.url}/a", bytes(3_000_000), options)).unwrap()
            assert peer.received[0].body == bytes(3_000_000)
            assert peer.received[0].headers["content-length"] == "3000000"

    run(check())
