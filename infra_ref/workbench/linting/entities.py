"""What is the value of an entity, as far as its name tells, and what it is compared with."""

from __future__ import annotations

import ast
import re

from infra_ref.workbench.linting.kinds import name_of
from infra_ref.workbench.linting.module import Function

_TECHNICAL = re.compile(
    r"(^|_)(id|ids|key|status_code|code|errno|size|length|len|limit|offset|timeout|version|page|type|kind|port|host|url"
    r"|uri|path|name|format|encoding|method|mode|level|exists|closed|retries|rowcount|count|dim|shape|dtype|schema"
    r"|table|bucket|prefix|scheme|driver|dialect|engine|protocol|headers?|ttl|token|index|reason|message|detail"
    r"|args|action)$|^__"
)
_NO_ENTITY = re.compile(
    r"(^|_)(self|cls|response|resp|res|request|req|results?|r|e|exc|err|error|config|settings|options|params|args"
    r"|kwargs|context|ctx|query|filters?|spec|row|cursor|client|session|conn|connection|schema|node|path|file|stream"
    r"|event|message|msg|body|payload|data|metadata|info|error_\w+)$"
)


def entities(function: Function) -> set[str]:
    """Return the parameters that may be entities."""
    return {one.arg for one in function.parameters if not _NO_ENTITY.search(one.arg)}


def takes_an_entity(function: Function) -> bool:
    """Return whether a parameter is annotated with a class."""
    types = (function.module.annotated(one.annotation).rpartition(".")[2] for one in function.parameters)
    return any(one[:1].isupper() for one in types)


def value_of(node: ast.expr, given: set[str]) -> bool:
    """Return whether it is a parameter's `order.weight` or `order.customer.credit`, nothing technical."""
    if not isinstance(node, ast.Attribute) or _TECHNICAL.search(node.attr):
        return False
    return value_of(node.value, given) or (isinstance(node.value, ast.Name) and node.value.id in given)


def is_constant(node: ast.expr) -> bool:
    """Return whether it is a number, a word, or a member of an enumeration."""
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float, str) and node.value != ""
    return isinstance(node, ast.Attribute) and name_of(node.value)[:1].isupper() and node.attr.isupper()
