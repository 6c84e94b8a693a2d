"""What a decorator promises that measures any port. The adapter is the function that decorates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, Self

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, raised, rule
from infra_ref.observability.contracts.secret_corpus import SECRET
from infra_ref.observability.port import Fields, Level, Logger, Metrics
from infra_ref.result import Err, Ok, Result


class Monitor(Protocol):
    """Puts measuring around any object."""

    def __call__(self, inner: Any, metrics: Metrics, *, name: str, **more: Any) -> Any:
        """Return `inner`, measured; `more` are `logger`, `hits` and `clock`."""
        ...


@dataclass(frozen=True)
class OutOfStock:
    """Why the stock refuses."""

    sku: str

    def __str__(self) -> str:
        return f"{self.sku} is out of stock"


class Stock:
    """What is measured here: methods of each kind. `open` counts readers that have not ended."""

    size = 7

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.open = 0

    async def take(self, sku: str, *, password: str = "") -> Result[str, OutOfStock]:
        """Give a Result, after as many seconds as the name has letters."""
        await self._clock.sleep(len(sku))
        return Err(OutOfStock(sku)) if sku == "lamp" else Ok(sku)

    async def get(self, key: str, default: Any = None) -> Any:
        """Read as a cache does."""
        return {"tea": 1}.get(key, default)

    async def count(self, sku: str) -> int:
        """Raise what a store raises, for a sku that is empty."""
        if not sku:
            raise ConnectionError("cannot reach redis://:swordfish@cache.test")
        return len(sku)

    async def all(self) -> AsyncIterator[int]:
        """Give three, a second each."""
        self.open += 1
        try:
            for number in range(3):
                await self._clock.sleep(1)
                yield number
        finally:
            self.open -= 1

    def label(self, sku: str) -> str:
        """Need no awaiting."""
        return sku.upper()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        return None


def _always(*given: Any) -> bool:
    return True


class Seen(Metrics, Logger):
    """A spy on both ports."""

    def __init__(self) -> None:
        self.durations: list[tuple[float, dict[str, str]]] = []
        self.logged: list[tuple[str, str]] = []

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        """Keep nothing."""

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        """Keep nothing."""

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        """Keep it."""
        self.durations.append((seconds, labels))

    def log(self, level: Level, message: str, fields: Fields, error: BaseException | None, /) -> None:
        """Keep it."""
        self.logged.append((level, f"{message} { {name: str(one) for name, one in fields.items()} }"))

    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        """Bind nothing."""
        return nullcontext()

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """Give the method and the outcome of each call."""
        return [(labels["method"], labels["outcome"]) for _, labels in self.durations]


class MonitoredContract(Contract):
    """The port is called `stock`."""

    port = Monitor

    @rule("MON-01", "answers are given on as they are, and arguments too")
    async def passes_on(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, _ = self._watched(monitor, clock)
        assert await self._after(clock, stock.take("tea", password=SECRET)) == Ok("tea")
        assert await self._after(clock, stock.take(sku="lamp")) == Err(OutOfStock("lamp"))
        assert await stock.get("milk", 3) == 3

    @rule("MON-02", "the duration of each call is recorded, in seconds, with its outcome")
    async def measures(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        await self._after(clock, stock.take("lamp"))
        await self._after(clock, stock.take("tea"))
        same = {"port": "stock", "method": "take"}
        assert seen.durations == [
            (4, same | {"outcome": "failed", "error": "out_of_stock"}),
            (3, same | {"outcome": "ok", "error": ""}),
        ]

    @rule("MON-03", "labels are few: no argument and no answer is among them")
    async def bounded(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        for number in range(100):
            await stock.get(f"key-{number}", number)
        assert len({tuple(labels.items()) for _, labels in seen.durations}) == 1

    @rule("MON-04", "a cancelled call is counted as cancelled, not as failed, and is no warning")
    async def cancelled(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        call = asyncio.create_task(stock.take("never"))
        await clock.advance(1)
        call.cancel()
        await asyncio.wait({call})
        assert call.cancelled()
        assert seen.outcomes == [("take", "cancelled")]
        assert "warning" not in dict(seen.logged)

    @rule("MON-05", "a failed call is logged once, at warning, with its reason")
    async def logs(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        await self._after(clock, stock.take("lamp"))
        (warning,) = [text for level, text in seen.logged if level == "warning"]
        assert "lamp is out of stock" in warning

    @rule("MON-06", "what is raised is counted as failed, and raised")
    async def raises(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        with raised(ConnectionError):
            await stock.count("")
        assert [labels["error"] for _, labels in seen.durations] == ["connection_error"]
        assert seen.outcomes == [("count", "failed")]

    @rule("MON-07", "each call is logged at debug, with its method and its seconds, unless it failed")
    async def logs_all(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        await self._after(clock, stock.take("tea"))
        await stock.get("tea")
        assert [level for level, _ in seen.logged] == ["debug", "debug"]
        assert "take" in seen.logged[0][1] and "3" in seen.logged[0][1]

    @rule("MON-08", "of a method in `hits`, hits and misses are counted; a failed call is neither")
    async def hits(self, monitor: Monitor, clock: FakeClock) -> None:
        def is_hit(value: Any, key: str, default: Any = None) -> bool:
            return value is not default

        stock, seen = self._watched(monitor, clock, hits={"get": is_hit, "count": _always})
        assert [await stock.get("tea"), await stock.get("milk"), await stock.get("milk", 5)] == [1, None, 5]
        with raised(ConnectionError):
            await stock.count("")
        assert [outcome for _, outcome in seen.outcomes] == ["hit", "miss", "miss", "failed"]

    @rule("MON-09", "a stream is measured until its end or its closing, which closes it inside too")
    async def streams(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        assert await self._after(clock, self._read(stock.all())) == [0, 1, 2]
        items = stock.all()
        await self._after(clock, anext(items))
        assert stock.open == 1
        await items.aclose()
        assert stock.open == 0
        assert [seconds for seconds, _ in seen.durations] == [3, 6]
        assert seen.outcomes == [("all", "ok"), ("all", "ok")]

    @rule(
        "MON-10", "plain methods are measured, attributes are as inside, and `async with` gives it measured"
    )
    async def whole(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        assert (stock.label("tea"), stock.size) == ("TEA", 7)
        async with stock as entered:
            await entered.get("tea")
        assert seen.outcomes == [("label", "ok"), ("get", "ok")]

    @rule("MON-11", "no argument and no answer is logged: either may be a secret")
    async def shows_nothing(self, monitor: Monitor, clock: FakeClock) -> None:
        stock, seen = self._watched(monitor, clock)
        await self._after(clock, stock.take("milk", password=SECRET))
        await stock.get("absent", SECRET)
        assert len(seen.logged) == 2
        assert SECRET not in str(seen.logged)

    def _watched(self, monitor: Monitor, clock: FakeClock, **more: Any) -> tuple[Any, Seen]:
        seen = Seen()
        return monitor(Stock(clock), seen, name="stock", logger=seen, clock=clock, **more), seen

    async def _after(self, clock: FakeClock, call: Any) -> Any:
        async def wait() -> Any:
            return await call

        task = asyncio.create_task(wait())
        for _ in range(6):
            await clock.advance(1)
        return await task

    async def _read(self, items: Any) -> list[Any]:
        return [item async for item in items]
