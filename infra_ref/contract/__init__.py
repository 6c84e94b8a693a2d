"""How a port's promise is written down, and how any adapter is checked against it.

Reading order: `rule` (one promise), `raised` (what must be refused), `contract` (all
promises of one port, and how they are tried), `report` (the outcome), `explain` (how a
failed assert shows what it expected and what it saw).

Standard library only and no threads: the same rules run in pytest, in a
notebook cell, in a browser and behind `infra-ref check`.
"""

from infra_ref.contract.contract import Contract, Passing, RealTime
from infra_ref.contract.event_loop import run
from infra_ref.contract.progress import Progress
from infra_ref.contract.raised import raised
from infra_ref.contract.report import Outcome, Report, Verdict
from infra_ref.contract.rule import Rule, Tool, rule, tool

__all__ = [
    "Contract",
    "Outcome",
    "Passing",
    "Progress",
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
