"""IR013: a coroutine that is cancelled goes on as if nothing had happened."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors
from infra_ref.workbench.linting.kinds import method
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import words

WORDS = ("CancelledError", "BaseException", "except:")
_CANCELLED = words("asyncio.CancelledError asyncio.exceptions.CancelledError BaseException")
_CANCELS = words("cancel uncancel cancelled cancelling")
_WAITS = words("shield gather wait wait_for")
_CLEANS_UP = words("aclose close wait_closed __aexit__ stop shutdown disconnect kill")


def find(module: Module) -> Iterator[Hit]:
    """Find an `except` in a coroutine that takes a cancellation, raises nothing, and lets the loop go on."""
    for function in module.functions:
        cancels = any(method(call) in _CANCELS for call in function.calls)  # who does waits for the end
        if cancels or not isinstance(function.node, ast.AsyncFunctionDef):
            continue
        for attempt in function.all(ast.Try):
            taking = next((one for one in attempt.handlers if _takes(module, one.type)), None)
            if taking and not _passes_on(taking) and _is_work(attempt) and _goes_on(function, attempt):
                yield taking, "a cancellation is swallowed, and the coroutine goes on"


def _takes(module: Module, kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind] if kind is not None else []
    return kind is None or any(module.full_name(one) in _CANCELLED for one in kinds)


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Return whether the cancellation is raised again, kept for later, or ends the coroutine."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and method(node) == "set_exception"):
            return True
        if isinstance(node, ast.Assign) and handler.name and handler.name in ast.unparse(node.value):
            return True
    return isinstance(handler.body[-1], ast.Return | ast.Break)


def _is_work(attempt: ast.Try) -> bool:
    """Return whether it awaits, and not just another task, whose cancellation it may be."""
    nodes = [node for part in attempt.body for node in ast.walk(part)]
    awaited = [node.value for node in nodes if isinstance(node, ast.Await)]
    waits = any(isinstance(one, ast.Name | ast.Attribute) for one in awaited)
    called = {method(one) for one in awaited if isinstance(one, ast.Call)}
    if waits or called & _WAITS or (called and called <= _CLEANS_UP):
        return False
    return bool(awaited) or any(isinstance(node, ast.AsyncFor | ast.AsyncWith) for node in nodes)


def _goes_on(function: Function, attempt: ast.Try) -> bool:
    """Return whether a loop or a statement runs behind it; not in what cleans up after a failure."""
    node: ast.AST = attempt
    follows = False
    for above in ancestors(function.module, attempt):
        if isinstance(above, ast.ExceptHandler) or node in getattr(above, "finalbody", ()):
            return False
        body = getattr(above, "body", None)
        more = isinstance(body, list) and not (body and body[-1] is node)
        follows |= more or isinstance(above, ast.For | ast.While | ast.AsyncFor)
        node = above
    return follows
