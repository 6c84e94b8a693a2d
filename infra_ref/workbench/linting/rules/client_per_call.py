"""IR011: a client or a pool that is made for one call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import arguments
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors
from infra_ref.workbench.linting.kinds import method
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.vendors import CLIENTS

WORDS = ()

_MAKERS = re.compile(
    r"^_*(make|build|new|open|connect|setup|set_up|init|start|startup|lifespan|run|main|configure|provide|from|on_startup"
    r"|initialize|with|ensure|lazy|migrate|upgrade|ping)(_|$)|^__\w+__$"
    r"|(client|session|engine|pool|conn|connection|redis|db|database|factory|fixture|lifespan|producer|resource)s?$"
)
_MADE_HERE = {"script", "composition", "test"}


def find(module: Module) -> Iterator[Hit]:
    """Find a client that a function makes and does not hand on or keep."""
    if module.role in _MADE_HERE:
        return
    for function in module.functions:
        if _MAKERS.search(function.name):
            continue
        if function.owner is None and not isinstance(function.node, ast.AsyncFunctionDef):
            continue  # a job or a step of a script, more often than not
        for call in function.calls:
            if CLIENTS.search(module.full_name(call.func)) and not _kept(function, call):
                yield call, f"a new {module.full_name(call.func)} for every call of {function.name}"


def _kept(function: Function, call: ast.Call) -> bool:
    """Return whether it is returned, yielded, given to another, or put where it stays."""
    names: set[str] = set()
    for above in ancestors(function.module, call):
        match above:
            case ast.Return() | ast.Yield() | ast.Call() | ast.Dict() | ast.NamedExpr() | ast.BoolOp():
                return True
            case ast.Assign(targets=targets):
                names |= {one.id for one in targets if isinstance(one, ast.Name)}
                if any(not isinstance(one, ast.Name) for one in targets):
                    return True
            case ast.With() | ast.AsyncWith():
                bound = [one.optional_vars for one in above.items if call in ast.walk(one.context_expr)]
                names |= {one.id for one in bound if isinstance(one, ast.Name)}
            case _:
                pass
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in function.nodes):
        return True
    declared = {name for node in function.all(ast.Global) for name in node.names}
    return bool(names & (declared | _handed_on(function)))


def _handed_on(function: Function) -> set[str]:
    """Return the names that are returned, alone or to a constructor, or stored in an object."""
    found: set[str] = set()
    for node in function.nodes:
        values: list[ast.expr] = []
        if isinstance(node, ast.Return) and node.value is not None:
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            if isinstance(node.value, ast.Call) and method(node.value)[:1].isupper():
                values = list(arguments(node.value))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript):
            values = [node.value]
        found |= {one.id for one in values if isinstance(one, ast.Name)}
    return found
