"""Retries: the decorator is held to its contract, each rule has a broken one, and the plan its properties."""

from __future__ import annotations

import asyncio
import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.backoff import Backoff
from infra_ref.contract import run
from infra_ref.gateway.contracts.decorator_contract import PLEASE
from infra_ref.gateway.contracts.retrying_contract import RetryingContract
from infra_ref.gateway.decorators.retrying_http_client import DEFAULT, RetryingHttpClient
from infra_ref.gateway.errors import TooManyRequests
from infra_ref.gateway.policies.retry_policy import DeadlineExceeded, RetryBudget, RetryPolicy
from infra_ref.gateway.port import HttpClient
from infra_ref.result import Err, Ok


class GivesUpUnlessThePeerFailed(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        if result.error.peer_failed is None:
            return result
        return await super()._again(request, result, end)


class OwnCount(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        options = request.options
        if options.attempts == 5:
            request = replace(request, options=replace(options, attempts=None))
        return await super()._again(request, result, end)


class Stubborn(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        if result.error.peer_failed is False and self._clock.monotonic() < end:
            return await self._inner.send(request)
        return await super()._again(request, result, end)


class Guesses(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        if request.method == "PUT":
            return await self._inner.send(request)
        return await super()._again(request, result, end)


class NewKeys(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        if request.options.idempotency_key:
            request = replace(request, options=replace(request.options, idempotency_key="k2"))
        return await super()._again(request, result, end)


def policy(**changed: Any) -> type[RetryingHttpClient]:
    class Other(RetryingHttpClient):
        def __init__(self, inner: Any, *, policy: RetryPolicy = DEFAULT, **more: Any) -> None:
            super().__init__(inner, policy=replace(policy, **changed), **more)

    return Other


class Linear(RetryingHttpClient):
    def __init__(self, inner: Any, *, policy: RetryPolicy = DEFAULT, **more: Any) -> None:
        steady = (
            replace(policy, backoff=Backoff(jitter=0, longest=2.0)) if policy.backoff.longest == 9 else policy
        )
        super().__init__(inner, policy=steady, **more)


class Lengthens(RetryingHttpClient):
    def __init__(self, inner: Any, *, random: Any = None, **more: Any) -> None:
        super().__init__(inner, **(more if random is None else {**more, "random": lambda: -random()}))


class Deaf(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        if result.error.retry_after == 7.0:
            result = Err(replace(result.error, retry_after=None))
        return await super()._again(request, result, end)


class WaitsPastTheDeadline(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        return await super()._again(request, result, None if result.error.retry_after == 20.0 else end)


class NoTrim(RetryingHttpClient):
    async def send(self, request: Any) -> Any:
        if request.options.deadline != 7:
            return await super().send(request)
        result = await super().send(replace(request, options=replace(request.options, deadline=None)))
        return (
            Err(DeadlineExceeded.of(request, seconds=7.0, last=result.error))
            if isinstance(result, Err)
            else result
        )


class Overflows(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        return (
            await super()._again(request, result, end) if self._policy.attempts < 1025 else float(2) ** 2001
        )


class SwallowsWhileWaiting(RetryingHttpClient):
    async def _again(self, request: Any, result: Any, end: Any) -> Any:
        try:
            return await super()._again(request, result, end)
        except asyncio.CancelledError:
            return result


class CallsAgain(HttpClient):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def send(self, request: Any) -> Any:
        try:
            return await self._inner.send(request)
        except asyncio.CancelledError:
            return await self._inner.send(request)


class RetriesCancelled(RetryingHttpClient):
    def __init__(self, inner: Any, **more: Any) -> None:
        super().__init__(CallsAgain(inner), **more)


class Spends(RetryingHttpClient):
    def __init__(self, inner: Any, *, budget: Any = None, **more: Any) -> None:
        super().__init__(inner, **more)


class OnlyTheClockCounts(RetryingHttpClient):
    async def send(self, request: Any) -> Any:
        end = self._clock.monotonic() + (request.options.deadline or 1e9)
        result = await super().send(request)
        if isinstance(result, Ok) or result.error.peer_failed is not False or self._clock.monotonic() < end:
            return result
        return Err(DeadlineExceeded.of(request, seconds=request.options.deadline, last=result.error))


class ToTheLast(RetryPolicy):
    def wait(self, error: Any, attempt: int, left: float, random: Any) -> float | None:
        return super().wait(error, attempt, math.nextafter(left, math.inf), random)


class WaitsToTheLast(RetryingHttpClient):
    def __init__(self, inner: Any, *, policy: RetryPolicy = DEFAULT, **more: Any) -> None:
        known = {field.name: getattr(policy, field.name) for field in fields(policy)}
        super().__init__(inner, policy=ToTheLast(**known), **more)


class Believing:
    """A clock that believes each wait to take as long as was asked for."""

    def __init__(self, clock: Any) -> None:
        self._clock, self._behind = clock, 0.0

    def monotonic(self) -> float:
        return self._clock.monotonic() - self._behind

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        await self._clock.sleep(seconds)
        self._behind += self.monotonic() - until


class TrustsTheTimer(RetryingHttpClient):
    def __init__(self, inner: Any, *, clock: Any, **more: Any) -> None:
        super().__init__(inner, clock=Believing(clock), **more)


BROKEN: dict[str, Any] = {
    "RETRY-01": GivesUpUnlessThePeerFailed,
    "RETRY-02": OwnCount,
    "RETRY-03": Stubborn,
    "RETRY-04": Guesses,
    "RETRY-05": NewKeys,
    "RETRY-06": Linear,
    "RETRY-07": Lengthens,
    "RETRY-08": Deaf,
    "RETRY-09": WaitsPastTheDeadline,
    "RETRY-10": policy(patience=10**9),
    "RETRY-11": NoTrim,
    "RETRY-12": Overflows,
    "RETRY-13": SwallowsWhileWaiting,
    "RETRY-14": RetriesCancelled,
    "RETRY-15": Spends,
    "RETRY-16": OnlyTheClockCounts,
    "RETRY-17": WaitsToTheLast,
    "RETRY-18": TrustsTheTimer,
}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in RetryingContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str) -> None:
    report = run(RetryingContract.verify(lambda: BROKEN[number]))
    assert report.broken == (number,), report


POLICIES = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 10**6),
    backoff=st.builds(Backoff, base=st.floats(0, 1e6), longest=st.floats(0, 1e6), jitter=st.floats(0, 1)),
    patience=st.floats(0, 1e6),
)
ASKED = st.none() | st.floats(0, 1e9)
LEFT = st.just(math.inf) | st.floats(0, 1e9)


@given(POLICIES, st.integers(1, 5000), ASKED, LEFT, st.floats(0, 1))
def test_a_wait_obeys_the_peer_and_the_deadline(
    policy: RetryPolicy, attempt: int, asked: float | None, left: float, number: float
) -> None:
    error = TooManyRequests.of(PLEASE, status=429, retry_after=asked)
    wait = policy.wait(error, attempt, left, lambda: number)
    if wait is None:
        assert (asked or 0) > policy.patience or left < math.inf
    else:
        assert wait >= (asked or 0)
        assert wait < left
        assert wait <= max(policy.patience, policy.backoff.longest)


@given(st.integers(0, 200), st.integers(0, 50), st.lists(st.booleans(), max_size=400))
def test_a_budget_is_never_overdrawn(percent: int, reserve: int, calls: list[bool]) -> None:
    budget, made, retried = RetryBudget(percent=percent, reserve=reserve), 0, 0
    for is_call in calls:
        if is_call:
            budget.deposit()
            made += 1
        else:
            retried += budget.withdraw()
    assert retried <= reserve + made * percent / 100


def test_a_good_day_buys_no_storm() -> None:
    budget = RetryBudget(percent=20, reserve=10)
    for _ in range(100_000):
        budget.deposit()
    assert sum(budget.withdraw() for _ in range(1000)) == 11


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"attempts": 1.5},
        {"attempts": float("nan")},
        {"patience": -1},
        {"patience": float("nan")},
    ],
)
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RetryPolicy(**wrong)
