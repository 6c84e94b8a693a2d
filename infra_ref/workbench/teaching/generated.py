"""Wrong answers that are made from a solution: each must fail, or the exercise says why it may pass."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Generated:
    """A wrong answer: what was done to the solution, and the source that came of it."""

    name: str
    source: str


def generated(solution: str, makes: str, hole: range) -> Iterator[Generated]:
    """Give the wrong answers for a solution whose lines in `hole` the learner writes.

    All of it empty; each function `pass`, or returning its first argument; each
    statement left out, also those inside of others.
    """
    seen = {ast.unparse(ast.parse(solution))}
    for one in _all(solution, makes, hole):
        if one.source not in seen:
            seen.add(one.source)
            yield one


def _all(solution: str, makes: str, hole: range) -> Iterator[Generated]:
    yield _changed(solution, "an empty body", lambda tree: _emptied(_defined(tree, makes)))
    for at, function in enumerate(_functions(ast.parse(solution), hole)):

        def passed(tree: ast.Module, at: int = at) -> None:
            _emptied(_functions(tree, hole)[at])

        def returned(tree: ast.Module, at: int = at) -> None:
            chosen = _functions(tree, hole)[at]
            chosen.body = [ast.Return(ast.Name(_argument(chosen), ast.Load()))]

        yield _changed(solution, f"`{function.name}` does nothing", passed)
        if _argument(function):
            yield _changed(solution, f"`{function.name}` returns its argument", returned)
    for at, (_, _, statement) in enumerate(_statements(ast.parse(solution), hole)):

        def left_out(tree: ast.Module, at: int = at) -> None:
            holder, name, gone = list(_statements(tree, hole))[at]
            kept = [one for one in getattr(holder, name) if one is not gone]
            setattr(holder, name, kept or [ast.Pass()])

        text = ast.unparse(statement).splitlines()[0]
        yield _changed(solution, f"without `{text}`", left_out)


def _changed(solution: str, name: str, change: Callable[[ast.Module], None]) -> Generated:
    tree = copy.deepcopy(ast.parse(solution))
    change(tree)
    return Generated(name, ast.unparse(ast.fix_missing_locations(tree)))


def _emptied(node: Definition) -> None:
    node.body = [ast.Pass()]


def _defined(tree: ast.Module, makes: str) -> Definition:
    return next(one for one in tree.body if isinstance(one, Definition) and one.name == makes)


def _functions(tree: ast.Module, hole: range) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the functions that the learner writes: those in the hole, or the one around it."""
    found = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = [one for one in found if one.lineno in hole]
    return inside or [one for one in found if one.lineno < hole.start <= (one.end_lineno or 0)]


def _argument(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args) if one.arg != "self"]
    return names[0] if names else ""


def _statements(tree: ast.Module, hole: range) -> Iterator[tuple[ast.AST, str, ast.stmt]]:
    """Give each statement in the hole, with what holds it."""
    for holder in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(holder, name, None)
            for one in inner if isinstance(inner, list) else ():
                if isinstance(one, ast.stmt) and one.lineno in hole and not _is_docstring(one):
                    yield holder, name, one


def _is_docstring(one: ast.stmt) -> bool:
    return isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
