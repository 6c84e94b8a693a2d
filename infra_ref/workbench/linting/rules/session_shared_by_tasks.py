"""IR004: one session or unit of work is used by tasks that run at the same time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import arguments
from infra_ref.workbench.linting.answers import names_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import in_loop
from infra_ref.workbench.linting.kinds import kind_of, method, name_of, receiver
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import is_self

WORDS = ("gather", "create_task", "ensure_future", "start_soon")
_MANY = (ast.ListComp, ast.GeneratorExp, ast.SetComp)
_ONE_TALK = re.compile(r"(ession|onnection|connect|acquire|Work|Uow|UoW)$")


def find(module: Module) -> Iterator[Hit]:
    """Find a session in several coroutines of a `gather`, or of tasks that are started together."""
    for function in module.functions:
        started: list[str] = []
        for call in function.calls:
            if method(call) == "gather":
                uses = [used for one in call.args for used in _in_argument(function, one)]
                if shared := next((used for used in uses if uses.count(used) > 1), ""):
                    yield call, f"{shared} is used by several tasks at once"
            elif method(call) in WORDS:
                again = in_loop(module, call) is not None or isinstance(module.parents[call], _MANY)
                for used in _used(function, call):
                    if again or used in started:
                        yield call, f"{used} is used by several tasks at once"
                    started.append(used)


def _in_argument(function: Function, one: ast.expr) -> list[str]:
    """Return the sessions of an argument of `gather`, twice those of a comprehension."""
    inner = one.value if isinstance(one, ast.Starred) else one
    if isinstance(one, ast.Starred) and isinstance(inner, ast.Name):
        lists = [each.value for each in function.all(ast.Assign) if ast.unparse(each.targets[0]) == inner.id]
        inner = lists[-1] if lists else inner
    if not isinstance(inner, _MANY):
        return _used(function, inner)
    made = {name for one in inner.generators for name in names_in(one.target)}
    return [used for used in _used(function, inner.elt) if used not in made] * 2


def _used(function: Function, node: ast.expr) -> list[str]:
    """Return the sessions that coroutines are given, or are methods of, or use as their own attribute."""
    found: list[str] = []
    for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
        given = [*arguments(call), *([on] if (on := receiver(call)) is not None else [])]
        found += [ast.unparse(one) for one in given if _is_session(function, one)]
        if on is not None and is_self(on) and (helper := function.called(call)) is not None:
            own = (
                one for one in helper.all(ast.Attribute) if is_self(one.value) and _is_session(helper, one)
            )
            found += sorted({ast.unparse(one) for one in own})
    return found


def _is_session(function: Function, node: ast.expr) -> bool:
    if not isinstance(node, ast.Name | ast.Attribute) or kind_of(function, node) != "session":
        return False
    if (talk := _ONE_TALK.search(made := function.type_of(node))) or made.rpartition(".")[2][:1].isupper():
        return talk is not None
    return name_of(node) not in {"db", "database"}  # untyped, it is often a pool
