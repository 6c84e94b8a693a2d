"""What came from a database or another service, and what asks for more, in a function or one call deep."""

from __future__ import annotations

import ast

from infra_ref.workbench.linting.acts import asks, of_django
from infra_ref.workbench.linting.flow import ancestors
from infra_ref.workbench.linting.kinds import receiver
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import bindings


def names_in(node: ast.AST) -> set[str]:
    """Return the names in an expression."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def answers(function: Function) -> set[str]:
    """Return the names that hold what came from a database or a service."""
    found: set[str] = set()
    for node in function.nodes:
        for target, value in bindings(node):
            if comes_from(function, value, found):
                found |= names_in(target)
    return found


def comes_from(function: Function, node: ast.expr, came: set[str]) -> bool:
    """Return whether it is an answer, or taken from one: `answer.json()["orders"]`, `list(rows)`."""
    while True:
        match node:
            case ast.Call() if asks(function, node) == "reads" or of_django(node.func):
                return True
            case ast.Call(func=ast.Name(id="list" | "sorted" | "set"), args=[inner, *_]):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner)) | ast.Attribute(value=inner):
                node = inner
            case ast.Await(value=inner) | ast.Subscript(value=inner):
                node = inner
            case _:
                return isinstance(node, ast.Name) and node.id in came


def asks_one_deep(function: Function, call: ast.Call) -> str:
    """Return what the called function of this project does, where it asks whatever happens."""
    helper = function.called(call)
    if helper is None or helper.node is function.node or (receiver(call) is None and not call.args):
        return ""
    found = {asks(helper, one) for one in helper.calls if not _depends(helper.module, one)}
    return "writes" if "writes" in found else "reads" if "reads" in found else ""


def _depends(module: Module, call: ast.Call) -> bool:
    return any(isinstance(above, ast.If) for above in ancestors(module, call))
