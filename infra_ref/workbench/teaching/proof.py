"""Hold an exercise to its word: the blank, each wrong answer and the solution get what they should."""

from __future__ import annotations

from collections.abc import AsyncIterator

from infra_ref.workbench.teaching.exercise import Exercise


async def faults(exercise: Exercise) -> AsyncIterator[str]:
    """Give a sentence for everything that is not as the exercise says; nothing means that it is proved.

    The blank is not attempted; each wrong answer breaks just the rules it names
    and gets its own feedback; the solution is solved, with no rule left out.
    """
    judged = await exercise.judge(exercise.make(exercise.blank))
    if judged.outcome != "not attempted":
        yield f"{exercise.id}: the blank is {judged.outcome}, expected not attempted"
    for one in exercise.wrong:
        judged = await exercise.judge(exercise.make(one.fill))
        if judged.outcome != "wrong":
            yield f"{exercise.id}: the wrong answer {one.name!r} is {judged.outcome}"
        elif set(judged.broken) != set(one.breaks):
            said = f"breaks {_all(judged.broken)}, expected {_all(one.breaks)}"
            yield f"{exercise.id}: {one.name!r} {said}\n{judged}"
        elif one.feedback not in judged.notes:
            yield f"{exercise.id}: {one.name!r} does not get its feedback\n{judged}"
    judged = await exercise.judge(exercise.make(exercise.solution))
    if judged.outcome != "solved":
        yield f"{exercise.id}: the solution is {judged.outcome}\n{judged}"
    elif judged.report and judged.report.lacking:
        said = f"not held to {_all(judged.report.lacking)}: give a bench that can, or `only`"
        yield f"{exercise.id}: the solution is {said}"


def _all(numbers: tuple[str, ...]) -> str:
    return ", ".join(numbers) or "nothing"
