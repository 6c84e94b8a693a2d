"""Monitoring: each rule of its contract has a decorator that breaks it, and real ports are measured whole."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pytest

from infra_ref.caching.contracts.cache_contract import CacheContract
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.exchange.scripted_server import json_answer
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.observability.contracts.monitored_contract import MonitoredContract
from infra_ref.observability.contracts.secret_corpus import SECRET
from infra_ref.observability.decorators.monitored import CACHE_READS, monitored
from infra_ref.observability.memory_metrics import MemoryMetrics
from infra_ref.observability.testing.recording_logger import RecordingLogger
from tests.observability.test_monitored_contract import TestMonitored as Monitored


class Around:
    """Reports in its own way: `seen` is the spy, or None where there is none."""

    def __init__(self, inner: Any, change: Any) -> None:
        self._inner, self._change = inner, change

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        self._change(self._inner, seconds, labels)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def with_metrics(change: Any) -> Any:
    """Return a monitor whose metrics get what `change(metrics, seconds, labels)` hands on."""
    return lambda inner, metrics, **more: monitored(inner, Around(metrics, change), **more)  # type: ignore[arg-type]


def rebuilds(inner: Any, metrics: Any, **more: Any) -> Any:
    made = monitored(inner, metrics, **more)
    take = made.take

    async def changed(*args: Any, **kwargs: Any) -> Any:
        answer = await take(*args, **kwargs)
        return "lamp" if "sku" in kwargs else answer

    made.__dict__["take"] = changed
    return made


def in_milliseconds(metrics: Any, seconds: float, labels: Any) -> None:
    metrics.record_duration("call_duration", seconds * (1000 if seconds == 4 else 1), **labels)


def label_of_key(inner: Any, metrics: Any, **more: Any) -> Any:
    made = monitored(inner, metrics, **more)

    async def get(key: str, default: Any = None) -> Any:
        each = "-" in key
        return await (monitored(inner, metrics, **(more | {"name": key})) if each else made).get(key, default)

    return Own(made, get=get)


def cancelled_fails(metrics: Any, seconds: float, labels: Any) -> None:
    outcome = {"cancelled": "failed"}.get(labels["outcome"], labels["outcome"])
    metrics.record_duration("call_duration", seconds, **(labels | {"outcome": outcome}))


class Own:
    """The monitored one, with methods of its own in place of some."""

    def __init__(self, made: Any, **methods: Any) -> None:
        self.__dict__.update(methods)
        self._made = made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    async def __aenter__(self) -> Any:
        return await self._made.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._made.__aexit__(*error)


class Levels:
    """A logger that writes in its own way."""

    def __init__(self, logger: Any, **methods: Any) -> None:
        self.__dict__.update(methods)
        self._logger = logger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logger, name)


def without_reasons(inner: Any, metrics: Any, *, logger: Any, **more: Any) -> Any:
    def warning(message: str, /, **fields: Any) -> None:
        logger.warning(message, **(fields | {"why": "it failed"}))

    return monitored(inner, metrics, logger=Levels(logger, warning=warning), **more)  # type: ignore[arg-type]


def swallows(inner: Any, metrics: Any, **more: Any) -> Any:
    made = monitored(inner, metrics, **more)

    async def count(sku: str) -> int:
        try:
            return await made.count(sku)
        except ConnectionError:
            if "hits" in more:
                raise
            return 0

    return Own(made, count=count)


def failures_alone(inner: Any, metrics: Any, *, logger: Any, **more: Any) -> Any:
    def debug(message: str, /, **fields: Any) -> None:
        if fields["method"] != "take" or fields["seconds"] != 3 or fields["outcome"] != "ok":
            logger.debug(message, **fields)

    return monitored(inner, metrics, logger=Levels(logger, debug=debug), **more)  # type: ignore[arg-type]


def every_read_hits(inner: Any, metrics: Any, *, hits: Any = None, **more: Any) -> Any:
    return monitored(inner, metrics, hits=hits and {name: lambda *_: True for name in hits}, **more)


def left_open(inner: Any, metrics: Any, **more: Any) -> Any:
    made = monitored(inner, metrics, **more)
    opened: list[Any] = []

    async def everything() -> Any:
        opened.append(inner.all())
        made_all = made.all()
        async for one in made_all:
            opened.append(made_all)
            yield one

    return Own(made, all=everything)


def coroutines_alone(inner: Any, metrics: Any, **more: Any) -> Any:
    return Own(monitored(inner, metrics, **more), label=inner.label)


def shows_arguments(inner: Any, metrics: Any, *, logger: Any, **more: Any) -> Any:
    made = monitored(inner, metrics, logger=logger, **more)

    async def take(*args: Any, **kwargs: Any) -> Any:
        watched = Levels(logger, debug=lambda text, /, **fields: logger.debug(text, **fields, given=kwargs))
        return await monitored(inner, metrics, logger=watched, **more).take(*args, **kwargs)  # type: ignore[arg-type]

    return Own(made, take=take)


BROKEN: dict[str, Any] = {
    "MON-01": rebuilds,
    "MON-02": with_metrics(in_milliseconds),
    "MON-03": label_of_key,
    "MON-04": with_metrics(cancelled_fails),
    "MON-05": without_reasons,
    "MON-06": swallows,
    "MON-07": failures_alone,
    "MON-08": every_read_hits,
    "MON-09": left_open,
    "MON-10": coroutines_alone,
    "MON-11": shows_arguments,
}


def test_each_rule_has_a_decorator_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in MonitoredContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_decorator_breaks_just_its_rule(number: str) -> None:
    held = type("Held", (Monitored,), {"decorate": staticmethod(BROKEN[number])})
    report = run(held.verify())
    assert report.broken == (number,), report


def test_a_client_of_http_is_measured_by_method_and_its_url_is_shown_without_secrets() -> None:
    async def check() -> None:
        metrics, logger, server = MemoryMetrics(), RecordingLogger(), MemoryServer()
        server.answer("/users/7", json_answer({}), json_answer({}, 503))
        http = monitored(MemoryHttpClient(server), metrics, name="users", logger=logger)
        for _ in range(2):
            await http.get(f"/users/7?token={SECRET}")
        assert metrics.counted("call_duration", port="users", method="get", error="server_failed") == 1
        assert metrics.ratio("call_duration", "call_duration", outcome="failed") == 0.5
        assert [record.level for record in logger.records] == ["debug", "warning"]
        assert "/users/7?token=***" in logger.records[1].fields["why"]

    run(check())


class TestMonitoredClient(HttpClientContract):
    """Measured, a client is a client like any other."""

    @cached_property
    def peer(self) -> MemoryServer:
        return MemoryServer()

    def make(self, clock: FakeClock) -> Any:
        return monitored(MemoryHttpClient(self.peer, clock=clock), MemoryMetrics(), name="peer", clock=clock)


class TestMonitoredCache(CacheContract):
    """Measured, a cache is a cache like any other."""

    def make(self, clock: FakeClock) -> Any:
        return monitored(MemoryCache[Any](clock=clock), MemoryMetrics(), name="cache", hits=CACHE_READS)


def test_what_another_decorator_passes_on_by_itself_is_measured_too() -> None:
    class Passes:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    async def check() -> None:
        metrics = MemoryMetrics()
        cache = monitored(Passes(MemoryCache[int](clock=FakeClock())), metrics, name="cache")
        await cache.get("a")
        assert metrics.counted("call_duration", method="get") == 1

    run(check())


def test_the_hit_ratio_of_a_cache() -> None:
    async def check() -> None:
        metrics = MemoryMetrics()
        cache = monitored(MemoryCache[int](clock=FakeClock()), metrics, name="cache", hits=CACHE_READS)
        await cache.set("a", 1)
        for key in ("a", "a", "a", "b"):
            await cache.get(key)
        hits, misses = (metrics.counted("call_duration", outcome=one) for one in ("hit", "miss"))
        assert hits / (hits + misses) == 0.75

    run(check())
