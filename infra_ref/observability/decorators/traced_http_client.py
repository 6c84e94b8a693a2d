"""A decorator that makes each call a span, and tells the peer which one."""

from __future__ import annotations

from dataclasses import replace

from infra_ref.gateway.port import HttpClient, HttpResult, Request
from infra_ref.observability.tracing_port import Tracer
from infra_ref.result import Err


class TracedHttpClient(HttpClient):
    """Opens a span for each call, and sends its context as the header `traceparent` of W3C Trace Context.

    A header of that name in the request's own options stays. Put it inside the retries: each attempt
    is a span then, and the peer can tell them apart.
    """

    def __init__(self, inner: HttpClient, tracer: Tracer, *, peer: str) -> None:
        self._inner, self._tracer, self._peer = inner, tracer, peer

    async def send(self, request: Request) -> HttpResult:
        with self._tracer.span(f"{request.method} {self._peer}", peer=self._peer) as span:
            headers = {"traceparent": span.traceparent, **request.options.headers}
            traced = replace(request, options=replace(request.options, headers=headers))
            result = await self._inner.send(traced)
            if isinstance(result, Err):
                span.failed = str(result.error)
            return result
