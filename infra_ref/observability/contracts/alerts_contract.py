"""What `Alerts` promise. The adapter is what makes them, of rules, a notifier and a clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from infra_ref.clock import Clock, FakeClock
from infra_ref.contract import Contract, rule
from infra_ref.observability.alert_port import Alert, AlertRule, Alerts, Notify
from infra_ref.result import Err, Ok


class MakeAlerts(Protocol):
    """Makes alerts."""

    def __call__(self, rules: Iterable[AlertRule], notify: Notify, /, *, clock: Clock) -> Alerts:
        """Return alerts that watch the rules by that clock."""
        ...


class Bench:
    """One rule over a value that is set: 0.5 or more for 60 s fires, 0.2 or less for 60 s resolves."""

    def __init__(self, make: MakeAlerts, clock: FakeClock, *more: AlertRule) -> None:
        self.value: float | None = 0.0
        self.told: list[Alert] = []
        self.away: type[Exception] | None = None
        self.clock = clock
        rules = (*more, AlertRule("errors", self._read, above=0.5, below=0.2, lasts=60))
        self.alerts = make(rules, self._notify, clock=clock)

    def _read(self) -> float | None:
        return self.value

    async def _notify(self, alert: Alert, /) -> None:
        if self.away is not None:
            raise self.away("the mail server is away")
        self.told.append(alert)

    async def at(self, value: float | None, seconds: int) -> list[str]:
        """Let the value be that for so long, evaluated every 15 s; return what was told meanwhile."""
        self.value, before = value, len(self.told)
        for _ in range(0, seconds, 15):
            await self.alerts.evaluate()
            await self.clock.advance(15)
        await self.alerts.evaluate()
        return [alert.state for alert in self.told[before:]]


class AlertsContract(Contract):
    """Time passes by the clock alone."""

    port = MakeAlerts

    @rule("ALERT-01", "it fires once the value was high for as long as the rule says, and not before")
    async def lasts(self, make: MakeAlerts, clock: FakeClock) -> None:
        bench = Bench(make, clock)
        assert await bench.at(0.9, 45) == []
        assert await bench.at(0.9, 15) == ["firing"]
        assert (bench.told[0].name, bench.told[0].value) == ("errors", 0.9)

    @rule("ALERT-02", "a break begins the time anew: spikes alone never fire")
    async def spikes(self, make: MakeAlerts, clock: FakeClock) -> None:
        bench = Bench(make, clock)
        for _ in range(10):
            assert await bench.at(0.9, 45) == []
            assert await bench.at(0.1, 15) == []

    @rule("ALERT-03", "it fires once, however long it lasts")
    async def once(self, make: MakeAlerts, clock: FakeClock) -> None:
        bench = Bench(make, clock)
        assert await bench.at(0.9, 3600) == ["firing"]

    @rule("ALERT-04", "it resolves once, when the value was low for as long")
    async def resolves(self, make: MakeAlerts, clock: FakeClock) -> None:
        bench = Bench(make, clock)
        await bench.at(0.9, 90)
        assert await bench.at(0.1, 45) == []
        assert await bench.at(0.1, 3600) == ["resolved"]
        assert await bench.at(0.9, 90) == ["firing"]

    @rule("ALERT-05", "between the two limits it stays what it is, for ever")
    async def hysteresis(self, make: MakeAlerts, clock: FakeClock) -> None:
        bench = Bench(make, clock)
        assert await bench.at(0.4, 600) == []
        await bench.at(0.5, 90)
        assert await bench.at(0.4, 600) == []
        assert await bench.at(0.2, 90) == ["resolved"]

    @rule("ALERT-06", "a reading of None begins no alert and ends none")
    async def nothing(self, make: MakeAlerts, clock: FakeClock) -> None:
        bench = Bench(make, clock)
        assert await bench.at(None, 600) == []
        await bench.at(0.9, 90)
        assert await bench.at(None, 600) == []
        assert await bench.at(0.1, 90) == ["resolved"]

    @rule("ALERT-07", "what nobody could be told is told later, once; not if it is over by then")
    async def tells_later(self, make: MakeAlerts, clock: FakeClock) -> None:
        bench = Bench(make, clock)
        bench.away = ConnectionError
        assert await bench.at(0.9, 120) == []
        bench.away = None
        assert await bench.at(0.9, 120) == ["firing"]
        bench.away = TimeoutError
        await bench.at(0.1, 90)
        await bench.at(0.9, 90)
        bench.away = None
        assert await bench.at(0.9, 60) == []

    @rule("ALERT-08", "a reading that raises stops no other rule")
    async def bad_reading(self, make: MakeAlerts, clock: FakeClock) -> None:
        def bad() -> float:
            raise ZeroDivisionError

        bench = Bench(make, clock, AlertRule("bad", bad, above=1, below=1))
        assert await bench.at(0.9, 90) == ["firing"]

    @rule("ALERT-09", "a notifier that hangs ends in some time; until then nothing is told twice")
    async def hangs(self, make: MakeAlerts, clock: FakeClock) -> None:
        calls: list[str] = []

        async def hang(alert: Alert, /) -> None:
            calls.append(alert.state)
            await asyncio.Event().wait()

        alerts = make([AlertRule("errors", lambda: 1.0, above=0.5, below=0.2, lasts=0)], hang, clock=clock)
        several = [asyncio.create_task(alerts.evaluate()) for _ in range(5)]
        await clock.advance(1)
        assert calls == ["firing"]
        await clock.advance(600)
        assert all(one.done() for one in several)
        again = asyncio.create_task(alerts.evaluate())
        await clock.advance(600)
        assert (again.done(), calls) == (True, ["firing", "firing"])

    @rule("ALERT-10", "an `Err` from the notifier, or from all of its channels, means that nobody was told")
    async def refused(self, make: MakeAlerts, clock: FakeClock) -> None:
        one, none = {"mail": Err("away"), "sms": Ok(None)}, {"mail": Err("away"), "sms": Err("away")}
        answers: list[Any] = [Err("away"), none, one, Ok(None), None]
        asked: list[str] = []

        async def notify(alert: Alert, /) -> object:
            asked.append(alert.state)
            return answers[len(asked) - 1]

        value = [1.0]
        alerts = make([AlertRule("errors", lambda: value[0], 0.5, 0.2, lasts=0)], notify, clock=clock)
        told = [len(await alerts.evaluate()) for _ in range(5)]
        assert (told, asked) == ([0, 0, 1, 0, 0], ["firing"] * 3)
