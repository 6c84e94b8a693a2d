"""What every `HttpClient` promises, adapters and decorators alike."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator

from infra_ref.contract import Rule, rule
from infra_ref.gateway.authentication_port import Bearer
from infra_ref.gateway.contracts.http_faults_contract import FaultRules
from infra_ref.gateway.contracts.http_redirects_contract import RedirectRules
from infra_ref.gateway.contracts.peer_contract import ONCE, failure, value
from infra_ref.gateway.errors import (
    BodyTooLarge,
    Disconnected,
    MalformedBody,
    NotModified,
    Rejected,
    ServerFailed,
    TooManyRequests,
    WrongContentType,
)
from infra_ref.gateway.exchange.scripted_server import Answer, ScriptedServer, json_answer
from infra_ref.gateway.port import HttpClient, HttpOptions


class HttpClientContract(FaultRules, RedirectRules):
    """What a client is held to, alone and under its decorators."""

    port = HttpClient

    @classmethod
    def _named_rules(cls) -> Iterator[tuple[str, Rule]]:
        """Order them by number: they were sorted into parts later."""
        yield from sorted(super()._named_rules(), key=lambda named: named[1].number)

    @rule("HTTP-01", "an answer has its status, its headers in lower case and its JSON decoded")
    async def answers(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(201, b'{"id": 7}', {"Content-Type": "application/json", "X-Page": "2"}))
        got = value(await client.get(f"{peer.url}/a"))
        assert (got.status, got.headers.get("x-page"), got.data) == (201, "2", {"id": 7})

    @rule("HTTP-02", "each verb sends its own method, the data as JSON and the caller's headers")
    async def verbs(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", json_answer({}))
        url, options = f"{peer.url}/a", HttpOptions(headers={"X-Trace": "t1"})
        for call in (client.post, client.put, client.patch):
            value(await call(url, {"name": "Zoë"}, options))
        value(await client.get(url, options))
        value(await client.delete(url, options))
        assert [one.method for one in peer.received] == ["POST", "PUT", "PATCH", "GET", "DELETE"]
        assert {one.headers.get("x-trace") for one in peer.received} == {"t1"}
        assert [one.body for one in peer.received] == [b'{"name":"Zo\xc3\xab"}'] * 3 + [b""] * 2

    @rule("HTTP-03", "204 is an answer without data")
    async def no_content(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(204, b"", {}))
        assert value(await client.delete(f"{peer.url}/a")).data is None

    @rule("HTTP-04", "4xx is Rejected, with its status and the peer's explanation")
    async def rejected(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", json_answer({"why": "no"}, 422))
        error = failure(await client.post(f"{peer.url}/a", {}), Rejected)
        assert (error.status, error.body, error.retryable) == (422, b'{"why": "no"}', False)

    @rule("HTTP-05", "429 is TooManyRequests, with the seconds that Retry-After asks for")
    async def rate_limited(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", json_answer({}, 429, headers={"retry-after": "7"}))
        error = failure(await client.get(f"{peer.url}/a", HttpOptions(**ONCE)), TooManyRequests)
        assert (error.retry_after, error.retryable) == (7.0, True)

    @rule("HTTP-06", "5xx is ServerFailed, and trying again may help")
    async def server_failed(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(503, b"<h1>Sorry</h1>", {"content-type": "text/html"}))
        error = failure(await client.get(f"{peer.url}/a", HttpOptions(**ONCE)), ServerFailed)
        assert (error.status, error.retryable, error.peer_failed) == (503, True, True)

    @rule("HTTP-07", "a body that is not the JSON that it declares is MalformedBody")
    async def malformed(self, client: HttpClient, peer: ScriptedServer) -> None:
        bodies = b'{"a": ', b"\xff\xfe\xff", b'{"a": NaN}', b"[1e999]", b"[" * 100_000, b""
        peer.answer("/a", *(Answer(200, body) for body in bodies))
        for _ in bodies:
            failure(await client.get(f"{peer.url}/a"), MalformedBody)

    @rule("HTTP-08", "a body of another content type is refused, and one that ends in +json is JSON")
    async def content_type(self, client: HttpClient, peer: ScriptedServer) -> None:
        html = Answer(200, b"<h1>Log in</h1>", {"content-type": "text/html; charset=utf-8"})
        peer.answer("/a", html, Answer(200, b"{}", {"content-type": "application/problem+json"}))
        error = failure(await client.get(f"{peer.url}/a"), WrongContentType)
        assert error.actual == "text/html"
        value(await client.get(f"{peer.url}/a"))

    @rule("HTTP-09", "a body larger than max_body is refused, and one of just that size is not")
    async def too_large(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(200, b'"%s"' % (b"x" * 1000)))
        value(await client.get(f"{peer.url}/a", HttpOptions(max_body=1002)))
        failure(await client.get(f"{peer.url}/a", HttpOptions(max_body=1001)), BodyTooLarge)

    @rule("HTTP-10", "a compressed body is unfolded, but not beyond max_body")
    async def compressed(self, client: HttpClient, peer: ScriptedServer) -> None:
        zipped = {"content-type": "application/json", "content-encoding": "gzip"}
        bomb = Answer(200, gzip.compress(b"1" * 1_000_000), zipped)
        peer.answer("/a", Answer(200, gzip.compress(b"[1]"), zipped), bomb)
        assert value(await client.get(f"{peer.url}/a", HttpOptions(max_body=10_000))).data == [1]
        failure(await client.get(f"{peer.url}/a", HttpOptions(max_body=10_000)), BodyTooLarge)

    @rule("HTTP-18", "an error shows neither credentials nor the values of a query")
    async def hides(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", json_answer({}, 403))
        url = f"{peer.url.replace('://', '://ann:swordfish@')}/a?page=2&token=swordfish"
        error = failure(await client.get(url, HttpOptions(headers={"x-token": "swordfish"})), Rejected)
        assert "swordfish" not in f"{error} {error!r}"
        assert error.url == f"{peer.url}/a?page=***&token=***"

    @rule("HTTP-23", "authentication goes out as its headers")
    async def authenticates(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", json_answer({}))
        value(await client.get(f"{peer.url}/a", HttpOptions(authentication=Bearer("t1"))))
        assert peer.received[-1].headers.get("authorization") == "Bearer t1"

    @rule("HTTP-24", "an idempotency key goes out as Idempotency-Key")
    async def idempotency_key(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", json_answer({}))
        value(await client.post(f"{peer.url}/a", {}, HttpOptions(idempotency_key="k1")))
        assert peer.received[-1].headers.get("idempotency-key") == "k1"

    @rule("HTTP-25", "of 50 calls at once each gets its own answer")
    async def concurrent(self, client: HttpClient, peer: ScriptedServer) -> None:
        for i in range(50):
            peer.answer(f"/{i}", json_answer(i))
        got = await asyncio.gather(*(client.get(f"{peer.url}/{i}") for i in range(50)))
        assert [value(one).data for one in got] == list(range(50))

    @rule("HTTP-26", "data that is not JSON raises TypeError or ValueError, and nothing is sent")
    async def unsendable(self, client: HttpClient, peer: ScriptedServer) -> None:
        raised = []
        for data in ({1, 2}, float("nan")):
            try:
                await client.post(f"{peer.url}/a", data)
            except (TypeError, ValueError) as error:
                raised.append(error)
        assert (len(raised), len(peer.received)) == (2, 0)

    @rule("HTTP-27", "bytes go out as they are")
    async def raw(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", json_answer({}))
        image = HttpOptions(headers={"content-type": "image/png"})
        value(await client.put(f"{peer.url}/a", b"\x00\xff", image))
        sent = peer.received[-1]
        assert (sent.body, sent.headers.get("content-type")) == (b"\x00\xff", "image/png")

    @rule("HTTP-28", "another accept asks for that type and gives the body as it is")
    async def other_type(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(200, b"<users/>", {"content-type": "application/xml; charset=utf-8"}))
        got = value(await client.get(f"{peer.url}/a", HttpOptions(accept="application/xml")))
        assert (got.body, got.data) == (b"<users/>", None)
        assert peer.received[-1].headers.get("accept") == "application/xml"

    @rule("HTTP-29", "of a refusal's body no more than 64 KiB is kept, whatever max_body is")
    async def long_refusal(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(400, b"x" * 1_000_000))
        assert len(failure(await client.get(f"{peer.url}/a"), Rejected).body) <= 64 * 1024

    @rule("HTTP-30", "304 is NotModified, with its headers")
    async def not_modified(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(304, b"", {"ETag": '"v1"', "Cache-Control": "max-age=60"}))
        options = HttpOptions(headers={"if-none-match": '"v1"'})
        error = failure(await client.get(f"{peer.url}/a", options), NotModified)
        assert (error.headers.get("etag"), error.headers.get("cache-control")) == ('"v1"', "max-age=60")
        assert not error.retryable and not error.peer_failed

    @rule("HTTP-34", "a status that no answer may have is Disconnected")
    async def no_status(self, client: HttpClient, peer: ScriptedServer) -> None:
        for status in (0, 101):
            peer.answer("/a", Answer(status, b""))
            failure(await client.get(f"{peer.url}/a", HttpOptions(**ONCE)), Disconnected)
