"""What a rule is, and what it finds."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from infra_ref.workbench.linting.module import Module

Hit: TypeAlias = tuple[ast.expr | ast.stmt | ast.excepthandler, str]
"""The node to underline, and what is wrong with it in a few words."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One of our own rules. `find` looks at one file; `words` are those without one of which it finds nothing.

    `why` and `fix` are one sentence each; `unseen` says what the rule does not see. An
    experimental rule runs only when it is selected by its code.
    """

    code: str
    name: str
    why: str
    fix: str
    unseen: str
    find: Callable[[Module], Iterator[Hit]]
    words: tuple[str, ...] = ()
    experimental: bool = False

    @property
    def page(self) -> str:
        """Where the site tells more."""
        return f"anti-patterns/#{self.code.lower()}"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A place in a file, lines and columns counted from 1; `source` is its first line, without the indent."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    message: str
    why: str
    fix: str
    page: str
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON holds of it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, order=True)
class Trouble:
    """A file that could not be looked at, and why."""

    path: str
    reason: str
