"""`exercise`: what a learner has of an exercise in a notebook.

    lost = exercise("repository/lost-update")
    lost                                # the task, in words

the learner completes the blank in a cell of its own, and then:

    await lost.judge(MyParcels)         # which rules hold, which do not, and why
    lost.hint(0)                        # 1 shows the first one
    lost.solution()                     # folded
"""

from __future__ import annotations

import importlib
import textwrap
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from infra_ref.workbench.teaching import definitions, progress
from infra_ref.workbench.teaching.card import card, folded, lines, paragraph, paragraphs, source
from infra_ref.workbench.teaching.exercise import Exercise
from infra_ref.workbench.teaching.judgement import Judgement
from infra_ref.workbench.teaching.judging import judged


def exercise(which: str | Exercise) -> Sitting:
    """Sit down to an exercise.

    One of ours by id (`caching/single-flight`); one of yours by
    `my_course.exercises:SINGLE_FLIGHT`, or as the object itself. Raises LookupError that names what there is.
    """
    definitions.follow()
    if isinstance(which, Exercise):
        return Sitting(which, which.id)
    return Sitting(find(which), which)


def find(which: str) -> Exercise:
    """Return an exercise by id or by `module:NAME`. Raises LookupError."""
    module_name, colon, name = which.partition(":")
    if colon:
        try:
            found = getattr(importlib.import_module(module_name), name)
        except (ImportError, AttributeError) as error:
            raise LookupError(f"no exercise {which!r}: {error}") from error
        if not isinstance(found, Exercise):
            raise LookupError(f"{which!r} is a {type(found).__name__}, not an Exercise")
        return found
    topic = which.partition("/")[0]
    home = f"infra_ref.workbench.exercises.{topic.replace('-', '_')}"
    try:
        module = importlib.import_module(home)
    except ModuleNotFoundError as error:
        if error.name != home:
            raise  # it is there, and what it needs is not
        raise LookupError(f"no exercise {which!r}: nothing has exercises on {topic!r}") from None
    there = {one.id: one for one in declared(module)}
    if which not in there:
        raise LookupError(f"no exercise {which!r}; there is {', '.join(there)}")
    return there[which]


def declared(module: ModuleType) -> list[Exercise]:
    """Return the exercises that a module declares, in their order."""
    return [one for one in vars(module).values() if isinstance(one, Exercise)]


@dataclass(slots=True)
class Sitting:
    """One learner at one exercise; `asked_as` is what the notebook calls it."""

    exercise: Exercise
    asked_as: str
    hints_taken: int = field(default=0, repr=False)

    async def judge(self, attempt: Any) -> Judgement:
        """Say which rules the attempt keeps; notes the outcome for `infra-ref progress`."""
        judgement = await judged(self.exercise, attempt)
        progress.note_exercise(self.asked_as, judgement.outcome, self.hints_taken)
        return judgement

    def hint(self, number: int = 0) -> Hints:
        """Show the hints up to that number; 0 shows none. Only a hint that was asked for is counted."""
        shown = min(max(number, 0), len(self.exercise.hints))
        self.hints_taken = max(self.hints_taken, shown)
        return Hints(self.exercise.hints[:shown], len(self.exercise.hints))

    def solution(self) -> Solution:
        """Show the solution, folded."""
        return Solution(self.exercise.source(self.exercise.solution), self.exercise.notice)

    def __repr__(self) -> str:
        return lines(
            "plain", f"Exercise: {self.exercise.title}", *paragraphs(self.exercise.task), *self._rules()
        )

    def _repr_html_(self) -> str:
        rules = "".join(f"<li>{line}</li>" for line in self._rules())
        judged_by = f"<p>Judged by:</p><ul>{rules}</ul>" if rules else ""
        return card("plain", f"Exercise: {self.exercise.title}", paragraph(self.exercise.task), judged_by)

    def _rules(self) -> list[str]:
        one = self.exercise
        if one.contract is not None and not one.only:
            return [f"all {len(one.rules())} rules of {one.contract.__name__}"]
        return [f"{rule.number}  {rule.says}" for rule in one.rules()]


@dataclass(frozen=True, slots=True)
class Hints:
    """The hints that were asked for."""

    taken: tuple[str, ...]
    of: int

    @property
    def _more(self) -> str:
        asked = len(self.taken)
        if asked == self.of:
            return "That was the last one; next is the solution."
        which = "the next one" if asked else "the first of them"
        return f"{self.of - asked} {'more' if asked else 'hints'}: write hint({asked + 1}) to see {which}."

    def __repr__(self) -> str:
        said = [f"{at}. {' '.join(one.split())}" for at, one in enumerate(self.taken, 1)]
        return lines("plain", f"Hints: {len(self.taken)} of {self.of}", *said, self._more)

    def _repr_html_(self) -> str:
        said = "".join(paragraph(f"{at}. {one.strip()}") for at, one in enumerate(self.taken, 1))
        return card("plain", f"Hints: {len(self.taken)} of {self.of}", said, paragraph(self._more))


@dataclass(frozen=True, slots=True)
class Solution:
    """The solution, which a page folds away."""

    code: str
    notice: str

    def __repr__(self) -> str:
        return "\n".join(["Solution", "", textwrap.indent(self.code, "    "), "", *paragraphs(self.notice)])

    def _repr_html_(self) -> str:
        return card("plain", "Solution", folded("Show it", source(self.code) + paragraph(self.notice)))
