"""What every `Tracer` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from infra_ref.contract import Contract, raised, rule, tool
from infra_ref.observability.contracts.secret_corpus import IN_TEXTS, SECRET
from infra_ref.observability.tracing_port import Tracer


class Ended(Protocol):
    """A span that has ended, as a test bench shows it. `parent` and `links` are traceparents."""

    name: str
    traceparent: str
    parent: str | None
    links: Sequence[str]
    attributes: dict[str, str]
    failed: str | None


class TracerContract(Contract):
    """Needs `ended`, a method that returns the spans that have ended, in that order."""

    port = Tracer
    ended: Any = tool("a method that returns the spans that have ended, in order")

    @rule("TRACE-01", "a span within a span is its child; one outside begins a trace of its own")
    async def nests(self, tracer: Tracer, ended: Any) -> None:
        assert tracer.current() is None
        with tracer.span("outer") as outer:
            with tracer.span("inner", peer="shop") as inner:
                assert tracer.current() == inner.traceparent
            assert tracer.current() == outer.traceparent
        with tracer.span("other"):
            pass
        first, second, third = ended()
        assert [first.name, second.name, third.name] == ["inner", "outer", "other"]
        assert (first.parent, second.parent) == (second.traceparent, None)
        assert _trace(first) == _trace(second) != _trace(third)
        assert len({first.traceparent, second.traceparent, third.traceparent}) == 3
        assert first.attributes == {"peer": "shop"}

    @rule("TRACE-02", "a parent from another process is the parent, whatever is open here")
    async def from_elsewhere(self, tracer: Tracer, ended: Any) -> None:
        far = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        with tracer.span("here"), tracer.span("served", parent=far) as served:
            assert served.traceparent.startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
        assert [span.parent for span in ended()] == [far, None]

    @rule("TRACE-03", "a block that raises fails its span, and raises; its cancellation is no failure")
    async def raises(self, tracer: Tracer, ended: Any) -> None:
        async def hang() -> None:
            with tracer.span("cancelled"):
                await asyncio.Event().wait()

        with raised(ZeroDivisionError), tracer.span("raises"):
            raise ZeroDivisionError("by nought")
        task = asyncio.create_task(hang())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        failed, cancelled = ended()
        assert failed.failed is not None and "ZeroDivisionError" in failed.failed
        assert (task.cancelled(), cancelled.failed) == (True, None)

    @rule("TRACE-04", "a failure that is not raised can be noted")
    async def noted(self, tracer: Tracer, ended: Any) -> None:
        with tracer.span("refused") as span:
            span.failed = "out of stock"
        with tracer.span("fine"):
            pass
        assert [span.failed for span in ended()] == ["out of stock", None]

    @rule("TRACE-05", "links are kept, and make nobody a parent")
    async def links(self, tracer: Tracer, ended: Any) -> None:
        with tracer.span("publish") as published:
            pass
        with tracer.span("handle", links=[published.traceparent]):
            pass
        _, handled = ended()
        assert (list(handled.links), handled.parent) == ([published.traceparent], None)
        assert _trace(handled) != _trace(published)

    @rule(
        "TRACE-06", "tasks that run side by side are in each other's spans not; those that a span starts are"
    )
    async def tasks(self, tracer: Tracer, ended: Any) -> None:
        async def child() -> None:
            with tracer.span("child"):
                await asyncio.sleep(0)

        async def work(name: str) -> None:
            with tracer.span(name):
                await asyncio.create_task(child())

        await asyncio.gather(*(work(f"task-{number}") for number in range(5)))
        spans = ended()
        begun = {span.traceparent for span in spans if span.name != "child"}
        assert {span.parent for span in spans if span.name == "child"} == begun
        assert [span.parent for span in spans if span.name != "child"] == [None] * 5

    @rule("TRACE-07", "no secret is kept: of names, attributes, or what is raised")
    async def secrets(self, tracer: Tracer, ended: Any) -> None:
        for text, _ in IN_TEXTS:
            with raised(ValueError), tracer.span(text, why=text, password=SECRET):
                raise ValueError(text)
        shown = str([(span.name, span.attributes, span.failed) for span in ended()])
        assert len(ended()) == len(IN_TEXTS)
        assert [text for text, secret in IN_TEXTS if secret in shown] == []


def _trace(span: Any) -> str:
    """Return the id of the trace: what stands between the version and the span's own id."""
    found: str = span.traceparent.split("-")[1]
    return found
