"""How an attempt is judged: each rule in turn, within a limited time, with the calls that it makes."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator
from dataclasses import replace
from types import FunctionType
from typing import Any

from infra_ref.contract import Contract, Rule, Verdict
from infra_ref.contract.explain import Broken, readable
from infra_ref.workbench.teaching import definitions
from infra_ref.workbench.teaching.attempt import is_blank, still_blank
from infra_ref.workbench.teaching.bounded import Bounded, Stopped, TimeIsUp, can_interrupt, hushed, line_of
from infra_ref.workbench.teaching.calls import Call, Calls, as_lines, first_difference
from infra_ref.workbench.teaching.exercise import Exercise
from infra_ref.workbench.teaching.judgement import Judgement, Tried
from infra_ref.workbench.teaching.shape import differences, functions

SECONDS = 2.5
"""For all rules together, so that a verdict is there within 3 s; exercises run in memory."""


async def judged(exercise: Exercise, attempt: Any, *, seconds: float = SECONDS) -> Judgement:
    """Try the rules on an attempt. Raises nothing for what it does, and KeyboardInterrupt when stopped."""
    if failed := definitions.failure(exercise.makes):
        note = f"The last cell that defines {exercise.makes} ended in an error: {failed}. Repair it first."
        return Judgement(exercise.id, "not attempted", notes=(note,))
    blank = exercise.make(exercise.blank)
    if attempt is None or attempt is ... or is_blank(attempt, blank):
        note = f"Complete {exercise.makes} above, run its cell, then run this cell again."
        return Judgement(exercise.id, "not attempted", notes=(note,))
    if not callable(attempt):
        note = f"judge() takes {exercise.makes} itself, not what it returns."
        return Judgement(exercise.id, "wrong", notes=(note,))
    trial = Trial(exercise, attempt, seconds)
    tried = await trial.run()
    if not any(one.broken for one in tried):
        return Judgement(exercise.id, "solved", tried, notes=(exercise.notice,))
    tried = await _with_expected(trial)
    left = still_blank(attempt, blank)
    notes = [f"Still to write: {', '.join(left)}."] if left else list(trial.remarks())
    return Judgement(exercise.id, "wrong", tried, notes=(*notes, *await _advice(trial)))


async def _with_expected(trial: Trial) -> tuple[Tried, ...]:
    """Return what became of the rules; where one raised, with what the solution answers to the same call."""
    if all(one.expected or not one.broken for one in trial.tried):
        return trial.tried
    right = Trial(trial.exercise, trial.exercise.make(trial.exercise.solution), trial.seconds)
    await right.run()
    return tuple(
        replace(one, expected=first_difference(trial.calls[one.number], right.calls.get(one.number, [])))
        if one.broken and not one.expected
        else one
        for one in trial.tried
    )


async def _advice(trial: Trial) -> list[str]:
    """Return what helps with a known wrong answer, if the attempt is that one or did just what it does."""
    broken = {tried.number for tried in trial.tried if tried.broken}
    alike = [one for one in trial.exercise.wrong if set(one.breaks) == broken]
    known = {one.feedback: trial.exercise.make(one.fill) for one in alike}
    for feedback, answer in known.items():
        if is_blank(trial.attempt, answer):
            return [feedback]
    for feedback, answer in known.items() if not trial.is_over else ():
        other = Trial(trial.exercise, answer, trial.seconds)
        await other.run()
        if other.did == trial.did:
            return [feedback]
    return []


class Trial:
    """One attempt, and what became of each rule."""

    def __init__(self, exercise: Exercise, attempt: Any, seconds: float) -> None:
        self.exercise, self.attempt, self.seconds = exercise, attempt, seconds
        self.tried: tuple[Tried, ...] = ()
        self.is_over = False  # its time
        self.calls: dict[str, list[Call]] = {}
        self._calls = Calls()
        self._unawaited: list[str] = []
        self._files = {one.__code__.co_filename for one in _functions(attempt)}

    @property
    def did(self) -> list[tuple[Any, ...]]:
        """What was seen of it, apart from how it is written: equal for two that behave alike."""
        return [
            (one.number, one.outcome, one.expected, one.kind or one.seen, one.called) for one in self.tried
        ]

    async def run(self) -> tuple[Tried, ...]:
        """Try all rules, or as many as there is time for."""
        held = self.exercise.held(self._calls.watching(self.attempt), seconds=self.seconds)
        bounded = Bounded(self.seconds, self._files.__contains__) if can_interrupt() else None
        done = []
        for rule in self.exercise.rules():
            left = Tried(rule.number, rule.says, "not tried")
            with hushed(self._unawaited):  # a verdict that is dropped may drop a coroutine
                done.append(left if self.is_over else await self._try(held, rule, bounded))
        if any(one.broken for one in done):
            with hushed(self._unawaited):
                gc.collect(2 if self.is_over else 1)  # what it left speaks up now, not above a later cell
        self.tried = tuple(done)
        return self.tried

    async def _try(self, held: type[Contract], rule: Rule, bounded: Bounded | None) -> Tried:
        try:
            if bounded is None:
                verdict = await held().hold(rule)
            else:
                with hushed(self._unawaited):
                    verdict = bounded.run(lambda: held().hold(rule))
        except TimeIsUp as late:
            verdict, self.is_over = Verdict(rule, "broken", str(late)), True
        except Stopped:
            raise KeyboardInterrupt from None
        except BaseException as error:
            if bounded is None:
                raise  # this cell was cancelled
            verdict = Verdict(rule, "broken", error=error)
        self.is_over = self.is_over or verdict.seen.startswith("no answer within")
        return self._told(rule, verdict)

    def remarks(self) -> Iterator[str]:
        """Say what is amiss with its functions, whatever they do, and what was called without `await`."""
        one = self.exercise
        asked = {function.name for function in functions(one.source(one.blank), one.makes)}
        right = functions(one.source(one.solution), one.makes)
        wanted = [function for function in right if function.name in asked]
        yield from differences(wanted, self.attempt, self._calls.gave, makes=one.makes)
        ours = {function.name for function in wanted if not function.is_async}  # called without, and rightly
        for name in dict.fromkeys(self._unawaited):
            if name in ours:
                continue
            yield f"`{name}` was called and not awaited, so it never ran: write `await` before the call."

    def _told(self, rule: Rule, verdict: Verdict) -> Tried:
        calls, error = self._calls.taken(), verdict.error
        for one in calls if self.is_over else ():
            if one.back == "cancelled":  # by us, when the time was up
                one.back = "no answer"
        self.calls[rule.number], called = calls, as_lines(calls)
        if verdict.outcome != "broken":
            return Tried(rule.number, rule.says, verdict.outcome, seen=verdict.seen)
        if error is None or isinstance(error, Broken):
            return Tried(rule.number, rule.says, "broken", called, _plainly(verdict.expected), verdict.seen)
        first = error
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        frames = [frame for frame, _ in traceback.walk_tb(first.__traceback__)]
        where = line_of(reversed(frames), self._files.__contains__)
        seen = f"raised {_said(first)}{f' {where}' if where else ''}"
        return Tried(rule.number, rule.says, "broken", called, "", seen, kind=type(first).__name__)


def _plainly(expected: str) -> str:
    return expected.removeprefix("is ") if expected in ("is True", "is False", "is None") else expected


def _said(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - an error that cannot say itself is still a verdict
        text = ""
    return readable(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _functions(attempt: Any) -> list[FunctionType]:
    inside = vars(attempt).values() if isinstance(attempt, type) else (attempt,)
    return [one for one in inside if isinstance(one, FunctionType)]
