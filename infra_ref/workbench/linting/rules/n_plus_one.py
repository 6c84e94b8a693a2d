"""IR010: one question for the list, and one more for each thing in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import asks
from infra_ref.workbench.linting.answers import answers, asks_one_deep, comes_from, names_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors, in_loop
from infra_ref.workbench.linting.kinds import name_of
from infra_ref.workbench.linting.module import Module

WORDS = ("for ",)

_BATCHES = re.compile(
    r"(\b|_)(page|chunk|batch(es)?|attempt|retr(y|ies)|slice|shard|table|migration)s?(\b|_)", re.I
)
_CHANGES = re.compile(r"next|random|now\(", re.I)
_CURES = {
    "reads": "fetch them in bulk before the loop",
    "writes": "collect them and write them in one batch behind the loop",
    "same": "it is the same for each round: move it in front of the loop",
}


def find(module: Module) -> Iterator[Hit]:
    """Find a call to a database or a service in a loop over what another such call returned."""
    for function in module.functions:
        if module.role in {"script", "composition"} or function.name in {"main", "upgrade", "downgrade"}:
            continue
        came = answers(function)
        for call in function.calls:
            loop = in_loop(module, call)
            if not isinstance(loop, ast.For) or not comes_from(function, loop.iter, came):
                continue
            kind = asks(function, call) or asks_one_deep(function, call)
            if kind and _is_plain(module, loop, call):
                whole = _whole(module, call)
                same = kind == "reads" and not names_in(whole) & _bound(loop)
                same = same and not _CHANGES.search(ast.unparse(whole))
                yield call, f"one call for each round of the loop; {_CURES['same' if same else kind]}"


def _bound(loop: ast.For) -> set[str]:
    names = (one for one in ast.walk(loop) if isinstance(one, ast.Name))
    return {one.id for one in names if isinstance(one.ctx, ast.Store)}


def _whole(module: Module, node: ast.AST) -> ast.AST:
    """Return the whole expression that a call is part of, as in `session.query(Rule).filter(...).all()`."""
    while isinstance(above := module.parents[node], ast.expr):
        node = above
    return node


def _is_plain(module: Module, loop: ast.For, call: ast.Call) -> bool:
    """Return whether each round makes the call: no batches, no way out, no failure that is looked after."""
    if _BATCHES.search(f"{ast.unparse(loop.target)} {name_of(loop.iter)}"):
        return False
    if any(isinstance(one, ast.Break | ast.Return) for one in ast.walk(loop)):
        return False
    inside = [one for one in ancestors(module, call) if one.__class__ is ast.Try or isinstance(one, ast.For)]
    return bool(inside) and inside[0] is loop
