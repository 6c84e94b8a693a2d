"""IR004: one session or unit of work is used by tasks that run at the same time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import in_loop
from infra_ref.workbench.linting.kinds import kind_of, method, name_of
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import is_self

WORDS = ("gather", "create_task", "ensure_future", "start_soon")

_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp)


def find(module: Module) -> Iterator[Hit]:
    """Find a session in several coroutines of a `gather`, or of tasks that are started together."""
    for function in module.functions:
        started: dict[str, int] = {}
        for call in function.calls:
            name = method(call)
            if name == "gather":
                yield from _gathered(function, call)
            elif name in {"create_task", "ensure_future", "start_soon"}:
                for used in _used(function, call):
                    started[used] = started.get(used, 0) + 1
                    if in_loop(module, call) or _repeated(module, call) or started[used] > 1:
                        yield call, f"{used} is used by several tasks at once"


def _gathered(function: Function, call: ast.Call) -> Iterator[Hit]:
    uses: list[str] = []
    for one in call.args:
        inner = one.value if isinstance(one, ast.Starred) else one
        if isinstance(inner, _COMPREHENSIONS):
            made = {
                generator.target.id
                for generator in inner.generators
                if isinstance(generator.target, ast.Name)
            }
            uses += [used for used in _used(function, inner.elt) if used not in made] * 2
        else:
            uses += _used(function, inner)
    if shared := next((used for used in uses if uses.count(used) > 1), ""):
        yield call, f"{shared} is used by several tasks at once"


def _used(function: Function, node: ast.expr) -> list[str]:
    """Return the sessions that coroutines are given, or are methods of, or use as their own attribute."""
    found: list[str] = []
    for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
        on = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        given = [*on, *call.args, *(one.value for one in call.keywords)]
        found += [ast.unparse(one) for one in given if _is_session(function, one)]
        if on and is_self(on[0]) and (helper := function.called(call)) is not None:
            inner = {
                ast.unparse(one)
                for one in helper.all(ast.Attribute)
                if is_self(one.value) and _is_session(helper, one)
            }
            found += sorted(inner)
    return found


def _is_session(function: Function, node: ast.expr) -> bool:
    if not isinstance(node, ast.Name | ast.Attribute) or kind_of(function, node) != "session":
        return False
    made = function.type_of(node)
    return bool(re.search(r"(ession|onnection|connect|Work|Uow|UoW)$", made)) or (
        made == "" and name_of(node) not in {"db", "database"}  # often a pool
    )


def _repeated(module: Module, call: ast.Call) -> bool:
    return isinstance(module.parents[call], _COMPREHENSIONS)
