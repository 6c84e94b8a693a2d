"""`exercise`: a blank to fill, and a contract that judges it.

    ex = exercise("caching/single-flight")
    ex                                  # the task, in words

the learner completes the blank in a cell of its own, and then:

    await ex.judge(OneLoad)             # which rules hold, which do not, and why
    ex.hint()                           # one more each time
    ex.solution()                       # folded

An `Exercise` is declared once: a frame with one hole, and what may stand in the
hole: the blank, the solution, the common wrong answers. All of them are text,
for a browser's wheels carry no source files, and `proof` holds all of them to
what they claim.
"""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from infra_ref.contract import Contract, Report, Rule
from infra_ref.contract.explain import explained
from infra_ref.workbench.teaching import progress
from infra_ref.workbench.teaching.attempt import is_blank, still_blank
from infra_ref.workbench.teaching.card import card, folded, lines, paragraph, paragraphs, source
from infra_ref.workbench.teaching.judgement import Judgement

HOLE = "____"
"""The line of a frame that the learner writes."""

SECONDS_PER_RULE = 3.0
"""An attempt that hangs is told so that soon; exercises run in memory."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A common wrong answer: what stands in the hole, just the rules it `breaks`, and what to tell."""

    name: str
    fill: str
    breaks: tuple[str, ...]
    feedback: str


@dataclass(frozen=True, slots=True)
class Check:
    """A judge for what no contract covers: a sentence, and `async def check(attempt)` with plain asserts."""

    number: str
    says: str
    check: Callable[[Any], Awaitable[None]]

    def as_rule(self) -> Rule:
        """Return it as a rule, so that its asserts are explained and its verdict looks like any other."""
        checked = explained(self.check)

        async def of(_: Contract, attempt: Any) -> None:
            await checked(attempt)

        of.__code__ = of.__code__.replace(
            co_filename=self.check.__code__.co_filename
        )  # a report quotes its lines
        return Rule(self.number, self.says, of, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """What is to be done, by what it is judged, and all that may be written.

    `makes` is the name that the source defines. `given` is what the notebook has
    imported before it. `frame` has one line that reads `____`. The judge is a
    `contract` (only the rules `only`, where given), with `bench` to turn the
    attempt into what makes an adapter, or `checks` of its own. `notice` is what to
    look at once it is solved.
    """

    id: str
    title: str
    task: str
    makes: str
    frame: str
    blank: str
    solution: str
    wrong: tuple[Wrong, ...]
    hints: tuple[str, ...]
    notice: str
    given: str = ""
    contract: type[Contract] | None = None
    only: tuple[str, ...] = ()
    bench: Callable[[Any], Callable[..., Any]] | None = None
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        holes = [line for line in self.frame.splitlines() if line.strip() == HOLE]
        for fault, says in (
            (len(holes) != 1, f"its frame has {len(holes)} lines that read {HOLE}, not one"),
            (
                (self.contract is None) == (not self.checks),
                "it is judged by a contract or by checks: give one of them",
            ),
            (not self.hints, "it has no hint"),
            (not self.wrong, "it has no wrong answer: which one do people give?"),
            (any(not one.breaks for one in self.wrong), "a wrong answer of it breaks no rule"),
        ):
            if fault:
                raise ValueError(f"exercise {self.id}: {says}")

    def source(self, fill: str) -> str:
        """Return the frame with `fill` in its hole: what a cell holds."""
        done = []
        for line in textwrap.dedent(self.frame).strip("\n").splitlines():
            if line.strip() == HOLE:
                margin = line[: len(line) - len(line.lstrip())]
                line = textwrap.indent(textwrap.dedent(fill).strip("\n"), margin)
            done.append(line)
        return "\n".join(done)

    def make(self, fill: str) -> Any:
        """Run the source in a namespace of its own, and return what it defines."""
        space: dict[str, Any] = {"__name__": f"exercise {self.id}"}
        exec(compile(textwrap.dedent(self.given), f"<{self.id}: given>", "exec", dont_inherit=True), space)
        exec(compile(self.source(fill), f"<{self.id}>", "exec", dont_inherit=True), space)
        return space[self.makes]

    async def judge(self, attempt: Any) -> Judgement:
        """Hold an attempt to the rules. Raises nothing for what the attempt does."""
        blank = self.make(self.blank)
        if attempt is None or attempt is ... or is_blank(attempt, blank):
            return Judgement(
                self.id, "not attempted", notes=(f"Complete {self.makes} above, then run this cell again.",)
            )
        if not callable(attempt):
            return Judgement(
                self.id, "wrong", notes=(f"judge() takes {self.makes} itself, not what it returns.",)
            )
        report = await self._report(attempt)
        if report.holds:
            return Judgement(self.id, "solved", report, notes=(self.notice,))
        left = still_blank(attempt, blank)
        notes = [f"Still to write: {', '.join(left)}."] if left else []
        return Judgement(self.id, "wrong", report, notes=(*notes, *self._feedback(attempt, report)))

    def _feedback(self, attempt: Any, report: Report) -> Iterator[str]:
        """Give what fits the wrong answer that this is, or else the one that breaks the same rules."""
        for one in self.wrong:
            if is_blank(attempt, self.make(one.fill)):
                yield one.feedback
                return
        alike = [one for one in self.wrong if set(one.breaks) == set(report.broken)]
        if len(alike) == 1:
            yield alike[0].feedback

    async def _report(self, attempt: Any) -> Report:
        if self.contract is not None:
            make = self.bench(attempt) if self.bench else attempt
            contract, rules, name = self.contract, self.only, self.contract.__name__
            space: dict[str, Any] = {}
        else:
            make, rules, name = (lambda: attempt), (), self.title
            contract, space = Contract, {f"check_{at}": one.as_rule() for at, one in enumerate(self.checks)}
        space |= {"seconds_per_rule": SECONDS_PER_RULE, "__module__": __name__}
        judge: Any = type(name, (contract,), space)
        report: Report = await judge.verify(make, only=rules)
        return Report(name, self.makes, report.verdicts)


def exercise(which: str | Exercise) -> Sitting:
    """Sit down to an exercise.

    One of ours by id (`caching/single-flight`); one of yours by
    `my_course.exercises:SINGLE_FLIGHT`, or as the object itself. Raises LookupError that names what there is.
    """
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
        """Say which rules the attempt holds to; keeps the outcome for `infra-ref progress`."""
        judgement = await self.exercise.judge(attempt)
        progress.note_exercise(self.asked_as, judgement.outcome, self.hints_taken)
        return judgement

    def hint(self) -> Hints:
        """Take one more hint. After the last one it stays at all of them."""
        self.hints_taken = min(self.hints_taken + 1, len(self.exercise.hints))
        return Hints(self.exercise.hints[: self.hints_taken], len(self.exercise.hints))

    def solution(self) -> Solution:
        """Show the solution, folded."""
        return Solution(self.exercise.source(self.exercise.solution), self.exercise.notice)

    def __repr__(self) -> str:
        return lines(
            "plain", f"Exercise: {self.exercise.title}", *paragraphs(self.exercise.task), *self._rules()
        )

    def _repr_html_(self) -> str:
        rules = "".join(f"<li>{line}</li>" for line in self._rules())
        judged = f"<p>Judged by:</p><ul>{rules}</ul>" if rules else ""
        return card("plain", f"Exercise: {self.exercise.title}", paragraph(self.exercise.task), judged)

    def _rules(self) -> list[str]:
        if self.exercise.contract is None:
            return [f"{one.number}  {one.says}" for one in self.exercise.checks]
        rules = list(self.exercise.contract.rules())
        if not self.exercise.only:
            return [f"all {len(rules)} rules of {self.exercise.contract.__name__}"]
        return [f"{one.number}  {one.says}" for one in rules if one.number in self.exercise.only]


@dataclass(frozen=True, slots=True)
class Hints:
    """The hints taken so far, the newest unfolded last."""

    taken: tuple[str, ...]
    of: int

    @property
    def _more(self) -> str:
        left = self.of - len(self.taken)
        return (
            f"{left} more: run this cell again." if left else "That was the last one; next is the solution."
        )

    def __repr__(self) -> str:
        said = [f"{at}. {' '.join(one.split())}" for at, one in enumerate(self.taken, 1)]
        return lines("plain", f"Hints: {len(self.taken)} of {self.of}", *said, self._more)

    def _repr_html_(self) -> str:
        said = "".join(
            folded(f"Hint {at} of {self.of}", paragraph(one)) for at, one in enumerate(self.taken, 1)
        )
        return card("plain", "Hints", said, paragraph(self._more))


@dataclass(frozen=True, slots=True)
class Solution:
    """The solution, which a page folds away."""

    code: str
    notice: str

    def __repr__(self) -> str:
        return "\n".join(["Solution", "", textwrap.indent(self.code, "    "), "", *paragraphs(self.notice)])

    def _repr_html_(self) -> str:
        return card("plain", "Solution", folded("Show it", source(self.code) + paragraph(self.notice)))
