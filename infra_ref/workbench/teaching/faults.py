"""`Faults`: make what stands behind a port fail, the same way on every run.

faults = Faults(clock, seed=7, latency=(0.01, 0.2), errors=0.2)
flaky = faults.around(MemoryCache(clock=clock))
faults.sliders()            # where there is a live kernel; the settings elsewhere
faults.log                  # what was done to which call
"""

from __future__ import annotations

import importlib
import os
import random
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from infra_ref.clock import Clock, SystemClock
from infra_ref.workbench.teaching.card import card, facts, lines
from infra_ref.workbench.teaching.proxy import Call, stand_between
from infra_ref.workbench.teaching.svg import moment

P = TypeVar("P")

Fault = Literal["error", "timeout", "drop", "crash", "dead"]


class Injected(ConnectionError):
    """An error that `Faults` made; the call was not passed on."""


class AnswerLost(ConnectionError):
    """The call was passed on and done, and its answer was lost on the way back."""


class Crashed(BaseException):
    """The process died at this point. No `except Exception` catches it, as none survives a kill."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to one call: `delay` in seconds, and the fault, if any."""

    number: int
    method: str
    delay: float
    fault: Fault | None

    def __str__(self) -> str:
        return f"{self.number:>3}  {self.method:<16} {moment(self.delay):>8}  {self.fault or ''}".rstrip()


@dataclass
class Faults:
    """Faults for any number of ports; calls are counted over all of them.

    `latency` is seconds, or a range of them, on `clock`. `errors`, `timeouts` and
    `drops` are shares of the calls from 0 to 1:

    * an error raises what `error(method)` gives, before the call is passed on;
    * a timeout waits `timeout_after` seconds and raises TimeoutError, before as well;
    * a drop passes the call on and loses its answer: it raises what `lost(method)` gives.

    `crash_after=n` raises Crashed in place of the answer of call n; 0 is before the
    first. From then on every call raises it, until `restart`. `only` names the
    methods that are concerned; the others are neither harmed nor counted.

    What happens to call n depends on the seed, n and the shares, and on nothing
    else: raise `errors`, and the calls that failed before still fail. All can be
    changed while it is in use. Raises ValueError for what is no share or time.
    """

    clock: Clock = field(default_factory=SystemClock)
    seed: int = 0
    latency: float | tuple[float, float] = 0.0
    errors: float = 0.0
    timeouts: float = 0.0
    drops: float = 0.0
    crash_after: int | None = None
    timeout_after: float = 30.0
    error: Callable[[str], Exception] = field(default=lambda method: Injected(f"{method} failed on purpose"))
    lost: Callable[[str], Exception] = field(
        default=lambda method: AnswerLost(f"the answer of {method} was lost")
    )
    only: Collection[str] | None = None

    def __post_init__(self) -> None:
        self.log: list[Done] = []
        self._dead = False
        self._check()

    def around(self, port: P) -> P:
        """Return what behaves as `port` does, but for the faults, in all of its async methods."""

        @asynccontextmanager
        async def between(method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> AsyncGenerator[Call]:
            if self.only is not None and method not in self.only:
                yield Call()
                return
            done = self._decide(method)
            if done.fault == "dead":
                self._dead = True
                raise Crashed(f"dead before {method}")
            if done.delay:
                await self.clock.sleep(done.delay)
            if done.fault == "error":
                raise self.error(method)
            if done.fault == "timeout":
                await self.clock.sleep(self.timeout_after)
                raise TimeoutError(f"no answer from {method} in {self.timeout_after:g} s")
            yield Call()
            if done.fault == "drop":
                raise self.lost(method)
            if done.fault == "crash":
                self._dead = True
                raise Crashed(f"died after {method}, call {done.number}")

        harmed: P = stand_between(port, between)
        return harmed

    def restart(self) -> None:
        """Come back after a crash, and crash no more; what was stored outside is still there."""
        self._dead, self.crash_after = False, None

    def reset(self) -> None:
        """Forget all calls: the next one is call 1 again."""
        self.log.clear()
        self._dead = False

    def _decide(self, method: str) -> Done:
        self._check()
        number = len(self.log) + 1
        draw = random.Random(f"{self.seed}:{number}").random
        low, high = self.latency if isinstance(self.latency, tuple) else (self.latency, self.latency)
        delay, error, timeout, drop = low + (high - low) * draw(), draw(), draw(), draw()
        fault: Fault | None = None
        if self._dead or self.crash_after == 0:
            fault = "dead"
        elif error < self.errors:
            fault = "error"
        elif timeout < self.timeouts:
            fault = "timeout"
        elif drop < self.drops:
            fault = "drop"
        if fault != "dead" and number == self.crash_after:
            fault = "crash"
        self.log.append(Done(number, method, delay, fault))
        return self.log[-1]

    def _check(self) -> None:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)!r}: a share of the calls is between 0 and 1")
        span = self.latency if isinstance(self.latency, tuple) else (self.latency, self.latency)
        if not 0 <= span[0] <= span[1]:
            raise ValueError(f"latency={self.latency!r}: seconds of at least 0, or (least, most)")
        if self.crash_after is not None and self.crash_after < 0:
            raise ValueError(
                f"crash_after={self.crash_after!r}: a number of calls, 0 for before the first, or None"
            )

    def sliders(self) -> Sliders:
        """Return sliders for the shares and the latency; a page without a kernel shows the settings."""
        return Sliders(self)

    def _settings(self) -> list[tuple[str, str]]:
        low, high = self.latency if isinstance(self.latency, tuple) else (self.latency, self.latency)
        span = moment(low) if low == high else f"{moment(low)} to {moment(high)}"
        crash = [] if self.crash_after is None else [("crash", f"after call {self.crash_after}")]
        shares = [(name, f"{getattr(self, name):.0%}") for name in SHARES]
        return [("seed", str(self.seed)), ("latency", span), *shares, *crash]

    def _counts(self) -> str:
        harmed = [done.fault for done in self.log if done.fault]
        each = ", ".join(f"{harmed.count(kind)} {kind}" for kind in dict.fromkeys(harmed))
        return f"{len(self.log)} calls" + (f": {each}" if each else ", none harmed" if self.log else "")

    def __repr__(self) -> str:
        settings = "\n".join(f"{name:<9} {value}" for name, value in self._settings())
        return lines("plain", f"Faults: {self._counts()}", settings)

    def _repr_html_(self) -> str:
        return card("plain", f"Faults: {self._counts()}", facts(self._settings()))


SHARES = ("errors", "timeouts", "drops")


@dataclass(frozen=True, slots=True)
class Sliders:
    """The settings of `faults`: moved where a live kernel has ipywidgets, read elsewhere."""

    faults: Faults

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        page = {"text/plain": repr(self), "text/html": self.faults._repr_html_()}
        made = self.widget()
        live: dict[str, Any] = made._repr_mimebundle_() if made is not None else {}
        return {**live, **page}

    def widget(self) -> Any:
        """Return the ipywidgets box, or None where there is no kernel or no ipywidgets."""
        if not _kernel_is_live():
            return None
        try:
            widgets = importlib.import_module("ipywidgets")
        except ImportError:
            return None
        shares = [self._slider(widgets, name, 1.0) for name in SHARES]
        return widgets.VBox([*shares, self._slider(widgets, "latency", 5.0)])

    def _slider(self, widgets: Any, name: str, most: float) -> Any:
        now = getattr(self.faults, name)
        value = now[1] if isinstance(now, tuple) else now
        slider = widgets.FloatSlider(
            description=name, value=value, min=0.0, max=max(most, value), step=most / 100
        )

        def moved(change: Any) -> None:
            low = now[0] if isinstance(now, tuple) else None
            new = float(change["new"])
            setattr(self.faults, name, new if low is None else (min(low, new), new))

        slider.observe(moved, names="value")
        return slider

    def __repr__(self) -> str:
        return repr(self.faults)


_SOMEBODY = ("JPY_SESSION_NAME", "VSCODE_PID", "VSCODE_CWD")
"""Set by a Jupyter server and by VS Code, not where a notebook is run to be saved: no page slides."""


def _kernel_is_live() -> bool:
    """Whether somebody sits at this kernel."""
    if not any(os.environ.get(name) for name in _SOMEBODY):
        return False
    try:
        shell = importlib.import_module("IPython").get_ipython()
    except (ImportError, AttributeError):  # a browser's page has an IPython of its own, without this
        return False
    return getattr(shell, "kernel", None) is not None
