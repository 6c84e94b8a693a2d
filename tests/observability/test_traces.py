"""Traces: each rule has a tracer that breaks it; they cross a gateway, an event bus and an outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.event_bus.delivery.event_codec import decode, encode
from infra_ref.event_bus.memory_bus import MemoryBus
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.port import Handler
from infra_ref.event_bus.queue_bus import QueueBus
from infra_ref.events import DomainEvent
from infra_ref.gateway.exchange.scripted_server import json_answer
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.gateway.port import HttpOptions
from infra_ref.observability import memory_tracer
from infra_ref.observability.contracts.tracer_contract import TracerContract
from infra_ref.observability.decorators.traced_bus import TracedBus, stamped
from infra_ref.observability.decorators.traced_http_client import TracedHttpClient
from infra_ref.observability.memory_tracer import MemorySpan, MemoryTracer
from tests.observability.test_memory_tracer_contract import TestMemoryTracer as Held
from tests.observability.test_opentelemetry_tracer_contract import TestOpenTelemetryTracer as OnOpenTelemetry

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Changed(MemoryTracer):
    """Opens spans with what `given` makes of their arguments, and gives up `kept` of them."""

    @contextmanager
    def span(self, name: str, /, **more: Any) -> Iterator[MemorySpan]:  # type: ignore[override]
        try:
            with super().span(name, **self.given(name, more)) as span:
                yield span
        finally:
            self.keep(self.spans[-1])

    def given(self, name: str, more: dict[str, Any]) -> dict[str, Any]:
        return more

    def keep(self, span: MemorySpan) -> None:
        pass


class Flat(Changed):
    def keep(self, span: MemorySpan) -> None:
        span.parent = None if span.name == "inner" else span.parent


class OpenOneWins(Changed):
    def given(self, name: str, more: dict[str, Any]) -> dict[str, Any]:
        return more | {"parent": self.current() or more.get("parent")}


class CancelledFails(Changed):
    def keep(self, span: MemorySpan) -> None:
        span.failed = "cancelled" if span.name == "cancelled" else span.failed


class RaisedAlone(Changed):
    def keep(self, span: MemorySpan) -> None:
        span.failed = None if span.failed == "out of stock" else span.failed


class LinkIsParent(Changed):
    def given(self, name: str, more: dict[str, Any]) -> dict[str, Any]:
        return more | {"parent": (more.get("links") or [more.get("parent")])[0]}


class OneForAll(Changed):
    """The last span that anybody opened is the parent."""

    last: str | None = None

    def given(self, name: str, more: dict[str, Any]) -> dict[str, Any]:
        return more | {"parent": OneForAll.last} if name == "child" else more

    @contextmanager
    def span(self, name: str, /, **more: Any) -> Iterator[MemorySpan]:  # type: ignore[override]
        with super().span(name, **more) as span:
            OneForAll.last = span.traceparent if name.startswith("task") else OneForAll.last
            yield span


class AsRaised(Changed):
    @contextmanager
    def span(self, name: str, /, **more: Any) -> Iterator[MemorySpan]:  # type: ignore[override]
        try:
            with super().span(name, **more) as span:
                yield span
        except ValueError as error:
            span.failed = str(error)
            raise


BROKEN: dict[str, type[MemoryTracer]] = {
    "TRACE-01": Flat,
    "TRACE-02": OpenOneWins,
    "TRACE-03": CancelledFails,
    "TRACE-04": RaisedAlone,
    "TRACE-05": LinkIsParent,
    "TRACE-06": OneForAll,
    "TRACE-07": AsRaised,
}


def test_each_rule_has_a_tracer_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in TracerContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_tracer_breaks_just_its_rule(number: str) -> None:
    report = run(type("Broken", (Held,), {"kind": BROKEN[number]}).verify())
    assert report.broken == (number,), report


# traceparent: the examples of https://www.w3.org/TR/trace-context-1/#versioning-of-traceparent


TRACERS = pytest.mark.parametrize("bench", [Held, OnOpenTelemetry])


@TRACERS
@pytest.mark.parametrize("text", [PARENT, "cc" + PARENT[2:], "cc" + PARENT[2:] + "-what-the-future-adds"])
def test_a_traceparent_is_read(bench: Any, text: str) -> None:
    test = bench()
    with test.make().span("here", parent=text, links=[text]) as span:
        assert span.traceparent[:36] == PARENT[:36]
        assert span.traceparent[36:52] != PARENT[36:52]
    (ended,) = test.ended()
    assert [one[3:55] for one in (ended.parent, *ended.links)] == [PARENT[3:]] * 2


@TRACERS
@pytest.mark.parametrize(
    "text",
    [
        "",
        PARENT.upper(),
        "ff" + PARENT[2:],
        PARENT + "-more",
        PARENT[:-1],
        PARENT + "x",
        "00-" + "0" * 32 + PARENT[35:],
        PARENT[:36] + "0" * 16 + "-01",
    ],
)
def test_one_that_is_none_is_no_parent_and_no_link(bench: Any, text: str) -> None:
    test = bench()
    tracer = test.make()
    with tracer.span("alone", parent=text), tracer.span("within", parent=text, links=[text, PARENT]):
        pass
    within, alone = test.ended()
    assert (alone.parent, within.parent, list(within.links)) == (None, alone.traceparent, [PARENT])


def test_whether_anybody_keeps_the_trace_is_handed_on() -> None:
    for flags, handed in (("00", "00"), ("01", "01"), ("ff", "01")):
        with MemoryTracer().span("here", parent=PARENT[:-2] + flags) as span:
            assert span.traceparent[-2:] == handed


@given(st.integers(1, 16**32 - 1), st.integers(1, 16**16 - 1))
def test_every_id_is_read(trace: int, span: int) -> None:
    with MemoryTracer().span("here", parent=f"00-{trace:032x}-{span:016x}-01") as child:
        assert child.traceparent.startswith(f"00-{trace:032x}-")


@TRACERS
@given(st.text())
def test_no_text_raises(bench: Any, text: str) -> None:
    test = bench()
    with test.make().span(text, parent=text, links=[text], text=text):
        pass
    assert len(test.ended()) == 1


# Across the gateway


def test_a_peer_learns_which_span_called_it() -> None:
    async def check() -> None:
        tracer, server = MemoryTracer(), MemoryServer()
        server.answer("/a", json_answer({}), json_answer({}, 503))
        http = TracedHttpClient(MemoryHttpClient(server), tracer, peer="shop")
        with tracer.span("request") as request:
            await http.get("/a")
            await http.get("/a?token=swordfish")
        first, second, whole = tracer.spans
        assert {one.parent for one in (first, second)} == {request.traceparent}
        seen = [call.headers["traceparent"] for call in server.received]
        assert seen == [first.traceparent, second.traceparent]
        assert (first.failed, whole.failed) == (None, None)
        assert second.failed is not None
        assert "503" in second.failed
        assert "swordfish" not in str(tracer.spans)
        await http.get("/a", HttpOptions(headers={"traceparent": PARENT}))
        assert server.received[-1].headers["traceparent"] == PARENT

    run(check())


# Across the event bus


async def until(done: Any) -> None:
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110  it looks at what others did
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("queued", [False, True])
def test_the_span_of_a_handler_links_to_that_of_the_publisher(queued: bool) -> None:
    async def check() -> None:
        tracer, seen = MemoryTracer(), list[DomainEvent]()

        async def handle(event: DomainEvent) -> None:
            seen.append(event)
            if len(seen) == 1:
                raise ConnectionError("the mail server is away")

        async def dead(undelivered: Any) -> None:
            raise AssertionError(undelivered)

        queue = MemoryQueue()
        over_queue = QueueBus(queue, MemoryDeadLetters(queue))
        async with over_queue if queued else MemoryBus(dead=dead, sleep=lambda _: asyncio.sleep(0)) as inner:
            bus = TracedBus(inner, tracer)
            await bus.subscribe("user.renamed", Handler("user.renamed", handle, id="greeter"))
            with tracer.span("request") as request:
                await bus.publish(DomainEvent(type="user.renamed", subject="7"))
            await until(lambda: len(seen) == 2)
            await until(lambda: len(tracer.spans) == 4)
        spans = {span.name: span for span in tracer.spans}
        published = spans["publish user.renamed"]
        assert published.parent == request.traceparent
        handled = [span for span in tracer.spans if span.name == "greeter user.renamed"]
        assert [span.links for span in handled] == [(published.traceparent,)] * 2
        assert [span.failed is None for span in handled] == [False, True]

    run(check())


def test_through_an_outbox_an_event_leads_back_to_who_recorded_it() -> None:
    tracer = MemoryTracer()
    with tracer.span("unit of work") as unit:
        recorded = stamped(DomainEvent(type="order.paid", subject="7"), tracer.current())
    sent = decode(encode(recorded))
    assert sent.traceparent == unit.traceparent
    with tracer.span("relay") as relay:
        assert stamped(sent, relay.traceparent) is sent
    assert stamped(replace(sent, traceparent=None), None).traceparent is None
    assert sent == replace(sent, traceparent=None), "how it travelled is no part of what happened"


def test_old_spans_are_forgotten() -> None:
    tracer = MemoryTracer(most=3)
    for number in range(10):
        with tracer.span(f"{number}"):
            pass
    assert [span.name for span in tracer.spans] == ["7", "8", "9"]
    assert memory_tracer._CURRENT.get() is None


def test_a_span_of_a_generator_that_another_task_closes_is_kept() -> None:
    tracer = MemoryTracer()

    async def items() -> AsyncGenerator[int]:
        with tracer.span("items"):
            yield 1

    async def check() -> None:
        reading = items()
        await anext(reading)
        await asyncio.create_task(reading.aclose())

    run(check())
    assert [(span.name, span.failed) for span in tracer.spans] == [("items", None)]
