"""The breaker: its decorator's contract with a broken one for each rule, and its machine, exhaustively."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from infra_ref.contract import run
from infra_ref.gateway.contracts.circuit_breaking_contract import CircuitBreakingContract
from infra_ref.gateway.contracts.decorator_contract import Inner, PeerFailed, PeerRefused, failed
from infra_ref.gateway.decorators.circuit_breaking_http_client import PEERS, CircuitBreakingHttpClient
from infra_ref.gateway.policies.circuit_breaker import BreakerPolicy, CircuitBreaker, Outcome
from infra_ref.gateway.port import HttpClient, Request
from infra_ref.result import Err

SUCCESS, FAILURE, UNKNOWN = Outcome.SUCCESS, Outcome.FAILURE, Outcome.UNKNOWN


# A client for each rule that breaks it: mostly the right shell around a wrong machine


class Wrong(CircuitBreakingHttpClient):
    machine: type[CircuitBreaker] = CircuitBreaker

    def breaker(self, peer: str) -> CircuitBreaker:
        return self._breakers.setdefault(peer, self.machine(self._policy))


def around(kind: type[CircuitBreaker]) -> type[Wrong]:
    return type(f"Around{kind.__name__}", (Wrong,), {"machine": kind})


class Copies(CircuitBreakingHttpClient):
    async def send(self, request: Any) -> Any:
        return await super().send(replace(request))


class OneMore(CircuitBreaker):
    def __init__(self, policy: BreakerPolicy) -> None:
        super().__init__(replace(policy, failures=policy.failures + 1))

    def _note(self, failed: bool, now: float) -> None:
        super()._note(failed, now)
        if sum(self._recent) == 3 and all(self._recent):  # in a row it counts right
            self._open(now)


class Remembers(CircuitBreaker):
    def _note(self, failed: bool, now: float) -> None:
        self._total = getattr(self, "_total", 0) + failed
        super()._note(failed, now)
        if self.state == "closed" and self._total >= 3:
            self._open(now)

    def _close(self) -> None:
        super()._close()
        self._total = 0


class SaysTheWhole(CircuitBreaker):
    def retry_after(self, now: float) -> float:
        return self.policy.open_for if self.state == "open" else super().retry_after(now)


class AdmitsOneMore(CircuitBreaker):
    def admit(self, now: float) -> int | None:
        ticket = super().admit(now)
        fresh = any(until - now == self.policy.probe_lease for until in self._probes.values())
        if ticket is None and fresh and not self._succeeded and not hasattr(self, "_extra"):
            self._extra = True
            return -1
        return ticket


class ClosesEarly(CircuitBreaker):
    def settle(self, ticket: int, outcome: Outcome, now: float) -> None:
        super().settle(ticket, outcome, now)
        if self.state == "half-open" and self._succeeded == 3:
            self._close()


class ReopensShortly(CircuitBreaker):
    def _open(self, now: float) -> None:
        again = self.state == "half-open"
        super()._open(now)
        self._until -= 5 * again


class KeepsPermits(Wrong):
    async def send(self, request: Any) -> Any:
        breaker, now = self.breaker("peer.test"), self._clock.monotonic
        probing = breaker.state != "closed"
        try:
            return await super().send(request)
        except asyncio.CancelledError:
            if probing:
                breaker._tickets += 1
                breaker._probes[breaker._tickets] = now() + 20
            raise


class NoLease(CircuitBreaker):
    def __init__(self, policy: BreakerPolicy) -> None:
        super().__init__(replace(policy, probe_lease=21.5))


class CountsLate(CircuitBreaker):
    def settle(self, ticket: int, outcome: Outcome, now: float) -> None:
        if self.state == "half-open" and ticket == 0 and outcome is FAILURE:
            self._open(now)
        super().settle(ticket, outcome, now)


class ClosesLate(CircuitBreaker):
    def settle(self, ticket: int, outcome: Outcome, now: float) -> None:
        if self.state == "open" and outcome is SUCCESS:
            self._close()
        super().settle(ticket, outcome, now)


class CancelledIsFailure(CircuitBreaker):
    def settle(self, ticket: int, outcome: Outcome, now: float) -> None:
        closed = self.state == "closed"
        super().settle(ticket, FAILURE if closed and outcome is UNKNOWN else outcome, now)


class Worse(HttpClient):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def send(self, request: Any) -> Any:
        result = await self._inner.send(request)
        refused = isinstance(result, Err) and isinstance(result.error, PeerRefused)
        return Err(PeerFailed.of(request)) if refused else result


class RefusalIsFailure(CircuitBreakingHttpClient):
    def __init__(self, inner: Any, **more: Any) -> None:
        super().__init__(Worse(inner), **more)


class AllTogether(CircuitBreakingHttpClient):
    def breaker(self, peer: str) -> CircuitBreaker:
        return super().breaker("")


class LosesOnBug(Wrong):
    async def send(self, request: Any) -> Any:
        breaker = self.breaker("peer.test")
        try:
            return await super().send(request)
        except ZeroDivisionError:
            breaker._tickets += 1
            breaker._probes[breaker._tickets] = 1e9
            raise


class ForgetsInACrowd(CircuitBreakingHttpClient):
    def breaker(self, peer: str) -> CircuitBreaker:
        if len(self._breakers) > 1000:
            self._breakers.clear()
        return super().breaker(peer)


BROKEN: dict[str, Any] = {
    "BREAK-01": Copies,
    "BREAK-02": around(OneMore),
    "BREAK-03": around(Remembers),
    "BREAK-04": around(SaysTheWhole),
    "BREAK-05": around(AdmitsOneMore),
    "BREAK-06": around(ClosesEarly),
    "BREAK-07": around(ReopensShortly),
    "BREAK-08": KeepsPermits,
    "BREAK-09": around(NoLease),
    "BREAK-10": around(CountsLate),
    "BREAK-11": around(ClosesLate),
    "BREAK-12": around(CancelledIsFailure),
    "BREAK-13": RefusalIsFailure,
    "BREAK-14": AllTogether,
    "BREAK-15": LosesOnBug,
    "BREAK-16": ForgetsInACrowd,
}


def test_each_rule_has_a_client_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in CircuitBreakingContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_client_breaks_just_its_rule(number: str) -> None:
    report = run(CircuitBreakingContract.verify(lambda: BROKEN[number]))
    assert report.broken == (number,), report


# The machine


class Model:
    """The table of the docstring, written down as plainly as can be: a history and what follows from it."""

    def __init__(self, policy: BreakerPolicy) -> None:
        self.policy = policy
        self.state = "closed"
        self.history: list[bool] = []
        self.opened = 0.0
        self.succeeded = 0
        self.probes: dict[object, float] = {}
        self.era = object()

    def admit(self, now: float) -> tuple[object, object] | None:
        if self.state == "open" and now >= self.opened + self.policy.open_for:
            self.state, self.succeeded, self.probes, self.era = "half-open", 0, {}, object()
        if self.state == "open":
            return None
        ticket = object()
        if self.state == "half-open":
            under_way = [began for began in self.probes.values() if now < began + self.policy.probe_lease]
            if len(under_way) + self.succeeded >= self.policy.probes:
                return None
            self.probes[ticket] = now
        return self.era, ticket

    def settle(self, permit: tuple[object, object], outcome: Outcome, now: float) -> None:
        era, ticket = permit
        if era is not self.era:
            return
        if self.state == "closed" and outcome is not UNKNOWN:
            self.history.append(outcome is FAILURE)
            if sum(self.history[-self.policy.window :]) >= self.policy.failures:
                self._open(now)
        elif self.state == "half-open":
            began = self.probes.pop(ticket, None)
            if began is None or now >= began + self.policy.probe_lease:
                return
            if outcome is FAILURE:
                self._open(now)
            elif outcome is SUCCESS:
                self.succeeded += 1
                if self.succeeded == self.policy.probes:
                    self.state, self.history, self.era = "closed", [], object()

    def _open(self, now: float) -> None:
        self.state, self.opened, self.era = "open", now, object()


STEPS: list[Any] = ["ask", "pass", *itertools.product((0, -1), (SUCCESS, FAILURE, UNKNOWN))]
"""Ask to be admitted, let 3 s pass, or settle the oldest or the newest call under way, in each way."""


def differences(policy: BreakerPolicy, steps: tuple[Any, ...]) -> Iterator[str]:
    machine, model, now = CircuitBreaker(policy), Model(policy), 0.0
    under_way: list[tuple[int, Any]] = []
    for number, step in enumerate(steps):
        if step == "pass":
            now += 3
        elif step == "ask":
            ticket, permit = machine.admit(now), model.admit(now)
            if (ticket is None) != (permit is None):
                yield f"{number}: admitted {ticket}, the model {permit}"
                return
            if ticket is not None:
                under_way.append((ticket, permit))
        elif under_way:
            ticket, permit = under_way.pop(step[0])
            machine.settle(ticket, step[1], now)
            model.settle(permit, step[1], now)
        if machine.state != model.state:
            yield f"{number}: {machine.state}, the model {model.state}"
            return


@pytest.mark.parametrize(
    "policy",
    [
        BreakerPolicy(window=1, failures=1, open_for=3, probes=1, probe_lease=3),
        BreakerPolicy(window=2, failures=1, open_for=3, probes=2, probe_lease=6),
        BreakerPolicy(window=2, failures=2, open_for=6, probes=1, probe_lease=3),
    ],
    ids=str,
)
def test_every_way_of_seven_steps_is_that_of_the_model(policy: BreakerPolicy) -> None:
    found = [
        (steps, difference)
        for steps in itertools.product(STEPS, repeat=7)
        if steps[0] == "ask"
        for difference in differences(policy, steps)
    ]
    assert found[:3] == []


@pytest.mark.parametrize("wrong", [ClosesEarly, CountsLate, ClosesLate, CancelledIsFailure, AdmitsOneMore])
def test_the_model_catches_a_wrong_machine(
    wrong: type[CircuitBreaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "CircuitBreaker", wrong)
    policy = BreakerPolicy(window=3, failures=1, open_for=3, probes=4, probe_lease=30)
    to_half_open = ("ask", "ask", (-1, FAILURE), "pass")
    ways = [
        (*to_half_open, *["ask"] * 5),
        (*to_half_open, *["ask"] * 3, *[(-1, SUCCESS)] * 3),
        (*to_half_open, "ask", (0, FAILURE)),
        ("ask", "ask", (-1, FAILURE), (0, SUCCESS)),
        ("ask", (0, UNKNOWN)),
    ]
    assert any(list(differences(policy, way)) for way in ways)


class LongRuns(RuleBasedStateMachine):
    """What short ways cannot reach: long windows, many calls at once, odd times."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = BreakerPolicy(window=5, failures=3, open_for=10, probes=3, probe_lease=7)
        self.machine, self.model, self.now = CircuitBreaker(self.policy), Model(self.policy), 0.0
        self.under_way: list[tuple[int, Any]] = []

    @rule(times=st.integers(1, 8))
    def ask(self, times: int) -> None:
        for _ in range(times):
            ticket, permit = self.machine.admit(self.now), self.model.admit(self.now)
            assert (ticket is None) == (permit is None)
            if ticket is not None:
                self.under_way.append((ticket, permit))
            else:
                assert 0 <= self.machine.retry_after(self.now) <= self.policy.open_for

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def settle(self, data: st.DataObject, outcome: Outcome) -> None:
        ticket, permit = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        self.machine.settle(ticket, outcome, self.now)
        self.model.settle(permit, outcome, self.now)

    @rule(seconds=st.sampled_from([0.5, 3, 7, 10]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def they_agree(self) -> None:
        assert self.machine.state == self.model.state


TestLongRuns = LongRuns.TestCase
TestLongRuns.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def test_breakers_are_bounded_and_the_closed_ones_go_first() -> None:
    client = CircuitBreakingHttpClient(Inner(failed()), policy=BreakerPolicy(window=1, failures=1))

    async def check() -> None:
        for number in range(PEERS // 2):
            await client.send(Request("GET", f"http://open-{number}.test/"))
        for number in range(20_000):
            client.breaker(f"closed-{number}.test")
        assert len(client._breakers) == PEERS
        assert client.breaker("open-0.test").state == "open"
        for number in range(2 * PEERS):
            await client.send(Request("GET", f"http://more-{number}.test/"))
        assert len(client._breakers) == PEERS

    run(check())


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"failures": 0}, {"failures": 21}, {"probes": 0}, {"open_for": 0}, {"probe_lease": -1}),
        *({"open_for": NAN}, {"open_for": INF}, {"probe_lease": NAN}, {"probe_lease": INF}),
        *({"probes": 1.5}, {"failures": NAN}, {"window": 20.0}, {"window": 0}),
    ],
)
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        BreakerPolicy(**wrong)
