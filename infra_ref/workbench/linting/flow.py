"""Which statement is reached after which, as far as the rules ask."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from infra_ref.workbench.linting.module import Module
from infra_ref.workbench.linting.syntax import FUNCTIONS

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def ancestors(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """Give what a node is inside of, from the inside out, up to its function."""
    while (above := module.parents.get(node)) is not None:
        yield above
        if isinstance(above, (*FUNCTIONS, ast.Lambda)):
            return
        node = above


def leads_to(module: Module, first: ast.AST, then: ast.AST) -> bool:
    """Return whether `then` comes behind `first` in the source, and control can get from one to the other."""
    if _position(first) >= _position(then):
        return False
    outer = set(ancestors(module, then))
    below = first
    for above in ancestors(module, first):
        if above in outer:
            return _same_way(above, below, _child(module, above, then))
        if _leaves(above, below):
            return False
        below = above
    return False


def in_own_branch(module: Module, node: ast.AST, other: ast.AST) -> bool:
    """Return whether a node ends the work of a branch that the other one is not in."""
    outer, below = set(ancestors(module, other)), node
    for above in ancestors(module, node):
        if isinstance(above, ast.If) and above not in outer:
            return below not in (above.test, above.body[0], *above.orelse[:1])
        below = above
    return False


def in_loop(module: Module, node: ast.AST) -> ast.For | ast.AsyncFor | ast.While | None:
    """Return the innermost loop whose body, not its head, a node is in."""
    below = node
    for above in ancestors(module, node):
        if isinstance(above, ast.For | ast.AsyncFor | ast.While) and below in above.body:
            return above
        below = above
    return None


def _position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _child(module: Module, above: ast.AST, node: ast.AST) -> ast.AST:
    while (parent := module.parents[node]) is not above:
        node = parent
    return node


def _leaves(above: ast.AST, below: ast.AST) -> bool:
    """Return whether the block that `below` is in ends by leaving."""
    for name in _BLOCKS:
        block = getattr(above, name, None)
        if isinstance(block, list) and below in block:
            return any(isinstance(one, _ENDS) for one in block[block.index(below) :])
    return False


def _same_way(above: ast.AST, one: ast.AST, other: ast.AST) -> bool:
    """Return whether both parts of a statement are run in one pass, the second after the first."""
    first, second = (next((n for n in _BLOCKS if part in _block(above, n)), "") for part in (one, other))
    if first == second and first in {"handlers", "cases"}:
        return one is other
    if first == second and first:
        block = _block(above, first)
        return not any(isinstance(n, _ENDS) for n in block[block.index(one) : block.index(other)])
    if isinstance(above, ast.If):
        return "" in (first, second)
    if isinstance(above, ast.Try | ast.TryStar):
        return first == "body" and second in {"orelse", "finalbody"} and not _leaves(above, one)
    return True


def _block(above: ast.AST, name: str) -> list[ast.AST]:
    block = getattr(above, name, None)
    return block if isinstance(block, list) else []
