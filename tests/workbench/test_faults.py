"""`Faults`: what is done to a call is what was asked for, the same on every run, and never more than that."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.workbench import Faults, VirtualClock
from infra_ref.workbench.teaching.faults import AnswerLost, Crashed, Injected


class Store:
    def __init__(self) -> None:
        self.rows: list[int] = []

    async def add(self, row: int) -> int:
        self.rows.append(row)
        return len(self.rows)

    async def count(self) -> int:
        return len(self.rows)


async def tried(faults: Faults, store: Store, calls: int) -> list[str]:
    """Return what the caller saw of each call."""
    harmed, seen = faults.around(store), list[str]()
    for row in range(calls):
        try:
            seen.append(str(await harmed.add(row)))
        except (Exception, Crashed) as error:
            seen.append(type(error).__name__)
    return seen


def test_without_faults_nothing_changes() -> None:
    faults, store = Faults(VirtualClock()), Store()
    assert run(tried(faults, store, 3)) == ["1", "2", "3"]
    assert repr(faults) == (
        "Faults: 3 calls, none harmed\n"
        "  seed      0\n"
        "  latency   0\n"
        "  errors    0%\n"
        "  timeouts  0%\n"
        "  drops     0%"
    )


def test_a_seed_gives_the_same_faults_every_time() -> None:
    def once(seed: int) -> list[str]:
        faults = Faults(VirtualClock(), seed=seed, latency=(0.01, 0.2), errors=0.2, timeouts=0.1, drops=0.1)
        run(faults.clock.run(tried(faults, Store(), 12)))  # type: ignore[attr-defined]  # it is a VirtualClock
        return [str(done) for done in faults.log]

    assert once(7) == once(7)
    assert once(7) != once(8)
    assert once(7)[:5] == EXPECTED


EXPECTED = [
    "  1  add                198 ms",
    "  2  add              57.77 ms",
    "  3  add              157.1 ms  error",
    "  4  add              92.81 ms  error",
    "  5  add              131.3 ms",
]


def test_the_share_of_each_fault_is_what_was_asked_for() -> None:
    for share in ("errors", "timeouts", "drops"):
        faults = Faults(VirtualClock(), seed=3, **{share: 0.25})  # type: ignore[arg-type]  # a share
        run(faults.clock.run(tried(faults, Store(), 400)))  # type: ignore[attr-defined]
        assert 80 <= sum(done.fault is not None for done in faults.log) <= 120


def test_more_errors_leave_those_that_were() -> None:
    def failed(errors: float) -> set[int]:
        faults = Faults(VirtualClock(), seed=1, errors=errors)
        run(tried(faults, Store(), 100))
        return {done.number for done in faults.log if done.fault}

    assert failed(0.1) < failed(0.3) < failed(1)


@pytest.mark.parametrize(
    ("share", "kind", "done", "seconds"),
    [("errors", Injected, 0, 0), ("timeouts", TimeoutError, 0, 30), ("drops", AnswerLost, 1, 0)],
)
def test_what_a_fault_means(share: str, kind: type[Exception], done: int, seconds: float) -> None:
    async def happen() -> None:
        clock, store = VirtualClock(), Store()
        with pytest.raises(kind):
            await Faults(clock, **{share: 1.0}).around(store).add(1)  # type: ignore[arg-type]
        assert len(store.rows) == done
        assert clock.monotonic() == seconds

    run(happen())


def test_the_ports_own_error_can_be_raised() -> None:
    class Unavailable(Exception): ...

    faults = Faults(errors=1.0, error=lambda method: Unavailable(f"cannot {method}"))
    with pytest.raises(Unavailable, match="cannot add"):
        run(faults.around(Store()).add(1))


@pytest.mark.parametrize("step", range(5))
def test_a_crash_after_every_step(step: int) -> None:
    store = Store()
    faults = Faults(crash_after=step)
    seen = run(tried(faults, store, 4))
    assert store.rows == list(range(step))  # the one that was cut off was done
    assert seen == [*map(str, range(1, step)), *["Crashed"] * (4 - max(step - 1, 0))]
    faults.restart()
    assert run(faults.around(store).count()) == len(store.rows)


def test_no_except_exception_survives_a_crash() -> None:
    async def careless() -> str:
        try:
            await Faults(crash_after=0).around(Store()).add(1)
        except Exception:
            return "survived"
        return "done"

    with pytest.raises(Crashed, match="dead before add"):
        run(careless())


def test_only_the_methods_that_were_named() -> None:
    async def happen() -> None:
        faults, store = Faults(errors=1.0, only={"add"}), Store()
        harmed = faults.around(store)
        assert await harmed.count() == 0
        with pytest.raises(Injected):
            await harmed.add(1)
        assert [done.method for done in faults.log] == ["add"]
        faults.reset()
        assert faults.log == []

    run(happen())


def test_settings_can_be_moved_while_in_use() -> None:
    async def happen() -> None:
        faults = Faults()
        harmed = faults.around(Store())
        assert await harmed.add(1) == 1
        faults.errors = 1.0
        with pytest.raises(Injected):
            await harmed.add(2)
        faults.errors = 2.0
        with pytest.raises(ValueError, match=r"errors=2.0: a share of the calls is between 0 and 1"):
            await harmed.add(3)

    run(happen())


def test_a_caller_that_gives_up_leaves_nothing_behind() -> None:
    async def happen() -> None:
        clock, store = VirtualClock(), Store()
        harmed = Faults(clock, latency=10).around(store)

        async def impatient() -> None:
            async with clock.timeout(1):
                await harmed.add(1)

        with pytest.raises(TimeoutError):
            await clock.run(impatient())
        assert store.rows == []
        assert clock.monotonic() == 1

    run(happen())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"errors": 1.1}, "a share of the calls"),
        ({"drops": -0.1}, "a share of the calls"),
        ({"latency": -1}, "seconds of at least 0"),
        ({"latency": (2, 1)}, r"or \(least, most\)"),
        ({"crash_after": -1}, "a number of calls"),
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Faults(**wrong)


def test_without_a_live_kernel_the_sliders_are_the_settings() -> None:
    faults = Faults(errors=0.2)
    shown = faults.sliders()._repr_mimebundle_()
    assert shown == {"text/plain": repr(faults), "text/html": faults._repr_html_()}


def test_in_a_live_kernel_the_sliders_move_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ipywidgets")
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    faults = Faults(errors=0.2, latency=(0.1, 0.3))
    assert faults.sliders().widget() is None  # nobody sits at it
    monkeypatch.setenv("JPY_SESSION_NAME", "05_caching.ipynb")
    assert "application/vnd.jupyter.widget-view+json" in faults.sliders()._repr_mimebundle_()
    box = faults.sliders().widget()
    sliders = {slider.description: slider for slider in box.children}
    assert sliders["errors"].value == 0.2
    sliders["errors"].value = 0.5
    sliders["latency"].value = 0.05
    assert faults.errors == 0.5
    assert faults.latency == (0.05, 0.05)


def test_many_at_once_are_numbered_in_the_order_they_called() -> None:
    async def happen() -> list[tuple[int, int | str]]:
        clock, store = VirtualClock(), Store()
        harmed = Faults(clock, seed=2, latency=(0, 1), errors=0.3).around(store)

        async def one(row: int) -> tuple[int, int | str]:
            try:
                return row, await harmed.add(row)
            except Injected:
                return row, "failed"

        async def all_of_them() -> list[tuple[int, int | str]]:
            return list(await asyncio.gather(*map(one, range(5))))

        return await clock.run(all_of_them())

    assert run(happen()) == run(happen())
