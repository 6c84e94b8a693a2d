"""How often a rule is right: judged reports on real packages, and examples in other libraries' idioms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: reports that were judged, and right; rewritten examples, and those found.

    `bad` counts the bad examples of the rule's tests, `gaudi` those of them that gaudi-linter 0.3.0 finds.
    """

    judged: int
    right: int
    examples: int
    found: int
    bad: int
    gaudi: int

    def __str__(self) -> str:
        judged = f"{self.right} of {self.judged} judged reports were right"
        precision = judged if self.judged else f"no report in {measured_on()[0]} packages"
        return f"{precision}; {self.found} of {self.examples} rewritten examples were found"


def figures(code: str) -> Figures:
    """Return the figures of a rule."""
    return Figures(**_read()["rules"][code])


def measured_on() -> tuple[int, int]:
    """Return how many packages from PyPI were looked at, and their lines."""
    return _read()["packages"], _read()["lines"]


def let_pass() -> int:
    """Return how many reports were wrong there that the rules let pass since."""
    return int(_read()["let_pass"])


@cache
def _read() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("figures.json").read_text(encoding="utf-8")))
