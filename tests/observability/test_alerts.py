"""Alerts: each rule of the contract has some that break it; the recent share of what only grows."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import pytest

from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.notification.errors import Undelivered
from infra_ref.notification.fan_out_notifier import FanOutNotifier
from infra_ref.notification.notifier_port import Delivered, Notice
from infra_ref.observability.alert_port import Alert, AlertRule
from infra_ref.observability.contracts.alerts_contract import AlertsContract
from infra_ref.observability.memory_alerts import MemoryAlerts, RecentShare
from infra_ref.observability.memory_metrics import MemoryMetrics
from infra_ref.observability.testing.recording_logger import RecordingLogger
from infra_ref.result import Err, Ok
from tests.observability.test_memory_alerts_contract import TestMemoryAlerts as Held


def of_changed_rules(change: Any) -> Any:
    def make(rules: Any, notify: Any, logger: Any, *, clock: FakeClock) -> MemoryAlerts:
        return MemoryAlerts([change(rule) for rule in rules], notify, logger, clock=clock)

    return make


class Spiky(MemoryAlerts):
    """Adds up all high time, with breaks or without."""

    def _read(self, rule: AlertRule, state: Any) -> None:
        since = state.turning_since
        super()._read(rule, state)
        if (
            not state.firing
            and state.turning_since is None
            and state.value < rule.above
            and state.value < 0.2
        ):
            state.turning_since = since


class AgainAndAgain(MemoryAlerts):
    resolved = False

    async def _tell(self, name: str, state: Any) -> Alert | None:
        self.resolved |= state.told and not state.firing
        if state.firing and state.told and not self.resolved and self._clock.monotonic() > 3000:
            state.told = False
        return await super()._tell(name, state)


class ResolvesAtOnce(MemoryAlerts):
    def _read(self, rule: AlertRule, state: Any) -> None:
        super()._read(replace(rule, lasts=0) if state.firing and state.value == 0.1 else rule, state)


class NoHysteresis(MemoryAlerts):
    def _read(self, rule: AlertRule, state: Any) -> None:
        super()._read(
            replace(rule, below=math.nextafter(rule.above, 0)) if rule.below < rule.above else rule, state
        )


class NoneIsZero(MemoryAlerts):
    def _read(self, rule: AlertRule, state: Any) -> None:
        super()._read(replace(rule, reading=lambda: rule.reading() or 0.0), state)


class TellsOnceOnly(MemoryAlerts):
    async def _tell(self, name: str, state: Any) -> Alert | None:
        alert = await super()._tell(name, state)
        if state.value != 1.0:
            state.told = state.firing
        return alert


class StopsAtABadOne(MemoryAlerts):
    def _read(self, rule: AlertRule, state: Any) -> None:
        if rule.name == "bad":
            self._states = {}
        super()._read(rule, state)

    async def evaluate(self) -> list[Alert]:
        try:
            return await super().evaluate()
        except RuntimeError:  # the rules changed while they were read
            return []


class NotGuarded(MemoryAlerts):
    async def evaluate(self) -> list[Alert]:
        self._evaluating = False
        return await super().evaluate()


def trusts_the_notifier(rules: Any, notify: Any, logger: Any, *, clock: FakeClock) -> MemoryAlerts:
    async def anyhow(alert: Alert, /) -> None:
        await notify(alert)

    return MemoryAlerts(rules, anyhow, logger, clock=clock)


BROKEN: dict[str, Any] = {
    "ALERT-01": of_changed_rules(lambda rule: replace(rule, lasts=70) if rule.lasts == 60 else rule),
    "ALERT-02": Spiky,
    "ALERT-03": AgainAndAgain,
    "ALERT-04": ResolvesAtOnce,
    "ALERT-05": NoHysteresis,
    "ALERT-06": NoneIsZero,
    "ALERT-07": TellsOnceOnly,
    "ALERT-08": StopsAtABadOne,
    "ALERT-09": NotGuarded,
    "ALERT-10": trusts_the_notifier,
}


def test_each_rule_has_alerts_that_break_it() -> None:
    assert list(BROKEN) == [one.number for one in AlertsContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_broken_alerts_break_just_their_rule(number: str) -> None:
    report = run(type("Broken", (Held,), {"kind": staticmethod(BROKEN[number])}).verify())
    assert report.broken == (number,), report


@pytest.mark.parametrize(("above", "below", "lasts"), [(0.2, 0.5, 60), (0.5, 0.2, -1), (0.5, 0.2, math.inf)])
def test_a_rule_that_could_not_work_is_refused(above: float, below: float, lasts: float) -> None:
    with pytest.raises(ValueError, match="errors: "):
        AlertRule("errors", lambda: 0.0, above=above, below=below, lasts=lasts)


def test_the_recent_share_forgets_what_is_long_past() -> None:
    async def check() -> None:
        clock, metrics = FakeClock(), MemoryMetrics()
        failed = RecentShare(
            lambda: (metrics.counted("calls", outcome="failed"), metrics.counted("calls")),
            seconds=60,
            clock=clock,
        )
        assert failed() is None
        for outcome, expected in (("failed", 1.0), ("ok", 0.5), ("ok", 1 / 3)):
            metrics.count("calls", outcome=outcome)
            await clock.advance(15)
            assert failed() == pytest.approx(expected)
        await clock.advance(60)
        metrics.count("calls", outcome="ok")
        assert failed() == 0.0

    run(check())


def test_it_watches_until_it_is_cancelled_and_a_failing_notifier_is_logged() -> None:
    async def check() -> None:
        clock, logger, told = FakeClock(), RecordingLogger(), list[str]()

        async def notify(alert: Alert, /) -> None:
            if not told:
                told.append("refused")
                raise ConnectionError("smtp://mailer:swordfish@mail.test refused")
            told.append(str(alert))

        rule = AlertRule("errors", lambda: 1.0, above=0.5, below=0.2, lasts=30)
        task = asyncio.create_task(MemoryAlerts([rule], notify, logger, clock=clock).run(every=15))
        await clock.advance(300)
        task.cancel()
        await asyncio.wait({task})
        assert told == ["refused", "errors is firing: 1"]
        assert [record.level for record in logger.records] == ["error", "info"]
        assert "swordfish" not in str(logger.records)

    run(check())


def test_an_alert_goes_out_by_the_channels_of_a_notifier() -> None:
    async def check() -> None:
        clock, logger, sent = FakeClock(), RecordingLogger(), list[Notice]()

        class Channel:
            def __init__(self, *, away: bool) -> None:
                self.away = away

            async def deliver(self, notice: Notice) -> Delivered:
                if self.away:
                    return Err(Undelivered(recipient="a channel"))
                sent.append(notice)
                return Ok(None)

        mail, pager = Channel(away=True), Channel(away=True)
        notifier = FanOutNotifier({"mail": mail, "pager": pager})
        rule = AlertRule("reads fail", lambda: 0.75, above=0.5, below=0.2, lasts=0)

        async def notify(alert: Alert, /) -> object:
            return await notifier.notify(Notice(str(alert)))

        alerts = MemoryAlerts([rule], notify, logger, clock=clock)
        assert await alerts.evaluate() == []
        pager.away = False
        assert len(await alerts.evaluate()) == 1
        assert await alerts.evaluate() == []
        assert [notice.subject for notice in sent] == ["reads fail is firing: 0.75"]

    run(check())
