"""IR010: one question for the list, and one more for each thing in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import asks
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors, in_loop
from infra_ref.workbench.linting.kinds import name_of, receiver
from infra_ref.workbench.linting.module import Function, Module

WORDS = ("for ",)

_BATCHES = re.compile(
    r"(\b|_)(pages?|chunks?|batch|batches|attempts?|retry|retries|window|slice|shard|tables?|migrations?)(\b|_)",
    re.I,
)
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
        came = _answers(function)
        for call in function.calls:
            loop = in_loop(module, call)
            if not isinstance(loop, ast.For) or not _over_answer(function, loop, came) or _leaves_early(loop):
                continue
            kind = asks(function, call) or _one_deep(function, call)
            if kind and not _BATCHES.search(ast.unparse(loop.target) + " " + name_of(loop.iter)):
                bound = {
                    one.id
                    for one in ast.walk(loop)
                    if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
                }
                used = {one.id for one in ast.walk(_whole(module, call)) if isinstance(one, ast.Name)}
                cure = kind if used & bound or kind == "writes" else "same"
                yield call, f"one call for each round of the loop; {_CURES[cure]}"


def _whole(module: Module, node: ast.AST) -> ast.AST:
    """Return the whole expression that a call is part of, as in `session.query(Rule).filter(...).all()`."""
    while isinstance(above := module.parents[node], ast.expr):
        node = above
    return node


def _answers(function: Function) -> set[str]:
    """Return the names that hold what came from a database or a service."""
    found: set[str] = set()
    for node in function.all(ast.Assign):
        if _asks_inside(function, node.value):
            found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return found


def _asks_inside(function: Function, node: ast.expr) -> bool:
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
    return any(asks(function, one) == "reads" or ".objects." in ast.unparse(one.func) for one in calls)


def _over_answer(function: Function, loop: ast.For, came: set[str]) -> bool:
    names = {one.id for one in ast.walk(loop.iter) if isinstance(one, ast.Name)}
    return bool(names & came) or _asks_inside(function, loop.iter)


def _leaves_early(loop: ast.For) -> bool:
    return any(isinstance(one, ast.Break | ast.Return) for one in ast.walk(loop))


def _one_deep(function: Function, call: ast.Call) -> str:
    """Return what the called function of this project does, where it asks outside any loop of its own."""
    helper = function.called(call)
    if helper is None or helper.node is function.node or (receiver(call) is None and not call.args):
        return ""
    found = [
        asks(helper, one)
        for one in helper.calls
        if asks(helper, one) and not any(isinstance(above, ast.If) for above in ancestors(helper.module, one))
    ]
    return "" if not found else "writes" if "writes" in found else "reads"
