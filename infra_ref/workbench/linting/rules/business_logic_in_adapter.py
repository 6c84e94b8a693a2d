"""IR008: an adapter decides what only the domain may decide."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import WRITES, is_adapter
from infra_ref.workbench.linting.entities import entities, is_constant, takes_an_entity, value_of
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.kinds import name_of
from infra_ref.workbench.linting.module import Module

WORDS: tuple[str, ...] = ()

_KEEPS_ITS_OWN = re.compile(r"(Cache|Client|Provider|Publisher)$")
_COMPARES = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def find(module: Module) -> Iterator[Hit]:
    """Find a rule on an entity's value, or a calculation of one, in the method of an adapter."""
    for function in module.functions:
        if not is_adapter(function) or (function.owner and _KEEPS_ITS_OWN.search(function.owner.name)):
            continue
        if not WRITES.search(function.name) and not takes_an_entity(function):
            continue
        given = entities(function)
        for node in function.nodes:
            if isinstance(node, ast.If) and _refuses(module, node):
                for one in ast.walk(node.test):
                    if isinstance(one, ast.Compare) and _is_rule(one, given):
                        yield one, "an adapter refuses by a rule of the business"
            elif isinstance(node, ast.Assign | ast.AugAssign) and _calculates(node, given):
                yield node, "an adapter calculates a value of the business"


def _refuses(module: Module, test: ast.If) -> bool:
    """Return whether it is a guard, no dispatch: it does nothing but raise, or return a failure."""
    above, last = module.parents[test], test.body[-1]
    if test.orelse or len(test.body) > 2 or (isinstance(above, ast.If) and test in above.orelse):
        return False
    returned = last.value if isinstance(last, ast.Return) else None
    failure = isinstance(returned, ast.Call) and name_of(returned) in {"Err", "failure"}
    return failure or isinstance(last, ast.Raise)


def _is_rule(one: ast.Compare, given: set[str]) -> bool:
    sides = [one.left, one.comparators[0]]
    compares = len(one.ops) == 1 and isinstance(one.ops[0], _COMPARES)
    return compares and any(value_of(side, given) for side in sides) and any(map(is_constant, sides))


def _calculates(node: ast.Assign | ast.AugAssign, given: set[str]) -> bool:
    """Return whether it computes a value of an entity; one that is counted up or down is not."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    operator = node.op if isinstance(node, ast.AugAssign) else getattr(node.value, "op", None)
    operators = ast.Mult | ast.Sub | ast.Add if isinstance(node, ast.AugAssign) else ast.Mult | ast.Sub
    counts = isinstance(node.value, ast.List | ast.JoinedStr) or ast.unparse(node.value) == "1"
    return isinstance(operator, operators) and not counts and any(value_of(one, given) for one in targets)
