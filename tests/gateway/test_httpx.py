"""What is particular to the client on httpx."""

from __future__ import annotations

import asyncio
import gzip

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.gateway.errors import BodyTooLarge, Redirected, Rejected
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.port import HttpOptions
from infra_ref.result import Err, Ok


def test_what_a_transport_has_read_already_is_held_to_the_same_limits() -> None:
    packed = {"content-type": "application/json", "content-encoding": "gzip"}
    answers = {
        "/fits": httpx.Response(200, content=gzip.compress(b"[1, 2]"), headers=packed),
        "/refused": httpx.Response(422, content=b"x" * 100_000),
    }

    async def check() -> None:
        transport = httpx.MockTransport(lambda request: answers[request.url.path])
        async with httpx.AsyncClient(transport=transport, base_url="http://peer.test") as client:
            http = HttpxHttpClient(client)
            assert (await http.get("/fits", HttpOptions(max_body=6))).unwrap().data == [1, 2]
            match await http.get("/fits", HttpOptions(max_body=5)):
                case Err(BodyTooLarge(limit=limit)):
                    assert limit == 5
                case other:
                    raise AssertionError(other)
            match await http.get("/refused", HttpOptions(max_body=5)):
                case Err(Rejected(body=body)):
                    assert len(body) == 64 * 1024
                case other:
                    raise AssertionError(other)

    run(check())


def test_what_the_caller_sets_goes_before_what_the_client_sets() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    async def check() -> None:
        headers = {"X-Tenant": "ours", "Host": "ours.test", "X-Kept": "yes"}
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), headers=headers) as client:
            options = HttpOptions(headers={"x-tenant": "theirs", "host": "theirs.test"})
            (await HttpxHttpClient(client).post("http://peer.test/a", {}, options)).unwrap()

    run(check())
    sent = seen[0].headers.multi_items()
    assert [(name, value) for name, value in sent if name in ("x-tenant", "host", "x-kept")] == [
        ("x-tenant", "theirs"),
        ("host", "theirs.test"),
        ("x-kept", "yes"),
    ]
    assert ("content-length", "2") in sent


LOCATIONS = st.text(max_size=30) | st.builds(
    "{}{}".format,
    st.sampled_from(["http://", "http:", "//", "/", "javascript:", "http://a.test:"]),
    st.text(max_size=20),
)


@given(LOCATIONS)
@settings(deadline=None, max_examples=300)
def test_no_location_of_a_peer_raises(location: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = [(b"location", location.encode("utf-8", "replace"))]
        return httpx.Response(302 if request.url.path == "/old" else 204, headers=headers)

    async def check() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            match await HttpxHttpClient(client).get("http://peer.test/old"):
                case Err(error):
                    assert isinstance(error, Redirected)
                case Ok(found):
                    assert found.redirected

    run(check())


def test_a_client_serves_one_event_loop_after_another() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.001)
        return httpx.Response(204)

    http = HttpxHttpClient(httpx.AsyncClient(transport=httpx.MockTransport(answer)), connections=1)

    async def crowd() -> None:
        for result in await asyncio.gather(*(http.get("http://peer.test/a") for _ in range(5))):
            assert isinstance(result, Ok)

    for _ in range(2):
        asyncio.run(crowd())


def test_the_client_goes_on_following_redirects_for_others() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return (
            httpx.Response(302, headers={"location": "/new"})
            if request.url.path == "/old"
            else httpx.Response(204)
        )

    async def check() -> None:
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            for _ in range(2):
                assert (await HttpxHttpClient(client).get("http://peer.test/old")).unwrap().redirected
                assert (await client.get("http://peer.test/old")).status_code == 204
            assert len(client.event_hooks["response"]) == 1

    run(check())
