"""What every `HttpClient` promises about redirects. Part of `HttpClientContract`."""

from __future__ import annotations

from infra_ref.contract import rule
from infra_ref.gateway.authentication_port import Bearer
from infra_ref.gateway.contracts.peer_contract import ONCE, PeerContract, failure, value
from infra_ref.gateway.errors import NotModified, Redirected
from infra_ref.gateway.exchange.scripted_server import Answer, ScriptedServer, json_answer
from infra_ref.gateway.port import HttpClient, HttpOptions


class RedirectRules(PeerContract):
    """Where a redirect leads, and what goes along."""

    @rule("HTTP-19", "a GET follows a redirect within its origin, and its headers go along")
    async def follows(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/old", Answer(302, b"", {"location": "/new?x=1"}))
        peer.answer("/new", json_answer({"here": True}))
        options = HttpOptions(headers={"x-tenant": "t1"})
        assert value(await client.get(f"{peer.url}/old", options)).data == {"here": True}
        assert (peer.received[-1].path, peer.received[-1].headers.get("x-tenant")) == ("/new?x=1", "t1")

    @rule("HTTP-20", "nothing secret goes along to another origin")
    async def drops_credentials(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/old", Answer(302, b"", {"location": f"{peer.other_url}/new"}))
        peer.answer("/new", json_answer({}))
        headers = {"cookie": "s=swordfish", "x-key": "swordfish"}
        secret = HttpOptions(authentication=Bearer("swordfish"), headers=headers)
        value(await client.get(f"{peer.url}/old", secret))
        assert peer.received[-1].origin == peer.other_url
        assert "swordfish" not in str(peer.received[-1].headers)

    @rule("HTTP-21", "a method that is not safe follows no redirect")
    async def stays(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/old", Answer(307, b"", {"location": "/new"}))
        assert failure(await client.post(f"{peer.url}/old", {}), Redirected).location == "/new"
        assert len(peer.received) == 1

    @rule("HTTP-22", "a loop of redirects ends after 20 at most, as Redirected")
    async def loops(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(302, b"", {"location": "/a"}))
        failure(await client.get(f"{peer.url}/a"), Redirected)
        assert len(peer.received) <= 21

    @rule("HTTP-31", "an answer of another URL than was asked for is marked as redirected")
    async def tells_redirect(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/old", Answer(302, b"", {"location": "/new"}))
        peer.answer("/new", json_answer({}), json_answer({}), Answer(304, b"", {}))
        assert not value(await client.get(f"{peer.url}/new")).redirected
        assert value(await client.get(f"{peer.url}/old")).redirected
        assert failure(await client.get(f"{peer.url}/old"), NotModified).redirected

    @rule("HTTP-33", "a redirect to what is not a URL is Redirected, like any other that is not followed")
    async def nowhere_to_go(self, client: HttpClient, peer: ScriptedServer) -> None:
        for location in ("javascript:x", "data:,x", "mailto:a@b", "http:x", "http://[", "//", "http://a b/"):
            peer.answer("/old", Answer(302, b"", {"location": location}))
            error = failure(await client.get(f"{peer.url}/old", HttpOptions(**ONCE)), Redirected)
            assert (location, error.status) == (location, 302)
