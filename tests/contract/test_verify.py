"""How an adapter is made, tried and closed, and what may go wrong at each step."""

from __future__ import annotations

import asyncio
import functools
import signal
import time
import unittest
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar

import pytest

from infra_ref.clock import FakeClock
from infra_ref.contract import (
    Contract,
    Passing,
    Progress,
    RealTime,
    Report,
    Rule,
    Verdict,
    progress,
    rule,
    run,
    tool,
)
from infra_ref.contract import trial as machinery
from infra_ref.contract.blocking import Blocked

QUICK = 0.05


class Small(Contract):
    seconds_per_rule = QUICK

    @rule("S-01", "it is one")
    async def is_one(self, it: Any) -> None:
        assert it == 1


class Timed(Contract):
    @rule("T-01", "a minute passes")
    async def passes(self, it: Any, clock: Passing) -> None:
        before = it.monotonic()
        await clock.advance(60)
        assert it.monotonic() - before == 60


def only(report: Report) -> Verdict:
    (verdict,) = report.verdicts
    return verdict


def verdict_on(make: Callable[..., Any], contract: type[Contract] = Small) -> Verdict:
    return only(run(contract.verify(make)))


def judged(check: Any, make: Callable[..., Any] = lambda: 1) -> Verdict:
    """Hold an adapter to one rule."""
    space = {"check": rule("X-01", "it is")(check), "seconds_per_rule": QUICK}
    return verdict_on(make, type("Judge", (Contract,), space))


class One(int):
    def __new__(cls) -> One:  # noqa: PYI034 - Self is no better here
        return super().__new__(cls, 1)


class TestMaking:
    def test_plain_async_class_partial_and_managed(self) -> None:
        async def later() -> int:
            await asyncio.sleep(0)
            return 1

        @asynccontextmanager
        async def managed() -> AsyncGenerator[int]:
            yield 1

        async def managed_later() -> Any:
            return managed()

        for make in (lambda: 1, later, managed, managed_later, One, functools.partial(int, "1")):
            assert verdict_on(make).outcome == "holds", make

    def test_each_rule_has_an_adapter_and_a_contract_of_its_own(self) -> None:
        made, benches = list[int](), set[int]()
        kept = list[Any]()

        class Two(Small):
            @rule("S-02", "it is")
            async def another(self, it: Any) -> None:
                kept.append(self)

            @rule("S-03", "it is")
            async def third(self, it: Any) -> None:
                kept.append(self)

        run(Two.verify(lambda: made.append(1) or 1))
        benches = {id(one) for one in kept}
        assert (len(made), len(benches)) == (3, 2)

    def test_it_is_closed_after_each_rule_held_or_broken(self) -> None:
        log = list[str]()

        @asynccontextmanager
        async def managed(value: int) -> AsyncGenerator[int]:
            log.append("open")
            try:
                yield value
            finally:
                log.append("closed")

        for value, outcome in ((1, "holds"), (2, "broken")):
            assert verdict_on(functools.partial(managed, value)).outcome == outcome
        assert log == ["open", "closed"] * 2

    def test_one_that_takes_a_clock_gets_a_fake_one_that_the_rule_advances(self) -> None:
        seen = list[Any]()

        def make(clock: FakeClock) -> FakeClock:
            seen.append(clock)
            return clock

        assert verdict_on(make, Timed).outcome == "holds"
        assert isinstance(seen[0], FakeClock)

        class TestIt(Timed):
            def make(self, *, clock: FakeClock) -> FakeClock:
                assert clock is self.clock
                return clock

        assert run(TestIt.verify()).holds

    def test_one_that_takes_none_waits_for_real(self) -> None:
        async def check(self: Any, it: Any, clock: Any) -> None:
            assert isinstance(clock, RealTime)
            before = time.monotonic()
            await clock.advance(0.02)
            assert time.monotonic() - before >= 0.019

        assert judged(check).outcome == "holds"

    def test_what_does_not_tell_its_parameters_takes_no_clock(self) -> None:
        class Odd:
            __signature__ = "none"

            def __call__(self) -> int:
                return 1

        assert verdict_on(Odd()).outcome == "holds"

    def test_a_generator_is_told_what_to_write(self) -> None:
        async def forgotten() -> AsyncGenerator[int]:
            yield 1

        verdict = verdict_on(forgotten)
        assert "put @contextlib.asynccontextmanager above it" in verdict.seen

    def test_one_that_raises(self) -> None:
        def make() -> Any:
            raise ValueError("no disk")

        verdict = verdict_on(make)
        assert (verdict.outcome, verdict.seen) == (
            "broken",
            'ValueError: no disk while making the adapter   at: raise ValueError("no disk")',
        )
        assert isinstance(verdict.error, ValueError)

    def test_nothing_to_make(self) -> None:
        with pytest.raises(TypeError, match=r"Small\.verify\(MyAdapter\)"):
            run(Small.verify())

    def test_names_in_the_report(self) -> None:
        def make_one() -> int:
            return 1

        makes = (One, make_one, lambda: 1, functools.partial(make_one))
        names = [run(Small.verify(make)).adapter for make in makes]
        assert names == ["One", "make_one", "an adapter", "make_one"]
        assert {run(Small.verify(make)).contract for make in makes} == {"Small"}


class TestTrying:
    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (ValueError("no"), "ValueError: no   at: raise error"),
            (ValueError(), "ValueError   at: raise error"),
            (ValueError("ends in:"), "ValueError: ends in:   at: raise error"),
            (KeyError("k"), "KeyError: 'k'   at: raise error"),
            (SystemExit(3), "SystemExit: 3   at: raise error"),
            (StopAsyncIteration(), "StopAsyncIteration   at: raise error"),
            (TimeoutError(), "TimeoutError   at: raise error"),
            (AssertionError("by hand"), "AssertionError: by hand   at: raise error"),
            (ExceptionGroup("g", [ExceptionGroup("h", [OSError("x")])]), "OSError: x"),
        ],
    )
    def test_an_error_is_a_verdict_and_says_the_line(self, error: BaseException, told: str) -> None:
        async def check(self: Any, it: Any) -> None:
            raise error

        verdict = judged(check)
        assert (verdict.outcome, verdict.seen, verdict.expected) == ("broken", told, "")
        assert verdict.error is error

    def test_one_deep_in_the_adapter_is_told_with_the_line_of_the_rule(self) -> None:
        async def check(self: Any, it: Any) -> None:
            int("x")

        assert judged(check).seen.endswith('   at: int("x")')

    def test_an_error_that_cannot_tell_itself(self) -> None:
        class Shy(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no")

        async def check(self: Any, it: Any) -> None:
            raise Shy

        assert judged(check).seen == "Shy (its message cannot be read)   at: raise Shy"

    def test_a_long_text_is_cut(self) -> None:
        async def check(self: Any, it: Any) -> None:
            raise ValueError("x" * 10**6)

        assert len(judged(check).seen) < 1000

    def test_an_assert_that_failed_in_a_group_is_told_as_itself(self) -> None:
        async def check(self: Any, it: Any) -> None:
            async def within() -> None:
                assert it == 2

            async with asyncio.TaskGroup() as group:
                group.create_task(within())

        verdict = judged(check)
        assert (verdict.expected, verdict.seen) == ("2", "1")

    def test_cancelled_from_within(self) -> None:
        async def check(self: Any, it: Any) -> None:
            raise asyncio.CancelledError

        assert judged(check).seen == "cancelled from within"

    def test_what_ends_the_process_passes(self) -> None:
        async def check(self: Any, it: Any) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            judged(check)

    def test_a_skip_of_pytests_own_is_a_skip_in_pytest_and_a_verdict_elsewhere(self) -> None:
        class TestSkipped(Small):
            def make(self) -> Any:
                pytest.skip("no server")

        test: Any = TestSkipped()
        with pytest.raises(pytest.skip.Exception, match="no server"):
            test.test_S_01_is_one()
        assert only(run(TestSkipped.verify())).seen.startswith("Skipped: no server while making")

    @pytest.mark.parametrize("where", ["making", "the rule", "closing"])
    @pytest.mark.parametrize("kind", [GeneratorExit, BaseException, Blocked])
    def test_an_error_that_is_no_exception_is_a_verdict_too(
        self, kind: type[BaseException], where: str
    ) -> None:
        @asynccontextmanager
        async def make() -> AsyncGenerator[int]:
            if where == "making":
                raise kind("no")
            yield 1
            if where == "closing":
                raise kind("no")

        async def check(self: Any, it: Any) -> None:
            if where == "the rule":
                raise kind("no")

        verdict = judged(check, make)
        assert verdict.outcome == "broken"
        assert verdict.seen.startswith(f"{kind.__name__}: no")


class TestClosing:
    @staticmethod
    def adapter(on_exit: Any) -> type:
        class Managed:
            async def __aenter__(self) -> int:
                return 2

            async def __aexit__(self, *error: object) -> Any:
                return await on_exit()

        return Managed

    def test_one_that_swallows_errors_does_not_swallow_the_verdict(self) -> None:
        async def swallow() -> bool:
            return True

        verdict = verdict_on(self.adapter(swallow))
        assert (verdict.outcome, verdict.expected, verdict.seen) == ("broken", "1", "2")

        async def cancelled(self: Any, it: Any) -> None:
            raise asyncio.CancelledError

        assert judged(cancelled, self.adapter(swallow)).seen == "cancelled from within"

    def test_one_that_raises_breaks_a_rule_that_held_but_hides_none_that_did_not(self) -> None:
        async def fail() -> None:
            raise OSError("still open")

        async def is_two(self: Any, it: Any) -> None:
            assert it == 2

        verdict = judged(is_two, self.adapter(fail))
        assert verdict.outcome == "broken"
        assert verdict.seen.startswith("OSError: still open while closing the adapter   at: ")
        assert verdict_on(self.adapter(fail)).expected == "1"

    def test_a_background_task_of_the_adapter_that_fails_is_told(self) -> None:
        @asynccontextmanager
        async def make() -> AsyncGenerator[int]:
            async def background() -> None:
                raise OSError("the background")

            async with asyncio.TaskGroup() as group:
                group.create_task(background())
                yield 1

        async def waits(self: Any, it: Any) -> None:
            await asyncio.sleep(5)

        verdict = judged(waits, make)
        assert verdict.outcome == "broken"
        assert verdict.seen.startswith("OSError: the background   at: ")


class TestHanging:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machinery, "GRACE", QUICK)

    @staticmethod
    async def forever() -> Any:
        await asyncio.Event().wait()

    def test_in_making(self) -> None:
        assert verdict_on(self.forever).seen == "no answer within 0.05 s while making the adapter"

    def test_in_the_rule(self) -> None:
        async def check(self: Any, it: Any) -> None:
            await TestHanging.forever()

        assert judged(check).seen == "no answer within 0.05 s"

    def test_in_closing(self) -> None:
        make = TestClosing.adapter(self.forever)
        assert verdict_on(make).seen == "no answer within 0.05 s while closing the adapter"

    def test_with_cancellation_swallowed(self) -> None:
        async def check(self: Any, it: Any) -> None:
            for _ in range(5):
                try:
                    await asyncio.sleep(30)
                except asyncio.CancelledError:
                    continue

        before = time.monotonic()
        assert judged(check).seen == "no answer within 0.05 s, and it does not stop when cancelled"
        assert time.monotonic() - before < 5

    def test_rules_after_one_that_hangs_are_not_tried(self) -> None:
        class More(Small):
            @rule("S-00", "it hangs")
            async def hangs(self, it: Any) -> None:
                await TestHanging.forever()

            @rule("S-02", "it is still one")
            async def still(self, it: Any) -> None:
                assert it == 1

        report = run(More.verify(lambda: 1))
        assert [one.outcome for one in report.verdicts] == ["holds", "broken", "not tried"]
        assert (report.not_tried, report.holds) == (("S-02",), False)
        assert report.verdicts[2].seen == "S-00 hung"

    def test_all_rules_together_end_within_the_limit(self) -> None:
        class Slow(Contract):
            @rule("S-01", "it takes a while")
            async def one(self, it: Any) -> None:
                await asyncio.sleep(0.15)

            @rule("S-02", "it takes too long")
            async def two(self, it: Any) -> None:
                await asyncio.sleep(10)

            @rule("S-03", "it takes a while")
            async def three(self, it: Any) -> None:
                await asyncio.sleep(0.15)

        before = time.monotonic()
        report = run(Slow.verify(lambda: 1, limit=1))
        assert time.monotonic() - before < 5
        assert [one.outcome for one in report.verdicts] == ["holds", "broken", "not tried"]
        untried = run(Slow.verify(lambda: 1, limit=0))
        assert (untried.not_tried, untried.broken, untried.holds) == (("S-01", "S-02", "S-03"), (), False)

    def test_one_that_blocks_is_interrupted_and_named(self) -> None:
        class Blocking(Contract):
            seconds_blocked = 0.4

            @rule("S-01", "it sleeps")
            async def one(self, it: Any) -> None:
                with suppress(Exception):
                    time.sleep(5)  # noqa: ASYNC251 - that is what is wrong with it

            @rule("S-02", "it is")
            async def two(self, it: Any) -> None: ...

        before = time.monotonic()
        slow = type("Slow", (Blocking,), {"seconds_blocked": 3.0})
        assert run(slow.verify(lambda: 1, limit=0.4)).broken == ("S-01",)
        assert time.monotonic() - before < 4
        report = run(Blocking.verify(lambda: 1))
        assert [one.outcome for one in report.verdicts] == ["broken", "not tried"]
        said = (
            "Blocked: blocked the event loop for 0.4 s, as time.sleep does: await instead   at: time.sleep(5)"
        )
        assert report.verdicts[0].seen.startswith(said)

    def test_one_that_blocks_again_and_again_is_named_too(self) -> None:
        async def check(self: Any, it: Any) -> None:
            time.sleep(0.7)  # noqa: ASYNC251 - that is what is wrong with it
            await asyncio.sleep(0)
            await asyncio.Event().wait()

        said = "no answer within 0.05 s, because it blocks the event loop as time.sleep does: await"
        assert judged(check).seen == said

    def test_a_timer_and_a_handler_of_others_are_put_back(self) -> None:
        rang: list[int] = []
        before = signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            run(Small.verify(lambda: 1))
            time.sleep(0.3)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert rang == [1]

    def test_it_runs_in_a_thread_where_nothing_can_be_interrupted(self) -> None:
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(lambda: run(Small.verify(lambda: 1))).result().holds

    def test_a_slow_rule_is_named_while_it_runs(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(progress, "SLOW", 0.01)

        class Slow(Small):
            @rule("S-02", "it is slow")
            async def slow(self, it: Any) -> None:
                await asyncio.sleep(0.04)

        assert run(Slow.verify(lambda: 1)).holds
        assert capsys.readouterr().err == "S-02 has been running for 0.01 s: it is slow\n"

    def test_progress_is_told_rule_by_rule(self) -> None:
        log: list[str] = []

        class Noting(Progress):
            def starts(self, rule: Rule) -> None:
                log.append(f"starts {rule.number}")

            def ends(self, rule: Rule) -> None:
                log.append(f"ends {rule.number}")

        run(Small.verify(lambda: 1, progress=Noting()))
        run(Small.verify(self.forever, progress=Noting()))
        assert log == ["starts S-01", "ends S-01"] * 2


class TestDeclining:
    class Two(Contract):
        port = int

        @rule("S-01", "it is one")
        async def is_one(self, it: Any) -> None:
            assert it == 1

        @rule("S-02", "it is two")
        async def is_two(self, it: Any) -> None:
            assert it == 2

    class Declining(int):
        lacks: ClassVar = {"S-02": "one will do"}

    def test_by_the_adapter_or_by_the_test_it_is_exempt_with_the_reason(self) -> None:
        class TestTwo(self.Two):  # type: ignore[name-defined, misc]
            lacks: ClassVar = {"S-02": "one will do"}

            def make(self) -> int:
                return 1

        for report in (run(self.Two.verify(lambda: self.Declining(1))), run(TestTwo.verify())):
            assert [one.outcome for one in report.verdicts] == ["holds", "exempt"]
            assert (report.verdicts[1].seen, report.holds, report.exempt) == ("one will do", True, ("S-02",))
        with pytest.raises(unittest.SkipTest, match="one will do"):
            TestTwo().test_S_02_is_two()

    def test_the_reason_of_the_test_wins_over_that_of_the_adapter(self) -> None:
        class TestTwo(self.Two):  # type: ignore[name-defined, misc]
            lacks: ClassVar = {"S-02": "not on this server"}

            def make(self) -> Any:
                return TestDeclining.Declining(1)

        assert run(TestTwo.verify()).verdicts[1].seen == "not on this server"

    def test_one_that_holds_after_all_is_reported(self) -> None:
        report = run(self.Two.verify(lambda: self.Declining(2)))
        assert report.broken == ("S-01", "S-02")
        assert report.verdicts[1].seen == "it holds, though declined (one will do): take it out of `lacks`"

    def test_one_that_hangs_is_exempt_and_stops_nothing(self) -> None:
        class Hanging(Contract):
            seconds_per_rule = QUICK
            lacks: ClassVar = {"S-01": "it never answers"}

            @rule("S-01", "it answers")
            async def answers(self, it: Any) -> None:
                await asyncio.Event().wait()

            @rule("S-02", "it is")
            async def is_there(self, it: Any) -> None: ...

        report = run(Hanging.verify(lambda: 1))
        assert [one.outcome for one in report.verdicts] == ["exempt", "holds"]

    def test_an_unknown_number_is_an_error(self) -> None:
        with pytest.raises(TypeError, match="TestTwo: `lacks` names S-09, which is no rule of it"):

            class TestTwo(self.Two):  # type: ignore[name-defined, misc]
                lacks: ClassVar = {"S-09": "no", "S-02": "yes", "a_tool": "not there"}

        class Wrong(int):
            lacks: ClassVar = {"S-09": "no", "OTHER-01": "of another contract"}

        report = run(self.Two.verify(lambda: Wrong(1)))
        assert report.broken == ("S-01", "S-02")
        assert "`lacks` of Wrong names S-09, which is no rule of Two" in report.verdicts[0].seen


class TestCoreAndFull:
    def test_core_alone_leaves_the_others_out(self) -> None:
        class Corners(Small):
            @rule("S-02", "it is", full=True)
            async def corner(self, it: Any) -> None:
                assert it == 2

        assert [one.core for one in Corners.rules()] == [True, False]
        assert (
            run(Corners.verify(lambda: 1)).summary
            == "Corners · an adapter: core 1 of 1, full 1 of 2; 1 broken"
        )
        core = run(Corners.verify(lambda: 1, core=True))
        assert (core.summary, core.holds) == ("Corners · an adapter: core 1 of 1", True)


class TestInALoop:
    def test_it_runs_in_a_loop_that_runs_already_without_threads_and_leaves_no_task(self) -> None:
        async def notebook() -> tuple[Report, set[Any]]:
            before = asyncio.all_tasks()
            report = await Small.verify(lambda: 1)
            return report, asyncio.all_tasks() - before

        import threading

        threads = threading.active_count()
        report, left = run(notebook())
        assert (report.holds, left, threading.active_count()) == (True, set(), threads)

    def test_a_cancellation_from_outside_passes_closes_the_adapter_and_leaves_no_task(self) -> None:
        log = list[str]()

        @asynccontextmanager
        async def make() -> AsyncGenerator[int]:
            try:
                yield 1
            finally:
                await asyncio.sleep(0)
                log.append("closed")

        class Slow(Contract):
            @rule("S-01", "it is slow")
            async def slow(self, it: Any) -> None:
                log.append("running")
                await asyncio.sleep(30)

            @rule("S-02", "it is not reached")
            async def after(self, it: Any) -> None:
                log.append("reached")

        async def main() -> tuple[bool, set[Any]]:
            before = asyncio.all_tasks()
            task = asyncio.create_task(Slow.verify(make))
            while not log:  # noqa: ASYNC110 - the rule is about to run
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task}, timeout=5)
            return task.cancelled(), asyncio.all_tasks() - before

        assert run(main()) == (True, set())
        assert log == ["running", "closed"]

    def test_run_in_a_running_loop_says_what_to_write(self) -> None:
        async def work() -> int:
            return 1

        async def notebook() -> None:
            run(work())

        with pytest.raises(RuntimeError, match="write `await"):
            asyncio.run(notebook())

    def test_run_gives_the_result_passes_errors_and_cancels_what_is_left(self) -> None:
        log = list[str]()

        async def left_over() -> None:
            try:
                await asyncio.sleep(30)
            finally:
                log.append("cancelled")

        async def work(fail: bool) -> int:
            log.append(str(asyncio.create_task(left_over()).done()))
            await asyncio.sleep(0)
            return 1 // (not fail)

        assert run(work(False)) == 1
        with pytest.raises(ZeroDivisionError):
            run(work(True))
        assert log == ["False", "cancelled"] * 2


class TestOnly:
    def test_one_or_some_in_the_order_asked_for(self) -> None:
        class Two(Small):
            @rule("S-02", "it is")
            async def another(self, it: Any) -> None: ...

        def numbers(which: Any) -> list[str]:
            return [one.rule.number for one in run(Two.verify(lambda: 1, only=which)).verdicts]

        assert numbers("S-02") == ["S-02"]
        assert numbers(("S-02", "S-01")) == ["S-02", "S-01"]
        assert numbers(()) == ["S-01", "S-02"]

    def test_an_unknown_number_is_refused_with_those_there_are(self) -> None:
        with pytest.raises(ValueError, match="Small has no rule S-09, X; it has S-01"):
            run(Small.verify(lambda: 1, only=("S-09", "S-01", "X")))


def test_without_a_required_tool_no_rule_is_tried() -> None:
    class Sampled(Contract):
        samples: Any = tool("three samples", required=True)

        @rule("R-01", "it is a sample")
        async def is_one(self, it: Any) -> None:
            assert it in self.samples

    with pytest.raises(
        TypeError, match=r"Sampled wants `samples` \(three samples\): define them in a subclass"
    ):
        run(Sampled.verify(int))
    with pytest.raises(AssertionError, match="Sampled wants `samples`"):
        type("Test", (Sampled,), {"make": staticmethod(int)})().test_R_01_is_one()  # type: ignore[attr-defined]
    filled = type("Filled", (Sampled,), {"samples": (0, 1), "make": staticmethod(int)})
    assert run(filled.verify()).holds
