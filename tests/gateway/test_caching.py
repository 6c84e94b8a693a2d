"""Caching: the decorator is held to its contracts, and each rule has a broken one."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx
import pytest

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, run
from infra_ref.gateway.contracts.caching_apart_contract import CachingApartContract
from infra_ref.gateway.contracts.caching_calls_contract import CachingCallsContract
from infra_ref.gateway.contracts.caching_contract import CachingContract
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract, value
from infra_ref.gateway.decisions.asking import asked, target
from infra_ref.gateway.decisions.kept_answers import KeptAnswers
from infra_ref.gateway.decisions.peer_script import Answer, says
from infra_ref.gateway.decorators.caching_http_client import CachingHttpClient, _Flight
from infra_ref.gateway.hishel_rules import HishelRules
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryPeer
from infra_ref.gateway.port import Disconnected, HttpClient, HttpOptions, Request, TimedOut
from infra_ref.gateway.testing.loopback_peer import LoopbackPeer
from infra_ref.result import Err, Ok


class TestCaching(CachingContract):
    def make(self) -> type[CachingHttpClient]:
        return CachingHttpClient


class TestCachingApart(CachingApartContract):
    def make(self) -> type[CachingHttpClient]:
        return CachingHttpClient


class TestCachingCalls(CachingCallsContract):
    def make(self) -> type[CachingHttpClient]:
        return CachingHttpClient


class TestCachingHttpClient(HttpClientContract):
    """Every rule of a client holds for it: it adds nothing that a caller could be surprised by."""

    @cached_property
    def peer(self) -> MemoryPeer:
        return MemoryPeer()

    def make(self, clock: FakeClock) -> CachingHttpClient:
        return CachingHttpClient(MemoryHttpClient(self.peer, clock=clock), clock=clock)


CONTRACTS: tuple[type[Contract], ...] = (CachingContract, CachingApartContract, CachingCallsContract)


def ruled(rules: type[HishelRules]) -> type[CachingHttpClient]:
    class Ruled(CachingHttpClient):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self._rules = rules(shared=self._answers.shared)

    return Ruled


def storing(kind: type[KeptAnswers]) -> type[CachingHttpClient]:
    class Storing(CachingHttpClient):
        def __init__(self, inner: HttpClient, answers: KeptAnswers | None = None, **more: Any) -> None:
            super().__init__(inner, kind() if answers is None else answers, **more)

    return Storing


def around(middle: type[HttpClient]) -> type[CachingHttpClient]:
    class Around(CachingHttpClient):
        def __init__(self, inner: HttpClient, *more: Any, **others: Any) -> None:
            super().__init__(middle(inner), *more, **others)  # type: ignore[call-arg]

    return Around


class Middle(HttpClient):
    def __init__(self, inner: HttpClient) -> None:
        self._inner = inner


class TellsNoAge(CachingHttpClient):
    def _given(self, request: Any, kept: Any, now: float) -> Any:
        return self._read(request, kept, dict(kept.headers))


class OldHeaders(HishelRules):
    def renewed(self, asked: Any, kept: Any, told: Any, arrival: Any) -> Any:
        renewed = super().renewed(asked, kept, told, arrival)
        return renewed and {**renewed, "x-rate": kept.headers.get("x-rate", "")}


class KeepsTheFirst(KeptAnswers):
    def put(self, asked: Any, kept: Any) -> None:
        before = self.find(asked)
        if before is None or (kept is not None and kept.body == before.body):
            super().put(asked, kept)


class BelievesAny304(HishelRules):
    def renewed(self, asked: Any, kept: Any, told: Any, arrival: Any) -> Any:
        return super().renewed(asked, kept, replace(told, redirected=False), arrival)


class Guesses(HishelRules):
    def kept(self, asked: Any, answer: Any, arrival: Any) -> Any:
        if set(answer.headers) == {"content-type", "last-modified"}:
            answer = replace(answer, headers={**answer.headers, "cache-control": "max-age=9"})
        return super().kept(asked, answer, arrival)


class NoSharedAge(HishelRules):
    def kept(self, asked: Any, answer: Any, arrival: Any) -> Any:
        shorter = {name: text.replace(", s-maxage=10", "") for name, text in answer.headers.items()}
        return super().kept(asked, replace(answer, headers=shorter), arrival)


class NoTimeOnTheWay(HishelRules):
    def kept(self, asked: Any, answer: Any, arrival: Any) -> Any:
        return super().kept(asked, answer, replace(arrival, delay=0))


class TimeOfDay(FakeClock):
    def __init__(self, clock: Any) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.now().timestamp()


class ByTimeOfDay(CachingHttpClient):
    def __init__(self, *arguments: Any, clock: Any, **more: Any) -> None:
        super().__init__(*arguments, clock=TimeOfDay(clock), **more)


class KnowsNobody(HishelRules):
    def kept(self, asked: Any, answer: Any, arrival: Any) -> Any:
        return super().kept(replace(asked, known=False), answer, arrival)


class Rekeyed(KeptAnswers):
    def rekeyed(self, key: Any) -> Any:
        raise NotImplementedError

    def find(self, asked: Any) -> Any:
        return super().find(replace(asked, key=self.rekeyed(asked.key)))

    def is_barren(self, asked: Any) -> bool:
        return super().is_barren(replace(asked, key=self.rekeyed(asked.key)))

    def put(self, asked: Any, kept: Any) -> None:
        super().put(replace(asked, key=self.rekeyed(asked.key)), kept)


class AnyCookie(Rekeyed):
    def rekeyed(self, key: Any) -> Any:
        *others, who = key
        return (*others, who[:3])


class OneVariant(HishelRules):
    def kept(self, asked: Any, answer: Any, arrival: Any) -> Any:
        kept = super().kept(asked, answer, arrival)
        if kept is not None:
            kept.varied = {}
        return kept


class RenewsCookies(HishelRules):
    def renewed(self, asked: Any, kept: Any, told: Any, arrival: Any) -> Any:
        renewed = super().renewed(asked, kept, told, arrival)
        cookie = {name: text for name, text in told.headers.items() if name == "set-cookie"}
        return None if renewed is None else {**renewed, **cookie}


class StaleOnError(CachingHttpClient):
    async def _exchange(self, request: Any, wanted: Any, kept: Any, flight: Any) -> Any:
        landed = await super()._exchange(request, wanted, kept, flight)
        if kept is not None and isinstance(landed.result, Err):
            landed.result = self._given(request, kept, self._clock.monotonic())
        return landed


class IgnoresPragma(CachingHttpClient):
    async def send(self, request: Request) -> Any:
        headers = {name: text for name, text in request.options.headers.items() if name != "pragma"}
        if len(headers) != len(request.options.headers):
            request = replace(request, options=replace(request.options, headers=headers))
        return await super().send(request)


class KeepsAnyway(CachingHttpClient):
    async def send(self, request: Request) -> Any:
        result = await super().send(request)
        wanted = asked(replace(request, options=HttpOptions()))
        if request.options.headers.get("cache-control") == "no-store" and wanted and isinstance(result, Ok):
            self._answers.put(wanted, self._rules.kept(wanted, result.value, self._arrival(0)))
        return result


class AnyMethod(Rekeyed):
    def rekeyed(self, key: Any) -> Any:
        url, _, *others = key
        return (url, *others)


class GivesItsOwn(CachingHttpClient):
    def _given(self, request: Any, kept: Any, now: float) -> Any:
        kept.headers["age"] = str(kept.age(now))
        return self._read(request, kept, kept.headers)


class NoLimit(CachingHttpClient):
    def _read(self, request: Any, kept: Any, headers: Any) -> Any:
        unlimited = replace(request, options=replace(request.options, max_body=10**9))
        return super()._read(unlimited, kept, headers)


class KeepsRedirected(HishelRules):
    def kept(self, asked: Any, answer: Any, arrival: Any) -> Any:
        return super().kept(asked, replace(answer, redirected=False), arrival)


class Unbounded(CachingHttpClient):
    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._answers._max_bytes = self._answers._max_entries = 10**9


class Chatty(CachingHttpClient):
    async def send(self, request: Request) -> Any:
        logging.getLogger("caching").debug("asked for %s", request.url)
        return await super().send(request)


class ForgetsPatch(CachingHttpClient):
    async def _change(self, request: Request) -> Any:
        return await (self._inner.send if request.method == "PATCH" else super()._change)(request)


class NamesNothing(Middle):
    async def send(self, request: Request) -> Any:
        result = await self._inner.send(request)
        return (
            Ok(replace(result.value, headers={}))
            if request.method == "POST" and isinstance(result, Ok)
            else result
        )


class AlwaysDrops(CachingHttpClient):
    async def _change(self, request: Request) -> Any:
        result = await super()._change(request)
        self._answers.forget(target(request.url)[0])
        return result


class KeepsWhatIsLate(CachingHttpClient):
    async def _exchange(self, request: Any, wanted: Any, kept: Any, flight: Any) -> Any:
        return await super()._exchange(request, wanted, kept, _Flight(wanted.url))


class FiftyAtMost(CachingHttpClient):
    async def _ask(self, request: Any, wanted: Any, kept: Any, began: float) -> Any:
        if any(flight.waiting >= 50 for flight in self._flights.values()):
            return await self._ask_alone(request, wanted, kept)
        return await super()._ask(request, wanted, kept, began)


class FirstPays(CachingHttpClient):
    async def _ask(self, request: Any, wanted: Any, kept: Any, began: float) -> Any:
        first = not self._flights
        try:
            return await super()._ask(request, wanted, kept, began)
        except BaseException:
            if first:
                for flight in self._flights.values():
                    flight.task.cancel()  # type: ignore[union-attr]
            raise


class LearnsNothing(KeptAnswers):
    def is_barren(self, asked: Any) -> bool:
        return False


class SharesAnyAttempts(CachingHttpClient):
    async def send(self, request: Request) -> Any:
        if request.options.attempts is not None:
            request = replace(request, options=replace(request.options, attempts=None))
        return await super().send(request)


class KeepsTimeouts(CachingHttpClient):
    _timed_out: Any = None

    async def send(self, request: Request) -> Any:
        result = self._timed_out or await super().send(request)
        if isinstance(result, Err) and isinstance(result.error, TimedOut):
            self._timed_out = result
        return result


class WholeDeadline(Middle):
    async def send(self, request: Request) -> Any:
        if request.options.deadline is not None:
            request = replace(request, options=replace(request.options, deadline=10))
        return await self._inner.send(request)


BROKEN: dict[str, type[CachingHttpClient]] = {
    "HCACHE-01": TellsNoAge,
    "HCACHE-02": ruled(OldHeaders),
    "HCACHE-03": storing(KeepsTheFirst),
    "HCACHE-04": ruled(BelievesAny304),
    "HCACHE-05": ruled(Guesses),
    "HCACHE-06": ruled(NoSharedAge),
    "HCACHE-07": ruled(NoTimeOnTheWay),
    "HCACHE-08": ByTimeOfDay,
    "HCACHE-09": StaleOnError,
    "HCACHE-10": IgnoresPragma,
    "HCACHE-11": KeepsAnyway,
    "HCACHE-12": NoLimit,
    "HCACHE-13": ruled(KeepsRedirected),
    "HCACHE-14": Unbounded,
    "HCACHE-21": ruled(KnowsNobody),
    "HCACHE-22": storing(AnyCookie),
    "HCACHE-23": ruled(OneVariant),
    "HCACHE-24": ruled(RenewsCookies),
    "HCACHE-25": storing(AnyMethod),
    "HCACHE-26": GivesItsOwn,
    "HCACHE-27": Chatty,
    "HCACHE-31": ForgetsPatch,
    "HCACHE-32": around(NamesNothing),
    "HCACHE-33": AlwaysDrops,
    "HCACHE-34": KeepsWhatIsLate,
    "HCACHE-35": FiftyAtMost,
    "HCACHE-36": FirstPays,
    "HCACHE-37": storing(LearnsNothing),
    "HCACHE-38": SharesAnyAttempts,
    "HCACHE-39": KeepsTimeouts,
    "HCACHE-40": around(WholeDeadline),
}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for contract in CONTRACTS for one in contract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str) -> None:
    reports = [run(contract.verify(lambda: BROKEN[number])) for contract in CONTRACTS]
    assert [broken for report in reports for broken in report.broken] == [number], reports


# On sockets


def fresh(data: Any, **headers: str) -> Answer:
    """Return an answer that may be kept for a minute."""
    named = {"content-type": "application/json", "cache-control": "max-age=60"} | headers
    return says(data, headers={name.replace("_", "-"): text for name, text in named.items()})


def test_ten_reads_of_a_minute_each_send_one_body() -> None:
    async def check() -> None:
        async with LoopbackPeer() as peer, httpx.AsyncClient(trust_env=False) as sockets:
            clock = FakeClock()
            client = CachingHttpClient(HttpxHttpClient(sockets), clock=clock)
            etag = {"etag": '"v1"', "cache-control": "max-age=60"}
            peer.answer("/a", fresh({"id": 7}, etag='"v1"'), Answer(304, b"", etag))
            for _ in range(10):
                assert value(await client.get(f"{peer.url}/a")).data == {"id": 7}
                await clock.advance(30)
            assert [one.headers.get("if-none-match") for one in peer.seen] == [None] + ['"v1"'] * 4

    run(check())


def test_half_an_answer_is_not_kept() -> None:
    async def check() -> None:
        async with LoopbackPeer() as peer, httpx.AsyncClient(trust_env=False) as sockets:
            client = CachingHttpClient(HttpxHttpClient(sockets))
            peer.answer("/a", replace(fresh({"id": 7}), fault="half"), fresh({"id": 7}))
            result = await client.get(f"{peer.url}/a")
            assert isinstance(result, Err)
            assert isinstance(result.error, Disconnected)
            for _ in range(2):
                assert value(await client.get(f"{peer.url}/a")).data == {"id": 7}
            assert len(peer.seen) == 2

    run(check())


def test_a_redirect_that_moves_on_is_followed_each_time() -> None:
    """`/latest` says nothing of being kept, however long what it leads to may be."""

    async def check() -> None:
        async with LoopbackPeer() as peer, httpx.AsyncClient(trust_env=False) as sockets:
            client = CachingHttpClient(HttpxHttpClient(sockets))
            to = [Answer(302, b"", {"location": f"/{number}"}) for number in (1, 2)]
            peer.answer("/latest", *to)
            for number in (1, 2):
                peer.answer(f"/{number}", fresh(number))
                assert value(await client.get(f"{peer.url}/latest")).data == number

    run(check())
