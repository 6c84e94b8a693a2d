"""IR008: an adapter decides what only the domain may decide."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from infra_ref.workbench.linting.entities import (
    entities,
    how_refused,
    is_amount,
    is_constant,
    is_rate,
    value_of,
)
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.module import Module

WORDS: tuple[str, ...] = ()

_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_COMPARES = (ast.Eq, ast.NotEq, *_ORDERS)


def find(module: Module) -> Iterator[Hit]:
    """Find a rule on an entity's value, or a calculation of one, in the method of an adapter."""
    for function in module.functions:
        given, loaded = entities(function)
        known = given | loaded
        for node in function.nodes if known else ():
            if isinstance(node, ast.If) and (how := how_refused(module, node)):
                for one in ast.walk(node.test):
                    if isinstance(one, ast.Compare) and _is_rule(one, known, how):
                        yield one, "an adapter refuses by a rule of the business"
            elif isinstance(node, ast.Match) and value_of(node.subject, known) and _takes_one(node.cases):
                yield node.subject, "an adapter refuses by a rule of the business"
            elif isinstance(node, ast.Assign | ast.AugAssign) and _calculates(node, given):
                yield node, "an adapter calculates a value of the business"


def _is_rule(one: ast.Compare, given: set[str], how: str) -> bool:
    """Return whether a value is compared with a constant; by who leaves without a word, with an amount."""
    sides = [one.left, one.comparators[0]]
    kinds, known = (_COMPARES, is_constant) if how == "fails" else (_ORDERS, is_amount)
    if how == "leaves" and any(ast.unparse(side) == "0" for side in sides):
        return False  # there is nothing to do
    compares = len(one.ops) == 1 and isinstance(one.ops[0], kinds)
    return compares and any(value_of(side, given) for side in sides) and any(map(known, sides))


def _takes_one(cases: list[ast.match_case]) -> bool:
    """Return whether one value is taken, and all others are refused; with several it is dispatch."""
    first, *others = cases
    known = isinstance(first.pattern, ast.MatchValue) and is_constant(first.pattern.value)
    return known and len(others) == 1 and isinstance(others[0].body[-1], ast.Raise)


def _calculates(node: ast.Assign | ast.AugAssign, given: set[str]) -> bool:
    """Return whether it computes a value of an entity; one that is counted up or down is not."""
    if isinstance(node.value, ast.IfExp):
        return is_rate(node.value, given)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    operator = node.op if isinstance(node, ast.AugAssign) else getattr(node.value, "op", None)
    operators = ast.Mult | ast.Sub | ast.Add if isinstance(node, ast.AugAssign) else ast.Mult | ast.Sub
    counts = isinstance(node.value, ast.List | ast.JoinedStr) or ast.unparse(node.value) == "1"
    return isinstance(operator, operators) and not counts and any(value_of(one, given) for one in targets)
