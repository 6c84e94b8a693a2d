"""The exercises of the notebook on the gateway, in its order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.contract import rule
from infra_ref.gateway.contracts.circuit_breaking_contract import CircuitBreakingContract
from infra_ref.gateway.contracts.decorator_contract import PLEASE, Inner, failed, passing
from infra_ref.gateway.contracts.retrying_contract import RetryingContract
from infra_ref.gateway.port import HttpResult, Request
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong


def constructor(attempt: Any) -> Callable[[], Any]:
    """Hand the class itself to the rules, which make it around a client of their own."""
    return lambda: attempt


async def doubles(wait: Callable[[int, float], float]) -> None:
    """Check the growth, with the largest draw."""
    longest = [wait(attempt, 1.0) for attempt in (1, 2, 3)]
    assert longest == [2.0, 4.0, 8.0]


async def spreads(wait: Callable[[int, float], float]) -> None:
    """Check that the draw decides over the whole wait."""
    seen = [wait(3, draw) for draw in (0.0, 0.25, 0.5)]
    assert seen == [0.0, 2.0, 4.0]


async def bounded(wait: Callable[[int, float], float]) -> None:
    """Check the ceiling."""
    assert wait(10, 1.0) == 60.0
    assert wait(10, 0.5) == 30.0


async def goes_on(wait: Callable[[int, float], float]) -> None:
    """Check an attempt that no table foresaw."""
    assert wait(2000, 1.0) == 60.0


BACKOFF = Exercise(
    id="gateway/backoff",
    title="A wait that spreads",
    task="""
        Write the wait after a failed attempt, in seconds: at most 2 to the power of `attempt`,
        never more than 60, and drawn at random from nothing to that. `draw` is the random
        number, from 0 to 1.
    """,
    makes="wait_after",
    frame="""
        def wait_after(attempt, draw):
            ____
    """,
    blank="return 2.0**attempt",
    solution="return min(60.0, 2.0 ** min(attempt, 900)) * draw",
    wrong=(
        Wrong(
            "bounded after the power was taken",
            "return min(60.0, 2.0**attempt) * draw",
            breaks=("FOUR",),
            feedback="""
                2.0 ** 1024 is larger than any float, and Python raises OverflowError. Published
                retry libraries have failed so after a weekend's outage. Bound the exponent too.
            """,
        ),
        Wrong(
            "half of it is fixed",
            "return min(60.0, 2.0 ** min(attempt, 900)) * (0.5 + draw / 2)",
            breaks=("TWO", "THREE"),
            feedback="""
                This is equal jitter. It keeps callers apart by half as much; the full range spreads
                them best (Brooker, AWS, 2015).
            """,
        ),
        Wrong(
            "no ceiling",
            "return 2.0 ** min(attempt, 900) * draw",
            breaks=("THREE", "FOUR"),
            feedback="After ten attempts this waits a quarter of an hour, and the user has left.",
        ),
    ),
    hints=(
        "`min(60.0, ...)` is the ceiling; multiply by `draw` last.",
        "Try `2.0 ** 2000` in a cell of its own.",
    ),
    notice="`infra_ref/backoff.py` has the same line, with the limits in a policy.",
    checks=(
        Check("ONE", "the longest wait doubles: 2, 4, 8 s", doubles),
        Check("TWO", "the draw decides, from nothing to the whole", spreads),
        Check("THREE", "it is never more than 60 s", bounded),
        Check("FOUR", "attempt 2,000 is like any other", goes_on),
    ),
)


class Timed(Inner):
    """Fails each time, and keeps at which second it was asked."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(failed())
        self.clock, self.seconds = clock, list[float]()

    async def send(self, request: Request) -> HttpResult:
        """Note the second."""
        self.seconds.append(self.clock.monotonic())
        return await super().send(request)


class SafeRetryContract(RetryingContract):
    """The rules of a retrying client, and one that a peer which stays down is left alone."""

    @rule("WAIT-01", "a peer that stays down gets three requests, at 0, 2 and 6 s")
    async def leaves_alone(self, wrap: Any, clock: FakeClock) -> None:
        inner = Timed(clock)
        await passing(clock, wrap(inner, clock=clock).send(PLEASE), 1000.0)
        assert inner.seconds == [0.0, 2.0, 6.0]


SAFE_RETRY = Exercise(
    id="gateway/safe-retry",
    title="What may be repeated",
    task="""
        This client repeats whatever fails. Repair it: repeat only what can succeed another time
        (`result.error.retryable`) and does no harm twice (`repeatable(request)`: a safe method, or
        an idempotency key).
    """,
    makes="Retrying",
    given="""
        from infra_ref.gateway.policies.retry_policy import repeatable
        from infra_ref.gateway.port import HttpClient
        from infra_ref.result import Ok
    """,
    frame="""
        class Retrying(HttpClient):
            def __init__(self, inner, *, clock, **others):
                self.inner, self.clock = inner, clock

            async def send(self, request):
                result = await self.inner.send(request)
                for attempt in (1, 2):
                    ____
                    await self.clock.sleep(2.0**attempt)
                    result = await self.inner.send(request)
                return result
    """,
    blank="""
        if isinstance(result, Ok):
            return result
    """,
    solution="""
        if isinstance(result, Ok) or not result.error.retryable or not repeatable(request):
            return result
    """,
    wrong=(
        Wrong(
            "whatever is retryable",
            """
            if isinstance(result, Ok) or not result.error.retryable:
                return result
            """,
            breaks=("RETRY-04",),
            feedback="""
                A POST that timed out may have been carried out. Sent again, it charges twice.
                Ask `repeatable(request)` too.
            """,
        ),
        Wrong(
            "GET alone",
            """
            if isinstance(result, Ok) or not result.error.retryable or request.method != "GET":
                return result
            """,
            breaks=("RETRY-05",),
            feedback="With an idempotency key the peer knows a repeat from a new call: it may be sent again.",
        ),
        Wrong(
            "whatever is safe",
            """
            if isinstance(result, Ok) or not repeatable(request):
                return result
            """,
            breaks=("RETRY-03",),
            feedback="A 404 stays a 404. Trying again costs time, and loads the peer for nothing.",
        ),
        Wrong(
            "again and again at once",
            """
            for _ in range(20):
                if isinstance(result, Ok) or not result.error.retryable or not repeatable(request):
                    return result
                result = await self.inner.send(request)
            """,
            breaks=("WAIT-01",),
            feedback="""
                A peer that is down gets a storm of requests. Leave the waiting and the counting to the
                loop: the missing lines only say when to stop.
            """,
        ),
    ),
    hints=(
        "There are three reasons to stop: it worked, it cannot work, it must not be repeated.",
        "`if A or B or C: return result`, in that order, for only an `Err` has an `error`.",
    ),
    notice="`RetryingHttpClient` has the same three reasons, and two more: the deadline and the budget.",
    contract=SafeRetryContract,
    only=("RETRY-01", "RETRY-03", "RETRY-04", "RETRY-05", "RETRY-14", "WAIT-01"),
    bench=constructor,
)

PERMITS = Exercise(
    id="gateway/permits",
    title="A permit that comes back",
    task="""
        `breaker.admit` gave this call a ticket; half-open there are only a few of them. Whatever
        happens, `breaker.settle(ticket, outcome, self.now())` must be called: with
        `Outcome.SUCCESS`, `Outcome.FAILURE`, or `Outcome.UNKNOWN` where the call says nothing about the peer.
    """,
    makes="Breaking",
    given="""
        from infra_ref.gateway.decorators.circuit_breaking_http_client import CircuitBreakingHttpClient
        from infra_ref.gateway.policies.circuit_breaker import CircuitOpen, Outcome
        from infra_ref.result import Err, Ok

        class Admitting(CircuitBreakingHttpClient):
            def now(self):
                return self._clock.monotonic()

            async def send(self, request):
                breaker = self.breaker("peer.test")
                if (ticket := breaker.admit(self.now())) is None:
                    return Err(CircuitOpen.of(request, retry_after=breaker.retry_after(self.now())))
                return await self.admitted(request, breaker, ticket)
    """,
    frame="""
        class Breaking(Admitting):
            async def admitted(self, request, breaker, ticket):
                ____
    """,
    blank="""
        result = await self._inner.send(request)
        outcome = Outcome.SUCCESS if isinstance(result, Ok) else Outcome.FAILURE
        breaker.settle(ticket, outcome, self.now())
        return result
    """,
    solution="""
        outcome = Outcome.UNKNOWN
        try:
            result = await self._inner.send(request)
            outcome = Outcome.SUCCESS if isinstance(result, Ok) else Outcome.FAILURE
            return result
        finally:
            breaker.settle(ticket, outcome, self.now())
    """,
    wrong=(
        Wrong(
            "exceptions, and cancellation is none",
            """
            try:
                result = await self._inner.send(request)
            except Exception:
                breaker.settle(ticket, Outcome.UNKNOWN, self.now())
                raise
            outcome = Outcome.SUCCESS if isinstance(result, Ok) else Outcome.FAILURE
            breaker.settle(ticket, outcome, self.now())
            return result
            """,
            breaks=("BREAK-08",),
            feedback="""
                `CancelledError` is no `Exception`, by design. Four impatient users, and the breaker
                has no permit left to find out that the peer is well. `finally` catches all.
            """,
        ),
        Wrong(
            "cancelled is failed",
            """
            outcome = Outcome.FAILURE
            try:
                result = await self._inner.send(request)
                outcome = Outcome.SUCCESS if isinstance(result, Ok) else Outcome.FAILURE
                return result
            finally:
                breaker.settle(ticket, outcome, self.now())
            """,
            breaks=("BREAK-08", "BREAK-12", "BREAK-15"),
            feedback="""
                A user who closes a page says nothing about the peer. Begin with `Outcome.UNKNOWN`, or
                impatience opens the circuit for everybody. A published breaker does so.
            """,
        ),
    ),
    hints=(
        "Ways out of an `await`: a result, an exception, a cancellation. Which of them do you see?",
        "`try: ... finally: breaker.settle(ticket, outcome, self.now())`",
        "What is `outcome` when the `await` did not return?",
    ),
    notice="A probe that never ends would keep its permit for ever: so a permit has a lease (BREAK-09).",
    contract=CircuitBreakingContract,
    only=("BREAK-01", "BREAK-02", "BREAK-05", "BREAK-08", "BREAK-12", "BREAK-15"),
    bench=constructor,
)
