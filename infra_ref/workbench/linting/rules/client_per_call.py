"""IR011: a client or a pool that is made for one call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import arguments
from infra_ref.workbench.linting.answers import names_in
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors
from infra_ref.workbench.linting.kinds import method
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import bindings
from infra_ref.workbench.linting.vendors import CLIENTS

WORDS: tuple[str, ...] = ()
_MAKERS = re.compile(
    r"^_*(make|build|create|new|open|connect|setup|set_up|init|start|startup|lifespan|run|main|configure|provide|from"
    r"|on_startup|initialize|with|ensure|lazy|migrate|upgrade|ping|validate|check|test|bootstrap)(_|$)|^__\w+__$"
    r"|(client|session|engine|pool|conn|connection|redis|db|database|factory|fixture|lifespan|producer|resource)s?$"
)
_PLACES = (ast.Attribute, ast.Subscript)
_SAME_EACH_TIME = {"timeout", "headers", "trust_env", "verify", "follow_redirects", "limits"}


def find(module: Module) -> Iterator[Hit]:
    """Find a client that a function makes, always the same, and does not hand on or keep."""
    for function in module.functions if module.role not in {"script", "composition", "test"} else ():
        plain = function.owner is None and not isinstance(function.node, ast.AsyncFunctionDef)
        if plain or _MAKERS.search(function.name):
            continue  # a plain function is a step of a script, more often than not
        for call in function.calls:
            name = module.full_name(call.func)
            if CLIENTS.search(name) and not _kept(function, call) and not _is_special(function, call):
                yield call, f"a new {name} for every call of {function.name}"


def _is_special(function: Function, call: ast.Call) -> bool:
    """Return whether it is made from what only this call knows, or serves many calls in a loop."""
    own = {one.arg for one in function.parameters} - {"self", "cls"}
    own |= {one.id for one in function.all(ast.Name) if isinstance(one.ctx, ast.Store)}
    given = [*call.args, *(one.value for one in call.keywords if one.arg not in _SAME_EACH_TIME)]
    if any(own & names_in(value) for value in given):
        return True
    blocks = (one for one in ancestors(function.module, call) if isinstance(one, ast.With | ast.AsyncWith))
    return any(isinstance(one, ast.For | ast.While) for block in blocks for one in ast.walk(block))


def _kept(function: Function, call: ast.Call) -> bool:
    """Return whether it is returned, yielded, given to another, or put where it stays."""
    names = {name for node in function.all(ast.Global) for name in node.names} | _handed_on(function)
    for above in ancestors(function.module, call):
        if isinstance(above, ast.Return | ast.Yield | ast.Call | ast.Dict | ast.NamedExpr | ast.BoolOp):
            return True
        for target, value in bindings(above):
            if call in ast.walk(value) and (not isinstance(target, ast.Name) or target.id in names):
                return True
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in function.nodes)


def _handed_on(function: Function) -> set[str]:
    """Return the names that are returned, alone or to a constructor, or stored in an object."""
    returned = [one.value for one in function.all(ast.Return) if one.value is not None]
    values = [part for one in returned for part in (one.elts if isinstance(one, ast.Tuple) else [one])]
    made = [one for one in returned if isinstance(one, ast.Call) and method(one)[:1].isupper()]
    stored = [one for one in function.all(ast.Assign) if isinstance(one.targets[0], _PLACES)]
    values += [*(part for one in made for part in arguments(one)), *(one.value for one in stored)]
    return {one.id for one in values if isinstance(one, ast.Name)}
