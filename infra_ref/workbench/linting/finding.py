"""What a rule is, and what it finds."""

from __future__ import annotations

import ast
import linecache
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from infra_ref.workbench.linting.module import Module

Hit: TypeAlias = tuple[ast.expr | ast.stmt | ast.excepthandler, str]
"""The node to underline, and what is wrong with it in a few words."""
ENOUGH = 5  # so many reports must have been judged before a rule is on


@dataclass(frozen=True, slots=True)
class Told:
    """What catalogue.toml says of an anti-pattern; `ruff` has the codes of ruff that find it."""

    name: str
    why: str
    fix: str
    code: str = ""
    unseen: str = ""
    ruff: Sequence[str] = ()
    figures: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def page(self) -> str:
        """Where the site tells more."""
        return f"anti-patterns/#{self.name.replace('_', '-')}"

    @property
    def measured(self) -> str:
        """How often its rule is right, and how much it finds."""
        right = "{right} of {judged} judged reports were right" if self.figures["judged"] else "no report"
        return (right + "; {found} of {examples} rewritten examples were found").format_map(self.figures)


@dataclass(frozen=True, slots=True)
class Rule:
    """One of our own rules. `find` looks at one file; in a file without any of `words` it finds nothing."""

    told: Told
    find: Callable[[Module], Iterator[Hit]]
    words: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.told.code

    @property
    def experimental(self) -> bool:
        """Whether too few reports were judged, or over one in ten was wrong: it runs only when selected."""
        judged = self.told.figures["judged"]
        return judged < ENOUGH or (judged - self.told.figures["right"]) * 10 > judged


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A place in a file, lines and columns counted from 1."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    message: str

    @property
    def told(self) -> Told:
        """What the catalogue says of it."""
        return next(one for one in catalogue().values() if self.code in (one.code, *one.ruff))


@dataclass(frozen=True, slots=True, order=True)
class Trouble:
    """A file that could not be looked at, and why."""

    path: str
    reason: str


@dataclass
class Outcome:
    """What came of a run. Paths count from `root`; `skipped` are files that are not for people to read."""

    root: Path
    files: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])
    troubles: list[Trouble] = field(default_factory=list[Trouble])
    skipped: list[Trouble] = field(default_factory=list[Trouble])

    def line(self, one: Finding) -> str:
        """Return the first line of a finding, as the file has it now."""
        linecache.checkcache(path := str(self.root / one.path))
        return linecache.getline(path, one.line).rstrip()


@cache
def catalogue() -> dict[str, Told]:
    """Return what is said of each anti-pattern that is looked for, by its name."""
    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    read: dict[str, dict[str, Any]] = tomllib.loads(text)
    return {name: Told(name, **one) for name, one in read.items()}
