"""IR013: a coroutine that is cancelled goes on as if nothing had happened."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors
from infra_ref.workbench.linting.kinds import method
from infra_ref.workbench.linting.module import Function, Module

WORDS = ("CancelledError", "BaseException", "except:")

_CANCELLED = {
    "asyncio.CancelledError",
    "asyncio.exceptions.CancelledError",
    "BaseException",
    "concurrent.futures.CancelledError",
}


def find(module: Module) -> Iterator[Hit]:
    """Find an `except` in a coroutine that takes a cancellation, raises nothing, and lets the loop go on."""
    for function in module.functions:
        if not isinstance(function.node, ast.AsyncFunctionDef) or _cancels(function):
            continue
        for attempt in function.all(ast.Try):
            if _cleans_up(function, attempt) or _waits_for_a_task(attempt):
                continue
            for handler in attempt.handlers:
                if _takes(module, handler.type) and not _passes_on(handler) and _goes_on(function, attempt):
                    yield handler, "a cancellation is swallowed, and the coroutine goes on"
                if (
                    handler.type is None
                    or "BaseException" in ast.unparse(handler.type)
                    or _takes(module, handler.type)
                ):
                    break  # what follows never sees it


def _cancels(function: Function) -> bool:
    """Return whether the function cancels a task itself, whose end it then waits for."""
    return any(method(call) in {"cancel", "uncancel", "cancelled", "cancelling"} for call in function.calls)


def _takes(module: Module, kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind] if kind is not None else []
    return kind is None or any(module.full_name(one) in _CANCELLED for one in kinds)


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Return whether the cancellation is raised again, kept for later, or ends the coroutine."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise) or (
            isinstance(node, ast.Call) and method(node) in {"set_exception", "exit", "_exit"}
        ):
            return True
        if isinstance(node, ast.Assign) and handler.name and handler.name in ast.unparse(node.value):
            return True
    return isinstance(handler.body[-1], ast.Return | ast.Break)


def _cleans_up(function: Function, attempt: ast.Try) -> bool:
    """Return whether it is part of what is done when something has failed or ended already."""
    node: ast.AST = attempt
    for above in ancestors(function.module, attempt):
        if isinstance(above, ast.ExceptHandler) or node in getattr(above, "finalbody", ()):
            return True
        node = above
    return False


def _waits_for_a_task(attempt: ast.Try) -> bool:
    """Return whether the cancellation may be another task's, which this one waits for."""
    for one in (node for part in attempt.body for node in ast.walk(part) if isinstance(node, ast.Await)):
        call = one.value
        if isinstance(call, ast.Name | ast.Attribute):
            return True
        if isinstance(call, ast.Call) and method(call) in {"shield", "gather", "wait", "wait_for"}:
            return True
    return False


def _goes_on(function: Function, attempt: ast.Try) -> bool:
    """Return whether there is an await inside, and a loop or a statement to run behind the handler."""
    if not any(
        isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
        for one in attempt.body
        for node in ast.walk(one)
    ):
        return False
    node: ast.AST = attempt
    while node is not function.node:
        above = function.module.parents[node]
        body = getattr(above, "body", None)
        if isinstance(above, ast.For | ast.While | ast.AsyncFor) or (
            isinstance(body, list) and body and body[-1] is not node
        ):
            return True
        node = above
    return False
