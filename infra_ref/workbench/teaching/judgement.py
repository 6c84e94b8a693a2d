"""What is said about an attempt: which rules are broken, what was called, expected and seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from infra_ref.workbench.teaching.card import Tone, card, facts, folded, inline, lines, paragraph, paragraphs

Outcome = Literal["not attempted", "wrong", "solved"]

_TONE: dict[Outcome, Tone] = {"not attempted": "open", "wrong": "bad", "solved": "good"}


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one rule.

    `called` are the calls that it made on the attempt, with what came back. `kind`
    is the type of the exception that broke it, if one did.
    """

    number: str
    says: str
    outcome: Literal["holds", "broken", "exempt", "not tried"]
    called: tuple[str, ...] = ()
    expected: str = ""
    seen: str = ""
    kind: str = ""

    @property
    def broken(self) -> bool:
        """Whether it does not hold."""
        return self.outcome == "broken"

    @property
    def details(self) -> list[tuple[str, str]]:
        """What to show of a broken rule, by name."""
        first, *others = self.called or ("",)
        pairs = [("called", first), *(("", one) for one in others)]
        return [
            (name, text) for name, text in (*pairs, ("expected", self.expected), ("seen", self.seen)) if text
        ]

    def __str__(self) -> str:
        told = [f"{name:>12}{':' if name else ' '} {text}" for name, text in self.details]
        return "\n".join([f"✗ {self.number}  {self.says}", *told])


@dataclass(frozen=True, slots=True)
class Judgement:
    """`outcome`, what became of each rule (nothing where none was tried), and notes for the learner."""

    exercise: str
    outcome: Outcome
    tried: tuple[Tried, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[str, ...]:
        """The numbers of the rules that do not hold."""
        return self._numbers("broken")

    @property
    def exempt(self) -> tuple[str, ...]:
        """The numbers of the rules that the test bench cannot try."""
        return self._numbers("exempt")

    @property
    def _title(self) -> str:
        match self.outcome:
            case "not attempted":
                return "Not attempted yet."
            case "solved":
                return f"Solved: {_rules(len(self.tried))} held."
            case "wrong" if self.tried:
                left = len(self._numbers("not tried"))
                rest = f", {left} not tried" if left else ""
                return f"Not yet: {len(self.broken)} of {_rules(len(self.tried))} broken{rest}."
            case "wrong":
                return "Not yet."

    def __repr__(self) -> str:
        shown = [str(one) for one in self._those("broken")]
        held = self._those("holds") if self.outcome == "solved" else []
        said = [one for note in self.notes for one in paragraphs(note)]
        return lines(_TONE[self.outcome], self._title, *shown, *(_line(one) for one in held), *said)

    def _repr_html_(self) -> str:
        broken = "".join(
            f"<p><b>{inline(one.number)}</b> {inline(one.says)}</p>{facts(one.details)}"
            for one in self._those("broken")
        )
        held = self._those("holds")
        rows = "".join(f"<p>{inline(_line(one))}</p>" for one in held)
        rest = folded(f"{_rules(len(held))} held", rows) if held else ""
        return card(_TONE[self.outcome], self._title, broken, *(paragraph(one) for one in self.notes), rest)

    def _numbers(self, outcome: str) -> tuple[str, ...]:
        return tuple(one.number for one in self.tried if one.outcome == outcome)

    def _those(self, outcome: str) -> list[Tried]:
        return [one for one in self.tried if one.outcome == outcome]


def _rules(count: int) -> str:
    return "1 rule" if count == 1 else f"{count} rules"


def _line(one: Tried) -> str:
    return f"✓ {one.number}  {one.says}"
