"""The circuit breaker, as a state machine.

    state      what happens                              next
    closed     `failures` of the last `window` failed    open
    open       `open_for` has passed, and a call comes    half-open
    half-open  `probes` probes have succeeded            closed
    half-open  one probe has failed                      open
    half-open  a probe is unknown, or its lease ran out  half-open; its permit is free again
    any        a result that began in an earlier state   as it was

Michael Nygard, Release It!, 2nd edition, chapter 5.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Literal, TypeAlias

from infra_ref.gateway.port import HttpError

State: TypeAlias = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitOpen(HttpError):
    """Not sent: the peer failed too often lately."""

    retryable = True
    message = "was not sent: the circuit is open"


class Outcome(Enum):
    """What a call shows about its peer; UNKNOWN where it shows nothing, as when it was cancelled."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When to open, for how long, and how to try again. Times in seconds.

    `probe_lease` is how long a probe may take before its permit goes to another.
    """

    window: int = 20
    failures: int = 10
    open_for: float = 30.0
    probes: int = 3
    probe_lease: float = 60.0

    def __post_init__(self) -> None:
        for name in ("window", "failures", "probes"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise ValueError(f"{name} is a whole number from 1 up, not {getattr(self, name)!r}")
        if self.failures > self.window:
            raise ValueError(f"failures is at most window ({self.window}), not {self.failures!r}")
        for name in ("open_for", "probe_lease"):
            if not 0 < getattr(self, name) < inf:
                raise ValueError(f"{name} is in seconds and above 0, not {getattr(self, name)!r}")


class CircuitBreaker:
    """One peer's circuit. `now` is in seconds, from any start, and never goes back.

    Whoever is admitted gets a ticket and must `settle` it, whatever happens.
    """

    def __init__(self, policy: BreakerPolicy) -> None:
        self.policy = policy
        self.state: State = "closed"
        self._tickets = 0
        self._era = 0  # the first ticket number of this closed time
        self._recent: deque[bool] = deque(maxlen=policy.window)  # True for a failure
        self._until = 0.0
        self._probes: dict[int, float] = {}  # ticket of a probe under way: when its lease runs out
        self._succeeded = 0

    def admit(self, now: float) -> int | None:
        """Return a ticket, None if the call must not be made."""
        if self.state == "closed":
            return self._era
        if self.state == "open":
            if now < self._until:
                return None
            self._enter("half-open")
        self._probes = {ticket: until for ticket, until in self._probes.items() if now < until}
        if len(self._probes) + self._succeeded >= self.policy.probes:
            return None
        self._tickets += 1
        self._probes[self._tickets] = now + self.policy.probe_lease
        return self._tickets

    def settle(self, ticket: int, outcome: Outcome, now: float) -> None:
        """Report what became of an admitted call."""
        if self.state == "closed":
            if ticket == self._era and outcome is not Outcome.UNKNOWN:
                self._note(outcome is Outcome.FAILURE, now)
        elif now < self._probes.pop(ticket, now):
            if outcome is Outcome.FAILURE:
                self._open(now)
            elif outcome is Outcome.SUCCESS:
                self._succeeded += 1
                if self._succeeded == self.policy.probes:
                    self._close()

    def retry_after(self, now: float) -> float:
        """Return in how many seconds a call may be admitted, as far as is known now."""
        if self.state == "open":
            return max(self._until - now, 0.0)
        return max(min(self._probes.values(), default=now) - now, 0.0)

    def _note(self, failed: bool, now: float) -> None:
        self._recent.append(failed)
        if failed and sum(self._recent) >= self.policy.failures:
            self._open(now)

    def _open(self, now: float) -> None:
        self._enter("open")
        self._until = now + self.policy.open_for

    def _close(self) -> None:
        self._enter("closed")
        self._tickets += 1
        self._era = self._tickets

    def _enter(self, state: State) -> None:
        self.state = state
        self._recent.clear()
        self._probes.clear()
        self._succeeded = 0
