"""Our own rules, each in a file of its own; the first seven were found in no other tool."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from infra_ref.workbench.linting.finding import Rule, Told, catalogue


def _rule(told: Told) -> Rule:
    module = import_module(f"{__name__}.{told.name}")
    return Rule(told, module.find, module.WORDS)


ALL: Final = tuple(_rule(told) for told in catalogue().values() if told.figures)
RULES: Final = tuple(one for one in ALL if not one.experimental)
"""Those that run unless others are selected."""
