"""What every `HttpClient` promises, adapters and decorators alike."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from typing import Any, TypeVar

from infra_ref.contract import Contract, Passing, Rule, Verdict, rule, tool
from infra_ref.contract.rule import Tool
from infra_ref.gateway.authentication_port import Bearer
from infra_ref.gateway.errors import (
    BodyTooLarge,
    Disconnected,
    MalformedBody,
    NotModified,
    Redirected,
    Rejected,
    ServerFailed,
    TimedOut,
    TooManyRequests,
    Unreachable,
    WrongContentType,
)
from infra_ref.gateway.exchange.scripted_server import Answer, Fault, ScriptedServer, json_answer
from infra_ref.gateway.port import HttpClient, HttpError, HttpOptions, Response
from infra_ref.result import Err, Ok, Result

E = TypeVar("E", bound=HttpError)
T = TypeVar("T")

ONCE: dict[str, Any] = {"attempts": 1}
QUICK, LONGER = 0.2, 0.4
"""Seconds: a timeout, and a time in which it has passed and the call has come back."""
FAULTS: tuple[Fault, ...] = ("cut", "reset", "half", "garbage", "hang")


class PeerContract(Contract):
    """The base of contracts that need a `peer`: a `LoopbackServer` on sockets, a `MemoryServer` in memory."""

    peer: Any = tool("a server that answers as scripted: LoopbackServer or MemoryServer")

    async def hold(self, one: Rule) -> Verdict:
        """Find out whether `one` holds, with the peer up."""
        if isinstance(self.peer, Tool):
            return await super().hold(one)
        async with self.peer:
            return await super().hold(one)


class HttpClientContract(PeerContract):
    """What a client is held to, alone and under its decorators."""

    port = HttpClient

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

    @rule("HTTP-04", "4xx is Rejected, with its status and what the peer says")
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

    @rule("HTTP-07", "a body that is not the JSON it says is MalformedBody")
    async def malformed(self, client: HttpClient, peer: ScriptedServer) -> None:
        bodies = b'{"a": ', b"\xff\xfe\xff", b'{"a": NaN}', b"[" * 100_000, b""
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

    @rule("HTTP-11", "no answer within the timeout is TimedOut")
    async def times_out(self, client: HttpClient, peer: ScriptedServer, clock: Passing) -> None:
        peer.answer("/a", Answer(fault="hang"))
        call = asyncio.create_task(client.get(f"{peer.url}/a", HttpOptions(timeout=QUICK, **ONCE)))
        await clock.advance(LONGER)
        assert call.done()
        assert failure(await call, TimedOut).retryable

    @rule("HTTP-12", "the timeout is for the whole attempt: a body that drips cannot outlast it")
    async def drips(self, client: HttpClient, peer: ScriptedServer, clock: Passing) -> None:
        peer.answer("/a", Answer(body=b'"%s"' % (b"x" * 98), delay=QUICK / 10, fault="drip"))
        call = asyncio.create_task(client.get(f"{peer.url}/a", HttpOptions(timeout=QUICK, **ONCE)))
        await clock.advance(LONGER)
        assert call.done()
        failure(await call, TimedOut)

    @rule("HTTP-13", "where nobody listens is Unreachable")
    async def unreachable(self, client: HttpClient, peer: ScriptedServer) -> None:
        assert failure(await client.get(f"{peer.nowhere}/a", HttpOptions(**ONCE)), Unreachable).peer_failed

    @rule("HTTP-14", "a connection that breaks before or within the answer is Disconnected")
    async def disconnected(self, client: HttpClient, peer: ScriptedServer) -> None:
        faults: tuple[Fault, ...] = ("cut", "reset", "half")
        peer.answer("/a", *(Answer(body=b'{"a": "b"}', fault=fault) for fault in faults))
        for _ in faults:
            failure(await client.get(f"{peer.url}/a", HttpOptions(**ONCE)), Disconnected)

    @rule("HTTP-15", "an answer that is not HTTP is Disconnected")
    async def garbage(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(fault="garbage"))
        failure(await client.get(f"{peer.url}/a", HttpOptions(**ONCE)), Disconnected)

    @rule("HTTP-16", "a cancelled call ends at once, as cancelled, and is not made again")
    async def cancelled(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(fault="hang"))
        call = asyncio.create_task(client.get(f"{peer.url}/a"))
        await until(lambda: peer.busy == 1)
        call.cancel()
        await asyncio.wait({call}, timeout=1)
        assert call.cancelled()
        assert len(peer.received) == 1

    @rule("HTTP-17", "calls that fail or are cancelled leave no connection in use")
    async def leaves_nothing(self, client: HttpClient, peer: ScriptedServer, clock: Passing) -> None:
        peer.answer("/a", *(Answer(fault=fault) for fault in FAULTS * 5))
        options = HttpOptions(timeout=QUICK, **ONCE)
        calls = [asyncio.create_task(client.get(f"{peer.url}/a", options)) for _ in FAULTS * 5]
        await until(lambda: len(peer.received) == len(calls))
        for call in calls[: len(calls) // 2]:
            call.cancel()
        await clock.advance(LONGER)
        await asyncio.wait(calls, timeout=1)
        await until(lambda: peer.busy == 0)
        assert peer.busy == 0

    @rule("HTTP-18", "an error shows neither credentials nor the values of a query")
    async def hides(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", json_answer({}, 403))
        url = f"{peer.url.replace('://', '://ann:swordfish@')}/a?page=2&token=swordfish"
        error = failure(await client.get(url, HttpOptions(headers={"x-token": "swordfish"})), Rejected)
        assert "swordfish" not in f"{error} {error!r}"
        assert error.url == f"{peer.url}/a?page=***&token=***"

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
        secret = HttpOptions(
            authentication=Bearer("swordfish"), headers={"cookie": "s=swordfish", "x-key": "swordfish"}
        )
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
        value(
            await client.put(f"{peer.url}/a", b"\x00\xff", HttpOptions(headers={"content-type": "image/png"}))
        )
        assert (peer.received[-1].body, peer.received[-1].headers.get("content-type")) == (
            b"\x00\xff",
            "image/png",
        )

    @rule("HTTP-28", "another accept asks for that type and gives the body as it is")
    async def other_type(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(200, b"<users/>", {"content-type": "application/xml; charset=utf-8"}))
        got = value(await client.get(f"{peer.url}/a", HttpOptions(accept="application/xml")))
        assert (got.body, got.data, peer.received[-1].headers.get("accept")) == (
            b"<users/>",
            None,
            "application/xml",
        )

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

    @rule("HTTP-31", "an answer of another URL than was asked says that it was redirected")
    async def tells_redirect(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/old", Answer(302, b"", {"location": "/new"}))
        peer.answer("/new", json_answer({}), json_answer({}), Answer(304, b"", {}))
        assert not value(await client.get(f"{peer.url}/new")).redirected
        assert value(await client.get(f"{peer.url}/old")).redirected
        assert failure(await client.get(f"{peer.url}/old"), NotModified).redirected

    @rule("HTTP-32", "a call whose connection breaks was sent once: to repeat it is another's choice")
    async def once(self, client: HttpClient, peer: ScriptedServer) -> None:
        peer.answer("/a", Answer(fault="cut"))
        failure(await client.delete(f"{peer.url}/a", HttpOptions(**ONCE)), Disconnected)
        assert len(peer.received) == 1


def value(result: Result[Response, HttpError]) -> Response:
    """Return the answer of an `Ok`; an `Err` breaks the rule."""
    assert isinstance(result, Ok), f"an answer was expected, and it {result.error}"
    return result.value


def failure(result: Result[object, HttpError], kind: type[E]) -> E:
    """Return the error of an `Err` of that kind; anything else breaks the rule."""
    assert isinstance(result, Err), f"{kind.__name__} was expected, and there was an answer"
    assert isinstance(result.error, kind), f"{kind.__name__} was expected, not {result.error!r}"
    return result.error


async def until(holds: Callable[[], bool], seconds: float = 2.0) -> None:
    """Return once it holds, or after that long."""
    for _ in range(round(seconds / 0.002)):
        if holds():
            return
        await asyncio.sleep(0.002)
