"""IR004: one session or unit of work is used by tasks that run at the same time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import arguments
from infra_ref.workbench.linting.answers import names_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import in_loop
from infra_ref.workbench.linting.kinds import is_one_session, method, receiver
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import is_self

WORDS = ("gather", "create_task", "ensure_future", "start_soon", "ThreadPoolExecutor")
_MANY = (ast.ListComp, ast.GeneratorExp, ast.SetComp)


def find(module: Module) -> Iterator[Hit]:
    """Find a session in several coroutines of a `gather`, in tasks started together, or in threads."""
    for function in module.functions:
        started: list[str] = []
        for call in function.calls:
            shared: list[str] = []
            if method(call) == "gather":
                used = [one for part in call.args for one in _in_argument(function, part)]
                shared = [one for one in used if used.count(one) > 1][:1]
            elif method(call) in WORDS:
                again = in_loop(module, call) is not None or isinstance(module.parents[call], _MANY)
                shared = [one for one in _used(function, call) if again or one in started]
                started += _used(function, call)
            elif _is_mapped_to_threads(function, call):
                shared = _used(function, call)[:1]
            for one in shared:
                yield call, f"{one} is used by several tasks at once"


def _is_mapped_to_threads(function: Function, call: ast.Call) -> bool:
    on = receiver(call) if method(call) == "map" else None
    return on is not None and function.type_of(on).endswith("ThreadPoolExecutor")


def _in_argument(function: Function, one: ast.expr) -> list[str]:
    """Return the sessions of an argument of `gather`, twice those of a comprehension or a `map`."""
    inner = one.value if isinstance(one, ast.Starred) else one
    if isinstance(one, ast.Starred) and isinstance(inner, ast.Name):
        lists = [each.value for each in function.all(ast.Assign) if ast.unparse(each.targets[0]) == inner.id]
        inner = lists[-1] if lists else inner
    if not isinstance(inner, _MANY):
        return _used(function, inner) * (2 if isinstance(inner, ast.Call) and method(inner) == "map" else 1)
    made = {name for one in inner.generators for name in names_in(one.target)}
    return [used for used in _used(function, inner.elt) if used not in made] * 2


def _used(function: Function, node: ast.expr) -> list[str]:
    """Return the sessions that coroutines are given, or are methods of, or use as their own attribute."""
    found: list[str] = []
    for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
        given = [*arguments(call), *([on] if (on := receiver(call)) is not None else [])]
        found += [ast.unparse(one) for one in given if is_one_session(function, one)]
        if on is not None and is_self(on) and (helper := function.called(call)) is not None:
            own = [one for one in helper.all(ast.Attribute) if is_self(one.value)]
            found += sorted({ast.unparse(one) for one in own if is_one_session(helper, one)})
    return found
