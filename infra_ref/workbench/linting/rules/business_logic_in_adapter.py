"""IR008: an adapter decides what only the domain may decide."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import WRITES, is_adapter
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.kinds import name_of
from infra_ref.workbench.linting.module import Function, Module

WORDS = ()

_TECHNICAL = re.compile(
    r"(^|_)(id|ids|key|status_code|code|errno|size|length|len|limit|offset|timeout|version|page|type|kind|port|host|url|uri"
    r"|path|name|format|encoding|content_type|method|mode|level|exists|closed|retries|rowcount|count|batch_size|dim|shape"
    r"|dtype|schema|table|bucket|prefix|scheme|driver|dialect|headers?|ttl|token|index|reason|message|detail|args)$"
)
_NO_ENTITY = re.compile(
    r"(^|_)(response|resp|res|request|req|result|r|e|exc|err|error|ex|config|cfg|settings|options|opts|params|args|kwargs"
    r"|context|ctx|query|filters?|spec|row|cursor|client|session|conn|connection|schema|node|path|file|stream|cls|self|event"
    r"|message|msg|body|payload|data|metadata|info)$"
)

_OTHER = (ast.In, ast.NotIn, ast.Is, ast.IsNot)


def find(module: Module) -> Iterator[Hit]:
    """Find a rule on an entity's value, or a calculation of one, in the method of an adapter."""
    for function in module.functions:
        if not is_adapter(function) or not (WRITES.search(function.name) or _handed_an_entity(function)):
            continue
        given = {one.arg for one in function.parameters if not _NO_ENTITY.search(one.arg)} - {"self", "cls"}
        for test in function.all(ast.If):
            if (
                _refuses(test)
                and not _is_elif(module, test)
                and (rule := _rule(test.test, given)) is not None
            ):
                yield rule, "an adapter refuses by a rule of the business"
        for node in function.nodes:
            if isinstance(node, ast.Assign | ast.AugAssign) and _calculates(node, given):
                yield node, "an adapter calculates a value of the business"


def _handed_an_entity(function: Function) -> bool:
    return any(
        function.module.annotated(one.annotation).rpartition(".")[2][:1].isupper()
        for one in function.parameters
    )


def _is_elif(module: Module, test: ast.If) -> bool:
    above = module.parents[test]
    return bool(test.orelse) or (isinstance(above, ast.If) and test in above.orelse)


def _refuses(test: ast.If) -> bool:
    if len(test.body) > 2:
        return False
    last = test.body[-1]
    return isinstance(last, ast.Raise) or (
        isinstance(last, ast.Return)
        and isinstance(last.value, ast.Call)
        and name_of(last.value) in {"Err", "Failure", "failure"}
    )


def _rule(test: ast.expr, given: set[str]) -> ast.expr | None:
    """Return the comparison of an entity's attribute with a number, a word or a member of an enumeration."""
    for one in ast.walk(test):
        if isinstance(one, ast.Compare) and len(one.ops) == 1 and not isinstance(one.ops[0], _OTHER):
            sides = [one.left, one.comparators[0]]
            if any(_value_of(side, given) for side in sides) and any(_is_constant(side) for side in sides):
                return one
    return None


def _value_of(node: ast.expr, given: set[str]) -> bool:
    while isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        node = node.value if _TECHNICAL.search(node.attr) is None else ast.Constant(None)
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in given
        and _TECHNICAL.search(node.attr) is None
    )


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return (
            isinstance(node.value, int | float | str)
            and not isinstance(node.value, bool)
            and node.value != ""
        )
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id[:1].isupper()
        and node.attr.isupper()
    )


def _calculates(node: ast.Assign | ast.AugAssign, given: set[str]) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if not any(_value_of(one, given) for one in targets):
        return False
    if isinstance(node, ast.AugAssign):
        return isinstance(node.op, ast.Add | ast.Sub | ast.Mult) and not isinstance(
            node.value, ast.List | ast.JoinedStr
        )
    return isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Mult | ast.Sub)
