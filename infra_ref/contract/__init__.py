"""How a port's promise is written down, and how any adapter is held to it.

Reading order: `rule` (one promise), `raised` (how it tells what must be
refused), `contract` (all promises of one port, and how they are tried),
`report` (what became of them), `explain` (how a failed assert tells what it
expected and what it saw).

Standard library only and no threads: the same rules run in pytest, in a
notebook cell, in a browser and behind `infra-ref check`.
"""

from infra_ref.contract.contract import Contract, Passing, RealTime, run
from infra_ref.contract.raised import raised
from infra_ref.contract.report import Outcome, Report, Verdict
from infra_ref.contract.rule import Rule, Tool, rule, tool

__all__ = [
    "Contract",
    "Outcome",
    "Passing",
    "RealTime",
    "Report",
    "Rule",
    "Tool",
    "Verdict",
    "raised",
    "rule",
    "run",
    "tool",
]
