"""What became of the rules: a table in a notebook, lines in a terminal, a dict for machines."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from infra_ref.contract.rule import Rule

Outcome = Literal["holds", "broken", "exempt", "not tried"]
SIGN: dict[Outcome, str] = {"holds": "✓", "broken": "✗", "exempt": "–", "not tried": "?"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one rule.

    For a broken rule `seen` is what happened and `expected` what should have
    happened (empty when an exception was raised instead); for an exempt one, and one
    that was not tried, `seen` is the reason. `error` is the exception behind a
    broken rule, if any. `hung`: it did not end in time, or blocked the event loop.
    """

    rule: Rule
    outcome: Outcome
    seen: str = ""
    expected: str = ""
    error: BaseException | None = field(default=None, repr=False, compare=False)
    hung: bool = False

    def __str__(self) -> str:
        lines = [f"{SIGN[self.outcome]} {self.rule.number}  {self.rule.says}"]
        lines += [f"{name:>12}: {text}" for name, text in self._details()]
        return "\n".join(lines)

    def _details(self) -> list[tuple[str, str]]:
        if self.outcome in ("exempt", "not tried"):
            return [(self.outcome, self.seen)]
        return [(name, text) for name, text in (("expected", self.expected), ("seen", self.seen)) if text]


@dataclass(frozen=True, slots=True)
class Report:
    """All verdicts on one adapter, in the order of the contract."""

    contract: str
    adapter: str
    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        """Whether every rule was tried, apart from the exempt ones, and none is broken."""
        return not self.broken and not self.not_tried

    @property
    def broken(self) -> tuple[str, ...]:
        """The numbers of the broken rules."""
        return self._numbers("broken")

    @property
    def exempt(self) -> tuple[str, ...]:
        """The numbers of the rules that the adapter or the test bench declares that it lacks."""
        return self._numbers("exempt")

    @property
    def not_tried(self) -> tuple[str, ...]:
        """The numbers of the rules that were left out after one hung, or for lack of time."""
        return self._numbers("not tried")

    @property
    def summary(self) -> str:
        """One line: `CacheContract · MemoryCache: core 18 of 18, full 24 of 28; 1 broken, 3 exempt`."""
        count = Counter(verdict.outcome for verdict in self.verdicts)
        parts = [f"core {_share([one for one in self.verdicts if one.rule.core])}"]
        if any(not one.rule.core for one in self.verdicts):
            parts.append(f"full {_share(self.verdicts)}")
        others: tuple[Outcome, ...] = ("broken", "exempt", "not tried")
        rest = [f"{count[outcome]} {outcome}" for outcome in others if count[outcome]]
        line = f"{self.contract} · {self.adapter}: {', '.join(parts)}"
        return f"{line}; {', '.join(rest)}" if rest else line

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {
            "contract": self.contract,
            "adapter": self.adapter,
            "holds": self.holds,
            "rules": [
                {
                    "number": verdict.rule.number,
                    "says": verdict.rule.says,
                    "core": verdict.rule.core,
                    "outcome": verdict.outcome,
                    "expected": verdict.expected,
                    "seen": verdict.seen,
                }
                for verdict in self.verdicts
            ],
        }

    def _numbers(self, outcome: Outcome) -> tuple[str, ...]:
        return tuple(verdict.rule.number for verdict in self.verdicts if verdict.outcome == outcome)

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.verdicts), self.summary])

    __str__ = __repr__

    def _repr_html_(self) -> str:
        rows = "".join(_row(verdict) for verdict in self.verdicts)
        caption = f"<caption>{html.escape(self.summary)}</caption>"
        return f"{_STYLE}<table class='contract-report'>{caption}{rows}</table>"


def _share(verdicts: Sequence[Verdict]) -> str:
    return f"{sum(one.outcome == 'holds' for one in verdicts)} of {len(verdicts)}"


def _row(verdict: Verdict) -> str:
    details = "".join(
        f"<div><em>{name}</em> <code>{html.escape(text)}</code></div>" for name, text in verdict._details()
    )
    return (
        f"<tr class='{verdict.outcome.replace(' ', '-')}'>"
        f"<td title='{verdict.outcome}'>{SIGN[verdict.outcome]}</td>"
        f"<th scope='row'>{html.escape(verdict.rule.number)}</th>"
        f"<td>{html.escape(verdict.rule.says)}{details}</td></tr>"
    )


_STYLE = """<style>
.contract-report { border-collapse: collapse; font-size: .9em; }
.contract-report caption { text-align: left; font-weight: 600; padding: .4em 0; white-space: normal; }
.contract-report :is(td, th) { text-align: left !important; vertical-align: top; }
.contract-report :is(td, th) { padding: .15em .7em .15em 0; }
.contract-report th { font-weight: 400; white-space: nowrap; opacity: .7; }
.contract-report tr { background: none !important; border-bottom: 1px solid rgba(128, 128, 128, .25); }
.contract-report .holds td:first-child { color: #2e9e5b; }
.contract-report .broken td:first-child { color: #d64545; font-weight: 700; }
.contract-report .broken th { opacity: 1; font-weight: 600; }
.contract-report :is(.exempt, .not-tried) { opacity: .75; }
.contract-report div { font-size: .92em; margin-top: .1em; }
</style>"""
