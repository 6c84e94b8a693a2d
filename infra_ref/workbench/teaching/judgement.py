"""What is said about an attempt: which rules are broken, what was expected and seen, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from infra_ref.contract import Report, Verdict
from infra_ref.workbench.teaching.card import Tone, card, facts, folded, inline, lines, paragraph, paragraphs

Outcome = Literal["not attempted", "wrong", "solved"]

_TONE: dict[Outcome, Tone] = {"not attempted": "open", "wrong": "bad", "solved": "good"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`outcome`, the `report` behind it (None where nothing was run), and notes for the learner."""

    exercise: str
    outcome: Outcome
    report: Report | None = None
    notes: tuple[str, ...] = ()

    @property
    def broken(self) -> tuple[str, ...]:
        """The numbers of the rules that do not hold."""
        return self.report.broken if self.report else ()

    @property
    def _title(self) -> str:
        verdicts = self.report.verdicts if self.report else ()
        match self.outcome:
            case "not attempted":
                return "Not attempted yet."
            case "solved":
                return f"Solved: {_rules(len(verdicts))} held."
            case "wrong" if verdicts:
                return f"Not yet: {len(self.broken)} of {_rules(len(verdicts))} broken."
            case "wrong":
                return "Not yet."

    def __repr__(self) -> str:
        shown = [str(one) for one in self._verdicts("broken")]
        held = self._verdicts("holds") if self.outcome == "solved" else []
        said = [one for note in self.notes for one in paragraphs(note)]
        return lines(_TONE[self.outcome], self._title, *shown, *(_line(one) for one in held), *said)

    def _repr_html_(self) -> str:
        broken = "".join(
            f"<p><b>{inline(one.rule.number)}</b> {inline(one.rule.says)}</p>"
            + facts([(name, text) for name, text in (("expected", one.expected), ("seen", one.seen)) if text])
            for one in self._verdicts("broken")
        )
        held = self._verdicts("holds")
        rows = "".join(f"<p>{inline(_line(one))}</p>" for one in held)
        rest = folded(f"{_rules(len(held))} held", rows) if held else ""
        return card(_TONE[self.outcome], self._title, broken, *(paragraph(one) for one in self.notes), rest)

    def _verdicts(self, outcome: str) -> list[Verdict]:
        return [one for one in (self.report.verdicts if self.report else ()) if one.outcome == outcome]


def _rules(count: int) -> str:
    return "1 rule" if count == 1 else f"{count} rules"


def _line(verdict: Verdict) -> str:
    return f"✓ {verdict.rule.number}  {verdict.rule.says}"
