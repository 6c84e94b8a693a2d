"""Whether an exercise keeps its word: the blank, each wrong answer and the solution get what they should."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from infra_ref.workbench.teaching.exercise import Exercise, Wrong
from infra_ref.workbench.teaching.generated import Generated, generated
from infra_ref.workbench.teaching.judging import judged

HANGING = 0.4
"""Seconds for a generated wrong answer, of which many loop for ever."""


async def faults(exercise: Exercise) -> AsyncIterator[str]:
    """Give a sentence for everything that is not as the exercise says; nothing means that it is proved.

    The blank is not attempted; each wrong answer breaks just the rules it names
    and gets its own feedback; no generated one is solved, unless `may_pass` says
    why; the solution is solved, with no rule left out.
    """
    judgement = await judged(exercise, exercise.make(exercise.blank))
    if judgement.outcome != "not attempted":
        yield f"{exercise.id}: the blank is {judgement.outcome}, expected not attempted"
    for one in exercise.wrong:
        if fault := await _known(exercise, one):
            yield f"{exercise.id}: {one.name!r} {fault}"
    async for fault in _generated(exercise):
        yield f"{exercise.id}: {fault}"
    judgement = await judged(exercise, exercise.make(exercise.solution))
    if judgement.outcome != "solved":
        yield f"{exercise.id}: the solution is {judgement.outcome}\n{judgement}"
    elif judgement.exempt:
        said = f"exempt from {_all(judgement.exempt)}: give a bench that can, or `only`"
        yield f"{exercise.id}: the solution is {said}"


async def _known(exercise: Exercise, one: Wrong) -> str:
    judgement = await judged(exercise, exercise.make(one.fill))
    if judgement.outcome != "wrong":
        return f"is {judgement.outcome}"
    if set(judgement.broken) != set(one.breaks):
        return f"breaks {_all(judgement.broken)}, expected {_all(one.breaks)}\n{judgement}"
    return "" if one.feedback in judgement.notes else f"does not get its feedback\n{judgement}"


async def _generated(exercise: Exercise) -> AsyncIterator[str]:
    passing = []
    for one in wrong_answers(exercise):
        attempt: Any = exercise.run(one.source)
        if (await judged(exercise, attempt, seconds=HANGING)).outcome == "solved":
            passing.append(one.name)
            if one.name not in exercise.may_pass:
                yield f"solved {one.name}: let a rule fail, or say in may_pass why it may\n{one.source}"
    for name in set(exercise.may_pass) - set(passing):
        yield f"may_pass names {name!r}, and no generated answer of that name passes"


def wrong_answers(exercise: Exercise) -> Iterator[Generated]:
    """Give the wrong answers that are made from its solution."""
    solution = exercise.solution
    return generated(exercise.source(solution), exercise.makes, exercise.hole(solution))


def _all(numbers: tuple[str, ...]) -> str:
    return ", ".join(numbers) or "nothing"
