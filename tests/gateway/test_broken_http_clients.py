"""Each rule has a client that breaks it and no other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest

from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
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
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.gateway.port import HttpOptions, Request
from infra_ref.result import Err, Ok


class Changed(MemoryHttpClient):
    """Changes what goes out and what comes back."""

    def before(self, request: Request) -> Request:
        return request

    def after(self, request: Request, result: Any) -> Any:
        return result

    async def send(self, request: Request) -> Any:
        return self.after(request, await super().send(self.before(request)))


def changed_error(kind: type, change: Callable[[Any], Any]) -> type[Changed]:
    class ChangesAnError(Changed):
        def after(self, request: Request, result: Any) -> Any:
            match result:
                case Err(error) if type(error) is kind:
                    return change(error)
            return result

    return ChangesAnError


def without(name: str) -> type[Changed]:
    class Drops(Changed):
        def before(self, request: Request) -> Request:
            return replace(request, options=replace(request.options, **{name: None}))

    return Drops


class KeepsCase(Changed):
    def after(self, request: Request, result: Any) -> Any:
        match result:
            case Ok(answer):
                return Ok(replace(answer, headers={k.title(): v for k, v in answer.headers.items()}))
        return result


class PatchesByPut(Changed):
    def before(self, request: Request) -> Request:
        return replace(request, method="PUT") if request.method == "PATCH" else request


class WantsContent(Changed):
    def after(self, request: Request, result: Any) -> Any:
        match result:
            case Ok(answer) if answer.status == 204:
                return Err(MalformedBody.of(request, why="empty"))
        return result


class IgnoresPlus(Changed):
    def after(self, request: Request, result: Any) -> Any:
        match result:
            case Ok(answer) if "+json" in answer.headers.get("content-type", ""):
                return Err(WrongContentType.of(request, expected="application/json", seen="?"))
        return result


class NoLimit(Changed):
    def before(self, request: Request) -> Request:
        small = request.options.max_body == 1001
        return replace(request, options=replace(request.options, max_body=10**9)) if small else request


class Unfolds(Changed):
    def before(self, request: Request) -> Request:
        small = request.options.max_body == 10_000
        return replace(request, options=replace(request.options, max_body=10**9)) if small else request


def patient(fault: str) -> type[MemoryHttpClient]:
    class WaitsForIt(MemoryHttpClient):
        async def send(self, request: Request) -> Any:
            told = [answer.fault for one in self._server._answers.values() for answer in one]
            longer = (
                replace(request.options, timeout=60)
                if told == [fault] and not self._server.received
                else request.options
            )
            return await super().send(replace(request, options=longer))

    return WaitsForIt


class RaisesWhenUnreachable(Changed):
    def after(self, request: Request, result: Any) -> Any:
        if isinstance(result, Err) and isinstance(result.error, Unreachable):
            raise ConnectionRefusedError
        return result


class TakesHalf(MemoryHttpClient):
    async def _exchange(self, request: Request) -> Any:
        half = self._answer_now(request)
        got = await super()._exchange(request)
        return (200, {"content-type": "application/json"}, b"{}") if half else got

    def _answer_now(self, request: Request) -> bool:
        answers = self._server._answers.get("/a")
        return bool(answers) and answers[0].fault == "half"


class TakesGarbage(TakesHalf):
    def _answer_now(self, request: Request) -> bool:
        answers = self._server._answers.get("/a")
        return bool(answers) and answers[0].fault == "garbage"


class SwallowsCancellation(MemoryHttpClient):
    async def send(self, request: Request) -> Any:
        try:
            return await super().send(request)
        except asyncio.CancelledError:
            return Err(Disconnected.of(request))


class Leaks(MemoryHttpClient):
    async def send(self, request: Request) -> Any:
        try:
            return await super().send(request)
        except asyncio.CancelledError:
            self._server.busy += 1
            raise


class ShowsTheUrl(Changed):
    def after(self, request: Request, result: Any) -> Any:
        match result:
            case Err(Rejected() as error) if "@" in request.url:
                return Err(replace(error, url=request.url))
        return result


class StaysPut(MemoryHttpClient):
    async def _follow(self, request: Request) -> Any:
        got = await super()._follow(request)
        if request.url.endswith("/old") and self._server.received[-1].path == "/new?x=1":
            return Err(Redirected.of(request, status=302, location="/new"))
        return got


class TakesAllAlong(MemoryHttpClient):
    async def _follow(self, request: Request) -> Any:
        self._first = request
        return await super()._follow(request)

    async def _exchange(self, request: Request) -> Any:
        return await super()._exchange(replace(request, options=self._first.options))


class FollowsWithPost(Changed):
    async def send(self, request: Request) -> Any:
        result = await super().send(request)
        if request.method == "POST" and isinstance(result, Err) and isinstance(result.error, Redirected):
            return await super().send(replace(request, url=self._server.url + result.error.location))
        return result


class NeverTires(MemoryHttpClient):
    async def send(self, request: Request) -> Any:
        result = await super().send(request)
        for _ in range(10):
            if (
                request.url.endswith("/a")
                and isinstance(result, Err)
                and isinstance(result.error, Redirected)
            ):
                result = await super().send(request)
        return result


class MixesUp(MemoryHttpClient):
    _last: Any = None

    async def send(self, request: Request) -> Any:
        self._last = await super().send(request)
        await asyncio.sleep(0)
        return self._last


class SendsAnything(Changed):
    def before(self, request: Request) -> Request:
        try:
            json.dumps(request.data if not isinstance(request.data, bytes) else "", allow_nan=False)
            return request
        except (TypeError, ValueError):
            return replace(request, data=str(request.data))


class WrapsBytes(Changed):
    def before(self, request: Request) -> Request:
        return replace(request, data=list(request.data)) if isinstance(request.data, bytes) else request


class OnlyJson(Changed):
    def after(self, request: Request, result: Any) -> Any:
        match result:
            case Ok(answer) if request.options.accept != "application/json":
                return Ok(replace(answer, data=answer.body.decode()))
        return result


class KeepsAll(Changed):
    def after(self, request: Request, result: Any) -> Any:
        match result:
            case Err(Rejected(body=body) as error) if len(body) > 60_000:
                return Err(replace(error, body=b"x" * 1_000_000))
        return result


class TellsNoRedirect(Changed):
    def after(self, request: Request, result: Any) -> Any:
        match result:
            case Ok(answer):
                return Ok(replace(answer, redirected=False))
        return result


class DeletesTwice(Changed):
    async def send(self, request: Request) -> Any:
        result = await super().send(request)
        cut_off = isinstance(result, Err) and isinstance(result.error, Disconnected)
        return await super().send(request) if request.method == "DELETE" and cut_off else result


class SwitchesProtocols(MemoryHttpClient):
    async def _exchange(self, request: Request) -> Any:
        got = await super()._exchange(request)
        return got if isinstance(got, Err) or got[0] != 101 else (200, *got[1:])


class LosesPlaces(MemoryHttpClient):
    _lost = 0

    async def send(self, request: Request) -> Any:
        if self._lost >= 100:
            await asyncio.Event().wait()
        result = await super().send(request)
        self._lost += isinstance(result, Err) and isinstance(result.error, TimedOut)
        return result


BROKEN: dict[str, type[MemoryHttpClient]] = {
    "HTTP-01": KeepsCase,
    "HTTP-02": PatchesByPut,
    "HTTP-03": WantsContent,
    "HTTP-04": changed_error(Rejected, lambda e: Err(replace(e, body=b"")) if len(e.body) < 100 else Err(e)),
    "HTTP-05": changed_error(TooManyRequests, lambda e: Err(replace(e, retry_after=None))),
    "HTTP-06": changed_error(
        ServerFailed, lambda e: Err(Rejected(method=e.method, url=e.url, status=e.status))
    ),
    "HTTP-07": changed_error(MalformedBody, lambda e: Ok(None)),
    "HTTP-08": IgnoresPlus,
    "HTTP-09": NoLimit,
    "HTTP-10": Unfolds,
    "HTTP-11": patient("hang"),
    "HTTP-12": patient("drip"),
    "HTTP-13": RaisesWhenUnreachable,
    "HTTP-14": TakesHalf,
    "HTTP-15": TakesGarbage,
    "HTTP-16": SwallowsCancellation,
    "HTTP-17": Leaks,
    "HTTP-18": ShowsTheUrl,
    "HTTP-19": StaysPut,
    "HTTP-20": TakesAllAlong,
    "HTTP-21": FollowsWithPost,
    "HTTP-22": NeverTires,
    "HTTP-23": without("authentication"),
    "HTTP-24": without("idempotency_key"),
    "HTTP-25": MixesUp,
    "HTTP-26": SendsAnything,
    "HTTP-27": WrapsBytes,
    "HTTP-28": OnlyJson,
    "HTTP-29": KeepsAll,
    "HTTP-30": changed_error(NotModified, lambda e: Err(replace(e, headers={}))),
    "HTTP-31": TellsNoRedirect,
    "HTTP-32": DeletesTwice,
    "HTTP-33": changed_error(
        Redirected,
        lambda e: Err(Disconnected(method=e.method, url=e.url) if "script" in (e.location or "") else e),
    ),
    "HTTP-34": SwitchesProtocols,
    "HTTP-35": LosesPlaces,
}


def held(kind: type[MemoryHttpClient]) -> type[HttpClientContract]:
    class Held(HttpClientContract):
        seconds_per_rule = 3.0

        @cached_property
        def peer(self) -> MemoryServer:
            return MemoryServer()

        def make(self, clock: FakeClock) -> MemoryHttpClient:
            return kind(self.peer, clock=clock)

    return Held


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in HttpClientContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str) -> None:
    report = run(held(BROKEN[number]).verify())
    assert report.broken == (number,), report


def test_options_refuse_what_cannot_be() -> None:
    for wrong in (
        {"timeout": 0},
        {"timeout": float("inf")},
        {"deadline": -1},
        {"attempts": 0},
        {"attempts": 1.5},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            HttpOptions(**wrong)
    for sign in ("\r\n", "\r", "\n", "\0"):
        for forged in ({"x-a": f"b{sign}x-admin: 1"}, {f"x-a{sign}x-admin": "1"}):
            with pytest.raises(ValueError, match="forge another header"):
                HttpOptions(headers=forged)
    with pytest.raises(ValueError, match="forge another header"):
        HttpOptions(idempotency_key="k\nx: y")


def test_body_errors_are_values() -> None:
    request = Request("GET", "https://ann:secret@api.test/a?k=v")
    error = BodyTooLarge.of(request, limit=10)
    assert str(error) == "GET https://api.test/a?k=*** was answered with more than 10 bytes"
