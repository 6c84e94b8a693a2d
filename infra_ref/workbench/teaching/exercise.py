"""An `Exercise`: a blank to fill, and the rules that judge it.

It is declared once: a frame with one hole, and what may stand in the hole: the
blank, the solution, the common wrong answers. All of them are text, for a
browser's wheels carry no source files, and `proof` checks every one of them.
`sitting` is what a learner has of it in a notebook, `judging` how it is judged.
"""

from __future__ import annotations

import linecache
import textwrap
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra_ref.contract import Contract, Rule
from infra_ref.contract.explain import explained

HOLE = "____"
"""The line of a frame that the learner writes."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A common wrong answer: what stands in the hole, just the rules it `breaks`, and the advice it gets."""

    name: str
    fill: str
    breaks: tuple[str, ...]
    feedback: str


@dataclass(frozen=True, slots=True)
class Handed:
    """An attempt on its way to a check: a class is not looked at as the adapter that it would make."""

    attempt: Any


@dataclass(frozen=True, slots=True)
class Check:
    """A judge for what no contract covers: a sentence, and `async def check(attempt)` with plain asserts."""

    number: str
    says: str
    check: Callable[[Any], Awaitable[None]]

    def as_rule(self) -> Rule:
        """Return it as a rule, so that its asserts are explained and its verdict looks like any other."""
        checked = explained(self.check)

        async def of(_: Contract, handed: Handed) -> None:
            await checked(handed.attempt)

        return Rule(self.number, self.says, of, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """What is to be done, by what it is judged, and all that may be written.

    `makes` is the name that the source defines. `given` is what the notebook has
    imported before it. `frame` has one line that reads `____`. The judge is a
    `contract` (only the rules `only`, where given), with `bench` to turn the
    attempt into what makes an adapter, or `checks` of its own. `notice` is what to
    look at once it is solved. `may_pass` has the generated wrong answers that are
    solved all the same, by their names, each with the reason.
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
    may_pass: Mapping[str, str] = field(default_factory=dict)

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
        for line in self._frame():
            if line.strip() == HOLE:
                margin = line[: len(line) - len(line.lstrip())]
                line = textwrap.indent(textwrap.dedent(fill).strip("\n"), margin)
            done.append(line)
        return "\n".join(done)

    def hole(self, fill: str) -> range:
        """Return the numbers of the lines that `fill` takes in the source, the first line being 1."""
        start = next(at for at, line in enumerate(self._frame(), 1) if line.strip() == HOLE)
        return range(start, start + len(textwrap.dedent(fill).strip("\n").splitlines()))

    def make(self, fill: str) -> Any:
        """Run the source in a namespace of its own, and return what it defines."""
        return self.run(self.source(fill))

    def run(self, source: str) -> Any:
        """Run a whole source, as a cell would, and return what it defines under the name `makes`."""
        space: dict[str, Any] = {"__name__": f"exercise {self.id}"}
        name = f"<{self.id} {zlib.crc32(source.encode()):x}>"  # so that a verdict quotes its lines
        linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
        exec(compile(textwrap.dedent(self.given), f"<{self.id}: given>", "exec", dont_inherit=True), space)
        exec(compile(source, name, "exec", dont_inherit=True), space)
        return space[self.makes]

    def rules(self) -> list[Rule]:
        """Return the rules that judge it, in their order."""
        if self.contract is None:
            return [one.as_rule() for one in self.checks]
        return [one for one in self.contract.rules() if not self.only or one.number in self.only]

    def held(self, attempt: Any, *, seconds: float) -> type[Contract]:
        """Return a contract that makes its adapter of this attempt; a rule may take that many seconds."""
        if self.contract is None:
            base, make = Contract, lambda: Handed(attempt)
        else:
            base, make = self.contract, self.bench(attempt) if self.bench else attempt
        space = {"make": staticmethod(make), "seconds_per_rule": seconds, "__module__": __name__}
        held: Any = type(base.__name__, (base,), space)
        return held  # type: ignore[no-any-return]

    def _frame(self) -> list[str]:
        return textwrap.dedent(self.frame).strip("\n").splitlines()
