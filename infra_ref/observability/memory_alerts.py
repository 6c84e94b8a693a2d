"""Alerts within one process: each fires once and resolves once."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.observability.alert_port import Alert, AlertRule, Alerts, Notify
from infra_ref.observability.port import Logger
from infra_ref.result import Err

TELLING = 120.0
"""Seconds that the notifier has for one alert: twice what one allows its channels."""


@dataclass(slots=True)
class _State:
    """Whether the rule fires, what a person was told of it, and since when the other has been so."""

    firing: bool = False
    told: bool = False
    turning_since: float | None = None
    value: float = 0.0


class MemoryAlerts(Alerts):
    """Watches `rules`. What it knows dies with the process: after a restart, what still lasts fires again."""

    def __init__(
        self, rules: Iterable[AlertRule], notify: Notify, logger: Logger, *, clock: Clock | None = None
    ) -> None:
        self._states = {rule.name: (rule, _State()) for rule in rules}
        self._notify, self._logger, self._clock = notify, logger, clock or SystemClock()
        self._evaluating = False

    async def evaluate(self) -> list[Alert]:
        if self._evaluating:  # a notifier that takes its time: nobody is told twice
            return []
        self._evaluating = True
        try:
            for rule, state in self._states.values():
                self._read(rule, state)
            told = [await self._tell(name, state) for name, (_, state) in self._states.items()]
            return [alert for alert in told if alert is not None]
        finally:
            self._evaluating = False

    async def run(self, every: float = 15.0) -> None:
        """Evaluate every so many seconds, until it is cancelled."""
        while True:
            await self.evaluate()
            await self._clock.sleep(every)

    def _read(self, rule: AlertRule, state: _State) -> None:
        try:
            value = rule.reading()
        except Exception as error:  # noqa: BLE001  one bad rule stops no other, and is logged
            self._logger.error("an alert's reading failed", error=error, alert=rule.name)
            return
        if value is None or math.isnan(value):
            state.turning_since = None
            return
        state.value, now = value, self._clock.monotonic()
        if not (value <= rule.below if state.firing else value >= rule.above):
            state.turning_since = None
            return
        state.turning_since = now if state.turning_since is None else state.turning_since
        if now - state.turning_since >= rule.lasts:
            state.firing, state.turning_since = not state.firing, None

    async def _tell(self, name: str, state: _State) -> Alert | None:
        if state.told == (firing := state.firing):
            return None
        alert = Alert(name, "firing" if firing else "resolved", state.value, self._clock.now())
        try:
            async with timeout(self._clock, TELLING):
                answer = await self._notify(alert)
            answers = answer.values() if isinstance(answer, Mapping) else [answer]
            if all(isinstance(one, Err) for one in answers):
                raise ConnectionError(f"no channel delivered it: {', '.join(map(str, answers))}")
        except Exception as error:  # noqa: BLE001  the next evaluation tells it
            self._logger.error("an alert could not be told", error=error, alert=name)
            return None
        state.told = firing
        self._logger.info("an alert", alert=name, state=alert.state, value=alert.value)
        return alert


class RecentShare:
    """A reading: what part of the recent calls it was, such as those that failed in the last minute.

        count = partial(metrics.counted, "call_duration")
        failed = RecentShare(lambda: (count(outcome="failed"), count()), seconds=60)

    Part and whole only grow. Each is compared with that of about `seconds` ago; None while nothing came.
    """

    def __init__(
        self, read: Callable[[], tuple[float, float]], *, seconds: float, clock: Clock | None = None
    ) -> None:
        self._read, self._seconds, self._clock = read, seconds, clock or SystemClock()
        self._past = deque([(self._clock.monotonic(), *read())])

    def __call__(self) -> float | None:
        now, (part, whole) = self._clock.monotonic(), self._read()
        self._past.append((now, part, whole))
        while len(self._past) > 2 and self._past[1][0] <= now - self._seconds:
            self._past.popleft()
        _, part_then, whole_then = self._past[0]
        return (part - part_then) / (whole - whole_then) if whole > whole_then else None
